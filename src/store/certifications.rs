//! Documents of other kinds about products.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::{
    domain::{
        id::ProductId,
        product::{Certification, CertificationKind},
    },
    store::{
        Db, StoreError,
        entity::certification::{Column, Entity, Model},
        error::coded,
        rows::among,
    },
};

/// Replaces the documents of a product; their order in the slice is kept.
pub async fn replace(db: &impl Db, product: ProductId, documents: &[Certification]) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::ProductId.eq(product.0)).exec(db.connection()).await?;
    if documents.is_empty() {
        return Ok(());
    }
    let rows = documents.iter().enumerate().map(|(position, d)| row(product, position, d).into_active_model().reset_all());
    Entity::insert_many(rows).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// The documents of these products in their order.
pub async fn of_products(db: &impl Db, products: &[ProductId]) -> Result<Vec<Certification>, StoreError> {
    let query = Entity::find()
        .filter(Column::ProductId.is_in(among(products.iter().map(|p| p.0))))
        .order_by_asc(Column::Position)
        .order_by_asc(Column::Id);
    query.all(db.connection()).await?.into_iter().map(domain).collect()
}

fn row(product: ProductId, position: usize, d: &Certification) -> Model {
    Model {
        id: d.id.0,
        product_id: product.0,
        kind: d.kind.code().to_owned(),
        number: d.number.clone(),
        issuer: d.issuer.clone(),
        issued_on: d.issued_on,
        expires_on: d.expires_on,
        document_url: d.document_url.clone(),
        position: i32::try_from(position).unwrap_or(i32::MAX),
    }
}

fn domain(row: Model) -> Result<Certification, StoreError> {
    Ok(Certification {
        id: row.id.into(),
        product_id: row.product_id.into(),
        kind: coded(CertificationKind::parse_code(&row.kind), "certification.kind")?,
        number: row.number,
        issuer: row.issuer,
        issued_on: row.issued_on,
        expires_on: row.expires_on,
        document_url: row.document_url,
    })
}
