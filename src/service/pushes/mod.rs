//! Pushing: takes listings on channels that are due, makes each channel show what the catalog says, records what it learned.
//!
//! No call is made inside a transaction: claim with a lease, call, record. A create is noted before it is sent; when its answer
//! is lost, the item is looked for by our key, twice, before another create is sent. One process at a time works on a channel,
//! which keeps to the channel's rate whatever number of processes there are.

mod job;
mod lanes;
pub(super) mod offer;
mod outcome;

use chrono::Duration;
use std::time;
use uuid::Uuid;

use crate::{
    domain::{
        channel::ChannelListing,
        id::{ChannelId, ChannelListingId},
    },
    service::{Service, ServiceError},
    store::{channel_gaps, channel_listings, channel_status},
};
use job::{Job, Stop};
pub use lanes::Lanes;
use lanes::{HOLD, Place};

/// Seconds after which a worker that did not renew its lease is taken for dead.
const LEASE: i64 = 20;
/// How often a lease is renewed while calls are made.
const RENEW: time::Duration = time::Duration::from_secs(5);

/// A listing on a channel that this process is to work on now.
pub struct Claim {
    row: ChannelListing,
    owner: Uuid,
    place: Place,
}

/// Claims what is due, at most `wanted`; nothing when nothing is due or every lane is full.
pub async fn claim(service: &Service, wanted: usize) -> Result<Vec<Claim>, ServiceError> {
    let now = service.clock.now();
    let due = channel_status::due(&service.store, service.lanes.process, now).await?;
    let mut claims = Vec::new();
    for (channel, free) in service.lanes.order(&due) {
        let missing = wanted.saturating_sub(claims.len());
        if missing == 0 {
            break;
        }
        claims.extend(claim_of(service, channel, free.min(missing)).await?);
    }
    Ok(claims)
}

async fn claim_of(service: &Service, channel: ChannelId, limit: usize) -> Result<Vec<Claim>, ServiceError> {
    let (now, owner) = (service.clock.now(), service.new_id());
    let tx = service.store.begin().await?;
    if !service.lanes.holds(channel, now) {
        let until = now + HOLD;
        if !channel_status::hold(&tx, channel, service.lanes.process, now, until).await? {
            return Ok(Vec::new());
        }
        service.lanes.held(channel, until);
    }
    let rows = channel_listings::claim(&tx, channel, owner, (now, now + Duration::seconds(LEASE)), limit as u64).await?;
    tx.commit().await?;
    let places = service.lanes.take(channel, owner, rows.len());
    Ok(rows.into_iter().zip(places).map(|(row, place)| Claim { row, owner, place }).collect())
}

/// Works on a claim.
pub async fn run(service: &Service, claim: Claim) -> Result<(), ServiceError> {
    let Claim { row, owner, place } = claim;
    let id = row.id;
    let mut job = Job::load(service, owner, row).await?;
    let started = tokio::time::Instant::now();
    let outcome = tokio::select! {
        outcome = job.push() => outcome,
        lost = keep_lease(service, id, owner) => Err(lost),
    };
    let label = match &outcome {
        Ok(()) => "ok",
        Err(Stop::Push(error)) => error.kind().code(),
        Err(Stop::Lost) => "LEASE_LOST",
        Err(Stop::Service(_)) => "FAULT",
    };
    metrics::counter!("ocop_pushes_total", "adapter" => job.adapter().to_owned(), "outcome" => label).increment(1);
    metrics::histogram!("ocop_push_duration_seconds", "adapter" => job.adapter().to_owned()).record(started.elapsed().as_secs_f64());
    let recorded = match outcome {
        Ok(()) => job.succeeded().await,
        Err(Stop::Push(error)) => job.failed(error).await,
        Err(Stop::Lost) => Ok(()),
        Err(Stop::Service(error)) => Err(error),
    };
    drop(place);
    recorded
}

/// Leases of pushes under way in this process.
pub fn under_way(service: &Service) -> Vec<Uuid> {
    service.lanes.owners()
}

/// Gives a stopping process's channels back, and the leases of pushes that did not end.
pub async fn release(service: &Service, owners: &[Uuid]) -> Result<u64, ServiceError> {
    let tx = service.store.begin().await?;
    let released = channel_listings::release(&tx, owners).await?;
    channel_status::release(&tx, service.lanes.process).await?;
    tx.commit().await?;
    Ok(released)
}

/// Queues public listings that a connected channel should carry but does not; returns how many.
pub async fn fill_missing(service: &Service) -> Result<usize, ServiceError> {
    let now = service.clock.now();
    let missing = channel_gaps::missing(&service.store, now, 200).await?;
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

/// Renews the lease until it is lost; a worker that can't renew stops, because another may already be at the listing.
async fn keep_lease(service: &Service, id: ChannelListingId, owner: Uuid) -> Stop {
    loop {
        tokio::time::sleep(RENEW).await;
        let until = service.clock.now() + Duration::seconds(LEASE);
        let renewed = async {
            let tx = service.store.begin().await?;
            let held = channel_listings::renew(&tx, id, owner, until).await?;
            tx.commit().await.map(|()| held)
        };
        match renewed.await {
            Ok(true) => {}
            Ok(false) => return Stop::Lost,
            Err(error) => return Stop::Service(error.into()),
        }
    }
}
