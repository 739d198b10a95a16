//! How channels fare: which have something due, who works on them, when they rest, their tokens.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{
    domain::{
        channel::{ChannelState, ChannelStatus, Rest},
        id::ChannelId,
    },
    store::{
        Db, StoreError,
        entity::{
            channel, channel_listing,
            channel_status::{ActiveModel, Column, Entity, Model},
        },
        error::coded,
        instant::{instant, micros, opt_instant},
    },
};

/// Tokens as they are stored: sealed, with what is known of their end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTokens {
    /// Sealed JSON.
    pub sealed: String,
    /// When the access token ends.
    pub access_expires_at: Option<DateTime<Utc>>,
    /// When the seller must have authorised again.
    pub reauthorize_by: Option<DateTime<Utc>>,
}

/// Stores the status of a new channel.
pub async fn insert(db: &impl Db, channel: ChannelId) -> Result<(), StoreError> {
    let row = Model {
        channel_id: channel.0,
        failures: 0,
        resting_until: None,
        resting_reason: None,
        holder: None,
        held_until: None,
        sealed_tokens: None,
        tokens_version: 0,
        access_expires_at: None,
        reauthorize_by: None,
        refresher: None,
        refresher_until: None,
        swept_at: None,
        sweep_tried_at: None,
    };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// How channels fare, in no order.
pub async fn find_many(db: &impl Db, channels: &[ChannelId]) -> Result<Vec<ChannelStatus>, StoreError> {
    let rows = Entity::find().filter(Column::ChannelId.is_in(channels.iter().map(|c| c.0))).all(db.connection()).await?;
    rows.into_iter().map(domain).collect()
}

/// Active channels that don't rest, that no other process works on, and that have something due; in no order, at most 2,000.
pub async fn due(db: &impl Db, process: Uuid, at: DateTime<Utc>) -> Result<Vec<ChannelId>, StoreError> {
    let waiting = Query::select()
        .expr(Expr::val(1))
        .from(channel_listing::Entity)
        .and_where(Expr::col((channel_listing::Entity, channel_listing::Column::ChannelId)).equals((Entity, Column::ChannelId)))
        .cond_where(super::channel_listings::free(at))
        .to_owned();
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::ChannelId)
        .filter(Condition::any().add(Column::RestingUntil.is_null()).add(Column::RestingUntil.lte(micros(at))))
        .filter(takeable(process, at))
        .filter(Column::ChannelId.in_subquery(active()))
        .filter(Expr::exists(waiting))
        .limit(2000)
        .into_tuple()
        .all(db.connection())
        .await?;
    Ok(ids.into_iter().map(Into::into).collect())
}

/// Makes a process the one that works on a channel until an instant; false when another is. One process at a time keeps to the
/// channel's rate without asking the others.
pub async fn hold(db: &impl Db, channel: ChannelId, process: Uuid, at: DateTime<Utc>, until: DateTime<Utc>) -> Result<bool, StoreError> {
    let held = ActiveModel { holder: Set(Some(process)), held_until: Set(Some(micros(until))), ..Default::default() };
    let query = Entity::update_many().set(held).filter(Column::ChannelId.eq(channel.0)).filter(takeable(process, at));
    Ok(query.exec(db.connection()).await?.rows_affected == 1)
}

/// Gives back every channel a stopping process works on.
pub async fn release(db: &impl Db, process: Uuid) -> Result<u64, StoreError> {
    let free = ActiveModel { holder: Set(None), held_until: Set(None), ..Default::default() };
    Ok(Entity::update_many().set(free).filter(Column::Holder.eq(process)).exec(db.connection()).await?.rows_affected)
}

/// Takes an active channel that does not rest, whose changes are known up to an instant before `before` or not at all, and that was not
/// tried since `tried`; and up to when its changes are known.
pub async fn take_sweep(
    db: &impl Db,
    at: DateTime<Utc>,
    (before, tried): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Option<(ChannelId, Option<DateTime<Utc>>)>, StoreError> {
    let long_ago = |column: Column, than: DateTime<Utc>| Condition::any().add(column.is_null()).add(column.lte(micros(than)));
    let query = Entity::find()
        .filter(long_ago(Column::SweptAt, before))
        .filter(long_ago(Column::SweepTriedAt, tried))
        .filter(long_ago(Column::RestingUntil, at))
        .filter(Column::ChannelId.in_subquery(active()));
    let Some(row) = query.one(db.connection()).await? else { return Ok(None) };
    let taken = ActiveModel { sweep_tried_at: Set(Some(micros(at))), ..Default::default() };
    let free = long_ago(Column::SweepTriedAt, tried);
    let mine = Entity::update_many().set(taken).filter(Column::ChannelId.eq(row.channel_id)).filter(free);
    if mine.exec(db.connection()).await?.rows_affected == 0 {
        return Ok(None);
    }
    Ok(Some((row.channel_id.into(), opt_instant(row.swept_at)?)))
}

/// Says up to when a channel's changes are known.
pub async fn set_swept(db: &impl Db, channel: ChannelId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let swept = ActiveModel { swept_at: Set(Some(micros(at))), ..Default::default() };
    Entity::update_many().set(swept).filter(Column::ChannelId.eq(channel.0)).exec(db.connection()).await?;
    Ok(())
}

/// Notes one more failure in a row; returns how many there are now.
pub async fn failed(db: &impl Db, channel: ChannelId) -> Result<u32, StoreError> {
    Entity::update_many()
        .col_expr(Column::Failures, Expr::col(Column::Failures).add(1))
        .filter(Column::ChannelId.eq(channel.0))
        .exec(db.connection())
        .await?;
    let row = Entity::find_by_id(channel.0).one(db.connection()).await?;
    Ok(row.map_or(0, |row| u32::try_from(row.failures).unwrap_or(0)))
}

/// Lets a channel rest until an instant, unless it rests longer already.
pub async fn rest(db: &impl Db, channel: ChannelId, until: DateTime<Utc>, why: Rest) -> Result<(), StoreError> {
    let rest =
        ActiveModel { resting_until: Set(Some(micros(until))), resting_reason: Set(Some(why.code().to_owned())), ..Default::default() };
    let shorter = Condition::any().add(Column::RestingUntil.is_null()).add(Column::RestingUntil.lt(micros(until)));
    Entity::update_many().set(rest).filter(Column::ChannelId.eq(channel.0)).filter(shorter).exec(db.connection()).await?;
    Ok(())
}

/// Forgets failures and rest: the channel answers, or was set up anew.
pub async fn recovered(db: &impl Db, channel: ChannelId) -> Result<(), StoreError> {
    let well = ActiveModel { failures: Set(0), resting_until: Set(None), resting_reason: Set(None), ..Default::default() };
    let ill = Condition::any().add(Column::Failures.gt(0)).add(Column::RestingUntil.is_not_null());
    Entity::update_many().set(well).filter(Column::ChannelId.eq(channel.0)).filter(ill).exec(db.connection()).await?;
    Ok(())
}

/// The sealed tokens of a channel with their version.
pub async fn tokens(db: &impl Db, channel: ChannelId) -> Result<Option<(StoredTokens, i32)>, StoreError> {
    let Some(row) = Entity::find_by_id(channel.0).one(db.connection()).await? else { return Ok(None) };
    let Some(sealed) = row.sealed_tokens else { return Ok(None) };
    let (access_expires_at, reauthorize_by) = (opt_instant(row.access_expires_at)?, opt_instant(row.reauthorize_by)?);
    Ok(Some((StoredTokens { sealed, access_expires_at, reauthorize_by }, row.tokens_version)))
}

/// Stores the tokens a seller brought, whatever was there; `None` forgets them.
pub async fn set_tokens(db: &impl Db, channel: ChannelId, tokens: Option<&StoredTokens>) -> Result<(), StoreError> {
    let next = ActiveModel {
        sealed_tokens: Set(tokens.map(|t| t.sealed.clone())),
        access_expires_at: Set(tokens.and_then(|t| t.access_expires_at).map(micros)),
        reauthorize_by: Set(tokens.and_then(|t| t.reauthorize_by).map(micros)),
        refresher: Set(None),
        refresher_until: Set(None),
        ..Default::default()
    };
    Entity::update_many()
        .set(next)
        .col_expr(Column::TokensVersion, Expr::col(Column::TokensVersion).add(1))
        .filter(Column::ChannelId.eq(channel.0))
        .exec(db.connection())
        .await?;
    Ok(())
}

/// Claims the renewal of tokens of a version; false when somebody renews them now, or did.
pub async fn claim_renewal(
    db: &impl Db,
    channel: ChannelId,
    version: i32,
    by: Uuid,
    (at, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<bool, StoreError> {
    let claim = ActiveModel { refresher: Set(Some(by)), refresher_until: Set(Some(micros(until))), ..Default::default() };
    let free = Condition::any().add(Column::RefresherUntil.is_null()).add(Column::RefresherUntil.lt(micros(at)));
    let query =
        Entity::update_many().set(claim).filter(Column::ChannelId.eq(channel.0)).filter(Column::TokensVersion.eq(version)).filter(free);
    Ok(query.exec(db.connection()).await?.rows_affected == 1)
}

/// Stores renewed tokens as the next version and ends the claim; without tokens it only ends the claim. False when it was lost.
pub async fn end_renewal(db: &impl Db, channel: ChannelId, by: Uuid, renewed: Option<&StoredTokens>) -> Result<bool, StoreError> {
    let mut next = ActiveModel { refresher: Set(None), refresher_until: Set(None), ..Default::default() };
    let mut query = Entity::update_many();
    if let Some(tokens) = renewed {
        next.sealed_tokens = Set(Some(tokens.sealed.clone()));
        next.access_expires_at = Set(tokens.access_expires_at.map(micros));
        next.reauthorize_by = Set(tokens.reauthorize_by.map(micros));
        query = query.col_expr(Column::TokensVersion, Expr::col(Column::TokensVersion).add(1));
    }
    let query = query.set(next).filter(Column::ChannelId.eq(channel.0)).filter(Column::Refresher.eq(by));
    Ok(query.exec(db.connection()).await?.rows_affected == 1)
}

fn active() -> SelectStatement {
    let is_active = channel::Column::State.eq(ChannelState::Active.code());
    Query::select().column(channel::Column::Id).from(channel::Entity).and_where(is_active).to_owned()
}

fn takeable(process: Uuid, at: DateTime<Utc>) -> Condition {
    Condition::any().add(Column::Holder.is_null()).add(Column::Holder.eq(process)).add(Column::HeldUntil.lt(micros(at)))
}

fn domain(row: Model) -> Result<ChannelStatus, StoreError> {
    let rest = match (opt_instant(row.resting_until)?, row.resting_reason) {
        (Some(until), Some(why)) => Some((until, coded(Rest::parse_code(&why), "channel_status.resting_reason")?)),
        _ => None,
    };
    Ok(ChannelStatus {
        channel_id: row.channel_id.into(),
        failures: u32::try_from(row.failures).unwrap_or(0),
        rest,
        access_expires_at: opt_instant(row.access_expires_at)?,
        reauthorize_by: opt_instant(row.reauthorize_by)?,
        tokens_version: row.tokens_version,
    })
}

/// How much waits on each channel, and since when the longest of it is due; channels with nothing due are left out.
pub async fn backlogs(db: &impl Db, at: DateTime<Utc>) -> Result<Vec<(ChannelId, i64, DateTime<Utc>)>, StoreError> {
    use channel_listing::Column as Row;
    let rows: Vec<(Uuid, i64, i64)> = channel_listing::Entity::find()
        .select_only()
        .column(Row::ChannelId)
        .column_as(Row::Id.count(), "waiting")
        .column_as(Row::NextAttemptAt.min(), "oldest")
        .filter(Row::NextAttemptAt.lte(micros(at)))
        .group_by(Row::ChannelId)
        .into_tuple()
        .all(db.connection())
        .await?;
    rows.into_iter().map(|(channel, waiting, oldest)| Ok((channel.into(), waiting, instant(oldest)?))).collect()
}

/// Every channel that is not disconnected with its adapter, at most `limit`.
pub async fn connected(db: &impl Db, limit: u64) -> Result<Vec<(ChannelId, String)>, StoreError> {
    let query = channel::Entity::find().select_only().column(channel::Column::Id).column(channel::Column::Adapter);
    let query = query.filter(channel::Column::State.ne(ChannelState::Disconnected.code())).limit(limit);
    let rows: Vec<(Uuid, String)> = query.into_tuple().all(db.connection()).await?;
    Ok(rows.into_iter().map(|(id, adapter)| (id.into(), adapter)).collect())
}
