//! Listings that a channel should carry but has no row for.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};
use uuid::Uuid;

use crate::{
    domain::{channel::ChannelState, id::ChannelId},
    store::{
        Db, StoreError,
        channel_listings::Wanted,
        entity::{
            channel,
            channel_listing::{Column, Entity},
            listing,
        },
        instant::micros,
    },
};

/// Public listings that a connected channel should carry but has no row for: publishing and connecting may have crossed.
pub async fn missing(db: &impl Db, at: DateTime<Utc>, limit: usize) -> Result<Vec<(ChannelId, Wanted)>, StoreError> {
    let connected = channel::Entity::find()
        .select_only()
        .columns([channel::Column::Id, channel::Column::ProducerId])
        .filter(channel::Column::State.ne(ChannelState::Disconnected.code()))
        .order_by_asc(channel::Column::Id);
    let connected: Vec<(Uuid, Option<Uuid>)> = connected.into_tuple().all(db.connection()).await?;
    let mut found = Vec::new();
    for channel in connected {
        // A channel alone reads its producer's listings; all channels by one statement would compare every listing with each of them.
        let left = limit.saturating_sub(found.len());
        if left == 0 {
            break;
        }
        found.extend(missing_on(db, channel, at, left as u64).await?);
    }
    Ok(found)
}

async fn missing_on(
    db: &impl Db,
    (channel, producer): (Uuid, Option<Uuid>),
    at: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<(ChannelId, Wanted)>, StoreError> {
    let carried = Query::select()
        .expr(Expr::val(1))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::ListingId)).equals((listing::Entity, listing::Column::Id)))
        .and_where(Column::ChannelId.eq(channel))
        .to_owned();
    let listed = listing::Entity::find()
        .select_only()
        .columns([listing::Column::Id, listing::Column::ProducerId, listing::Column::RecordVersion])
        .filter(listing::Column::PublicFrom.lte(micros(at)))
        .filter(listing::Column::PublicUntil.gt(micros(at)))
        .filter(Expr::exists(carried).not())
        .limit(limit);
    let listed = producer.into_iter().fold(listed, |listed, producer| listed.filter(listing::Column::ProducerId.eq(producer)));
    let rows: Vec<(Uuid, Uuid, i32)> = listed.into_tuple().all(db.connection()).await?;
    let wanted =
        |(listing, producer, version): (Uuid, Uuid, i32)| Wanted { listing_id: listing.into(), producer_id: producer.into(), version };
    Ok(rows.into_iter().map(|row| (channel.into(), wanted(row))).collect())
}
