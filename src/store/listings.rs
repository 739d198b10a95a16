//! Listings.

mod beside;
mod browse;
mod facets;
mod relevance;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use crate::{
    domain::{
        actor::Reach,
        collation::sort_key,
        feed::FeedScope,
        id::{ListingId, ProducerId, ProductId},
        listing::{Listing, ListingState, Window},
        money::Vnd,
        product::ProductGroup,
    },
    store::{
        Db, StoreError,
        entity::{
            listing::{Column, Entity, Model},
            variant,
        },
        error::coded,
        instant::{instant, micros, opt_instant},
        producers::within,
        rows, search,
    },
};
pub use beside::Beside;
pub(super) use beside::seen;
pub use browse::{ListingFilter, ListingSort, count, page, page_beside, products_found};
pub use facets::{FacetKey, facet};

/// Who looks, and when: the public's listings at that instant and those within reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Rows that are seen whether public or not.
    pub reach: Reach,
    /// The instant.
    pub at: DateTime<Utc>,
    /// How far a page counts, by its own statement, all that its filter leaves.
    pub count_to: Option<u64>,
}

impl View {
    /// Who looks, and when, at everything.
    pub fn new(reach: Reach, at: DateTime<Utc>) -> Self {
        Self { reach, at, count_to: None }
    }
}

/// Stores a new listing; [`StoreError::Taken`] names `slug`.
pub async fn insert(db: &impl Db, listing: &Listing) -> Result<(), StoreError> {
    insert_many(db, std::slice::from_ref(listing)).await
}

/// Stores new listings; [`StoreError::Taken`] names `slug`.
pub async fn insert_many(db: &impl Db, listings: &[Listing]) -> Result<(), StoreError> {
    rows::insert::<Entity>(db, listings.iter().map(row)).await
}

/// Stores a changed listing. The caller holds the row's lock from `find_for_update` or `of_*_for_update`; false when it is out of reach.
pub async fn update(db: &impl Db, listing: &Listing, reach: &Reach) -> Result<bool, StoreError> {
    let done = Entity::update_many()
        .set(row(listing).into_active_model().reset_all())
        .filter(Column::Id.eq(listing.id.0))
        .filter(within(Column::ProducerId, reach))
        .exec(db.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// The listing with an id, within reach, locked until the transaction ends.
pub async fn find_for_update(db: &impl Db, id: ListingId, reach: &Reach) -> Result<Option<Listing>, StoreError> {
    Entity::find_by_id(id.0).filter(within(Column::ProducerId, reach)).lock_exclusive().one(db.connection()).await?.map(domain).transpose()
}

/// The listings of a product, by id, locked until the transaction ends.
pub async fn of_product_for_update(db: &impl Db, product: ProductId) -> Result<Vec<Listing>, StoreError> {
    locked(db, Entity::find().filter(Column::ProductId.eq(product.0))).await
}

/// The listings of a producer, by id, locked until the transaction ends.
pub async fn of_producer_for_update(db: &impl Db, producer: ProducerId) -> Result<Vec<Listing>, StoreError> {
    locked(db, Entity::find().filter(Column::ProducerId.eq(producer.0))).await
}

/// Listings whose window opened or closed without the feed having said so, by id, locked; at most `limit`.
pub async fn crossed_for_update(db: &impl Db, at: DateTime<Utc>, limit: u64) -> Result<Vec<Listing>, StoreError> {
    locked(db, Entity::find().filter(crossed(at)).limit(limit)).await
}

/// Whether any listing's window opened or closed without the feed having said so.
pub async fn any_crossed(db: &impl Db, at: DateTime<Utc>) -> Result<bool, StoreError> {
    // The smallest of a column is the first entry of its index, whatever else the planner thinks of the values: this is asked every second.
    let first = |announced: bool| {
        let least = Expr::col((Entity, Column::PublicUntil)).min();
        Entity::find().select_only().expr_as(least, "least").filter(Column::Announced.eq(announced))
    };
    let closing: Option<Option<i64>> = first(true).into_tuple().one(db.connection()).await?;
    if closing.flatten().is_some_and(|until| until <= micros(at)) {
        return Ok(true);
    }
    let opening: Option<Option<i64>> = first(false).filter(public(at)).into_tuple().one(db.connection()).await?;
    Ok(opening.flatten().is_some())
}

/// The first instant after one at which the window of some listing opens or closes.
pub async fn next_crossing(db: &impl Db, at: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
    let mut next = None;
    for (announced, column) in [(true, Column::PublicUntil), (false, Column::PublicFrom)] {
        let query = Entity::find().select_only().column(column).filter(Column::Announced.eq(announced)).filter(column.gt(micros(at)));
        let found: Option<i64> = query.order_by_asc(column).limit(1).into_tuple().one(db.connection()).await?;
        next = [next, found].into_iter().flatten().min();
    }
    opt_instant(next)
}

/// The listing with an id, as seen in a view.
pub async fn find(db: &impl Db, id: ListingId, view: &View) -> Result<Option<Listing>, StoreError> {
    rows::one(db, Entity::find_by_id(id.0).filter(visible(view))).await?.map(domain).transpose()
}

/// The listings with these ids, in no order, whoever may see them.
pub async fn find_many(db: &impl Db, ids: &[ListingId], view: &View) -> Result<Vec<Listing>, StoreError> {
    let query = Entity::find().filter(visible(view));
    rows::among_all(db, query, Column::Id, ids.iter().map(|id| id.0)).await?.into_iter().map(domain).collect()
}

/// The listings of these products, the newest first, as seen in a view.
pub async fn of_products(db: &impl Db, products: &[ProductId], view: &View) -> Result<Vec<Listing>, StoreError> {
    let query = Entity::find().filter(visible(view)).order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
    rows::among_all(db, query, Column::ProductId, products.iter().map(|p| p.0)).await?.into_iter().map(domain).collect()
}

/// The listing with a slug, as seen in a view.
pub async fn by_slug(db: &impl Db, slug: &str, view: &View) -> Result<Option<Listing>, StoreError> {
    rows::one(db, Entity::find().filter(Column::Slug.eq(slug)).filter(visible(view))).await?.map(domain).transpose()
}

/// The listing with our key on channels, as seen in a view.
pub async fn by_external_key(db: &impl Db, key: &str, view: &View) -> Result<Option<Listing>, StoreError> {
    rows::one(db, Entity::find().filter(Column::ExternalKey.eq(key)).filter(visible(view))).await?.map(domain).transpose()
}

/// The newest listing of the variant with a GTIN, as seen in a view.
pub async fn by_gtin(db: &impl Db, gtin: &str, view: &View) -> Result<Option<Listing>, StoreError> {
    let variants = variant::Entity::find().select_only().column(variant::Column::Id).filter(variant::Column::Gtin.eq(gtin));
    let query = Entity::find().filter(Column::VariantId.in_subquery(variants.into_query())).filter(visible(view));
    rows::one(db, query.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id)).await?.map(domain).transpose()
}

/// Whether a variant has a listing that is not archived.
pub async fn of_variant_live(db: &impl Db, variants: &[Uuid]) -> Result<bool, StoreError> {
    let query =
        Entity::find().filter(Column::VariantId.is_in(variants.iter().copied())).filter(Column::State.ne(ListingState::Archived.code()));
    Ok(query.one(db.connection()).await?.is_some())
}

/// Public listings of a scope by id after one, for snapshots.
pub async fn snapshot(
    db: &impl Db,
    at: DateTime<Utc>,
    scope: &FeedScope,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Listing>, StoreError> {
    rows::all(db, public_in(scope, at, after).limit(limit)).await?.into_iter().map(domain).collect()
}

/// The id of the last of `limit` public listings of a scope by id after one; `None` when there are fewer.
pub async fn snapshot_end(
    db: &impl Db,
    at: DateTime<Utc>,
    scope: &FeedScope,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Option<Uuid>, StoreError> {
    let ids = public_in(scope, at, after).select_only().column(Column::Id).offset(limit.saturating_sub(1)).limit(1);
    Ok(ids.into_tuple().one(db.connection()).await?)
}

fn public_in(scope: &FeedScope, at: DateTime<Utc>, after: Option<Uuid>) -> Select<Entity> {
    let mut query = Entity::find().filter(public(at)).order_by_asc(Column::Id);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    if let Some(producer) = scope.producer {
        query = query.filter(Column::ProducerId.eq(producer.0));
    }
    if let Some(group) = scope.group {
        query = query.filter(Column::ProductGroup.eq(group.code()));
    }
    if let Some(commune) = &scope.commune {
        query = query.filter(Column::CommuneCode.eq(commune.as_str()));
    }
    query
}

/// Writes the text that listings are sorted by anew, for rows after one by id; returns those.
pub async fn reword(db: &impl Db, after: Option<Uuid>, limit: u64) -> Result<Vec<Listing>, StoreError> {
    let rows = Entity::find().filter(Column::Id.gt(after.unwrap_or_default())).order_by_asc(Column::Id).limit(limit);
    let mut listings = Vec::new();
    for row in rows.all(db.connection()).await? {
        let texts = ([row.sort_name.clone()], [sort_key(&row.title_vi)]);
        search::rewrite::<Entity, _>(db, (Column::Id, row.id), [Column::SortName], texts).await?;
        listings.push(domain(row)?);
    }
    Ok(listings)
}

async fn locked(db: &impl Db, query: Select<Entity>) -> Result<Vec<Listing>, StoreError> {
    query.order_by_asc(Column::Id).lock_exclusive().all(db.connection()).await?.into_iter().map(domain).collect()
}

fn public(at: DateTime<Utc>) -> Condition {
    Condition::all().add(Column::PublicFrom.lte(micros(at))).add(Column::PublicUntil.gt(micros(at)))
}

pub(super) fn visible(view: &View) -> Condition {
    match &view.reach {
        Reach::All => Condition::all(),
        Reach::Producers(ids) if ids.is_empty() => public(view.at),
        Reach::Producers(_) => Condition::any().add(public(view.at)).add(within(Column::ProducerId, &view.reach)),
    }
}

fn crossed(at: DateTime<Utc>) -> Condition {
    let closed = Condition::all().add(Column::Announced.eq(true)).add(Column::PublicUntil.lte(micros(at)));
    Condition::any().add(closed).add(public(at).add(Column::Announced.eq(false)))
}

fn row(l: &Listing) -> Model {
    Model {
        id: l.id.0,
        external_key: l.external_key.clone(),
        slug: l.slug.clone(),
        producer_id: l.producer_id.0,
        product_id: l.product_id.0,
        variant_id: l.variant_id.0,
        title_vi: l.title_vi.clone(),
        title_en: l.title_en.clone(),
        price: l.price.amount(),
        stock: l.stock.into(),
        min_order: i32::try_from(l.min_order).unwrap_or(i32::MAX),
        valid_from: l.valid_from.map(micros),
        valid_until: l.valid_until.map(micros),
        state: l.state.code().to_owned(),
        published_at: l.published_at.map(micros),
        version: l.version,
        record_version: l.record_version,
        public_from: l.window.map(|w| micros(w.from)),
        public_until: l.window.map(|w| micros(w.until)),
        announced: l.announced,
        stars: l.stars.into(),
        product_group: l.group.map(|g| g.code().to_owned()),
        commune_code: l.commune_code.clone(),
        sort_name: sort_key(&l.title_vi),
        created_at: micros(l.created_at),
        updated_at: micros(l.updated_at),
    }
}

pub(super) fn domain(row: Model) -> Result<Listing, StoreError> {
    let window = match (row.public_from, row.public_until) {
        (Some(from), Some(until)) => Some(Window { from: instant(from)?, until: instant(until)? }),
        _ => None,
    };
    Ok(Listing {
        id: row.id.into(),
        external_key: row.external_key,
        slug: row.slug,
        producer_id: row.producer_id.into(),
        product_id: row.product_id.into(),
        variant_id: row.variant_id.into(),
        title_vi: row.title_vi,
        title_en: row.title_en,
        price: Vnd::try_from_i64(row.price).map_err(|_| StoreError::Corrupt("listing.price"))?,
        stock: u32::try_from(row.stock).map_err(|_| StoreError::Corrupt("listing.stock"))?,
        min_order: u32::try_from(row.min_order).map_err(|_| StoreError::Corrupt("listing.min_order"))?,
        valid_from: opt_instant(row.valid_from)?,
        valid_until: opt_instant(row.valid_until)?,
        state: coded(ListingState::parse_code(&row.state), "listing.state")?,
        published_at: opt_instant(row.published_at)?,
        version: row.version,
        record_version: row.record_version,
        window,
        announced: row.announced,
        stars: u8::try_from(row.stars).map_err(|_| StoreError::Corrupt("listing.stars"))?,
        group: row.product_group.map(|g| coded(ProductGroup::parse_code(&g), "listing.product_group")).transpose()?,
        commune_code: row.commune_code,
        created_at: instant(row.created_at)?,
        updated_at: instant(row.updated_at)?,
    })
}
