//! Push: what to send next, and what to do when it fails.

use serde::{Deserialize, Serialize};
use std::time::Duration;

use crate::domain::code::coded;

coded! {
    /// Where a listing's push to a channel stands.
    SyncState {
        /// Waiting for its turn.
        Queued = "QUEUED",
        /// A worker is at it.
        Pushing = "PUSHING",
        /// The channel shows the newest version.
        Live = "LIVE",
        /// Failed for now; tried again at `nextAttemptAt`.
        Retrying = "RETRYING",
        /// The channel refuses the data; its producer must change something.
        RemoteRejected = "REMOTE_REJECTED",
        /// The connection is at fault; its owner must act.
        NeedsAttention = "NEEDS_ATTENTION",
        /// Gave up after the whole schedule; can be started again by hand.
        Dead = "DEAD",
        /// Gave up, and an admin said why it stays so; a change of the listing starts it again.
        Discarded = "DISCARDED",
        /// Not on sale on the channel, as wanted.
        Withdrawn = "WITHDRAWN",
    }
}

coded! {
    /// What we want of a listing on a channel, whatever the channel shows.
    Aim {
        /// Shown to buyers.
        Publish = "PUBLISH",
        /// Hidden, but kept.
        Unlist = "UNLIST",
        /// Gone for good.
        Delete = "DELETE",
    }
}

/// What is worked on first when much waits: a withdrawal before anything, a new item last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Takes something off sale.
    Stop,
    /// Changes stock.
    Stock,
    /// Changes a price.
    Price,
    /// Changes anything else.
    Content,
    /// Brings something new.
    Create,
    /// Reads back what the channel shows.
    Read,
}

impl Priority {
    /// All, the most urgent first.
    pub const ALL: [Self; 6] = [Self::Stop, Self::Stock, Self::Price, Self::Content, Self::Create, Self::Read];

    /// Its place, 0 for the most urgent; stored.
    pub const fn rank(self) -> i32 {
        self as i32
    }
}

coded! {
    /// What the channel makes of an item, in words that all channels share. Its own word is kept beside it.
    RemoteState {
        /// The channel has no such item.
        None = "NONE",
        /// The channel has not released it yet.
        InReview = "IN_REVIEW",
        /// Buyers see it.
        Active = "ACTIVE",
        /// Hidden by the seller: kept, not on sale.
        Hidden = "HIDDEN",
        /// The channel's check failed; the seller must change it.
        Rejected = "REJECTED",
        /// Taken off by the channel.
        Suspended = "SUSPENDED",
    }
}

impl RemoteState {
    /// Whether it is on sale, or will be without anything that we do.
    pub const fn on_sale(self) -> bool {
        matches!(self, Self::Active | Self::InReview)
    }
}

coded! {
    /// What a person says that a portal without an API made of an item.
    ByHand {
        /// Buyers see it.
        Shown = "SHOWN",
        /// It is there, and buyers don't see it.
        Hidden = "HIDDEN",
        /// The portal does not take it.
        Refused = "REFUSED",
        /// It is not there.
        Gone = "GONE",
    }
}

coded! {
    /// Kinds of trouble with a call. Each has one treatment: [`next_step`].
    Trouble {
        /// Certainly not done; tried again.
        Transient = "TRANSIENT",
        /// Too many calls at once; tried again later.
        RateLimited = "RATE_LIMITED",
        /// The day's allowance is used up; tried again when the channel's day ends.
        QuotaUsed = "QUOTA_USED",
        /// The access token is no longer accepted.
        TokenExpired = "TOKEN_EXPIRED",
        /// The seller must authorise again.
        NeedsReauth = "NEEDS_REAUTH",
        /// The channel has an item under our key already.
        AlreadyExists = "ALREADY_EXISTS",
        /// The channel has no such item (any more).
        NotFound = "NOT_FOUND",
        /// Can't be changed now: a promotion, a holiday.
        Locked = "LOCKED",
        /// The channel refuses the data.
        Rejected = "REJECTED",
        /// The connection is set up wrongly: signature, permission, clock.
        Config = "CONFIG",
        /// Sent, and no usable answer.
        Unknown = "UNKNOWN",
    }
}

/// What follows a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Try again after this long.
    RetryAfter(Duration),
    /// Stop in this state until someone acts or the listing changes.
    GiveUp(SyncState),
}

/// Waits between tries in seconds; when it ends, the push is dead. In all about eight and a half hours.
const SCHEDULE: [u64; 9] = [1, 2, 5, 15, 60, 300, 1800, 7200, 21_600];
const LOCKED: Duration = Duration::from_secs(6 * 3600);
const LOOK_UP_FIRST: Duration = Duration::from_millis(500);

/// The retry schedule. `failures` counts earlier failures in a row; `wait` is what the channel asked for; `jitter` is 0 to 1000
/// and spreads waits over 75 to 125 %.
pub fn next_step(trouble: Trouble, wait: Option<Duration>, failures: u32, jitter: u32) -> Step {
    let spread = |wait: Duration| wait * (750 + jitter.min(1000) / 2) / 1000;
    let scheduled = SCHEDULE.get(failures as usize).map(|s| spread(Duration::from_secs(*s)));
    match trouble {
        Trouble::Rejected => Step::GiveUp(SyncState::RemoteRejected),
        Trouble::TokenExpired | Trouble::NeedsReauth | Trouble::Config => Step::GiveUp(SyncState::NeedsAttention),
        Trouble::Locked => Step::RetryAfter(spread(LOCKED)),
        Trouble::QuotaUsed => Step::RetryAfter(wait.unwrap_or(LOCKED)),
        Trouble::RateLimited => Step::RetryAfter(scheduled.unwrap_or(spread(LOCKED)).max(wait.unwrap_or_default())),
        Trouble::Unknown if failures == 0 => Step::RetryAfter(LOOK_UP_FIRST),
        // An item deleted by hand is created again through the ordinary schedule; one that exists already is looked for.
        Trouble::Transient | Trouble::Unknown | Trouble::NotFound | Trouble::AlreadyExists => {
            scheduled.map_or(Step::GiveUp(SyncState::Dead), |scheduled| Step::RetryAfter(scheduled.max(wait.unwrap_or_default())))
        }
    }
}

/// After how many failures in a row that say something of the channel, not of one listing, it is left alone for a while.
const BREAKER: u32 = 5;
const REST: Duration = Duration::from_secs(30);
const LONGEST_REST: Duration = Duration::from_secs(600);

/// How long a channel rests after its `failures`-th failure in a row; then one push is the probe, and a failure doubles the rest.
pub fn rest_after(failures: u32) -> Option<Duration> {
    let beyond = failures.checked_sub(BREAKER)?;
    Some((REST * 2u32.saturating_pow(beyond.min(10))).min(LONGEST_REST))
}

impl Trouble {
    /// Whether it says that the channel as a whole does not answer as it should.
    pub const fn is_of_channel(self) -> bool {
        matches!(self, Self::Transient | Self::Unknown)
    }
}

/// What a channel last acknowledged, section by section; a section never acknowledged is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Hash of the content.
    pub content: Option<String>,
    /// Price in đồng.
    pub price: Option<i64>,
    /// Stock in units.
    pub stock: Option<u32>,
    /// Whether buyers see it.
    pub listed: Option<bool>,
}

/// What a channel should show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// Hash of the content.
    pub content: String,
    /// Price in đồng.
    pub price: i64,
    /// Stock in units.
    pub stock: u32,
}

/// What we want of a listing on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Shown to buyers, in this state.
    Publish(Desired),
    /// Hidden, but kept.
    Unlist,
    /// Gone for good.
    Delete,
}

impl Intent {
    /// The wish without its details.
    pub const fn aim(&self) -> Aim {
        match self {
            Self::Publish(_) => Aim::Publish,
            Self::Unlist => Aim::Unlist,
            Self::Delete => Aim::Delete,
        }
    }
}

/// One call to a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Create the item, shown.
    Create,
    /// Show or hide it.
    SetListed(bool),
    /// Delete it.
    Delete,
    /// Set its stock.
    SetStock,
    /// Set its price.
    SetPrice,
    /// Send title, description, pictures.
    UpdateContent,
}

/// The calls that make the channel show what we want, in order: stop before stock before price before content. An item that
/// was hidden is shown last, so that buyers never see an old price.
pub fn plan(intent: &Intent, exists: bool, known: &Acknowledged) -> Vec<Call> {
    match intent {
        Intent::Publish(_) if !exists => vec![Call::Create],
        Intent::Publish(desired) => {
            let mut calls = Vec::new();
            let mut when = |differs: bool, call| {
                if differs {
                    calls.push(call);
                }
            };
            when(known.stock != Some(desired.stock), Call::SetStock);
            when(known.price != Some(desired.price), Call::SetPrice);
            when(known.content.as_ref() != Some(&desired.content), Call::UpdateContent);
            when(known.listed != Some(true), Call::SetListed(true));
            calls
        }
        Intent::Unlist if exists && known.listed != Some(false) => vec![Call::SetListed(false)],
        Intent::Delete if exists => vec![Call::Delete],
        Intent::Unlist | Intent::Delete => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn retry(millis: u64) -> Step {
        Step::RetryAfter(Duration::from_millis(millis))
    }

    #[test]
    fn the_retry_schedule() {
        let seconds = |s| Some(Duration::from_secs(s));
        for (trouble, wait, failures, jitter, expected) in [
            (Trouble::Transient, None, 0, 500, retry(1000)),
            (Trouble::Transient, None, 0, 0, retry(750)),
            (Trouble::Transient, None, 0, 1000, retry(1250)),
            (Trouble::Transient, None, 4, 500, retry(60_000)),
            (Trouble::Transient, seconds(90), 4, 500, retry(90_000)),
            (Trouble::Transient, None, 8, 500, retry(21_600_000)),
            (Trouble::Transient, None, 9, 500, Step::GiveUp(SyncState::Dead)),
            (Trouble::Transient, None, u32::MAX, 500, Step::GiveUp(SyncState::Dead)),
            (Trouble::NotFound, None, 0, 500, retry(1000)),
            (Trouble::AlreadyExists, None, 1, 500, retry(2000)),
            (Trouble::Unknown, None, 0, 0, retry(500)),
            (Trouble::Unknown, None, 1, 500, retry(2000)),
            (Trouble::Unknown, None, 9, 500, Step::GiveUp(SyncState::Dead)),
            (Trouble::RateLimited, None, 1, 500, retry(2000)),
            (Trouble::RateLimited, seconds(30), 0, 500, retry(30_000)),
            (Trouble::RateLimited, seconds(1), 4, 500, retry(60_000)),
            (Trouble::RateLimited, None, 99, 500, retry(21_600_000)),
            (Trouble::QuotaUsed, seconds(3600), 3, 0, retry(3_600_000)),
            (Trouble::Locked, None, 0, 500, retry(21_600_000)),
            (Trouble::Rejected, None, 0, 500, Step::GiveUp(SyncState::RemoteRejected)),
            (Trouble::TokenExpired, None, 0, 500, Step::GiveUp(SyncState::NeedsAttention)),
            (Trouble::NeedsReauth, None, 0, 500, Step::GiveUp(SyncState::NeedsAttention)),
            (Trouble::Config, None, 0, 500, Step::GiveUp(SyncState::NeedsAttention)),
        ] {
            assert_eq!(next_step(trouble, wait, failures, jitter), expected, "{trouble:?} {failures} {jitter}");
        }
    }

    #[test]
    fn a_channel_rests_longer_while_it_fails() {
        let seconds = |failures| rest_after(failures).map(|rest| rest.as_secs());
        for (failures, expected) in
            [(0, None), (4, None), (5, Some(30)), (6, Some(60)), (9, Some(480)), (10, Some(600)), (u32::MAX, Some(600))]
        {
            assert_eq!(seconds(failures), expected, "{failures}");
        }
    }

    fn wanted() -> Intent {
        Intent::Publish(Desired { content: "h".into(), price: 10, stock: 5 })
    }

    fn shown() -> Acknowledged {
        Acknowledged { content: Some("h".into()), price: Some(10), stock: Some(5), listed: Some(true) }
    }

    #[test]
    fn only_what_differs_is_sent_in_order() {
        use Call::{Create, Delete, SetListed, SetPrice, SetStock, UpdateContent};
        let change = |f: fn(&mut Acknowledged)| {
            let mut known = shown();
            f(&mut known);
            known
        };
        for (intent, exists, known, calls) in [
            (wanted(), false, Acknowledged::default(), vec![Create]),
            (wanted(), true, shown(), vec![]),
            (wanted(), true, change(|k| k.price = Some(9)), vec![SetPrice]),
            (
                wanted(),
                true,
                change(|k| {
                    k.price = None;
                    k.stock = None;
                    k.content = None;
                }),
                vec![SetStock, SetPrice, UpdateContent],
            ),
            (
                wanted(),
                true,
                change(|k| {
                    k.price = Some(1);
                    k.listed = Some(false);
                }),
                vec![SetPrice, SetListed(true)],
            ),
            (Intent::Unlist, true, shown(), vec![SetListed(false)]),
            (Intent::Unlist, true, change(|k| k.listed = None), vec![SetListed(false)]),
            (Intent::Unlist, true, change(|k| k.listed = Some(false)), vec![]),
            (Intent::Unlist, false, Acknowledged::default(), vec![]),
            (Intent::Delete, true, shown(), vec![Delete]),
            (Intent::Delete, false, Acknowledged::default(), vec![]),
        ] {
            assert_eq!(plan(&intent, exists, &known), calls, "{intent:?} {known:?}");
        }
    }

    proptest! {
        /// Once everything was acknowledged there is nothing left to do, whatever was known before.
        #[test]
        fn plans_converge(content in prop::option::of("[ab]"), price in prop::option::of(1i64..3), stock in prop::option::of(0u32..3), listed: Option<bool>) {
            let Intent::Publish(desired) = wanted() else { unreachable!() };
            let mut known = Acknowledged { content, price, stock, listed };
            for call in plan(&wanted(), true, &known) {
                match call {
                    Call::SetListed(on) => known.listed = Some(on),
                    Call::SetStock => known.stock = Some(desired.stock),
                    Call::SetPrice => known.price = Some(desired.price),
                    Call::UpdateContent => known.content = Some(desired.content.clone()),
                    Call::Create | Call::Delete => prop_assert!(false, "the item exists and is wanted"),
                }
            }
            prop_assert_eq!(plan(&wanted(), true, &known), vec![]);
        }
    }
}
