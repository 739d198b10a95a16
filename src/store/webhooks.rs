//! Webhook endpoints and the tries to tell them.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
    sea_query::{Expr, ExprTrait, Query, SimpleExpr},
};
use uuid::Uuid;

use crate::{
    domain::{feed::FeedScope, id::WebhookEndpointId, webhook::WebhookState},
    store::{
        Db, StoreError,
        entity::{
            listing_change, webhook_attempt,
            webhook_endpoint::{ActiveModel, Column, Entity, Model},
        },
        error::coded,
        instant::{instant, micros, opt_instant},
    },
};

/// An endpoint as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEndpoint {
    /// Identity.
    pub id: WebhookEndpointId,
    /// Whose it is.
    pub principal: String,
    /// Where messages go.
    pub url: String,
    /// What it is told of.
    pub scope: FeedScope,
    /// Its secret, sealed.
    pub sealed_secret: String,
    /// The secret before, sealed, and until when it signs too.
    pub previous: Option<(String, DateTime<Utc>)>,
    /// Whether it is told.
    pub state: WebhookState,
    /// Why it is not.
    pub state_reason: Option<String>,
    /// Up to where it was told, and the number in it.
    pub cursor: (String, i64),
    /// Tries in a row that failed.
    pub failures: u32,
    /// When the first of them was.
    pub failing_since: Option<DateTime<Utc>>,
    /// Not tried before.
    pub due_at: DateTime<Utc>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookAttempt {
    /// The message's id.
    pub message_id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// HTTP status; `None` without an answer.
    pub status: Option<u16>,
    /// What went wrong.
    pub error: Option<String>,
    /// Changes in the message.
    pub changes: u32,
    /// How long it took.
    pub milliseconds: u32,
}

/// Stores a new endpoint.
pub async fn insert(db: &impl Db, endpoint: &WebhookEndpoint) -> Result<(), StoreError> {
    Entity::insert(row(endpoint).into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// Stores a changed endpoint; its lease stays.
pub async fn update(db: &impl Db, endpoint: &WebhookEndpoint) -> Result<bool, StoreError> {
    let mut changed = row(endpoint).into_active_model().reset_all();
    changed.lease_until = sea_orm::ActiveValue::NotSet;
    let done = Entity::update_many().set(changed).filter(Column::Id.eq(endpoint.id.0)).exec(db.connection()).await?;
    Ok(done.rows_affected == 1)
}

/// Deletes an endpoint with its log.
pub async fn delete(db: &impl Db, id: WebhookEndpointId) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(id.0).exec(db.connection()).await?.rows_affected == 1)
}

/// The endpoint with an id, of a principal where one is given.
pub async fn find(db: &impl Db, id: WebhookEndpointId, principal: Option<&str>) -> Result<Option<WebhookEndpoint>, StoreError> {
    Entity::find_by_id(id.0).filter(of(principal)).one(db.connection()).await?.map(domain).transpose()
}

/// The same, locked until the transaction ends.
pub async fn find_for_update(db: &impl Db, id: WebhookEndpointId, principal: Option<&str>) -> Result<Option<WebhookEndpoint>, StoreError> {
    Entity::find_by_id(id.0).filter(of(principal)).lock_exclusive().one(db.connection()).await?.map(domain).transpose()
}

/// How many endpoints a principal has.
pub async fn count(db: &impl Db, principal: &str) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(of(Some(principal))).count(db.connection()).await?)
}

/// Endpoints, of a principal where one is given, the oldest first; at most `limit`.
pub async fn list(db: &impl Db, principal: Option<&str>, limit: u64) -> Result<Vec<WebhookEndpoint>, StoreError> {
    let query = Entity::find().filter(of(principal)).order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(limit);
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

/// Whom there is to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// No endpoint is active.
    Nobody,
    /// All active ones know everything, or are being told, or are to be tried later.
    Informed,
    /// One is due.
    Due,
}

/// Whom there is to tell now.
pub async fn audience(db: &impl Db, now: DateTime<Utc>) -> Result<Audience, StoreError> {
    let is_there = |which: Condition| Expr::exists(Entity::find().select_only().column(Column::Id).filter(which).into_query());
    let active = Condition::all().add(Column::State.eq(WebhookState::Active.code()));
    let both = Query::select().expr(is_there(active)).expr(is_there(due(now))).to_owned();
    let row = db.connection().query_one(&both).await?.ok_or(StoreError::Corrupt("webhook_endpoint"))?;
    let (is_anybody, is_due): (bool, bool) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    Ok(match (is_anybody, is_due) {
        (_, true) => Audience::Due,
        (true, false) => Audience::Informed,
        (false, false) => Audience::Nobody,
    })
}

/// Takes endpoints that are due, until an instant: nobody else gets them before.
pub async fn claim(db: &impl Db, (now, until): (DateTime<Utc>, DateTime<Utc>), limit: u64) -> Result<Vec<WebhookEndpoint>, StoreError> {
    let rows = Entity::find().filter(due(now)).order_by_asc(Column::DueAt).limit(limit).all(db.connection()).await?;
    let mut claimed = Vec::new();
    for row in rows {
        let taken = Entity::update_many().col_expr(Column::LeaseUntil, Expr::value(micros(until)));
        let taken = taken.filter(Column::Id.eq(row.id)).filter(due(now)).exec(db.connection()).await?;
        if taken.rows_affected == 1 {
            claimed.push(domain(row)?);
        }
    }
    Ok(claimed)
}

/// An endpoint that may be told and was not told up to the newest change.
fn due(now: DateTime<Utc>) -> Condition {
    let newest = listing_change::Entity::find().select_only().column_as(listing_change::Column::Seq.max(), "newest").into_query();
    Condition::all()
        .add(Column::State.eq(WebhookState::Active.code()))
        .add(Column::DueAt.lte(micros(now)))
        .add(Column::LeaseUntil.lt(micros(now)))
        .add(Expr::col((Entity, Column::Seq)).lt(SimpleExpr::SubQuery(None, Box::new(newest.into()))))
}

/// Gives an endpoint back before its lease ends.
pub async fn release(db: &impl Db, id: WebhookEndpointId) -> Result<(), StoreError> {
    let free = ActiveModel { lease_until: Set(0), ..Default::default() };
    Entity::update_many().set(free).filter(Column::Id.eq(id.0)).exec(db.connection()).await?;
    Ok(())
}

/// Logs a try.
pub async fn log(db: &impl Db, id: Uuid, endpoint: WebhookEndpointId, attempt: &WebhookAttempt) -> Result<(), StoreError> {
    let row = webhook_attempt::Model {
        id,
        endpoint_id: endpoint.0,
        message_id: attempt.message_id.clone(),
        at: micros(attempt.at),
        status: attempt.status.map(i32::from),
        error: attempt.error.clone(),
        changes: i32::try_from(attempt.changes).unwrap_or(i32::MAX),
        milliseconds: i32::try_from(attempt.milliseconds).unwrap_or(i32::MAX),
    };
    webhook_attempt::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// The newest tries of an endpoint; at most `limit`.
pub async fn attempts(db: &impl Db, endpoint: WebhookEndpointId, limit: u64) -> Result<Vec<WebhookAttempt>, StoreError> {
    use webhook_attempt::Column as Attempt;
    let query = webhook_attempt::Entity::find().filter(Attempt::EndpointId.eq(endpoint.0));
    let rows = query.order_by_desc(Attempt::At).order_by_desc(Attempt::Id).limit(limit).all(db.connection()).await?;
    let attempt = |row: webhook_attempt::Model| {
        Ok(WebhookAttempt {
            message_id: row.message_id,
            at: instant(row.at)?,
            status: row.status.and_then(|status| u16::try_from(status).ok()),
            error: row.error,
            changes: u32::try_from(row.changes).unwrap_or_default(),
            milliseconds: u32::try_from(row.milliseconds).unwrap_or_default(),
        })
    };
    rows.into_iter().map(attempt).collect()
}

/// Forgets tries before an instant.
pub async fn forget_before(db: &impl Db, at: DateTime<Utc>) -> Result<(), StoreError> {
    webhook_attempt::Entity::delete_many().filter(webhook_attempt::Column::At.lt(micros(at))).exec(db.connection()).await?;
    Ok(())
}

fn of(principal: Option<&str>) -> Condition {
    principal.map_or_else(Condition::all, |principal| Condition::all().add(Column::Principal.eq(principal)))
}

fn row(e: &WebhookEndpoint) -> Model {
    Model {
        id: e.id.0,
        principal: e.principal.clone(),
        url: e.url.clone(),
        scope: e.scope.name(),
        sealed_secret: e.sealed_secret.clone(),
        previous_secret: e.previous.as_ref().map(|(secret, _)| secret.clone()),
        previous_until: e.previous.as_ref().map(|(_, until)| micros(*until)),
        state: e.state.code().to_owned(),
        state_reason: e.state_reason.clone(),
        cursor: e.cursor.0.clone(),
        seq: e.cursor.1,
        failures: i32::try_from(e.failures).unwrap_or(i32::MAX),
        failing_since: e.failing_since.map(micros),
        due_at: micros(e.due_at),
        lease_until: 0,
        created_at: micros(e.created_at),
        updated_at: micros(e.updated_at),
    }
}

fn domain(row: Model) -> Result<WebhookEndpoint, StoreError> {
    let until = opt_instant(row.previous_until)?;
    Ok(WebhookEndpoint {
        id: row.id.into(),
        scope: FeedScope::of_name(&row.scope).ok_or(StoreError::Corrupt("webhook_endpoint.scope"))?,
        principal: row.principal,
        url: row.url,
        sealed_secret: row.sealed_secret,
        previous: row.previous_secret.zip(until),
        state: coded(WebhookState::parse_code(&row.state), "webhook_endpoint.state")?,
        state_reason: row.state_reason,
        cursor: (row.cursor, row.seq),
        failures: u32::try_from(row.failures).unwrap_or_default(),
        failing_since: opt_instant(row.failing_since)?,
        due_at: instant(row.due_at)?,
        created_at: instant(row.created_at)?,
        updated_at: instant(row.updated_at)?,
    })
}
