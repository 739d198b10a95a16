//! For those who run the service: is it alive, can it work, what has it done.

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use serde_json::{Map, Value, json};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long the probe may take before the service counts as not ready.
const PROBE_WAIT: Duration = Duration::from_secs(2);

/// How often measurements waiting to be counted are counted, so that they do not pile up when nobody reads them.
const UPKEEP: Duration = Duration::from_secs(5);

/// Upper bounds of the buckets of durations, in seconds.
const DURATIONS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// One thing the service needs: its name, and the reason it is not to be had as a fixed code, because `/readyz` is read by
/// strangers and must not quote an error.
pub type Check = (&'static str, Result<(), &'static str>);

/// `/livez` (the process answers), `/readyz` (its needs are met, else 503) and `/metrics` (Prometheus text).
pub fn router<P, F>(probe: P, metrics: PrometheusHandle) -> Router
where
    P: Fn() -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Vec<Check>> + Send,
{
    Router::new()
        .route("/livez", get(async || Json(json!({ "status": "alive" }))))
        .route("/readyz", get(async move || ready(within(PROBE_WAIT, probe()).await)))
        .route("/metrics", get(async move || ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render())))
}

/// Sets the process's recorder of metrics up, once; later calls return the same one.
///
/// # Errors
/// Fails when something else has set another recorder up.
pub fn install_metrics() -> Result<PrometheusHandle, BuildError> {
    static INSTALLED: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*installed {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new().set_buckets(&DURATIONS)?.install_recorder()?;
    describe();
    Ok(installed.insert(handle).clone())
}

/// What the metrics mean, as the collector shows it.
fn describe() {
    metrics::describe_counter!("http_requests_total", "Requests answered, by route and status.");
    metrics::describe_histogram!("http_request_duration_seconds", metrics::Unit::Seconds, "Time from head to answer, by route.");
    metrics::describe_counter!("ocop_pushes_total", "Pushes, by adapter and how they ended.");
    metrics::describe_histogram!("ocop_push_duration_seconds", metrics::Unit::Seconds, "Time of a push with all its calls, by adapter.");
    metrics::describe_gauge!("ocop_pushes_due", "Listings on channels that are due to be pushed.");
    metrics::describe_gauge!("ocop_channel_waiting", "Listings that are due on a channel, readings included.");
    metrics::describe_gauge!("ocop_channel_oldest_seconds", metrics::Unit::Seconds, "For how long the oldest of them has been due.");
    metrics::describe_gauge!("ocop_channel_resting", "1 while a channel is left alone: it fails, or asked for fewer calls.");
    metrics::describe_gauge!("ocop_channel_failures", "Failures in a row that speak of the channel as a whole.");
    metrics::describe_gauge!(
        "ocop_channel_token_days",
        "Whole days until a token ends; `consent` is when the seller must authorise again."
    );
    metrics::describe_counter!("ocop_channel_calls_total", "Calls to a channel, by call and how they ended.");
    metrics::describe_counter!("ocop_token_renewals_total", "Renewals of tokens, by adapter and how they ended.");
    metrics::describe_counter!("ocop_notices_total", "Messages that marketplaces pushed, by adapter; forged ones are told apart.");
    metrics::describe_counter!("ocop_drift_total", "Differences found on channels, by kind and what was done.");
    metrics::describe_gauge!("ocop_withdrawn_still_live", "Listings on sale on a channel a quarter of an hour after they had to go.");
}

/// Keeps the recorder's memory small until `stop`. Run beside the server.
pub async fn keep_metrics(metrics: PrometheusHandle, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(UPKEEP)).await.is_some() {
        metrics.run_upkeep();
    }
}

fn ready(checks: Vec<Check>) -> Response {
    let all = checks.iter().all(|(_, outcome)| outcome.is_ok());
    let checks: Map<String, Value> =
        checks.into_iter().map(|(name, outcome)| (name.to_owned(), outcome.err().unwrap_or("ok").into())).collect();
    let (status, word) = if all { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "unavailable") };
    (status, Json(json!({ "status": word, "checks": checks }))).into_response()
}

/// A probe that hangs is an answer too.
async fn within(wait: Duration, probe: impl Future<Output = Vec<Check>>) -> Vec<Check> {
    tokio::time::timeout(wait, probe).await.unwrap_or_else(|_| vec![("probe", Err("timeout"))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::observe::observed;
    use crate::http::wire::Server;

    async fn readiness(checks: &'static [Check]) -> (u16, Value) {
        let router = router(move || async move { checks.to_vec() }, install_metrics().unwrap());
        let reply = Server::start(router).await.send("GET /readyz", "", "").await;
        (reply.status, reply.json())
    }

    #[tokio::test]
    async fn readiness_names_what_is_missing() {
        let ready = json!({"status": "ready", "checks": {"database": "ok", "migrations": "ok"}});
        assert_eq!(readiness(&[("database", Ok(())), ("migrations", Ok(()))]).await, (200, ready));
        let pending = json!({"status": "unavailable", "checks": {"database": "ok", "migrations": "pending"}});
        assert_eq!(readiness(&[("database", Ok(())), ("migrations", Err("pending"))]).await, (503, pending));
    }

    #[tokio::test]
    async fn a_probe_that_hangs_is_not_ready() {
        assert_eq!(within(Duration::ZERO, std::future::pending()).await, vec![("probe", Err("timeout"))]);
    }

    #[tokio::test]
    async fn life_and_measurements_are_told() {
        let health = router(async || Vec::new(), install_metrics().unwrap());
        let server = Server::start(observed(health)).await;
        assert_eq!(server.send("GET /livez", "", "").await.json(), json!({"status": "alive"}));
        server.send("GET /no/such/path?token=secret", "", "").await;
        let metrics = server.send("GET /metrics", "", "").await;
        assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        for line in [
            "http_requests_total{route=\"/livez\",status=\"200\"}",
            "http_requests_total{route=\"unmatched\",status=\"404\"}",
            "http_request_duration_seconds_bucket{route=\"/livez\",le=\"0.001\"}",
        ] {
            assert!(metrics.text().contains(line), "{line} in {}", metrics.text());
        }
        assert!(!metrics.text().contains("secret"));
    }

    #[tokio::test]
    async fn upkeep_ends_with_the_process() {
        let stop = CancellationToken::new();
        stop.cancel();
        keep_metrics(install_metrics().unwrap(), stop).await;
    }
}
