//! The only loops: pushes that are due, listings whose day has come, rows that channels miss, reminders, what may be forgotten.

use chrono::Duration;
use std::time;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::service::{
    Service, ServiceError, housekeeping, publicity,
    pushes::{self, Ran},
    reminders, uploads,
};

/// How long an idle worker waits before it looks again.
const IDLE: time::Duration = time::Duration::from_millis(150);
/// How long a worker waits after the database failed it.
const AFTER_FAULT: time::Duration = time::Duration::from_secs(1);
/// How long a push in flight may go on after the stop; its lease is given back then.
const GRACE: time::Duration = time::Duration::from_secs(8);
/// How often dates are looked at.
const TICK: time::Duration = time::Duration::from_secs(1);
const TICKS_PER_FILL: u64 = 10;
const TICKS_PER_CLEANING: u64 = 3600;

/// Works until the stop, with as many pushes at once as there are workers; then finishes what is in flight or gives it back.
pub async fn run(service: Service, workers: usize, stop: CancellationToken) {
    let mut tasks = JoinSet::new();
    for _ in 0..workers.max(1) {
        tasks.spawn(push(service.clone(), stop.clone()));
    }
    tasks.spawn(keep_dates(service, stop));
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a worker ended early");
        }
    }
}

async fn push(service: Service, stop: CancellationToken) {
    let worker = service.new_id();
    while !stop.is_cancelled() {
        let wait = match next(&service, worker, &stop).await {
            Some(Ok(Ran::One)) => continue,
            Some(Ok(Ran::Idle)) => IDLE,
            Some(Err(error)) => {
                tracing::warn!(%error, "a push could not be worked on");
                AFTER_FAULT
            }
            None => break,
        };
        stop.run_until_cancelled(tokio::time::sleep(wait)).await;
    }
    match pushes::release(&service, worker).await {
        Ok(0) => {}
        Ok(released) => tracing::info!(released, "leases given back"),
        Err(error) => tracing::warn!(%error, "leases could not be given back; they run out by themselves"),
    }
}

/// One step; `None` when it did not end within the grace after the stop.
async fn next(service: &Service, worker: Uuid, stop: &CancellationToken) -> Option<Result<Ran, ServiceError>> {
    let mut step = Box::pin(pushes::run_next(service, worker));
    tokio::select! {
        ran = &mut step => Some(ran),
        () = stop.cancelled() => tokio::time::timeout(GRACE, step).await.ok(),
    }
}

async fn keep_dates(service: Service, stop: CancellationToken) {
    let mut tick = 0u64;
    while !stop.is_cancelled() {
        if let Err(error) = keep_once(&service, tick).await {
            tracing::warn!(%error, "dates could not be looked at");
        }
        tick += 1;
        stop.run_until_cancelled(tokio::time::sleep(TICK)).await;
    }
}

async fn keep_once(service: &Service, tick: u64) -> Result<(), ServiceError> {
    while publicity::pass(service).await? > 0 {}
    if tick.is_multiple_of(TICKS_PER_FILL) {
        while pushes::fill_missing(service).await? > 0 {}
    }
    if tick.is_multiple_of(TICKS_PER_CLEANING) {
        housekeeping::forget(service, Duration::hours(24)).await?;
        uploads::forget(service).await?;
        let made = reminders::make(service).await?;
        if made > 0 {
            tracing::info!(made, "reminders of certificates that end");
        }
    }
    while reminders::deliver_next(service).await? {}
    Ok(())
}
