//! `audit verify`: is the decision log whole?

use std::process::ExitCode;

use crate::{
    cli::{Failure, service},
    config::Config,
    domain::audit::Broken,
    service::audit,
};

/// The decision log.
#[derive(clap::Subcommand)]
pub(super) enum Audit {
    /// Walks the whole chain and names the first broken link; prints place and hash of the last one.
    Verify(VerifyArguments),
}

/// Options of `audit verify`.
#[derive(clap::Args)]
pub(super) struct VerifyArguments {
    /// Place and hash that an earlier run printed, `SEQ:HASH`: tells whether the log was cut off or written anew since.
    #[arg(long)]
    contains: Option<String>,
}

pub(super) async fn verify(config: &Config, arguments: &VerifyArguments) -> Result<ExitCode, Failure> {
    let known = arguments.contains.as_deref().map(head).transpose()?;
    let service = service(config).await?;
    let walk = audit::verify(&service, known.as_ref()).await?;
    if let Some((seq, broken)) = walk.broken {
        println!("BROKEN at entry {seq}: {}", words(broken));
        println!("{} entries before it hold", walk.links);
        return Ok(ExitCode::FAILURE);
    }
    if let Some((seq, _)) = known.filter(|_| !walk.found) {
        println!("BROKEN: entry {seq} is not the one that was there");
        return Ok(ExitCode::FAILURE);
    }
    println!("whole: {} entries", walk.links);
    println!("head {}:{}", walk.head.0, walk.head.1);
    Ok(ExitCode::SUCCESS)
}

fn head(text: &str) -> Result<(i64, String), Failure> {
    let parts = text.split_once(':').and_then(|(seq, hash)| Some((seq.parse().ok()?, hash.to_owned())));
    parts.ok_or_else(|| Failure("--contains: SEQ:HASH is needed, as `audit verify` prints it".to_owned()))
}

const fn words(broken: Broken) -> &'static str {
    match broken {
        Broken::Sequence => "an entry is missing or one too many",
        Broken::Previous => "it does not name the hash of the entry before it",
        Broken::Contents => "its contents do not have its hash",
        Broken::Signature => "its signature is not of this service",
    }
}
