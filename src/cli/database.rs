//! `migrate`.

use clap::Subcommand;
use std::process::ExitCode;

use crate::{app, cli::Failure, config::Config};

/// Schema migrations.
#[derive(Subcommand)]
pub(super) enum Migrate {
    /// Brings the schema to the newest version, all or nothing.
    Up,
    /// Lists migrations that are not applied yet; exits with 1 when there are any.
    Status,
}

pub(super) async fn run(config: &Config, command: &Migrate) -> Result<ExitCode, Failure> {
    match command {
        Migrate::Up => {
            app::open(config).await?;
            println!("the schema is up to date");
            Ok(ExitCode::SUCCESS)
        }
        Migrate::Status => {
            let store = app::connect(config).await?;
            let pending = store.pending_migrations().await.map_err(|error| Failure(error.to_string()))?;
            if pending.is_empty() {
                println!("the schema is up to date");
                return Ok(ExitCode::SUCCESS);
            }
            pending.iter().for_each(|name| println!("pending: {name}"));
            Ok(ExitCode::FAILURE)
        }
    }
}
