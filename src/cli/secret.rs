//! `secret rotate`.

use clap::Subcommand;
use std::{fs, path::PathBuf, process::ExitCode};

use crate::{
    app::{self, key_file},
    cli::Failure,
    config::{Config, sqlite_file},
    service::sealing,
};

/// The secret that seals credentials and keys in the database.
#[derive(Subcommand)]
pub(super) enum Secret {
    /// Seals everything anew: under `OCOP_NEW_SECRET_KEY`, or under a new key file beside an SQLite database that has one. Stop the service
    /// first. Cursors, links to uploads and the webhooks' public key follow from the secret and end with it.
    Rotate,
}

pub(super) async fn rotate(config: &Config) -> Result<ExitCode, Failure> {
    let store = app::open(config).await?;
    let file = sqlite_file(&config.database_url).map(|file| PathBuf::from(format!("{}.key", file.display())));
    let count = match (&config.secret_key, &config.new_secret_key, file) {
        (Some(now), Some(next), _) => sealing::seal_anew(&store, now, next).await?,
        (None, None, Some(file)) => {
            let fresh = PathBuf::from(format!("{}.new", file.display()));
            let failed = |error: std::io::Error| Failure(format!("{}: {error}", fresh.display()));
            // Left by a run that was cut: it may have sealed everything already.
            let next = key_file(&fresh).map_err(failed)?;
            let count = if sealing::opens(&store, &next).await? {
                0
            } else {
                let now = key_file(&file).map_err(|error| Failure(format!("{}: {error}", file.display())))?;
                sealing::seal_anew(&store, &now, &next).await?
            };
            fs::rename(&fresh, &file).map_err(failed)?;
            count
        }
        (Some(_), None, _) | (None, _, None) => {
            return Err(Failure("OCOP_SECRET_KEY and OCOP_NEW_SECRET_KEY are needed: 32 bytes in hexadecimal each".into()));
        }
        (None, Some(_), Some(_)) => {
            return Err(Failure("OCOP_NEW_SECRET_KEY is for deployments with OCOP_SECRET_KEY; leave it out".into()));
        }
    };
    println!("sealed anew: {count} texts");
    if config.secret_key.is_some() {
        println!("start the service with the new key as OCOP_SECRET_KEY");
    }
    Ok(ExitCode::SUCCESS)
}
