//! Transactions, on connections that are kept at hand ([`kept`](crate::store::kept)).
//!
//! A transaction of sea-orm takes its connection from the pool of sqlx and gives it back there, where it is asked for a sign of life (ADR 16);
//! and sqlx 0.9.0 gives one back inside a transaction when `BEGIN` is dropped between question and answer. Here a transaction that does
//! not come to its end is rolled back before anybody else has its connection, wherever it was dropped: a request whose client is gone is
//! dropped anywhere.

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    sqlx::{self, AssertSqlSafe, Executor, IntoArguments, Postgres, Sqlite},
};
use sea_query_sqlx::SqlxValues;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::{runtime::Handle, sync::Mutex};

use crate::store::kept::{Shelf, Spare, failed, prepared};

/// A transaction of either engine.
pub enum Transaction {
    /// On PostgreSQL.
    Postgres(Begun<Postgres>),
    /// On SQLite.
    Sqlite(Begun<Sqlite>),
}

/// A connection inside a transaction.
pub struct Begun<D: sqlx::Database>
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    shelf: Arc<Shelf<D>>,
    /// Away once it is committed.
    connection: Mutex<Option<Spare<D>>>,
    /// A statement failed: PostgreSQL would answer `COMMIT` as if nothing had happened, and keep nothing.
    has_failed: AtomicBool,
}

impl Transaction {
    /// Makes the changes durable and visible.
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        match self {
            Self::Postgres(begun) => begun.commit().await,
            Self::Sqlite(begun) => begun.commit().await,
        }
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Postgres(_) => DbBackend::Postgres,
            Self::Sqlite(_) => DbBackend::Sqlite,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Postgres(begun) => begun.execute(statement).await,
            Self::Sqlite(begun) => begun.execute(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Postgres(begun) => begun.run(sql).await,
            Self::Sqlite(begun) => begun.run(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query_all_raw(statement).await?.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Postgres(begun) => begun.all(statement).await,
            Self::Sqlite(begun) => begun.all(statement).await,
        }
    }
}

impl<D> Begun<D>
where
    D: sqlx::Database,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
    SqlxValues: IntoArguments<D>,
    QueryResult: From<D::Row>,
    ExecResult: From<D::QueryResult>,
{
    /// Begins by one of SQL's ways to begin.
    pub(super) async fn by(shelf: &Arc<Shelf<D>>, begin: &str) -> Result<Self, DbErr> {
        let spare = shelf.lend().await?;
        // From here on it is rolled back, whatever becomes of the statement.
        let begun = Self { shelf: Arc::clone(shelf), connection: Mutex::new(Some(spare)), has_failed: AtomicBool::new(false) };
        begun.run(begin).await?;
        Ok(begun)
    }

    async fn commit(mut self) -> Result<(), DbErr> {
        if self.has_failed.load(Ordering::Relaxed) {
            return Err(DbErr::Exec(RuntimeErr::Internal("a statement of this transaction failed".to_owned())));
        }
        self.run("COMMIT").await?;
        if let Some(spare) = self.connection.get_mut().take() {
            self.shelf.keep(spare);
        }
        Ok(())
    }

    async fn all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut connection = self.connection.lock().await;
        let spare = connection.as_mut().ok_or_else(ended)?;
        let rows = self.noted(prepared::<D>(statement).fetch_all(&mut *spare.connection).await)?;
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }

    async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut connection = self.connection.lock().await;
        let spare = connection.as_mut().ok_or_else(ended)?;
        self.noted(prepared::<D>(statement).execute(&mut *spare.connection).await).map(ExecResult::from)
    }

    async fn run(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut connection = self.connection.lock().await;
        let spare = connection.as_mut().ok_or_else(ended)?;
        self.noted(sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *spare.connection).await).map(ExecResult::from)
    }

    fn noted<T>(&self, done: Result<T, sqlx::Error>) -> Result<T, DbErr> {
        done.map_err(|error| {
            self.has_failed.store(true, Ordering::Relaxed);
            failed(error)
        })
    }
}

impl<D: sqlx::Database> Drop for Begun<D>
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    fn drop(&mut self) {
        let Some(spare) = self.connection.get_mut().take() else { return };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(roll_back(Arc::clone(&self.shelf), spare))),
            // Closed; the database rolls back.
            Err(_) => drop(spare.connection.detach()),
        }
    }
}

async fn roll_back<D: sqlx::Database>(shelf: Arc<Shelf<D>>, mut spare: Spare<D>)
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    if sqlx::raw_sql("ROLLBACK").execute(&mut *spare.connection).await.is_ok() {
        shelf.keep(spare);
    } else {
        // There is no transaction any more, or no connection.
        spare.connection.close_on_drop();
    }
}

fn ended() -> DbErr {
    DbErr::Exec(RuntimeErr::Internal("the transaction has ended".to_owned()))
}
