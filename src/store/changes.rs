//! The change log. Rows are appended as the last step of the transaction that made the change, after the log's end, which it holds
//! ([`ends`](crate::store::ends)). Readers see only the newest row of each listing: what they are told is the listing's state, not its history.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select, sea_query::OnConflict,
};

use crate::{
    domain::{
        feed::FeedScope,
        id::ListingId,
        listing::{ChangeCause, RemovalReason},
    },
    store::{
        Db, StoreError, Tx,
        ends::Ends,
        entity::{
            announced_in, listing,
            listing_change::{ActiveModel, Column, Entity, Model},
        },
        error::coded,
        instant::{instant, micros},
        rows::among,
        settings,
    },
};

/// Where the number is kept up to which the log was forgotten.
const HORIZON: &str = "feed_horizon";

/// A change to be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChange {
    /// The listing.
    pub listing_id: ListingId,
    /// Its record version after the change.
    pub version: i32,
    /// What caused it.
    pub causes: Vec<ChangeCause>,
    /// Why it is gone; `None` when it is visible.
    pub reason: Option<RemovalReason>,
    /// Places that it is in and may leave while it stays visible.
    pub places: Vec<String>,
}

/// A change as logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Place in the order of commits.
    pub seq: i64,
    /// The listing.
    pub listing_id: ListingId,
    /// Its record version after the change.
    pub version: i32,
    /// What caused it.
    pub causes: Vec<ChangeCause>,
    /// Why it is gone; `None` when it is visible.
    pub reason: Option<RemovalReason>,
    /// When the change was made.
    pub committed_at: DateTime<Utc>,
}

/// Appends changes after the log's end, which the transaction holds.
pub async fn append(tx: &Tx, end: &Ends, changes: &[NewChange], at: DateTime<Utc>) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let connection = tx.connection();
    let superseded = ActiveModel { is_latest: Set(false), ..Default::default() };
    Entity::update_many()
        .set(superseded)
        .filter(Column::ListingId.is_in(among(changes.iter().map(|c| c.listing_id.0))))
        .filter(Column::IsLatest.eq(true))
        .exec(connection)
        .await?;
    let rows = changes.iter().zip(end.change + 1..).map(|(change, seq)| row(change, seq, at).into_active_model().reset_all());
    Entity::insert_many(rows).exec_without_returning(connection).await?;
    announce_places(tx, changes).await
}

/// Notes where visible listings are: whoever follows such a place must be told when they leave it.
async fn announce_places(tx: &Tx, changes: &[NewChange]) -> Result<(), StoreError> {
    let visible = changes.iter().filter(|change| change.reason.is_none());
    let rows: Vec<_> = visible
        .flat_map(|change| change.places.iter().map(|part| announced_in::Model { part: part.clone(), listing_id: change.listing_id.0 }))
        .map(|row| row.into_active_model().reset_all())
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let known = OnConflict::columns([announced_in::Column::Part, announced_in::Column::ListingId]).do_nothing().to_owned();
    announced_in::Entity::insert_many(rows).on_conflict(known).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// The newest number; 0 for an empty log.
pub async fn latest(db: &impl Db) -> Result<i64, StoreError> {
    let found: Option<i64> =
        Entity::find().select_only().column(Column::Seq).order_by_desc(Column::Seq).into_tuple().one(db.connection()).await?;
    Ok(found.unwrap_or(0))
}

/// The newest number and when it was given; the beginning of 1970 for an empty log.
pub async fn newest_at(db: &impl Db) -> Result<(i64, DateTime<Utc>), StoreError> {
    let row = Entity::find().order_by_desc(Column::Seq).one(db.connection()).await?;
    row.map_or(Ok((0, DateTime::UNIX_EPOCH)), |row| Ok((row.seq, instant(row.committed_at)?)))
}

/// The newest change of each listing after a number, in order, of listings that are or were announced in a scope.
pub async fn after(db: &impl Db, scope: &FeedScope, seq: i64, limit: u64) -> Result<Vec<Change>, StoreError> {
    let query = newest(scope).filter(Column::Seq.gt(seq)).order_by_asc(Column::Seq).limit(limit);
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

/// How many listings of a scope changed after a number, counting no further than `cap`, and when the first of these changes was made.
pub async fn lag(db: &impl Db, scope: &FeedScope, seq: i64, cap: u64) -> Result<(u64, Option<DateTime<Utc>>), StoreError> {
    let later = || newest(scope).filter(Column::Seq.gt(seq));
    let count = later().limit(cap).count(db.connection()).await?;
    let first = later().order_by_asc(Column::Seq).one(db.connection()).await?;
    Ok((count.min(cap), first.map(|row| instant(row.committed_at)).transpose()?))
}

/// The number up to which tombstones may have been forgotten; 0 when none were.
pub async fn horizon(db: &impl Db) -> Result<i64, StoreError> {
    let stored = settings::get(db, HORIZON).await?;
    stored.map_or(Ok(0), |text| text.parse().map_err(|_| StoreError::Corrupt("setting.feed_horizon")))
}

/// Forgets what was made before an instant: tombstones, and rows that newer ones replaced. What is visible stays.
pub async fn forget_before(tx: &Tx, at: DateTime<Utc>) -> Result<u64, StoreError> {
    let connection = tx.connection();
    let old = Entity::find().select_only().column(Column::Seq).filter(Column::CommittedAt.lt(micros(at)));
    let Some(until) = old.order_by_desc(Column::Seq).into_tuple::<i64>().one(connection).await? else { return Ok(0) };
    let gone = Condition::any().add(Column::IsLatest.eq(false)).add(Column::Reason.is_not_null());
    // The newest row stays whatever it is: numbers must never be given twice.
    let newest = latest(tx).await?;
    let old = Entity::delete_many().filter(Column::Seq.lte(until)).filter(Column::Seq.lt(newest));
    let done = old.filter(gone).exec(connection).await?;
    if done.rows_affected > 0 {
        let known = Entity::find().select_only().column(Column::ListingId).into_query();
        announced_in::Entity::delete_many().filter(announced_in::Column::ListingId.not_in_subquery(known)).exec(connection).await?;
        settings::put(tx, HORIZON, &until.to_string()).await?;
    }
    Ok(done.rows_affected)
}

/// The newest rows of listings that are or were announced in a scope.
fn newest(scope: &FeedScope) -> Select<Entity> {
    let mut query = Entity::find().filter(Column::IsLatest.eq(true));
    if let Some(producer) = scope.producer {
        let own = listing::Entity::find().select_only().column(listing::Column::Id).filter(listing::Column::ProducerId.eq(producer.0));
        query = query.filter(Column::ListingId.in_subquery(own.into_query()));
    }
    for place in scope.places() {
        let there = announced_in::Entity::find().select_only().column(announced_in::Column::ListingId);
        let there = there.filter(announced_in::Column::Part.eq(place));
        query = query.filter(Column::ListingId.in_subquery(there.into_query()));
    }
    query
}

fn row(change: &NewChange, seq: i64, at: DateTime<Utc>) -> Model {
    let causes: Vec<_> = change.causes.iter().map(|c| c.code()).collect();
    Model {
        seq,
        listing_id: change.listing_id.0,
        version: change.version,
        causes: causes.join(" "),
        reason: change.reason.map(|r| r.code().to_owned()),
        committed_at: micros(at),
        is_latest: true,
    }
}

fn domain(row: Model) -> Result<Change, StoreError> {
    let causes = row.causes.split(' ').filter(|c| !c.is_empty());
    Ok(Change {
        seq: row.seq,
        listing_id: row.listing_id.into(),
        version: row.version,
        causes: causes.map(|c| coded(ChangeCause::parse_code(c), "listing_change.causes")).collect::<Result<_, _>>()?,
        reason: row.reason.map(|r| coded(RemovalReason::parse_code(&r), "listing_change.reason")).transpose()?,
        committed_at: instant(row.committed_at)?,
    })
}
