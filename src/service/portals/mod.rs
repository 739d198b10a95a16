//! Portals without an API: their file goes out, and what people say that the portal made of it comes in. Said twice, nothing is left for
//! the second time, so that neither call needs an idempotency key.

mod sheet;

use serde_json::json;
use std::collections::HashMap;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        channel::Channel,
        id::{ChannelId, ChannelListingId, UploadId},
        reason::{Locale, Reason, Refusal},
        sync::ByHand,
        upload::{FileType, UploadState},
    },
    marketplace::{
        PushError,
        file::{Portal, PortalItem, Said},
    },
    service::{
        Call, Service, ServiceError, access,
        form::Form,
        imports::{Format, Table},
        uploads,
        work::Begun,
    },
    store::{channel_listings, channels, readings},
};

/// Items of one read.
const PAGE: u64 = 500;
/// Most rows of a file.
const ROWS: usize = 10_000;
/// Most mistakes that are told at once.
const MISTAKES: usize = 50;

/// What a person says of an item.
#[derive(Debug, Clone)]
pub struct SaidData {
    /// Its state on the portal.
    pub state: ByHand,
    /// Where buyers see it.
    pub url: Option<String>,
    /// The portal's words.
    pub note: Option<String>,
}

/// A portal's file, an Excel workbook: what should be on it and what is to be done. `None` when the channel is out of reach, or none that
/// is worked by people.
pub async fn file(service: &Service, actor: &Actor, id: ChannelId, locale: Locale) -> Result<Option<Vec<u8>>, ServiceError> {
    let reach = permit(actor, Action::ManageChannels)?;
    let Some(channel) = channels::find(&service.store, id, &reach).await? else { return Ok(None) };
    let Some(items) = all(service, &channel).await? else { return Ok(None) };
    let made = tokio::task::spawn_blocking(move || sheet::write(&items, locale)).await;
    let made = made.map_err(|error| ServiceError::Internal(error.to_string()))?;
    Ok(Some(made.map_err(|error| ServiceError::Internal(error.to_string()))?))
}

/// Whether a channel is worked by people with a file.
pub fn is_portal(service: &Service, channel: &Channel) -> Result<bool, ServiceError> {
    Ok(access::unauthorised(service, channel).map_err(internal)?.market.abilities().portal.is_some())
}

/// Where a portal's file is fetched; `None` for channels with an API.
pub fn address(service: &Service, channel: &Channel) -> Result<Option<String>, ServiceError> {
    Ok(is_portal(service, channel)?.then(|| format!("{}/channels/{}/file.xlsx", service.base_url(), channel.id)))
}

/// Takes down what a person says of one listing on a portal, as the portal should show it now.
pub async fn say(service: &Service, call: &Call<'_>, id: ChannelListingId, data: &SaidData) -> Result<ChannelListingId, ServiceError> {
    let reach = permit(call.actor, Action::ManageChannels)?;
    let row = channel_listings::find(&service.store, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    let channel = channels::find(&service.store, row.channel_id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    let mut form = Form::new("input");
    let url = data.url.as_deref().and_then(|url| form.url("url", url));
    let note = form.optional("note", data.note.as_deref(), 500);
    form.finish()?;
    let shop = access::unauthorised(service, &channel).map_err(internal)?;
    let portal = shop.market.abilities().portal.ok_or_else(|| ServiceError::refused("id", Reason::NotAPortal))?;
    let key = row.remote_id.ok_or_else(|| ServiceError::refused("id", Reason::WrongState { state: row.state.code().to_owned() }))?;
    let item = portal.item(&key).await.map_err(internal)?.ok_or_else(ServiceError::not_found)?;
    let said = Said { state: data.state, version: item.wanted.version(), url, note };
    take_down(service, call, &channel, (portal, vec![(key, said)])).await?;
    Ok(id)
}

/// Takes down what a portal's file says, all of it or nothing; returns how many rows said something new.
pub async fn import(service: &Service, call: &Call<'_>, id: ChannelId, upload: UploadId) -> Result<usize, ServiceError> {
    let reach = permit(call.actor, Action::ManageChannels)?;
    let channel = channels::find(&service.store, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    let shop = access::unauthorised(service, &channel).map_err(internal)?;
    let portal = shop.market.abilities().portal.ok_or_else(|| ServiceError::refused("id", Reason::NotAPortal))?;
    let table = table(service, call.actor, upload).await?;
    let known = all(service, &channel).await?.unwrap_or_default();
    let known: HashMap<&str, &PortalItem> = known.iter().map(|item| (item.wanted.key.as_str(), item)).collect();
    let (mut news, mut mistakes) = (Vec::new(), Vec::new());
    for row in sheet::read(&table).map_err(|reason| ServiceError::refused("upload", reason))? {
        match row {
            Ok(row) => match known.get(row.key.as_str()) {
                Some(item) if item.said.as_ref() == Some(&row.said) => {}
                Some(_) => news.push((row.key, row.said)),
                None => mistakes.push(Refusal::at(&format!("rows.{}.key", row.number), Reason::NotFound)),
            },
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if !mistakes.is_empty() {
        mistakes.truncate(MISTAKES);
        return Err(ServiceError::Refused(mistakes));
    }
    let count = news.len();
    take_down(service, call, &channel, (portal, news)).await?;
    Ok(count)
}

async fn table(service: &Service, actor: &Actor, upload: UploadId) -> Result<Table, ServiceError> {
    let refused = |reason| ServiceError::refused("upload", reason);
    let upload = uploads::find(service, actor, upload).await?.ok_or_else(|| refused(Reason::NotFound))?;
    if upload.state != UploadState::Stored {
        return Err(refused(Reason::UploadNotStored));
    }
    if upload.file_type != FileType::Xlsx {
        return Err(refused(Reason::FileTypeNotAllowed));
    }
    let bytes = service.files.get(upload.id).await?.ok_or_else(|| refused(Reason::UploadNotStored))?;
    let read = tokio::task::spawn_blocking(move || Table::read(&bytes, Format::Xlsx)).await;
    let table = read.map_err(|error| ServiceError::Internal(error.to_string()))?;
    let table = table.map_err(|error| refused(Reason::NotATable { detail: error.to_string() }))?;
    if table.rows.len() > ROWS {
        return Err(refused(Reason::TooMany { max: ROWS }));
    }
    Ok(table)
}

/// Stores what was said, then lets the pushes that wait for it go on. A crash in between loses nothing: said again, the rest follows.
async fn take_down(
    service: &Service,
    call: &Call<'_>,
    channel: &Channel,
    (portal, news): (&dyn Portal, Vec<(String, Said)>),
) -> Result<(), ServiceError> {
    for (key, said) in &news {
        portal.say(key, said).await.map_err(internal)?;
    }
    let Begun::Fresh(work) = service.begin(&Call::new(call.actor)).await? else {
        return Err(ServiceError::Internal("a call without a key was done before".into()));
    };
    let keys: Vec<String> = news.iter().map(|(key, _)| key.clone()).collect();
    for keys in keys.chunks(100) {
        readings::hint(&work.tx, channel.id, keys, work.at).await?;
        channel_listings::retry_items(&work.tx, channel.id, keys, work.at).await?;
    }
    let told: Vec<_> = news.iter().take(100).map(|(key, said)| json!({ "key": key, "state": said.state.code() })).collect();
    work.note("channelFileImport", ("channel", channel.id.0), json!({ "count": news.len(), "said": told }));
    work.commit(channel.id.0).await
}

/// Every item of a portal; `None` for channels with an API.
async fn all(service: &Service, channel: &Channel) -> Result<Option<Vec<PortalItem>>, ServiceError> {
    let shop = access::unauthorised(service, channel).map_err(internal)?;
    let Some(portal) = shop.market.abilities().portal else { return Ok(None) };
    let mut items: Vec<PortalItem> = Vec::new();
    loop {
        let after = items.last().map(|item| item.wanted.key.clone()).unwrap_or_default();
        let page = portal.items(&after, PAGE).await.map_err(internal)?;
        if page.is_empty() || items.len() >= ROWS {
            return Ok(Some(items));
        }
        items.extend(page);
    }
}

fn internal(error: PushError) -> ServiceError {
    ServiceError::Internal(error.to_string())
}
