//! Sessions: signed access tokens that live minutes, refresh tokens that rotate, and who a bearer token stands for.

pub(super) mod single_sign_on;

use chrono::{DateTime, Duration, Utc};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    domain::{
        actor::{Actor, Person},
        id::{SessionId, UserId},
        reason::Reason,
    },
    service::{Service, ServiceError, api_keys, keys},
    store::{
        Store, StoreError, Tx, accounts,
        people::{self, Standing},
        sessions::{self, Session},
        settings,
    },
};

/// How long an access token holds unless asked otherwise.
pub const ACCESS_MINUTES: i64 = 15;
const SESSION_DAYS: i64 = 30;
const MAX_TOKEN_BYTES: usize = 4096;
/// Seconds that clocks may differ.
pub(super) const LEEWAY: i64 = 5;
const SETTING: &str = "signing_key";

/// What a person gets at sign-in.
#[derive(Clone)]
pub struct Tokens {
    /// JWT for the `Authorization` header.
    pub access: String,
    /// When the access token ends.
    pub access_expires_at: DateTime<Utc>,
    /// Exchanged once for the next pair.
    pub refresh: String,
    /// Whose session it is.
    pub account: UserId,
}

/// Why a bearer token is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Malformed, forged, expired, revoked, or of someone unknown: the caller is not told which.
    #[error("the token is not valid")]
    Invalid,
    /// The database does not answer.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<StoreError> for AuthError {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}

/// Signs and verifies access tokens with one fixed algorithm, EdDSA over Ed25519.
pub struct TokenKeys {
    kid: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
    public: String,
    issuer: String,
    audience: String,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Type of the signatures on the decision log.
const ENTRY_TYPE: &str = "ocop-audit";

#[derive(Serialize, Deserialize)]
struct SealedEntry {
    seq: i64,
    hash: String,
}

#[derive(Serialize, Deserialize)]
struct StoredKey {
    kid: String,
    sealed: String,
}

/// Reads the signing key of this database, or makes one; the first replica's key wins.
pub(super) async fn load_keys(
    store: &Store,
    secrets: &keys::SecretKey,
    at: DateTime<Utc>,
    (issuer, audience): (String, String),
) -> Result<TokenKeys, ServiceError> {
    let fault = |what: &str| ServiceError::Internal(format!("signing key: {what}"));
    let fresh = BASE64URL_NOPAD.encode(&keys::random::<32>());
    let sealed = secrets.seal("signing", &fresh).map_err(|e| fault(&e.to_string()))?;
    let fresh = StoredKey { kid: format!("{}-{}", at.format("%Y%m%d"), keys::code(6)), sealed };
    let fresh = serde_json::to_string(&fresh).map_err(|e| fault(&e.to_string()))?;
    let tx = store.begin().await?;
    let stored = settings::get_or_put(&tx, SETTING, &fresh).await?;
    tx.commit().await?;
    let stored: StoredKey = serde_json::from_str(&stored).map_err(|_| fault("unreadable"))?;
    let seed = secrets.open("signing", &stored.sealed).map_err(|e| fault(&e.to_string()))?;
    let seed: [u8; 32] = BASE64URL_NOPAD.decode(seed.as_bytes()).ok().and_then(|b| b.try_into().ok()).ok_or_else(|| fault("unreadable"))?;
    let key = SigningKey::from_bytes(&seed);
    let public = BASE64URL_NOPAD.encode(key.verifying_key().as_bytes());
    let der = key.to_pkcs8_der().map_err(|e| fault(&e.to_string()))?;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[&issuer]);
    validation.set_audience(&[&audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // The service's own clock decides, so that tests can set it; see `verify`.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    Ok(TokenKeys {
        kid: stored.kid,
        signing: EncodingKey::from_ed_der(der.as_bytes()),
        verifying: DecodingKey::from_ed_components(&public).map_err(|e| fault(&e.to_string()))?,
        validation,
        public,
        issuer,
        audience,
    })
}

/// Whether a secret opens the signing key.
pub(super) async fn opens(store: &Store, secret: &keys::SecretKey) -> Result<bool, ServiceError> {
    let Some(text) = settings::get(store, SETTING).await? else { return Ok(false) };
    let stored: StoredKey = serde_json::from_str(&text).map_err(|_| StoreError::Corrupt("setting.signing_key"))?;
    Ok(secret.open("signing", &stored.sealed).is_ok())
}

/// Seals the signing key under another secret; the key itself stays, and so do sessions.
pub(super) async fn seal_anew(tx: &Tx, now: &keys::SecretKey, next: &keys::SecretKey) -> Result<(), ServiceError> {
    let fault = |what: &dyn std::fmt::Display| ServiceError::Internal(format!("signing key: {what}"));
    let text = settings::get(tx, SETTING).await?.ok_or_else(|| fault(&"there is none; start the service once"))?;
    let mut stored: StoredKey = serde_json::from_str(&text).map_err(|_| StoreError::Corrupt("setting.signing_key"))?;
    let seed = now.open("signing", &stored.sealed).map_err(|error| fault(&error))?;
    stored.sealed = next.seal("signing", &seed).map_err(|error| fault(&error))?;
    settings::put(tx, SETTING, &serde_json::to_string(&stored).map_err(|error| fault(&error))?).await?;
    Ok(())
}

impl TokenKeys {
    /// The public keys as a JSON Web Key Set (RFC 7517, RFC 8037).
    pub fn jwks(&self) -> Value {
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid, "x": self.public }] })
    }

    /// Signs claims as a JWS (RFC 7515) of a type, so that no reader takes it for a token of another use.
    pub(super) fn attest(&self, kind: &str, claims: &impl Serialize) -> Result<String, ServiceError> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(kind.to_owned());
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.signing).map_err(|e| ServiceError::Internal(e.to_string()))
    }

    /// Who signs.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Signs place and hash of an entry of the decision log.
    pub(super) fn seal_entry(&self, seq: i64, hash: &str) -> Result<String, ServiceError> {
        self.attest(ENTRY_TYPE, &SealedEntry { seq, hash: hash.to_owned() })
    }

    /// Whether a signature is ours and on this place and hash.
    pub(super) fn entry_is_sealed(&self, signature: &str, seq: i64, hash: &str) -> bool {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let sealed = jsonwebtoken::decode::<SealedEntry>(signature, &self.verifying, &validation);
        let typed = |header: &Header| header.typ.as_deref() == Some(ENTRY_TYPE);
        sealed.is_ok_and(|t| typed(&t.header) && t.claims.seq == seq && t.claims.hash == hash)
    }

    fn sign(&self, account: UserId, session: SessionId, at: DateTime<Utc>, until: DateTime<Utc>) -> Result<String, ServiceError> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.kid.clone());
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: account.to_string(),
            sid: session.to_string(),
            iat: at.timestamp(),
            nbf: at.timestamp(),
            exp: until.timestamp(),
        };
        jsonwebtoken::encode(&header, &claims, &self.signing).map_err(|e| ServiceError::Internal(e.to_string()))
    }

    fn verify(&self, token: &str, header: &Header, at: DateTime<Utc>) -> Result<(UserId, SessionId), AuthError> {
        if header.kid.as_deref() != Some(&self.kid) || header.typ.as_deref() != Some("JWT") {
            return Err(AuthError::Invalid);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.verifying, &self.validation).map_err(|_| AuthError::Invalid)?.claims;
        let now = at.timestamp();
        if now >= claims.exp || now + LEEWAY < claims.nbf {
            return Err(AuthError::Invalid);
        }
        let id = |text: &str| uuid::Uuid::parse_str(text).map_err(|_| AuthError::Invalid);
        Ok((id(&claims.sub)?.into(), id(&claims.sid)?.into()))
    }
}

/// A `crit` header must be understood or the token refused (RFC 7515, 4.1.11); the library reads past it.
fn has_crit(token: &str) -> bool {
    let header = token.split('.').next().and_then(|h| BASE64URL_NOPAD.decode(h.as_bytes()).ok());
    header.and_then(|h| serde_json::from_slice::<Value>(&h).ok()).is_some_and(|h| h.get("crit").is_some())
}

/// What a token says of itself, to be believed only once its signature is verified.
fn said(token: &str) -> Value {
    let payload = token.split('.').nth(1).and_then(|payload| BASE64URL_NOPAD.decode(payload.as_bytes()).ok());
    payload.and_then(|payload| serde_json::from_slice(&payload).ok()).unwrap_or_default()
}

/// Who a bearer token stands for: an access token of a session or of the external issuer, or an API key.
pub async fn authenticate(service: &Service, bearer: &str) -> Result<Actor, AuthError> {
    if bearer.starts_with(api_keys::PREFIX) {
        return api_keys::authenticate(service, bearer).await;
    }
    if bearer.len() > MAX_TOKEN_BYTES || has_crit(bearer) {
        return Err(AuthError::Invalid);
    }
    let header = jsonwebtoken::decode_header(bearer).map_err(|_| AuthError::Invalid)?;
    if let Some(sso) = &service.single_sign_on
        && sso.is_of(&said(bearer))
    {
        return single_sign_on::authenticate(service, sso, bearer, &header).await;
    }
    let now = service.clock.now();
    let (account, session) = service.tokens.verify(bearer, &header, now)?;
    let found = people::find(&service.store, account, Some(session)).await?.ok_or(AuthError::Invalid)?;
    match &found.session {
        Some(stored) if !stored.revoked && stored.expires_at > now => standing(found),
        _ => Err(AuthError::Invalid),
    }
}

/// The actor of an account with its offices and memberships as they are now.
pub async fn person(service: &Service, id: UserId) -> Result<Actor, AuthError> {
    standing(people::find(&service.store, id, None).await?.ok_or(AuthError::Invalid)?)
}

/// The actor of a person, unless the account is closed.
fn standing(found: Standing) -> Result<Actor, AuthError> {
    let Standing { account, session, grants, memberships } = found;
    if account.disabled {
        return Err(AuthError::Invalid);
    }
    let (email, display_name) = (account.email, account.display_name);
    Ok(Actor::Person(Box::new(Person { id: account.id, session: session.map(|s| s.id), email, display_name, grants, memberships })))
}

/// Signs in with e-mail and password. Unknown account and wrong password get the same answer after the same work.
pub async fn create(service: &Service, email: &str, password: String) -> Result<Tokens, ServiceError> {
    let account = accounts::by_email(&service.store, &email.trim().to_lowercase()).await?.filter(|a| !a.disabled);
    let stored = account.as_ref().map(|a| a.password_hash.clone());
    let fits = service.passwords.verify(password, stored).await?;
    let account = account.filter(|_| fits).ok_or_else(|| ServiceError::refused("input", Reason::BadCredentials))?;
    issue(service, account.id, Duration::minutes(ACCESS_MINUTES)).await
}

/// Opens a session for an account without a password; for the command line and the demo.
pub async fn issue(service: &Service, account: UserId, access_for: Duration) -> Result<Tokens, ServiceError> {
    let now = service.clock.now();
    let expires_at = now + Duration::days(SESSION_DAYS).max(access_for);
    let session = Session { id: service.new_id().into(), account_id: account, expires_at, revoked: false };
    let refresh = keys::token();
    let tx = service.store.begin().await?;
    sessions::insert(&tx, &session, now).await?;
    sessions::insert_refresh(&tx, &keys::hash(&refresh), session.id, now).await?;
    tx.commit().await?;
    pair(service, &session, refresh, access_for)
}

/// Exchanges a refresh token for the next pair. A token shown twice was copied: the whole session ends.
pub async fn refresh(service: &Service, token: &str) -> Result<Tokens, ServiceError> {
    let bad = || ServiceError::refused("refreshToken", Reason::BadRefreshToken);
    let now = service.clock.now();
    let hash = keys::hash(token);
    let tx = service.store.begin().await?;
    let known = sessions::refresh(&tx, &hash).await?.ok_or_else(bad)?;
    if known.used || !sessions::use_refresh(&tx, &hash, now).await? {
        sessions::revoke(&tx, known.session_id, now).await?;
        tx.commit().await?;
        tracing::warn!(session = %known.session_id, "a refresh token was used twice; the session is ended");
        return Err(bad());
    }
    let session = sessions::find(&tx, known.session_id).await?.filter(|s| !s.revoked && s.expires_at > now).ok_or_else(bad)?;
    let next = keys::token();
    sessions::insert_refresh(&tx, &keys::hash(&next), session.id, now).await?;
    sessions::extend(&tx, session.id, now + Duration::days(SESSION_DAYS)).await?;
    tx.commit().await?;
    pair(service, &session, next, Duration::minutes(ACCESS_MINUTES))
}

/// Ends the session of the token in use.
pub async fn revoke(service: &Service, actor: &Actor) -> Result<bool, ServiceError> {
    let person = actor.person()?;
    let Some(session) = person.session else { return Ok(false) };
    let tx = service.store.begin().await?;
    let ended = sessions::revoke(&tx, session, service.clock.now()).await?;
    tx.commit().await?;
    Ok(ended)
}

fn pair(service: &Service, session: &Session, refresh: String, access_for: Duration) -> Result<Tokens, ServiceError> {
    let now = service.clock.now();
    let until = now + access_for;
    let access = service.tokens.sign(session.account_id, session.id, now, until)?;
    Ok(Tokens { access, access_expires_at: until, refresh, account: session.account_id })
}
