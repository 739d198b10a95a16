//! Connections: one pool on PostgreSQL; on SQLite one connection that writes and a few that read.

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, DbErr, RuntimeErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
    sqlx::{
        self,
        postgres::{PgListener, PgPoolOptions},
    },
};
use std::time::Duration;

use crate::store::{StoreError, kept::Kept, transaction::Transaction, unasked::Unasked};

/// Keys of advisory locks; any numbers, the same in every replica. The lock that orders the decision log is taken before the one that orders
/// the change log wherever both are.
pub(super) const CHANGE_LOCK: i64 = 0x0C0B_0001;
const MIGRATION_LOCK: i64 = 0x0C0B_0002;
pub(super) const AUDIT_LOCK: i64 = 0x0C0B_0003;
/// With [`OPEN_PAUSE`], how long an opening waits for others: five seconds, as for a server that does not answer.
const OPEN_TRIES: u32 = 100;
const OPEN_PAUSE: Duration = Duration::from_millis(50);
/// How long a connection may lie unused before it is asked for a sign of life.
pub(super) const PING_AFTER: Duration = Duration::from_secs(1);
/// SQLite's primary result code for "another connection holds the lock" (<https://sqlite.org/rescode.html#busy>).
const SQLITE_BUSY: u32 = 5;

/// Which database answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded.
    Sqlite,
    /// Server.
    Postgres,
}

/// The database.
#[derive(Clone)]
pub struct Store {
    read: Kept,
    /// The same on PostgreSQL.
    write: Kept,
}

/// A transaction; dropped without [`Tx::commit`] it changes nothing.
pub struct Tx(Transaction);

/// What a commit may have changed that others wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The change log.
    Feed,
    /// Dossiers.
    Dossiers,
    /// Listings on channels.
    Channels,
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 3] = [Self::Feed, Self::Dossiers, Self::Channels];

    /// Its name as PostgreSQL spells it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Feed => "ocop_feed",
            Self::Dossiers => "ocop_dossiers",
            Self::Channels => "ocop_channels",
        }
    }
}

/// Something statements run on: the store or a transaction.
pub trait Db: Send + Sync {
    #[doc(hidden)]
    type Connection: ConnectionTrait + Send + Sync;
    #[doc(hidden)]
    fn connection(&self) -> &Self::Connection;
    /// What is left out of rows that are read.
    fn unasked(&self) -> Unasked {
        Unasked::default()
    }
}

impl Db for Store {
    type Connection = Kept;
    fn connection(&self) -> &Kept {
        &self.read
    }
}

impl Db for Tx {
    type Connection = Transaction;
    fn connection(&self) -> &Transaction {
        &self.0
    }
}

impl Tx {
    /// Has what is planned from here on use indexes wherever it can, for what reads many rows of tables that grow meanwhile. PostgreSQL plans a
    /// statement of a connection once: on a table that is still empty, to read all of it, and keeps to that until statistics are gathered.
    pub async fn prefer_indexes(&self) -> Result<(), StoreError> {
        if self.0.get_database_backend() == DatabaseBackend::Postgres {
            self.0.execute_unprepared("SET LOCAL enable_seqscan = off").await?;
        }
        Ok(())
    }

    /// Makes the changes durable and visible.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}

/// What other processes tell through PostgreSQL.
pub struct Listener(PgListener);

impl Listener {
    /// The next topic that something was committed on. After a lost connection, which it opens anew, everything may have changed: `None`.
    pub async fn next(&mut self) -> Result<Option<Topic>, StoreError> {
        let told = self.0.try_recv().await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(told.and_then(|told| Topic::ALL.into_iter().find(|topic| topic.name() == told.channel())))
    }
}

impl Store {
    /// Listens to what other processes commit, on a connection of its own; `None` with SQLite.
    pub async fn listen(&self) -> Result<Option<Listener>, StoreError> {
        if self.engine() == Engine::Sqlite {
            return Ok(None);
        }
        let failed = |error: sqlx::Error| StoreError::Unavailable(error.to_string());
        // One of the pool's own would be away for good, and a pool of one would have none left.
        let options = self.write.pool().0.get_postgres_connection_pool().connect_options();
        let own = PgPoolOptions::new().max_connections(1).connect_with(options.as_ref().clone()).await.map_err(failed)?;
        let mut listener = PgListener::connect_with(&own).await.map_err(failed)?;
        listener.listen_all(Topic::ALL.map(Topic::name)).await.map_err(failed)?;
        Ok(Some(Listener(listener)))
    }

    /// Connects to `sqlite://FILE` or `postgres://…`. Fails when the database does not answer within five seconds, and when it can't hold
    /// Vietnamese.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            let write = open(url, 1).await?;
            let read = open(url, connections.clamp(1, 8)).await?;
            Ok(Self { read: Kept::new(read), write: Kept::new(write) })
        } else {
            let pool = open(url, connections).await?;
            expect_utf8(&pool).await?;
            let kept = Kept::new(pool);
            Ok(Self { read: kept.clone(), write: kept })
        }
    }

    /// Which database answers.
    pub fn engine(&self) -> Engine {
        if self.write.get_database_backend() == DatabaseBackend::Sqlite { Engine::Sqlite } else { Engine::Postgres }
    }

    /// Brings the schema to the newest version, all or nothing; replicas that start together wait for each other.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        // The library's own kind of transaction: it takes no other. The pool is asked while nothing else is.
        let (pool, _waiting) = self.write.pool();
        let immediate = Some(SqliteTransactionMode::Immediate);
        let tx = pool.begin_with_options(TransactionOptions { sqlite_transaction_mode: immediate, ..Default::default() }).await?;
        if self.engine() == Engine::Postgres {
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
        }
        Migrator::up(&tx, None).await?;
        Ok(tx.commit().await?)
    }

    /// Names of migrations that are not applied yet.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let (pool, _waiting) = self.read.pool();
        let pending = Migrator::get_pending_migrations(pool).await?;
        Ok(pending.iter().map(|m| m.name().to_owned()).collect())
    }

    /// Begins a transaction that writes. On SQLite it waits for its turn here, not at its first write.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let how = match self.engine() {
            Engine::Postgres => "BEGIN",
            Engine::Sqlite => "BEGIN IMMEDIATE",
        };
        Ok(Tx(self.write.begin(how).await?))
    }

    /// Begins a transaction that reads one state of the database.
    pub async fn snapshot(&self) -> Result<Tx, StoreError> {
        let how = match self.engine() {
            Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Engine::Sqlite => "BEGIN",
        };
        Ok(Tx(self.read.begin(how).await?))
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let (pool, _waiting) = self.read.pool();
        Ok(pool.ping().await?)
    }

    /// Closes the connections.
    pub async fn close(self) -> Result<(), StoreError> {
        self.read.close().await?;
        Ok(self.write.close().await?)
    }
}

async fn open(url: &str, connections: u32) -> Result<DatabaseConnection, StoreError> {
    let mut options = ConnectOptions::new(url.to_owned());
    options
        .max_connections(connections)
        .connect_timeout(Duration::from_secs(5))
        .acquire_timeout(Duration::from_secs(10))
        // A ping before every statement would double the trips; a connection in use a moment ago is alive.
        .test_before_acquire_if_idle_for(PING_AFTER)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .create_if_missing(true)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .pragma("journal_mode", "WAL")
                // A commit that was answered must survive a power cut.
                .pragma("synchronous", "FULL")
        })
        .map_sqlx_postgres_opts(|postgres| {
            postgres.options([
                ("statement_timeout", "10000"),
                ("lock_timeout", "8000"),
                // Planning a page's joins anew for each page costs more than reading it. No statement here needs another plan for other
                // values: what depends on how common a word is decides so by itself (`store::search`).
                ("plan_cache_mode", "force_generic_plan"),
            ])
        });
    let mut connection = connect(options).await?;
    connection.set_metric_callback(|_| metrics::counter!("ocop_sql_statements_total").increment(1));
    Ok(connection)
}

/// Other encodings have no place for some letters, or take bytes for them.
async fn expect_utf8(pool: &DatabaseConnection) -> Result<(), StoreError> {
    let asked = pool.query_one_raw(Statement::from_string(DatabaseBackend::Postgres, "SHOW server_encoding")).await?;
    let encoding: String = asked.ok_or(StoreError::Corrupt("server_encoding"))?.try_get_by_index(0)?;
    if encoding == "UTF8" {
        return Ok(());
    }
    let create = "createdb --encoding=UTF8 --template=template0 NAME";
    Err(StoreError::Database(format!("its encoding is {encoding}; it must be UTF8, for example by: {create}")))
}

/// SQLite changes a new file's journal without waiting for others who do the same: `busy_timeout` does not cover it
/// (<https://sqlite.org/wal.html>, "Sometimes Queries Return SQLITE_BUSY In WAL Mode"). Whoever comes second waits here.
async fn connect(options: ConnectOptions) -> Result<DatabaseConnection, StoreError> {
    let mut tries = 0;
    loop {
        match Database::connect(options.clone()).await {
            Ok(connection) => return Ok(connection),
            Err(error) if tries < OPEN_TRIES && is_busy(&error) => {
                tries += 1;
                tokio::time::sleep(OPEN_PAUSE).await;
            }
            Err(error) => return Err(StoreError::Unavailable(error.to_string())),
        }
    }
}

fn is_busy(error: &DbErr) -> bool {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    let code = error.as_database_error().and_then(|e| e.code()).and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
}
