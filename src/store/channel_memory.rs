//! What adapters remember of a channel: pictures by their hash, category trees, limits.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict};

use crate::{
    domain::id::ChannelId,
    store::{
        StoreError,
        connection::Store,
        entity::channel_memory::{Column, Entity, Model},
        instant::{micros, opt_instant},
    },
};

/// What was noted under a kind and name since an instant.
pub async fn recall(
    store: &Store,
    channel: ChannelId,
    (kind, name): (&str, &str),
    since: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let key = (channel.0, kind.to_owned(), name.to_owned());
    let row = Entity::find_by_id(key).filter(Column::NotedAt.gte(micros(since))).one(super::Db::connection(store)).await?;
    Ok(row.map(|row| row.value))
}

/// Notes something, in place of what was noted before.
pub async fn note(
    store: &Store,
    channel: ChannelId,
    (kind, name): (&str, &str),
    (value, at): (&str, DateTime<Utc>),
) -> Result<(), StoreError> {
    let row = Model { channel_id: channel.0, kind: kind.into(), name: name.into(), value: value.into(), noted_at: micros(at) };
    let newer =
        OnConflict::columns([Column::ChannelId, Column::Kind, Column::Name]).update_columns([Column::Value, Column::NotedAt]).to_owned();
    let tx = store.begin().await?;
    Entity::insert(row.into_active_model().reset_all()).on_conflict(newer).exec_without_returning(super::Db::connection(&tx)).await?;
    tx.commit().await
}

/// When something was last noted under a kind.
pub async fn noted_at(store: &Store, channel: ChannelId, kind: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
    let query = Entity::find().select_only().column(Column::NotedAt).filter(Column::ChannelId.eq(channel.0)).filter(Column::Kind.eq(kind));
    let newest: Option<i64> = query.order_by_desc(Column::NotedAt).into_tuple().one(super::Db::connection(store)).await?;
    opt_instant(newest)
}

/// Everything noted under a kind, by name, after a name; at most `limit`.
pub async fn noted(
    store: &Store,
    channel: ChannelId,
    (kind, after): (&str, &str),
    limit: u64,
) -> Result<Vec<(String, String)>, StoreError> {
    let query = Entity::find().filter(Column::ChannelId.eq(channel.0)).filter(Column::Kind.eq(kind)).filter(Column::Name.gt(after));
    let rows = query.order_by_asc(Column::Name).limit(limit).all(super::Db::connection(store)).await?;
    Ok(rows.into_iter().map(|row| (row.name, row.value)).collect())
}
