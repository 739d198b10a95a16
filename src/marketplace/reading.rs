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
