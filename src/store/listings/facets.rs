//! How many of the listings that a filter leaves have which value.

use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, IntoSimpleExpr, JoinType, QueryFilter, QuerySelect, RelationDef, Select,
    sea_query::{CaseStatement, Expr, ExprTrait, SimpleExpr},
};
use std::collections::BTreeMap;

use crate::store::{
    Db, StoreError,
    entity::{
        certification,
        listing::{Column, Entity},
        producer, product,
    },
    listings::{
        ListingFilter, View,
        browse::{in_force, narrowed},
    },
};

/// What is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FacetKey {
    /// Group of the product; its code.
    Group,
    /// Stars.
    Stars,
    /// Commune today; its code.
    Commune,
    /// Legal form of the producer; its code.
    ProducerKind,
    /// The lower end of the band of prices.
    Price(&'static [i64]),
    /// Month of the season; a listing counts for each.
    Month,
    /// Kind of a document in force; its code. A listing counts for each.
    Certification,
}

/// What is grouped by goes by this name: PostgreSQL does not see that an expression with parameters is the same twice.
const VALUE: &str = "value";

#[derive(FromQueryResult)]
struct Counted<T: sea_orm::TryGetable> {
    value: T,
    listings: i64,
}

/// How many listings have which value, by value; those without one are left out.
pub async fn facet(db: &impl Db, filter: &ListingFilter, view: &View, key: FacetKey) -> Result<BTreeMap<String, u64>, StoreError> {
    let query = narrowed(db, filter, view);
    match key {
        FacetKey::Group => by_code(db, query, Column::ProductGroup).await,
        FacetKey::Commune => by_code(db, query, Column::CommuneCode).await,
        FacetKey::Stars => by_number(db, query, Expr::col((Entity, Column::Stars))).await,
        FacetKey::Price(bands) => by_number(db, query, band(bands)).await,
        FacetKey::ProducerKind => {
            let maker = Entity::belongs_to(producer::Entity).from(Column::ProducerId).to(producer::Column::Id).into();
            by_code(db, query.join(JoinType::InnerJoin, maker), producer::Column::Kind).await
        }
        FacetKey::Month => {
            let made = product_of();
            let seasons = by_code(db, query.join(JoinType::InnerJoin, made), product::Column::SeasonMonths).await?;
            Ok(months(seasons))
        }
        FacetKey::Certification => {
            let proof: RelationDef =
                Entity::belongs_to(certification::Entity).from(Column::ProductId).to(certification::Column::ProductId).into();
            by_code(db, query.join(JoinType::InnerJoin, proof).filter(in_force(view)), certification::Column::Kind).await
        }
    }
}

fn product_of() -> RelationDef {
    Entity::belongs_to(product::Entity).from(Column::ProductId).to(product::Column::Id).into()
}

async fn by_code(db: &impl Db, query: Select<Entity>, column: impl ColumnTrait) -> Result<BTreeMap<String, u64>, StoreError> {
    let rows = counted(query, column.into_simple_expr()).into_model::<Counted<Option<String>>>().all(db.connection()).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.value?, row.listings.unsigned_abs()))).collect())
}

async fn by_number(db: &impl Db, query: Select<Entity>, value: SimpleExpr) -> Result<BTreeMap<String, u64>, StoreError> {
    let rows = counted(query, value).into_model::<Counted<i32>>().all(db.connection()).await?;
    Ok(rows.into_iter().map(|row| (row.value.to_string(), row.listings.unsigned_abs())).collect())
}

fn counted(query: Select<Entity>, value: SimpleExpr) -> Select<Entity> {
    let each = Expr::col((Entity, Column::Id)).count_distinct();
    query.select_only().expr_as(value, VALUE).expr_as(each, "listings").group_by(Expr::col(VALUE))
}

/// The number of the band that a price lies in: how many of the ends it has reached.
fn band(ends: &[i64]) -> SimpleExpr {
    let reached = |case: CaseStatement, (number, end): (i32, &i64)| case.case(Column::Price.gte(*end), Expr::val(number));
    let numbered: Vec<_> = (1..).zip(ends).collect();
    numbered.into_iter().rev().fold(CaseStatement::new(), reached).finally(Expr::val(0)).into()
}

/// `1,2,10` counts for three months.
fn months(seasons: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut months = BTreeMap::new();
    for (season, listings) in seasons {
        for month in season.split(',').filter(|m| !m.is_empty()) {
            *months.entry(month.to_owned()).or_default() += listings;
        }
    }
    months
}
