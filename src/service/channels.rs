//! Channels: connecting a shop, pausing, resuming, disconnecting. Credentials are sealed and never returned.

use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    domain::{
        actor::{Action, Actor, Reach, permit},
        channel::{Channel, ChannelListing, ChannelState},
        drift::DriftPolicies,
        id::{ChannelId, ChannelListingId, ProducerId},
        reason::Reason,
        sync::SyncState,
    },
    marketplace::{Tokens, registry::ConnectError},
    service::{
        Call, Service, ServiceError,
        access::{self, SEAL},
        form::Form,
        producers::saved,
        pushes,
        work::begin,
    },
    store::{
        self, Page, PageRequest, channel_listings,
        channel_status::{self, StoredTokens},
        channels,
    },
};

/// What connecting a shop takes.
#[derive(Clone)]
pub struct ChannelData {
    /// Adapter name.
    pub adapter: String,
    /// Name for people.
    pub name: String,
    /// Address of the marketplace's API.
    pub base_url: String,
    /// Settings and credentials by name, as the adapter documents them.
    pub settings: Vec<(String, String)>,
    /// The producer whose shop it is; a shop of the province when left out.
    pub producer: Option<ProducerId>,
}

/// Connects a shop and queues every listing it should carry.
pub async fn connect(service: &Service, call: &Call<'_>, data: ChannelData) -> Result<ChannelId, ServiceError> {
    create(service, call, data, ChannelState::Active).await
}

/// Stores a new channel in a state.
pub(super) async fn create(service: &Service, call: &Call<'_>, data: ChannelData, state: ChannelState) -> Result<ChannelId, ServiceError> {
    let reach = match data.producer {
        Some(_) => permit(call.actor, Action::ManageChannels)?,
        None => permit(call.actor, Action::ManageProvinceChannels)?,
    };
    let mut form = Form::new("input");
    let name = form.text("name", &data.name, 100);
    let base_url = form.url("baseUrl", &data.base_url);
    form.finish()?;
    let base_url = base_url.unwrap_or_default();
    let credentials = seal(service, &data.adapter, &base_url, &data.settings)?;
    let work = begin!(service, call);
    if let Some(producer) = data.producer {
        let owner = store::producers::find_for_update(&work.tx, producer, &reach).await?;
        owner.ok_or_else(|| ServiceError::refused("input.producer", Reason::NotFound))?;
    }
    let channel = Channel {
        id: service.new_id().into(),
        producer_id: data.producer,
        adapter: data.adapter,
        name,
        base_url,
        sealed_settings: credentials.settings,
        drift_policies: DriftPolicies::default(),
        state,
        version: 1,
        created_at: work.at,
        updated_at: work.at,
    };
    channels::insert(&work.tx, &channel).await?;
    channel_status::insert(&work.tx, channel.id).await?;
    if credentials.tokens.is_some() {
        channel_status::set_tokens(&work.tx, channel.id, credentials.tokens.as_ref()).await?;
    }
    work.note("channelConnect", ("channel", channel.id.0), json!({ "adapter": channel.adapter, "state": state.code() }));
    work.commit(channel.id.0).await?;
    while pushes::fill_missing(service).await? > 0 {}
    Ok(channel.id)
}

/// Pauses, resumes or disconnects a channel. Resuming tries again what stopped because of the connection.
pub async fn set_state(
    service: &Service,
    call: &Call<'_>,
    id: ChannelId,
    state: ChannelState,
    settings: Option<Vec<(String, String)>>,
) -> Result<ChannelId, ServiceError> {
    let reach = permit(call.actor, Action::ManageChannels)?;
    let work = begin!(service, call);
    let mut channel = channels::find(&work.tx, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    let is_consenting = channel.state == ChannelState::Connecting && state != ChannelState::Disconnected && settings.is_none();
    if channel.state == ChannelState::Disconnected || is_consenting || (channel.state == state && settings.is_none()) {
        return Err(ServiceError::refused("id", Reason::WrongState { state: channel.state.code().to_owned() }));
    }
    if let Some(settings) = settings {
        let credentials = seal(service, &channel.adapter, &channel.base_url, &settings)?;
        channel.sealed_settings = credentials.settings;
        channel_status::set_tokens(&work.tx, id, credentials.tokens.as_ref()).await?;
    }
    channel.state = state;
    channel.updated_at = work.at;
    saved(channels::update(&work.tx, &channel, &reach).await?)?;
    if state == ChannelState::Active {
        channel_status::recovered(&work.tx, id).await?;
        channel_listings::retry_channel(&work.tx, id, work.at).await?;
    }
    work.note("channelState", ("channel", id.0), json!({ "state": state.code() }));
    work.commit(id.0).await?;
    Ok(id)
}

/// Tries a push again at once.
pub async fn retry(service: &Service, call: &Call<'_>, id: ChannelListingId) -> Result<ChannelListingId, ServiceError> {
    let reach = permit(call.actor, Action::EditListing)?;
    let work = begin!(service, call);
    channel_listings::find(&work.tx, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    if !channel_listings::retry(&work.tx, id, &reach, work.at).await? {
        return Err(ServiceError::refused("id", Reason::WrongState { state: SyncState::Pushing.code().to_owned() }));
    }
    work.note("channelListingRetry", ("channelListing", id.0), json!({}));
    work.commit(id.0).await?;
    Ok(id)
}

/// The channels an actor may see: a producer's own for its owners and editors, all for admins.
pub async fn list(service: &Service, actor: &Actor) -> Result<Vec<Channel>, ServiceError> {
    Ok(channels::list(&service.store, &own(actor)?).await?)
}

/// The channel with an id, if the actor may see it.
pub async fn find(service: &Service, actor: &Actor, id: ChannelId) -> Result<Option<Channel>, ServiceError> {
    Ok(channels::find(&service.store, id, &own(actor)?).await?)
}

/// The push states of a channel that the actor may see.
pub async fn listings(
    service: &Service,
    actor: &Actor,
    id: ChannelId,
    states: &[SyncState],
    request: &PageRequest,
) -> Result<Page<ChannelListing>, ServiceError> {
    Ok(channel_listings::page(&service.store, id, states, &own(actor)?, request).await?)
}

/// The push state with an id, if the actor may see it.
pub async fn listing(service: &Service, actor: &Actor, id: ChannelListingId) -> Result<Option<ChannelListing>, ServiceError> {
    Ok(channel_listings::find(&service.store, id, &own(actor)?).await?)
}

/// Asks every active channel for a sign of life with its credentials: the channel's name, and what it said.
pub async fn ping(service: &Service, actor: &Actor) -> Result<Vec<(String, Result<(), String>)>, ServiceError> {
    permit(actor, Action::ManageProvinceChannels)?;
    let mut answers = Vec::new();
    for channel in channels::list(&service.store, &own(actor)?).await?.into_iter().filter(|c| c.state == ChannelState::Active) {
        let answer = match access::open(service, &channel).await {
            // A look-up of a key that nothing has: signed like any call, changes nothing.
            Ok(shop) => shop.market.find_by_key("OCOP-SIGN-OF-LIFE").await.map(|_| ()),
            Err(error) => Err(error),
        };
        answers.push((channel.name, answer.map_err(|error| error.to_string())));
    }
    Ok(answers)
}

fn own(actor: &Actor) -> Result<Reach, ServiceError> {
    Ok(permit(actor, Action::ReadPrivate)?)
}

/// What opens a shop, sealed.
struct Credentials {
    settings: String,
    /// Where the settings bring a refresh token: the pair is renewed by itself and kept apart.
    tokens: Option<StoredTokens>,
}

/// Checks settings with the adapter and seals them.
fn seal(service: &Service, adapter: &str, base_url: &str, settings: &[(String, String)]) -> Result<Credentials, ServiceError> {
    let bad = |path: &str, reason| ServiceError::refused(path, reason);
    let url = Url::parse(base_url).map_err(|_| bad("input.baseUrl", Reason::InvalidUrl))?;
    let mut object: Map<String, Value> = settings.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
    let market = service.marketplaces.check(adapter, &url, &Value::Object(object.clone()).to_string()).map_err(|error| match error {
        ConnectError::UnknownAdapter => {
            bad("input.adapter", Reason::UnknownAdapter { allowed: service.marketplaces.adapters().join(", ") })
        }
        ConnectError::BadSettings(detail) => bad("input.settings", Reason::InvalidSettings { detail }),
    })?;
    let text = |object: &mut Map<String, Value>, name: &str| match object.remove(name) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let renewed = market.abilities().renewal.is_some() && object.contains_key("refresh_token") && object.contains_key("access_token");
    let tokens = renewed.then(|| Tokens {
        refresh: text(&mut object, "refresh_token"),
        // Stays in the settings too: the adapter checks them whole. The pair kept apart counts.
        access: object.get("access_token").and_then(Value::as_str).unwrap_or_default().to_owned(),
        access_expires_at: None,
        reauthorize_by: None,
    });
    let internal = |e: String| ServiceError::Internal(e);
    Ok(Credentials {
        settings: service.secrets.seal(SEAL, &Value::Object(object).to_string()).map_err(|e| internal(e.to_string()))?,
        tokens: tokens.map(|tokens| access::seal(service, &tokens)).transpose().map_err(|e| internal(e.to_string()))?,
    })
}
