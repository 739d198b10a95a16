//! The calls of pushes, kept for their owners to read.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait, Func, Order, Query, WindowStatement},
};

use crate::{
    domain::{
        channel::{Attempt, AttemptCall, SyncError},
        id::ChannelListingId,
        sync::Trouble,
    },
    store::{
        Db, StoreError,
        entity::sync_attempt::{Column, Entity, Model},
        error::coded,
        instant::{instant, micros},
    },
};

/// Stores the calls of a push.
pub async fn append(db: &impl Db, attempts: &[Attempt]) -> Result<(), StoreError> {
    if attempts.is_empty() {
        return Ok(());
    }
    let rows = attempts.iter().map(|a| row(a).into_active_model().reset_all());
    Entity::insert_many(rows).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// The newest calls of each of some listings on channels, newest first, at most `each` a listing.
pub async fn newest(db: &impl Db, of: &[ChannelListingId], each: u32) -> Result<Vec<Attempt>, StoreError> {
    let mut ranked = Query::select();
    let newest_first = WindowStatement::partition_by(Column::ChannelListingId).order_by(Column::Id, Order::Desc).to_owned();
    ranked
        .column(Column::Id)
        .expr_window_as(Func::cust("ROW_NUMBER"), newest_first, "place")
        .from(Entity)
        .and_where(Column::ChannelListingId.is_in(of.iter().map(|id| id.0)));
    let mut kept = Query::select();
    kept.column(Column::Id).from_subquery(ranked, "ranked").and_where(Expr::col("place").lte(each));
    let query = Entity::find().filter(Column::Id.in_subquery(kept)).order_by_desc(Column::Id);
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

/// Forgets calls before an instant; returns how many.
pub async fn forget_before(db: &impl Db, at: DateTime<Utc>) -> Result<u64, StoreError> {
    Ok(Entity::delete_many().filter(Column::At.lt(micros(at))).exec(db.connection()).await?.rows_affected)
}

fn row(a: &Attempt) -> Model {
    Model {
        id: a.id,
        channel_listing_id: a.channel_listing_id.0,
        call: a.call.code().to_owned(),
        kind: a.error.as_ref().map(|e| e.kind.code().to_owned()),
        code: a.error.as_ref().map(|e| e.code.clone()),
        message: a.error.as_ref().map(|e| e.message.clone()),
        request_id: a.error.as_ref().and_then(|e| e.request_id.clone()),
        millis: i32::try_from(a.millis).unwrap_or(i32::MAX),
        at: micros(a.at),
    }
}

fn domain(row: Model) -> Result<Attempt, StoreError> {
    let error = match row.kind {
        Some(kind) => Some(SyncError {
            kind: coded(Trouble::parse_code(&kind), "sync_attempt.kind")?,
            code: row.code.unwrap_or_default(),
            message: row.message.unwrap_or_default(),
            request_id: row.request_id,
            field: None,
        }),
        None => None,
    };
    Ok(Attempt {
        id: row.id,
        channel_listing_id: row.channel_listing_id.into(),
        call: coded(AttemptCall::parse_code(&row.call), "sync_attempt.call")?,
        error,
        millis: u32::try_from(row.millis).unwrap_or(0),
        at: instant(row.at)?,
    })
}
