//! What the marketplace tells by itself: its push mechanism, and products by time of change.

use async_trait::async_trait;
use serde_json::Value;

use crate::marketplace::{
    PushError,
    client::Method,
    lazada::{Lazada, answer},
    reading::{Inbound, Message, Notice, Sweep, Swept, id_text, next_page, page_number, rfc3339},
    sign::hmac,
};

const PAGE: usize = 50;
/// The largest `offset` that `/products/get` takes, in pages.
const LAST_PAGE: u64 = 200;

impl Inbound for Lazada {
    /// `Authorization` is the HMAC of app key and body (guide "Push mechanism").
    fn verify(&self, message: &Message<'_>) -> Option<Notice> {
        let signature = hmac(&self.app_secret, &[self.app_key.as_bytes(), message.body]);
        if !signature.is_hex(message.header("authorization")?) {
            return None;
        }
        let data = &message.json()["data"];
        let item = id_text(&data["itemId"]).or_else(|| id_text(&data["item_id"]));
        Some(message.notice(None, item))
    }
}

#[async_trait]
impl Sweep for Lazada {
    async fn changed_since(&self, since: i64, page: Option<&str>) -> Result<Swept, PushError> {
        let page = page_number(page, 0);
        let query = [
            ("filter", "all".to_owned()),
            ("limit", PAGE.to_string()),
            ("offset", (page * PAGE as u64).to_string()),
            ("update_after", rfc3339(since)),
        ];
        let found = self.call(Method::GET, "/products/get", &query).await?;
        let products = found["products"].as_array().cloned().unwrap_or_default();
        let item = |product: &Value| {
            let key = product["skus"][0]["SellerSku"].as_str().map(str::to_owned);
            Some((answer::item(product, None)?.id, key))
        };
        let next = next_page(page, products.len(), PAGE).filter(|_| page < LAST_PAGE);
        Ok(Swept { items: products.iter().filter_map(item).collect(), next })
    }
}
