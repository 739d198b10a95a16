//! Keyset pages: rows after or before a position in a total order, never an offset.

use sea_orm::{
    ConnectionTrait, EntityTrait, FromQueryResult, IntoSimpleExpr, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    Statement,
    sea_query::{Expr, ExprTrait, SimpleExpr, Value, Values},
};

use crate::{
    domain::cursor::{CursorValue, Position},
    store::{Db, StoreError},
};

/// Which way a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// A page that is asked for: `limit` rows after or before a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Most rows.
    pub limit: u64,
    /// The position the page touches; `None` for the list's start (or end, when going backwards).
    pub from: Option<Position>,
    /// Going backwards: the last rows before the position.
    pub backwards: bool,
}

impl PageRequest {
    /// The first rows.
    pub const fn first(limit: u64) -> Self {
        Self { limit, from: None, backwards: false }
    }
}

/// A page of rows with their positions, in the list's order whichever way it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Rows.
    pub rows: Vec<(Position, T)>,
    /// More rows lie beyond the page in the direction it was read.
    pub has_more: bool,
    /// The page was read from a position, so rows may lie on the other side of it.
    pub continued: bool,
    /// How many rows the list has in all, where the page's statement was asked to count them and could, counted no further than told.
    pub counted: Option<u64>,
}

/// How a list is ordered: a column and the id as tie-break, both in one direction.
pub(super) struct Sort<K, I> {
    pub(super) column: K,
    pub(super) id: I,
    pub(super) direction: Direction,
}

/// Reads a page of a query. `read` tells a row's position and makes the domain type.
pub(super) async fn fetch<E: EntityTrait, T>(
    db: &impl Db,
    query: Select<E>,
    sort: Sort<E::Column, E::Column>,
    request: &PageRequest,
    read: impl Fn(E::Model) -> Result<(Position, T), StoreError>,
) -> Result<Page<T>, StoreError> {
    fetch_as(db, query, sort, request, read).await
}

/// Reads a page of a query whose rows or order are no plain columns of an entity.
pub(super) async fn fetch_as<E: EntityTrait, R: FromQueryResult, T>(
    db: &impl Db,
    query: Select<E>,
    sort: Sort<impl IntoSimpleExpr, impl IntoSimpleExpr>,
    request: &PageRequest,
    read: impl Fn(R) -> Result<(Position, T), StoreError>,
) -> Result<Page<T>, StoreError> {
    let (key, id) = (sort.column.into_simple_expr(), sort.id.into_simple_expr());
    let descending = (sort.direction == Direction::Descending) != request.backwards;
    let order = if descending { Order::Desc } else { Order::Asc };
    let mut query = query.order_by(key.clone(), order.clone()).order_by(id.clone(), order).limit(request.limit + 1);
    if let Some(position) = &request.from {
        query = query.filter(beyond((key, id), position, descending));
    }
    let connection = db.connection();
    let rows = R::find_by_statement(limited(query.build(connection.get_database_backend()))).all(connection).await?;
    cut(rows, request, read)
}

/// The same statement, but for how many rows it gives being said in its text. PostgreSQL plans once for all values and takes an unknown number
/// for a tenth of what there is: it would join and sort the catalog for a page of twenty.
fn limited(mut statement: Statement) -> Statement {
    let Some(Values(values)) = &mut statement.values else { return statement };
    if let Some(Value::BigUnsigned(Some(limit))) = values.last()
        && let Some(text) = statement.sql.strip_suffix(&format!("LIMIT ${}", values.len()))
    {
        statement.sql = format!("{text}LIMIT {limit}");
        values.pop();
    }
    statement
}

/// A page of the rows that were read for it: one more than it holds when there are more.
pub(super) fn cut<R, T>(
    mut models: Vec<R>,
    request: &PageRequest,
    read: impl Fn(R) -> Result<(Position, T), StoreError>,
) -> Result<Page<T>, StoreError> {
    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
    let has_more = models.len() > limit;
    models.truncate(limit);
    if request.backwards {
        models.reverse();
    }
    let rows = models.into_iter().map(read).collect::<Result<_, StoreError>>()?;
    Ok(Page { rows, has_more, continued: request.from.is_some(), counted: None })
}

/// The condition of lying behind a position: one comparison of rows, which an index answers.
pub(super) fn beyond((key, id): (SimpleExpr, SimpleExpr), position: &Position, descending: bool) -> SimpleExpr {
    let value: Value = match &position.value {
        CursorValue::Int(number) => (*number).into(),
        CursorValue::Text(text) => text.clone().into(),
        CursorValue::Day(day) => (*day).into(),
    };
    let (row, place) = (Expr::tuple([key, id]), Expr::tuple([Expr::val(value), Expr::val(position.id)]));
    if descending { row.lt(place) } else { row.gt(place) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::entity::listing::{Column, Entity};
    use sea_orm::{ColumnTrait, DatabaseBackend};

    #[test]
    fn how_many_rows_a_page_has_stands_in_its_statement() {
        let page = |backend| {
            let query = Entity::find().filter(Column::Price.gt(5)).order_by(Column::Price, Order::Asc).limit(21);
            limited(query.build(backend))
        };
        let postgres = page(DatabaseBackend::Postgres);
        assert!(postgres.sql.ends_with("\"price\" > $1 ORDER BY \"listing\".\"price\" ASC LIMIT 21"), "{}", postgres.sql);
        assert_eq!(postgres.values.map(|values| values.0.len()), Some(1));
        // It plans anew for each value.
        let sqlite = page(DatabaseBackend::Sqlite);
        assert!(sqlite.sql.ends_with("LIMIT ?"), "{}", sqlite.sql);
        assert_eq!(sqlite.values.map(|values| values.0.len()), Some(2));
    }
}
