//! Pictures of products.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    domain::{id::ProductId, product::Media},
    store::{
        Db, StoreError,
        entity::media::{Column, Entity, Model},
        rows,
    },
};

/// Replaces the pictures of a product; their order in the slice is their position.
pub async fn replace(db: &impl Db, product: ProductId, media: &[Media]) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::ProductId.eq(product.0)).exec(db.connection()).await?;
    let placed = media.iter().enumerate().map(|(position, m)| {
        let position = i32::try_from(position).unwrap_or(i32::MAX);
        Media { product_id: product, position, ..m.clone() }
    });
    insert_many(db, &placed.collect::<Vec<_>>()).await
}

/// Stores new pictures.
pub async fn insert_many(db: &impl Db, media: &[Media]) -> Result<(), StoreError> {
    let row = |m: &Media| Model {
        id: m.id.0,
        product_id: m.product_id.0,
        url: m.url.clone(),
        alt_vi: m.alt_vi.clone(),
        alt_en: m.alt_en.clone(),
        position: m.position,
    };
    rows::insert::<Entity>(db, media.iter().map(row)).await
}

/// The pictures of these products in their order.
pub async fn of_products(db: &impl Db, products: &[ProductId]) -> Result<Vec<Media>, StoreError> {
    let query = Entity::find().order_by_asc(Column::Position).order_by_asc(Column::Id);
    Ok(rows::among_all(db, query, Column::ProductId, products.iter().map(|p| p.0)).await?.into_iter().map(domain).collect())
}

/// The first pictures of these products, in no order.
pub async fn covers(db: &impl Db, products: &[ProductId]) -> Result<Vec<Media>, StoreError> {
    let query = Entity::find().filter(Column::Position.eq(0));
    Ok(rows::among_all(db, query, Column::ProductId, products.iter().map(|p| p.0)).await?.into_iter().map(domain).collect())
}

pub(super) fn domain(row: Model) -> Media {
    Media {
        id: row.id.into(),
        product_id: row.product_id.into(),
        url: row.url,
        alt_vi: row.alt_vi,
        alt_en: row.alt_en,
        position: row.position,
    }
}
