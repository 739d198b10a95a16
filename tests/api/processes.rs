//! The built program as it is run: killed in the middle, twice on one database, stopped, misconfigured, from the command line.

use ocop_catalog::{
    sandbox::{Fault, FaultMode, Sandbox},
    service::Clock,
};
use sea_orm::{ConnectionTrait, Database as Sea};
use serde_json::{Value, json};
use std::{collections::HashSet, fs, process::Output, time::Duration};

use crate::harness::{Caller, Database, Engine, Program, bulk, marketplace, program, text};

const LISTINGS: usize = 500;

/// Waits until something holds; a test that waits two minutes has failed.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1200 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it never came to: {what}");
}

fn assert_exactly_once(sandbox: &Sandbox) {
    let items = sandbox.items();
    let keys: HashSet<_> = items.iter().map(|item| &item.item_sku).collect();
    assert_eq!((items.len(), keys.len()), (LISTINGS, LISTINGS), "one item for each listing");
}

/// Waits until every listing is acknowledged: the marketplace may have the last item before the database knows.
async fn all_live(url: &str, token: &str) {
    let admin = Caller::new(url, Some(token));
    for _ in 0..1200 {
        let channels = admin.data("{ channels { id } }", Value::Null).await;
        let query = "query($id: ID!) { channelListings(channel: $id, push: [QUEUED, PUSHING, RETRYING, REMOTE_REJECTED, DEAD, NEEDS_ATTENTION], first: 1) { nodes { state lastError { code message } } } }";
        let rest = admin.data(query, json!({ "id": channels["channels"][0]["id"] })).await;
        if rest["channelListings"]["nodes"] == json!([]) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("pushes never came to rest");
}

/// `kill -9` in the middle of pushing 500 listings, and again: after a restart the marketplace holds exactly 500 items.
async fn killed_in_the_middle(engine: Engine) {
    let database = Database::new(engine).await;
    let sandbox = marketplace(&Clock::System).await;
    let service = bulk::service(&database).await;
    bulk::publish(&service, LISTINGS / 50, &sandbox.url()).await;
    bulk::connect(&service, &sandbox.url()).await;
    let token = bulk::admin(&service).await;
    for stop_at in [LISTINGS / 4, LISTINGS / 2] {
        // Answers come late, so that the kill meets creates that were done but not acknowledged.
        sandbox.fail_next(Fault { call: "add_item".into(), mode: FaultMode::Slow { millis: 30 }, times: 2000, skip: 0 });
        let server = Program::start(program(&database.url, &["serve"]));
        until("some items", || sandbox.items().len() >= stop_at).await;
        server.kill();
        assert!(sandbox.items().len() < LISTINGS, "it was in the middle");
    }
    let server = Program::start(program(&database.url, &["serve"]));
    until("all items", || sandbox.items().len() >= LISTINGS).await;
    all_live(&server.url, &token).await;
    assert_exactly_once(&sandbox);
    assert!(server.terminate(), "it ends well when it is asked to");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_on_sqlite() {
    killed_in_the_middle(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_on_postgres() {
    killed_in_the_middle(Engine::Postgres).await;
}

/// Two servers on one PostgreSQL: one works on a channel at a time, nothing is pushed twice, and when it is killed the other goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_the_work() {
    let database = Database::new(Engine::Postgres).await;
    let sandbox = marketplace(&Clock::System).await;
    let service = bulk::service(&database).await;
    bulk::publish(&service, LISTINGS / 50, &sandbox.url()).await;
    let token = bulk::admin(&service).await;
    let start = || Program::start(program(&database.url, &["serve"]));
    let (one, other) = (start(), start());
    bulk::connect(&service, &sandbox.url()).await;
    until("some items", || sandbox.items().len() >= LISTINGS / 4).await;
    let done = [metric(&one.url, PUSHED).await, metric(&other.url, PUSHED).await];
    assert!(done.contains(&None) && done.iter().any(Option::is_some), "one of them works on the channel: {done:?}");
    let (busy, idle) = if done[0].is_some() { (one, other) } else { (other, one) };
    busy.kill();
    assert!(sandbox.items().len() < LISTINGS, "it was in the middle");
    until("all items", || sandbox.items().len() >= LISTINGS).await;
    all_live(&idle.url, &token).await;
    assert_exactly_once(&sandbox);
    let again = start();
    let answers = [Caller::new(&idle.url, Some(&token)), Caller::new(&again.url, Some(&token))];
    let query = "{ listings(first: 3) { nodes { id title } pageInfo { endCursor } } }";
    let first = answers[0].data(query, Value::Null).await;
    assert_eq!(first, answers[1].data(query, Value::Null).await);
    for server in [idle, again] {
        assert!(server.terminate());
    }
}

const PUSHED: &str = "ocop_pushes_total{adapter=\"shopee\",outcome=\"ok\"}";

/// A page of fifty takes as many SQL statements as a page of five, whatever is nested in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_do_not_grow_with_the_page() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::new(engine).await;
        let service = bulk::service(&database).await;
        bulk::publish(&service, 1, "http://127.0.0.1:9").await;
        bulk::dossiers(&service, 9).await;
        let token = bulk::admin(&service).await;
        let server = Program::start(program(&database.url, &["serve", "--no-worker"]));
        let admin = Caller::new(&server.url, Some(&token));
        for (field, few, many, nested) in [
            (
                "listings",
                5,
                50,
                "title stars visibility { isVisible } commune { name } variant { sku }
                product { name rating { stars attestation } } producer { displayName } channels { state }",
            ),
            (
                "dossiers",
                2,
                9,
                "state checklist { state } documents { fileName } stages { state } product { name } producer { displayName }
                rulebook { code } criteriaSet { criteria { name } } selfAssessment { total } rating { attestation }",
            ),
        ] {
            let mut counts = Vec::new();
            for size in [few, many] {
                let query = format!("{{ {field}(first: {size}) {{ nodes {{ {nested} }} }} }}");
                admin.data(&query, Value::Null).await;
                let statements = async || metric(&server.url, "ocop_sql_statements_total").await.expect("counted");
                let before = statements().await;
                let rows = admin.data(&query, Value::Null).await;
                assert_eq!(rows[field]["nodes"].as_array().map(Vec::len), Some(size));
                counts.push(statements().await - before);
            }
            assert_eq!(counts[0], counts[1], "{engine:?} {field}");
            assert!(counts[0] > 0 && counts[0] < 30, "{engine:?} {field}: {}", counts[0]);
        }
    }
}

/// A counter; `None` when nothing was counted yet.
async fn metric(url: &str, name: &str) -> Option<u64> {
    let text = reqwest::get(url.replace("/graphql", "/metrics")).await.expect("metrics").text().await.expect("text");
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.rsplit(' ').next().and_then(|n| n.parse::<u64>().ok()).expect("a number"))
}

pub(crate) fn run(url: &str, arguments: &[&str]) -> (bool, String, String) {
    let Output { status, stdout, stderr } = program(url, arguments).output().expect("runs");
    (status.success(), String::from_utf8(stdout).expect("text"), String::from_utf8(stderr).expect("text"))
}

/// A database of PostgreSQL that has no place for Vietnamese letters.
async fn latin() -> String {
    let url = Database::empty(Engine::Postgres).await.url.clone();
    let name = format!("{}_latin", url.rsplit('/').next().expect("a name"));
    let beside = Sea::connect(&url).await.expect("connects");
    let create = format!("CREATE DATABASE {name} ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
    beside.execute_unprepared(&create).await.expect("creates");
    format!("{url}_latin")
}

/// What can't start says so in one line and exits with 1.
#[tokio::test]
async fn a_bad_start_is_one_line() {
    let database = Database::empty(Engine::Sqlite).await;
    let latin = latin().await;
    let other_encoding = format!("error: the database {latin} can't be used: database error: its encoding is LATIN1; it must be UTF8");
    for (name, value, expected) in [
        ("OCOP_DATABASE_URL", latin.as_str(), other_encoding.as_str()),
        (
            "OCOP_DATABASE_URL",
            "postgres://ocop:hunter2@127.0.0.1:1/x",
            "error: the database postgres://ocop:***@127.0.0.1:1/x can't be used: ",
        ),
        ("OCOP_DATABASE_URL", "mysql://x", "error: OCOP_DATABASE_URL: "),
        ("OCOP_DATABASE_URL", "sqlite:///no/such/folder/x.db", "error: the database sqlite:///no/such/folder/x.db can't be used: "),
        ("OCOP_SECRET_KEY", "short", "error: OCOP_SECRET_KEY: "),
        ("OCOP_LISTEN", "8080", "error: OCOP_LISTEN: "),
        ("OCOP_LISTEN", "203.0.113.1:1", "error: can't listen on 203.0.113.1:1: "),
    ] {
        let output = program(&database.url, &["serve"]).env(name, value).output().expect("runs");
        let told = String::from_utf8(output.stderr).expect("text");
        assert_eq!((output.status.code(), told.trim_end().lines().count()), (Some(1), 1), "{value}: {told}");
        assert!(told.starts_with(expected), "{value}: {told}");
        assert!(!told.contains("hunter2"));
    }
    let foreign = program(&database.url, &["serve"]).env("OCOP_SECRET_KEY", "ab".repeat(32)).output();
    drop(foreign);
}

/// Asked to end in the middle of pushing, it finishes what is in flight or gives it back: nobody has to wait for a lease to run out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_leaves_no_leases() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::new(engine).await;
        let sandbox = marketplace(&Clock::System).await;
        let service = bulk::service(&database).await;
        bulk::publish(&service, 1, &sandbox.url()).await;
        bulk::connect(&service, &sandbox.url()).await;
        sandbox.fail_next(Fault { call: "add_item".into(), mode: FaultMode::Slow { millis: 300 }, times: 2000, skip: 0 });
        let server = Program::start(program(&database.url, &["serve"]));
        until("some items", || sandbox.items().len() >= 5).await;
        assert!(server.terminate());
        let made = sandbox.items().len();
        assert!((5..50).contains(&made), "it was in the middle: {made}");
        let token = bulk::admin(&service).await;
        let reader = Program::start(program(&database.url, &["serve", "--no-worker"]));
        let admin = Caller::new(&reader.url, Some(&token));
        let channel = admin.data("{ channels { id } }", Value::Null).await["channels"][0]["id"].clone();
        let query = "query($id: ID!, $s: [PushState!]) { channelListings(channel: $id, push: $s, first: 100) { nodes { state } } }";
        let count = async |states: Value| {
            let page = admin.data(query, json!({ "id": channel, "s": states })).await;
            page["channelListings"]["nodes"].as_array().map(Vec::len)
        };
        assert_eq!(count(json!(["PUSHING"])).await, Some(0), "{engine:?}: nothing is left with a worker that is gone");
        assert_eq!(count(json!(["LIVE"])).await, Some(made), "{engine:?}: what was made is acknowledged");
    }
}

/// The first admin, a token, a key, the doctor, and `serve` with them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_makes_the_first_admin() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::empty(engine).await;
        let url = database.url.as_str();
        let (ok, out, _) = run(url, &["migrate", "status"]);
        assert!(!ok && out.contains("pending: m0001_admin_units"), "{out}");
        assert!(run(url, &["migrate", "up"]).0 && run(url, &["migrate", "status"]).0);
        let create = ["user", "create", "--email", "admin@example.vn", "--name", "Admin", "--role", "ADMIN"];
        let mut child =
            program(url, &create).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().expect("runs");
        std::io::Write::write_all(&mut child.stdin.take().expect("its input"), "một mật khẩu dài\n".as_bytes()).expect("writes");
        assert!(child.wait().expect("ends").success());
        let token = run(url, &["token", "issue", "--email", "admin@example.vn"]).1;
        let key = run(url, &["key", "create", "--email", "admin@example.vn", "--name", "Sàn"]).1;
        let (ok, _, err) = run(url, &["token", "issue", "--email", "nobody@example.vn"]);
        assert!(!ok && err == "error: there is no account nobody@example.vn\n", "{err}");
        let (ok, out, _) = run(url, &["doctor", "--live"]);
        assert!(ok && out.contains("ok    database"), "{out}");
        let server = Program::start(program(url, &["serve"]));
        let admin = Caller::new(&server.url, Some(token.trim()));
        assert_eq!(admin.data("{ viewer { roles { role } } }", Value::Null).await["viewer"]["roles"], json!([{ "role": "ADMIN" }]));
        let integrator = Caller::new(&server.url, Some(key.trim()));
        assert!(!text(&integrator.data("{ listingSnapshot { asOf } }", Value::Null).await["listingSnapshot"]["asOf"]).is_empty());
        let ready = reqwest::get(server.url.replace("/graphql", "/readyz")).await.expect("an answer");
        assert_eq!(ready.status().as_u16(), 200);
        assert!(server.terminate());
    }
}

/// The demo: ready by itself on both engines, with everything its file promises.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_gets_ready() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::empty(engine).await;
        let folder = tempfile::TempDir::new().expect("a folder");
        let data = folder.path().to_str().expect("a path");
        let mut arguments = vec!["demo", "--listen", "127.0.0.1:0", "--data-dir", data];
        if engine == Engine::Postgres {
            arguments.extend(["--database-url", database.url.as_str()]);
        }
        let demo = Program::begin(program(&database.url, &arguments));
        let file = folder.path().join("demo.json");
        until("demo.json", || file.exists()).await;
        // Written in one go, but not at once: read it when it is whole.
        let mut facts = Value::Null;
        until("a whole demo.json", || {
            facts = fs::read_to_string(&file).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            facts.is_object()
        })
        .await;
        let url = text(&facts["graphql"]);
        let tokens = &facts["tokens"];
        for (token, kind) in [
            (&tokens["admin"], "PERSON"),
            (&tokens["commune_officer"], "PERSON"),
            (&tokens["council"][2], "PERSON"),
            (&tokens["producer"], "PERSON"),
            (&tokens["integrator"], "API_KEY"),
        ] {
            let viewer = Caller::new(&url, token.as_str()).data("{ viewer { kind } }", Value::Null).await;
            assert_eq!(viewer["viewer"]["kind"], kind);
        }
        let certificate = reqwest::get(text(&facts["certificate"])).await.expect("an answer").text().await.expect("text");
        assert!(certificate.contains("\"VALID\""), "the printed link leads to a valid certificate: {certificate}");
        let listed = Caller::new(&url, None).data("{ listings { totalCount { value } } }", Value::Null).await;
        assert_eq!(listed["listings"]["totalCount"]["value"], 25);
        let items: Value = serde_json::from_str(
            &reqwest::get(format!("{}/sandbox/items", text(&facts["sandbox"]))).await.expect("items").text().await.expect("text"),
        )
        .expect("json");
        assert_eq!(items.as_array().map(Vec::len), Some(25), "all on the marketplace");
        assert!(text(&facts["ws"]).starts_with("ws://"));
        assert!(demo.end("-INT"), "Ctrl-C ends it cleanly");
    }
}
