//! Webhook endpoints: where integrators are told of changes without asking.

use ed25519_dalek::SigningKey;
use serde_json::json;
use uuid::Uuid;

use crate::{
    domain::{
        actor::{Action, Actor, Role, permit},
        cursor::{CursorError, FeedPosition},
        feed::FeedScope,
        id::WebhookEndpointId,
        reason::Reason,
        webhook::{WebhookState, public_text, secret_text},
    },
    service::{Call, Service, ServiceError, feed, form::Form, keys, work::begin},
    store::{
        changes,
        webhooks::{self, WebhookAttempt, WebhookEndpoint},
    },
};

/// Endpoints of one principal.
const MANY: usize = 10;
/// Endpoints in one answer.
const LISTED: u64 = 500;
/// How long the secret before signs too.
const OVERLAP: chrono::Duration = chrono::Duration::hours(24);
/// What secrets are sealed for.
pub(super) const PURPOSE: &str = "webhook-secret";

/// An endpoint with its secret, which can't be shown again.
pub struct Created {
    /// Identity.
    pub id: WebhookEndpointId,
    /// The secret; `None` when a repeated request is answered.
    pub secret: Option<String>,
}

impl From<Uuid> for Created {
    fn from(id: Uuid) -> Self {
        Self { id: id.into(), secret: None }
    }
}

/// The key that signs messages with `v1a`; the same in all processes.
pub(super) fn signing_key(service: &Service) -> SigningKey {
    service.secrets.webhook_key()
}

/// The public half, as Standard Webhooks writes it.
pub fn public_key(service: &Service) -> String {
    public_text(&signing_key(service))
}

/// Creates an endpoint; it is told of what changes after a cursor, or from now on.
pub async fn create(service: &Service, call: &Call<'_>, url: &str, scope: FeedScope, since: Option<&str>) -> Result<Created, ServiceError> {
    permit(call.actor, Action::ReadFeed)?;
    let resolved = feed::resolve(service, &scope).await?;
    let mut form = Form::new("input");
    let url = address(service, &mut form, url);
    let since = since.map(|cursor| feed::read(service, &resolved.name, cursor)).transpose();
    let since = form.check("since", since.map_err(cursor_reason)).flatten();
    form.finish()?;
    let work = begin!(service, call);
    let principal = call.actor.principal();
    if webhooks::count(&work.tx, &principal).await? >= MANY as u64 {
        return Err(ServiceError::refused("input", Reason::TooMany { max: MANY }));
    }
    let secret = secret_text(keys::random());
    let latest = changes::latest(&work.tx).await?;
    let now = FeedPosition { epoch: service.feed_epoch, seq: latest, after: None, from: latest, closed: resolved.closed };
    let place = since.unwrap_or(now);
    let endpoint = WebhookEndpoint {
        id: service.new_id().into(),
        principal,
        url: url.unwrap_or_default(),
        cursor: (service.cursors.seal(&resolved.name, &place), place.seq),
        scope,
        sealed_secret: seal(service, &secret)?,
        previous: None,
        state: WebhookState::Active,
        state_reason: None,
        failures: 0,
        failing_since: None,
        due_at: work.at,
        created_at: work.at,
        updated_at: work.at,
    };
    webhooks::insert(&work.tx, &endpoint).await?;
    work.note("webhookEndpointCreate", ("webhookEndpoint", endpoint.id.0), json!({ "url": endpoint.url }));
    work.commit(endpoint.id.0).await?;
    Ok(Created { id: endpoint.id, secret: Some(secret) })
}

/// Changes the address, stops or resumes. Resumed, it is told of everything since it was stopped.
pub async fn update(
    service: &Service,
    call: &Call<'_>,
    id: WebhookEndpointId,
    url: Option<&str>,
    is_active: Option<bool>,
) -> Result<WebhookEndpointId, ServiceError> {
    let mut form = Form::new("input");
    let url = url.and_then(|url| address(service, &mut form, url));
    form.finish()?;
    change(service, call, id, "webhookEndpointUpdate", |endpoint| {
        if let Some(url) = url {
            endpoint.url = url;
        }
        if let Some(is_active) = is_active {
            endpoint.state = if is_active { WebhookState::Active } else { WebhookState::Paused };
            endpoint.state_reason = None;
            (endpoint.failures, endpoint.failing_since) = (0, None);
        }
        Ok(())
    })
    .await
}

/// Gives a new secret; the one before signs beside it for a day.
pub async fn rotate(service: &Service, call: &Call<'_>, id: WebhookEndpointId) -> Result<Created, ServiceError> {
    let secret = secret_text(keys::random());
    let sealed = seal(service, &secret)?;
    let until = service.clock.now() + OVERLAP;
    let mut is_done = false;
    let id = change(service, call, id, "webhookEndpointRotateSecret", |endpoint| {
        let before = std::mem::replace(&mut endpoint.sealed_secret, sealed);
        endpoint.previous = Some((before, until));
        is_done = true;
        Ok(())
    })
    .await?;
    // A repeated request changes nothing: the secret of the first answer holds.
    Ok(Created { id, secret: is_done.then_some(secret) })
}

/// Tells everything again that changed after a cursor of the endpoint's scope.
pub async fn replay(service: &Service, call: &Call<'_>, id: WebhookEndpointId, since: &str) -> Result<WebhookEndpointId, ServiceError> {
    change(service, call, id, "webhookReplay", |endpoint| {
        let place = feed::read(service, &endpoint.scope.name(), since);
        let place = place.map_err(|error| ServiceError::refused("since", cursor_reason(error)))?;
        endpoint.cursor = (since.to_owned(), place.seq);
        Ok(())
    })
    .await
}

/// Tries again now what is waiting for its next try.
pub async fn retry(service: &Service, call: &Call<'_>, id: WebhookEndpointId) -> Result<WebhookEndpointId, ServiceError> {
    change(service, call, id, "webhookRetry", |_| Ok(())).await
}

/// Deletes an endpoint; nothing is sent to it from the next message on.
pub async fn delete(service: &Service, call: &Call<'_>, id: WebhookEndpointId) -> Result<WebhookEndpointId, ServiceError> {
    permit(call.actor, Action::ReadFeed)?;
    let work = begin!(service, call);
    webhooks::find_for_update(&work.tx, id, owner(call.actor).as_deref()).await?.ok_or_else(ServiceError::not_found)?;
    webhooks::delete(&work.tx, id).await?;
    work.note("webhookEndpointDelete", ("webhookEndpoint", id.0), json!({}));
    work.commit(id.0).await?;
    Ok(id)
}

/// One's own endpoints; everybody's for admins.
pub async fn list(service: &Service, actor: &Actor) -> Result<Vec<WebhookEndpoint>, ServiceError> {
    permit(actor, Action::ReadFeed)?;
    Ok(webhooks::list(&service.store, owner(actor).as_deref(), LISTED).await?)
}

/// The endpoint with an id, of one's own; anybody's for admins.
pub async fn find(service: &Service, actor: &Actor, id: WebhookEndpointId) -> Result<Option<WebhookEndpoint>, ServiceError> {
    permit(actor, Action::ReadFeed)?;
    Ok(webhooks::find(&service.store, id, owner(actor).as_deref()).await?)
}

/// The newest tries of an endpoint that was found before.
pub async fn attempts(service: &Service, endpoint: WebhookEndpointId, limit: u64) -> Result<Vec<WebhookAttempt>, ServiceError> {
    Ok(webhooks::attempts(&service.store, endpoint, limit).await?)
}

async fn change(
    service: &Service,
    call: &Call<'_>,
    id: WebhookEndpointId,
    action: &'static str,
    edit: impl FnOnce(&mut WebhookEndpoint) -> Result<(), ServiceError>,
) -> Result<WebhookEndpointId, ServiceError> {
    permit(call.actor, Action::ReadFeed)?;
    let work = begin!(service, call);
    let found = webhooks::find_for_update(&work.tx, id, owner(call.actor).as_deref()).await?;
    let mut endpoint = found.ok_or_else(ServiceError::not_found)?;
    edit(&mut endpoint)?;
    endpoint.due_at = work.at;
    endpoint.updated_at = work.at;
    webhooks::update(&work.tx, &endpoint).await?;
    work.note(action, ("webhookEndpoint", id.0), json!({ "url": endpoint.url, "state": endpoint.state.code() }));
    work.commit(id.0).await?;
    Ok(id)
}

/// Whose endpoints an actor sees: its own, or everybody's.
fn owner(actor: &Actor) -> Option<String> {
    let sees_all = *actor == Actor::System || actor.holds(Role::Admin);
    (!sees_all).then(|| actor.principal())
}

/// An address that messages may go to: https and public, unless this deployment calls private addresses.
fn address(service: &Service, form: &mut Form, text: &str) -> Option<String> {
    let url = form.url("url", text)?;
    let parsed = url::Url::parse(&url).ok()?;
    if service.outbound.may_call(&parsed) {
        return Some(url);
    }
    form.refuse("url", Reason::InvalidUrl);
    None
}

fn cursor_reason(error: CursorError) -> Reason {
    if error == CursorError::Mismatch { Reason::CursorMismatch } else { Reason::CursorInvalid }
}

fn seal(service: &Service, secret: &str) -> Result<String, ServiceError> {
    service.secrets.seal(PURPOSE, secret).map_err(|error| ServiceError::Internal(error.to_string()))
}
