//! Where the two logs end. Whoever appends to one holds its end until the commit, so that numbers become visible in their order and no reader
//! misses one: under an advisory lock of PostgreSQL, or as the one writer of SQLite.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, IntoSimpleExpr, Order,
    sea_query::{Expr, Query, SelectStatement, SimpleExpr},
};

use crate::{
    domain::audit::GENESIS,
    store::{
        Db, StoreError, Topic, Tx,
        connection::{AUDIT_LOCK, CHANGE_LOCK},
        entity::{audit_entry, listing_change},
    },
};

/// A log that is appended to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// Of decisions.
    Decisions,
    /// Of changes.
    Changes,
}

/// Where the logs end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// The newest number of the log of changes; 0 when it is empty.
    pub change: i64,
    /// Place and hash of the last link of the log of decisions; 0 and zeros when it is empty.
    pub link: (i64, String),
}

/// Holds the ends of logs until the transaction does, and has those told with its commit who wait for topics: what remains to be done are
/// the statements that append, because other writers wait from here on. SQLite tells nobody: other processes look by themselves.
pub async fn hold(tx: &Tx, logs: &[Log], topics: &[Topic]) -> Result<Ends, StoreError> {
    let connection = tx.connection();
    if connection.get_database_backend() == DatabaseBackend::Postgres {
        // Everybody takes them in this order.
        let both = [(Log::Decisions, AUDIT_LOCK), (Log::Changes, CHANGE_LOCK)];
        let held = both.iter().filter(|(log, _)| logs.contains(log)).map(|(_, key)| format!("SELECT pg_advisory_xact_lock({key})"));
        let all: Vec<_> = held.chain(topics.iter().map(|topic| format!("NOTIFY {}", topic.name()))).collect();
        if !all.is_empty() {
            connection.execute_unprepared(&all.join("; ")).await?;
        }
    }
    read(tx).await
}

/// Reads where the logs end.
pub async fn read(db: &impl Db) -> Result<Ends, StoreError> {
    use {audit_entry::Column as Link, listing_change::Column as Change};
    let ends = Query::select()
        .expr(last::<listing_change::Entity>(Change::Seq, Change::Seq))
        .expr(last::<audit_entry::Entity>(Link::Seq, Link::Seq))
        .expr(last::<audit_entry::Entity>(Link::Hash, Link::Seq))
        .to_owned();
    let row = db.connection().query_one(&ends).await?.ok_or(StoreError::Corrupt("the ends of the logs"))?;
    let (change, seq, hash): (Option<i64>, Option<i64>, Option<String>) =
        (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
    Ok(Ends { change: change.unwrap_or(0), link: seq.zip(hash).unwrap_or_else(|| (0, GENESIS.to_owned())) })
}

/// A column of a table's last row.
fn last<E: EntityTrait>(column: impl ColumnTrait, by: impl ColumnTrait) -> SimpleExpr {
    let mut row: SelectStatement = Query::select();
    row.expr(column.into_simple_expr()).from(E::default()).order_by_expr(by.into_simple_expr(), Order::Desc).limit(1);
    Expr::SubQuery(None, Box::new(row.into()))
}
