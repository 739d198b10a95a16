//! Relay connections over keyset pages: signed cursors, 1 to 100 rows, 20 by default.

use async_graphql::{
    Enum, ObjectType, OutputType,
    connection::{Connection, CursorType, Edge, EmptyFields},
};
use std::sync::Arc;

use crate::{
    domain::cursor::{self, CursorKey, Position},
    graphql::{context::Asked, error::Fault},
    store::{Direction, Page, PageRequest},
};

/// Most rows of a page.
pub(super) const MAX_PAGE: i32 = 100;
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

/// The cursor of a row. It is signed when it is asked for: most lists are read without the cursors of their rows.
pub struct RowCursor {
    key: CursorKey,
    scope: Arc<str>,
    position: Position,
}

impl CursorType for RowCursor {
    type Error = &'static str;

    /// Cursors come back as text, which its list opens.
    fn decode_cursor(_: &str) -> Result<Self, Self::Error> {
        Err("a cursor is opened by its list")
    }

    fn encode_cursor(&self) -> String {
        self.key.seal(&self.scope, &self.position)
    }
}

/// One list as it was asked for: which page of it, and the scope its cursors are signed for.
pub(super) struct Listed<'a> {
    asked: &'a Asked,
    scope: Arc<str>,
    pub(super) request: PageRequest,
}

impl Paging {
    /// Reads the arguments. Cursors must be of the same list: `parts` name it, its filter and its order.
    pub(super) fn of<'a>(self, asked: &'a Asked, parts: &[&str]) -> Result<Listed<'a>, Fault> {
        let scope = cursor::scope(parts);
        let backwards = self.last.is_some() || self.before.is_some();
        if backwards && (self.first.is_some() || self.after.is_some()) {
            return Err(Fault::input("Use first and after, or last and before, not both."));
        }
        let (size, from, name) = if backwards { (self.last, self.before, "last") } else { (self.first, self.after, "first") };
        let size = size.unwrap_or(DEFAULT_PAGE);
        if !(1..=MAX_PAGE).contains(&size) {
            return Err(Fault::input(format!("{name} must be from 1 to {MAX_PAGE}.")));
        }
        let from = from.as_deref().map(|text| asked.service.cursors.open::<Position>(&scope, text)).transpose()?;
        Ok(Listed { asked, scope: scope.into(), request: PageRequest { limit: u64::from(size.unsigned_abs()), from, backwards } })
    }
}

impl Listed<'_> {
    /// The connection with its rows.
    pub(super) fn connection<Node: OutputType, Row>(&self, page: Page<Row>, node: impl Fn(Row) -> Node) -> Connection<RowCursor, Node> {
        self.connection_with(page, EmptyFields, node)
    }

    /// The connection with its rows and fields of its own.
    pub(super) fn connection_with<Node: OutputType, Row, Extra: ObjectType>(
        &self,
        page: Page<Row>,
        extra: Extra,
        node: impl Fn(Row) -> Node,
    ) -> Connection<RowCursor, Node, Extra> {
        let backwards = self.request.backwards;
        let (previous, next) = if backwards { (page.has_more, page.continued) } else { (page.continued, page.has_more) };
        let mut connection = Connection::with_additional_fields(previous, next, extra);
        let cursor = |position| RowCursor { key: self.asked.service.cursors.clone(), scope: Arc::clone(&self.scope), position };
        let edge = |(position, row): (Position, Row)| Edge::new(cursor(position), node(row));
        connection.edges.extend(page.rows.into_iter().map(edge));
        connection
    }
}
