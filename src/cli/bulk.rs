//! `import` and `export`.

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{
    cli::{Failure, service},
    config::Config,
    domain::{actor::Actor, feed::FeedScope, rulebook::Rulebook},
    graphql::{lines::Lines, records::Records},
    service::{
        Call, exports, import_jobs,
        imports::{Format, Report, Table},
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
    /// What is written; left out, the end of the output's name tells, or CSV.
    #[arg(long)]
    format: Option<ExportFormat>,
}

/// What `export` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ExportFormat {
    /// Products as the table that `import` reads.
    Csv,
    /// The same as an Excel workbook.
    Xlsx,
    /// Public listings as lines of JSON, as /export/listings.ndjson gives them.
    Ndjson,
}

impl ExportArguments {
    fn format(&self) -> ExportFormat {
        let name = self.output.as_ref().and_then(|path| path.extension()).and_then(|end| end.to_str()).unwrap_or_default();
        self.format.or_else(|| ExportFormat::from_str(name, true).ok()).unwrap_or(ExportFormat::Csv)
    }
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
    let progress = |done: usize| bar.set_position(done as u64);
    let file = arguments.file.file_name().unwrap_or_default().to_string_lossy();
    let report = import_jobs::run(&service, &Call::new(&Actor::System), (&file, &table), arguments.dry_run, &progress).await?;
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
    let name = |path: &Path| path.display().to_string();
    let mut to: Box<dyn Write + Send> = match &arguments.output {
        Some(path) => Box::new(fs::File::create(path).map_err(|error| Failure(format!("{}: {error}", name(path))))?),
        None => Box::new(std::io::stdout()),
    };
    let failed = |error: std::io::Error| Failure(error.to_string());
    let (rows, what) = match arguments.format() {
        ExportFormat::Csv => (exports::products(&service, &Actor::System, &mut to).await?, "products"),
        ExportFormat::Xlsx => {
            let mut table = Vec::new();
            let rows = exports::products(&service, &Actor::System, &mut table).await?;
            to.write_all(&exports::workbook(&table)?).map_err(failed)?;
            (rows, "products")
        }
        ExportFormat::Ndjson => {
            let mut lines = Lines::begin(Records::default(), &service, FeedScope::default(), None).await?;
            let mut rows = 0;
            while let Some(text) = lines.next().await {
                let text = text?;
                rows += text.lines().filter(|line| line.starts_with("{\"listing\"")).count();
                to.write_all(text.as_bytes()).map_err(failed)?;
            }
            (rows, "listings")
        }
    };
    to.flush().map_err(failed)?;
    if let Some(path) = &arguments.output {
        println!("{rows} {what} written to {}", name(path));
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
