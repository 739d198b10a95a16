//! What an operation costs and what is left, as told in `extensions.cost`.

use async_graphql::{Name, Value, indexmap::IndexMap};
use std::time::Duration;

use crate::http::allowance::Balance;

/// Points for a document that is refused, beside those for reading it.
pub(super) const REFUSED: u64 = 10;
/// What clients write themselves is shorter, in bytes, and is read for nothing.
const SHORT: usize = 4 * 1024;

/// Points for reading so many bytes: parsing a long document is work whatever becomes of it.
pub(super) fn reading(bytes: usize) -> u64 {
    (bytes.saturating_sub(SHORT) / 100) as u64
}

/// The bill of one operation.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Toll {
    /// Estimated before it ran, and what it had to pay.
    pub(super) requested: u64,
    /// What its rows turned out to cost.
    pub(super) actual: Option<u64>,
    /// The most that one operation may cost.
    pub(super) max: u64,
    /// What is left in the caller's bucket.
    pub(super) balance: Option<Balance>,
    /// How long until there are points enough.
    pub(super) wait: Option<Duration>,
}

impl Toll {
    pub(super) fn value(&self) -> Value {
        let balance = |of: fn(&Balance) -> u32| self.balance.as_ref().map(of).map(u64::from);
        let members = [
            ("requested", Some(self.requested)),
            ("actual", self.actual),
            ("max", Some(self.max)),
            ("available", balance(|balance| balance.available)),
            ("bucket", balance(|balance| balance.bucket)),
            ("restorePerSecond", balance(|balance| balance.restore_per_second)),
            ("retryAfterMs", self.wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).saturating_add(1))),
        ];
        let known = members.into_iter().filter_map(|(name, number)| Some((Name::new(name), Value::from(number?))));
        Value::Object(known.collect::<IndexMap<_, _>>())
    }

    /// Seconds after which another try makes sense.
    pub(super) fn seconds(&self) -> u64 {
        self.wait.map_or(1, |wait| wait.as_secs().saturating_add(1))
    }
}
