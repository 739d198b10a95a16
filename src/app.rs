//! The only place that puts the parts together: pool, clock, adapters, schema, router, worker. Tests start the same one.

use std::{
    io::{self, Write},
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, sqlite_file, without_password},
    graphql,
    http::{
        graphql::documents::Documents,
        health,
        live::Bounds,
        router,
        server::{self, ServerLimits},
        visitor::Proxies,
    },
    marketplace::{
        client::{Client, OutboundPolicy},
        registry::Registry,
    },
    notify::Notifier,
    service::{Clock, Parts, Service, ServiceError, keys::SecretKey, reference, search},
    store::{
        Store, StoreError,
        files::{FilePlace, Files},
    },
    worker,
};

/// Which halves of the service a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Halves {
    /// Answer requests.
    pub api: bool,
    /// Work on pushes and dates.
    pub worker: bool,
}

/// Why the service did not start; one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database does not answer, or is not one for this program.
    #[error("the database {url} can't be used: {cause}")]
    Database {
        /// Its address, without password.
        url: String,
        /// Why.
        cause: String,
    },
    /// The schema could not be brought to the newest version.
    #[error("the database could not be migrated: {0}")]
    Migration(String),
    /// The secret key is missing or unusable.
    #[error("{0}")]
    Secret(String),
    /// The address can't be listened on.
    #[error("can't listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl From<ServiceError> for StartError {
    fn from(error: ServiceError) -> Self {
        Self::Other(error.to_string())
    }
}

/// A running service.
pub struct App {
    /// The use cases.
    pub service: Service,
    address: Option<SocketAddr>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

/// Connects to the database and brings its schema to the newest version.
pub async fn open(config: &Config) -> Result<Store, StartError> {
    let store = connect(config).await?;
    store.migrate().await.map_err(|error| StartError::Migration(error.to_string()))?;
    Ok(store)
}

/// Connects to the database as it is.
pub async fn connect(config: &Config) -> Result<Store, StartError> {
    let failed =
        |error: StoreError| StartError::Database { url: without_password(&config.database_url), cause: one_line(&error.to_string()) };
    Store::connect(&config.database_url, config.database_connections).await.map_err(failed)
}

/// The use cases over a migrated database.
pub async fn service(config: &Config, store: Store, clock: Clock) -> Result<Service, StartError> {
    let secrets = secret(config)?;
    let policy = OutboundPolicy { allow_private: config.outbound_allow_private };
    let seconds = clock.clone();
    let marketplaces = Registry::new(policy, Arc::new(move || seconds.now().timestamp())).map_err(StartError::Other)?;
    let outbound = Client::new(policy).map_err(StartError::Other)?;
    let issuer = config.public_url.as_ref().map_or_else(|| "ocop-catalog".to_owned(), |url| url.as_str().trim_end_matches('/').to_owned());
    let files = Files::open(&file_place(config)).map_err(|error| StartError::Other(error.to_string()))?;
    let notifier = Notifier::new(&config.notify, policy).map_err(StartError::Other)?;
    let base_url = config.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    let audience = config.token_audience.clone();
    // The operator's own address: it may be in the operator's own network.
    let for_keys = || Client::new(OutboundPolicy { allow_private: true }).map_err(StartError::Other);
    let single_sign_on = config.single_sign_on.clone().map(|settings| Ok::<_, StartError>((settings, for_keys()?))).transpose()?;
    let parts = Parts {
        store,
        clock,
        secrets,
        marketplaces,
        outbound,
        files,
        notifier,
        base_url,
        workers: config.workers,
        issuer,
        audience,
        single_sign_on,
    };
    let service = Service::start(parts).await?;
    reference::load(&service).await?;
    search::reword(&service).await?;
    Ok(service)
}

impl App {
    /// Starts the service: connects, migrates, loads reference data, then listens and works.
    pub async fn start(config: &Config, halves: Halves, clock: Clock) -> Result<Self, StartError> {
        let store = open(config).await?;
        let service = service(config, store, clock).await?;
        let mut app = Self { service, address: None, stop: CancellationToken::new(), tasks: Vec::new() };
        app.listen(config, halves.api).await?;
        app.tasks.push(tokio::spawn(worker::listen(app.service.clone(), app.stop.clone())));
        if halves.worker {
            app.tasks.push(tokio::spawn(worker::run(app.service.clone(), config.workers, app.stop.clone())));
            let pages = Arc::new(graphql::records::Records::default());
            app.tasks.push(tokio::spawn(worker::tell_webhooks(app.service.clone(), pages, app.stop.clone())));
        }
        Ok(app)
    }

    /// Address it listens on, when it answers requests.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Ends in order: finishes requests and pushes in flight or gives them back.
    pub async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task ended early");
            }
        }
        let store = self.service.store.clone();
        drop(self.service);
        if let Err(error) = store.close().await {
            tracing::warn!(%error, "the database connections did not close");
        }
    }

    async fn listen(&mut self, config: &Config, api: bool) -> Result<(), StartError> {
        let metrics = health::install_metrics().map_err(|error| StartError::Other(error.to_string()))?;
        self.tasks.push(tokio::spawn(health::keep_metrics(metrics.clone(), self.stop.clone())));
        if !api {
            return Ok(());
        }
        let listener = TcpListener::bind(config.listen).await.map_err(|error| StartError::Listen(config.listen, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(config.listen, error))?;
        self.address = Some(address);
        self.service.listens_at(format!("http://{}", reachable(address)));
        let documents = Documents::read(config.trusted_documents.as_deref(), config.trusted_only);
        let documents = documents.map_err(|error| StartError::Other(format!("OCOP_TRUSTED_DOCUMENTS: {error}")))?;
        let options = router::Options {
            documents,
            graphiql: config.graphiql,
            proxies: Proxies(config.trusted_proxies.clone()),
            points_per_second: config.points_per_second,
            bounds: Bounds { operations: config.max_operations, sockets: config.max_sockets, streams: config.max_streams },
            stop: self.stop.clone(),
        };
        let routes = router::router(self.service.clone(), &graphql::schema(), metrics, options);
        let routes = routes.map_err(|error| StartError::Other(error.to_string()))?;
        let limits = ServerLimits { proxies: Proxies(config.trusted_proxies.clone()), ..ServerLimits::default() };
        let serving = server::serve(listener, routes, self.stop.clone(), limits);
        self.tasks.push(tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the server ended early");
            }
        }));
        Ok(())
    }
}

/// An address that clients on this machine can use: all interfaces are reached through loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        });
    }
    address
}

/// Where files are kept: as configured, or a folder beside the database.
fn file_place(config: &Config) -> FilePlace {
    config.files.clone().unwrap_or_else(|| {
        let beside = |file: PathBuf| PathBuf::from(format!("{}.files", file.display()));
        FilePlace::Folder(sqlite_file(&config.database_url).map_or_else(|| PathBuf::from("ocop-files"), beside))
    })
}

/// The configured secret, or with SQLite the key file beside the database, made when it is missing.
fn secret(config: &Config) -> Result<SecretKey, StartError> {
    if let Some(secret) = &config.secret_key {
        return Ok(secret.clone());
    }
    let Some(file) = sqlite_file(&config.database_url) else {
        return Err(StartError::Secret(
            "OCOP_SECRET_KEY is needed with PostgreSQL: 32 bytes in hexadecimal, for example from: openssl rand -hex 32".into(),
        ));
    };
    let path = PathBuf::from(format!("{}.key", file.display()));
    key_file(&path).map_err(|error| StartError::Secret(format!("key file {}: {error}", path.display())))
}

/// The key in a file, made when it is missing and readable by its owner alone.
pub(crate) fn key_file(path: &Path) -> io::Result<SecretKey> {
    let bad = || io::Error::new(io::ErrorKind::InvalidData, "this is not a key");
    match std::fs::read_to_string(path) {
        Ok(text) => SecretKey::parse(&text).ok_or_else(bad),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = SecretKey::random();
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(path)?;
            file.write_all(secret.to_text().as_bytes())?;
            file.sync_all()?;
            Ok(secret)
        }
        Err(error) => Err(error),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
