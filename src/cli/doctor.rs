//! `doctor`: is everything as it must be?

use std::process::ExitCode;

use crate::{
    app,
    cli::Failure,
    config::{Config, without_password},
    domain::actor::Actor,
    service::{Clock, channels, readiness},
};

/// Options of `doctor`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Ask every active channel for a sign of life with its credentials.
    #[arg(long)]
    live: bool,
}

pub(super) async fn run(config: &Config, arguments: &Arguments) -> Result<ExitCode, Failure> {
    println!("ok    configuration");
    let store = app::connect(config).await?;
    println!("ok    database {} answers", without_password(&config.database_url));
    let pending = store.pending_migrations().await.map_err(|error| Failure(error.to_string()))?;
    if !pending.is_empty() {
        println!("FAIL  {} migrations are pending: run `ocop-catalog migrate up`", pending.len());
        return Ok(ExitCode::FAILURE);
    }
    let service = app::service(config, store, Clock::System).await?;
    println!("ok    secret key opens the keys in the database");
    let mut well = true;
    for (name, outcome) in readiness::checks(&service).await {
        well &= outcome.is_ok();
        println!("{}  {name}{}", mark(outcome.is_ok()), outcome.err().map(|code| format!(": {code}")).unwrap_or_default());
    }
    println!("ok    clock {} (legal day {})", service.clock.now().format("%Y-%m-%dT%H:%M:%SZ"), service.clock.today());
    if arguments.live {
        for (channel, outcome) in channels::ping(&service, &Actor::System).await? {
            well &= outcome.is_ok();
            println!("{}  channel {channel}{}", mark(outcome.is_ok()), outcome.err().map(|e| format!(": {e}")).unwrap_or_default());
        }
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn mark(well: bool) -> &'static str {
    if well { "ok  " } else { "FAIL" }
}
