//! The change log. Rows are appended as the last step of the transaction that made the change, under one advisory lock on
//! PostgreSQL and the single writer on SQLite, so that numbers become visible in their order and no reader misses one.
//! Readers see only the newest row of each listing: what they are told is the listing's state, not its history.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::{
    domain::{
        id::ListingId,
        listing::{ChangeCause, RemovalReason},
    },
    store::{
        Db, StoreError, Tx,
        connection::CHANGE_LOCK,
        entity::listing_change::{ActiveModel, Column, Entity, Model},
        error::coded,
        instant::{instant, micros},
    },
};

/// A change to be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChange {
    /// The listing.
    pub listing_id: ListingId,
    /// Its record version after the change.
    pub version: i32,
    /// What caused it.
    pub causes: Vec<ChangeCause>,
    /// Why it is gone; `None` when it is visible.
    pub reason: Option<RemovalReason>,
}

/// A change as logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Place in the order of commits.
    pub seq: i64,
    /// The listing.
    pub listing_id: ListingId,
    /// Its record version after the change.
    pub version: i32,
    /// What caused it.
    pub causes: Vec<ChangeCause>,
    /// Why it is gone; `None` when it is visible.
    pub reason: Option<RemovalReason>,
    /// When the change was made.
    pub committed_at: DateTime<Utc>,
}

/// Appends changes; must be the last statement before the commit, because other writers wait from here on.
pub async fn append(tx: &Tx, changes: &[NewChange], at: DateTime<Utc>) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let connection = tx.connection();
    if connection.get_database_backend() == DatabaseBackend::Postgres {
        connection.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({CHANGE_LOCK})")).await?;
    }
    let last = latest(tx).await?;
    let superseded = ActiveModel { is_latest: Set(false), ..Default::default() };
    Entity::update_many()
        .set(superseded)
        .filter(Column::ListingId.is_in(changes.iter().map(|c| c.listing_id.0)))
        .filter(Column::IsLatest.eq(true))
        .exec(connection)
        .await?;
    let rows = changes.iter().zip(last + 1..).map(|(change, seq)| row(change, seq, at).into_active_model().reset_all());
    Entity::insert_many(rows).exec_without_returning(connection).await?;
    Ok(())
}

/// The newest number; 0 for an empty log.
pub async fn latest(db: &impl Db) -> Result<i64, StoreError> {
    let found: Option<i64> =
        Entity::find().select_only().column(Column::Seq).order_by_desc(Column::Seq).into_tuple().one(db.connection()).await?;
    Ok(found.unwrap_or(0))
}

/// The newest change of each listing after a number, in order.
pub async fn after(db: &impl Db, seq: i64, limit: u64) -> Result<Vec<Change>, StoreError> {
    let query = Entity::find().filter(Column::IsLatest.eq(true)).filter(Column::Seq.gt(seq)).order_by_asc(Column::Seq).limit(limit);
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

fn row(change: &NewChange, seq: i64, at: DateTime<Utc>) -> Model {
    let causes: Vec<_> = change.causes.iter().map(|c| c.code()).collect();
    Model {
        seq,
        listing_id: change.listing_id.0,
        version: change.version,
        causes: causes.join(" "),
        reason: change.reason.map(|r| r.code().to_owned()),
        committed_at: micros(at),
        is_latest: true,
    }
}

fn domain(row: Model) -> Result<Change, StoreError> {
    let causes = row.causes.split(' ').filter(|c| !c.is_empty());
    Ok(Change {
        seq: row.seq,
        listing_id: row.listing_id.into(),
        version: row.version,
        causes: causes.map(|c| coded(ChangeCause::parse_code(c), "listing_change.causes")).collect::<Result<_, _>>()?,
        reason: row.reason.map(|r| coded(RemovalReason::parse_code(&r), "listing_change.reason")).transpose()?,
        committed_at: instant(row.committed_at)?,
    })
}
