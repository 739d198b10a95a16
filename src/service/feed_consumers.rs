//! What consumers of the feed say they have applied, and how far behind they are.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        actor::{Action, Actor, Role, permit},
        cursor::{CursorError, FeedPosition},
        feed::FeedScope,
        reason::Reason,
    },
    service::{Service, ServiceError, feed},
    store::{
        changes,
        feed_consumers::{self, FeedConsumer},
    },
};

/// Consumers of one principal.
const MANY: usize = 20;
/// Consumers in one answer.
const LISTED: u64 = 500;
const NAME_CHARS: usize = 50;
/// Changes are counted no further.
const COUNTED: u64 = 10_000;

/// A consumer with how far it is behind.
#[derive(Debug, Clone)]
pub struct Followed {
    /// What it said.
    pub consumer: FeedConsumer,
    /// The cursor that it acknowledged.
    pub cursor: String,
    /// Listings that changed since, counted up to ten thousand.
    pub behind: u64,
    /// When the first of these changes was made.
    pub since: Option<DateTime<Utc>>,
}

/// Notes that a consumer has applied everything up to a cursor. An older cursor than the one noted changes nothing: acknowledgements may
/// arrive twice and out of order.
pub async fn acknowledge(service: &Service, actor: &Actor, name: &str, cursor: &str) -> Result<Followed, ServiceError> {
    permit(actor, Action::ReadFeed)?;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > NAME_CHARS || !name.chars().all(is_allowed) {
        return Err(ServiceError::refused("consumer", Reason::InvalidName));
    }
    let (scope, at) = applied(service, cursor).map_err(|error| {
        let is_other = error == CursorError::Mismatch;
        ServiceError::refused("cursor", if is_other { Reason::CursorMismatch } else { Reason::CursorInvalid })
    })?;
    let principal = actor.principal();
    let tx = service.store.begin().await?;
    let known = feed_consumers::find_for_update(&tx, &principal, name).await?;
    if known.is_none() && feed_consumers::count(&tx, &principal).await? >= MANY as u64 {
        return Err(ServiceError::refused("consumer", Reason::TooMany { max: MANY }));
    }
    let is_older = |old: &FeedConsumer| old.scope == scope && old.epoch == at.epoch && old.seq > at.seq;
    let consumer = match known {
        Some(known) if is_older(&known) => known,
        _ => {
            let name = name.to_owned();
            FeedConsumer { principal, name, scope, epoch: at.epoch, seq: at.seq, acknowledged_at: service.clock.now() }
        }
    };
    feed_consumers::put(&tx, &consumer).await?;
    tx.commit().await?;
    followed(service, consumer).await
}

/// The state of the catalog that a cursor stands for; a page of a snapshot is none yet.
fn applied(service: &Service, cursor: &str) -> Result<(FeedScope, FeedPosition), CursorError> {
    let (name, at) = service.cursors.open_any::<FeedPosition>(cursor)?;
    let scope = FeedScope::of_name(&name).filter(|_| at.after.is_none()).ok_or(CursorError::Mismatch)?;
    if at.epoch == service.feed_epoch { Ok((scope, at)) } else { Err(CursorError::OtherEpoch) }
}

/// The actor's consumers; everybody's for admins.
pub async fn list(service: &Service, actor: &Actor) -> Result<Vec<Followed>, ServiceError> {
    permit(actor, Action::ReadFeed)?;
    let sees_all = *actor == Actor::System || actor.holds(Role::Admin);
    let principal = (!sees_all).then(|| actor.principal());
    let mut listed = Vec::new();
    for consumer in feed_consumers::list(&service.store, principal.as_deref(), LISTED).await? {
        listed.push(followed(service, consumer).await?);
    }
    Ok(listed)
}

async fn followed(service: &Service, consumer: FeedConsumer) -> Result<Followed, ServiceError> {
    let resolved = feed::resolve(service, &consumer.scope).await?;
    let seq = if consumer.epoch == service.feed_epoch { consumer.seq } else { 0 };
    let (behind, since) = match resolved.closed {
        true => (0, None),
        false => changes::lag(&service.store, &resolved.scope, seq, COUNTED).await?,
    };
    let place = FeedPosition { epoch: consumer.epoch, seq: consumer.seq, after: None, from: 0, closed: resolved.closed };
    Ok(Followed { cursor: service.cursors.seal(&resolved.name, &place), consumer, behind, since })
}
