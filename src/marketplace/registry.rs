//! The adapters there are. Adding one is one file and one line here.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use url::Url;

use crate::marketplace::{
    Marketplace,
    client::{Client, OutboundPolicy},
    shopee::Shopee,
};

/// Tells the time in seconds since 1970; marketplaces sign it.
pub type UnixClock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What an adapter is built from.
pub(super) struct Connection<'a> {
    pub(super) client: Client,
    pub(super) base_url: Url,
    pub(super) settings: &'a str,
    pub(super) clock: UnixClock,
}

type Build = fn(Connection<'_>) -> Result<Arc<dyn Marketplace>, ConnectError>;

const ADAPTERS: &[(&str, Build)] = &[("shopee", Shopee::connect)];
/// Names of [`ADAPTERS`], in the same order.
const NAMES: &[&str] = &["shopee"];
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

/// Builds adapters and keeps them, with the categories and limits they have read.
pub struct Registry {
    client: Client,
    clock: UnixClock,
    kept: Mutex<HashMap<String, Arc<dyn Marketplace>>>,
}

impl Registry {
    /// A registry whose adapters call within a policy. Fails only when the TLS library can't start.
    pub fn new(policy: OutboundPolicy, clock: UnixClock) -> Result<Self, String> {
        Ok(Self { client: Client::new(policy)?, clock, kept: Mutex::default() })
    }

    /// Names of the adapters.
    pub fn adapters(&self) -> &'static [&'static str] {
        NAMES
    }

    /// The adapter for a shop; settings are a JSON object.
    pub fn connect(&self, adapter: &str, base_url: &Url, settings: &str) -> Result<Arc<dyn Marketplace>, ConnectError> {
        let key = HEXLOWER.encode(&Sha256::digest(format!("{adapter}\n{base_url}\n{settings}")));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shop) = kept.get(&key) {
            return Ok(Arc::clone(shop));
        }
        let (_, build) = ADAPTERS.iter().find(|(name, _)| *name == adapter).ok_or(ConnectError::UnknownAdapter)?;
        let connection = Connection { client: self.client.clone(), base_url: base_url.clone(), settings, clock: Arc::clone(&self.clock) };
        let shop = build(connection)?;
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&shop));
        Ok(shop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adapters_are_named_and_check_their_settings() {
        let registry = Registry::new(OutboundPolicy::default(), Arc::new(|| 0)).expect("builds");
        assert_eq!(ADAPTERS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), NAMES);
        let url = Url::parse("https://partner.shopeemobile.com").expect("a url");
        assert_eq!(registry.connect("sendo", &url, "{}").err(), Some(ConnectError::UnknownAdapter));
        let Err(ConnectError::BadSettings(message)) = registry.connect("shopee", &url, "{}") else { panic!("settings are missing") };
        assert!(message.contains("partner_id"), "{message}");
        let good = r#"{"partner_id":"1","partner_key":"k","shop_id":"2","access_token":"t"}"#;
        let first = registry.connect("shopee", &url, good).expect("connects");
        assert!(Arc::ptr_eq(&first, &registry.connect("shopee", &url, good).expect("connects")));
    }
}
