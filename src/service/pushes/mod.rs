//! Pushing: takes one listing on one channel that is due, makes the channel show what the catalog says, records what it learned.
//!
//! No call is made inside a transaction: claim with a lease, call, record. A create is noted before it is sent; when its answer
//! is lost, the item is looked for by our key, twice, before another create is sent.

mod job;

use chrono::Duration;
use std::time;
use uuid::Uuid;

use crate::{
    domain::{channel::ChannelListing, id::ChannelListingId},
    service::{Service, ServiceError},
    store::channel_listings,
};
use job::{Job, Stop};

/// Seconds after which a worker that did not renew its lease is taken for dead.
const LEASE: i64 = 20;
/// How often a lease is renewed while calls are made.
const RENEW: time::Duration = time::Duration::from_secs(5);
/// Candidates a worker tries to claim before it looks again.
const CANDIDATES: u64 = 8;

/// Whether there was something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// Nothing is due.
    Idle,
    /// One listing on one channel was worked on.
    One,
}

/// Works on one row that is due.
pub async fn run_next(service: &Service, worker: Uuid) -> Result<Ran, ServiceError> {
    let Some(row) = claim(service, worker).await? else { return Ok(Ran::Idle) };
    let id = row.id;
    let mut job = Job::load(service, worker, row).await?;
    let started = service.clock.now();
    let outcome = tokio::select! {
        outcome = job.push() => outcome,
        lost = keep_lease(service, id, worker) => Err(lost),
    };
    let label = match &outcome {
        Ok(()) => "ok",
        Err(Stop::Push(_)) => "refused",
        Err(Stop::Lost) => "lost",
        Err(Stop::Service(_)) => "fault",
    };
    metrics::counter!("ocop_pushes_total", "adapter" => job.adapter().to_owned(), "outcome" => label).increment(1);
    let millis = (service.clock.now() - started).num_milliseconds();
    tracing::debug!(channel_listing = %id, outcome = label, millis, "push");
    match outcome {
        Ok(()) => job.succeeded().await?,
        Err(Stop::Push(error)) => job.failed(error).await?,
        Err(Stop::Lost) => {}
        Err(Stop::Service(error)) => return Err(error),
    }
    Ok(Ran::One)
}

/// Gives a stopping worker's leases back.
pub async fn release(service: &Service, worker: Uuid) -> Result<u64, ServiceError> {
    let tx = service.store.begin().await?;
    let released = channel_listings::release(&tx, worker).await?;
    tx.commit().await?;
    Ok(released)
}

/// Queues public listings that a connected channel should carry but does not; returns how many.
pub async fn fill_missing(service: &Service) -> Result<usize, ServiceError> {
    let now = service.clock.now();
    let missing = channel_listings::missing(&service.store, now, 200).await?;
    if missing.is_empty() {
        return Ok(0);
    }
    let tx = service.store.begin().await?;
    for (channel, wanted) in &missing {
        channel_listings::ensure(&tx, service.new_id(), *channel, *wanted, now).await?;
    }
    tx.commit().await?;
    Ok(missing.len())
}

async fn claim(service: &Service, worker: Uuid) -> Result<Option<ChannelListing>, ServiceError> {
    let now = service.clock.now();
    for id in channel_listings::due(&service.store, now, CANDIDATES).await? {
        let tx = service.store.begin().await?;
        let claimed = channel_listings::claim(&tx, id, worker, now, now + Duration::seconds(LEASE)).await?;
        tx.commit().await?;
        if claimed.is_some() {
            return Ok(claimed);
        }
    }
    Ok(None)
}

/// Renews the lease until it is lost; a worker that can't renew stops, because another may already be at the listing.
async fn keep_lease(service: &Service, id: ChannelListingId, worker: Uuid) -> Stop {
    loop {
        tokio::time::sleep(RENEW).await;
        let until = service.clock.now() + Duration::seconds(LEASE);
        let renewed = async {
            let tx = service.store.begin().await?;
            let held = channel_listings::renew(&tx, id, worker, until).await?;
            tx.commit().await.map(|()| held)
        };
        match renewed.await {
            Ok(true) => {}
            Ok(false) => return Stop::Lost,
            Err(error) => return Stop::Service(error.into()),
        }
    }
}
