//! The way to one shop: the hardened client within the shop's rate, and what an adapter remembers of the shop between processes.

use async_trait::async_trait;
use chrono::Duration;
use data_encoding::HEXLOWER;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
};

use crate::marketplace::{
    PushError,
    client::{Answer, Client, Outgoing},
};

/// What an adapter remembers of a shop: pictures it uploaded, category trees, limits. Shared by all processes.
#[async_trait]
pub trait Memory: Send + Sync {
    /// What was noted, unless it is older than an age.
    async fn recall(&self, kind: &str, name: &str, age: Duration) -> Result<Option<String>, PushError>;
    /// Notes something, in place of what was noted before.
    async fn note(&self, kind: &str, name: &str, value: &str) -> Result<(), PushError>;
    /// Everything noted of a kind, by name, after a name; at most `limit`.
    async fn noted(&self, kind: &str, after: &str, limit: u64) -> Result<Vec<(String, String)>, PushError>;
}

const PICTURE: &str = "picture";
/// How long a marketplace is expected to keep a picture that it was given.
const PICTURE_AGE: Duration = Duration::days(180);

/// A shop's rate: so many calls a second to each endpoint, evenly spaced.
pub(super) struct Budget {
    quota: Quota,
    endpoints: Mutex<HashMap<String, Arc<DefaultDirectRateLimiter>>>,
}

impl Budget {
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        // Without a burst no window of a second ever holds more calls than allowed.
        Self { quota: Quota::per_second(per_second).allow_burst(NonZeroU32::MIN), endpoints: Mutex::default() }
    }

    async fn turn(&self, endpoint: &str) {
        let limiter = {
            let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
            match endpoints.get(endpoint) {
                Some(limiter) => Arc::clone(limiter),
                None => Arc::clone(endpoints.entry(endpoint.to_owned()).or_insert_with(|| Arc::new(RateLimiter::direct(self.quota)))),
            }
        };
        limiter.until_ready().await;
    }
}

/// The way to one shop.
#[derive(Clone)]
pub(super) struct Line {
    client: Client,
    budget: Arc<Budget>,
    memory: Arc<dyn Memory>,
}

impl Line {
    pub(super) fn new(client: Client, budget: Arc<Budget>, memory: Arc<dyn Memory>) -> Self {
        Self { client, budget, memory }
    }

    /// Makes a call to an endpoint when it is its turn.
    pub(super) async fn send(&self, endpoint: &str, outgoing: Outgoing) -> Result<Answer, PushError> {
        self.budget.turn(endpoint).await;
        self.client.send(outgoing).await
    }

    /// What was noted, unless it is older than an age.
    pub(super) async fn recall(&self, kind: &str, name: &str, age: Duration) -> Result<Option<String>, PushError> {
        self.memory.recall(kind, name, age).await
    }

    /// Notes something, in place of what was noted before.
    pub(super) async fn note(&self, kind: &str, name: &str, value: &str) -> Result<(), PushError> {
        self.memory.note(kind, name, value).await
    }

    /// Everything noted of a kind, by name, after a name; at most `limit`.
    pub(super) async fn noted(&self, kind: &str, after: &str, limit: u64) -> Result<Vec<(String, String)>, PushError> {
        self.memory.noted(kind, after, limit).await
    }

    /// An answer of the shop that stays true for a while: as remembered, or fetched and noted.
    pub(super) async fn cached(
        &self,
        kind: &str,
        name: &str,
        age: Duration,
        fetch: impl Future<Output = Result<Value, PushError>> + Send,
    ) -> Result<Value, PushError> {
        if let Some(known) = self.memory.recall(kind, name, age).await?
            && let Ok(value) = serde_json::from_str(&known)
        {
            return Ok(value);
        }
        let value = fetch.await?;
        self.memory.note(kind, name, &value.to_string()).await?;
        Ok(value)
    }

    /// The shop's names for pictures, by their addresses: each is fetched, and uploaded once a shop whatever its address.
    pub(super) async fn pictures<F: Future<Output = Result<String, PushError>> + Send>(
        &self,
        addresses: &[String],
        upload: impl Fn(Vec<u8>) -> F + Send + Sync,
    ) -> Result<Vec<String>, PushError> {
        let mut names = Vec::with_capacity(addresses.len());
        for address in addresses {
            let bytes = self.client.picture(address).await?;
            let hash = HEXLOWER.encode(&Sha256::digest(&bytes));
            let name = match self.memory.recall(PICTURE, &hash, PICTURE_AGE).await? {
                Some(name) => name,
                None => {
                    let name = upload(bytes).await?;
                    self.memory.note(PICTURE, &hash, &name).await?;
                    name
                }
            };
            names.push(name);
        }
        Ok(names)
    }
}
