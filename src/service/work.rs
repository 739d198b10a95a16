//! A unit of work: one transaction with its audit entries, its remembered answer and, as its last statement, its change log.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    domain::{actor::Actor, reason::Reason},
    service::{Service, ServiceError, keys},
    store::{
        Tx,
        changes::{self, NewChange},
        journal::{self, AuditEntry, RequestKey},
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
        let work = Work { tx, at, principal: call.actor.principal(), request: call.request.clone(), changes: Vec::new() };
        Ok(Begun::Fresh(Box::new(work)))
    }
}

impl Work {
    /// Notes in the audit log what is done.
    pub(super) async fn audit(&self, action: &'static str, object: (&'static str, Uuid), facts: Value) -> Result<(), ServiceError> {
        let entry = AuditEntry {
            id: keys::uuid_v7(self.at),
            at: self.at,
            principal: self.principal.clone(),
            action,
            object_kind: object.0,
            object_id: object.1,
            facts: facts.to_string(),
        };
        Ok(journal::audit(&self.tx, &entry).await?)
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
        changes::append(&self.tx, &self.changes, self.at).await?;
        Ok(self.tx.commit().await?)
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
