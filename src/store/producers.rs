//! Producers.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, sea_query::IntoCondition,
};
use uuid::Uuid;

use crate::{
    domain::{
        actor::Reach,
        collation::sort_key,
        cursor::{CursorValue, Position},
        id::ProducerId,
        producer::{Producer, ProducerKind, ProducerStatus},
        search::{Findable, Query},
    },
    store::{
        Db, Direction, Page, PageRequest, StoreError,
        entity::producer::{Column, Entity, Model},
        error::coded,
        instant::{instant, micros},
        page::{self, Sort},
        rows::{self, LeanRow},
        search::{self, holds},
        unasked::Unasked,
    },
};

/// What a list of producers is narrowed to; empty means no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProducerFilter {
    /// Legal forms.
    pub kinds: Vec<ProducerKind>,
    /// Communes of today.
    pub communes: Vec<String>,
    /// What is searched.
    pub search: Option<Query>,
    /// Only these producers.
    pub ids: Option<Vec<ProducerId>>,
}

/// Stores a new producer; [`StoreError::Taken`] names `slug`, `tax_code` or `external_key`.
pub async fn insert(db: &impl Db, producer: &Producer) -> Result<(), StoreError> {
    insert_many(db, std::slice::from_ref(producer)).await
}

/// Stores new producers; [`StoreError::Taken`] names `slug`, `tax_code` or `external_key`.
pub async fn insert_many(db: &impl Db, producers: &[Producer]) -> Result<(), StoreError> {
    rows::insert::<Entity>(db, producers.iter().map(row)).await
}

/// Stores a changed producer whose `version` is the one it was read with; false when someone was faster or it is out of reach.
pub async fn update(db: &impl Db, producer: &Producer, reach: &Reach) -> Result<bool, StoreError> {
    let mut next = row(producer);
    next.version += 1;
    let done = Entity::update_many()
        .set(next.into_active_model().reset_all())
        .filter(Column::Id.eq(producer.id.0))
        .filter(Column::Version.eq(producer.version))
        .filter(within(Column::Id, reach))
        .exec(db.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// The producer with an id.
pub async fn find(db: &impl Db, id: ProducerId) -> Result<Option<Producer>, StoreError> {
    rows::one(db, Entity::find_by_id(id.0)).await?.map(domain).transpose()
}

/// The producer with an id, within reach, locked until the transaction ends.
pub async fn find_for_update(db: &impl Db, id: ProducerId, reach: &Reach) -> Result<Option<Producer>, StoreError> {
    Entity::find_by_id(id.0).filter(within(Column::Id, reach)).lock_exclusive().one(db.connection()).await?.map(domain).transpose()
}

/// The producers with these ids, in no order.
pub async fn find_many(db: &impl Db, ids: &[ProducerId]) -> Result<Vec<Producer>, StoreError> {
    rows::among_all(db, Entity::find(), Column::Id, ids.iter().map(|id| id.0)).await?.into_iter().map(domain).collect()
}

/// The producer with a slug.
pub async fn by_slug(db: &impl Db, slug: &str) -> Result<Option<Producer>, StoreError> {
    rows::one(db, Entity::find().filter(Column::Slug.eq(slug))).await?.map(domain).transpose()
}

/// The producer with a tax code.
pub async fn by_tax_code(db: &impl Db, code: &str) -> Result<Option<Producer>, StoreError> {
    rows::one(db, Entity::find().filter(Column::TaxCode.eq(code))).await?.map(domain).transpose()
}

/// The producers imported under these keys, in no order.
pub async fn by_external_keys(db: &impl Db, keys: &[&str]) -> Result<Vec<Producer>, StoreError> {
    rows::among_all(db, Entity::find(), Column::ExternalKey, keys.iter().copied()).await?.into_iter().map(domain).collect()
}

/// Those of these slugs that producers have.
pub async fn slugs_taken(db: &impl Db, slugs: Vec<String>) -> Result<Vec<String>, StoreError> {
    rows::taken(db, Column::Slug, slugs).await
}

/// Producers by name: those in good standing and those within reach.
pub async fn page(
    db: &impl Db,
    filter: &ProducerFilter,
    reach: &Reach,
    direction: Direction,
    request: &PageRequest,
) -> Result<Page<Producer>, StoreError> {
    let mut query = Entity::find().filter(visible(reach));
    if !filter.kinds.is_empty() {
        query = query.filter(Column::Kind.is_in(filter.kinds.iter().map(|k| k.code())));
    }
    if !filter.communes.is_empty() {
        query = query.filter(Column::CommuneCode.is_in(&filter.communes));
    }
    if let Some(ids) = &filter.ids {
        query = query.filter(Column::Id.is_in(ids.iter().map(|id| id.0)));
    }
    if let Some(words) = &filter.search {
        query = query.filter(holds(Column::SearchText, words));
    }
    let sort = Sort { column: Column::SortName, id: Column::Id, direction };
    let query = rows::asked_for(query, Unasked { sort_names: false, ..db.unasked() });
    page::fetch_as(db, query, sort, request, |LeanRow(row): LeanRow<Entity>| {
        Ok((Position { value: CursorValue::Text(row.sort_name.clone()), id: row.id }, domain(row)?))
    })
    .await
}

/// The condition that a producer's column lies within reach.
pub(super) fn within(column: impl ColumnTrait, reach: &Reach) -> Condition {
    match reach {
        Reach::All => Condition::all(),
        Reach::Producers(ids) => Condition::all().add(column.is_in(ids.iter().map(|id| id.0))),
    }
}

/// Writes the texts that producers are searched and sorted by anew, for rows after one by id; the last of them.
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
        Reach::Producers(ids) if ids.is_empty() => Column::Status.eq(ProducerStatus::Active.code()).into_condition(),
        Reach::Producers(_) => Condition::any().add(Column::Status.eq(ProducerStatus::Active.code())).add(within(Column::Id, reach)),
    }
}

fn row(p: &Producer) -> Model {
    Model {
        id: p.id.0,
        slug: p.slug.clone(),
        external_key: p.external_key.clone(),
        legal_name: p.legal_name.clone(),
        display_name: p.display_name.clone(),
        kind: p.kind.code().to_owned(),
        tax_code: p.tax_code.clone(),
        commune_code: p.commune_code.clone(),
        legacy_commune_code: p.legacy_commune_code.clone(),
        address: p.address.clone(),
        phone: p.phone.clone(),
        email: p.email.clone(),
        story: p.story.clone(),
        status: p.status.code().to_owned(),
        search_text: Findable::of(&[&p.display_name, &p.legal_name]).folded,
        sort_name: sort_key(&p.display_name),
        version: p.version,
        created_at: micros(p.created_at),
        updated_at: micros(p.updated_at),
    }
}

pub(super) fn domain(row: Model) -> Result<Producer, StoreError> {
    Ok(Producer {
        id: row.id.into(),
        slug: row.slug,
        external_key: row.external_key,
        legal_name: row.legal_name,
        display_name: row.display_name,
        kind: coded(ProducerKind::parse_code(&row.kind), "producer.kind")?,
        tax_code: row.tax_code,
        commune_code: row.commune_code,
        legacy_commune_code: row.legacy_commune_code,
        address: row.address,
        phone: row.phone,
        email: row.email,
        story: row.story,
        status: coded(ProducerStatus::parse_code(&row.status), "producer.status")?,
        version: row.version,
        created_at: instant(row.created_at)?,
        updated_at: instant(row.updated_at)?,
    })
}
