//! How long what was read of visible listings holds: until the feed goes on, or a date is reached.

use chrono::{DateTime, Days, Utc};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

use crate::{
    domain::certificate::{day_start, legal_day},
    service::{Service, ServiceError},
    store::{changes, listings},
};

/// Reads the feed's newest number for all who ask at once: whoever waits is answered by the next reading that begins after he asked, so
/// that nobody is told less than was committed by then.
#[derive(Default)]
pub struct Freshness {
    begun: AtomicU64,
    last: Mutex<(u64, i64)>,
}

/// The newest number of the feed; never older than the newest commit at the time of the call.
pub async fn cursor(service: &Service) -> Result<i64, ServiceError> {
    let freshness = &service.freshness;
    let asked_at = freshness.begun.load(Ordering::SeqCst);
    let mut last = freshness.last.lock().await;
    if last.0 > asked_at {
        return Ok(last.1);
    }
    let number = freshness.begun.fetch_add(1, Ordering::SeqCst) + 1;
    let newest = changes::latest(&service.store).await?;
    *last = (number, newest);
    Ok(newest)
}

/// The first instant at which what is visible now changes though nobody changes anything: an offer or a certificate begins or ends, or the
/// legal day does.
pub async fn holds_until(service: &Service) -> Result<DateTime<Utc>, ServiceError> {
    let now = service.clock.now();
    let tomorrow = legal_day(now).checked_add_days(Days::new(1)).map_or(now, day_start);
    let next = listings::next_crossing(&service.store, now).await?;
    Ok(next.map_or(tomorrow, |next| next.min(tomorrow)))
}
