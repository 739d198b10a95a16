//! The endpoint and its schema judged by programs that others wrote.

use serde_json::{Value, json};
use std::process::Command;

use crate::harness::{Program, World, both, bulk, program, sdks, text};

/// Runs a judge that answers in JSON.
fn judged(script: &str, arguments: &[&str]) -> Value {
    let mut command = Command::new(sdks().join("venv/bin/node"));
    let done = command.arg(format!("tests/judges/{script}")).args(arguments).env("JUDGES", sdks()).output().expect("runs");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).expect("json")
}

/// All 61 audits of `graphql-http`, over GET and POST, in both media types: MUST, SHOULD and MAY.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn graphql_http_audits_pass() {
    let world = World::start(crate::harness::Engine::Sqlite).await;
    let results = tokio::task::spawn_blocking(move || judged("endpoint.mjs", &["audit", &world.url])).await.expect("ends");
    let results = results.as_array().expect("results");
    assert!(results.len() >= 61, "{}", results.len());
    let failed: Vec<_> = results.iter().filter(|result| result["status"] != "ok").collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

both! {
    /// `graphql-ws` and `graphql-sse` follow the feed, resume and keep alive without a word changed in them; what they are told is the same.
    async fn clients_of_others_follow(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        let before = integrator.data("{ listingChanges { endCursor } }", Value::Null).await["listingChanges"]["endCursor"].clone();
        let sale = world.on_sale(&lan, &admin, "Mật ong").await;
        let (url, token) = (world.url.clone(), integrator.token().to_owned());
        let cursor = before.as_str().expect("a cursor").to_owned();
        let (told, refused) = tokio::task::spawn_blocking(move || {
            (judged("endpoint.mjs", &["follow", &url, &token, &cursor]), judged("endpoint.mjs", &["refused", &url]))
        }).await.expect("ends");
        assert_eq!(told["socket"][0]["listingId"], json!(sale.listing));
        assert_eq!((told["socket"].as_array().map(Vec::len), &told["socket"], &told["ponged"]), (Some(2), &told["events"], &json!(true)), "{told:#}");
        assert_eq!(told["resumed"].as_array().map(Vec::len), Some(1), "nothing is told twice: {told:#}");
        assert_eq!(refused, json!({ "code": 4403, "tries": 4 }), "it is told why, and tries as often as it was set to");
    }
}

both! {
    /// Both come back by themselves when the network loses their connection, twice, and go on from their last cursor: nothing is told twice.
    async fn clients_of_others_come_back(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        let before = text(&integrator.data("{ listingChanges { endCursor } }", Value::Null).await["listingChanges"]["endCursor"]);
        let sale = world.on_sale(&lan, &admin, "Mật ong").await;
        let (url, token) = (world.url.clone(), integrator.token().to_owned());
        let told = tokio::task::spawn_blocking(move || judged("endpoint.mjs", &["lost", &url, &token, &before])).await.expect("ends");
        for client in ["socket", "events"] {
            assert_eq!(told[client]["events"].as_array().map(Vec::len), Some(1), "{told:#}");
            assert_eq!((&told[client]["events"][0]["listingId"], &told[client]["connections"]), (&json!(sale.listing), &json!(3)), "{told:#}");
        }
    }
}

/// The rules of `graphql-eslint`, `graphql-inspector` on what is written against what is served, and the Relay compiler's on queries.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_schema_keeps_others_rules() {
    let world = World::start(crate::harness::Engine::Sqlite).await;
    let url = world.url.clone();
    tokio::task::spawn_blocking(move || {
        for arguments in [&["lint", "schema.graphql"][..], &["inspect", "schema.graphql", &url], &["relay", "schema.graphql"]] {
            assert_eq!(judged("schema.mjs", arguments), json!([]), "{arguments:?}");
        }
    })
    .await
    .expect("ends");
}

/// `schemathesis` asks what the schema lets it ask, for a bounded number of examples: no 5xx, no hang, nothing but GraphQL in answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fuzzer_finds_no_fault() {
    for engine in [crate::harness::Engine::Sqlite, crate::harness::Engine::Postgres] {
        let database = crate::harness::Database::new(engine).await;
        let server = Program::start(program(&database.url, &["serve"]));
        let admin = bulk::admin(&bulk::service(&database).await).await;
        let folder = tempfile::tempdir().expect("a folder");
        let schema = std::path::absolute("schema.graphql").expect("a path");
        let mut fuzzer = Command::new(sdks().join("venv/bin/schemathesis"));
        fuzzer.arg("run").arg(schema).args(["--url", &server.url, "--max-examples=3", "--seed=7", "--checks=no_fault", "--phases=fuzzing"]);
        fuzzer.args(["--request-timeout=10", "--no-color", "--exclude-name=Mutation.sessionRevoke"]).current_dir(folder.path());
        let hooks = std::path::absolute("tests/judges/fuzz.py").expect("a path");
        fuzzer.env("SCHEMATHESIS_HOOKS", hooks).env("PYTHONDONTWRITEBYTECODE", "1").args(["-H", &format!("Authorization: Bearer {admin}")]);
        let done = tokio::task::spawn_blocking(move || fuzzer.output().expect("runs")).await.expect("ends");
        let told = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{told}\n{}", String::from_utf8_lossy(&done.stderr));
        assert!(told.contains("passed"), "{told}");
        server.kill();
    }
}
