//! `serve`.

use std::process::ExitCode;

use crate::{
    app::{App, Halves},
    cli::{Failure, stopped},
    config::Config,
    service::Clock,
};

/// Options of `serve`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Only answer requests; another process works on pushes.
    #[arg(long, conflicts_with = "worker_only")]
    no_worker: bool,
    /// Only work on pushes and dates; answer no requests.
    #[arg(long)]
    worker_only: bool,
}

pub(super) async fn run(config: &Config, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let halves = Halves { api: !arguments.worker_only, worker: !arguments.no_worker };
    // Listen for the signal first: a stop that comes while starting must not be lost.
    let stop = stopped();
    let app = App::start(config, halves, Clock::System).await?;
    if let Some(address) = app.address() {
        println!("listening on http://{address}/graphql");
    }
    let stopped = stop.await;
    tracing::info!("stopping: finishing what is in flight");
    app.stop().await;
    stopped.map(|()| ExitCode::SUCCESS)
}
