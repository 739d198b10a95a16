//! Instants as stored: microseconds since 1970 (UTC), because numbers sort alike on both engines and texts do not.

use chrono::{DateTime, Utc};

use crate::store::StoreError;

pub(super) fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

pub(super) fn instant(micros: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(micros).ok_or(StoreError::Corrupt("instant"))
}

pub(super) fn opt_instant(micros: Option<i64>) -> Result<Option<DateTime<Utc>>, StoreError> {
    micros.map(instant).transpose()
}
