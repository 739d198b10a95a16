//! The way into a shop: its settings and tokens opened, its adapter, and the renewal of tokens: one at a time a channel across all
//! processes, stored before their first use.

use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};
use serde_json::{Map, Value};
use std::{sync::Arc, time};
use url::Url;

use crate::{
    domain::{
        channel::{Channel, SyncError},
        id::ChannelId,
    },
    marketplace::{Marketplace, PushError, Refusal, Tokens, line::Memory},
    service::{Clock, Service},
    store::{
        Store, StoreError, channel_memory,
        channel_status::{self, StoredTokens},
    },
};

/// The purpose under which settings are sealed.
pub(super) const SEAL: &str = "channel";
/// The purpose under which tokens are sealed.
pub(super) const TOKENS: &str = "channel tokens";
/// A token that ends sooner than this is renewed before it is used.
const AHEAD: Duration = Duration::minutes(10);
/// How long a renewal may take before somebody else tries.
const RENEWAL: Duration = Duration::seconds(40);
/// How long a worker waits for the renewal that another one makes, and how often it looks.
const WAITS: u32 = 200;
const LOOK: time::Duration = time::Duration::from_millis(100);
/// Values shorter than this would take ordinary words out of messages.
const SECRET_LENGTH: usize = 6;

/// A shop with its credentials.
#[derive(Clone)]
pub(super) struct Shop {
    /// Its adapter.
    pub(super) market: Arc<dyn Marketplace>,
    tokens_version: i32,
    secrets: Arc<[String]>,
}

impl Shop {
    /// A text of the marketplace without the shop's secrets, should it repeat them.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    }
}

/// A failure as a person reads it: the channel's words, without the shop's secrets should the channel repeat them.
pub(super) fn told(error: &PushError, shop: Option<&Shop>) -> SyncError {
    let words = error.words();
    let clean = |text: &str| shop.map_or_else(|| text.to_owned(), |shop| shop.without_secrets(text));
    SyncError {
        kind: error.kind(),
        code: words.code.clone(),
        message: clean(&words.message),
        request_id: words.request_id.clone(),
        field: error.field().map(str::to_owned),
    }
}

/// The shop of a channel; tokens that end soon are renewed first.
pub(super) async fn open(service: &Service, channel: &Channel) -> Result<Shop, PushError> {
    let stored = channel_status::tokens(&service.store, channel.id).await.map_err(no_database)?;
    let ends_soon = stored.as_ref().and_then(|(tokens, _)| tokens.access_expires_at).is_some_and(|end| end - AHEAD < service.clock.now());
    let shop = build(service, channel, stored)?;
    if !ends_soon {
        return Ok(shop);
    }
    let words = Refusal { code: "token_ends".into(), message: "the access token ends soon".into(), request_id: None };
    match renew(service, channel, &shop, PushError::TokenExpired(words)).await {
        // It still works for a while; the marketplace says when it no longer does.
        Err(error @ (PushError::Transient(_) | PushError::Unknown(_) | PushError::RateLimited(..))) => {
            tracing::warn!(channel = %channel.id, %error, "a token that ends soon could not be renewed yet");
            Ok(shop)
        }
        renewed => renewed,
    }
}

/// The shop of a channel with its settings alone: for asking for tokens.
pub(super) fn unauthorised(service: &Service, channel: &Channel) -> Result<Shop, PushError> {
    build(service, channel, None)
}

/// The adapter of a channel with its settings and tokens opened.
fn build(service: &Service, channel: &Channel, stored: Option<(StoredTokens, i32)>) -> Result<Shop, PushError> {
    let settings = service.secrets.open(SEAL, &channel.sealed_settings).map_err(|e| config(&e.to_string()))?;
    let mut settings: Map<String, Value> = serde_json::from_str(&settings).map_err(|_| config("the settings can't be read"))?;
    let mut tokens_version = 0;
    let mut refresh = None;
    if let Some((stored, version)) = stored {
        let tokens = unseal(service, &stored)?;
        settings.insert("access_token".into(), Value::String(tokens.access));
        refresh = Some(tokens.refresh);
        tokens_version = version;
    }
    let url = Url::parse(&channel.base_url).map_err(|_| config("the address of the channel can't be read"))?;
    let memory = Arc::new(Kept { store: service.store.clone(), clock: service.clock.clone(), channel: channel.id });
    let text = Value::Object(settings.clone()).to_string();
    let market = service.marketplaces.connect(&channel.id.to_string(), (&channel.adapter, &url), &text, memory);
    let secrets = settings.iter().filter(|(name, _)| is_secret(name)).filter_map(|(_, value)| value.as_str().map(str::to_owned));
    let secrets = secrets.chain(refresh).filter(|secret| secret.len() >= SECRET_LENGTH).collect();
    Ok(Shop { market: market.map_err(|e| config(&e.to_string()))?, tokens_version, secrets })
}

/// Whether a setting is to be kept secret, by its name.
fn is_secret(name: &str) -> bool {
    ["key", "secret", "token", "password"].iter().any(|word| name.contains(word))
}

/// A shop with tokens newer than those of `used`: renewed here, or by whoever was faster. `why` is the error when none can be had.
pub(super) async fn renew(service: &Service, channel: &Channel, used: &Shop, why: PushError) -> Result<Shop, PushError> {
    for _ in 0..WAITS {
        let Some((stored, version)) = channel_status::tokens(&service.store, channel.id).await.map_err(no_database)? else {
            return Err(PushError::NeedsReauth(why.words().clone()));
        };
        if version != used.tokens_version {
            return build(service, channel, Some((stored, version)));
        }
        let (now, by) = (service.clock.now(), service.new_id());
        let tx = service.store.begin().await.map_err(no_database)?;
        let claimed = channel_status::claim_renewal(&tx, channel.id, version, by, (now, now + RENEWAL)).await.map_err(no_database)?;
        tx.commit().await.map_err(no_database)?;
        if claimed {
            return renew_now(service, channel, used, (stored, by)).await;
        }
        tokio::time::sleep(LOOK).await;
    }
    let words = Refusal { code: "renewal".into(), message: "another worker renews the token and does not end".into(), request_id: None };
    Err(PushError::Transient(words))
}

async fn renew_now(service: &Service, channel: &Channel, used: &Shop, (stored, by): (StoredTokens, uuid::Uuid)) -> Result<Shop, PushError> {
    let renewed = match used.market.abilities().renewal {
        Some(renewal) => renewal.renew(&unseal(service, &stored)?.refresh).await,
        None => Err(config("this adapter renews no tokens")),
    };
    let next = match &renewed {
        Ok(tokens) => Some(seal(service, tokens)?),
        Err(_) => None,
    };
    let tx = service.store.begin().await.map_err(no_database)?;
    let kept = channel_status::end_renewal(&tx, channel.id, by, next.as_ref()).await.map_err(no_database)?;
    tx.commit().await.map_err(no_database)?;
    let outcome = if renewed.is_ok() { "ok" } else { "failed" };
    metrics::counter!("ocop_token_renewals_total", "adapter" => channel.adapter.clone(), "outcome" => outcome).increment(1);
    renewed?;
    if !kept {
        tracing::error!(channel = %channel.id, "renewed tokens came too late to be kept");
    }
    let stored = channel_status::tokens(&service.store, channel.id).await.map_err(no_database)?;
    build(service, channel, stored)
}

/// Tokens as they are stored.
pub(super) fn seal(service: &Service, tokens: &Tokens) -> Result<StoredTokens, PushError> {
    let text = serde_json::to_string(tokens).map_err(|e| config(&e.to_string()))?;
    let at = |seconds: Option<i64>| seconds.and_then(|seconds| DateTime::<Utc>::from_timestamp(seconds, 0));
    Ok(StoredTokens {
        sealed: service.secrets.seal(TOKENS, &text).map_err(|e| config(&e.to_string()))?,
        access_expires_at: at(tokens.access_expires_at),
        reauthorize_by: at(tokens.reauthorize_by),
    })
}

fn unseal(service: &Service, stored: &StoredTokens) -> Result<Tokens, PushError> {
    let text = service.secrets.open(TOKENS, &stored.sealed).map_err(|e| config(&e.to_string()))?;
    serde_json::from_str(&text).map_err(|_| config("the tokens can't be read"))
}

fn config(message: &str) -> PushError {
    PushError::Config(Refusal { code: "settings".into(), message: message.into(), request_id: None })
}

fn no_database(error: StoreError) -> PushError {
    tracing::warn!(%error, "the database failed a push");
    PushError::Transient(Refusal { code: "database".into(), message: "the catalog's database did not answer".into(), request_id: None })
}

/// What adapters remember of a channel, in the database.
struct Kept {
    store: Store,
    clock: Clock,
    channel: ChannelId,
}

#[async_trait]
impl Memory for Kept {
    async fn recall(&self, kind: &str, name: &str, age: Duration) -> Result<Option<String>, PushError> {
        let since = self.clock.now() - age;
        channel_memory::recall(&self.store, self.channel, (kind, name), since).await.map_err(no_database)
    }

    async fn note(&self, kind: &str, name: &str, value: &str) -> Result<(), PushError> {
        channel_memory::note(&self.store, self.channel, (kind, name), (value, self.clock.now())).await.map_err(no_database)
    }

    async fn noted(&self, kind: &str, after: &str, limit: u64) -> Result<Vec<(String, String)>, PushError> {
        channel_memory::noted(&self.store, self.channel, (kind, after), limit).await.map_err(no_database)
    }
}
