//! `demo`: what it prints while it gets ready, and when it is.

use indicatif::{ProgressBar, ProgressStyle};
use std::{
    fs,
    io::{IsTerminal, stderr},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Mutex,
};

use crate::{
    cli::{Failure, stopped},
    config,
    demo::{self, Demo, Facts, Options, Progress},
    service::{Clock, keys},
};

/// Options of `demo`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Address of the API; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Folder for the database and demo.json; kept. A new folder that is removed at the end when left out.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Another database than SQLite in the folder, for example postgres://USER@HOST/DATABASE.
    #[arg(long)]
    database_url: Option<String>,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let throw_away = arguments.data_dir.is_none();
    let folder = arguments.data_dir.unwrap_or_else(new_folder);
    let database_url = arguments.database_url.map(config::database_url).transpose()?;
    let options = Options { folder: folder.clone(), listen: arguments.listen, database_url };
    eprintln!("data folder: {}{}", folder.display(), if throw_away { " (removed at the end)" } else { " (kept)" });
    let outcome = show(&options).await;
    if throw_away && let Err(error) = fs::remove_dir_all(&folder) {
        eprintln!("{} could not be removed: {error}", folder.display());
    }
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn show(options: &Options) -> Result<(), Failure> {
    let line = Line::new();
    let mut stop = Box::pin(stopped());
    let tell = |progress| line.tell(progress);
    let demo = tokio::select! {
        demo = demo::start(options, &tell) => demo?,
        stopped = &mut stop => return stopped,
    };
    line.finish();
    println!("{}", ready(&demo, &options.folder));
    let stopped = stop.await;
    eprintln!("stopping");
    demo.stop().await;
    stopped
}

fn new_folder() -> PathBuf {
    config::temporary_folder(&format!("ocop-demo-{}", keys::uuid_v7(Clock::System.now()).simple()))
}

/// One live line on a terminal; elsewhere a line for each step that is done.
struct Line {
    bar: ProgressBar,
    plain: Option<Mutex<Option<&'static str>>>,
}

impl Line {
    fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Self { bar, plain: (!stderr().is_terminal()).then(Mutex::default) }
    }

    fn tell(&self, progress: Progress) {
        let (what, done, all) = match progress {
            Progress::Imported(done, all) => ("products imported", done, all),
            Progress::OnSale(done, all) => ("products rated and put on sale", done, all),
            Progress::Pushed(done, all) => ("listings on the marketplace", done, all),
        };
        self.bar.set_message(format!("{done}/{all} {what}"));
        self.bar.tick();
        if let Some(last) = &self.plain
            && done == all
            && let Ok(mut last) = last.lock()
            && *last != Some(what)
        {
            *last = Some(what);
            eprintln!("{done}/{all} {what}");
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn ready(demo: &Demo, folder: &Path) -> String {
    let Facts { url, graphql, sandbox, tokens, .. } = &demo.facts;
    let council: String = (1..).zip(&tokens.council).map(|(number, token)| format!("  council {number}        {token}\n")).collect();
    format!(
        r#"Ready: {listings} listings on sale.

  GraphQL          {graphql}
  GraphiQL         {url}/graphiql
  marketplace      {sandbox}
  a certificate    {certificate}
  all of this      {file}

Tokens, for the header "Authorization: Bearer …" (12 hours; the integrator's key has no end):
  admin            {admin}
  commune officer  {officer}
{council}  producer         {producer}
  integrator       {integrator}

1. Find tea without accents (anyone):
curl -s {graphql} -H 'Content-Type: application/json' -d '{{"query":"{{ listings(search: \"tra shan tuyet\", first: 5) {{ nodes {{ title stars price {{ amount currency }} producer {{ displayName }} }} }} }}"}}'

2. One's own listings, and where they stand on the marketplace (producer):
curl -s {graphql} -H 'Content-Type: application/json' -H 'Authorization: Bearer {producer}' -d '{{"query":"{{ viewer {{ memberships {{ producer {{ displayName }} }} }} listings(first: 5) {{ nodes {{ id version title visibility {{ isVisible reasons {{ message }} }} channels {{ state remoteId }} }} }} }}"}}'

3. What changed, from the beginning (integrator):
curl -s {graphql} -H 'Content-Type: application/json' -H 'Authorization: Bearer {integrator}' -d '{{"query":"{{ listingChanges(first: 3) {{ changes {{ __typename listingId version causes }} endCursor hasMore }} }}"}}'

Press Ctrl-C to end."#,
        listings = demo.listings,
        file = folder.join("demo.json").display(),
        certificate = demo.facts.certificate.as_deref().unwrap_or("none"),
        admin = tokens.admin,
        officer = tokens.commune_officer,
        producer = tokens.producer,
        integrator = tokens.integrator,
    )
}
