//! What tests stand on: a database of their own, the whole service with a clock they set, a sandbox marketplace, callers by role.

pub(crate) mod attacks;
pub(crate) mod bulk;
mod caller;
mod cluster;
pub(crate) mod council;
mod database;
mod fixtures;
mod judge;
mod process;
mod random;
mod receiver;
pub(crate) mod schema;
mod socket;

use chrono::{DateTime, Duration, Utc};
use ocop_catalog::{
    app::{App, Halves},
    config::Config,
    domain::{
        actor::{Actor, Grant, Role},
        fold,
    },
    graphql::records::Records,
    notify::NotifySettings,
    sandbox::{self, Sandbox, SandboxSettings},
    service::{Call, Clock, Service, accounts, keys::SecretKey, publicity, pushes, webhook_delivery},
    store::files::FilePlace,
};
use std::{net::SocketAddr, sync::Arc};

pub(crate) use caller::{Answer, Caller, fields};
pub(crate) use cluster::{Cluster, postgres_tool};
pub(crate) use database::{Database, Engine};
pub(crate) use fixtures::{OnSale, Seller, append, connect_query, text};
pub(crate) use judge::{Judge, asked, sdks};
pub(crate) use process::{Program, program};
pub(crate) use random::Random;
pub(crate) use receiver::{Received, Receiver};
pub(crate) use socket::{Events, Socket};

pub(crate) const PARTNER: i64 = 1_000_001;
pub(crate) const SHOP: i64 = 100_001;
pub(crate) const PARTNER_KEY: &str = "a-partner-key-for-tests";
pub(crate) const SHOP_TOKEN: &str = "a-shop-token-for-tests";

/// Runs a test body on both engines.
macro_rules! both {
    ($(#[doc = $doc:literal])* async fn $name:ident($world:ident: World) $body:block) => {
        mod $name {
            use super::*;

            $(#[doc = $doc])*
            async fn body($world: World) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body(World::start($crate::harness::Engine::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                body(World::start($crate::harness::Engine::Postgres).await).await;
            }
        }
    };
}
pub(crate) use both;

/// A running service with its own database, a clock that stands still, and a marketplace. Pushes run when they are drained.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) sandbox: Sandbox,
    pub(crate) url: String,
    pub(crate) service: Service,
    // Stops when dropped with the runtime of the test.
    _app: App,
    database: Database,
}

/// Monday morning in Vietnam.
pub(crate) fn monday() -> DateTime<Utc> {
    "2026-11-23T03:00:00Z".parse().expect("an instant")
}

impl World {
    pub(crate) async fn start(engine: Engine) -> Self {
        Self::telling(engine, NotifySettings::default()).await
    }

    /// A service that tells people outside.
    pub(crate) async fn telling(engine: Engine, notify: NotifySettings) -> Self {
        let database = Database::new(engine).await;
        let clock = Clock::manual(monday());
        let sandbox = marketplace(&clock).await;
        let config = Config { notify, ..config(&database) };
        let app = App::start(&config, Halves { api: true, worker: false }, clock.clone()).await.expect("starts");
        let url = format!("http://{}/graphql", app.address().expect("an address"));
        Self { clock, sandbox, url, service: app.service.clone(), _app: app, database }
    }

    /// Works on pushes until none is due, looking at dates first; returns how many were worked on.
    pub(crate) async fn drain(&self) -> usize {
        while publicity::pass(&self.service).await.expect("a pass") > 0 {}
        while pushes::fill_missing(&self.service).await.expect("fills") > 0 {}
        let mut worked = 0;
        while let Some(claim) = pushes::claim(&self.service, 1).await.expect("claims").pop() {
            pushes::run(&self.service, claim).await.expect("a push");
            worked += 1;
            assert!(worked < 1000, "pushes never come to rest");
        }
        worked
    }

    /// Lets time pass, then works on what is due.
    pub(crate) async fn later(&self, by: Duration) -> usize {
        self.clock.set(self.clock.now() + by);
        self.drain().await
    }

    /// Tells webhook endpoints what is due; returns how many endpoints were looked at.
    pub(crate) async fn tell(&self) -> usize {
        let records = Records::default();
        let mut looked_at = 0;
        loop {
            let claimed = webhook_delivery::claim(&self.service, 10).await.expect("claims").unwrap_or_default();
            if claimed.is_empty() {
                return looked_at;
            }
            for endpoint in claimed {
                webhook_delivery::deliver(&self.service, &records, &endpoint).await.expect("delivers");
                looked_at += 1;
            }
        }
    }

    /// Another process on the same database.
    pub(crate) async fn replica(&self) -> App {
        self.replica_with(&self.config()).await
    }

    /// The same with other settings.
    pub(crate) async fn replica_with(&self, config: &Config) -> App {
        App::start(config, Halves { api: true, worker: false }, self.clock.clone()).await.expect("starts")
    }

    /// The settings of its service.
    pub(crate) fn config(&self) -> Config {
        config(&self.database)
    }

    pub(crate) fn database_url(&self) -> &str {
        &self.database.url
    }

    /// Nobody in particular.
    pub(crate) fn anyone(&self) -> Caller {
        Caller::new(&self.url, None)
    }

    /// A person who has just signed up.
    pub(crate) async fn person(&self, name: &str) -> Caller {
        let input = serde_json::json!({ "email": email(name), "displayName": name, "password": "một mật khẩu dài" });
        let data = self
            .anyone()
            .data(
                "mutation($input: AccountRegisterInput!) { accountRegister(input: $input) { session { accessToken } userErrors { code } } }",
                serde_json::json!({ "input": input }),
            )
            .await;
        let token = data["accountRegister"]["session"]["accessToken"].as_str().expect("a token");
        Caller::new(&self.url, Some(token))
    }

    /// The same person with a new token: tokens end after fifteen minutes.
    pub(crate) async fn sign_in(&self, name: &str) -> Caller {
        let data = self
            .anyone()
            .data(
                "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { session { accessToken } userErrors { code } } }",
                serde_json::json!({ "input": { "email": email(name), "password": "một mật khẩu dài" } }),
            )
            .await;
        Caller::new(&self.url, Some(data["sessionCreate"]["session"]["accessToken"].as_str().expect("a token")))
    }

    /// A person with an office, given as the command line gives the first one.
    pub(crate) async fn officer(&self, name: &str, role: Role) -> Caller {
        let person = self.person(name).await;
        let commune_code = (role == Role::CommuneOfficer).then(|| "01090".to_owned());
        let grant = Grant { role, commune_code };
        accounts::grant(&self.service, &Call::new(&Actor::System), &email(name), grant).await.expect("granted");
        person
    }

    /// The province's administrator.
    pub(crate) async fn admin(&self) -> Caller {
        self.officer("admin", Role::Admin).await
    }

    /// An integrator's key.
    pub(crate) async fn integrator(&self, admin: &Caller) -> Caller {
        let data = admin
            .data(
                "mutation { apiKeyCreate(input: { name: \"Sàn\", scopes: [FEED_READ] }) { secret userErrors { code } } }",
                serde_json::Value::Null,
            )
            .await;
        Caller::new(&self.url, Some(data["apiKeyCreate"]["secret"].as_str().expect("a secret")))
    }
}

/// The e-mail of a person of a test.
fn email(name: &str) -> String {
    format!("{}@example.vn", fold::slug(name))
}

/// A marketplace with the tests' credentials.
pub(crate) async fn marketplace(clock: &Clock) -> Sandbox {
    let settings = SandboxSettings {
        partner_id: PARTNER,
        partner_key: PARTNER_KEY.into(),
        shop_id: SHOP,
        access_token: SHOP_TOKEN.into(),
        state_file: None,
    };
    let clock = clock.clone();
    sandbox::start(SocketAddr::from(([127, 0, 0, 1], 0)), settings, Arc::new(move || clock.now().timestamp())).await.expect("starts")
}

/// The service's settings over a test's database.
pub(crate) fn config(database: &Database) -> Config {
    Config {
        database_url: database.url.clone(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        secret_key: Some(SecretKey::parse(database::SECRET).expect("a key")),
        outbound_allow_private: true,
        files: Some(FilePlace::Folder(database.files())),
        // Tests ask faster than people.
        points_per_second: std::num::NonZeroU32::new(10_000_000).expect("not zero"),
        ..Config::default()
    }
}
