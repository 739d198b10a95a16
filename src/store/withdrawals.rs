//! Withdrawals of ratings and their reinstatements.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::{
    domain::{certificate::WithdrawalReason, id::RatingId, rating::Withdrawal},
    store::{
        Db, StoreError,
        entity::withdrawal::{ActiveModel, Column, Entity, Model},
        error::coded,
        instant::{instant, micros},
    },
};

/// Records a withdrawal.
pub async fn insert(db: &impl Db, withdrawal: &Withdrawal) -> Result<(), StoreError> {
    let row = Model {
        id: withdrawal.id,
        rating_id: withdrawal.rating_id.0,
        reason: withdrawal.reason.code().to_owned(),
        legal_basis: withdrawal.legal_basis.clone(),
        effective_on: withdrawal.effective_on,
        recorded_at: micros(withdrawal.recorded_at),
        reinstated_on: withdrawal.reinstated_on,
        reinstatement_basis: withdrawal.reinstatement_basis.clone(),
    };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// Records that the open withdrawal of a rating ended; false when none is open.
pub async fn reinstate(db: &impl Db, rating: RatingId, on: chrono::NaiveDate, basis: &str) -> Result<bool, StoreError> {
    let ended = ActiveModel { reinstated_on: Set(Some(on)), reinstatement_basis: Set(Some(basis.to_owned())), ..Default::default() };
    let open = Entity::update_many().set(ended).filter(Column::RatingId.eq(rating.0)).filter(Column::ReinstatedOn.is_null());
    Ok(open.exec(db.connection()).await?.rows_affected > 0)
}

/// The withdrawals of some ratings in order.
pub async fn of_ratings(db: &impl Db, ratings: &[RatingId]) -> Result<Vec<Withdrawal>, StoreError> {
    let query = Entity::find().filter(Column::RatingId.is_in(ratings.iter().map(|r| r.0)));
    let rows = query.order_by_asc(Column::RecordedAt).order_by_asc(Column::Id).all(db.connection()).await?;
    rows.into_iter().map(domain).collect()
}

fn domain(row: Model) -> Result<Withdrawal, StoreError> {
    Ok(Withdrawal {
        id: row.id,
        rating_id: row.rating_id.into(),
        reason: coded(WithdrawalReason::parse_code(&row.reason), "withdrawal.reason")?,
        legal_basis: row.legal_basis,
        effective_on: row.effective_on,
        recorded_at: instant(row.recorded_at)?,
        reinstated_on: row.reinstated_on,
        reinstatement_basis: row.reinstatement_basis,
    })
}
