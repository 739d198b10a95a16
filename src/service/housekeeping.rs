//! What is kept for a while only.

use chrono::Duration;

use crate::{
    service::{Service, ServiceError},
    store::journal,
};

/// Forgets idempotency keys older than an age; returns how many.
pub async fn forget(service: &Service, age: Duration) -> Result<u64, ServiceError> {
    let tx = service.store.begin().await?;
    let forgotten = journal::forget_before(&tx, service.clock.now() - age).await?;
    tx.commit().await?;
    Ok(forgotten)
}
