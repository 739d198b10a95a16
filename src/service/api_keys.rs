//! Keys of integrators: shown once, stored as a hash, found by their prefix.

use serde_json::json;
use std::collections::BTreeSet;
use subtle::ConstantTimeEq;

use crate::{
    domain::{
        actor::{Action, Actor, Scope, permit},
        id::ApiKeyId,
        reason::Reason,
    },
    service::{Call, Service, ServiceError, form::Form, keys, sessions::AuthError, work::begin},
    store::api_keys::{self, ApiKey},
};

/// What every key begins with, so that scanners of leaked secrets recognise it.
pub const PREFIX: &str = "ocop_";
const PREFIX_CHARS: usize = 8;

/// A key with its secret, which can't be shown again.
pub struct NewApiKey {
    /// Identity.
    pub id: ApiKeyId,
    /// The whole key; `None` when a repeated request is answered, because only its hash was kept.
    pub secret: Option<String>,
}

/// Creates a key. The secret is in the first answer only.
pub async fn create(service: &Service, call: &Call<'_>, name: &str, scopes: BTreeSet<Scope>) -> Result<NewApiKey, ServiceError> {
    permit(call.actor, Action::ManageApiKeys)?;
    let account_id = call.actor.person()?.id;
    let mut form = Form::new("input");
    let name = form.text("name", name, 100);
    if scopes.is_empty() {
        form.refuse("scopes", Reason::Required);
    }
    form.finish()?;
    let work = begin!(service, call);
    let prefix = format!("{PREFIX}{}", keys::code(PREFIX_CHARS).to_lowercase());
    let secret = format!("{prefix}_{}", keys::token());
    let id: ApiKeyId = service.new_id().into();
    let key = ApiKey { id, account_id, name, prefix, hash: keys::hash(&secret), scopes, created_at: work.at, revoked_at: None };
    api_keys::insert(&work.tx, &key).await?;
    work.note("apiKeyCreate", ("apiKey", id.0), json!({ "name": key.name, "prefix": key.prefix }));
    work.commit(id.0).await?;
    Ok(NewApiKey { id, secret: Some(secret) })
}

impl From<uuid::Uuid> for NewApiKey {
    fn from(id: uuid::Uuid) -> Self {
        Self { id: id.into(), secret: None }
    }
}

/// Revokes a key: it is refused from the next request on.
pub async fn revoke(service: &Service, call: &Call<'_>, id: ApiKeyId) -> Result<ApiKeyId, ServiceError> {
    permit(call.actor, Action::ManageApiKeys)?;
    let work = begin!(service, call);
    if !api_keys::revoke(&work.tx, id, work.at).await? {
        return Err(ServiceError::not_found());
    }
    work.note("apiKeyRevoke", ("apiKey", id.0), json!({}));
    work.commit(id.0).await?;
    Ok(id)
}

/// The key with an id, for those who manage keys.
pub async fn find(service: &Service, actor: &Actor, id: ApiKeyId) -> Result<Option<ApiKey>, ServiceError> {
    permit(actor, Action::ManageApiKeys)?;
    Ok(api_keys::find(&service.store, id).await?)
}

/// All keys, newest first, for those who manage keys.
pub async fn list(service: &Service, actor: &Actor) -> Result<Vec<ApiKey>, ServiceError> {
    permit(actor, Action::ManageApiKeys)?;
    Ok(api_keys::list(&service.store).await?)
}

/// The actor behind a key; compares hashes in constant time.
pub(super) async fn authenticate(service: &Service, bearer: &str) -> Result<Actor, AuthError> {
    let prefix = bearer.get(..PREFIX.len() + PREFIX_CHARS).ok_or(AuthError::Invalid)?;
    let key = api_keys::by_prefix(&service.store, prefix).await?.ok_or(AuthError::Invalid)?;
    let same = bool::from(key.hash.as_bytes().ct_eq(keys::hash(bearer).as_bytes()));
    if !same || key.revoked_at.is_some() {
        return Err(AuthError::Invalid);
    }
    Ok(Actor::ApiKey { id: key.id, scopes: key.scopes })
}
