//! The only source of time. Tests set it; nothing else reads the system clock.

use chrono::{DateTime, NaiveDate, Utc};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::domain::certificate;

/// A clock: the system's, or one that is set by hand.
#[derive(Clone)]
pub enum Clock {
    /// The system's time.
    System,
    /// Stands still until it is set; microseconds since 1970.
    Manual(Arc<AtomicI64>),
}

/// An instant that somebody gave, in whole microseconds, which is what databases keep: finer parts are cut off.
pub(super) fn whole(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}

impl Clock {
    /// A clock that stands at an instant.
    pub fn manual(at: DateTime<Utc>) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.timestamp_micros())))
    }

    /// The instant, in whole microseconds, which is what databases keep.
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match self {
            Self::System => system().timestamp_micros(),
            Self::Manual(at) => at.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or_default()
    }

    /// The legal day in Vietnam.
    pub fn today(&self) -> NaiveDate {
        certificate::legal_day(self.now())
    }

    /// Sets a manual clock; a system clock can't be set and stays as it is.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Self::Manual(at) = self {
            at.store(to.timestamp_micros(), Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that everyone else must ask")]
fn system() -> DateTime<Utc> {
    Utc::now()
}
