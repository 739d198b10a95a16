//! The command line. What a command prints is its result; what happens meanwhile goes to the log on standard error.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line answers by printing")]

mod accounts;
mod audit;
mod backup;
mod bulk;
mod database;
mod demo;
mod doctor;
mod secret;
mod serve;

use clap::{Parser, Subcommand};
use std::{future::Future, process::ExitCode};
use tracing_subscriber::EnvFilter;

use crate::{
    app::{self, StartError},
    config::{Config, ConfigError},
    graphql,
    service::{Clock, Service, ServiceError},
};

/// Catalog of OCOP products: ratings as legal facts, listings pushed to marketplaces and pulled by them.
#[derive(Parser)]
#[command(name = "ocop-catalog", version, about)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Migrates, then answers requests and works on pushes until it is stopped.
    Serve(serve::Arguments),
    /// Starts a whole province on this machine: real products, users of every role, a sandbox marketplace.
    Demo(demo::Arguments),
    /// Schema migrations.
    #[command(subcommand)]
    Migrate(database::Migrate),
    /// Imports a CSV or Excel file with a report by row and column, or publishes a rulebook from its JSON file.
    Import(bulk::ImportArguments),
    /// Copies the SQLite database to a new file while it is in use.
    Backup(backup::BackupArguments),
    /// Puts a copy in the place of the database and begins another life of the feed.
    Restore(backup::RestoreArguments),
    /// Writes all products as the CSV that `import` reads.
    Export(bulk::ExportArguments),
    /// Accounts.
    #[command(subcommand)]
    User(accounts::User),
    /// Access tokens.
    #[command(subcommand)]
    Token(accounts::Token),
    /// API keys.
    #[command(subcommand)]
    Key(accounts::Key),
    /// The secret that seals credentials and keys.
    #[command(subcommand)]
    Secret(secret::Secret),
    /// The decision log.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Prints the GraphQL schema.
    Schema,
    /// Prints the way of a dossier, as docs/dossier-states.md has it.
    States,
    /// Checks configuration, database, clock and the reachability of channels.
    Doctor(doctor::Arguments),
}

/// Why a command failed: one line.
struct Failure(String);

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self(error.to_string())
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Refused(refusals) => {
                let told = |r: &crate::domain::reason::Refusal| {
                    format!("{}: {}", r.path.join("."), r.reason.sentence(crate::domain::reason::Locale::En))
                };
                Self(refusals.iter().map(told).collect::<Vec<_>>().join("; "))
            }
            other => Self(other.to_string()),
        }
    }
}

/// Runs the command of the command line.
pub fn run() -> ExitCode {
    let line = Line::parse();
    let outcome = Config::from_environment().map_err(Failure::from).and_then(|config| {
        log(&config)?;
        block(dispatch(line.command, config))
    });
    match outcome {
        Ok(code) => code,
        Err(Failure(sentence)) => {
            eprintln!("error: {sentence}");
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(command: Command, config: Config) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(arguments) => serve::run(&config, &arguments).await,
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Migrate(command) => database::run(&config, &command).await,
        Command::Import(arguments) => bulk::import(&config, &arguments).await,
        Command::Backup(arguments) => backup::backup(&config, &arguments).await,
        Command::Restore(arguments) => backup::restore(&config, &arguments).await,
        Command::Export(arguments) => bulk::export(&config, &arguments).await,
        Command::User(accounts::User::Create(arguments)) => accounts::create_user(&config, arguments).await,
        Command::Token(accounts::Token::Issue(arguments)) => accounts::issue_token(&config, &arguments).await,
        Command::Key(accounts::Key::Create(arguments)) => accounts::create_key(&config, &arguments).await,
        Command::Secret(secret::Secret::Rotate) => secret::rotate(&config).await,
        Command::Audit(audit::Audit::Verify(arguments)) => audit::verify(&config, &arguments).await,
        Command::States => {
            print!("{}", crate::domain::procedure::diagram());
            Ok(ExitCode::SUCCESS)
        }
        Command::Schema => {
            print!("{}", graphql::sdl());
            Ok(ExitCode::SUCCESS)
        }
        Command::Doctor(arguments) => doctor::run(&config, &arguments).await,
    }
}

/// The use cases over the configured database, migrated.
async fn service(config: &Config) -> Result<Service, Failure> {
    let store = app::open(config).await?;
    Ok(app::service(config, store, Clock::System).await?)
}

fn log(config: &Config) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&config.log).map_err(|error| Failure(format!("OCOP_LOG: {error}")))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let done = if config.log_json { lines.json().try_init() } else { lines.try_init() };
    done.map_err(|error| Failure(error.to_string()))
}

fn block<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Failure(error.to_string()))?.block_on(work)
}

/// Waits for Ctrl-C or a request to terminate.
async fn stopped() -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure(error.to_string());
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(failed),
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map_err(failed)
}
