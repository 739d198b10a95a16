//! Variants of products.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};
use uuid::Uuid;

use crate::{
    domain::{
        gtin::Gtin,
        id::{ProducerId, ProductId, VariantId},
        product::Variant,
        quantity::{Quantity, Unit},
    },
    store::{
        Db, StoreError,
        entity::variant::{ActiveModel, Column, Entity, Model},
        error::coded,
        instant::micros,
        rows::{self, among},
    },
};

/// Stores variants, new and changed; [`StoreError::Taken`] names `sku` or `gtin`.
pub async fn put(db: &impl Db, variants: &[Variant]) -> Result<(), StoreError> {
    if variants.is_empty() {
        return Ok(());
    }
    let replace = OnConflict::column(Column::Id)
        .update_columns([
            Column::Sku,
            Column::Gtin,
            Column::NetThousandths,
            Column::NetUnit,
            Column::WeightGrams,
            Column::Position,
            Column::ArchivedAt,
        ])
        .to_owned();
    let rows = variants.iter().map(|variant| Ok(row(variant)?.into_active_model().reset_all())).collect::<Result<Vec<_>, StoreError>>()?;
    Entity::insert_many(rows).on_conflict(replace).exec_without_returning(db.connection()).await?;
    Ok(())
}

/// Those of these SKUs that variants of these producers have, with their producers.
pub async fn with_skus(db: &impl Db, producers: &[ProducerId], skus: Vec<String>) -> Result<Vec<(ProducerId, String)>, StoreError> {
    if producers.is_empty() || skus.is_empty() {
        // PostgreSQL plans for all values: it would read every variant to find that none fits.
        return Ok(Vec::new());
    }
    let query = Entity::find()
        .select_only()
        .columns([Column::ProducerId, Column::Sku])
        .filter(Column::ProducerId.is_in(among(producers.iter().map(|p| p.0))))
        .filter(Column::Sku.is_in(among(skus)));
    let found: Vec<(Uuid, String)> = query.into_tuple().all(db.connection()).await?;
    Ok(found.into_iter().map(|(producer, sku)| (producer.into(), sku)).collect())
}

/// Those of these GTINs that variants have.
pub async fn gtins_taken(db: &impl Db, gtins: Vec<String>) -> Result<Vec<String>, StoreError> {
    rows::taken(db, Column::Gtin, gtins).await
}

/// Marks variants of a product as no longer sold.
pub async fn archive(db: &impl Db, product: ProductId, ids: &[VariantId], at: DateTime<Utc>) -> Result<(), StoreError> {
    let update = ActiveModel { archived_at: Set(Some(micros(at))), ..Default::default() };
    Entity::update_many()
        .set(update)
        .filter(Column::ProductId.eq(product.0))
        .filter(Column::Id.is_in(among(ids.iter().map(|id| id.0))))
        .exec(db.connection())
        .await?;
    Ok(())
}

/// The variants of these products in their order, archived ones included.
pub async fn of_products(db: &impl Db, products: &[ProductId]) -> Result<Vec<Variant>, StoreError> {
    let query = Entity::find().order_by_asc(Column::Position).order_by_asc(Column::Id);
    rows::among_all(db, query, Column::ProductId, products.iter().map(|p| p.0)).await?.into_iter().map(domain).collect()
}

/// The variants with these ids, in no order.
pub async fn find_many(db: &impl Db, ids: &[VariantId]) -> Result<Vec<Variant>, StoreError> {
    rows::among_all(db, Entity::find(), Column::Id, ids.iter().map(|id| id.0)).await?.into_iter().map(domain).collect()
}

fn row(v: &Variant) -> Result<Model, StoreError> {
    Ok(Model {
        id: v.id.0,
        product_id: v.product_id.0,
        producer_id: v.producer_id.0,
        sku: v.sku.clone(),
        gtin: v.gtin.as_ref().map(|g| g.as_str().to_owned()),
        net_thousandths: v.net.thousandths(),
        net_unit: v.net.unit().code().to_owned(),
        weight_grams: i32::try_from(v.weight_grams).map_err(|_| StoreError::Corrupt("variant.weight_grams"))?,
        position: v.position,
        archived_at: None,
    })
}

pub(super) fn domain(row: Model) -> Result<Variant, StoreError> {
    let unit = coded(Unit::parse_code(&row.net_unit), "variant.net_unit")?;
    Ok(Variant {
        id: row.id.into(),
        product_id: row.product_id.into(),
        producer_id: row.producer_id.into(),
        sku: row.sku,
        gtin: row.gtin.map(|g| Gtin::parse(&g).map_err(|_| StoreError::Corrupt("variant.gtin"))).transpose()?,
        net: Quantity::from_thousandths(row.net_thousandths, unit).map_err(|_| StoreError::Corrupt("variant.net_thousandths"))?,
        weight_grams: u32::try_from(row.weight_grams).map_err(|_| StoreError::Corrupt("variant.weight_grams"))?,
        position: row.position,
        archived: row.archived_at.is_some(),
    })
}
