//! Channels: connections to marketplaces, and the state of each listing on each of them.

pub mod mutation;
pub mod query;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{
    domain::{
        channel::{Channel, ChannelListing, SyncError},
        id::ProducerId,
    },
    graphql::{
        context::{asked, loader},
        error::Fault,
        id::{Kind, encode},
        listing::ListingObject,
        loader::{ChannelKey, ListingKey, ProducerKey},
        producer::ProducerObject,
    },
};

/// Whether a channel is worked on. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::channel::ChannelState")]
pub enum ChannelState {
    /// Pushes are made.
    Active,
    /// Stopped by its owner; what changes meanwhile is pushed after resuming.
    Paused,
    /// The marketplace refuses the credentials: resume it with new settings.
    NeedsAttention,
    /// Ended; nothing is pushed any more.
    Disconnected,
}

/// Where a listing's push to a channel stands. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::channel::Standing")]
pub enum SyncState {
    /// Not there yet; waiting for its turn.
    Queued,
    /// A worker is at it.
    Pushing,
    /// The channel shows the newest version.
    Live,
    /// The channel shows an older version; the newest waits for its turn.
    Outdated,
    /// Failed for now; tried again at `nextAttemptAt`.
    Retrying,
    /// The channel refuses the data: `error.field` says what to change; it is tried again when the listing changes.
    RemoteRejected,
    /// The connection is at fault; the channel's owner must act.
    NeedsAttention,
    /// Gave up after the whole schedule of tries; start it again with `channelListingRetry`.
    Dead,
    /// No longer visible, and still on sale on the channel: being taken off.
    Withdrawing,
    /// Not on sale on the channel, as wanted.
    Withdrawn,
}

/// Where a push stands, whatever the channel shows meanwhile: what lists are narrowed by. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::sync::SyncState")]
pub enum PushState {
    /// Waiting for its turn.
    Queued,
    /// A worker is at it.
    Pushing,
    /// Done.
    Live,
    /// Failed for now; tried again.
    Retrying,
    /// The channel refuses the data.
    RemoteRejected,
    /// The connection is at fault.
    NeedsAttention,
    /// Gave up after the whole schedule.
    Dead,
    /// Taken off, as wanted.
    Withdrawn,
}

/// A connection to one shop on one marketplace. Its credentials are kept encrypted and never returned.
#[derive(Description)]
pub struct ChannelObject(pub(super) Channel);

#[Object(name = "Channel", use_type_description)]
impl ChannelObject {
    /// Opaque global id.
    pub(super) async fn id(&self) -> ID {
        encode(Kind::Channel, self.0.id)
    }

    /// Whose shop it is; null for a shop of the province that carries every producer's listings.
    async fn producer(&self, context: &Context<'_>) -> Result<Option<ProducerObject>, Fault> {
        owner(context, self.0.producer_id).await
    }

    /// Adapter, for example `shopee`.
    async fn adapter(&self) -> &str {
        &self.0.adapter
    }

    /// Name for people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Address of the marketplace's API.
    async fn base_url(&self) -> &str {
        &self.0.base_url
    }

    /// Whether it is worked on.
    async fn state(&self) -> ChannelState {
        self.0.state.into()
    }

    /// Grows with every change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was connected.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

async fn owner(context: &Context<'_>, id: Option<ProducerId>) -> Result<Option<ProducerObject>, Fault> {
    let Some(id) = id else { return Ok(None) };
    Ok(loader(context)?.load_one(ProducerKey(id)).await?.map(ProducerObject))
}

/// One listing on one channel.
#[derive(Description)]
pub struct ChannelListingObject(pub(super) ChannelListing);

#[Object(name = "ChannelListing", use_type_description)]
impl ChannelListingObject {
    /// Opaque global id.
    pub(super) async fn id(&self) -> ID {
        encode(Kind::ChannelListing, self.0.id)
    }

    /// The channel.
    async fn channel(&self, context: &Context<'_>) -> Result<Option<ChannelObject>, Fault> {
        Ok(loader(context)?.load_one(ChannelKey(self.0.channel_id)).await?.map(ChannelObject))
    }

    /// The listing.
    async fn listing(&self, context: &Context<'_>) -> Result<Option<ListingObject>, Fault> {
        Ok(loader(context)?.load_one(ListingKey(self.0.listing_id)).await?.map(ListingObject))
    }

    /// Where the push stands.
    async fn state(&self, context: &Context<'_>) -> Result<SyncState, Fault> {
        let now = asked(context)?.service.clock.now();
        let listing = loader(context)?.load_one(ListingKey(self.0.listing_id)).await?;
        let visible = listing.is_some_and(|l| l.window.is_some_and(|w| w.contains(now)));
        Ok(self.0.standing(visible).into())
    }

    /// The listing's `feedVersion` that the channel should show.
    async fn desired_version(&self) -> i32 {
        self.0.desired_version
    }

    /// The `feedVersion` that the channel acknowledged last; null before the first push.
    async fn last_synced_version(&self) -> Option<i32> {
        (self.0.acknowledged_version > 0).then_some(self.0.acknowledged_version)
    }

    /// The channel's id of the item; null until it exists there.
    async fn remote_id(&self) -> Option<&str> {
        self.0.remote_id.as_deref()
    }

    /// The channel's own word for its state.
    async fn remote_status(&self) -> Option<&str> {
        self.0.remote_status.as_deref()
    }

    /// Where buyers see it.
    async fn remote_url(&self) -> Option<&str> {
        self.0.remote_url.as_deref()
    }

    /// Failures in a row.
    async fn failures(&self) -> u32 {
        self.0.failures
    }

    /// When it is worked on next; null when nothing is due.
    async fn next_attempt_at(&self) -> Option<DateTime<Utc>> {
        self.0.next_attempt_at
    }

    /// What went wrong last; null after a success.
    async fn last_error(&self) -> Option<SyncErrorObject> {
        self.0.error.clone().map(SyncErrorObject::from)
    }

    /// When the channel last acknowledged something.
    async fn pushed_at(&self) -> Option<DateTime<Utc>> {
        self.0.pushed_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// What a channel said when it refused.
#[derive(SimpleObject)]
#[graphql(name = "SyncError")]
pub struct SyncErrorObject {
    /// The channel's code.
    code: String,
    /// The channel's message, verbatim.
    message: String,
    /// The channel's request id, for its support.
    request_id: Option<String>,
    /// Our field that must change, for example `title`; null when none is known.
    field: Option<String>,
}

impl From<SyncError> for SyncErrorObject {
    fn from(e: SyncError) -> Self {
        Self { code: e.code, message: e.message, request_id: e.request_id, field: e.field }
    }
}
