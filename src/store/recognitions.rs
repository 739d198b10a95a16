//! What published sources recorded about products.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::OnConflict};
use uuid::Uuid;

use crate::{
    domain::{
        id::ProductId,
        product::{Evidence, Recognition},
    },
    store::{
        Db, StoreError,
        entity::recognition::{Column, Entity, Model},
        error::coded,
        rows::among,
    },
};

/// Stores what a source says about a product, replacing what was stored before.
pub async fn put(db: &impl Db, id: Uuid, product: ProductId, r: &Recognition) -> Result<(), StoreError> {
    let row = Model {
        id,
        product_id: product.0,
        evidence: r.evidence.code().to_owned(),
        stars: r.stars.map(i32::from),
        recognised_year: r.year,
        decision_number: r.decision_number.clone(),
        source: r.source.clone(),
    };
    let replace = OnConflict::column(Column::ProductId)
        .update_columns([Column::Evidence, Column::Stars, Column::RecognisedYear, Column::DecisionNumber, Column::Source])
        .to_owned();
    Entity::insert(row.into_active_model().reset_all()).on_conflict(replace).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// What sources say about these products: pairs of product and record.
pub async fn of_products(db: &impl Db, products: &[ProductId]) -> Result<Vec<(ProductId, Recognition)>, StoreError> {
    let rows = Entity::find().filter(Column::ProductId.is_in(among(products.iter().map(|p| p.0)))).all(db.connection()).await?;
    rows.into_iter()
        .map(|row| {
            let record = Recognition {
                evidence: coded(Evidence::parse_code(&row.evidence), "recognition.evidence")?,
                stars: row.stars.map(|s| u8::try_from(s).map_err(|_| StoreError::Corrupt("recognition.stars"))).transpose()?,
                year: row.recognised_year,
                decision_number: row.decision_number,
                source: row.source,
            };
            Ok((row.product_id.into(), record))
        })
        .collect()
}
