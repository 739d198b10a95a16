//! What the marketplace tells by itself: a queue of events that is pulled, and products by the time they changed.

use async_trait::async_trait;
use chrono::{Duration, FixedOffset};
use serde_json::{Value, json};

use crate::marketplace::{
    PushError,
    client::Method,
    reading::{Sweep, Swept, next_page, page_number},
    tiki::{Tiki, plain},
};

/// Kept for as long as the queue itself.
const QUEUE_AGE: Duration = Duration::days(3650);
const QUEUE: &str = "queue";
const PAGE: usize = 50;
const EVENTS: [&str; 2] = ["PRODUCT_PRICE_UPDATED", "PRODUCT_INVENTORY_UPDATED"];
/// Marks a page of the list of products, as against a place in the queue.
const LIST: &str = "list ";

#[async_trait]
impl Sweep for Tiki {
    /// First what the queue holds, until it is empty; then the list, which also tells of what was shown or hidden. A place in the queue is
    /// acknowledged only when the next page is asked for, so what was pulled and not taken in comes again.
    async fn changed_since(&self, since: i64, page: Option<&str>) -> Result<Swept, PushError> {
        if let Some(page) = page.and_then(|page| page.strip_prefix(LIST)) {
            return self.listed(since, page_number(Some(page), 1)).await;
        }
        let queue = self.queue().await?;
        if let Some(taken_in) = page {
            self.line.note("acknowledged", &queue, taken_in).await?;
        }
        let acknowledged = self.line.recall("acknowledged", &queue, QUEUE_AGE).await?;
        let pulled = self
            .call(Method::POST, &format!("v1/queues/{}/events/pull", plain(&queue)?), &[], Some(&json!({ "ack_id": acknowledged })))
            .await;
        let pulled = match pulled {
            Ok(pulled) => pulled,
            Err(PushError::NotFound(words)) => {
                // The queue is gone; the next pull makes another, and the list tells what its events would have.
                self.line.note(QUEUE, "", "").await?;
                tracing::warn!(code = words.code, "the queue of events is gone");
                Value::Null
            }
            Err(error) => return Err(error),
        };
        let events = pulled["events"].as_array().cloned().unwrap_or_default();
        let key = |event: &Value| event["payload"]["original_sku"].as_str().map(str::to_owned);
        let items = events.iter().filter_map(|event| key(event).map(|key| (key.clone(), Some(key)))).collect();
        let next = pulled["ack_id"].as_str().filter(|_| !events.is_empty()).map(str::to_owned);
        Ok(Swept { items, next: Some(next.unwrap_or_else(|| format!("{LIST}1"))) })
    }
}

impl Tiki {
    /// The queue that events come through; made and subscribed on first use.
    async fn queue(&self) -> Result<String, PushError> {
        if let Some(code) = self.line.recall(QUEUE, "", QUEUE_AGE).await?.filter(|code| !code.is_empty()) {
            return Ok(code);
        }
        let made = self.call(Method::POST, "v1/queues", &[], Some(&json!({ "name": "ocop" }))).await?;
        let code = made["code"].as_str().unwrap_or_default().to_owned();
        let path = format!("v1/queues/{}/subscriptions", plain(&code)?);
        for event in EVENTS {
            self.call(Method::POST, &path, &[], Some(&json!({ "event_type": event }))).await?;
        }
        self.line.note(QUEUE, "", &code).await?;
        Ok(code)
    }

    async fn listed(&self, since: i64, page: u64) -> Result<Swept, PushError> {
        let query = [("updated_from_date", local(since)), ("page", page.to_string()), ("limit", PAGE.to_string())];
        let found = self.get("v2/products", &query).await?;
        let products = found["data"].as_array().cloned().unwrap_or_default();
        let key = |product: &Value| product["original_sku"].as_str().map(str::to_owned);
        let items = products.iter().filter_map(|product| key(product).map(|key| (key.clone(), Some(key)))).collect();
        Ok(Swept { items, next: next_page(page, products.len(), PAGE).map(|page| format!("{LIST}{page}")) })
    }
}

/// An instant as the marketplace writes it: the time in Việt Nam, without a zone.
fn local(seconds: i64) -> String {
    let at = chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    let zone = FixedOffset::east_opt(7 * 3600);
    zone.map_or_else(|| at.naive_utc(), |zone| at.with_timezone(&zone).naive_local()).format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn instants_are_those_of_viet_nam() {
        assert_eq!(super::local(1_732_320_000), "2024-11-23 07:00:00");
    }
}
