//! Whether the service can work: what `/readyz` and `doctor` tell.

use chrono::Duration;

use crate::{service::Service, store::channel_listings};

/// Work that is due for longer than this says that no worker is at it.
const LAG: Duration = Duration::minutes(5);

/// Database, migrations, and the age of the oldest work that is due; each with a fixed code when it is not well.
pub async fn checks(service: &Service) -> Vec<(&'static str, Result<(), &'static str>)> {
    vec![("database", database(service).await), ("migrations", migrations(service).await), ("worker", worker(service).await)]
}

async fn database(service: &Service) -> Result<(), &'static str> {
    service.store.ping().await.map_err(|_| "unreachable")
}

async fn migrations(service: &Service) -> Result<(), &'static str> {
    match service.store.pending_migrations().await {
        Ok(pending) if pending.is_empty() => Ok(()),
        Ok(_) => Err("pending"),
        Err(_) => Err("unreachable"),
    }
}

async fn worker(service: &Service) -> Result<(), &'static str> {
    let (count, oldest) = channel_listings::backlog(&service.store, service.clock.now()).await.map_err(|_| "unreachable")?;
    metrics::gauge!("ocop_pushes_due").set(count as f64);
    if oldest.is_some_and(|age| age > LAG) { Err("lagging") } else { Ok(()) }
}
