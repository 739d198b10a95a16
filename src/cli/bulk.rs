//! `import` and `export`.

use indicatif::{ProgressBar, ProgressStyle};
use std::{fs, io::Write, path::PathBuf, process::ExitCode};

use crate::{
    cli::{Failure, service},
    config::Config,
    domain::{actor::Actor, rulebook::Rulebook},
    service::{
        Call, exports,
        imports::{self, Format, Report, Table},
        rulebooks,
    },
};

/// Options of `import`.
#[derive(clap::Args)]
pub(super) struct ImportArguments {
    /// A file that ends in .csv (UTF-8) or .xlsx, with a header row; or a rulebook that ends in .json.
    file: PathBuf,
    /// Check every row and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Options of `export`.
#[derive(clap::Args)]
pub(super) struct ExportArguments {
    /// Where to write; standard output when left out.
    #[arg(long)]
    output: Option<PathBuf>,
}

pub(super) async fn import(config: &Config, arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    let name = arguments.file.display().to_string();
    if name.to_lowercase().ends_with(".json") {
        return publish(config, arguments, &name).await;
    }
    let format = Format::of(&name).ok_or_else(|| Failure(format!("{name}: a file that ends in .csv or .xlsx is needed")))?;
    let bytes = fs::read(&arguments.file).map_err(|error| Failure(format!("{name}: {error}")))?;
    let table = Table::read(&bytes, format).map_err(|error| Failure(format!("{name}: {error}")))?;
    let service = service(config).await?;
    let bar = bar(table.rows.len());
    let mut progress = |done: usize| bar.set_position(done as u64);
    let report = imports::run(&service, &Call::new(&Actor::System), &table, arguments.dry_run, &mut progress).await?;
    bar.finish_and_clear();
    print(&report, arguments.dry_run);
    Ok(if report.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A rulebook: checked, and published unless it is there already.
async fn publish(config: &Config, arguments: &ImportArguments, name: &str) -> Result<ExitCode, Failure> {
    let text = fs::read_to_string(&arguments.file).map_err(|error| Failure(format!("{name}: {error}")))?;
    let checked = Rulebook::parse(&text).map_err(|error| Failure(format!("{name}: {error}")))?;
    if arguments.dry_run {
        println!("{} holds together and would be published", checked.code);
        return Ok(ExitCode::SUCCESS);
    }
    let book = rulebooks::publish(&service(config).await?, &Call::new(&Actor::System), &text).await?;
    println!("{} is published, in force from {}", book.code, book.valid_from);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn export(config: &Config, arguments: &ExportArguments) -> Result<ExitCode, Failure> {
    let service = service(config).await?;
    let mut text = Vec::new();
    let rows = exports::products(&service, &Actor::System, &mut text).await?;
    match &arguments.output {
        Some(path) => {
            fs::write(path, &text).map_err(|error| Failure(format!("{}: {error}", path.display())))?;
            println!("{rows} products written to {}", path.display());
        }
        None => std::io::stdout().write_all(&text).map_err(|error| Failure(error.to_string()))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A progress bar; it shows itself on a terminal only.
fn bar(rows: usize) -> ProgressBar {
    let bar = ProgressBar::new(rows as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} rows") {
        bar.set_style(style);
    }
    bar
}

fn print(report: &Report, dry_run: bool) {
    for error in &report.errors {
        println!("row {}, column {}: {}", error.row, error.column, error.message);
    }
    let done = if dry_run { "would be" } else { "were" };
    let Report { rows, created, updated, unchanged, .. } = report;
    let wrong: std::collections::BTreeSet<_> = report.errors.iter().map(|e| e.row).collect();
    println!("{rows} rows: {created} {done} created, {updated} {done} changed, {unchanged} are there already, {} left out", wrong.len());
}
