//! The only loops: pushes that are due, webhooks, listings whose day has come, rows that channels miss, what channels changed, reminders, what may be
//! forgotten.

use chrono::Duration;
use std::{sync::Arc, time};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    service::{
        Service, ServiceError, gauges, housekeeping, publicity, pushes, readings, reminders, uploads, wakes,
        webhook_delivery::{self, Pages},
    },
    store::{Topic, webhooks::WebhookEndpoint},
};

/// How long an idle worker waits before it looks again.
const IDLE: time::Duration = time::Duration::from_millis(150);
/// How long a worker waits after the database failed it.
const AFTER_FAULT: time::Duration = time::Duration::from_secs(1);
/// How long a push in flight may go on after the stop; its lease is given back then.
const GRACE: time::Duration = time::Duration::from_secs(8);
/// How often dates are looked at.
const TICK: time::Duration = time::Duration::from_secs(1);
/// How often it is looked for channels that are to be asked for what changed.
const BETWEEN_SWEEPS: time::Duration = time::Duration::from_secs(10);
/// Webhook endpoints told at once.
const ENDPOINTS: u64 = 32;
const TICKS_PER_FILL: u64 = 10;
const TICKS_PER_CLEANING: u64 = 3600;

/// Works until the stop, with so many pushes at once; then finishes what is in flight or gives it back.
pub async fn run(service: Service, workers: usize, stop: CancellationToken) {
    let mut tasks = JoinSet::new();
    tasks.spawn(push(service.clone(), workers.max(1), stop.clone()));
    tasks.spawn(ask_for_changes(service.clone(), stop.clone()));
    tasks.spawn(keep_dates(service, stop));
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a worker ended early");
        }
    }
}

/// Wakes those who wait here for what other processes commit. A connection that is lost is opened anew; until then they look by themselves.
pub async fn listen(service: Service, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match stop.run_until_cancelled(wakes::listen(&service)).await {
            Some(Ok(false)) | None => return,
            Some(Ok(true)) => {}
            Some(Err(error)) => tracing::warn!(%error, "other processes can't be listened to"),
        }
        stop.run_until_cancelled(tokio::time::sleep(AFTER_FAULT)).await;
    }
}

async fn push(service: Service, workers: usize, stop: CancellationToken) {
    let mut pushes = JoinSet::new();
    while !stop.is_cancelled() {
        while let Some(ended) = pushes.try_join_next() {
            report(ended);
        }
        let wait = match pushes::claim(&service, workers - pushes.len()).await {
            Ok(claims) if claims.is_empty() => IDLE,
            Ok(claims) => {
                for claim in claims {
                    let service = service.clone();
                    pushes.spawn(async move { pushes::run(&service, claim).await });
                }
                continue_when_free(&mut pushes, workers, &stop).await;
                continue;
            }
            Err(error) => {
                tracing::warn!(%error, "pushes could not be claimed");
                AFTER_FAULT
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            Some(ended) = pushes.join_next() => report(ended),
            () = stop.cancelled() => {}
        }
    }
    finish(&service, pushes).await;
}

/// Waits while every worker is busy.
async fn continue_when_free(pushes: &mut JoinSet<Result<(), ServiceError>>, workers: usize, stop: &CancellationToken) {
    while pushes.len() >= workers {
        tokio::select! {
            Some(ended) = pushes.join_next() => report(ended),
            () = stop.cancelled() => return,
        }
    }
}

/// Lets pushes in flight end within the grace, then gives back what did not.
async fn finish(service: &Service, mut pushes: JoinSet<Result<(), ServiceError>>) {
    let ending = async {
        while let Some(ended) = pushes.join_next().await {
            report(ended);
        }
    };
    if tokio::time::timeout(GRACE, ending).await.is_err() {
        tracing::warn!("pushes did not end in time and are given back");
    }
    let owners = pushes::under_way(service);
    pushes.shutdown().await;
    match pushes::release(service, &owners).await {
        Ok(0) => {}
        Ok(released) => tracing::info!(released, "leases given back"),
        Err(error) => tracing::warn!(%error, "leases could not be given back; they run out by themselves"),
    }
}

fn report(ended: Result<Result<(), ServiceError>, JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "a push could not be worked on"),
        Err(error) => tracing::error!(%error, "a push ended early"),
    }
}

/// Apart from the dates: a slow channel must not hold them up.
async fn ask_for_changes(service: Service, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match stop.run_until_cancelled(readings::sweep_next(&service)).await {
            Some(Ok(true)) => continue,
            Some(Err(error)) => tracing::warn!(%error, "channels could not be asked for what changed"),
            Some(Ok(false)) | None => {}
        }
        stop.run_until_cancelled(tokio::time::sleep(BETWEEN_SWEEPS)).await;
    }
}

/// Tells webhook endpoints of changes as they are committed, so many at once, until the stop.
pub async fn tell_webhooks(service: Service, pages: Arc<dyn Pages>, stop: CancellationToken) {
    let mut waiting = service.wakes.wait_for(Topic::Feed);
    let mut telling = JoinSet::new();
    while !stop.is_cancelled() {
        while telling.try_join_next().is_some() {}
        match webhook_delivery::claim(&service, ENDPOINTS.saturating_sub(telling.len() as u64)).await {
            Ok(Some(claimed)) if !claimed.is_empty() => {
                for endpoint in claimed {
                    telling.spawn(tell(service.clone(), Arc::clone(&pages), endpoint));
                }
                continue;
            }
            Ok(None) => {
                // Looking after every change would be for nobody.
                stop.run_until_cancelled(tokio::time::sleep(TICK)).await;
                continue;
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "webhook endpoints could not be claimed"),
        }
        tokio::select! {
            () = waiting.next() => {}
            Some(_) = telling.join_next() => {}
            () = stop.cancelled() => {}
        }
    }
    // A message that is cut here is sent again, under the same id, once its lease is over.
    let finishing = async { while telling.join_next().await.is_some() {} };
    tokio::time::timeout(GRACE, finishing).await.ok();
}

async fn tell(service: Service, pages: Arc<dyn Pages>, endpoint: WebhookEndpoint) {
    if let Err(error) = webhook_delivery::deliver(&service, pages.as_ref(), &endpoint).await {
        tracing::warn!(%error, endpoint = %endpoint.id, "a webhook endpoint could not be told");
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
    readings::make_due(service).await?;
    if tick.is_multiple_of(TICKS_PER_FILL) {
        while pushes::fill_missing(service).await? > 0 {}
        readings::raise_alarms(service).await?;
        gauges::set(service).await?;
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
