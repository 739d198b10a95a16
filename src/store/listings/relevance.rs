//! Listings by how well they fit a search, the best first.
//!
//! To rank every row that fits is the dear way, and it is often not needed: most pages are full of rows of one rank, and those are found by
//! reading on in the order of stars until the page is full.

use sea_orm::{
    Condition, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    domain::{
        cursor::{CursorValue, Position},
        search::Query,
    },
    store::{
        Db, Direction, Page, PageRequest, StoreError,
        entity::{
            listing::{Column, Entity},
            listing_search,
        },
        listings::{
            View,
            beside::{NUMBER, Numbered, Row},
            browse::{ListingFilter, ListingSort, chosen, indexed, narrowed, unasked},
        },
        page::{self, Sort},
        search,
    },
};

/// Rows read in the order of stars before the index of words is asked: as many as cost about what that index costs.
const WALK: u64 = 1000;
/// The name of the rows that are walked.
const WALKED: &str = "listing_search";

/// Reads a row and its place, from the number by which it is ranked.
fn read<R: Row>(ranked: Numbered<R>, score: impl Fn(i64) -> i64) -> Result<(Position, R::Item), StoreError> {
    let place = Position { value: CursorValue::Int(score(ranked.number)), id: ranked.row.listing().id };
    Ok((place, ranked.row.read()?))
}

/// The best first.
pub(super) async fn page<R: Row>(
    db: &impl Db,
    (filter, query): (&ListingFilter, &Query),
    view: &View,
    request: &PageRequest,
) -> Result<Page<R::Item>, StoreError> {
    if !request.backwards {
        if let Some(page) = of_the_best::<R>(db, (filter, query), view, request).await? {
            return Ok(page);
        }
        if let Some(page) = of_whole_words_first::<R>(db, (filter, query), view, request).await? {
            return Ok(page);
        }
    }
    ranked::<R>(db, (filter, query), (view, Condition::all()), request).await
}

/// Every row that fits the filter, and a condition, ranked by a query.
async fn ranked<R: Row>(
    db: &impl Db,
    (filter, query): (&ListingFilter, &Query),
    (view, condition): (&View, Condition),
    request: &PageRequest,
) -> Result<Page<R::Item>, StoreError> {
    let (score, rows) = (search::score(query), narrowed(db, filter, view).filter(condition));
    let rows = R::select(rows, &view.reach, unasked(db, ListingSort::Relevance)).expr_as(score.clone(), NUMBER);
    let sort = Sort { column: score, id: Column::Id, direction: Direction::Descending };
    page::fetch_as(db, rows, sort, request, |row: Numbered<R>| read(row, |score| score)).await
}

/// A page of rows of the best rank alone; `None` when it was not filled.
async fn of_the_best<R: Row>(
    db: &impl Db,
    (filter, query): (&ListingFilter, &Query),
    view: &View,
    request: &PageRequest,
) -> Result<Option<Page<R::Item>>, StoreError> {
    let Some((fits, rank)) = search::best(query) else { return Ok(None) };
    let rows = walk::<R>(db, (filter, view), (fits, rank), (request.from.as_ref(), request.limit + 1)).await?;
    rows.map(|rows| page::cut(rows, request, |row| read(row, |stars| search::scored(rank, stars)))).transpose()
}

/// A page of what somebody is still typing: the rows that have all words whole, which are few and quickly found, then those of the best
/// rank in which the last word only begins so; `None` when they don't fill it.
async fn of_whole_words_first<R: Row>(
    db: &impl Db,
    (filter, query): (&ListingFilter, &Query),
    view: &View,
    request: &PageRequest,
) -> Result<Option<Page<R::Item>>, StoreError> {
    let Some(search::Unfinished { whole, is_whole, begins, rank }) = search::unfinished(query) else { return Ok(None) };
    let reached = match request.from.as_ref().map(|from| &from.value) {
        None => None,
        Some(CursorValue::Int(score)) => Some(search::rank_in(*score)),
        Some(_) => return Ok(None),
    };
    let mut page = match reached {
        Some(below) if below < rank => return Ok(None),
        Some(same) if same == rank => Page { rows: Vec::new(), has_more: false, continued: true, counted: None },
        _ => {
            let filter = ListingFilter { search: Some(whole), ..filter.clone() };
            ranked::<R>(db, (&filter, query), (view, is_whole), request).await?
        }
    };
    if page.has_more {
        return Ok(Some(page));
    }
    let from = request.from.as_ref().filter(|_| reached == Some(rank));
    let left = request.limit - page.rows.len() as u64;
    let Some(mut rows) = walk::<R>(db, (filter, view), (begins, rank), (from, left + 1)).await? else { return Ok(None) };
    // One more than the page holds was read.
    rows.pop();
    for row in rows {
        page.rows.push(read(row, |stars| search::scored(rank, stars))?);
    }
    Ok(Some(Page { has_more: true, ..page }))
}

/// So many rows of one rank after a position, in the order of stars; `None` when there are fewer near.
async fn walk<R: Row>(
    db: &impl Db,
    (filter, view): (&ListingFilter, &View),
    (fits, rank): (Condition, i64),
    (from, limit): (Option<&Position>, u64),
) -> Result<Option<Vec<Numbered<R>>>, StoreError> {
    let mut near = listing_search::Entity::find()
        .order_by_desc(listing_search::Column::Stars)
        .order_by_desc(listing_search::Column::ListingId)
        .limit(WALK);
    if let Some(from) = from {
        let CursorValue::Int(score) = from.value else { return Ok(None) };
        let Some(stars) = search::stars_in(score, rank) else { return Ok(None) };
        let place = Position { value: CursorValue::Int(stars), id: from.id };
        let key = (Expr::col(listing_search::Column::Stars), Expr::col(listing_search::Column::ListingId));
        near = near.filter(page::beyond(key, &place, true));
    }
    let key = |column: listing_search::Column| Expr::col((listing_search::Entity, column));
    let stars = key(listing_search::Column::Stars);
    let mut rows = Entity::find().filter(fits).filter(chosen(filter, view, &indexed));
    let same = key(listing_search::Column::ListingId).eq(Expr::col((Entity, Column::Id)));
    QueryTrait::query(&mut rows).join_subquery(JoinType::InnerJoin, near.into_query(), WALKED, same);
    let rows = R::select(rows, &view.reach, unasked(db, ListingSort::Relevance))
        .expr_as(stars.clone().cast_as("bigint"), NUMBER)
        .order_by_desc(stars)
        .order_by_desc(key(listing_search::Column::ListingId))
        .limit(limit);
    let rows = rows.into_model::<Numbered<R>>().all(db.connection()).await?;
    Ok((rows.len() as u64 == limit).then_some(rows))
}
