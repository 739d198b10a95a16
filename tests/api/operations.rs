//! Operating it: copies made and put back, a full disk, a database that goes away under load, a file that can't be written, a schema that
//! is half there. Nothing that was acknowledged is lost, and each says what is wrong.

use sea_orm::{ConnectionTrait, Database as Sea};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use tokio::task::JoinHandle;

use crate::harness::{Answer, Caller, Cluster, Database, Engine, Program, bulk, postgres_tool, program, text};
use crate::processes::until;

const RENAME: &str = "mutation($id: ID!, $price: MoneyInput!) { listingSetPrice(id: $id, price: $price) { userErrors { code } } }";
const PRICES: &str = "{ listings(first: 100) { nodes { id price { amount } } } }";

/// A catalog with fifty listings, its admin's token, and one of the listings.
async fn catalog(database: &Database) -> (String, String) {
    let service = bulk::service(database).await;
    let listings = bulk::publish(&service, 1, "http://127.0.0.1:9").await;
    let token = bulk::admin(&service).await;
    service.store.clone().close().await.expect("closes");
    (token, crate::harness::council::global("Listing", listings[0].0))
}

async fn price(caller: &Caller, listing: &str, amount: u32) -> Option<Answer> {
    caller.try_send(RENAME, json!({ "id": listing, "price": { "amount": amount.to_string() } })).await
}

fn is_done(answer: &Answer) -> bool {
    let payload = &answer.body["data"]["listingSetPrice"];
    answer.status == 200 && payload["userErrors"] == json!([])
}

/// The price of a listing.
async fn shown(caller: &Caller, listing: &str) -> u32 {
    let all = caller.data(PRICES, Value::Null).await;
    let nodes = all["listings"]["nodes"].as_array().expect("listings");
    let found = nodes.iter().find(|node| node["id"] == listing).expect("the listing");
    text(&found["price"]["amount"]).parse().expect("a number")
}

fn run(url: &str, arguments: &[&str]) -> (bool, String) {
    let output = program(url, arguments).output().expect("runs");
    (output.status.success(), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

fn file(database: &Database) -> PathBuf {
    PathBuf::from(database.url.trim_start_matches("sqlite://"))
}

/// Somebody who changes a price without a pause until told to stop.
struct Writer {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU32>,
    refused: Arc<AtomicU32>,
    task: JoinHandle<(u32, Vec<(u16, String)>)>,
}

impl Writer {
    fn start(caller: &Caller, listing: &str) -> Self {
        let (stop, acknowledged, refused) = (Arc::<AtomicBool>::default(), Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
        let (caller, listing) = (caller.clone(), listing.to_owned());
        let (stopped, last, count) = (Arc::clone(&stop), Arc::clone(&acknowledged), Arc::clone(&refused));
        let task = tokio::spawn(async move {
            let (mut amount, mut refusals) = (100_000, Vec::new());
            while !stopped.load(Ordering::SeqCst) {
                amount += 1;
                let answer = price(&caller, &listing, amount).await.expect("an answer");
                if is_done(&answer) {
                    last.store(amount, Ordering::SeqCst);
                } else {
                    refusals.push((answer.status, text(&answer.body["errors"][0]["extensions"]["code"])));
                    count.fetch_add(1, Ordering::SeqCst);
                }
            }
            (amount, refusals)
        });
        Self { stop, acknowledged, refused, task }
    }

    /// Waits until some more was acknowledged.
    async fn goes_on(&self) {
        let now = self.acknowledged.load(Ordering::SeqCst);
        until("writing goes on", || self.acknowledged.load(Ordering::SeqCst) >= now.max(100_000) + 5).await;
    }

    /// Waits until something is refused.
    async fn is_refused(&self) {
        let now = self.refused.load(Ordering::SeqCst);
        until("writing is refused", || self.refused.load(Ordering::SeqCst) > now).await;
    }

    /// The last price sent, the last acknowledged, and what was refused.
    async fn end(self) -> (u32, u32, Vec<(u16, String)>) {
        self.stop.store(true, Ordering::SeqCst);
        let (last, refusals) = self.task.await.expect("ends");
        (last, self.acknowledged.load(Ordering::SeqCst), refusals)
    }
}

/// A copy is made while prices change. Put back, the catalog is what it was at one instant in between, and consumers start anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_sqlite_is_made_and_put_back() {
    let database = Database::new(Engine::Sqlite).await;
    let (token, listing) = catalog(&database).await;
    let server = Program::start(program(&database.url, &["serve"]));
    let admin = Caller::new(&server.url, Some(&token));
    let writer = Writer::start(&admin, &listing);
    writer.goes_on().await;
    let (from, copy) = (shown(&admin, &listing).await, file(&database).with_extension("copy"));
    let arguments = ["backup", copy.to_str().expect("a path")];
    let (url, given) = (database.url.clone(), arguments.map(str::to_owned));
    let made = tokio::task::spawn_blocking(move || run(&url, &given.each_ref().map(String::as_str))).await.expect("ends");
    assert!(made.0, "{}", made.1);
    let to = shown(&admin, &listing).await;
    let (last, acknowledged, _) = writer.end().await;
    assert_eq!(acknowledged, last, "nothing is refused while the copy is made");
    let cursor = admin.data("{ listingChanges { endCursor } }", Value::Null).await["listingChanges"]["endCursor"].clone();
    let (done, told) = run(&database.url, &arguments);
    assert!(!done && told.contains("a backup overwrites nothing"), "{told}");
    let restore = ["restore", copy.to_str().expect("a path")];
    let (done, told) = run(&database.url, &restore);
    assert!(!done && told.contains("is in use: stop the service first"), "{told}");
    assert_eq!(shown(&admin, &listing).await, last, "a refused restore changes nothing");
    server.kill();
    let (done, told) = run(&database.url, &restore);
    assert!(done && told.contains("kept as"), "{told}");
    let server = Program::start(program(&database.url, &["serve"]));
    let admin = Caller::new(&server.url, Some(&token));
    assert!((from..=to).contains(&shown(&admin, &listing).await), "what it was while the copy was made");
    let page = admin
        .data("query($c: FeedCursor) { listingChanges(since: $c) { snapshotRequired changes { listingId } } }", json!({ "c": cursor }))
        .await;
    assert_eq!(page["listingChanges"], json!({ "snapshotRequired": true, "changes": [] }));
    assert!(is_done(&price(&admin, &listing, 500_000).await.expect("an answer")));
    server.kill();
    kept_is_whole(&database, last).await;
}

/// What a restore put aside holds everything that was acknowledged; what is no copy is refused.
async fn kept_is_whole(database: &Database, last: u32) {
    let folder = file(database).parent().expect("a folder").to_owned();
    let kept = std::fs::read_dir(&folder).expect("reads").filter_map(|entry| Some(entry.ok()?.path()));
    let kept: Vec<_> = kept.filter(|path| path.display().to_string().contains("before-restore")).collect();
    assert_eq!(kept.len(), 1);
    let aside = Sea::connect(format!("sqlite://{}?mode=ro", kept[0].display())).await.expect("opens");
    let row = aside.query_one_raw(sea_orm::Statement::from_string(sea_orm::DatabaseBackend::Sqlite, "SELECT max(price) FROM listing"));
    let newest: i64 = row.await.expect("reads").expect("a row").try_get_by_index(0).expect("a number");
    assert_eq!(newest, i64::from(last));
    let rubbish = folder.join("rubbish");
    std::fs::write(&rubbish, "nothing of the kind").expect("writes");
    for (copy, why) in [(&rubbish, "file is not a database"), (&folder.join("nowhere"), "nowhere")] {
        let (done, told) = run(&database.url, &["restore", copy.to_str().expect("a path")]);
        assert!(!done && told.contains(why), "{told}");
    }
}

/// PostgreSQL's own tools, then another life of the feed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_postgres_is_put_back() {
    let (database, other) = (Database::new(Engine::Postgres).await, Database::empty(Engine::Postgres).await);
    let (token, listing) = catalog(&database).await;
    let server = Program::start(program(&database.url, &["serve"]));
    let admin = Caller::new(&server.url, Some(&token));
    let cursor = admin.data("{ listingChanges { endCursor } }", Value::Null).await["listingChanges"]["endCursor"].clone();
    let folder = tempfile::tempdir().expect("a folder");
    let dump = folder.path().join("dump");
    tool("pg_dump", &["--format=custom", "--file", dump.to_str().expect("a path"), &database.url]);
    assert!(is_done(&price(&admin, &listing, 900_000).await.expect("an answer")));
    server.kill();
    tool("pg_restore", &["--no-owner", "--dbname", &other.url, dump.to_str().expect("a path")]);
    let (done, told) = run(&other.url, &["restore"]);
    assert!(done, "{told}");
    let (done, told) = run(&other.url, &["restore", "x"]);
    assert!(!done && told.contains("own tools"), "{told}");
    let (done, told) = run(&other.url, &["backup", "x"]);
    assert!(!done && told.contains("pg_dump"), "{told}");
    let server = Program::start(program(&other.url, &["serve"]));
    let admin = Caller::new(&server.url, Some(&token));
    assert_eq!(shown(&admin, &listing).await, 50_000);
    let page = admin.data("query($c: FeedCursor) { listingChanges(since: $c) { snapshotRequired } }", json!({ "c": cursor })).await;
    assert_eq!(page["listingChanges"]["snapshotRequired"], true);
    server.kill();
}

/// Runs one of PostgreSQL's tools.
fn tool(name: &str, arguments: &[&str]) {
    let done = Command::new(postgres_tool(name)).args(arguments).output().expect("runs");
    assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A disk that fills up: writes are refused as temporarily impossible, reads go on, and what was acknowledged is there when there is room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing() {
    let database = Database::new(Engine::Sqlite).await;
    let (token, listing) = catalog(&database).await;
    let size = std::fs::metadata(file(&database)).expect("a file").len() / 1024;
    // The kernel refuses to write beyond this size, as it refuses on a full disk.
    let mut shell = Command::new("bash");
    let serve = program(&database.url, &["serve"]);
    shell.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" serve", size + 600)).arg(serve.get_program());
    shell.envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let server = Program::start(shell);
    let admin = Caller::new(&server.url, Some(&token));
    let (mut acknowledged, mut amount) = (0, 100_000);
    let refused = loop {
        amount += 1;
        assert!(amount < 130_000, "the disk never fills");
        let answer = price(&admin, &listing, amount).await.expect("an answer");
        if !is_done(&answer) {
            break answer;
        }
        acknowledged = amount;
    };
    assert_eq!((refused.status, &refused.body["errors"][0]["extensions"]["code"]), (503, &json!("UNAVAILABLE")), "{:#}", refused.body);
    assert!(acknowledged > 100_000);
    assert_eq!(shown(&admin, &listing).await, acknowledged, "reading goes on");
    server.kill();
    let server = Program::start(program(&database.url, &["serve"]));
    let admin = Caller::new(&server.url, Some(&token));
    assert_eq!(shown(&admin, &listing).await, acknowledged);
    assert!(is_done(&price(&admin, &listing, amount).await.expect("an answer")));
    server.kill();
}

/// PostgreSQL ends every connection and takes no new one for a while, under load: clear answers meanwhile, and nothing lost or doubled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_goes_away_comes_back() {
    let database = Database::new(Engine::Postgres).await;
    let (token, listing) = catalog(&database).await;
    let server = Program::start(program(&database.url, &["serve"]));
    let admin = Caller::new(&server.url, Some(&token));
    let writer = Writer::start(&admin, &listing);
    writer.goes_on().await;
    let name = database.url.rsplit('/').next().expect("a name").to_owned();
    let server_url = format!("{}/postgres", database.url.rsplit_once('/').expect("an address").0);
    let postgres = Sea::connect(server_url).await.expect("connects");
    postgres.execute_unprepared(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await.expect("closes");
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    postgres.execute_unprepared(&end).await.expect("ends");
    writer.is_refused().await;
    let ready = server.url.replace("/graphql", "/readyz");
    assert_eq!(reqwest::get(&ready).await.expect("an answer").status(), 503);
    postgres.execute_unprepared(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await.expect("opens");
    writer.goes_on().await;
    let (last, acknowledged, refusals) = writer.end().await;
    assert!(!refusals.is_empty() && refusals.iter().all(|refusal| *refusal == (503, "UNAVAILABLE".to_owned())), "{refusals:?}");
    assert_eq!((acknowledged, shown(&admin, &listing).await), (last, last), "writing goes on, and the last is there");
    assert_eq!(reqwest::get(&ready).await.expect("an answer").status(), 200);
    server.kill();
}

/// The server itself dies as in a power cut and starts again, twice, under load: what was acknowledged is there, nothing is doubled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_server_that_crashes_loses_nothing() {
    let cluster = Cluster::start();
    let database = Database::at(cluster.url()).await;
    let (token, listing) = catalog(&database).await;
    let server = Program::start(program(&database.url, &["serve"]));
    let admin = Caller::new(&server.url, Some(&token));
    let writer = Writer::start(&admin, &listing);
    for _ in 0..2 {
        writer.goes_on().await;
        cluster.crash();
        writer.is_refused().await;
        assert_eq!(reqwest::get(server.url.replace("/graphql", "/readyz")).await.expect("an answer").status(), 503);
        cluster.run();
        writer.goes_on().await;
    }
    let (last, acknowledged, refusals) = writer.end().await;
    assert!(!refusals.is_empty() && refusals.iter().all(|refusal| *refusal == (503, "UNAVAILABLE".to_owned())), "{refusals:?}");
    assert_eq!((acknowledged, shown(&admin, &listing).await), (last, last), "the last is there");
    let newest = admin.data("{ auditLog(first: 1) { nodes { facts } } }", Value::Null).await;
    assert!(newest.to_string().contains(&last.to_string()), "and its entry in the log: {newest:#}");
    server.kill();
}

/// What can't be written, or is of another making, stops the start with one line, and nothing is changed.
#[tokio::test]
async fn what_cannot_be_migrated_is_told() {
    let database = Database::new(Engine::Sqlite).await;
    let half = |url: String| async move {
        let connection = Sea::connect(&url).await.expect("connects");
        connection
            .execute_unprepared("DELETE FROM seaql_migrations WHERE version = (SELECT max(version) FROM seaql_migrations)")
            .await
            .expect("deletes");
        connection.close().await.expect("closes");
    };
    half(database.url.clone()).await;
    let before = std::fs::read(file(&database)).expect("reads");
    for url in [database.url.clone(), format!("{}?mode=ro", database.url)] {
        let (done, told) = run(&url, &["serve"]);
        assert!(!done && told.starts_with("error: the database could not be migrated: "), "{told}");
        assert_eq!(told.trim_end().lines().count(), 1, "{told}");
        assert!(told.contains("already exists") || told.contains("readonly"), "{told}");
    }
    assert_eq!(std::fs::read(Path::new(&file(&database))).expect("reads"), before, "nothing is changed");
}
