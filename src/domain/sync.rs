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
        /// Not on sale on the channel, as wanted.
        Withdrawn = "WITHDRAWN",
    }
}

/// Kinds of failure; each has one treatment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Not done; try again.
    Transient,
    /// Too fast; try again after the wait where one is given.
    RateLimited(Option<Duration>),
    /// Nothing more before this long has passed.
    QuotaFor(Duration),
    /// Can't be changed now; try much later.
    Locked,
    /// May or may not have been done; look first, soon.
    Unknown,
    /// The data must change.
    Rejected,
    /// The connection must change.
    Connection,
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

/// The retry schedule. `failures` counts earlier failures in a row; `jitter` is 0 to 1000 and spreads waits over 75 to 125 %.
pub fn next_step(failure: Failure, failures: u32, jitter: u32) -> Step {
    let spread = |wait: Duration| wait * (750 + jitter.min(1000) / 2) / 1000;
    let scheduled = SCHEDULE.get(failures as usize).map(|s| spread(Duration::from_secs(*s)));
    match failure {
        Failure::Rejected => Step::GiveUp(SyncState::RemoteRejected),
        Failure::Connection => Step::GiveUp(SyncState::NeedsAttention),
        Failure::Locked => Step::RetryAfter(spread(LOCKED)),
        Failure::QuotaFor(wait) => Step::RetryAfter(wait),
        Failure::RateLimited(wait) => Step::RetryAfter(scheduled.unwrap_or(spread(LOCKED)).max(wait.unwrap_or_default())),
        Failure::Unknown if failures == 0 => Step::RetryAfter(LOOK_UP_FIRST),
        Failure::Transient | Failure::Unknown => scheduled.map_or(Step::GiveUp(SyncState::Dead), Step::RetryAfter),
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
        for (failure, failures, jitter, expected) in [
            (Failure::Transient, 0, 500, retry(1000)),
            (Failure::Transient, 0, 0, retry(750)),
            (Failure::Transient, 0, 1000, retry(1250)),
            (Failure::Transient, 4, 500, retry(60_000)),
            (Failure::Transient, 8, 500, retry(21_600_000)),
            (Failure::Transient, 9, 500, Step::GiveUp(SyncState::Dead)),
            (Failure::Transient, u32::MAX, 500, Step::GiveUp(SyncState::Dead)),
            (Failure::Unknown, 0, 0, retry(500)),
            (Failure::Unknown, 1, 500, retry(2000)),
            (Failure::Unknown, 9, 500, Step::GiveUp(SyncState::Dead)),
            (Failure::RateLimited(None), 1, 500, retry(2000)),
            (Failure::RateLimited(Some(Duration::from_secs(30))), 0, 500, retry(30_000)),
            (Failure::RateLimited(Some(Duration::from_secs(1))), 4, 500, retry(60_000)),
            (Failure::RateLimited(None), 99, 500, retry(21_600_000)),
            (Failure::QuotaFor(Duration::from_secs(3600)), 3, 0, retry(3_600_000)),
            (Failure::Locked, 0, 500, retry(21_600_000)),
            (Failure::Rejected, 0, 500, Step::GiveUp(SyncState::RemoteRejected)),
            (Failure::Connection, 0, 500, Step::GiveUp(SyncState::NeedsAttention)),
        ] {
            assert_eq!(next_step(failure, failures, jitter), expected, "{failure:?} {failures} {jitter}");
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
