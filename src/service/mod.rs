//! Use cases. One file a noun; each function shows five beats: authorize, begin, load, decide, save.

mod access;
pub mod accounts;
pub mod admin_units;
pub mod api_keys;
pub mod audit;
pub mod certificates;
pub mod certifications;
pub mod channels;
pub mod clock;
pub mod consents;
pub mod councils;
pub mod dead_letters;
pub mod documents;
pub mod dossiers;
mod error;
pub mod exports;
pub mod feed;
pub mod feed_consumers;
pub mod follow;
mod form;
pub mod freshness;
pub mod gauges;
pub mod housekeeping;
pub mod import_jobs;
pub mod imports;
pub mod keys;
pub mod listings;
pub mod media;
pub mod members;
mod minutes;
mod passwords;
mod pictures;
pub mod portals;
pub mod previews;
pub mod producers;
pub mod products;
pub mod publicity;
pub mod pushes;
pub mod ratings;
pub mod readiness;
pub mod readings;
pub mod reference;
pub mod reminders;
pub mod renewals;
pub mod reviews;
pub mod rubrics;
pub mod rulebooks;
pub mod sealing;
pub mod search;
pub mod sessions;
pub mod sheets;
pub mod statistics;
pub mod uploads;
pub mod variants;
pub mod wakes;
pub mod webhook_delivery;
pub mod webhooks;
mod work;

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};
use uuid::Uuid;

use crate::{
    domain::cursor::CursorKey,
    marketplace::{client::Client, registry::Registry},
    notify::Notifier,
    store::{Store, files::Files, listings::View},
};
pub use clock::Clock;
pub use error::ServiceError;
pub use form::{Patch, PriceData};
pub use sessions::single_sign_on::SsoSettings;
pub use work::Call;

/// All that use cases need. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

/// What a [`Service`] is made of; see `app` for where it comes from.
pub struct Inner {
    /// The database.
    pub store: Store,
    /// The only source of time.
    pub clock: Clock,
    /// Seals what must not be readable in the database.
    pub secrets: keys::SecretKey,
    /// Signs cursors.
    pub cursors: CursorKey,
    /// Signs and verifies access tokens.
    pub tokens: sessions::TokenKeys,
    /// Marketplace adapters.
    pub marketplaces: Registry,
    /// Calls addresses that users gave.
    pub outbound: Client,
    /// Who works on which channel.
    pub lanes: pushes::Lanes,
    /// Wakes who waits for changes.
    pub wakes: wakes::Wakes,
    /// How fresh the feed is.
    pub(crate) freshness: freshness::Freshness,
    /// The bytes of uploads.
    pub files: Files,
    /// Tells people outside.
    pub notifier: Notifier,
    /// Where clients reach the service.
    base_url: OnceLock<String>,
    /// This life of the change feed.
    pub feed_epoch: i64,
    /// An external issuer of tokens.
    pub(crate) single_sign_on: Option<sessions::single_sign_on::SingleSignOn>,
    /// Hashes passwords.
    pub(crate) passwords: passwords::Passwords,
}

impl Deref for Service {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// The parts a service is assembled from.
pub struct Parts {
    /// The database, migrated.
    pub store: Store,
    /// The only source of time.
    pub clock: Clock,
    /// The deployment's secret.
    pub secrets: keys::SecretKey,
    /// Marketplace adapters.
    pub marketplaces: Registry,
    /// Calls addresses that users gave.
    pub outbound: Client,
    /// The bytes of uploads.
    pub files: Files,
    /// Tells people outside.
    pub notifier: Notifier,
    /// Where clients reach the service, when that is configured.
    pub base_url: Option<String>,
    /// Pushes worked on at once.
    pub workers: usize,
    /// `iss` of access tokens.
    pub issuer: String,
    /// `aud` of access tokens.
    pub audience: String,
    /// An external issuer of tokens, and what calls it.
    pub single_sign_on: Option<(SsoSettings, Client)>,
}

impl Service {
    /// Reads or creates the keys this database needs. Fails when the secret can't open the keys stored in it.
    pub async fn start(parts: Parts) -> Result<Self, ServiceError> {
        let Parts { store, clock, secrets, marketplaces, outbound, files, notifier, base_url, workers, issuer, audience, single_sign_on } =
            parts;
        let tokens = sessions::load_keys(&store, &secrets, clock.now(), (issuer, audience)).await?;
        let feed_epoch = feed::epoch(&store, clock.now()).await?;
        let cursors = secrets.cursor_key();
        let passwords = passwords::Passwords::new();
        let base_url = base_url.map_or_else(OnceLock::new, OnceLock::from);
        let lanes = pushes::Lanes::new(keys::uuid_v7(clock.now()), workers);
        Ok(Self(Arc::new(Inner {
            store,
            clock,
            secrets,
            cursors,
            tokens,
            marketplaces,
            outbound,
            lanes,
            wakes: wakes::Wakes::new(),
            freshness: freshness::Freshness::default(),
            files,
            notifier,
            base_url,
            feed_epoch,
            single_sign_on: single_sign_on.map(|(settings, client)| sessions::single_sign_on::SingleSignOn::new(settings, client)),
            passwords,
        })))
    }

    /// Where clients reach the service, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.base_url.get().cloned().unwrap_or_else(|| "http://127.0.0.1:8080".to_owned())
    }

    /// Notes where the service listens; what is configured stays.
    pub fn listens_at(&self, url: String) {
        self.base_url.get_or_init(|| url);
    }

    /// A new identity; grows with time.
    pub fn new_id(&self) -> Uuid {
        keys::uuid_v7(self.clock.now())
    }

    /// The public keys of tokens, attestations and webhooks as a JSON Web Key Set (RFC 7517, RFC 8037).
    pub fn jwks(&self) -> serde_json::Value {
        let mut keys = self.tokens.jwks();
        let public = data_encoding::BASE64URL_NOPAD.encode(webhooks::signing_key(self).verifying_key().as_bytes());
        let key = serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "webhooks", "x": public });
        if let Some(keys) = keys["keys"].as_array_mut() {
            keys.push(key);
        }
        keys
    }

    /// What an actor sees of listings now.
    pub fn view(&self, actor: &crate::domain::actor::Actor) -> Result<View, ServiceError> {
        let reach = crate::domain::actor::permit(actor, crate::domain::actor::Action::ReadPrivate)?;
        Ok(View::new(reach, self.clock.now()))
    }
}
