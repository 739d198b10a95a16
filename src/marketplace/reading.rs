//! What marketplaces tell by themselves: messages they push, and what changed since an instant.

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

use crate::marketplace::PushError;

/// A message as it came, to be verified.
pub struct Message<'a> {
    /// The address it was sent to, as the marketplace was told it.
    pub callback: &'a str,
    /// Headers by their name in small letters.
    pub headers: &'a HashMap<String, String>,
    /// The exact bytes.
    pub body: &'a [u8],
}

/// A verified message. Nothing but the item's id is taken from it: the item is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Tells messages apart: the marketplace's id of it, or a hash of the message where it has none.
    pub name: String,
    /// The item it speaks of, by the channel's id or the first part of it.
    pub remote_id: Option<String>,
}

impl Message<'_> {
    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body as JSON; null when it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(self.body).unwrap_or_default()
    }

    /// The notice of this message, named by the marketplace or by its bytes.
    pub(super) fn notice(&self, name: Option<String>, remote_id: Option<String>) -> Notice {
        let name = name.filter(|name| (1..=200).contains(&name.len()));
        Notice { name: name.unwrap_or_else(|| HEXLOWER.encode(&Sha256::digest(self.body))), remote_id }
    }
}

/// The ability to verify what the marketplace pushes.
pub trait Inbound: Send + Sync {
    /// What a message says, if the marketplace sent it; compared in constant time.
    fn verify(&self, message: &Message<'_>) -> Option<Notice>;
}

/// Items that changed, a page of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Swept {
    /// The channel's id of each, and the seller's key, where the channel tells.
    pub items: Vec<(String, Option<String>)>,
    /// What asks for the next page; `None` on the last.
    pub next: Option<String>,
}

/// The ability to tell what changed.
#[async_trait]
pub trait Sweep: Send + Sync {
    /// Items that changed since an instant, in seconds since 1970; those of the page that `page` asks for.
    async fn changed_since(&self, since: i64, page: Option<&str>) -> Result<Swept, PushError>;
}

/// An id that is written as text or as a number; numbers beyond 2^53 are kept exact.
pub(super) fn id_text(value: &Value) -> Option<String> {
    let digits = |text: &str| !text.is_empty() && text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit());
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| digits(text)),
        Value::Number(number) => Some(number.to_string()).filter(|text| digits(text)),
        _ => None,
    }
}

/// The page after one of numbered pages, while they are full.
pub(super) fn next_page(page: u64, count: usize, size: usize) -> Option<String> {
    (count >= size).then(|| (page + 1).to_string())
}

/// The number of a page; the first when none is asked for.
pub(super) fn page_number(page: Option<&str>, first: u64) -> u64 {
    page.and_then(|page| page.parse().ok()).unwrap_or(first)
}

/// An instant in seconds since 1970 as RFC 3339 in UTC, without a fraction.
pub(super) fn rfc3339(seconds: i64) -> String {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplace::{client::OutboundPolicy, registry::Registry};
    use serde_json::json;
    use std::sync::Arc;
    use url::Url;

    const QC: &str = r#"{"seller_id":"1234567","message_type":1,"data":{"itemId":2202832065,"status":"Lock","reason":"x"},"timestamp":1627451616,"site":"lazada_vn"}"#;
    const BANNED: &str = r#"{"shop_id":600000,"code":6,"timestamp":1732320000,"data":{"item_id":3000142341,"banned_reason":"x"}}"#;
    const ORDER: &str = r#"{"type":1,"tts_notification_id":"7380066284010030890","shop_id":"7495540735365777507","timestamp":1718305585,"data":{"is_on_hold_order":true,"order_id":"576653688135258178","order_status":"UNPAID","update_time":1718305585}}"#;
    const AUDIT: &str = r#"{"type":5,"tts_notification_id":"7327112393057371910","shop_id":"7494049642642441621","timestamp":1644412885,"data":{"product_id":1729592969712207008,"status":"PRODUCT_AUDIT_FAILURE","suspended_reason":"x","update_time":1644412880}}"#;
    const PRODUCT: &str = r#"{"id":794,"sku":"OCOP-0001","status":"publish","stock_quantity":12}"#;

    fn verified(adapter: &str, settings: &Value, (header, signature): (&str, &str), body: &str) -> Option<Notice> {
        let registry = Registry::new(OutboundPolicy::default(), Arc::new(|| 0)).expect("builds");
        let url = Url::parse("https://shop.example.test").expect("an address");
        let shop = registry.check(adapter, &url, &settings.to_string()).expect("settings");
        let headers = HashMap::from([(header.to_owned(), signature.to_owned())]);
        let message = Message { callback: "https://example.test/hooks/shopee", headers: &headers, body: body.as_bytes() };
        shop.abilities().inbound.expect("takes messages").verify(&message)
    }

    /// The signatures are those of the marketplaces' own SDKs and documents.
    #[test]
    fn signatures_are_those_of_the_marketplaces() {
        let tiktok = |key: &str, secret: &str| json!({ "app_key": key, "app_secret": secret, "shop_cipher": "c", "access_token": "t" });
        let shopee =
            json!({ "partner_id": "1", "partner_key": "k", "push_key": "ocop-push-partner-key", "shop_id": "2", "access_token": "t" });
        let lazada = json!({ "app_key": "100001", "app_secret": "ocop-lazada-secret", "access_token": "t" });
        let woo = json!({ "consumer_key": "ck_1", "consumer_secret": "cs_1", "webhook_secret": "woo-webhook-secret" });
        let shopify = json!({ "access_token": "t", "webhook_secret": "shpss_ocop_secret" });
        let auth = "authorization";
        for (adapter, settings, header, signature, body, item) in [
            ("shopee", shopee, auth, "474fa55470cc9b0ad522e88316e6ef59a7a288a4838cbd9eb6bdbd1738e9ebf8", BANNED, Some("3000142341")),
            ("lazada", lazada, auth, "b602301368efb029b87a01f880f61aefee12bda96a1188a5b7be7badb6fe5fc1", QC, Some("2202832065")),
            ("tiktok", tiktok("abcdef", "123"), auth, "5dec0f11ec2f6783b8deee53c9ffbf8d024302f7c7e7fa55a35d17629031ac05", ORDER, None),
            (
                "tiktok",
                tiktok("ocopkey", "ocop-tts-secret"),
                auth,
                "eb756890a073e5e6172781fa939c552a79fcf3fbd3f790c8b74b2b24c361a37e",
                AUDIT,
                Some("1729592969712207008"),
            ),
            ("woocommerce", woo, "x-wc-webhook-signature", "JoKiHjFaPh+cHgtgG7GOoWhm4WXZsSQ33JXdkDqQiAs=", PRODUCT, Some("794")),
            ("shopify", shopify, "x-shopify-hmac-sha256", "LW3003eoMoe/eUGOWI6NVkWnLIsRRCMjXe3dpCkyB+Y=", PRODUCT, None),
        ] {
            let notice = verified(adapter, &settings, (header, signature), body).expect(adapter);
            assert_eq!(notice.remote_id.as_deref(), item, "{adapter}");
            for (header, signature, body) in [
                (header, &signature[1..], body.to_owned()),
                (header, "", body.to_owned()),
                ("x-other", signature, body.to_owned()),
                (header, signature, format!("{body} ")),
            ] {
                assert_eq!(verified(adapter, &settings, (header, signature), &body), None, "{adapter}: {header} {signature}");
            }
        }
    }

    #[test]
    fn ids_are_digits_of_any_size() {
        for (value, text) in [
            (json!(1_729_592_969_712_207_008_u64), Some("1729592969712207008")),
            (json!("1729592969712207008"), Some("1729592969712207008")),
            (json!(18_446_744_073_709_551_615_u64), Some("18446744073709551615")),
            (json!(-1), None),
            (json!(1.5), None),
            (json!(""), None),
            (json!("12a"), None),
            (Value::Null, None),
        ] {
            assert_eq!(id_text(&value).as_deref(), text, "{value}");
        }
    }
}
