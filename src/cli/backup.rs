//! `backup` and `restore`.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{
    app,
    cli::Failure,
    config::{Config, sqlite_file},
    service::{Clock, feed},
    store::backup,
};

/// Where to.
#[derive(clap::Args)]
pub(super) struct BackupArguments {
    /// The file to write; it must not exist.
    file: PathBuf,
}

/// Where from.
#[derive(clap::Args)]
pub(super) struct RestoreArguments {
    /// The copy to put in the place of the SQLite database. Left out for PostgreSQL, after its own tools have restored it.
    file: Option<PathBuf>,
}

/// Copies an SQLite database while it is in use.
pub(super) async fn backup(config: &Config, arguments: &BackupArguments) -> Result<ExitCode, Failure> {
    let Some(source) = sqlite_file(&config.database_url) else {
        return Err(Failure("PostgreSQL is backed up by its own tools, pg_dump or a base backup; docs/operations.md says how".into()));
    };
    let file = &arguments.file;
    if file.exists() {
        return Err(Failure(format!("{} exists; a backup overwrites nothing", file.display())));
    }
    if !source.exists() {
        return Err(Failure(format!("there is no database {}", source.display())));
    }
    let part = beside(file, "part");
    fs::remove_file(&part)
        .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
        .map_err(failed(&part))?;
    let store = app::connect(config).await?;
    store.copy_to(&part).await.map_err(|error| Failure(format!("{}: {error}", file.display())))?;
    check(&part).await?;
    File::open(&part).and_then(|written| written.sync_all()).map_err(failed(&part))?;
    fs::rename(&part, file).map_err(failed(file))?;
    println!("written {}; uploaded files and the key file {} are not in it", file.display(), beside(&source, "key").display());
    Ok(ExitCode::SUCCESS)
}

/// Puts a copy in the place of the database, which is kept beside it, and begins another life of the feed.
pub(super) async fn restore(config: &Config, arguments: &RestoreArguments) -> Result<ExitCode, Failure> {
    match (sqlite_file(&config.database_url), &arguments.file) {
        (Some(database), Some(copy)) => replace(&database, copy).await?,
        (Some(_), None) => return Err(Failure("name the copy to restore".into())),
        (None, Some(_)) => return Err(Failure("restore PostgreSQL with its own tools first, then run `restore` without a file".into())),
        (None, None) => {}
    }
    let store = app::open(config).await?;
    feed::begin_anew(&store, Clock::System.now()).await?;
    println!("restored; consumers of the feed are told to take a snapshot");
    Ok(ExitCode::SUCCESS)
}

async fn replace(database: &Path, copy: &Path) -> Result<(), Failure> {
    check(copy).await?;
    let fresh = beside(database, "restoring");
    fs::copy(copy, &fresh).and_then(|_| File::open(&fresh)?.sync_all()).map_err(failed(&fresh))?;
    if database.exists() {
        let in_use = |_| Failure(format!("{} is in use: stop the service first", database.display()));
        backup::settle(database).await.map_err(in_use)?;
        let kept = beside(database, &format!("before-restore-{}", Clock::System.now().format("%Y%m%dT%H%M%S")));
        fs::rename(database, &kept).map_err(failed(&kept))?;
        println!("what was there is kept as {}", kept.display());
    }
    fs::rename(&fresh, database).map_err(failed(database))
}

async fn check(file: &Path) -> Result<(), Failure> {
    let faults = backup::faults(file).await.map_err(|error| Failure(format!("{}: {error}", file.display())))?;
    if faults.is_empty() { Ok(()) } else { Err(Failure(format!("{}: {}", file.display(), faults.join("; ")))) }
}

/// A file beside another, of which only the ending differs.
fn beside(file: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}.{ending}", file.display()))
}

fn failed(file: &Path) -> impl Fn(io::Error) -> Failure {
    let name = file.display().to_string();
    move |error| Failure(format!("{name}: {error}"))
}
