//! Channels: connections to marketplaces, and the state of each listing on each of them.

use chrono::{DateTime, Utc};

use crate::domain::{
    code::coded,
    id::{ChannelId, ChannelListingId, ListingId, ProducerId},
    sync::{Acknowledged, SyncState},
};

coded! {
    /// Whether a channel is worked on.
    ChannelState {
        /// Pushes are made.
        Active = "ACTIVE",
        /// Stopped by its owner; what changes meanwhile is pushed after resuming.
        Paused = "PAUSED",
        /// The marketplace refuses our credentials; someone must connect again.
        NeedsAttention = "NEEDS_ATTENTION",
        /// Ended; nothing is pushed any more.
        Disconnected = "DISCONNECTED",
    }
}

/// A connection to one shop on one marketplace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Identity.
    pub id: ChannelId,
    /// The producer whose shop it is; `None` for a shop of the province that carries every producer's listings.
    pub producer_id: Option<ProducerId>,
    /// Adapter name, for example `shopee`.
    pub adapter: String,
    /// Name for people.
    pub name: String,
    /// Address of the marketplace's API.
    pub base_url: String,
    /// Credentials and settings, sealed.
    pub sealed_settings: String,
    /// Whether it is worked on.
    pub state: ChannelState,
    /// Optimistic lock.
    pub version: i32,
    /// When it was connected.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// One listing on one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelListing {
    /// Identity.
    pub id: ChannelListingId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The listing.
    pub listing_id: ListingId,
    /// Whose listing it is.
    pub producer_id: ProducerId,
    /// Where the push stands.
    pub state: SyncState,
    /// The listing's record version that the channel should show.
    pub desired_version: i32,
    /// The record version that the channel acknowledged.
    pub acknowledged_version: i32,
    /// What the channel acknowledged, section by section.
    pub acknowledged: Acknowledged,
    /// A create may have reached the channel: look up before sending another.
    pub create_sent: bool,
    /// The channel's id of the item.
    pub remote_id: Option<String>,
    /// The channel's own word for its state.
    pub remote_status: Option<String>,
    /// Where buyers see it.
    pub remote_url: Option<String>,
    /// Failures in a row.
    pub failures: u32,
    /// When it is worked on next; `None` when nothing is due.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// What went wrong last.
    pub error: Option<SyncError>,
    /// When the channel last acknowledged something.
    pub pushed_at: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// The channel's own words about the last failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncError {
    /// Code.
    pub code: String,
    /// Message, verbatim.
    pub message: String,
    /// Request id for the marketplace's support.
    pub request_id: Option<String>,
    /// The field of ours that must change.
    pub field: Option<String>,
}
