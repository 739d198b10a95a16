//! A unit of work: one transaction with its audit entries, its remembered answer and, as its last statement, its change log.

use chrono::{DateTime, Utc};
use serde_json::Value;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

use crate::{
    domain::{
        actor::Actor,
        audit::{Entry, Link},
        reason::Reason,
    },
    service::{Service, ServiceError, keys},
    store::{
        Topic, Tx, audit,
        changes::{self, NewChange},
        ends::{self, Log},
        journal::{self, RequestKey},
    },
};

/// Who calls a use case, and under which idempotency key.
pub struct Call<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// The key under which the answer is remembered for 24 hours.
    pub request: Option<RequestKey>,
}

impl<'a> Call<'a> {
    /// A call without a key.
    pub const fn new(actor: &'a Actor) -> Self {
        Self { actor, request: None }
    }
}

/// What beginning a call leads to.
pub(super) enum Begun {
    /// Do it.
    Fresh(Box<Work>),
    /// It was done before, on this object.
    Done(Uuid),
}

/// One transaction of a use case.
pub(super) struct Work {
    pub(super) tx: Tx,
    pub(super) at: DateTime<Utc>,
    principal: String,
    request: Option<RequestKey>,
    changes: Vec<NewChange>,
    noted: Mutex<Vec<Noted>>,
    service: Service,
}

/// What an entry of the decision log is about.
pub(super) struct Object {
    kind: &'static str,
    id: Uuid,
    /// Its version after the change; 0 where it has none.
    version: i32,
}

struct Noted {
    action: &'static str,
    object: Object,
    facts: Value,
}

impl Service {
    /// Begins a call, or finds that it was done before under the same key.
    pub(super) async fn begin(&self, call: &Call<'_>) -> Result<Begun, ServiceError> {
        let at = self.clock.now();
        let tx = self.store.begin().await?;
        if let Some(request) = &call.request
            && let Some(before) = journal::take_key(&tx, request, at).await?
        {
            if before.arguments_hash != request.arguments_hash {
                return Err(ServiceError::refused("idempotencyKey", Reason::IdempotencyKeyReused));
            }
            return before
                .object_id
                .map(Begun::Done)
                .ok_or_else(|| ServiceError::Internal("a remembered request without its object".into()));
        }
        let work = Work {
            tx,
            at,
            principal: call.actor.principal(),
            request: call.request.clone(),
            changes: Vec::new(),
            noted: Mutex::new(Vec::new()),
            service: self.clone(),
        };
        Ok(Begun::Fresh(Box::new(work)))
    }
}

impl Work {
    /// Notes for the decision log what is done; it is written with the commit.
    pub(super) fn note(&self, action: &'static str, object: impl Into<Object>, facts: Value) {
        let noted = Noted { action, object: object.into(), facts };
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).push(noted);
    }

    /// Queues a row of the change log; it is written with the commit.
    pub(super) fn announce(&mut self, change: NewChange) {
        self.changes.push(change);
    }

    /// Makes everything durable at once and remembers the object for a repeated request.
    pub(super) async fn commit(self, object: Uuid) -> Result<(), ServiceError> {
        if let Some(request) = &self.request {
            journal::remember(&self.tx, request, object).await?;
        }
        let (topics, noted) = (self.topics(), std::mem::take(&mut *self.noted.lock().unwrap_or_else(PoisonError::into_inner)));
        let logs = [(!noted.is_empty()).then_some(Log::Decisions), (!self.changes.is_empty()).then_some(Log::Changes)];
        let logs: Vec<_> = logs.into_iter().flatten().collect();
        if !logs.is_empty() {
            let ends = ends::hold(&self.tx, &logs, &topics).await?;
            audit::append(&self.tx, &self.links(noted, ends.link.clone())?).await?;
            changes::append(&self.tx, &ends, &self.changes, self.at).await?;
        }
        self.tx.commit().await?;
        self.service.wakes.committed(&topics);
        Ok(())
    }

    /// What others may wait for in this commit.
    fn topics(&self) -> Vec<Topic> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let about = |kinds: &[&str]| noted.iter().any(|noted| kinds.contains(&noted.object.kind));
        let topics = [
            (!self.changes.is_empty()).then_some([Topic::Feed, Topic::Channels].as_slice()),
            about(&["dossier", "rating", "councilSession", "scoreSheet"]).then_some([Topic::Dossiers].as_slice()),
            about(&["channel", "channelListing"]).then_some([Topic::Channels].as_slice()),
        ];
        topics.into_iter().flatten().flatten().copied().collect()
    }

    /// Binds what was noted to the end of the decision log and signs it.
    fn links(&self, noted: Vec<Noted>, (mut seq, mut hash): (i64, String)) -> Result<Vec<Link>, ServiceError> {
        let mut links = Vec::with_capacity(noted.len());
        for Noted { action, object, facts } in noted {
            seq += 1;
            let entry = Entry {
                seq,
                id: keys::uuid_v7(self.at),
                at: self.at,
                principal: self.principal.clone(),
                action: action.to_owned(),
                object_kind: object.kind.to_owned(),
                object_id: object.id,
                object_version: object.version,
                facts,
            };
            let own = entry.hash(&hash);
            let signature = self.service.tokens.seal_entry(seq, &own)?;
            links.push(Link { entry, previous_hash: std::mem::replace(&mut hash, own.clone()), hash: own, signature });
        }
        Ok(links)
    }
}

impl From<(&'static str, Uuid)> for Object {
    fn from((kind, id): (&'static str, Uuid)) -> Self {
        Self { kind, id, version: 0 }
    }
}

impl From<(&'static str, Uuid, i32)> for Object {
    fn from((kind, id, version): (&'static str, Uuid, i32)) -> Self {
        Self { kind, id, version }
    }
}

/// Begins a call; returns from the calling function when it was done before.
macro_rules! begin {
    ($service:expr, $call:expr) => {
        match $service.begin($call).await? {
            $crate::service::work::Begun::Fresh(work) => work,
            $crate::service::work::Begun::Done(object) => return Ok(object.into()),
        }
    };
}
pub(super) use begin;
