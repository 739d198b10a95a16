//! Pushes that ended without success: started again or put away, many at once.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{
    domain::{
        actor::Reach,
        channel::DeadLetters,
        sync::{SyncState, Trouble},
    },
    store::{
        Db, StoreError, channel_listings,
        entity::channel_listing::{self, Column, Entity},
        instant::micros,
        producers::within,
    },
};

/// What ended without success and does not go on by itself.
const ENDED: [SyncState; 2] = [SyncState::RemoteRejected, SyncState::Dead];

/// Queues at most `limit` of them again, as if they had never failed; returns how many.
pub async fn redrive(db: &impl Db, which: &DeadLetters, reach: &Reach, (at, limit): (DateTime<Utc>, u64)) -> Result<u64, StoreError> {
    let rows = some(db, those(which).add(within(Column::ProducerId, reach)), limit).await?;
    channel_listings::retry_where(db, rows.add(those(which)), at).await
}

/// Puts at most `limit` of them away until their listings change; returns how many. What must be off sale and is not stays as it is.
pub async fn discard(db: &impl Db, which: &DeadLetters, reach: &Reach, (at, limit): (DateTime<Utc>, u64)) -> Result<u64, StoreError> {
    let away = channel_listing::ActiveModel {
        state: Set(SyncState::Discarded.code().to_owned()),
        next_attempt_at: Set(None),
        updated_at: Set(micros(at)),
        ..Default::default()
    };
    let safe = || those(which).add(Column::StopSince.is_null());
    let rows = some(db, safe().add(within(Column::ProducerId, reach)), limit).await?;
    Ok(Entity::update_many().set(away).filter(rows.add(safe())).exec(db.connection()).await?.rows_affected)
}

/// At most `limit` rows, by their ids. The update asks again for what they must be: what began to move meanwhile is left to move.
async fn some(db: &impl Db, rows: Condition, limit: u64) -> Result<Condition, StoreError> {
    let query = Entity::find().select_only().column(Column::Id).filter(rows).order_by_asc(Column::Id).limit(limit);
    let ids: Vec<Uuid> = query.into_tuple().all(db.connection()).await?;
    Ok(Condition::all().add(Column::Id.is_in(ids)))
}

fn those(which: &DeadLetters) -> Condition {
    let troubles = which.troubles.iter().copied().map(Trouble::code);
    Condition::all()
        .add(Column::State.is_in(ENDED.map(SyncState::code)))
        .add(Column::ChannelId.eq(which.channel.0))
        .add_option((!which.ids.is_empty()).then(|| Column::Id.is_in(which.ids.iter().map(|id| id.0))))
        .add_option((!which.troubles.is_empty()).then(|| Column::ErrorKind.is_in(troubles)))
        .add_option(which.code.as_ref().map(|code| Column::ErrorCode.eq(code)))
}
