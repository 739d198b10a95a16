//! Connections that statements and transactions run on, kept at hand between one and the next.
//!
//! The pool of sqlx asks every connection that comes back for a sign of life, in a task of its own: one more trip to the database for
//! each statement, as dear as a short statement itself (ADR 16). A connection whose statement came to its end needs no such question, so
//! it is kept here. One whose statement failed, or was dropped on the way, goes back to the pool, which asks it.

use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    sea_query::Values,
    sqlx::{self, AssertSqlSafe, Connection as _, Executor, IntoArguments, Pool, Postgres, Sqlite, pool::PoolConnection, query::Query},
};
use sea_query_sqlx::SqlxValues;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::oneshot::{self, Receiver, Sender};

use crate::store::{
    connection::PING_AFTER,
    transaction::{Begun, Transaction},
};

/// How long a connection stays away from the pool, which alone knows when one is too old.
const KEPT_FOR: Duration = Duration::from_mins(1);
/// How long one may lie here unused before it goes back to the pool, which closes those that are not needed.
const SPARE_AFTER: Duration = Duration::from_secs(10);

/// A database and its connections.
#[derive(Clone)]
pub struct Kept {
    pool: DatabaseConnection,
    shelf: Shelves,
}

#[derive(Clone)]
enum Shelves {
    Postgres(Arc<Shelf<Postgres>>),
    Sqlite(Arc<Shelf<Sqlite>>),
}

/// Somebody waits for the pool alone: while this lives, connections go back to it.
pub(super) struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Kept {
    pub(super) fn new(pool: DatabaseConnection) -> Self {
        let shelf = match pool.get_database_backend() {
            DbBackend::Sqlite => Shelves::Sqlite(Arc::new(Shelf::new(pool.get_sqlite_connection_pool().clone()))),
            _ => Shelves::Postgres(Arc::new(Shelf::new(pool.get_postgres_connection_pool().clone()))),
        };
        Self { pool, shelf }
    }

    /// The pool, for one who asks it for a connection himself and holds on to [`Waiting`] until he has it.
    pub(super) fn pool(&self) -> (&DatabaseConnection, Waiting) {
        let waiting = match &self.shelf {
            Shelves::Postgres(shelf) => shelf.make_room(),
            Shelves::Sqlite(shelf) => shelf.make_room(),
        };
        (&self.pool, waiting)
    }

    /// Begins a transaction by one of SQL's ways to begin.
    pub(super) async fn begin(&self, how: &str) -> Result<Transaction, DbErr> {
        Ok(match &self.shelf {
            Shelves::Postgres(shelf) => Transaction::Postgres(Begun::by(shelf, how).await?),
            Shelves::Sqlite(shelf) => Transaction::Sqlite(Begun::by(shelf, how).await?),
        })
    }

    /// Closes the connections.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        match &self.shelf {
            Shelves::Postgres(shelf) => shelf.close(),
            Shelves::Sqlite(shelf) => shelf.close(),
        }
        self.pool.close_by_ref().await
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Kept {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let (pool, _waiting) = self.pool();
        pool.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let (pool, _waiting) = self.pool();
        pool.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        // All of it, though one is wanted: what is left unread would be the next statement's to meet.
        Ok(self.query_all_raw(statement).await?.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.shelf {
            Shelves::Postgres(shelf) => shelf.all(statement).await,
            Shelves::Sqlite(shelf) => shelf.all(statement).await,
        }
    }
}

/// Connections taken from a pool and not given back yet.
pub(super) struct Shelf<D: sqlx::Database> {
    pool: Pool<D>,
    desk: Mutex<Desk<D>>,
    waiting: Arc<AtomicUsize>,
    is_closed: AtomicBool,
}

/// Spares when nobody queues, or a queue when there are no spares.
struct Desk<D: sqlx::Database> {
    /// The one used last stands last, and is taken first: it has the most statements prepared.
    spares: VecDeque<Spare<D>>,
    /// Statements that wait, the oldest first.
    queue: VecDeque<Sender<Spare<D>>>,
}

/// A connection taken from a pool.
pub(super) struct Spare<D: sqlx::Database> {
    pub(super) connection: PoolConnection<D>,
    taken: Instant,
    used: Instant,
}

impl<D: sqlx::Database> Shelf<D> {
    fn new(pool: Pool<D>) -> Self {
        let desk = Desk { spares: VecDeque::new(), queue: VecDeque::new() };
        Self { pool, desk: Mutex::new(desk), waiting: Arc::default(), is_closed: AtomicBool::new(false) }
    }

    fn desk(&self) -> MutexGuard<'_, Desk<D>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self) -> Waiting {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        Waiting(Arc::clone(&self.waiting))
    }

    /// Lets somebody ask the pool, which may have lent all that it has to this shelf.
    fn make_room(&self) -> Waiting {
        let waiting = self.wait();
        if self.pool.num_idle() == 0 {
            drop(self.take());
        }
        waiting
    }

    /// The spare used last. The one that nobody has used for longest goes back to the pool when its time has come.
    fn take(&self) -> Option<Spare<D>> {
        let mut desk = self.desk();
        let taken = desk.spares.pop_back();
        let unneeded = desk.spares.front().is_some_and(|spare| spare.used.elapsed() > SPARE_AFTER).then(|| desk.spares.pop_front());
        drop(desk);
        drop(unneeded);
        taken
    }

    /// A connection that is alive: a spare, or whatever comes first of the next one put down and of the pool's.
    pub(super) async fn lend(&self) -> Result<Spare<D>, DbErr> {
        loop {
            if let Some(spare) = self.take_alive().await {
                return Ok(spare);
            }
            if self.pool.size() < self.pool.options().get_max_connections() {
                // Opening one must not be given up for a spare: the database would start a process for nothing.
                let _waiting = self.wait();
                return match self.take_alive().await {
                    Some(spare) => Ok(spare),
                    None => self.acquire().await,
                };
            }
            if let Some(next) = self.queue() {
                return tokio::select! {
                    biased;
                    Ok(spare) = next => Ok(spare),
                    taken = self.acquire() => taken,
                };
            }
        }
    }

    async fn take_alive(&self) -> Option<Spare<D>> {
        while let Some(mut spare) = self.take() {
            if spare.used.elapsed() < PING_AFTER || spare.connection.ping().await.is_ok() {
                return Some(spare);
            }
        }
        None
    }

    /// A place in the queue; `None` when a spare was put down meanwhile.
    fn queue(&self) -> Option<Receiver<Spare<D>>> {
        let mut desk = self.desk();
        if !desk.spares.is_empty() {
            return None;
        }
        while desk.queue.front().is_some_and(Sender::is_closed) {
            desk.queue.pop_front();
        }
        let (sender, next) = oneshot::channel();
        desk.queue.push_back(sender);
        Some(next)
    }

    async fn acquire(&self) -> Result<Spare<D>, DbErr> {
        let connection = self.pool.acquire().await.map_err(not_acquired)?;
        let now = Instant::now();
        Ok(Spare { connection, taken: now, used: now })
    }

    /// Puts down a connection whose statement came to its end.
    pub(super) fn keep(&self, mut spare: Spare<D>) {
        if spare.taken.elapsed() > KEPT_FOR {
            return;
        }
        spare.used = Instant::now();
        if !self.is_wanted_back() {
            let mut desk = self.desk();
            while let Some(next) = desk.queue.pop_front() {
                match next.send(spare) {
                    Ok(()) => return,
                    // It got another, or is gone.
                    Err(unsent) => spare = unsent,
                }
            }
            desk.spares.push_back(spare);
            drop(desk);
            // Whoever began to wait meanwhile found nothing here.
            if self.is_wanted_back() {
                drop(self.take());
            }
        }
    }

    fn is_wanted_back(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0 || self.is_closed.load(Ordering::SeqCst)
    }

    fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        let spares = std::mem::take(&mut self.desk().spares);
        drop(spares);
    }
}

impl<D> Shelf<D>
where
    D: sqlx::Database,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
    SqlxValues: IntoArguments<D>,
    QueryResult: From<D::Row>,
{
    async fn all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut spare = self.lend().await?;
        let rows = prepared::<D>(statement).fetch_all(&mut *spare.connection).await.map_err(failed)?;
        self.keep(spare);
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }
}

impl<D: sqlx::Database> Drop for Shelf<D> {
    /// A pool takes connections back in a task, and there may be no runtime any more.
    fn drop(&mut self) {
        let desk = self.desk.get_mut().unwrap_or_else(PoisonError::into_inner);
        for spare in desk.spares.drain(..) {
            drop(spare.connection.detach());
        }
    }
}

pub(super) fn prepared<D: sqlx::Database>(statement: Statement) -> Query<'static, D, SqlxValues>
where
    SqlxValues: IntoArguments<D>,
{
    metrics::counter!("ocop_sql_statements_total").increment(1);
    let values = statement.values.unwrap_or_else(|| Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

pub(super) fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

fn not_acquired(error: sqlx::Error) -> DbErr {
    match error {
        sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        error => DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))),
    }
}
