//! Relay connections over keyset pages: signed cursors, 1 to 100 rows, 20 by default.

use async_graphql::{
    Enum, ObjectType, OutputType,
    connection::{Connection, ConnectionNameType, DefaultEdgeName, Edge, EmptyFields},
};

use crate::{
    domain::cursor::{self, Position},
    graphql::{context::Asked, error::Fault},
    store::{Direction, Page, PageRequest},
};

/// Most rows of a page.
pub const MAX_PAGE: i32 = 100;
const DEFAULT_PAGE: i32 = 20;

/// Which way a list is sorted.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrderDirection {
    /// Smallest, oldest, or first letter first.
    Asc,
    /// Largest, newest, or last letter first.
    Desc,
}

impl From<OrderDirection> for Direction {
    fn from(direction: OrderDirection) -> Self {
        match direction {
            OrderDirection::Asc => Self::Ascending,
            OrderDirection::Desc => Self::Descending,
        }
    }
}

/// The four arguments of a connection.
pub(super) struct Paging {
    pub(super) first: Option<i32>,
    pub(super) after: Option<String>,
    pub(super) last: Option<i32>,
    pub(super) before: Option<String>,
}

impl Paging {
    /// Reads the arguments. Cursors must be of the same list: `scope` names its filter and order.
    pub(super) fn request(&self, asked: &Asked, scope: &str) -> Result<PageRequest, Fault> {
        let backwards = self.last.is_some() || self.before.is_some();
        if backwards && (self.first.is_some() || self.after.is_some()) {
            return Err(Fault::input("Use first and after, or last and before, not both."));
        }
        let (size, from, name) = if backwards { (self.last, &self.before, "last") } else { (self.first, &self.after, "first") };
        let size = size.unwrap_or(DEFAULT_PAGE);
        if !(1..=MAX_PAGE).contains(&size) {
            return Err(Fault::input(format!("{name} must be from 1 to {MAX_PAGE}.")));
        }
        let from = from.as_deref().map(|text| asked.service.cursors.open::<Position>(scope, text)).transpose()?;
        Ok(PageRequest { limit: u64::from(size.unsigned_abs()), from, backwards })
    }
}

/// The scope of a list's cursors: its name, filter and order.
pub(super) fn scope(parts: &[&str]) -> String {
    cursor::scope(parts)
}

/// A connection from a page of rows.
pub(super) fn connection<Name, Node, Row, Extra>(
    asked: &Asked,
    scope: &str,
    page: Page<Row>,
    backwards: bool,
    (extra, node): (Extra, impl Fn(Row) -> Node),
) -> Connection<String, Node, Extra, EmptyFields, Name, DefaultEdgeName>
where
    Name: ConnectionNameType,
    Node: OutputType,
    Extra: ObjectType,
{
    let (previous, next) = if backwards { (page.has_more, page.continued) } else { (page.continued, page.has_more) };
    let mut connection = Connection::with_additional_fields(previous, next, extra);
    let edge = |(position, row): (Position, Row)| Edge::new(asked.service.cursors.seal(scope, &position), node(row));
    connection.edges.extend(page.rows.into_iter().map(edge));
    connection
}
