//! Telling webhook endpoints: one message at a time each, in the order of the feed, until it is taken.
//!
//! An endpoint is a place in the feed. What comes after the place is read when it is sent, so that a message that waited tells what is true
//! now; the place moves on only when the message was taken. Whoever stops in between sends the same again, under the same id.

use async_trait::async_trait;
use chrono::Duration;
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        cursor::FeedPosition,
        feed::FeedScope,
        id::{ApiKeyId, UserId, WebhookEndpointId},
        webhook::{Verdict, WebhookState, again_after, message_id, signatures, verdict},
    },
    marketplace::client::{Content, Method, Outgoing},
    notify::Letter,
    service::{Service, ServiceError, feed, keys, sessions, webhooks as endpoints},
    store::{
        Tx, accounts, api_keys, changes,
        webhooks::{self, Audience, WebhookAttempt, WebhookEndpoint},
    },
};

/// Changes in one message.
const BATCH: u64 = 100;
/// How long one message may take before another worker sends it; calls are cut after fifteen seconds.
const LEASE: Duration = Duration::seconds(30);
/// How long tries are kept.
const LOG: Duration = Duration::days(30);

/// Makes the pages that messages carry.
#[async_trait]
pub trait Pages: Send + Sync {
    /// The `ListingChangePage` of a scope after a cursor, with at most so many changes.
    async fn changes(&self, service: &Service, scope: &FeedScope, since: &str, first: u64) -> Result<Value, ServiceError>;
}

/// What a receiver made of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// HTTP status; `None` without an answer.
    pub status: Option<u16>,
    /// What went wrong.
    pub error: Option<String>,
    /// How long it took.
    pub milliseconds: u32,
}

/// Takes endpoints that have something to be told, at most `limit`; `None` when no endpoint is active at all.
pub async fn claim(service: &Service, limit: u64) -> Result<Option<Vec<WebhookEndpoint>>, ServiceError> {
    let now = service.clock.now();
    match webhooks::audience(&service.store, now).await? {
        Audience::Nobody => return Ok(None),
        Audience::Informed => return Ok(Some(Vec::new())),
        Audience::Due => {}
    }
    let tx = service.store.begin().await?;
    let claimed = webhooks::claim(&tx, (now, now + LEASE), limit).await?;
    tx.commit().await?;
    Ok(Some(claimed))
}

/// Sends the next message to an endpoint that was claimed.
pub async fn deliver(service: &Service, pages: &dyn Pages, endpoint: &WebhookEndpoint) -> Result<(), ServiceError> {
    let page = &pages.changes(service, &endpoint.scope, &endpoint.cursor.0, BATCH).await?;
    if !may_follow(service, &endpoint.principal).await? {
        return settle(service, endpoint, |stored| {
            stored.state = WebhookState::Disabled;
            stored.state_reason = Some("The owner may no longer read the feed.".to_owned());
        })
        .await;
    }
    let changes = page["changes"].as_array().map_or(0, Vec::len);
    let has_to_restart = page["snapshotRequired"] == true;
    let next = next_place(service, endpoint, page).await?;
    if changes == 0 && !has_to_restart {
        return settle(service, endpoint, |stored| stored.cursor = next).await;
    }
    let body = page.to_string().into_bytes();
    let id = message_id(&endpoint.id.to_string(), &body);
    let delivered = send(service, endpoint, &id, body).await?;
    log(service, endpoint.id, &id, &delivered, changes).await?;
    let disabled = judge(service, endpoint, next, &delivered).await?;
    if disabled {
        notice(service, endpoint).await?;
    }
    Ok(())
}

/// Sends a page without changes, whatever waits, and tells what became of it.
pub async fn test(service: &Service, actor: &Actor, id: WebhookEndpointId) -> Result<Delivered, ServiceError> {
    let endpoint = endpoints::find(service, actor, id).await?.ok_or_else(ServiceError::not_found)?;
    let page = json!({
        "changes": [], "endCursor": endpoint.cursor.0, "hasMore": false, "horizon": endpoint.cursor.0, "snapshotRequired": false
    });
    let id = format!("msg_test_{}", service.new_id().simple());
    let delivered = send(service, &endpoint, &id, page.to_string().into_bytes()).await?;
    log(service, endpoint.id, &id, &delivered, 0).await?;
    Ok(delivered)
}

/// Forgets old tries.
pub(super) async fn forget(service: &Service) -> Result<(), ServiceError> {
    let tx = service.store.begin().await?;
    webhooks::forget_before(&tx, service.clock.now() - LOG).await?;
    Ok(tx.commit().await?)
}

/// Where an endpoint is once it took a page: at its end; after "take a snapshot" at the newest change, because the snapshot is newer.
async fn next_place(service: &Service, endpoint: &WebhookEndpoint, page: &Value) -> Result<(String, i64), ServiceError> {
    let resolved = feed::resolve(service, &endpoint.scope).await?;
    if page["snapshotRequired"] == true {
        let seq = changes::latest(&service.store).await?;
        let place = FeedPosition { epoch: service.feed_epoch, seq, after: None, from: seq, closed: resolved.closed };
        return Ok((service.cursors.seal(&resolved.name, &place), seq));
    }
    let cursor = page["endCursor"].as_str().unwrap_or_default();
    let place = feed::read(service, &resolved.name, cursor)?;
    Ok((cursor.to_owned(), place.seq))
}

async fn send(service: &Service, endpoint: &WebhookEndpoint, id: &str, body: Vec<u8>) -> Result<Delivered, ServiceError> {
    let now = service.clock.now();
    let sealed = std::iter::once(&endpoint.sealed_secret)
        .chain(endpoint.previous.as_ref().filter(|(_, until)| *until > now).map(|(secret, _)| secret));
    let opened = sealed.map(|sealed| service.secrets.open(endpoints::PURPOSE, sealed)).collect::<Result<Vec<_>, _>>();
    let secrets = opened.map_err(|error| ServiceError::Internal(error.to_string()))?;
    let signature = signatures(&secrets, &endpoints::signing_key(service), (id, now.timestamp(), &body));
    let url = Url::parse(&endpoint.url).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let headers = vec![
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", now.timestamp().to_string()),
        ("webhook-signature", signature),
        ("ocop-feed-cursor", endpoint.cursor.0.clone()),
    ];
    let begun = Instant::now();
    let answer = service.outbound.send(Outgoing { method: Method::POST, url, headers, content: Content::Json(body) }).await;
    let milliseconds = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
    let (status, error) = match answer {
        Ok(answer) if verdict(answer.status) == Verdict::Taken => (Some(answer.status), None),
        Ok(answer) => (Some(answer.status), Some(format!("answered {}", answer.status))),
        Err(error) => (None, Some(error.to_string())),
    };
    let outcome = if error.is_none() { "taken" } else { "failed" };
    metrics::counter!("ocop_webhook_messages_total", "outcome" => outcome).increment(1);
    Ok(Delivered { status, error, milliseconds })
}

async fn log(service: &Service, endpoint: WebhookEndpointId, id: &str, what: &Delivered, changes: usize) -> Result<(), ServiceError> {
    let attempt = WebhookAttempt {
        message_id: id.to_owned(),
        at: service.clock.now(),
        status: what.status,
        error: what.error.clone(),
        changes: u32::try_from(changes).unwrap_or(u32::MAX),
        milliseconds: what.milliseconds,
    };
    let tx = service.store.begin().await?;
    if webhooks::find_for_update(&tx, endpoint, None).await?.is_some() {
        webhooks::log(&tx, service.new_id(), endpoint, &attempt).await?;
    }
    Ok(tx.commit().await?)
}

/// Moves an endpoint on, or sets its next try; tells whether it was given up.
async fn judge(service: &Service, endpoint: &WebhookEndpoint, next: (String, i64), what: &Delivered) -> Result<bool, ServiceError> {
    let now = service.clock.now();
    let mut is_disabled = false;
    settle(service, endpoint, |stored| match what.status.map_or(Verdict::Again, verdict) {
        Verdict::Taken => {
            stored.cursor = next;
            (stored.failures, stored.failing_since, stored.due_at) = (0, None, now);
        }
        Verdict::Gone => {
            stored.state = WebhookState::Paused;
            stored.state_reason = Some("The receiver answered 410: it wants nothing any more.".to_owned());
        }
        Verdict::Again => {
            let since = stored.failing_since.unwrap_or(now);
            stored.failures += 1;
            stored.failing_since = Some(since);
            match again_after(stored.failures) {
                Some(after) => stored.due_at = (since + after).max(now),
                None => {
                    stored.state = WebhookState::Disabled;
                    stored.state_reason =
                        Some(format!("Nothing was taken for 72 hours; last: {}.", what.error.as_deref().unwrap_or("no answer")));
                    is_disabled = true;
                }
            }
        }
    })
    .await?;
    Ok(is_disabled)
}

/// Stores what became of an endpoint, unless its owner put it elsewhere meanwhile, and gives it back.
async fn settle(service: &Service, endpoint: &WebhookEndpoint, edit: impl FnOnce(&mut WebhookEndpoint)) -> Result<(), ServiceError> {
    let tx: Tx = service.store.begin().await?;
    if let Some(mut stored) = webhooks::find_for_update(&tx, endpoint.id, None).await? {
        if stored.cursor == endpoint.cursor && stored.state == WebhookState::Active {
            edit(&mut stored);
            webhooks::update(&tx, &stored).await?;
        }
        webhooks::release(&tx, endpoint.id).await?;
    }
    Ok(tx.commit().await?)
}

/// Whether the owner of an endpoint may still read the feed.
async fn may_follow(service: &Service, principal: &str) -> Result<bool, ServiceError> {
    Ok(match owner(principal) {
        Some(Owner::Key(id)) => api_keys::find(&service.store, id)
            .await?
            .filter(|key| key.revoked_at.is_none())
            .is_some_and(|key| permit(&Actor::ApiKey { id, scopes: key.scopes }, Action::ReadFeed).is_ok()),
        Some(Owner::Person(id)) => match sessions::person(service, id).await {
            Ok(actor) => permit(&actor, Action::ReadFeed).is_ok(),
            Err(sessions::AuthError::Invalid) => false,
            Err(sessions::AuthError::Service(error)) => return Err(error),
        },
        None => false,
    })
}

enum Owner {
    Key(ApiKeyId),
    Person(UserId),
}

fn owner(principal: &str) -> Option<Owner> {
    let (kind, id) = principal.split_once(':')?;
    let id: uuid::Uuid = id.parse().ok()?;
    match kind {
        "key" => Some(Owner::Key(id.into())),
        "person" => Some(Owner::Person(id.into())),
        _ => None,
    }
}

/// Tells the owner that an endpoint was given up.
async fn notice(service: &Service, endpoint: &WebhookEndpoint) -> Result<(), ServiceError> {
    let account = match owner(&endpoint.principal) {
        Some(Owner::Key(id)) => api_keys::find(&service.store, id).await?.map(|key| key.account_id),
        Some(Owner::Person(id)) => Some(id),
        None => None,
    };
    let account = match account {
        Some(id) => accounts::find(&service.store, id).await?,
        None => None,
    };
    let letter = Letter {
        id: keys::uuid_v7(service.clock.now()).to_string(),
        to: account.into_iter().map(|account| account.email).collect(),
        subject: "Webhook OCOP đã ngừng".to_owned(),
        text: format!(
            "Địa chỉ {} không nhận thông báo nào trong 72 giờ nên đã ngừng. Không thay đổi nào bị mất: hãy sửa địa chỉ rồi bật lại, \
             mọi thay đổi từ lúc ngừng sẽ được gửi.\n",
            endpoint.url
        ),
        facts: json!({ "event": "webhook.disabled", "endpoint": endpoint.id, "url": endpoint.url }),
    };
    for via in service.notifier.ways() {
        if let Err(error) = service.notifier.deliver(via, &letter).await {
            tracing::warn!(via = via.code(), why = error.0, "the notice of a disabled webhook was not delivered");
        }
    }
    Ok(())
}
