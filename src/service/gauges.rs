//! How channels and consumers of the feed fare, as metrics: for those who run the service.

use chrono::{DateTime, Utc};
use std::collections::HashMap;

use crate::{
    domain::actor::Actor,
    service::{Service, ServiceError, feed_consumers},
    store::channel_status,
};

/// Channels that are told of; more would only fill the collector.
const CHANNELS: u64 = 1_000;
const DAY_SECONDS: i64 = 86_400;

/// Sets the gauges of every channel that is not disconnected: what waits and for how long, whether it rests, how long its tokens last.
pub async fn set(service: &Service) -> Result<(), ServiceError> {
    let now = service.clock.now();
    let backlogs: HashMap<_, _> =
        channel_status::backlogs(&service.store, now).await?.into_iter().map(|(id, waiting, oldest)| (id, (waiting, oldest))).collect();
    let adapters: HashMap<_, _> = channel_status::connected(&service.store, CHANNELS).await?.into_iter().collect();
    let ids: Vec<_> = adapters.keys().copied().collect();
    for status in channel_status::find_many(&service.store, &ids).await? {
        let adapter = adapters.get(&status.channel_id).cloned().unwrap_or_default();
        let labels = [("channel", status.channel_id.to_string()), ("adapter", adapter)];
        let (waiting, oldest) = backlogs.get(&status.channel_id).copied().unwrap_or((0, now));
        let rests = status.rest.is_some_and(|(until, _)| until > now);
        metrics::gauge!("ocop_channel_waiting", &labels).set(number(waiting));
        metrics::gauge!("ocop_channel_oldest_seconds", &labels).set(number((now - oldest).num_seconds()));
        metrics::gauge!("ocop_channel_resting", &labels).set(if rests { 1.0 } else { 0.0 });
        metrics::gauge!("ocop_channel_failures", &labels).set(f64::from(status.failures));
        for (name, end) in [("access", status.access_expires_at), ("consent", status.reauthorize_by)] {
            let Some(end) = end else { continue };
            let labels = [labels[0].clone(), labels[1].clone(), ("token", name.to_owned())];
            metrics::gauge!("ocop_channel_token_days", &labels).set(number((end - now).num_seconds() / DAY_SECONDS));
        }
    }
    followers(service, now).await
}

/// How far the feed's consumers are behind, as they say themselves.
async fn followers(service: &Service, now: DateTime<Utc>) -> Result<(), ServiceError> {
    for followed in feed_consumers::list(service, &Actor::System).await? {
        let labels = [("principal", followed.consumer.principal), ("consumer", followed.consumer.name)];
        let behind = i64::try_from(followed.behind).unwrap_or(i64::MAX);
        metrics::gauge!("ocop_feed_consumer_behind", &labels).set(number(behind));
        let seconds = followed.since.map_or(0, |since| (now - since).num_seconds());
        metrics::gauge!("ocop_feed_consumer_behind_seconds", &labels).set(number(seconds));
    }
    Ok(())
}

/// Counts are far below 2^31; what is not shows as that.
fn number(count: i64) -> f64 {
    f64::from(i32::try_from(count).unwrap_or(i32::MAX))
}
