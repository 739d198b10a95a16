//! Products.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, sea_query::IntoCondition,
};
use uuid::Uuid;

use crate::{
    domain::{
        actor::Reach,
        collation::sort_key,
        cursor::{CursorValue, Position},
        id::{ProducerId, ProductId},
        product::{Product, ProductGroup, ProductState},
        search::{Findable, Query},
    },
    store::{
        Db, Direction, Page, PageRequest, StoreError,
        entity::product::{Column, Entity, Model},
        error::coded,
        instant::{instant, micros},
        page::{self, Sort},
        producers::within,
        rows::{self, LeanRow},
        search::{self, holds},
        unasked::Unasked,
    },
};

/// What a list of products is narrowed to; empty means no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductFilter {
    /// Groups.
    pub groups: Vec<ProductGroup>,
    /// States.
    pub states: Vec<ProductState>,
    /// Only products of these producers.
    pub producers: Option<Vec<ProducerId>>,
    /// Communes of origin today.
    pub communes: Vec<String>,
    /// What is searched.
    pub search: Option<Query>,
}

/// Stores a new product; [`StoreError::Taken`] names `slug` or `external_key`.
pub async fn insert(db: &impl Db, product: &Product) -> Result<(), StoreError> {
    insert_many(db, std::slice::from_ref(product)).await
}

/// Stores new products; [`StoreError::Taken`] names `slug` or `external_key`.
pub async fn insert_many(db: &impl Db, products: &[Product]) -> Result<(), StoreError> {
    rows::insert::<Entity>(db, products.iter().map(row)).await
}

/// Stores a changed product whose `version` is the one it was read with; false when someone was faster or it is out of reach.
pub async fn update(db: &impl Db, product: &Product, reach: &Reach) -> Result<bool, StoreError> {
    let mut next = row(product);
    next.version += 1;
    let done = Entity::update_many()
        .set(next.into_active_model().reset_all())
        .filter(Column::Id.eq(product.id.0))
        .filter(Column::Version.eq(product.version))
        .filter(within(Column::ProducerId, reach))
        .exec(db.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// The product with an id, if the public may see it or it is within reach.
pub async fn find(db: &impl Db, id: ProductId, reach: &Reach) -> Result<Option<Product>, StoreError> {
    rows::one(db, Entity::find_by_id(id.0).filter(visible(reach))).await?.map(domain).transpose()
}

/// The product with an id, within reach, locked until the transaction ends.
pub async fn find_for_update(db: &impl Db, id: ProductId, reach: &Reach) -> Result<Option<Product>, StoreError> {
    Entity::find_by_id(id.0).filter(within(Column::ProducerId, reach)).lock_exclusive().one(db.connection()).await?.map(domain).transpose()
}

/// The products with these ids, in no order, if the public may see them or they are within reach.
pub async fn find_many(db: &impl Db, ids: &[ProductId], reach: &Reach) -> Result<Vec<Product>, StoreError> {
    let query = Entity::find().filter(visible(reach));
    rows::among_all(db, query, Column::Id, ids.iter().map(|id| id.0)).await?.into_iter().map(domain).collect()
}

/// The products imported under these keys, in no order.
pub async fn by_external_keys(db: &impl Db, keys: &[&str]) -> Result<Vec<Product>, StoreError> {
    rows::among_all(db, Entity::find(), Column::ExternalKey, keys.iter().copied()).await?.into_iter().map(domain).collect()
}

/// Those of these slugs that products have.
pub async fn slugs_taken(db: &impl Db, slugs: Vec<String>) -> Result<Vec<String>, StoreError> {
    rows::taken(db, Column::Slug, slugs).await
}

/// Products by name: those of the public catalog and those within reach.
pub async fn page(
    db: &impl Db,
    filter: &ProductFilter,
    reach: &Reach,
    direction: Direction,
    request: &PageRequest,
) -> Result<Page<Product>, StoreError> {
    let mut query = Entity::find().filter(visible(reach));
    if let Some(words) = &filter.search {
        query = query.filter(holds(Column::SearchText, words));
    }
    if !filter.groups.is_empty() {
        query = query.filter(Column::ProductGroup.is_in(filter.groups.iter().map(|g| g.code())));
    }
    if !filter.states.is_empty() {
        query = query.filter(Column::State.is_in(filter.states.iter().map(|s| s.code())));
    }
    if let Some(producers) = &filter.producers {
        query = query.filter(Column::ProducerId.is_in(producers.iter().map(|p| p.0)));
    }
    if !filter.communes.is_empty() {
        query = query.filter(Column::CommuneCode.is_in(&filter.communes));
    }
    let sort = Sort { column: Column::SortName, id: Column::Id, direction };
    let query = rows::asked_for(query, Unasked { sort_names: false, ..db.unasked() });
    page::fetch_as(db, query, sort, request, |LeanRow(row): LeanRow<Entity>| {
        Ok((Position { value: CursorValue::Text(row.sort_name.clone()), id: row.id }, domain(row)?))
    })
    .await
}

/// Writes the texts that products are searched and sorted by anew, for rows after one by id; the last of them.
pub async fn reword(db: &impl Db, after: Option<Uuid>, limit: u64) -> Result<Option<Uuid>, StoreError> {
    let rows = Entity::find().filter(Column::Id.gt(after.unwrap_or_default())).order_by_asc(Column::Id).limit(limit);
    let mut last = None;
    for old in rows.all(db.connection()).await? {
        last = Some(old.id);
        let known = [old.search_text.clone(), old.sort_name.clone()];
        let new = row(&domain(old)?);
        let columns = [Column::SearchText, Column::SortName];
        search::rewrite::<Entity, _>(db, (Column::Id, new.id), columns, (known, [new.search_text, new.sort_name])).await?;
    }
    Ok(last)
}

pub(super) fn visible(reach: &Reach) -> Condition {
    match reach {
        Reach::All => Condition::all(),
        Reach::Producers(ids) if ids.is_empty() => Column::State.eq(ProductState::Active.code()).into_condition(),
        Reach::Producers(_) => Condition::any().add(Column::State.eq(ProductState::Active.code())).add(within(Column::ProducerId, reach)),
    }
}

fn findable(p: &Product) -> Findable {
    let names = [Some(p.name_vi.as_str()), p.name_en.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Findable::of(&[&names, "", "", p.description_vi.as_deref().unwrap_or_default()])
}

fn row(p: &Product) -> Model {
    let months: Vec<_> = p.season_months.iter().map(u8::to_string).collect();
    Model {
        id: p.id.0,
        producer_id: p.producer_id.map(|id| id.0),
        slug: p.slug.clone(),
        external_key: p.external_key.clone(),
        product_group: p.group.map(|g| g.code().to_owned()),
        state: p.state.code().to_owned(),
        name_vi: p.name_vi.clone(),
        name_en: p.name_en.clone(),
        description_vi: p.description_vi.clone(),
        description_en: p.description_en.clone(),
        season_months: months.join(","),
        commune_code: p.commune_code.clone(),
        legacy_commune_code: p.legacy_commune_code.clone(),
        search_text: findable(p).folded,
        sort_name: sort_key(&p.name_vi),
        version: p.version,
        created_at: micros(p.created_at),
        updated_at: micros(p.updated_at),
    }
}

pub(super) fn domain(row: Model) -> Result<Product, StoreError> {
    let months = row.season_months.split(',').filter(|m| !m.is_empty());
    Ok(Product {
        id: row.id.into(),
        producer_id: row.producer_id.map(Into::into),
        slug: row.slug,
        external_key: row.external_key,
        group: row.product_group.map(|g| coded(ProductGroup::parse_code(&g), "product.product_group")).transpose()?,
        state: coded(ProductState::parse_code(&row.state), "product.state")?,
        name_vi: row.name_vi,
        name_en: row.name_en,
        description_vi: row.description_vi,
        description_en: row.description_en,
        season_months: months.map(|m| m.parse().map_err(|_| StoreError::Corrupt("product.season_months"))).collect::<Result<_, _>>()?,
        commune_code: row.commune_code,
        legacy_commune_code: row.legacy_commune_code,
        version: row.version,
        created_at: instant(row.created_at)?,
        updated_at: instant(row.updated_at)?,
    })
}
