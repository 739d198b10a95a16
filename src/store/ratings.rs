//! Decisions and ratings with their certificates.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, IntoActiveModel, JoinType, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, Select, sea_query::OnConflict,
};

use uuid::Uuid;

use crate::{
    domain::{
        actor::Reach,
        certificate::{Validity, WithdrawalReason},
        cursor::{CursorValue, Position},
        id::{DossierId, ProductId, RatingId},
        rating::{Decision, Rating},
        rulebook::Authority,
        score::{Score, Stars},
    },
    store::{
        Db, Direction, Page, PageRequest, StoreError,
        entity::{decision, rating},
        error::coded,
        instant::{instant, micros},
        page::{self, Sort},
        producers::within,
        rows::{self, Cells, Lean, among},
        unasked::Unasked,
    },
};

/// Stores a decision unless it exists, and returns the stored one: one decision recognises many products.
pub async fn put_decision(db: &impl Db, wanted: &Decision, at: DateTime<Utc>) -> Result<Decision, StoreError> {
    use decision::{Column, Entity, Model};
    let row = Model {
        id: wanted.id,
        authority: wanted.authority.code().to_owned(),
        issuer: wanted.issuer.clone(),
        number: wanted.number.clone(),
        signed_on: wanted.signed_on,
        created_at: micros(at),
    };
    let keep = OnConflict::columns([Column::Issuer, Column::Number, Column::SignedOn]).do_nothing().to_owned();
    Entity::insert(row.into_active_model().reset_all()).on_conflict(keep).exec_without_returning(db.connection()).await?;
    let stored = Entity::find()
        .filter(Column::Issuer.eq(&wanted.issuer))
        .filter(Column::Number.eq(&wanted.number))
        .filter(Column::SignedOn.eq(wanted.signed_on))
        .one(db.connection())
        .await?;
    granting(stored.ok_or(StoreError::Corrupt("decision"))?)
}

/// Stores a new rating; [`StoreError::Taken`] names `certificate_number` or `dossier_id`.
pub async fn insert(db: &impl Db, rating: &Rating) -> Result<(), StoreError> {
    rating::Entity::insert(row(rating).into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// Stores a changed rating whose `version` is the one it was read with; false when someone was faster.
pub async fn update(db: &impl Db, changed: &Rating) -> Result<bool, StoreError> {
    let mut next = row(changed);
    next.version += 1;
    let done = rating::Entity::update_many()
        .set(next.into_active_model().reset_all())
        .filter(rating::Column::Id.eq(changed.id.0))
        .filter(rating::Column::Version.eq(changed.version))
        .exec(db.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// The rating with an id, within reach, locked until the transaction ends. Its decision, which others share, is not.
pub async fn find_for_update(db: &impl Db, id: RatingId, reach: &Reach) -> Result<Option<Rating>, StoreError> {
    let locked = rating::Entity::find_by_id(id.0).filter(within(rating::Column::ProducerId, reach)).lock_exclusive();
    if locked.one(db.connection()).await?.is_none() {
        return Ok(None);
    }
    find(db, id).await
}

/// The rating with an id.
pub async fn find(db: &impl Db, id: RatingId) -> Result<Option<Rating>, StoreError> {
    Ok(all(db, rating::Entity::find_by_id(id.0)).await?.pop())
}

/// The ratings with these ids.
pub async fn find_many(db: &impl Db, ids: &[RatingId]) -> Result<Vec<Rating>, StoreError> {
    all(db, rating::Entity::find().filter(rating::Column::Id.is_in(among(ids.iter().map(|id| id.0))))).await
}

/// The ratings that came of these dossiers.
pub async fn of_dossiers(db: &impl Db, dossiers: &[DossierId]) -> Result<Vec<Rating>, StoreError> {
    all(db, rating::Entity::find().filter(rating::Column::DossierId.is_in(among(dossiers.iter().map(|id| id.0))))).await
}

/// The rating whose certificate has a number.
pub async fn by_certificate(db: &impl Db, number: &str) -> Result<Option<Rating>, StoreError> {
    Ok(all(db, rating::Entity::find().filter(rating::Column::CertificateNumber.eq(number))).await?.pop())
}

/// Ratings within reach whose certificates are in force on a day and end before another, the first to end first.
pub async fn expiring(
    db: &impl Db,
    (day, before): (NaiveDate, NaiveDate),
    reach: &Reach,
    request: &PageRequest,
) -> Result<Page<Rating>, StoreError> {
    use rating::{Column, Entity};
    let query = Entity::find()
        .filter(within(Column::ProducerId, reach))
        .filter(Column::ExpiresOn.gt(day))
        .filter(Column::ExpiresOn.lte(before))
        .filter(Column::WithdrawnOn.is_null().or(Column::WithdrawnOn.gt(day)))
        .filter(Column::SupersededOn.is_null().or(Column::SupersededOn.gt(day)));
    let sort = Sort { column: Column::ExpiresOn, id: Column::Id, direction: Direction::Ascending };
    let position = |row: &rating::Model| Position { value: CursorValue::Day(row.expires_on), id: row.id };
    page::fetch_as(db, decided(query, db.unasked()), sort, request, |row: Decided| Ok((position(&row.rating), row.read()?))).await
}

/// All ratings of these products, the newest of each product first.
pub async fn of_products(db: &impl Db, products: &[ProductId]) -> Result<Vec<Rating>, StoreError> {
    if products.is_empty() {
        return Ok(Vec::new());
    }
    let query = rating::Entity::find()
        .filter(rating::Column::ProductId.is_in(among(products.iter().map(|p| p.0))))
        .order_by_desc(rating::Column::IssuedOn)
        .order_by_desc(rating::Column::CreatedAt)
        .order_by_desc(rating::Column::Id);
    all(db, query).await
}

/// A rating with the decision that granted it.
pub(super) struct Decided {
    rating: rating::Model,
    decision: decision::Model,
}

impl FromQueryResult for Decided {
    fn from_query_result(row: &QueryResult, _prefix: &str) -> Result<Self, DbErr> {
        Self::of(&mut Cells::shaped(row)?)
    }
}

/// Ratings with their decisions, without what nobody asked for.
pub(super) fn decided(query: Select<rating::Entity>, unasked: Unasked) -> Select<rating::Entity> {
    let decision = rating::Entity::belongs_to(decision::Entity).from(rating::Column::DecisionId).to(decision::Column::Id);
    let query = rows::asked_for(query.join(JoinType::InnerJoin, decision.into()), unasked);
    rows::select_asked::<decision::Entity, _>(query, unasked)
}

async fn all(db: &impl Db, query: Select<rating::Entity>) -> Result<Vec<Rating>, StoreError> {
    let rows: Vec<Decided> = decided(query, db.unasked()).into_model().all(db.connection()).await?;
    rows.into_iter().map(Decided::read).collect()
}

impl Decided {
    pub(super) fn of(cells: &mut Cells<'_>) -> Result<Self, DbErr> {
        Ok(Self { rating: rating::Entity::read(cells)?, decision: decision::Entity::read(cells)? })
    }

    /// By what ratings are ordered, the oldest first.
    pub(super) fn age(&self) -> (NaiveDate, i64, Uuid) {
        (self.rating.issued_on, self.rating.created_at, self.rating.id)
    }

    pub(super) fn read(self) -> Result<Rating, StoreError> {
        let Self { rating: row, decision } = self;
        let score =
            row.score_hundredths.map(|s| coded(u16::try_from(s).ok().and_then(Score::try_from_hundredths), "rating.score_hundredths"));
        let reason = row.withdrawal_reason.map(|r| coded(WithdrawalReason::parse_code(&r), "rating.withdrawal_reason"));
        Ok(Rating {
            id: row.id.into(),
            product_id: row.product_id.into(),
            producer_id: row.producer_id.into(),
            dossier_id: row.dossier_id.into(),
            decision: granting(decision)?,
            stars: coded(u8::try_from(row.stars).ok().and_then(Stars::try_from_u8), "rating.stars")?,
            score: score.transpose()?,
            certificate_number: row.certificate_number,
            validity: Validity {
                issued_on: row.issued_on,
                expires_on: row.expires_on,
                withdrawn_on: row.withdrawn_on,
                superseded_on: row.superseded_on,
            },
            withdrawal_reason: reason.transpose()?,
            withdrawal_basis: row.withdrawal_basis,
            version: row.version,
            created_at: instant(row.created_at)?,
        })
    }
}

fn granting(row: decision::Model) -> Result<Decision, StoreError> {
    Ok(Decision {
        id: row.id,
        authority: coded(Authority::parse_code(&row.authority), "decision.authority")?,
        issuer: row.issuer,
        number: row.number,
        signed_on: row.signed_on,
    })
}

fn row(r: &Rating) -> rating::Model {
    rating::Model {
        id: r.id.0,
        product_id: r.product_id.0,
        producer_id: r.producer_id.0,
        dossier_id: r.dossier_id.0,
        decision_id: r.decision.id,
        stars: i32::from(r.stars.get()),
        score_hundredths: r.score.map(|s| i32::from(s.hundredths())),
        certificate_number: r.certificate_number.clone(),
        issued_on: r.validity.issued_on,
        expires_on: r.validity.expires_on,
        withdrawn_on: r.validity.withdrawn_on,
        withdrawal_reason: r.withdrawal_reason.map(|w| w.code().to_owned()),
        withdrawal_basis: r.withdrawal_basis.clone(),
        superseded_on: r.validity.superseded_on,
        version: r.version,
        created_at: micros(r.created_at),
    }
}
