//! Which items are read back from their channels, which are still on sale though they should not be, and items that are nobody's.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{OnConflict, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{
    domain::{
        actor::Reach,
        channel::{ChannelListing, ChannelState, Stray},
        id::ChannelId,
        sync::{Priority, RemoteState, SyncState},
    },
    store::{
        Db, StoreError, channel_listings,
        entity::{
            channel,
            channel_listing::{self, Column, Entity},
            listing, stray,
        },
        instant::{instant, micros},
        producers::within,
    },
};

/// Makes due what is to be read back by now on active channels, at most `limit`; returns how many.
pub async fn make_due(db: &impl Db, at: DateTime<Utc>, limit: u64) -> Result<u64, StoreError> {
    let at_rest = [SyncState::Live, SyncState::Withdrawn].map(SyncState::code);
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::RereadAt.lte(micros(at)))
        .filter(Column::State.is_in(at_rest))
        .filter(Column::NextAttemptAt.is_null())
        .filter(Column::ChannelId.in_subquery(channels(Condition::all().add(channel::Column::State.eq(ChannelState::Active.code())))))
        .order_by_asc(Column::RereadAt)
        .limit(limit)
        .into_tuple()
        .all(db.connection())
        .await?;
    let due =
        channel_listing::ActiveModel { next_attempt_at: Set(Some(micros(at))), priority: Set(Priority::Read.rank()), ..Default::default() };
    let query = Entity::update_many().set(due).filter(Column::Id.is_in(ids)).filter(Column::NextAttemptAt.is_null());
    Ok(query.filter(Column::State.is_in(at_rest)).exec(db.connection()).await?.rows_affected)
}

/// Lets items of a channel be read back at an instant.
pub async fn hint(db: &impl Db, channel: ChannelId, remote_ids: &[String], at: DateTime<Utc>) -> Result<(), StoreError> {
    let theirs = Condition::all().add(Column::ChannelId.eq(channel.0)).add(Column::RemoteId.is_in(remote_ids));
    reread(db, theirs, at).await
}

/// Lets an item be read back at an instant, on every channel of the same adapter at the same address. The id may be the first part of
/// an item's id, before a `-`: marketplaces speak of products, and an item may be one article of it.
pub async fn hint_item(db: &impl Db, (adapter, base_url): (&str, &str), id: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
    let same = Condition::all().add(channel::Column::Adapter.eq(adapter)).add(channel::Column::BaseUrl.eq(base_url));
    let article = Condition::any().add(Column::RemoteId.eq(id)).add(Column::RemoteId.starts_with(format!("{id}-")));
    reread(db, Condition::all().add(article).add(Column::ChannelId.in_subquery(channels(same))), at).await
}

async fn reread(db: &impl Db, which: Condition, at: DateTime<Utc>) -> Result<(), StoreError> {
    let soon = channel_listing::ActiveModel { reread_at: Set(Some(micros(at))), ..Default::default() };
    Entity::update_many().set(soon).filter(which).exec(db.connection()).await?;
    Ok(())
}

/// Whether a channel has a row without an item for the listing with a key.
pub async fn is_being_created(db: &impl Db, channel: ChannelId, key: &str) -> Result<bool, StoreError> {
    let of_key =
        Query::select().column(listing::Column::Id).from(listing::Entity).and_where(listing::Column::ExternalKey.eq(key)).to_owned();
    let query = Entity::find().filter(Column::ChannelId.eq(channel.0)).filter(Column::RemoteId.is_null());
    Ok(query.filter(Column::CreateSent.eq(true)).filter(Column::ListingId.in_subquery(of_key)).one(db.connection()).await?.is_some())
}

/// Which of some ids on a channel are ours.
pub async fn known(db: &impl Db, channel: ChannelId, remote_ids: &[String]) -> Result<Vec<String>, StoreError> {
    let query = Entity::find().select_only().column(Column::RemoteId).filter(Column::ChannelId.eq(channel.0));
    Ok(query.filter(Column::RemoteId.is_in(remote_ids)).into_tuple().all(db.connection()).await?)
}

/// Items that should have been off sale since an instant and still are on sale as far as the channel said, the oldest first.
pub async fn still_live(db: &impl Db, since: DateTime<Utc>, reach: &Reach, limit: u64) -> Result<Vec<ChannelListing>, StoreError> {
    let on_sale = RemoteState::ALL.iter().filter(|state| state.on_sale()).map(|state| state.code());
    let query = Entity::find()
        .filter(Column::StopSince.lte(micros(since)))
        .filter(Column::RemoteId.is_not_null())
        .filter(Column::RemoteState.is_in(on_sale))
        .filter(within(Column::ProducerId, reach))
        .order_by_asc(Column::StopSince)
        .limit(limit);
    query.all(db.connection()).await?.into_iter().map(channel_listings::domain).collect()
}

/// Notes an item under a key of ours that is not ours any more.
pub async fn note_stray(db: &impl Db, stray: &Stray) -> Result<(), StoreError> {
    let row = stray::Model {
        channel_id: stray.channel_id.0,
        remote_id: stray.remote_id.clone(),
        key: stray.key.clone(),
        seen_at: micros(stray.seen_at),
    };
    let newer = OnConflict::columns([stray::Column::ChannelId, stray::Column::RemoteId]).update_column(stray::Column::SeenAt).to_owned();
    stray::Entity::insert(row.into_active_model().reset_all()).on_conflict(newer).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// Items of a channel that are nobody's and were seen since an instant, at most 100.
pub async fn strays(db: &impl Db, channel: ChannelId, since: DateTime<Utc>) -> Result<Vec<Stray>, StoreError> {
    let query = stray::Entity::find().filter(stray::Column::ChannelId.eq(channel.0)).filter(stray::Column::SeenAt.gte(micros(since)));
    let rows = query.order_by_asc(stray::Column::RemoteId).limit(100).all(db.connection()).await?;
    let domain = |row: stray::Model| {
        Ok(Stray { channel_id: row.channel_id.into(), remote_id: row.remote_id, key: row.key, seen_at: instant(row.seen_at)? })
    };
    rows.into_iter().map(domain).collect()
}

fn channels(which: Condition) -> SelectStatement {
    Query::select().column(channel::Column::Id).from(channel::Entity).cond_where(which).to_owned()
}
