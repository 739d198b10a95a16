//! One error for the layer; variants say what the caller can do.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer; trying again later may help.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// A unique value is taken. Carries the database's words, which name the column; for matching only, never for clients.
    #[error("a unique value is taken: {0}")]
    Taken(String),
    /// Two transactions were in each other's way; trying again helps.
    #[error("a concurrent change was in the way")]
    Contention,
    /// A row holds what this version can't read.
    #[error("unreadable value in column {0}")]
    Corrupt(&'static str),
    /// Anything else.
    #[error("database error: {0}")]
    Database(String),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(message)) = error.sql_err() {
            return Self::Taken(message);
        }
        match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Unavailable(error.to_string()),
            DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => classify(&error, inner),
            _ => Self::Database(error.to_string()),
        }
    }
}

fn classify(error: &DbErr, inner: &sea_orm::SqlxError) -> StoreError {
    use sea_orm::SqlxError;
    match inner {
        SqlxError::Io(_) | SqlxError::PoolTimedOut | SqlxError::PoolClosed | SqlxError::WorkerCrashed => {
            StoreError::Unavailable(error.to_string())
        }
        SqlxError::Database(database) => match database.code().as_deref() {
            // PostgreSQL: serialization failure, deadlock; SQLite: busy, busy snapshot, locked.
            Some("40001" | "40P01" | "5" | "517" | "6") => StoreError::Contention,
            // PostgreSQL: shutting down, starting, closed to connections, only to be read, out of disk, memory or connections.
            Some("57P01" | "57P02" | "57P03" | "55000" | "25006" | "53000" | "53100" | "53200" | "53300") => {
                StoreError::Unavailable(error.to_string())
            }
            Some(code) if code.parse::<u32>().is_ok_and(is_sqlite_away) => StoreError::Unavailable(error.to_string()),
            _ => StoreError::Database(error.to_string()),
        },
        _ => StoreError::Database(error.to_string()),
    }
}

/// SQLite: only to be read, failed to read or write, full, can't be opened; extended codes keep these in their last byte
/// (<https://sqlite.org/rescode.html>) and are at most four digits; PostgreSQL's have five.
fn is_sqlite_away(code: u32) -> bool {
    code < 10_000 && matches!(code & 0xff, 8 | 10 | 13 | 14)
}

/// Reads a JSON column.
pub(super) fn json<T: serde::de::DeserializeOwned>(text: &str, column: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt(column))
}

/// Writes a JSON column.
pub(super) fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("stored values have text keys only")
}

/// Reads a coded value of a column.
pub(super) fn coded<T>(parsed: Option<T>, column: &'static str) -> Result<T, StoreError> {
    parsed.ok_or(StoreError::Corrupt(column))
}
