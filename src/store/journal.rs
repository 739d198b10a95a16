//! The journal of requests that were answered already (idempotency).

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::OnConflict};
use uuid::Uuid;

use crate::store::{Db, StoreError, entity::idempotency, instant::micros};

/// Names a request: who, which field, which key, and a hash of its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Who asks.
    pub principal: String,
    /// The mutation field.
    pub field: String,
    /// The key the client chose.
    pub key: Uuid,
    /// Hash of the arguments.
    pub arguments_hash: String,
}

/// A request that came before under the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Hash of its arguments.
    pub arguments_hash: String,
    /// The object it changed or created.
    pub object_id: Option<Uuid>,
}

/// Takes a key for this transaction, or tells what was done under it before. A second request with the same key that runs at
/// the same time waits here until the first is committed or rolled back.
pub async fn take_key(db: &impl Db, request: &RequestKey, at: DateTime<Utc>) -> Result<Option<Remembered>, StoreError> {
    use idempotency::{Column, Entity, Model};
    let row = Model {
        principal: request.principal.clone(),
        field: request.field.clone(),
        request_key: request.key,
        arguments_hash: request.arguments_hash.clone(),
        object_id: None,
        created_at: micros(at),
    };
    let keep = OnConflict::columns([Column::Principal, Column::Field, Column::RequestKey]).do_nothing().to_owned();
    let inserted = Entity::insert(row.into_active_model().reset_all()).on_conflict(keep).exec_without_returning(db.connection()).await?;
    if inserted == 1 {
        return Ok(None);
    }
    let key = (request.principal.clone(), request.field.clone(), request.key);
    let row = Entity::find_by_id(key).one(db.connection()).await?.ok_or(StoreError::Contention)?;
    Ok(Some(Remembered { arguments_hash: row.arguments_hash, object_id: row.object_id }))
}

/// Remembers the object of a request whose key this transaction took.
pub async fn remember(db: &impl Db, request: &RequestKey, object: Uuid) -> Result<(), StoreError> {
    use idempotency::{ActiveModel, Column, Entity};
    let update = ActiveModel { object_id: Set(Some(object)), ..Default::default() };
    Entity::update_many()
        .set(update)
        .filter(Column::Principal.eq(&request.principal))
        .filter(Column::Field.eq(&request.field))
        .filter(Column::RequestKey.eq(request.key))
        .exec(db.connection())
        .await?;
    Ok(())
}

/// Forgets requests older than an instant.
pub async fn forget_before(db: &impl Db, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let old = idempotency::Entity::delete_many().filter(idempotency::Column::CreatedAt.lt(micros(before)));
    Ok(old.exec(db.connection()).await?.rows_affected)
}
