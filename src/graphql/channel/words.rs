//! The words of channels.

use async_graphql::Enum;

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
    /// Waits for its seller's consent on the marketplace: open the address of `channelConnectStart`.
    Connecting,
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
    /// Gave up, and an admin said why it stays so; a change of the listing starts it again.
    Discarded,
    /// The channel has the newest version and checks it before buyers see it.
    InReview,
    /// The channel took it off; `remoteReasons` says why.
    Suspended,
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
    /// Gave up, and an admin said why it stays so.
    Discarded,
    /// Taken off, as wanted.
    Withdrawn,
}

/// What we want of a listing on a channel, whatever the channel shows. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::sync::Aim")]
pub enum ChannelIntent {
    /// Shown to buyers.
    Publish,
    /// Hidden, but kept.
    Unlist,
    /// Gone for good.
    Delete,
}

/// What the channel makes of an item, in words that all channels share; `remoteStatus` is its own word. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::sync::RemoteState")]
pub enum RemoteState {
    /// The channel has no such item.
    None,
    /// The channel has not released it yet.
    InReview,
    /// Buyers see it.
    Active,
    /// Hidden by us: kept, not on sale.
    Hidden,
    /// The channel's check failed; `remoteReasons` says why.
    Rejected,
    /// Taken off by the channel; `remoteReasons` says why.
    Suspended,
}

/// Kinds of trouble with a call to a channel. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::sync::Trouble")]
pub enum Trouble {
    /// Certainly not done; tried again.
    Transient,
    /// Too many calls at once; tried again later.
    RateLimited,
    /// The day's allowance is used up; tried again when the channel's day ends.
    QuotaUsed,
    /// The access token is no longer accepted, and could not be renewed.
    TokenExpired,
    /// The seller must authorise again.
    NeedsReauth,
    /// The channel has an item under our key already.
    AlreadyExists,
    /// The channel has no such item any more.
    NotFound,
    /// Can't be changed now: a promotion, a holiday.
    Locked,
    /// The channel refuses the data.
    Rejected,
    /// The connection is set up wrongly.
    Config,
    /// Sent, and no usable answer: looked for before anything is sent again.
    Unknown,
}

/// Why a channel is left alone for a while. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::channel::Rest")]
pub enum ChannelRest {
    /// It failed several times in a row.
    Failing,
    /// It asked for fewer calls.
    RateLimited,
    /// Its allowance of the day is used up.
    QuotaUsed,
}

/// What a push called. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::channel::AttemptCall")]
pub enum SyncCall {
    /// Create the item.
    Create,
    /// Show it.
    List,
    /// Hide it.
    Unlist,
    /// Delete it.
    Delete,
    /// Set its stock.
    SetStock,
    /// Set its price.
    SetPrice,
    /// Send title, description, pictures.
    UpdateContent,
    /// Look for it under our key.
    LookUp,
    /// Read it back.
    Read,
}

/// What differs on a channel. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::drift::DriftKind")]
pub enum DriftKind {
    /// The price.
    Price,
    /// The stock.
    Stock,
    /// Hidden, though it was shown, or shown, though it was hidden.
    Status,
    /// Gone.
    Missing,
}

/// What is done about a difference. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::drift::DriftPolicy")]
pub enum DriftPolicy {
    /// It is shown to the owner, and nothing is sent.
    Report,
    /// What the catalog says is sent again.
    Overwrite,
}

/// What a person says that a portal without an API made of a listing.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::sync::ByHand")]
pub enum PortalState {
    /// Buyers see it.
    Shown,
    /// It is there, and buyers don't see it.
    Hidden,
    /// The portal does not take it.
    Refused,
    /// It is not there.
    Gone,
}
