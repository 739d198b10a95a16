//! Dossiers.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use crate::{
    domain::{
        actor::Reach,
        cursor::{CursorValue, Position},
        dossier::{Dossier, DossierState},
        id::{DossierId, ProductId},
    },
    store::{
        Db, Direction, Page, PageRequest, StoreError,
        entity::dossier::{Column, Entity, Model},
        error::coded,
        instant::{instant, micros, opt_instant},
        page::{self, Sort},
        producers::within,
    },
};

/// Stores a new dossier.
pub async fn insert(db: &impl Db, dossier: &Dossier) -> Result<(), StoreError> {
    Entity::insert(row(dossier).into_active_model().reset_all()).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// Stores a changed dossier whose `version` is the one it was read with; false when someone was faster or it is out of reach.
pub async fn update(db: &impl Db, dossier: &Dossier, reach: &Reach) -> Result<bool, StoreError> {
    let mut next = row(dossier);
    next.version += 1;
    let done = Entity::update_many()
        .set(next.into_active_model().reset_all())
        .filter(Column::Id.eq(dossier.id.0))
        .filter(Column::Version.eq(dossier.version))
        .filter(within(Column::ProducerId, reach))
        .exec(db.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// The dossier with an id, within reach.
pub async fn find(db: &impl Db, id: DossierId, reach: &Reach) -> Result<Option<Dossier>, StoreError> {
    Entity::find_by_id(id.0).filter(within(Column::ProducerId, reach)).one(db.connection()).await?.map(domain).transpose()
}

/// The dossier with an id, within reach, locked until the transaction ends.
pub async fn find_for_update(db: &impl Db, id: DossierId, reach: &Reach) -> Result<Option<Dossier>, StoreError> {
    Entity::find_by_id(id.0).filter(within(Column::ProducerId, reach)).lock_exclusive().one(db.connection()).await?.map(domain).transpose()
}

/// The dossier of a product that is not finished; there is at most one.
pub async fn open_of_product(db: &impl Db, product: ProductId) -> Result<Option<Dossier>, StoreError> {
    let open = DossierState::ALL.iter().filter(|s| !s.is_final()).map(|s| s.code());
    let query = Entity::find().filter(Column::ProductId.eq(product.0)).filter(Column::State.is_in(open));
    query.one(db.connection()).await?.map(domain).transpose()
}

/// Dossiers in some states within reach, the oldest first.
pub async fn page(db: &impl Db, states: &[DossierState], reach: &Reach, request: &PageRequest) -> Result<Page<Dossier>, StoreError> {
    let mut query = Entity::find().filter(within(Column::ProducerId, reach));
    if !states.is_empty() {
        query = query.filter(Column::State.is_in(states.iter().map(|s| s.code())));
    }
    let sort = Sort { column: Column::CreatedAt, id: Column::Id, direction: Direction::Ascending };
    page::fetch(db, query, sort, request, |row| Ok((Position { value: CursorValue::Int(row.created_at), id: row.id }, domain(row)?))).await
}

fn row(d: &Dossier) -> Model {
    Model {
        id: d.id.0,
        product_id: d.product_id.0,
        producer_id: d.producer_id.0,
        cycle: d.cycle,
        state: d.state.code().to_owned(),
        submitted_at: d.submitted_at.map(micros),
        decided_at: d.decided_at.map(micros),
        decided_by: d.decided_by.map(|u| u.0),
        rejection_reason: d.rejection_reason.clone(),
        version: d.version,
        created_at: micros(d.created_at),
        updated_at: micros(d.updated_at),
    }
}

fn domain(row: Model) -> Result<Dossier, StoreError> {
    Ok(Dossier {
        id: row.id.into(),
        product_id: row.product_id.into(),
        producer_id: row.producer_id.into(),
        cycle: row.cycle,
        state: coded(DossierState::parse_code(&row.state), "dossier.state")?,
        submitted_at: opt_instant(row.submitted_at)?,
        decided_at: opt_instant(row.decided_at)?,
        decided_by: row.decided_by.map(Into::into),
        rejection_reason: row.rejection_reason,
        version: row.version,
        created_at: instant(row.created_at)?,
        updated_at: instant(row.updated_at)?,
    })
}
