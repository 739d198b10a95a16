//! A seller's consent: sent to the marketplace with a sealed note of the channel, back with a code that becomes the first tokens.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use url::Url;
use uuid::Uuid;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        channel::{Channel, ChannelState},
        id::ChannelId,
        reason::Reason,
    },
    marketplace::{Authorised, PushError},
    service::{
        Call, Service, ServiceError,
        access::{self, SEAL},
        channels::{self, ChannelData},
        producers::{EVERYTHING, saved},
        work::Begun,
    },
    store::{channel_listings, channel_status, channels as rows},
};

/// The purpose under which the note is sealed.
const NOTE: &str = "channel consent";
/// How long a seller may take, in seconds.
const LASTS: i64 = 1800;

/// What a marketplace brings back unread. It counts for one version of the channel, so it works once.
#[derive(Serialize, Deserialize)]
struct Note {
    channel: Uuid,
    version: i32,
    ends: i64,
}

/// How a seller's return ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returned {
    /// The channel of this name is connected.
    Connected(String),
    /// The note is not ours, too old, or was used.
    Stale,
    /// The marketplace did not give tokens, in its words.
    Refused(String),
}

/// Prepares a shop that its seller is about to authorise.
pub async fn start(service: &Service, call: &Call<'_>, data: ChannelData) -> Result<ChannelId, ServiceError> {
    channels::create(service, call, data, ChannelState::Connecting).await
}

/// Where the seller of a channel is sent to authorise, for the next half hour; `None` when its adapter knows no consent.
pub async fn address(service: &Service, actor: &Actor, id: ChannelId) -> Result<Option<String>, ServiceError> {
    let reach = permit(actor, Action::ManageChannels)?;
    let channel = rows::find(&service.store, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    if channel.state == ChannelState::Disconnected {
        return Err(ServiceError::refused("id", Reason::WrongState { state: channel.state.code().to_owned() }));
    }
    let shop = access::unauthorised(service, &channel).map_err(|e| ServiceError::Internal(e.to_string()))?;
    let Some(renewal) = shop.market.abilities().renewal else { return Ok(None) };
    let note = Note { channel: channel.id.0, version: channel.version, ends: service.clock.now().timestamp() + LASTS };
    let note = serde_json::to_string(&note).map_err(|e| ServiceError::Internal(e.to_string()))?;
    let note = service.secrets.seal(NOTE, &note).map_err(|e| ServiceError::Internal(e.to_string()))?;
    let callback = callback(service, &channel.adapter)?;
    let address = renewal.authorise_at(&callback, &note).map_err(|e| ServiceError::Internal(e.to_string()))?;
    Ok(Some(address.to_string()))
}

fn callback(service: &Service, adapter: &str) -> Result<Url, ServiceError> {
    Url::parse(&format!("{}/connect/{adapter}", service.base_url())).map_err(|e| ServiceError::Internal(e.to_string()))
}

/// Takes a seller back from the marketplace. Whoever brings an unused note of ours was sent by us; nothing else is asked.
pub async fn finish(service: &Service, adapter: &str, answer: &HashMap<String, String>) -> Result<Returned, ServiceError> {
    let Some(channel) = noted(service, adapter, answer).await? else { return Ok(Returned::Stale) };
    let shop = access::unauthorised(service, &channel).map_err(|e| ServiceError::Internal(e.to_string()))?;
    let Some(renewal) = shop.market.abilities().renewal else { return Ok(Returned::Stale) };
    match renewal.redeem(&callback(service, &channel.adapter)?, answer).await {
        Ok(authorised) => keep(service, channel, &authorised).await,
        Err(error) => {
            tracing::warn!(channel = %channel.id, kind = error.kind().code(), "a consent brought no tokens");
            Ok(Returned::Refused(shop.without_secrets(&words(&error))))
        }
    }
}

fn words(error: &PushError) -> String {
    error.words().message.clone()
}

/// The channel that a note of ours names, if the note still counts.
async fn noted(service: &Service, adapter: &str, answer: &HashMap<String, String>) -> Result<Option<Channel>, ServiceError> {
    let note = answer.get("state").and_then(|note| service.secrets.open(NOTE, note).ok());
    let Some(note) = note.and_then(|text| serde_json::from_str::<Note>(&text).ok()) else { return Ok(None) };
    if note.ends < service.clock.now().timestamp() {
        return Ok(None);
    }
    let channel = rows::find(&service.store, note.channel.into(), &EVERYTHING).await?;
    Ok(channel.filter(|c| c.version == note.version && c.adapter == adapter && c.state != ChannelState::Disconnected))
}

async fn keep(service: &Service, mut channel: Channel, authorised: &Authorised) -> Result<Returned, ServiceError> {
    let internal = |e: String| ServiceError::Internal(e);
    let system = Actor::System;
    let Begun::Fresh(work) = service.begin(&Call::new(&system)).await? else { return Ok(Returned::Stale) };
    let text = service.secrets.open(SEAL, &channel.sealed_settings).map_err(|e| internal(e.to_string()))?;
    let mut settings: Map<String, Value> = serde_json::from_str(&text).map_err(|e| internal(e.to_string()))?;
    settings.extend(authorised.settings.iter().map(|(name, value)| ((*name).to_owned(), Value::String(value.clone()))));
    // The adapter checks its settings whole; the pair kept apart is the one that counts.
    settings.insert("access_token".into(), Value::String(authorised.tokens.access.clone()));
    channel.sealed_settings = service.secrets.seal(SEAL, &Value::Object(settings).to_string()).map_err(|e| internal(e.to_string()))?;
    channel.state = ChannelState::Active;
    channel.updated_at = work.at;
    let tokens = access::seal(service, &authorised.tokens).map_err(|e| internal(e.to_string()))?;
    saved(rows::update(&work.tx, &channel, &EVERYTHING).await?)?;
    channel_status::set_tokens(&work.tx, channel.id, Some(&tokens)).await?;
    channel_status::recovered(&work.tx, channel.id).await?;
    channel_listings::retry_channel(&work.tx, channel.id, work.at).await?;
    work.note("channelAuthorised", ("channel", channel.id.0), json!({ "adapter": channel.adapter }));
    work.commit(channel.id.0).await?;
    Ok(Returned::Connected(channel.name))
}
