//! Channels: connections to marketplaces, and the state of each listing on each of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{
    code::coded,
    drift::{Drift, DriftPolicies},
    id::{ChannelId, ChannelListingId, ListingId, ProducerId},
    sync::{Acknowledged, Aim, Call, RemoteState, SyncState, Trouble},
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
        /// Waits for its seller's consent on the marketplace.
        Connecting = "CONNECTING",
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
    /// What is done about what the channel shows otherwise than we left it.
    pub drift_policies: DriftPolicies,
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
    /// How many items the channel had of it before: one that was deleted is made anew, not found again.
    pub generation: i32,
    /// The channel's id of the item.
    pub remote_id: Option<String>,
    /// What we want of the listing on the channel, when it was last worked on.
    pub aim: Aim,
    /// What the channel makes of it, as far as it said.
    pub remote_state: RemoteState,
    /// The channel's own word for its state.
    pub remote_status: Option<String>,
    /// Why the channel does not show it, in its words.
    pub remote_reasons: Vec<RemoteReason>,
    /// When the channel last told its state.
    pub remote_seen_at: Option<DateTime<Utc>>,
    /// When it is read back next; `None` when the channel has nothing to read.
    pub reread_at: Option<DateTime<Utc>>,
    /// What the channel showed otherwise than we left it, when it was read back last.
    pub drift: Vec<Drift>,
    /// Since when it should not be on sale; `None` while it should.
    pub stop_since: Option<DateTime<Utc>>,
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

coded! {
    /// How a listing stands on a channel, as its owner is told: where the push stands, and what the channel shows meanwhile.
    Standing {
        /// Not there yet; waiting for its turn.
        Queued = "QUEUED",
        /// A worker is at it.
        Pushing = "PUSHING",
        /// The channel shows the newest version.
        Live = "LIVE",
        /// The channel shows an older version; the newest waits for its turn.
        Outdated = "OUTDATED",
        /// Failed for now; tried again.
        Retrying = "RETRYING",
        /// The channel refuses the data.
        RemoteRejected = "REMOTE_REJECTED",
        /// The connection is at fault.
        NeedsAttention = "NEEDS_ATTENTION",
        /// Gave up after the whole schedule.
        Dead = "DEAD",
        /// Gave up, and an admin said why it stays so.
        Discarded = "DISCARDED",
        /// The channel has the newest version and has not released it yet.
        InReview = "IN_REVIEW",
        /// The channel took it off.
        Suspended = "SUSPENDED",
        /// No longer visible, and still on sale on the channel: being taken off.
        Withdrawing = "WITHDRAWING",
        /// Not on sale on the channel, as wanted.
        Withdrawn = "WITHDRAWN",
    }
}

impl ChannelListing {
    /// The channel has no item of it any more.
    pub fn forget_item(&mut self) {
        self.remote_id = None;
        self.create_sent = false;
        self.remote_state = RemoteState::None;
        self.remote_reasons.clear();
        self.drift.clear();
        self.acknowledged = Acknowledged::default();
        self.generation += 1;
    }

    /// How the listing stands, given whether the public sees it now.
    pub fn standing(&self, visible: bool) -> Standing {
        let on_sale = self.acknowledged.listed == Some(true);
        match self.state {
            SyncState::Queued | SyncState::Pushing | SyncState::Retrying if on_sale && !visible => Standing::Withdrawing,
            SyncState::Queued if on_sale => Standing::Outdated,
            SyncState::Queued => Standing::Queued,
            SyncState::Pushing => Standing::Pushing,
            SyncState::Live => match self.remote_state {
                RemoteState::InReview => Standing::InReview,
                RemoteState::Rejected => Standing::RemoteRejected,
                RemoteState::Suspended => Standing::Suspended,
                RemoteState::None | RemoteState::Active | RemoteState::Hidden => Standing::Live,
            },
            SyncState::Retrying => Standing::Retrying,
            SyncState::RemoteRejected => Standing::RemoteRejected,
            SyncState::NeedsAttention => Standing::NeedsAttention,
            SyncState::Dead => Standing::Dead,
            SyncState::Discarded => Standing::Discarded,
            SyncState::Withdrawn => Standing::Withdrawn,
        }
    }
}

/// The channel's own words about the last failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncError {
    /// Its kind, which decides what happens next.
    pub kind: Trouble,
    /// Code.
    pub code: String,
    /// Message, verbatim.
    pub message: String,
    /// Request id for the marketplace's support.
    pub request_id: Option<String>,
    /// The field of ours that must change.
    pub field: Option<String>,
}

/// An item on a channel under a key of ours that is not ours any more: left from before, or copied by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// The channel.
    pub channel_id: ChannelId,
    /// The channel's id of the item.
    pub remote_id: String,
    /// The key that it carries.
    pub key: String,
    /// When it was seen last.
    pub seen_at: DateTime<Utc>,
}

/// Which pushes among those that ended without success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetters {
    /// Those of this channel.
    pub channel: ChannelId,
    /// These; all where none are named.
    pub ids: Vec<ChannelListingId>,
    /// Those that ended with one of these; any where none are named.
    pub troubles: Vec<Trouble>,
    /// Those that ended with this code of the channel.
    pub code: Option<String>,
}

/// Why a channel does not show an item, or soon will not, in its words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RemoteReason {
    /// What is wrong.
    pub message: String,
    /// What the channel suggests.
    pub suggestion: Option<String>,
    /// Until when it must be mended, in seconds since 1970.
    pub deadline: Option<i64>,
}

coded! {
    /// Why a channel is left alone for a while.
    Rest {
        /// It failed several times in a row.
        Failing = "FAILING",
        /// It asked for fewer calls.
        RateLimited = "RATE_LIMITED",
        /// Its allowance of the day is used up.
        QuotaUsed = "QUOTA_USED",
    }
}

/// How a channel fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelStatus {
    /// The channel.
    pub channel_id: ChannelId,
    /// Failures in a row that speak of the channel, not of one listing.
    pub failures: u32,
    /// Nothing is sent before this instant, and why.
    pub rest: Option<(DateTime<Utc>, Rest)>,
    /// When the access token ends; `None` when it does not, or nobody said.
    pub access_expires_at: Option<DateTime<Utc>>,
    /// When the seller must have authorised again.
    pub reauthorize_by: Option<DateTime<Utc>>,
    /// Grows with each renewal of the tokens; 0 when the channel has none that are renewed.
    pub tokens_version: i32,
}

/// One call of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Identity; grows with time.
    pub id: uuid::Uuid,
    /// The listing on the channel.
    pub channel_listing_id: ChannelListingId,
    /// What was called: a call of the plan, or a look-up.
    pub call: AttemptCall,
    /// What went wrong; `None` when it was done.
    pub error: Option<SyncError>,
    /// How long it took, in milliseconds.
    pub millis: u32,
    /// When it began.
    pub at: DateTime<Utc>,
}

coded! {
    /// What a push called.
    AttemptCall {
        /// Create the item.
        Create = "CREATE",
        /// Show it.
        List = "LIST",
        /// Hide it.
        Unlist = "UNLIST",
        /// Delete it.
        Delete = "DELETE",
        /// Set its stock.
        SetStock = "SET_STOCK",
        /// Set its price.
        SetPrice = "SET_PRICE",
        /// Send title, description, pictures.
        UpdateContent = "UPDATE_CONTENT",
        /// Look for it under our key.
        LookUp = "LOOK_UP",
        /// Read it back.
        Read = "READ",
    }
}

impl From<Call> for AttemptCall {
    fn from(call: Call) -> Self {
        match call {
            Call::Create => Self::Create,
            Call::SetListed(true) => Self::List,
            Call::SetListed(false) => Self::Unlist,
            Call::Delete => Self::Delete,
            Call::SetStock => Self::SetStock,
            Call::SetPrice => Self::SetPrice,
            Call::UpdateContent => Self::UpdateContent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn standing_tells_what_the_channel_shows_meanwhile() {
        let row = |state, listed| ChannelListing {
            id: Uuid::nil().into(),
            channel_id: Uuid::nil().into(),
            listing_id: Uuid::nil().into(),
            producer_id: Uuid::nil().into(),
            state,
            desired_version: 1,
            acknowledged_version: 0,
            acknowledged: Acknowledged { listed, ..Acknowledged::default() },
            create_sent: false,
            generation: 0,
            remote_id: None,
            aim: Aim::Publish,
            remote_state: RemoteState::Active,
            remote_status: None,
            remote_reasons: Vec::new(),
            remote_seen_at: None,
            reread_at: None,
            drift: Vec::new(),
            stop_since: None,
            remote_url: None,
            failures: 0,
            next_attempt_at: None,
            error: None,
            pushed_at: None,
            updated_at: DateTime::UNIX_EPOCH,
        };
        for (state, listed, visible, expected) in [
            (SyncState::Queued, None, true, Standing::Queued),
            (SyncState::Queued, Some(false), true, Standing::Queued),
            (SyncState::Queued, Some(true), true, Standing::Outdated),
            (SyncState::Queued, Some(true), false, Standing::Withdrawing),
            (SyncState::Pushing, Some(true), false, Standing::Withdrawing),
            (SyncState::Retrying, Some(true), false, Standing::Withdrawing),
            (SyncState::Retrying, Some(true), true, Standing::Retrying),
            (SyncState::Queued, None, false, Standing::Queued),
            (SyncState::Live, Some(true), true, Standing::Live),
            (SyncState::Withdrawn, Some(false), false, Standing::Withdrawn),
            (SyncState::Dead, Some(true), false, Standing::Dead),
        ] {
            assert_eq!(row(state, listed).standing(visible), expected, "{state:?} {listed:?} {visible}");
        }
    }
}
