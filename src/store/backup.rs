//! Copies of an SQLite database: made while others read and write, and put in its place while nobody does.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, Statement};
use std::path::Path;

use crate::store::{Db, Store, StoreError};

impl Store {
    /// Writes the database as it is at this instant to a new file.
    ///
    /// # Errors
    /// Fails when the file exists or can't be written.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        let statement = Statement::from_sql_and_values(DatabaseBackend::Sqlite, "VACUUM INTO ?", [file.display().to_string().into()]);
        self.connection().execute_raw(statement).await?;
        Ok(())
    }
}

/// What is wrong with the file of a copy, as SQLite finds it; nothing when it is whole and holds a catalog.
pub async fn faults(file: &Path) -> Result<Vec<String>, StoreError> {
    let database = open(file, "ro").await?;
    let rows = database.query_all_raw(Statement::from_string(DatabaseBackend::Sqlite, "PRAGMA integrity_check")).await?;
    let told = rows.iter().map(|row| row.try_get_by_index::<String>(0)).collect::<Result<Vec<_>, _>>()?;
    let catalog = Statement::from_string(DatabaseBackend::Sqlite, "SELECT value FROM setting WHERE name = 'feed_epoch'");
    let is_catalog = database.query_one_raw(catalog).await.is_ok_and(|row| row.is_some());
    database.close().await?;
    let faults = told.into_iter().filter(|line| line != "ok");
    Ok(faults.chain((!is_catalog).then(|| "it is not a catalog".to_owned())).collect())
}

/// Brings everything into the one file of a database, which nobody else may have open.
///
/// # Errors
/// Fails when somebody has.
pub async fn settle(file: &Path) -> Result<(), StoreError> {
    let database = open(file, "rw").await?;
    // Leaving the write-ahead log needs the file for oneself alone (<https://sqlite.org/wal.html>).
    let settled = database.execute_unprepared("PRAGMA busy_timeout = 2000; PRAGMA journal_mode = DELETE").await;
    database.close().await?;
    settled?;
    Ok(())
}

async fn open(file: &Path, mode: &str) -> Result<DatabaseConnection, StoreError> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode={mode}", file.display()));
    options.max_connections(1).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}
