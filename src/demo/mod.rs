//! A whole province on one machine: real reference data and products, made-up prices, ratings that say `DEMO`, users of every role,
//! and a sandbox marketplace that listings are pushed to.

mod catalog;
mod council;
mod people;

use chrono::Duration;
use serde::Serialize;
use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time};

use crate::{
    app::{App, Halves, StartError},
    config::Config,
    domain::{actor::Actor, channel::ChannelState, id::ChannelId, sync::SyncState},
    sandbox::{self, Sandbox, SandboxSettings},
    service::{
        Call, Clock, Service, ServiceError, certificates,
        channels::{self, ChannelData},
        imports::{self, Format, Table},
        keys::SecretKey,
    },
    store::{PageRequest, Unasked, files::FilePlace},
};
pub use people::Tokens;

/// What to run the demo with.
pub struct Options {
    /// Where it keeps its database and `demo.json`.
    pub folder: PathBuf,
    /// Address of the API.
    pub listen: SocketAddr,
    /// Another database than SQLite in the folder.
    pub database_url: Option<String>,
}

/// What the demo tells while it gets ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Rows of product files read, of all.
    Imported(usize, usize),
    /// Products rated and put on sale, of all.
    OnSale(usize, usize),
    /// Listings on the marketplace, of all.
    Pushed(usize, usize),
}

/// What is written to `demo.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Facts {
    /// Base address of the service.
    pub url: String,
    /// Address of the GraphQL endpoint.
    pub graphql: String,
    /// Address for subscriptions.
    pub ws: String,
    /// Base address of the sandbox marketplace.
    pub sandbox: String,
    /// Address at which anybody checks one of the certificates.
    pub certificate: Option<String>,
    /// Ready tokens.
    pub tokens: Tokens,
}

/// A running demo.
pub struct Demo {
    /// Where everything is.
    pub facts: Facts,
    /// Listings on sale.
    pub listings: usize,
    app: App,
    sandbox: Sandbox,
}

const FILES: [&str; 2] =
    [include_str!("../../data/products/ocop_ha_giang.csv"), include_str!("../../data/products/ocop_tuyen_quang_before_merger.csv")];
const PARTNER: i64 = 1_000_001;
const SHOP: i64 = 100_001;
const LOOK_AGAIN: time::Duration = time::Duration::from_millis(200);
/// Tokens hold for a working day.
pub(crate) const TOKEN_HOURS: i64 = 12;

/// Starts everything and returns when every listing is on the marketplace.
pub async fn start(options: &Options, tell: &(dyn Fn(Progress) + Sync)) -> Result<Demo, StartError> {
    let clock = Clock::System;
    let (partner_key, access_token) = (SecretKey::random().to_text(), SecretKey::random().to_text());
    let settings = SandboxSettings {
        partner_id: PARTNER,
        partner_key: partner_key.clone(),
        shop_id: SHOP,
        access_token: access_token.clone(),
        state_file: None,
    };
    let seconds = clock.clone();
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let sandbox = sandbox::start(loopback, settings, Arc::new(move || seconds.now().timestamp()));
    let sandbox = sandbox.await.map_err(|error| StartError::Listen(loopback, error))?;
    let app = App::start(&config(options)?, Halves { api: true, worker: true }, clock).await?;
    let service = &app.service;
    import(service, tell).await?;
    let people = people::gather(service).await?;
    let listings = catalog::sell(service, &people, &sandbox.url(), tell).await?;
    let shop = connect(service, &sandbox.url(), &partner_key, &access_token).await?;
    wait(service, shop, listings, tell).await?;
    let certificate = certificate(service).await?;
    let facts = facts(&app, &sandbox, people.tokens(service).await?, certificate);
    let text = serde_json::to_string_pretty(&facts).map_err(|error| StartError::Other(error.to_string()))?;
    write(&options.folder.join("demo.json"), &text).map_err(|error| StartError::Other(format!("demo.json: {error}")))?;
    Ok(Demo { facts, listings, app, sandbox })
}

impl Demo {
    /// Ends the service, then the marketplace.
    pub async fn stop(self) {
        self.app.stop().await;
        self.sandbox.stop().await;
    }
}

fn config(options: &Options) -> Result<Config, StartError> {
    std::fs::create_dir_all(&options.folder).map_err(|error| StartError::Other(format!("{}: {error}", options.folder.display())))?;
    let file = options.folder.join("ocop-catalog.db");
    // With another database the key stays in the folder, so that a kept folder opens it again.
    let secret_key = match &options.database_url {
        Some(_) => Some(crate::app::key_file(&options.folder.join("secret.key")).map_err(|error| StartError::Secret(error.to_string()))?),
        None => None,
    };
    Ok(Config {
        database_url: options.database_url.clone().unwrap_or_else(|| format!("sqlite://{}", file.display())),
        listen: options.listen,
        files: Some(FilePlace::Folder(options.folder.join("files"))),
        secret_key,
        // The sandbox marketplace is on this machine.
        outbound_allow_private: true,
        ..Config::default()
    })
}

async fn import(service: &Service, tell: &(dyn Fn(Progress) + Sync)) -> Result<(), StartError> {
    let tables = FILES.map(|text| Table::read(text.as_bytes(), Format::Csv));
    let tables: Vec<Table> = tables.into_iter().collect::<Result<_, _>>().map_err(|error| StartError::Other(error.to_string()))?;
    let all: usize = tables.iter().map(|table| table.rows.len()).sum();
    let mut before = 0;
    for table in &tables {
        let mut progress = |done: usize| tell(Progress::Imported(before + done, all));
        let report = imports::run(service, &Call::new(&Actor::System), table, false, &mut progress).await?;
        if let Some(error) = report.errors.first() {
            return Err(StartError::Other(format!("row {}, {}: {}", error.row, error.column, error.message)));
        }
        before += table.rows.len();
    }
    Ok(())
}

/// Connects the sandbox as a shop of the province. Shops of an earlier run are gone, so they are disconnected.
async fn connect(service: &Service, url: &str, partner_key: &str, access_token: &str) -> Result<ChannelId, ServiceError> {
    let system = Actor::System;
    for old in channels::list(service, &system).await?.into_iter().filter(|c| c.name == NAME && c.state != ChannelState::Disconnected) {
        channels::set_state(service, &Call::new(&system), old.id, ChannelState::Disconnected, None).await?;
    }
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let data = ChannelData {
        adapter: "shopee".into(),
        name: NAME.into(),
        base_url: url.to_owned(),
        settings: vec![
            setting("partner_id", &PARTNER.to_string()),
            setting("partner_key", partner_key),
            setting("shop_id", &SHOP.to_string()),
            setting("access_token", access_token),
            setting("calls_per_second", "1000"),
        ],
        producer: None,
    };
    channels::connect(service, &Call::new(&system), data).await
}

const NAME: &str = "Sandbox marketplace (DEMO)";

/// Waits until no push is on its way any more, however it ended.
async fn wait(service: &Service, shop: ChannelId, listings: usize, tell: &(dyn Fn(Progress) + Sync)) -> Result<(), ServiceError> {
    loop {
        let live = count(service, shop, &[SyncState::Live]).await?;
        tell(Progress::Pushed(live, listings));
        let waiting = count(service, shop, &[SyncState::Queued, SyncState::Pushing, SyncState::Retrying]).await?;
        if waiting == 0 {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

async fn count(service: &Service, shop: ChannelId, states: &[SyncState]) -> Result<usize, ServiceError> {
    Ok(channels::listings(service, &Actor::System, shop, states, &PageRequest::first(10_000)).await?.rows.len())
}

/// Where one of the certificates is checked.
async fn certificate(service: &Service) -> Result<Option<String>, ServiceError> {
    let page = certificates::expiring(service, &Actor::System, u16::MAX, (&PageRequest::first(1), Unasked::default())).await?;
    Ok(page.rows.first().map(|(_, rating)| certificates::link(service, &rating.certificate_number)))
}

fn facts(app: &App, sandbox: &Sandbox, tokens: Tokens, certificate: Option<String>) -> Facts {
    let url = app.service.base_url();
    Facts {
        graphql: format!("{url}/graphql"),
        ws: format!("{}/graphql", url.replacen("http", "ws", 1)),
        certificate,
        url,
        sandbox: sandbox.url(),
        tokens,
    }
}

/// Writes a file that holds tokens: only its owner may read it.
fn write(path: &std::path::Path, text: &str) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.open(path)?, text.as_bytes())
}

fn hours() -> Duration {
    Duration::hours(TOKEN_HOURS)
}
