//! What published sources recorded about products.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
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
        rows::{self, among},
    },
};

/// Stores what sources say about products, each with its id.
pub async fn insert_many(db: &impl Db, recognitions: &[(Uuid, ProductId, Recognition)]) -> Result<(), StoreError> {
    let row = |(id, product, r): &(Uuid, ProductId, Recognition)| Model {
        id: *id,
        product_id: product.0,
        evidence: r.evidence.code().to_owned(),
        stars: r.stars.map(i32::from),
        recognised_year: r.year,
        decision_number: r.decision_number.clone(),
        source: r.source.clone(),
    };
    rows::insert::<Entity>(db, recognitions.iter().map(row)).await
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
