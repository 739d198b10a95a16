//! The adapters there are. Adding one is one file and one line here.

use async_trait::async_trait;
use chrono::Duration;
use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
};
use url::Url;

use crate::marketplace::{
    Marketplace, PushError,
    client::{Client, OutboundPolicy},
    file::FilePortal,
    lazada::Lazada,
    line::{Budget, Line, Memory},
    medusa::Medusa,
    shopee::Shopee,
    shopify::Shopify,
    tiki::Tiki,
    tiktok::TikTok,
    woo::Woo,
};

/// Tells the time in seconds since 1970; marketplaces sign it.
pub type UnixClock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What an adapter is built from.
pub(super) struct Connection<'a> {
    pub(super) line: Line,
    pub(super) base_url: Url,
    pub(super) settings: &'a str,
    pub(super) clock: UnixClock,
}

type Build = fn(Connection<'_>) -> Result<Arc<dyn Marketplace>, ConnectError>;

/// An adapter and how fast it may call one endpoint of a shop, where the shop's settings don't say (`calls_per_second`).
struct Adapter {
    name: &'static str,
    calls_per_second: u32,
    build: Build,
}

/// The adapters there are: adding one is its file and its line here.
const ADAPTERS: &[Adapter] = &[
    Adapter { name: "shopee", calls_per_second: 10, build: Shopee::connect },
    Adapter { name: "file", calls_per_second: 1000, build: FilePortal::connect },
    Adapter { name: "lazada", calls_per_second: 10, build: Lazada::connect },
    Adapter { name: "medusa", calls_per_second: 5, build: Medusa::connect },
    Adapter { name: "shopify", calls_per_second: 5, build: Shopify::connect },
    Adapter { name: "tiki", calls_per_second: 5, build: Tiki::connect },
    Adapter { name: "tiktok", calls_per_second: 10, build: TikTok::connect },
    Adapter { name: "woocommerce", calls_per_second: 5, build: Woo::connect },
];
const MAX_KEPT: usize = 500;

/// Why a channel can't be connected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// No adapter of that name.
    #[error("no such adapter")]
    UnknownAdapter,
    /// Settings are missing or wrong; says which.
    #[error("{0}")]
    BadSettings(String),
}

/// Builds adapters and keeps them, with the limits they have read and the rates they keep to.
pub struct Registry {
    client: Client,
    clock: UnixClock,
    kept: Mutex<HashMap<String, Kept>>,
}

/// The adapter of a channel, and what it was built from: it is built anew when that changes, and keeps to the same rate.
struct Kept {
    fingerprint: String,
    per_second: NonZeroU32,
    budget: Arc<Budget>,
    shop: Arc<dyn Marketplace>,
}

impl Registry {
    /// A registry whose adapters call within a policy. Fails only when the TLS library can't start.
    pub fn new(policy: OutboundPolicy, clock: UnixClock) -> Result<Self, String> {
        Ok(Self { client: Client::new(policy)?, clock, kept: Mutex::default() })
    }

    /// Names of the adapters.
    pub fn adapters(&self) -> Vec<&'static str> {
        ADAPTERS.iter().map(|adapter| adapter.name).collect()
    }

    /// An adapter for settings that no channel has yet; settings are a JSON object.
    pub fn check(&self, adapter: &str, base_url: &Url, settings: &str) -> Result<Arc<dyn Marketplace>, ConnectError> {
        let per_second = rate(find(adapter)?, settings)?;
        self.build(find(adapter)?, base_url, settings, Line::new(self.client.clone(), Arc::new(Budget::new(per_second)), Arc::new(Nothing)))
    }

    /// The adapter of a channel; settings are a JSON object.
    pub fn connect(
        &self,
        channel: &str,
        (adapter, base_url): (&str, &Url),
        settings: &str,
        memory: Arc<dyn Memory>,
    ) -> Result<Arc<dyn Marketplace>, ConnectError> {
        let fingerprint = HEXLOWER.encode(&Sha256::digest(format!("{adapter}\n{base_url}\n{settings}")));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.get(channel);
        if let Some(before) = before.filter(|k| k.fingerprint == fingerprint) {
            return Ok(Arc::clone(&before.shop));
        }
        let per_second = rate(find(adapter)?, settings)?;
        let same_rate = before.filter(|k| k.per_second == per_second);
        let budget = same_rate.map_or_else(|| Arc::new(Budget::new(per_second)), |k| Arc::clone(&k.budget));
        let line = Line::new(self.client.clone(), Arc::clone(&budget), memory);
        let shop = self.build(find(adapter)?, base_url, settings, line)?;
        if kept.len() >= MAX_KEPT && !kept.contains_key(channel) {
            kept.clear();
        }
        kept.insert(channel.to_owned(), Kept { fingerprint, per_second, budget, shop: Arc::clone(&shop) });
        Ok(shop)
    }

    fn build(&self, adapter: &Adapter, base_url: &Url, settings: &str, line: Line) -> Result<Arc<dyn Marketplace>, ConnectError> {
        (adapter.build)(Connection { line, base_url: base_url.clone(), settings, clock: Arc::clone(&self.clock) })
    }
}

fn find(name: &str) -> Result<&'static Adapter, ConnectError> {
    ADAPTERS.iter().find(|adapter| adapter.name == name).ok_or(ConnectError::UnknownAdapter)
}

/// The rate that settings ask for, or the adapter's own.
fn rate(adapter: &Adapter, settings: &str) -> Result<NonZeroU32, ConnectError> {
    let bad = || ConnectError::BadSettings("calls_per_second must be a number from 1 to 1000".to_owned());
    let object: Value = serde_json::from_str(settings).map_err(|_| ConnectError::BadSettings("settings must be a JSON object".into()))?;
    let asked = match &object["calls_per_second"] {
        Value::Null => adapter.calls_per_second,
        Value::String(text) => text.trim().parse().map_err(|_| bad())?,
        _ => return Err(bad()),
    };
    NonZeroU32::new(asked).filter(|n| n.get() <= 1000).ok_or_else(bad)
}

/// Remembers nothing: for checking settings.
struct Nothing;

#[async_trait]
impl Memory for Nothing {
    async fn recall(&self, _: &str, _: &str, _: Duration) -> Result<Option<String>, PushError> {
        Ok(None)
    }

    async fn note(&self, _: &str, _: &str, _: &str) -> Result<(), PushError> {
        Ok(())
    }

    async fn noted(&self, _: &str, _: &str, _: u64) -> Result<Vec<(String, String)>, PushError> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adapters_are_named_and_check_their_settings() {
        let registry = Registry::new(OutboundPolicy::default(), Arc::new(|| 0)).expect("builds");
        let mut names = registry.adapters();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ADAPTERS.len(), "each name once");
        let url = Url::parse("https://partner.shopeemobile.com").expect("a url");
        assert_eq!(registry.check("sendo", &url, "{}").err(), Some(ConnectError::UnknownAdapter));
        let Err(ConnectError::BadSettings(message)) = registry.check("shopee", &url, "{}") else { panic!("settings are missing") };
        assert!(message.contains("partner_id"), "{message}");
        let good = r#"{"partner_id":"1","partner_key":"k","shop_id":"2","access_token":"t"}"#;
        let fast = r#"{"partner_id":"1","partner_key":"k","shop_id":"2","access_token":"t","calls_per_second":"9999"}"#;
        let Err(ConnectError::BadSettings(message)) = registry.check("shopee", &url, fast) else { panic!("too fast") };
        assert!(message.contains("calls_per_second"), "{message}");
        let connect = |settings| registry.connect("a", ("shopee", &url), settings, Arc::new(Nothing)).expect("connects");
        let first = connect(good);
        assert!(Arc::ptr_eq(&first, &connect(good)));
        assert!(!Arc::ptr_eq(&first, &connect(&good.replace("\"t\"", "\"u\""))), "a new token is a new adapter");
    }
}
