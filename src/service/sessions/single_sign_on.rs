//! Tokens of an external issuer, such as the province's single sign-on: OpenID Connect, verified with the issuer's published keys
//! (RFC 7517, RFC 7519, RFC 8725).

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey, Header, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::Mutex;
use url::Url;

use crate::{
    domain::{
        actor::{Actor, Grant, Person},
        id::UserId,
    },
    marketplace::client::{Client, Content, Method, Outgoing},
    service::{
        Service, ServiceError, keys,
        sessions::{AuthError, LEEWAY},
    },
    store::{
        StoreError,
        accounts::{self, Account},
        people::{self, Standing},
    },
};

/// How long the issuer may take to answer with its keys.
const PATIENCE: Duration = Duration::from_secs(3);
/// A key that is not known asks the issuer at most this often: whoever invents key ids must not make us call it for each.
const ASK_AGAIN: TimeDelta = TimeDelta::seconds(10);
/// Keys are asked for again after this, so that a key that was taken back stops to count.
const FRESH: TimeDelta = TimeDelta::minutes(10);
/// With an issuer that does not answer, its keys count for this long after they were last read.
const STALE: TimeDelta = TimeDelta::hours(24);

/// What a deployment says about its issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoSettings {
    /// `iss` of its tokens, exactly.
    pub issuer: String,
    /// `aud` that its tokens for this service carry.
    pub audience: String,
    /// Where its keys are.
    pub keys: Url,
    /// The claim that holds a person's roles there; dots lead into objects (`realm_access.roles`).
    pub roles_claim: String,
    /// What a role there is here.
    pub roles: Vec<(String, Grant)>,
}

/// An external issuer and what is known of its keys.
pub(crate) struct SingleSignOn {
    settings: SsoSettings,
    client: Client,
    keys: RwLock<Arc<Known>>,
    asking: Mutex<()>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, (Algorithm, DecodingKey)>,
    read_at: Option<DateTime<Utc>>,
    asked_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    #[serde(default)]
    nbf: i64,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
    name: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl SingleSignOn {
    pub(in crate::service) fn new(settings: SsoSettings, client: Client) -> Self {
        Self { settings, client, keys: RwLock::default(), asking: Mutex::new(()) }
    }

    /// Whether a token says that it is of this issuer; nothing of it is believed yet.
    pub(super) fn is_of(&self, claims: &Value) -> bool {
        claims["iss"] == self.settings.issuer.as_str()
    }

    async fn verify(&self, token: &str, header: &Header, now: DateTime<Utc>) -> Result<Claims, AuthError> {
        let kid = header.kid.as_deref().ok_or(AuthError::Invalid)?;
        if !matches!(header.typ.as_deref(), None | Some("JWT" | "at+jwt" | "application/at+jwt")) {
            return Err(AuthError::Invalid);
        }
        let known = self.known(kid, now).await?;
        let (algorithm, key) = known.keys.get(kid).ok_or(AuthError::Invalid)?;
        // The key decides about the algorithm, never the token.
        let mut validation = Validation::new(*algorithm);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &validation).map_err(|_| AuthError::Invalid)?.claims;
        let now = now.timestamp();
        if claims.sub.is_empty() || now >= claims.exp || now + LEEWAY < claims.nbf {
            return Err(AuthError::Invalid);
        }
        Ok(claims)
    }

    /// The keys, asked for when they are old or one is missing. Who comes while they are asked for waits for the same answer.
    async fn known(&self, kid: &str, now: DateTime<Utc>) -> Result<Arc<Known>, AuthError> {
        let wanted = |known: &Known| {
            let is_due = known.asked_at.is_none_or(|at| now - at >= ASK_AGAIN);
            is_due && (!known.keys.contains_key(kid) || known.read_at.is_none_or(|at| now - at >= FRESH))
        };
        if !wanted(&self.current()) {
            return self.usable(kid, now);
        }
        let _asking = self.asking.lock().await;
        if wanted(&self.current()) {
            let read = tokio::time::timeout(PATIENCE, self.read()).await.unwrap_or_else(|_| Err("no answer in time".to_owned()));
            let old = self.current();
            let next = match read {
                Ok(keys) => Known { keys, read_at: Some(now), asked_at: Some(now) },
                Err(error) => {
                    tracing::warn!(error, "the keys of the single sign-on could not be read");
                    Known { keys: old.keys.clone(), read_at: old.read_at, asked_at: Some(now) }
                }
            };
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        }
        self.usable(kid, now)
    }

    fn current(&self) -> Arc<Known> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is known, unless the issuer has been silent for so long that nothing is.
    fn usable(&self, kid: &str, now: DateTime<Utc>) -> Result<Arc<Known>, AuthError> {
        let known = self.current();
        let is_current = known.read_at.is_some_and(|at| now - at < STALE);
        let is_settled = known.read_at == known.asked_at;
        if is_current && (is_settled || known.keys.contains_key(kid)) {
            return Ok(known);
        }
        Err(ServiceError::Unavailable("the keys of the single sign-on".into()).into())
    }

    async fn read(&self) -> Result<HashMap<String, (Algorithm, DecodingKey)>, String> {
        let url = self.settings.keys.clone();
        let outgoing = Outgoing { method: Method::GET, url, headers: Vec::new(), content: Content::Empty };
        let answer = self.client.send(outgoing).await.map_err(|error| format!("{error:?}"))?;
        if answer.status != 200 {
            return Err(format!("status {}", answer.status));
        }
        let set: JwkSet = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        Ok(set.keys.iter().filter_map(usable_key).collect())
    }

    /// The offices that a person has by the roles of the token.
    fn grants(&self, claims: &Claims) -> BTreeSet<Grant> {
        let mut path = self.settings.roles_claim.split('.');
        let first = path.next().and_then(|name| claims.others.get(name));
        let told = path.fold(first, |value, name| value.and_then(|value| value.get(name)));
        let roles: Vec<&str> = match told {
            Some(Value::Array(roles)) => roles.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(roles)) => roles.split_whitespace().collect(),
            _ => Vec::new(),
        };
        self.settings.roles.iter().filter(|(role, _)| roles.contains(&role.as_str())).map(|(_, grant)| grant.clone()).collect()
    }
}

/// A public key that signs, with the one algorithm it is for; no key of a shared secret is.
fn usable_key(jwk: &Jwk) -> Option<(String, (Algorithm, DecodingKey))> {
    let is_for_signatures = jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let algorithm = match (&jwk.algorithm, jwk.common.key_algorithm) {
        (AlgorithmParameters::RSA(_), None | Some(KeyAlgorithm::RS256)) => Algorithm::RS256,
        (AlgorithmParameters::RSA(_), Some(KeyAlgorithm::RS384)) => Algorithm::RS384,
        (AlgorithmParameters::RSA(_), Some(KeyAlgorithm::RS512)) => Algorithm::RS512,
        (AlgorithmParameters::RSA(_), Some(KeyAlgorithm::PS256)) => Algorithm::PS256,
        (AlgorithmParameters::EllipticCurve(key), None | Some(KeyAlgorithm::ES256)) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        (AlgorithmParameters::OctetKeyPair(_), None | Some(KeyAlgorithm::EdDSA)) => Algorithm::EdDSA,
        _ => return None,
    };
    let kid = jwk.common.key_id.clone().filter(|kid| is_for_signatures && !kid.is_empty())?;
    Some((kid, (algorithm, DecodingKey::from_jwk(jwk).ok()?)))
}

/// Who a token of the external issuer stands for. Somebody who comes for the first time gets an account of his own: never that of a
/// person who signed up here with the same e-mail, which nobody has verified.
pub(super) async fn authenticate(service: &Service, sso: &SingleSignOn, token: &str, header: &Header) -> Result<Actor, AuthError> {
    let now = service.clock.now();
    let claims = sso.verify(token, header, now).await?;
    let id = UserId(keys::named("person", &format!("{} {}", sso.settings.issuer, claims.sub)));
    let display_name = claims.name.clone().unwrap_or_else(|| claims.sub.clone()).chars().take(100).collect::<String>();
    let Standing { account, mut grants, memberships, .. } = match people::find(&service.store, id, None).await? {
        Some(known) => known,
        None => {
            let account = enrol(service, id, display_name.clone(), now).await?;
            Standing { account, session: None, grants: BTreeSet::new(), memberships: Vec::new() }
        }
    };
    if account.disabled {
        return Err(AuthError::Invalid);
    }
    grants.extend(sso.grants(&claims));
    let email = claims.email.filter(|_| claims.email_verified).map_or(account.email, |email| email.to_lowercase());
    Ok(Actor::Person(Box::new(Person { id, session: None, email, display_name, grants, memberships })))
}

/// The account has no password that fits, and a login name that nobody can have (RFC 2606).
async fn enrol(service: &Service, id: UserId, display_name: String, now: DateTime<Utc>) -> Result<Account, AuthError> {
    let email = format!("{}@single-sign-on.invalid", id.0.simple());
    let account = Account { id, email, display_name, password_hash: "!".to_owned(), disabled: false, created_at: now };
    let tx = service.store.begin().await?;
    match accounts::insert(&tx, &account).await {
        Ok(()) => tx.commit().await?,
        // Two first requests at once.
        Err(StoreError::Taken(_)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(account)
}
