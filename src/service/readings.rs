//! What channels tell by themselves: messages that marketplaces push, what changed within the hour, what is due to be read back.
//! None of it is believed: it only decides which items are read back, which is part of a push.

use chrono::{DateTime, Duration, Utc};
use std::collections::HashMap;

use crate::{
    domain::{
        actor::{Action, Actor, Reach, permit},
        channel::{Channel, ChannelListing, Stray},
        drift::{DriftPolicies, DriftPolicy},
        id::ChannelId,
        reason::Reason,
        sync::Trouble,
    },
    marketplace::{
        CATEGORIES, PushError,
        reading::{Message, Swept},
    },
    service::{
        Call, Service, ServiceError, access,
        producers::{EVERYTHING, saved},
        work::begin,
    },
    store::{channel_memory, channel_status, channels, notices, readings},
};
use serde_json::json;

/// Items made due with one statement.
const BATCH: u64 = 500;
/// How often a channel is asked for what changed.
const HOUR: Duration = Duration::hours(1);
/// How long after it failed, or its process died, it is asked again.
const AGAIN: Duration = Duration::minutes(10);
/// How far a window reaches into the one before it: clocks differ, and indexes lag.
const OVERLAP: Duration = Duration::minutes(10);
/// How long messages are kept, to know them when they come again.
const NOTICES: Duration = Duration::days(7);
/// How long a channel may take to take something off before that is an alarm.
const PATIENCE: Duration = Duration::minutes(15);
/// What every key of ours begins with.
const KEYS: &str = "OCOP-";

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// Stored, or stored before.
    Taken,
    /// The marketplace did not sign it.
    Forged,
    /// There is no such channel, or its adapter takes no messages.
    Unknown,
}

/// Where the marketplace of a channel pushes to; `None` when its adapter takes no messages.
pub fn callback(service: &Service, channel: &Channel) -> Result<Option<String>, ServiceError> {
    let shop = access::unauthorised(service, channel).map_err(|e| ServiceError::Internal(e.to_string()))?;
    let address = || format!("{}/hooks/{}", service.base_url(), channel.id);
    Ok(shop.market.abilities().inbound.map(|_| address()))
}

/// Takes a message that was pushed to a channel: verified on its exact bytes, stored once, its item read back soon.
pub async fn receive(service: &Service, id: ChannelId, headers: &HashMap<String, String>, body: &[u8]) -> Result<Received, ServiceError> {
    let Some(channel) = channels::find(&service.store, id, &EVERYTHING).await? else { return Ok(Received::Unknown) };
    let Some(callback) = callback(service, &channel)? else { return Ok(Received::Unknown) };
    let shop = access::unauthorised(service, &channel).map_err(|e| ServiceError::Internal(e.to_string()))?;
    let message = Message { callback: &callback, headers, body };
    let verified = shop.market.abilities().inbound.and_then(|inbound| inbound.verify(&message));
    let outcome = if verified.is_some() { "ok" } else { "forged" };
    metrics::counter!("ocop_notices_total", "adapter" => channel.adapter.clone(), "outcome" => outcome).increment(1);
    let Some(notice) = verified else { return Ok(Received::Forged) };
    let (now, item) = (service.clock.now(), notice.remote_id.as_deref());
    let tx = service.store.begin().await?;
    if notices::insert(&tx, channel.id, (&notice.name, item), now).await?
        && let Some(item) = item
    {
        readings::hint_item(&tx, (&channel.adapter, &channel.base_url), item, now).await?;
    }
    tx.commit().await?;
    Ok(Received::Taken)
}

/// Makes due what is to be read back by now; returns how many.
pub async fn make_due(service: &Service) -> Result<u64, ServiceError> {
    let tx = service.store.begin().await?;
    let due = readings::make_due(&tx, service.clock.now(), BATCH).await?;
    tx.commit().await?;
    Ok(due)
}

/// Asks one channel whose hour has come for what changed since; false when none is left. What fails is tried again later, from where
/// the changes are known up to.
pub async fn sweep_next(service: &Service) -> Result<bool, ServiceError> {
    let now = service.clock.now();
    let tx = service.store.begin().await?;
    let taken = channel_status::take_sweep(&tx, now, (now - HOUR, now - AGAIN)).await?;
    tx.commit().await?;
    let Some((id, known)) = taken else { return Ok(false) };
    let Some(channel) = channels::find(&service.store, id, &EVERYTHING).await? else { return Ok(true) };
    let since = known.unwrap_or(now - HOUR) - OVERLAP;
    match sweep(service, &channel, since.timestamp()).await? {
        Ok(()) => {
            let tx = service.store.begin().await?;
            channel_status::set_swept(&tx, id, now).await?;
            tx.commit().await?;
        }
        Err(error) => tracing::warn!(channel = %id, %error, "a channel could not be asked for what changed"),
    }
    Ok(true)
}

/// Lets everything that changed on a channel be read back, and notes what carries a key of ours and is nobody's. When the access token
/// ended on the way, it is renewed and the rest goes on.
async fn sweep(service: &Service, channel: &Channel, since: i64) -> Result<Result<(), PushError>, ServiceError> {
    let mut shop = match access::open(service, channel).await {
        Ok(shop) => shop,
        Err(error) => return Ok(Err(error)),
    };
    let (mut page, mut is_renewed) = (None, false);
    loop {
        let Some(able) = shop.market.abilities().sweep else { return Ok(Ok(())) };
        let swept = match able.changed_since(since, page.as_deref()).await {
            Ok(swept) => swept,
            Err(error) if error.kind() == Trouble::TokenExpired && !is_renewed => match access::renew(service, channel, &shop, error).await
            {
                Ok(renewed) => {
                    (shop, is_renewed) = (renewed, true);
                    continue;
                }
                Err(error) => return Ok(Err(error)),
            },
            Err(error) => return Ok(Err(error)),
        };
        take_in(service, channel, &swept).await?;
        if swept.next.is_none() || swept.next == page {
            return Ok(Ok(()));
        }
        page = swept.next;
    }
}

async fn take_in(service: &Service, channel: &Channel, swept: &Swept) -> Result<(), ServiceError> {
    let now = service.clock.now();
    let ids: Vec<String> = swept.items.iter().map(|(id, _)| id.clone()).collect();
    let tx = service.store.begin().await?;
    let known = readings::known(&tx, channel.id, &ids).await?;
    readings::hint(&tx, channel.id, &known, now).await?;
    let unknown = swept.items.iter().filter(|(id, _)| !known.contains(id));
    for (remote_id, key) in unknown {
        let Some(key) = key.as_ref().filter(|key| key.starts_with(KEYS)) else { continue };
        // One whose create is under way is about to become known.
        if readings::is_being_created(&tx, channel.id, key).await? {
            continue;
        }
        let stray = Stray { channel_id: channel.id, remote_id: remote_id.clone(), key: key.clone(), seen_at: now };
        readings::note_stray(&tx, &stray).await?;
        tracing::warn!(channel = %channel.id, item = remote_id, key, "a channel has an item of ours that nobody knows");
    }
    Ok(tx.commit().await?)
}

/// Items that should be off sale for a quarter of an hour and still are on it, at most 100, as far as the actor may see them.
pub async fn still_live(service: &Service, actor: &Actor) -> Result<Vec<ChannelListing>, ServiceError> {
    let reach = permit(actor, Action::ReadPrivate)?;
    Ok(readings::still_live(&service.store, service.clock.now() - PATIENCE, &reach, 100).await?)
}

/// Raises the alarm of what is still on sale; returns how many, 100 for more.
pub async fn raise_alarms(service: &Service) -> Result<usize, ServiceError> {
    let late = readings::still_live(&service.store, service.clock.now() - PATIENCE, &Reach::All, 100).await?;
    metrics::gauge!("ocop_withdrawn_still_live").set(u32::try_from(late.len()).map_or(f64::MAX, f64::from));
    for row in &late {
        let since = row.stop_since.map(|at| at.to_rfc3339());
        tracing::error!(listing = %row.listing_id, channel = %row.channel_id, since, "a listing that must be off sale is still on it");
    }
    Ok(late.len())
}

/// Items of a channel under keys of ours that are nobody's, as seen within a day, at most 100.
pub async fn strays(service: &Service, channel: ChannelId) -> Result<Vec<Stray>, ServiceError> {
    Ok(readings::strays(&service.store, channel, service.clock.now() - Duration::days(1)).await?)
}

/// When a channel's category tree was read; `None` for adapters that need none, and before it was first needed.
pub async fn categories_read_at(service: &Service, channel: ChannelId) -> Result<Option<DateTime<Utc>>, ServiceError> {
    Ok(channel_memory::noted_at(&service.store, channel, CATEGORIES).await?)
}

/// Forgets old messages.
pub(super) async fn forget(service: &Service) -> Result<(), ServiceError> {
    let tx = service.store.begin().await?;
    notices::forget_before(&tx, service.clock.now() - NOTICES).await?;
    Ok(tx.commit().await?)
}

/// Changes of policies; what is `None` stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct PolicyChange {
    /// The price.
    pub price: Option<DriftPolicy>,
    /// The stock.
    pub stock: Option<DriftPolicy>,
    /// Hidden by hand.
    pub status: Option<DriftPolicy>,
    /// Deleted by hand.
    pub missing: Option<DriftPolicy>,
}

/// Decides what is done about what a channel shows otherwise than we left it.
pub async fn set_policies(service: &Service, call: &Call<'_>, id: ChannelId, change: PolicyChange) -> Result<ChannelId, ServiceError> {
    let reach = permit(call.actor, Action::ManageChannels)?;
    let work = begin!(service, call);
    let mut channel = channels::find(&work.tx, id, &reach).await?.ok_or_else(|| ServiceError::refused("id", Reason::NotFound))?;
    let now = channel.drift_policies;
    channel.drift_policies = DriftPolicies {
        price: change.price.unwrap_or(now.price),
        stock: change.stock.unwrap_or(now.stock),
        status: change.status.unwrap_or(now.status),
        missing: change.missing.unwrap_or(now.missing),
    };
    channel.updated_at = work.at;
    saved(channels::update(&work.tx, &channel, &reach).await?)?;
    work.note("channelDriftPolicySet", ("channel", id.0), json!(channel.drift_policies));
    work.commit(id.0).await?;
    Ok(id)
}
