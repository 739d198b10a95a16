//! The state of each listing on each channel, and the claims of workers on it.
//!
//! A claim is a lease: a conditional UPDATE on both engines (`FOR UPDATE SKIP LOCKED` does not exist on SQLite). What is due
//! stays due until it is recorded, so the work of a worker that died is found again when its lease runs out.

use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{CaseStatement, Expr, ExprTrait, Func, OnConflict, SimpleExpr},
};
use uuid::Uuid;

use crate::{
    domain::{
        actor::Reach,
        channel::{ChannelListing, SyncError},
        cursor::{CursorValue, Position},
        id::{ChannelId, ChannelListingId, ListingId, ProducerId},
        sync::{Aim, Priority, RemoteState, SyncState, Trouble},
    },
    store::{
        Db, Direction, Page, PageRequest, StoreError,
        entity::channel_listing as entity,
        error::coded,
        instant::{instant, micros, opt_instant},
        page::{self, Sort},
        producers::within,
        rows::among,
    },
};
use entity::{Column, Entity, Model};

const REASONS: StoreError = StoreError::Corrupt("channel_listing.remote_reasons");
const DRIFT: StoreError = StoreError::Corrupt("channel_listing.drift");

/// A listing that a channel should show in a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The listing.
    pub listing_id: ListingId,
    /// Whose it is.
    pub producer_id: ProducerId,
    /// Record version.
    pub version: i32,
}

/// Makes sure that a channel has a row for a listing; an existing one stays as it is.
pub async fn ensure(db: &impl Db, id: Uuid, channel: ChannelId, wanted: Wanted, at: DateTime<Utc>) -> Result<(), StoreError> {
    let row = Model {
        id,
        channel_id: channel.0,
        listing_id: wanted.listing_id.0,
        producer_id: wanted.producer_id.0,
        state: SyncState::Queued.code().to_owned(),
        desired_version: wanted.version,
        acknowledged_version: 0,
        acknowledged: "{}".to_owned(),
        create_sent: false,
        remote_id: None,
        remote_status: None,
        remote_url: None,
        failures: 0,
        next_attempt_at: Some(micros(at)),
        lease_owner: None,
        lease_until: None,
        error_code: None,
        error_message: None,
        error_request_id: None,
        error_field: None,
        error_kind: None,
        intent: Aim::Publish.code().to_owned(),
        remote_state: RemoteState::None.code().to_owned(),
        priority: Priority::Create.rank(),
        generation: 0,
        remote_reasons: None,
        remote_seen_at: None,
        reread_at: None,
        drift: None,
        stop_since: None,
        pushed_at: None,
        created_at: micros(at),
        updated_at: micros(at),
    };
    let keep = OnConflict::columns([Column::ChannelId, Column::ListingId]).do_nothing().to_owned();
    Entity::insert(row.into_active_model().reset_all()).on_conflict(keep).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// Tells every channel of a listing about a new version. What is at rest becomes due at `due`; what waits or is being pushed
/// keeps its turn, so that a hundred quick edits become few pushes, but never waits behind what is less urgent.
pub async fn want(db: &impl Db, wanted: Wanted, priority: Priority, (at, due): (DateTime<Utc>, DateTime<Utc>)) -> Result<(), StoreError> {
    let resting = || {
        let states = [SyncState::Live, SyncState::RemoteRejected, SyncState::Dead, SyncState::Discarded, SyncState::Withdrawn];
        Column::State.is_in(states.map(SyncState::code))
    };
    let keep_unless = |changed: SimpleExpr, column: Column, value: SimpleExpr| {
        SimpleExpr::Case(Box::new(CaseStatement::new().case(changed, value).finally(Expr::col(column))))
    };
    let stop_since = match priority {
        Priority::Stop => Func::coalesce([Expr::col(Column::StopSince), Expr::val(micros(at))]).into(),
        _ => Expr::val(None::<i64>),
    };
    let more_urgent = Column::Priority.gt(priority.rank()).or(resting());
    // Each expression reads the row as it was before.
    Entity::update_many()
        .col_expr(Column::DesiredVersion, Expr::val(wanted.version))
        .col_expr(Column::UpdatedAt, Expr::val(micros(at)))
        .col_expr(Column::StopSince, stop_since)
        .col_expr(Column::Priority, keep_unless(more_urgent, Column::Priority, Expr::val(priority.rank())))
        .col_expr(Column::State, keep_unless(resting(), Column::State, Expr::val(SyncState::Queued.code())))
        .col_expr(Column::Failures, keep_unless(resting(), Column::Failures, Expr::val(0)))
        .col_expr(Column::NextAttemptAt, keep_unless(resting(), Column::NextAttemptAt, Expr::val(micros(due))))
        .filter(Column::ListingId.eq(wanted.listing_id.0))
        .exec(db.connection())
        .await?;
    Ok(())
}

/// Claims what is due on a channel for a worker until an instant, by urgency and then the longest waiting first; what another worker was faster at
/// is left out.
pub async fn claim(
    db: &impl Db,
    channel: ChannelId,
    worker: Uuid,
    (at, until): (DateTime<Utc>, DateTime<Utc>),
    limit: u64,
) -> Result<Vec<ChannelListing>, StoreError> {
    let mut due: Vec<Uuid> = Vec::new();
    for priority in Priority::ALL {
        let missing = limit.saturating_sub(due.len() as u64);
        if missing == 0 {
            break;
        }
        due.extend(claimable(channel, priority, at).limit(missing).into_tuple::<Uuid>().all(db.connection()).await?);
    }
    let lease = entity::ActiveModel {
        state: Set(SyncState::Pushing.code().to_owned()),
        lease_owner: Set(Some(worker)),
        lease_until: Set(Some(micros(until))),
        updated_at: Set(micros(at)),
        ..Default::default()
    };
    let claimed = Entity::update_many().set(lease).filter(Column::Id.is_in(due)).filter(free(at)).exec(db.connection()).await?;
    if claimed.rows_affected == 0 {
        return Ok(Vec::new());
    }
    Entity::find().filter(Column::LeaseOwner.eq(worker)).all(db.connection()).await?.into_iter().map(domain).collect()
}

/// What may be claimed on a channel of one urgency, the longest waiting first: the ids.
fn claimable(channel: ChannelId, priority: Priority, at: DateTime<Utc>) -> Select<Entity> {
    let of_channel = Entity::find().filter(Column::ChannelId.eq(channel.0)).filter(Column::Priority.eq(priority.rank()));
    of_channel.select_only().column(Column::Id).filter(free(at)).order_by_asc(Column::NextAttemptAt)
}

/// Moves the end of a worker's lease; false when the lease was lost.
pub async fn renew(db: &impl Db, id: ChannelListingId, worker: Uuid, until: DateTime<Utc>) -> Result<bool, StoreError> {
    let update = entity::ActiveModel { lease_until: Set(Some(micros(until))), ..Default::default() };
    let held = Entity::update_many().set(update).filter(Column::Id.eq(id.0)).filter(Column::LeaseOwner.eq(worker));
    Ok(held.exec(db.connection()).await?.rows_affected == 1)
}

/// The row as it is now, locked, if the worker still holds its lease.
pub async fn held_for_update(db: &impl Db, id: ChannelListingId, worker: Uuid) -> Result<Option<ChannelListing>, StoreError> {
    Entity::find_by_id(id.0).filter(Column::LeaseOwner.eq(worker)).lock_exclusive().one(db.connection()).await?.map(domain).transpose()
}

/// Stores what a worker learned; `lease` is kept until the given instant, or given back. False when the lease was lost.
pub async fn record(db: &impl Db, row: &ChannelListing, worker: Uuid, lease: Option<DateTime<Utc>>) -> Result<bool, StoreError> {
    let mut update = changes(row)?;
    update.lease_owner = Set(lease.map(|_| worker));
    update.lease_until = Set(lease.map(micros));
    let done = Entity::update_many()
        .set(update)
        .filter(Column::Id.eq(row.id.0))
        .filter(Column::LeaseOwner.eq(worker))
        .exec(db.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// Gives back every lease of workers that stop: the rows are due at once.
pub async fn release(db: &impl Db, workers: &[Uuid]) -> Result<u64, StoreError> {
    let update = entity::ActiveModel {
        state: Set(SyncState::Queued.code().to_owned()),
        lease_owner: Set(None),
        lease_until: Set(None),
        ..Default::default()
    };
    Ok(Entity::update_many()
        .set(update)
        .filter(Column::LeaseOwner.is_in(workers.iter().copied()))
        .exec(db.connection())
        .await?
        .rows_affected)
}

/// Makes a row due now, forgetting its failures; false when it is out of reach or being pushed.
pub async fn retry(db: &impl Db, id: ChannelListingId, reach: &Reach, at: DateTime<Utc>) -> Result<bool, StoreError> {
    retry_where(db, Condition::all().add(Column::Id.eq(id.0)).add(within(Column::ProducerId, reach)), at).await.map(|n| n > 0)
}

/// Makes everything of a channel due now that stopped because of the connection.
pub async fn retry_channel(db: &impl Db, channel: ChannelId, at: DateTime<Utc>) -> Result<u64, StoreError> {
    let stopped = Condition::all().add(Column::ChannelId.eq(channel.0)).add(Column::State.eq(SyncState::NeedsAttention.code()));
    retry_where(db, stopped, at).await
}

/// Makes items of a channel due now.
pub async fn retry_items(db: &impl Db, channel: ChannelId, remote_ids: &[String], at: DateTime<Utc>) -> Result<u64, StoreError> {
    let theirs = Condition::all().add(Column::ChannelId.eq(channel.0)).add(Column::RemoteId.is_in(remote_ids));
    retry_where(db, theirs, at).await
}

/// The row with an id, within reach.
pub async fn find(db: &impl Db, id: ChannelListingId, reach: &Reach) -> Result<Option<ChannelListing>, StoreError> {
    Entity::find_by_id(id.0).filter(within(Column::ProducerId, reach)).one(db.connection()).await?.map(domain).transpose()
}

/// The rows with these ids, within reach.
pub async fn find_many(db: &impl Db, ids: &[ChannelListingId], reach: &Reach) -> Result<Vec<ChannelListing>, StoreError> {
    let query = Entity::find().filter(Column::Id.is_in(ids.iter().map(|id| id.0))).filter(within(Column::ProducerId, reach));
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

/// The rows of a listing, within reach, oldest first, at most 100.
pub async fn of_listings(db: &impl Db, listings: &[ListingId], reach: &Reach) -> Result<Vec<ChannelListing>, StoreError> {
    let query = Entity::find()
        .filter(Column::ListingId.is_in(among(listings.iter().map(|l| l.0))))
        .filter(within(Column::ProducerId, reach))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id);
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

/// The rows of a channel within reach, oldest first; in some states where any are given.
pub async fn page(
    db: &impl Db,
    channel: ChannelId,
    states: &[SyncState],
    reach: &Reach,
    request: &PageRequest,
) -> Result<Page<ChannelListing>, StoreError> {
    let mut query: Select<Entity> = Entity::find().filter(Column::ChannelId.eq(channel.0)).filter(within(Column::ProducerId, reach));
    if !states.is_empty() {
        query = query.filter(Column::State.is_in(states.iter().map(|s| s.code())));
    }
    let sort = Sort { column: Column::CreatedAt, id: Column::Id, direction: Direction::Ascending };
    page::fetch(db, query, sort, request, |row| Ok((Position { value: CursorValue::Int(row.created_at), id: row.id }, domain(row)?))).await
}

/// How many rows wait to be pushed, and since when the longest of them is due.
pub async fn backlog(db: &impl Db, at: DateTime<Utc>) -> Result<(u64, Option<Duration>), StoreError> {
    let waiting = Entity::find().filter(Column::NextAttemptAt.lte(micros(at))).filter(Column::Priority.ne(Priority::Read.rank()));
    let oldest: Option<Option<i64>> =
        waiting.clone().select_only().column_as(Column::NextAttemptAt.min(), "oldest").into_tuple().one(db.connection()).await?;
    let count = sea_orm::PaginatorTrait::count(waiting, db.connection()).await?;
    Ok((count, oldest.flatten().map(|due| Duration::microseconds(micros(at) - due))))
}

/// Makes rows due now as if they had never failed, unless a worker is at them; returns how many.
pub(super) async fn retry_where(db: &impl Db, rows: Condition, at: DateTime<Utc>) -> Result<u64, StoreError> {
    let update = entity::ActiveModel {
        state: Set(SyncState::Queued.code().to_owned()),
        failures: Set(0),
        next_attempt_at: Set(Some(micros(at))),
        updated_at: Set(micros(at)),
        ..Default::default()
    };
    let free = Column::State.ne(SyncState::Pushing.code());
    Ok(Entity::update_many().set(update).filter(rows).filter(free).exec(db.connection()).await?.rows_affected)
}

/// Due and leased by nobody.
pub(super) fn free(at: DateTime<Utc>) -> Condition {
    let unleased = Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lt(micros(at)));
    Condition::all().add(Column::NextAttemptAt.lte(micros(at))).add(unleased)
}

fn changes(c: &ChannelListing) -> Result<entity::ActiveModel, StoreError> {
    let error = c.error.as_ref();
    Ok(entity::ActiveModel {
        state: Set(c.state.code().to_owned()),
        acknowledged_version: Set(c.acknowledged_version),
        acknowledged: Set(serde_json::to_string(&c.acknowledged).map_err(|_| StoreError::Corrupt("channel_listing.acknowledged"))?),
        create_sent: Set(c.create_sent),
        remote_id: Set(c.remote_id.clone()),
        remote_status: Set(c.remote_status.clone()),
        remote_url: Set(c.remote_url.clone()),
        failures: Set(i32::try_from(c.failures).unwrap_or(i32::MAX)),
        next_attempt_at: Set(c.next_attempt_at.map(micros)),
        error_code: Set(error.map(|e| e.code.clone())),
        error_message: Set(error.map(|e| e.message.clone())),
        error_request_id: Set(error.and_then(|e| e.request_id.clone())),
        error_field: Set(error.and_then(|e| e.field.clone())),
        error_kind: Set(error.map(|e| e.kind.code().to_owned())),
        intent: Set(c.aim.code().to_owned()),
        remote_state: Set(c.remote_state.code().to_owned()),
        generation: Set(c.generation),
        remote_reasons: Set((!c.remote_reasons.is_empty())
            .then(|| serde_json::to_string(&c.remote_reasons))
            .transpose()
            .map_err(|_| REASONS)?),
        drift: Set((!c.drift.is_empty()).then(|| serde_json::to_string(&c.drift)).transpose().map_err(|_| DRIFT)?),
        remote_seen_at: Set(c.remote_seen_at.map(micros)),
        reread_at: Set(c.reread_at.map(micros)),
        pushed_at: Set(c.pushed_at.map(micros)),
        updated_at: Set(micros(c.updated_at)),
        ..Default::default()
    })
}

pub(super) fn domain(row: Model) -> Result<ChannelListing, StoreError> {
    let error = match row.error_code {
        Some(code) => Some(SyncError {
            // Rows of the version before have no kind; theirs was told by what followed it.
            kind: row.error_kind.map_or(Ok(Trouble::Transient), |kind| coded(Trouble::parse_code(&kind), "channel_listing.error_kind"))?,
            code,
            message: row.error_message.unwrap_or_default(),
            request_id: row.error_request_id,
            field: row.error_field,
        }),
        None => None,
    };
    Ok(ChannelListing {
        id: row.id.into(),
        channel_id: row.channel_id.into(),
        listing_id: row.listing_id.into(),
        producer_id: row.producer_id.into(),
        state: coded(SyncState::parse_code(&row.state), "channel_listing.state")?,
        desired_version: row.desired_version,
        acknowledged_version: row.acknowledged_version,
        acknowledged: serde_json::from_str(&row.acknowledged).map_err(|_| StoreError::Corrupt("channel_listing.acknowledged"))?,
        create_sent: row.create_sent,
        remote_id: row.remote_id,
        aim: coded(Aim::parse_code(&row.intent), "channel_listing.intent")?,
        remote_state: coded(RemoteState::parse_code(&row.remote_state), "channel_listing.remote_state")?,
        generation: row.generation,
        remote_reasons: row.remote_reasons.map(|text| serde_json::from_str(&text)).transpose().map_err(|_| REASONS)?.unwrap_or_default(),
        drift: row.drift.map(|text| serde_json::from_str(&text)).transpose().map_err(|_| DRIFT)?.unwrap_or_default(),
        stop_since: opt_instant(row.stop_since)?,
        remote_seen_at: opt_instant(row.remote_seen_at)?,
        reread_at: opt_instant(row.reread_at)?,
        remote_status: row.remote_status,
        remote_url: row.remote_url,
        failures: u32::try_from(row.failures).unwrap_or(0),
        next_attempt_at: opt_instant(row.next_attempt_at)?,
        error,
        pushed_at: opt_instant(row.pushed_at)?,
        updated_at: instant(row.updated_at)?,
    })
}

#[cfg(test)]
#[path = "channel_listings_tests.rs"]
mod tests;
