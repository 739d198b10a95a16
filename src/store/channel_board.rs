//! What whoever watches a channel is shown: which listings changed on it.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{
    domain::{
        actor::Reach,
        id::{ChannelId, ChannelListingId},
    },
    store::{
        Db, Stamp, StoreError,
        entity::channel_listing::{Column, Entity},
        instant::{instant, micros},
        producers::within,
    },
};

/// The rows of a channel within reach that changed since an instant; the earliest first.
pub async fn changed(
    db: &impl Db,
    channel: ChannelId,
    reach: &Reach,
    since: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Stamp<ChannelListingId>>, StoreError> {
    let query = Entity::find()
        .select_only()
        .column(Column::Id)
        .column(Column::UpdatedAt)
        .column(Column::State)
        .filter(Column::ChannelId.eq(channel.0));
    let query = query.filter(within(Column::ProducerId, reach)).filter(Column::UpdatedAt.gte(micros(since)));
    let rows: Vec<(Uuid, i64, String)> = query.order_by_asc(Column::UpdatedAt).limit(limit).into_tuple().all(db.connection()).await?;
    rows.into_iter().map(|(id, at, state)| Ok(Stamp { id: id.into(), at: instant(at)?, state })).collect()
}
