//! What the marketplace tells by itself: webhooks, and the search by time of change.

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::marketplace::{
    PushError,
    client::{Content, Method},
    reading::{Inbound, Message, Notice, Sweep, Swept, id_text},
    sign::hmac,
    tiktok::TikTok,
};

impl Inbound for TikTok {
    /// `Authorization` is the HMAC of app key and body (Partner Center, "Webhooks overview").
    fn verify(&self, message: &Message<'_>) -> Option<Notice> {
        let signature = hmac(&self.app_secret, &[self.app_key.as_bytes(), message.body]);
        if !signature.is_hex(message.header("authorization")?) {
            return None;
        }
        let body = message.json();
        Some(message.notice(id_text(&body["tts_notification_id"]), id_text(&body["data"]["product_id"])))
    }
}

#[async_trait]
impl Sweep for TikTok {
    async fn changed_since(&self, since: i64, page: Option<&str>) -> Result<Swept, PushError> {
        let mut query = vec![("page_size", "100".to_owned())];
        query.extend(page.map(|token| ("page_token", token.to_owned())));
        let body = Content::Json(json!({ "update_time_ge": since }).to_string().into_bytes());
        let found = self.call(Method::POST, "/product/202502/products/search", &query, body).await?;
        let item = |product: &Value| Some((id_text(&product["id"])?, product["skus"][0]["seller_sku"].as_str().map(str::to_owned)));
        let items = found["products"].as_array().into_iter().flatten().filter_map(item).collect();
        Ok(Swept { items, next: found["next_page_token"].as_str().filter(|token| !token.is_empty()).map(str::to_owned) })
    }
}
