//! Lists of listings: narrowed, searched, sorted, counted.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, EntityTrait, IdenStatic, JoinType, QueryFilter, QuerySelect, QueryTrait,
    Select,
    sea_query::{self, Expr, ExprTrait, SelectStatement, SimpleExpr},
};

use crate::{
    domain::{
        actor::Reach,
        certificate::legal_day,
        cursor::{CursorValue, Position},
        id::{ProducerId, ProductId},
        listing::{Listing, ListingState},
        producer::ProducerKind,
        product::{CertificationKind, ProductGroup},
        search::Query,
    },
    store::{
        Db, Direction, Page, PageRequest, StoreError,
        entity::{
            certification,
            listing::{Column, Entity, Model},
            listing_search, producer, product,
        },
        listings::{
            View,
            beside::{Alone, Beside, Joined, NUMBER, Numbered, Row},
            relevance, visible,
        },
        page::{self, Sort},
        search,
        unasked::{Sparing, Unasked},
    },
};

/// What a list of listings is narrowed to; empty means no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListingFilter {
    /// Groups.
    pub groups: Vec<ProductGroup>,
    /// States.
    pub states: Vec<ListingState>,
    /// Fewest and most stars.
    pub stars: (Option<u8>, Option<u8>),
    /// Lowest and highest price in đồng.
    pub price: (Option<i64>, Option<i64>),
    /// Only listings of these producers.
    pub producers: Option<Vec<ProducerId>>,
    /// Legal forms of the producer.
    pub kinds: Vec<ProducerKind>,
    /// Only listings of these products.
    pub products: Option<Vec<ProductId>>,
    /// Communes today.
    pub communes: Vec<String>,
    /// Months of which the product has one as its season.
    pub months: Vec<u8>,
    /// Documents of which the product has one in force.
    pub certifications: Vec<CertificationKind>,
    /// What is searched.
    pub search: Option<Query>,
}

/// By what a list of listings is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListingSort {
    /// Time of creation.
    CreatedAt,
    /// Price.
    Price,
    /// Stars.
    Stars,
    /// Title, in Vietnamese order.
    Title,
    /// How well it fits what is searched; the newest first where nothing is.
    Relevance,
}

/// How a list is sorted.
type By = (ListingSort, Direction);

/// A sorted list of listings, as seen in a view.
pub async fn page(db: &impl Db, filter: &ListingFilter, view: &View, by: By, request: &PageRequest) -> Result<Page<Listing>, StoreError> {
    page_of::<Alone>(db, (filter, view), by, request).await
}

/// The same with what stands beside each listing.
pub async fn page_beside(
    db: &impl Db,
    filter: &ListingFilter,
    view: &View,
    by: By,
    request: &PageRequest,
) -> Result<Page<(Listing, Beside)>, StoreError> {
    page_of::<Joined>(db, (filter, view), by, request).await
}

async fn page_of<R: Row>(
    db: &impl Db,
    (filter, view): (&ListingFilter, &View),
    (by, direction): By,
    request: &PageRequest,
) -> Result<Page<R::Item>, StoreError> {
    let column = match (by, &filter.search) {
        (ListingSort::Relevance, Some(query)) => return relevance::page::<R>(db, (filter, query), view, request).await,
        (ListingSort::CreatedAt | ListingSort::Relevance, _) => Column::CreatedAt,
        (ListingSort::Price, _) => Column::Price,
        (ListingSort::Stars, _) => Column::Stars,
        (ListingSort::Title, _) => Column::SortName,
    };
    let place = |row: &Model| Position {
        value: match by {
            ListingSort::CreatedAt | ListingSort::Relevance => CursorValue::Int(row.created_at),
            ListingSort::Price => CursorValue::Int(row.price),
            ListingSort::Stars => CursorValue::Int(row.stars.into()),
            ListingSort::Title => CursorValue::Text(row.sort_name.clone()),
        },
        id: row.id,
    };
    let sort = Sort { column, id: Column::Id, direction };
    let rows = R::select(in_order(db, (filter, view), column), &view.reach, unasked(db, by));
    let Some(cap) = view.count_to else {
        return page::fetch_as(db, rows, sort, request, |row: R| Ok((place(row.listing()), row.read()?))).await;
    };
    let rows = rows.expr_as(SimpleExpr::SubQuery(None, Box::new(counting(db, (filter, view), cap).into())), NUMBER);
    let read = |Numbered { row, number: all }: Numbered<R>| Ok((place(row.listing()), (row.read()?, number(all)?)));
    let page = page::fetch_as(db, rows, sort, request, read).await?;
    // Without a row nothing was counted; a list that has none from its beginning has none.
    let counted = page.rows.first().map(|(_, (_, all))| *all).or((!page.continued).then_some(0));
    let rows = page.rows.into_iter().map(|(place, (item, _))| (place, item)).collect();
    Ok(Page { rows, has_more: page.has_more, continued: page.continued, counted })
}

/// What a list leaves out: not by what it is sorted.
pub(super) fn unasked(db: &impl Db, by: ListingSort) -> Unasked {
    let asked = db.unasked();
    Unasked { sort_names: asked.sort_names && by != ListingSort::Title, stars: asked.stars && by != ListingSort::Stars, ..asked }
}

/// How many listings a filter leaves, counting no further than `cap`.
pub async fn count(db: &impl Db, filter: &ListingFilter, view: &View, cap: u64) -> Result<u64, StoreError> {
    let row = db.connection().query_one(&counting(db, (filter, view), cap)).await?.ok_or(StoreError::Corrupt("a count"))?;
    number(row.try_get_by_index(0)?)
}

fn counting(db: &impl Db, (filter, view): (&ListingFilter, &View), cap: u64) -> SelectStatement {
    let some = narrowed(db, filter, view).select_only().expr_as(Expr::val(1), "one").limit(cap).into_query();
    sea_query::Query::select().expr(Expr::cust("count(*)")).from_subquery(some, "some").to_owned()
}

fn number(counted: i64) -> Result<u64, StoreError> {
    u64::try_from(counted).map_err(|_| StoreError::Corrupt("a count"))
}

/// The listings that a filter leaves.
pub(super) fn narrowed(db: &impl Db, filter: &ListingFilter, view: &View) -> Select<Entity> {
    narrowed_by(db, filter, view, &indexed)
}

/// The same, to be read in the order of a column until a page is full. SQLite knows nothing of how many rows a condition leaves, takes
/// an index on it for better than one in the order of the list, and sorts most of the catalog.
fn in_order(db: &impl Db, (filter, view): (&ListingFilter, &View), order: Column) -> Select<Entity> {
    let is = |column: Column, other: Column| column.as_str() == other.as_str();
    // One group is the beginning of an index of what everybody sees in the order of time.
    let is_public = matches!(&view.reach, Reach::Producers(own) if own.is_empty());
    let is_first = |column| is_public && is(column, Column::ProductGroup) && filter.groups.len() == 1 && is(order, Column::CreatedAt);
    let wide = |column| if is(column, order) || is_first(column) { indexed(column) } else { unindexed(column) };
    match db.connection().get_database_backend() {
        DatabaseBackend::Sqlite => narrowed_by(db, filter, view, &wide),
        _ => narrowed(db, filter, view),
    }
}

fn narrowed_by(db: &impl Db, filter: &ListingFilter, view: &View, wide: Wide<'_>) -> Select<Entity> {
    let query = Entity::find();
    let query = match &filter.search {
        Some(words) => query.join(JoinType::InnerJoin, its_words()).filter(search::found(db, words)),
        None => query,
    };
    query.filter(chosen(filter, view, wide))
}

/// How a column is written in a condition that may leave most of the catalog.
pub(super) type Wide<'a> = &'a dyn Fn(Column) -> SimpleExpr;

pub(super) fn indexed(column: Column) -> SimpleExpr {
    Expr::col((Entity, column))
}

/// A plus before a column keeps SQLite from using an index for it (<https://sqlite.org/optoverview.html>, "Disqualifying WHERE-Clause Terms
/// using Unary +").
fn unindexed(column: Column) -> SimpleExpr {
    Expr::cust(format!("+\"listing\".\"{}\"", column.as_str()))
}

fn its_words() -> sea_orm::RelationDef {
    Entity::belongs_to(listing_search::Entity).from(Column::Id).to(listing_search::Column::ListingId).into()
}

pub(super) fn chosen(filter: &ListingFilter, view: &View, wide: Wide<'_>) -> Condition {
    let mut all = Condition::all().add(visible(view));
    let mut narrow = |condition: Option<SimpleExpr>| {
        if let Some(condition) = condition {
            all = std::mem::replace(&mut all, Condition::all()).add(condition);
        }
    };
    narrow(some(&filter.groups).map(|groups| wide(Column::ProductGroup).is_in(groups.iter().map(|g| g.code()))));
    narrow(some(&filter.states).map(|states| Column::State.is_in(states.iter().map(|s| s.code()))));
    narrow(some(&filter.communes).map(|communes| Column::CommuneCode.is_in(communes)));
    narrow(filter.producers.as_ref().map(|ids| Column::ProducerId.is_in(ids.iter().map(|id| id.0))));
    narrow(filter.products.as_ref().map(|ids| Column::ProductId.is_in(ids.iter().map(|id| id.0))));
    narrow(filter.stars.0.map(|s| wide(Column::Stars).gte(i32::from(s))));
    narrow(filter.stars.1.map(|s| wide(Column::Stars).lte(i32::from(s))));
    narrow(filter.price.0.map(|p| wide(Column::Price).gte(p)));
    narrow(filter.price.1.map(|p| wide(Column::Price).lte(p)));
    narrow(some(&filter.kinds).map(|kinds| {
        let made = producer::Entity::find().select_only().column(producer::Column::Id);
        wide(Column::ProducerId).in_subquery(made.filter(producer::Column::Kind.is_in(kinds.iter().map(|k| k.code()))).into_query())
    }));
    narrow(some(&filter.months).map(|months| {
        let grown = product::Entity::find().select_only().column(product::Column::Id);
        let seasons = months.iter().fold(Condition::any(), |any, month| any.add(in_season(*month)));
        wide(Column::ProductId).in_subquery(grown.filter(seasons).into_query())
    }));
    narrow(some(&filter.certifications).map(|kinds| {
        let proven = certification::Entity::find().select_only().column(certification::Column::ProductId);
        let kinds = certification::Column::Kind.is_in(kinds.iter().map(|k| k.code()));
        wide(Column::ProductId).in_subquery(proven.filter(kinds).filter(in_force(view)).into_query())
    }));
    all
}

/// The condition that a document of another kind is in force.
pub(super) fn in_force(view: &View) -> Condition {
    let ends = certification::Column::ExpiresOn;
    Condition::any().add(ends.is_null()).add(ends.gte(legal_day(view.at)))
}

/// Months are kept as `1,2,10`.
fn in_season(month: u8) -> Condition {
    let months = product::Column::SeasonMonths;
    [format!("{month}"), format!("{month},%"), format!("%,{month}"), format!("%,{month},%")]
        .into_iter()
        .fold(Condition::any(), |any, pattern| any.add(months.like(pattern)))
}

fn some<T>(list: &[T]) -> Option<&[T]> {
    (!list.is_empty()).then_some(list)
}

/// The ids of the products of the first listings that a filter leaves, by relevance; for suggestions.
pub async fn products_found(db: &impl Db, filter: &ListingFilter, view: &View, limit: u64) -> Result<Vec<ProductId>, StoreError> {
    let sort = (ListingSort::Relevance, Direction::Descending);
    let found = page(&Sparing::new(db, Unasked::EVERYTHING), filter, view, sort, &PageRequest::first(limit)).await?;
    let mut products: Vec<ProductId> = Vec::new();
    for (_, listing) in found.rows {
        if !products.contains(&listing.product_id) {
            products.push(listing.product_id);
        }
    }
    Ok(products)
}

#[cfg(test)]
#[path = "browse_tests.rs"]
mod tests;
