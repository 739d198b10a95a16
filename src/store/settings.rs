//! Small facts about this database: the feed's epoch, sealed keys.

use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};

use crate::store::{
    Db, StoreError,
    entity::setting::{ActiveModel, Column, Entity},
};

/// Reads a setting.
pub async fn get(db: &impl Db, name: &str) -> Result<Option<String>, StoreError> {
    Ok(Entity::find_by_id(name.to_owned()).one(db.connection()).await?.map(|row| row.value))
}

/// Writes a setting unless it exists, and returns what is there then: the first writer wins among replicas.
pub async fn get_or_put(db: &impl Db, name: &str, value: &str) -> Result<String, StoreError> {
    let row = ActiveModel { name: Set(name.to_owned()), value: Set(value.to_owned()) };
    let keep = OnConflict::column(Column::Name).do_nothing().to_owned();
    Entity::insert(row).on_conflict(keep).exec_without_returning(db.connection()).await?;
    get(db, name).await?.ok_or(StoreError::Corrupt("setting"))
}

/// Writes a setting in place of what is there.
pub async fn put(db: &impl Db, name: &str, value: &str) -> Result<(), StoreError> {
    let row = ActiveModel { name: Set(name.to_owned()), value: Set(value.to_owned()) };
    let newer = OnConflict::column(Column::Name).update_column(Column::Value).to_owned();
    Entity::insert(row).on_conflict(newer).exec_without_returning(db.connection()).await?;
    Ok(())
}
