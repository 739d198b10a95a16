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
        Db, StoreError,
        entity::channel_listing::{self, Column, Entity},
        instant::micros,
        producers::within,
    },
};

/// What ended without success and does not go on by itself.
const ENDED: [SyncState; 2] = [SyncState::RemoteRejected, SyncState::Dead];

/// Queues at most `limit` of them again, as if they had never failed; returns how many.
pub async fn redrive(db: &impl Db, which: &DeadLetters, reach: &Reach, (at, limit): (DateTime<Utc>, u64)) -> Result<u64, StoreError> {
    let again = channel_listing::ActiveModel {
        state: Set(SyncState::Queued.code().to_owned()),
        failures: Set(0),
        next_attempt_at: Set(Some(micros(at))),
        updated_at: Set(micros(at)),
        ..Default::default()
    };
    change(db, which, reach, (again, limit)).await
}

/// Puts at most `limit` of them away until their listings change; returns how many.
pub async fn discard(db: &impl Db, which: &DeadLetters, reach: &Reach, (at, limit): (DateTime<Utc>, u64)) -> Result<u64, StoreError> {
    let away = channel_listing::ActiveModel {
        state: Set(SyncState::Discarded.code().to_owned()),
        next_attempt_at: Set(None),
        updated_at: Set(micros(at)),
        ..Default::default()
    };
    change(db, which, reach, (away, limit)).await
}

async fn change(
    db: &impl Db,
    which: &DeadLetters,
    reach: &Reach,
    (change, limit): (channel_listing::ActiveModel, u64),
) -> Result<u64, StoreError> {
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(those(which).add(within(Column::ProducerId, reach)))
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db.connection())
        .await?;
    // What began to move meanwhile is left to move.
    let query = Entity::update_many().set(change).filter(Column::Id.is_in(ids)).filter(those(which));
    Ok(query.exec(db.connection()).await?.rows_affected)
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
