//! Channels.

use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    domain::{
        actor::Reach,
        channel::{Channel, ChannelState},
        id::{ChannelId, ProducerId},
    },
    store::{
        Db, StoreError,
        entity::channel::{Column, Entity, Model},
        error::coded,
        instant::{instant, micros},
        producers::within,
    },
};

const POLICIES: StoreError = StoreError::Corrupt("channel.drift_policies");

/// Stores a new channel.
pub async fn insert(db: &impl Db, channel: &Channel) -> Result<(), StoreError> {
    Entity::insert(row(channel)?.into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// Stores a changed channel whose `version` is the one it was read with; false when someone was faster or it is out of reach.
pub async fn update(db: &impl Db, channel: &Channel, reach: &Reach) -> Result<bool, StoreError> {
    let mut next = row(channel)?;
    next.version += 1;
    let done = Entity::update_many()
        .set(next.into_active_model().reset_all())
        .filter(Column::Id.eq(channel.id.0))
        .filter(Column::Version.eq(channel.version))
        .filter(within(Column::ProducerId, reach))
        .exec(db.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// The channel with an id, within reach.
pub async fn find(db: &impl Db, id: ChannelId, reach: &Reach) -> Result<Option<Channel>, StoreError> {
    Entity::find_by_id(id.0).filter(within(Column::ProducerId, reach)).one(db.connection()).await?.map(domain).transpose()
}

/// The channels with these ids, in no order, within reach.
pub async fn find_many(db: &impl Db, ids: &[ChannelId], reach: &Reach) -> Result<Vec<Channel>, StoreError> {
    let query = Entity::find().filter(Column::Id.is_in(ids.iter().map(|id| id.0))).filter(within(Column::ProducerId, reach));
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

/// Channels within reach, oldest first, at most 100.
pub async fn list(db: &impl Db, reach: &Reach) -> Result<Vec<Channel>, StoreError> {
    let query =
        Entity::find().filter(within(Column::ProducerId, reach)).order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(100);
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

/// Connected channels that carry a producer's listings: its own and the province's.
pub async fn carrying(db: &impl Db, producer: ProducerId) -> Result<Vec<ChannelId>, StoreError> {
    let theirs = Condition::any().add(Column::ProducerId.is_null()).add(Column::ProducerId.eq(producer.0));
    let query = Entity::find().filter(theirs).filter(Column::State.ne(ChannelState::Disconnected.code())).order_by_asc(Column::Id);
    Ok(query.all(db.connection()).await?.into_iter().map(|row| row.id.into()).collect())
}

fn row(c: &Channel) -> Result<Model, StoreError> {
    Ok(Model {
        id: c.id.0,
        producer_id: c.producer_id.map(|p| p.0),
        adapter: c.adapter.clone(),
        name: c.name.clone(),
        base_url: c.base_url.clone(),
        sealed_settings: c.sealed_settings.clone(),
        drift_policies: serde_json::to_string(&c.drift_policies).map_err(|_| POLICIES)?,
        state: c.state.code().to_owned(),
        version: c.version,
        created_at: micros(c.created_at),
        updated_at: micros(c.updated_at),
    })
}

fn domain(row: Model) -> Result<Channel, StoreError> {
    Ok(Channel {
        id: row.id.into(),
        producer_id: row.producer_id.map(Into::into),
        adapter: row.adapter,
        name: row.name,
        base_url: row.base_url,
        sealed_settings: row.sealed_settings,
        drift_policies: serde_json::from_str(&row.drift_policies).map_err(|_| POLICIES)?,
        state: coded(ChannelState::parse_code(&row.state), "channel.state")?,
        version: row.version,
        created_at: instant(row.created_at)?,
        updated_at: instant(row.updated_at)?,
    })
}
