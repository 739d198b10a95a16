//! What marketplaces pushed: each message once, and which item it spoke of. Its body is not kept: the item is read back instead.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::OnConflict};

use crate::{
    domain::id::ChannelId,
    store::{
        Db, StoreError,
        entity::channel_notice::{Column, Entity, Model},
        instant::micros,
    },
};

/// Stores a message; false when it was stored before.
pub async fn insert(
    db: &impl Db,
    channel: ChannelId,
    (name, remote_id): (&str, Option<&str>),
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let row = Model { channel_id: channel.0, name: name.to_owned(), remote_id: remote_id.map(str::to_owned), at: micros(at) };
    let once = OnConflict::columns([Column::ChannelId, Column::Name]).do_nothing().to_owned();
    let insert = Entity::insert(row.into_active_model().reset_all()).on_conflict(once);
    Ok(insert.exec_without_returning(db.connection()).await? > 0)
}

/// Whether any message since an instant spoke of an item, by its id or the part of it before a `-`.
pub async fn mention(db: &impl Db, remote_id: &str, since: DateTime<Utc>) -> Result<bool, StoreError> {
    let product = remote_id.split_once('-').map_or(remote_id, |(product, _)| product);
    let query = Entity::find().filter(Column::RemoteId.is_in([remote_id, product])).filter(Column::At.gte(micros(since)));
    Ok(query.one(db.connection()).await?.is_some())
}

/// Forgets messages before an instant; returns how many.
pub async fn forget_before(db: &impl Db, at: DateTime<Utc>) -> Result<u64, StoreError> {
    Ok(Entity::delete_many().filter(Column::At.lt(micros(at))).exec(db.connection()).await?.rows_affected)
}
