//! How far the feed's consumers have read, as they said themselves.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    domain::feed::FeedScope,
    store::{
        Db, StoreError,
        entity::feed_consumer::{Column, Entity, Model},
        instant::{instant, micros},
    },
};

/// A consumer as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedConsumer {
    /// Whose it is.
    pub principal: String,
    /// Its name among those of its principal.
    pub name: String,
    /// What it follows.
    pub scope: FeedScope,
    /// The life of the feed it read in.
    pub epoch: i64,
    /// Up to where it has read.
    pub seq: i64,
    /// When it said so.
    pub acknowledged_at: DateTime<Utc>,
}

/// The consumer of a principal with a name, locked until the transaction ends.
pub async fn find_for_update(db: &impl Db, principal: &str, name: &str) -> Result<Option<FeedConsumer>, StoreError> {
    let key = (principal.to_owned(), name.to_owned());
    Entity::find_by_id(key).lock_exclusive().one(db.connection()).await?.map(domain).transpose()
}

/// Stores a consumer in place of what was stored before.
pub async fn put(db: &impl Db, consumer: &FeedConsumer) -> Result<(), StoreError> {
    let row = Model {
        principal: consumer.principal.clone(),
        name: consumer.name.clone(),
        scope: consumer.scope.name(),
        epoch: consumer.epoch,
        seq: consumer.seq,
        acknowledged_at: micros(consumer.acknowledged_at),
    };
    let newer = sea_orm::sea_query::OnConflict::columns([Column::Principal, Column::Name])
        .update_columns([Column::Scope, Column::Epoch, Column::Seq, Column::AcknowledgedAt])
        .to_owned();
    Entity::insert(row.into_active_model().reset_all()).on_conflict(newer).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// How many consumers a principal has.
pub async fn count(db: &impl Db, principal: &str) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(Column::Principal.eq(principal)).count(db.connection()).await?)
}

/// The consumers of a principal, or everybody's, by name; at most `limit`.
pub async fn list(db: &impl Db, principal: Option<&str>, limit: u64) -> Result<Vec<FeedConsumer>, StoreError> {
    let mut query = Entity::find().order_by_asc(Column::Principal).order_by_asc(Column::Name).limit(limit);
    if let Some(principal) = principal {
        query = query.filter(Column::Principal.eq(principal));
    }
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

fn domain(row: Model) -> Result<FeedConsumer, StoreError> {
    Ok(FeedConsumer {
        scope: FeedScope::of_name(&row.scope).ok_or(StoreError::Corrupt("feed_consumer.scope"))?,
        principal: row.principal,
        name: row.name,
        epoch: row.epoch,
        seq: row.seq,
        acknowledged_at: instant(row.acknowledged_at)?,
    })
}
