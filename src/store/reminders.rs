//! Reminders that a certificate ends: made once a threshold and way, delivered until it succeeds.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use uuid::Uuid;

use crate::{
    domain::{certificate::Via, code::coded as codes, id::RatingId},
    store::{
        Db, StoreError,
        entity::reminder::{ActiveModel, Column, Entity, Model},
        error::coded,
        instant::{instant, micros, opt_instant},
    },
};

codes! {
    /// Where a reminder is.
    ReminderState {
        /// To be delivered.
        Waiting = "WAITING",
        /// Delivered.
        Delivered = "DELIVERED",
        /// Given up after too many tries.
        Failed = "FAILED",
    }
}

/// A reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// Identity.
    pub id: Uuid,
    /// The rating whose certificate ends.
    pub rating_id: RatingId,
    /// The threshold, in days before the end.
    pub days: i32,
    /// How it is delivered.
    pub via: Via,
    /// Where it is.
    pub state: ReminderState,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried next.
    pub due_at: DateTime<Utc>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was delivered.
    pub delivered_at: Option<DateTime<Utc>>,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

/// Makes a reminder unless it was made before; tells whether it is new.
pub async fn put(db: &impl Db, reminder: &Reminder) -> Result<bool, StoreError> {
    let row = Model {
        id: reminder.id,
        rating_id: reminder.rating_id.0,
        days: reminder.days,
        via: reminder.via.code().to_owned(),
        state: reminder.state.code().to_owned(),
        attempts: reminder.attempts,
        due_at: micros(reminder.due_at),
        created_at: micros(reminder.created_at),
        delivered_at: reminder.delivered_at.map(micros),
        last_error: reminder.last_error.clone(),
    };
    let keep = OnConflict::columns([Column::RatingId, Column::Days, Column::Via]).do_nothing().to_owned();
    Ok(Entity::insert(row.into_active_model().reset_all()).on_conflict(keep).exec_without_returning(db.connection()).await? == 1)
}

/// Takes the next reminder that is due: nobody else gets it until the lease ends.
pub async fn claim(db: &impl Db, now: DateTime<Utc>, lease_until: DateTime<Utc>) -> Result<Option<Reminder>, StoreError> {
    let waiting = || Entity::find().filter(Column::State.eq(ReminderState::Waiting.code())).filter(Column::DueAt.lte(micros(now)));
    let Some(row) = waiting().order_by_asc(Column::DueAt).order_by_asc(Column::Id).limit(1).one(db.connection()).await? else {
        return Ok(None);
    };
    let taken = Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(micros(lease_until)))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.eq(ReminderState::Waiting.code()))
        .filter(Column::DueAt.eq(row.due_at))
        .exec(db.connection())
        .await?;
    if taken.rows_affected == 1 { domain(Model { attempts: row.attempts + 1, ..row }).map(Some) } else { Ok(None) }
}

/// Records how a try ended.
pub async fn settle(db: &impl Db, reminder: &Reminder) -> Result<(), StoreError> {
    let settled = ActiveModel {
        state: Set(reminder.state.code().to_owned()),
        due_at: Set(micros(reminder.due_at)),
        delivered_at: Set(reminder.delivered_at.map(micros)),
        last_error: Set(reminder.last_error.clone()),
        ..Default::default()
    };
    Entity::update_many().set(settled).filter(Column::Id.eq(reminder.id)).exec(db.connection()).await?;
    Ok(())
}

/// The reminders of some ratings in order.
pub async fn of_ratings(db: &impl Db, ratings: &[RatingId]) -> Result<Vec<Reminder>, StoreError> {
    let query = Entity::find().filter(Column::RatingId.is_in(ratings.iter().map(|r| r.0)));
    let rows = query.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(db.connection()).await?;
    rows.into_iter().map(domain).collect()
}

fn domain(row: Model) -> Result<Reminder, StoreError> {
    Ok(Reminder {
        id: row.id,
        rating_id: row.rating_id.into(),
        days: row.days,
        via: coded(Via::parse_code(&row.via), "reminder.via")?,
        state: coded(ReminderState::parse_code(&row.state), "reminder.state")?,
        attempts: row.attempts,
        due_at: instant(row.due_at)?,
        created_at: instant(row.created_at)?,
        delivered_at: opt_instant(row.delivered_at)?,
        last_error: row.last_error,
    })
}
