//! What the marketplace tells by itself: its push mechanism, and `get_item_list` by time of change.

use async_trait::async_trait;
use serde_json::Value;

use crate::marketplace::{
    PushError,
    reading::{Inbound, Message, Notice, Sweep, Swept, id_text},
    shopee::Shopee,
    sign::hmac,
};

/// `get_item_base_info` takes no more.
const PAGE: &str = "50";
/// The longest window of `update_time_from` to `update_time_to`, in seconds.
const WINDOW: i64 = 15 * 86_400;

impl Inbound for Shopee {
    /// `Authorization` is the HMAC of address, `|` and body (developer guide, "Push mechanism").
    fn verify(&self, message: &Message<'_>) -> Option<Notice> {
        let signature = hmac(&self.settings.push_key, &[message.callback.as_bytes(), b"|", message.body]);
        if !signature.is_hex(message.header("authorization")?) {
            return None;
        }
        let body = message.json();
        Some(message.notice(None, id_text(&body["data"]["item_id"])))
    }
}

#[async_trait]
impl Sweep for Shopee {
    async fn changed_since(&self, since: i64, page: Option<&str>) -> Result<Swept, PushError> {
        let now = (self.clock)();
        let mut query = vec![
            ("offset", page.unwrap_or("0").to_owned()),
            ("page_size", PAGE.to_owned()),
            ("update_time_from", since.max(now - WINDOW).to_string()),
            ("update_time_to", now.to_string()),
        ];
        query.extend(["NORMAL", "BANNED", "UNLIST", "REVIEWING"].map(|status| ("item_status", status.to_owned())));
        let list = self.get("product/get_item_list", &query).await?;
        let ids: Vec<String> = list["item"].as_array().into_iter().flatten().filter_map(|item| id_text(&item["item_id"])).collect();
        if ids.is_empty() {
            return Ok(Swept::default());
        }
        let infos = self.base_info(&ids.join(",")).await?;
        let item = |info: &Value| Some((id_text(&info["item_id"])?, info["item_sku"].as_str().map(str::to_owned)));
        let next = list["has_next_page"].as_bool().unwrap_or_default().then(|| list["next_offset"].as_i64()).flatten();
        Ok(Swept { items: infos.iter().filter_map(item).collect(), next: next.map(|offset| offset.to_string()) })
    }
}
