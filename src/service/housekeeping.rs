//! What is kept for a while only.

use chrono::Duration;

use crate::{
    domain::feed::KEPT,
    service::{Service, ServiceError, readings, webhook_delivery},
    store::{attempts, changes, journal},
};

/// How long the calls of pushes are kept.
const ATTEMPTS: Duration = Duration::days(30);

/// Forgets idempotency keys older than an age, old calls of pushes and old tombstones; returns how many keys.
pub async fn forget(service: &Service, age: Duration) -> Result<u64, ServiceError> {
    let tx = service.store.begin().await?;
    let forgotten = journal::forget_before(&tx, service.clock.now() - age).await?;
    attempts::forget_before(&tx, service.clock.now() - ATTEMPTS).await?;
    changes::forget_before(&tx, service.clock.now() - KEPT).await?;
    tx.commit().await?;
    readings::forget(service).await?;
    webhook_delivery::forget(service).await?;
    Ok(forgotten)
}
