//! Rulebooks as published.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder, sea_query::OnConflict};

use crate::{
    domain::rulebook::Rulebook,
    store::{
        Db, StoreError,
        entity::rulebook::{Column, Entity, Model},
        error::{json, to_json},
        instant::micros,
    },
};

/// All rulebooks, the oldest first; a handful.
pub async fn all(db: &impl Db) -> Result<Vec<Rulebook>, StoreError> {
    let rows = Entity::find().order_by_asc(Column::ValidFrom).order_by_asc(Column::Code).all(db.connection()).await?;
    rows.iter().map(|row| json(&row.body, "rulebook.body")).collect()
}

/// The rulebook of a decision.
pub async fn find(db: &impl Db, code: &str) -> Result<Option<Rulebook>, StoreError> {
    let row = Entity::find_by_id(code.to_owned()).one(db.connection()).await?;
    row.map(|row| json(&row.body, "rulebook.body")).transpose()
}

/// Stores a rulebook unless one with its code is there, and returns what is there then.
pub async fn put(db: &impl Db, book: &Rulebook, at: DateTime<Utc>) -> Result<Rulebook, StoreError> {
    let row = Model { code: book.code.clone(), body: to_json(book), valid_from: book.valid_from, loaded_at: micros(at) };
    let keep = OnConflict::column(Column::Code).do_nothing().to_owned();
    Entity::insert(row.into_active_model().reset_all()).on_conflict(keep).exec_without_returning(db.connection()).await?;
    find(db, &book.code).await?.ok_or(StoreError::Corrupt("rulebook"))
}
