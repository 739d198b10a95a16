//! A database for each test, copied from one that was migrated and filled with reference data once.

use ocop_catalog::{
    app,
    config::Config,
    service::{Clock, keys::SecretKey},
    store::files::FilePlace,
};
use sea_orm::{ConnectionTrait, Database as Sea};
use std::{
    path::PathBuf,
    sync::OnceLock,
    sync::atomic::{AtomicU32, Ordering},
};
use tempfile::TempDir;

/// The secret key of every test database: the copies hold keys sealed with it.
pub(crate) const SECRET: &str = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A database of one test, thrown away with it.
pub(crate) struct Database {
    pub(crate) url: String,
    folder: TempDir,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// A migrated database with reference data.
    pub(crate) async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let from = template(&SQLITE, || tokio_run(sqlite_template()));
                let folder = TempDir::new().expect("a folder");
                let file = folder.path().join("test.db");
                std::fs::copy(from, &file).expect("copies");
                Self { url: format!("sqlite://{}", file.display()), folder }
            }
            Engine::Postgres => {
                let from = template(&POSTGRES, || tokio_run(postgres_template()));
                Self { url: create(Some(from)).await, folder: TempDir::new().expect("a folder") }
            }
        }
    }

    /// Where files of this test are kept.
    pub(crate) fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    /// A database somewhere else, migrated and filled.
    pub(crate) async fn at(url: String) -> Self {
        fill(url.clone()).await;
        Self { url, folder: TempDir::new().expect("a folder") }
    }

    /// A database with nothing in it.
    pub(crate) async fn empty(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = TempDir::new().expect("a folder");
                Self { url: format!("sqlite://{}", folder.path().join("test.db").display()), folder }
            }
            Engine::Postgres => Self { url: create(None).await, folder: TempDir::new().expect("a folder") },
        }
    }
}

static SQLITE: OnceLock<String> = OnceLock::new();
static POSTGRES: OnceLock<String> = OnceLock::new();

/// Tests run on threads with runtimes of their own, so the first of them makes the template on a thread apart.
fn template(cell: &'static OnceLock<String>, make: impl FnOnce() -> String + Send + 'static) -> &'static str {
    cell.get_or_init(|| std::thread::spawn(make).join().expect("the template is made"))
}

fn tokio_run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

async fn sqlite_template() -> String {
    let folder: PathBuf = TempDir::new().expect("a folder").keep();
    let file = folder.join("template.db");
    fill(format!("sqlite://{}", file.display())).await;
    file.display().to_string()
}

async fn postgres_template() -> String {
    let url = create(None).await;
    let name = url.rsplit('/').next().expect("a name").to_owned();
    fill(url).await;
    name
}

async fn fill(database_url: String) {
    let folder = TempDir::new().expect("a folder");
    let files = Some(FilePlace::Folder(folder.path().to_path_buf()));
    let config = Config { database_url, secret_key: SecretKey::parse(SECRET), files, ..Config::default() };
    let store = app::open(&config).await.expect("migrates");
    let service = app::service(&config, store, Clock::System).await.expect("loads");
    service.store.clone().close().await.expect("closes");
}

/// Creates a database on the test server; returns its address.
async fn create(template: Option<&str>) -> String {
    let server = server();
    let name = format!("ocop_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
    let connection = Sea::connect(&server).await.expect("the test server answers");
    let from = template.map(|name| format!(" TEMPLATE {name} STRATEGY FILE_COPY")).unwrap_or_default();
    connection.execute_unprepared(&format!("CREATE DATABASE {name}{from}")).await.expect("creates");
    connection.close().await.expect("closes");
    format!("{}/{name}", server.rsplit_once('/').expect("an address with a database").0)
}

#[expect(clippy::disallowed_methods, reason = "the script that starts the server tells where it is")]
fn server() -> String {
    std::env::var("OCOP_TEST_POSTGRES_URL").expect("OCOP_TEST_POSTGRES_URL is not set: run the tests with scripts/test")
}
