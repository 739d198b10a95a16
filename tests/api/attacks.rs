//! The corpus of attacks against the built program: each is refused in the client's words, the program lives, and keeps little of it.

use sea_orm::{ConnectOptions, ConnectionTrait, Database as Sea, DatabaseConnection};
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
};

use crate::harness::{Caller, Database, Engine, Program, attacks, bulk, council, program};

/// Resident memory of a process in MiB.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
    line.split_whitespace().nth(1).expect("a number").parse::<u64>().expect("a number") / 1024
}

#[expect(clippy::disallowed_methods, reason = "tests attack their own service")]
async fn send(url: &str, body: &str) -> (u16, String) {
    let request = reqwest::Client::new().post(url).header("content-type", "application/json").body(body.to_owned());
    match request.send().await {
        Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
        Err(error) => panic!("no answer: {error}"),
    }
}

/// Sends bytes and reads until the server closes or has nothing more to say.
async fn said(address: &str, bytes: &str) -> String {
    let mut socket = TcpStream::connect(address).await.expect("connects");
    // A server that has read enough may close while we still write.
    let _ = socket.write_all(bytes.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_millis(500), socket.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_document_is_refused_and_little_is_kept() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::new(engine).await;
        let server = Program::start(program(&database.url, &["serve"]));
        let honest = Caller::new(&server.url, None);
        honest.data("{ listings { nodes { id } } }", Value::Null).await;
        let idle = resident(server.id());
        let mut attackers = JoinSet::new();
        for _ in 0..6 {
            let url = server.url.clone();
            attackers.spawn(async move {
                for (what, body) in attacks::bodies() {
                    let (status, answer) = send(&url, &body).await;
                    let harmless = what.starts_with("search") || ["a long comment", "a long string", "escapes"].contains(&what);
                    assert!(status < 500, "{what}: {status} {answer}");
                    assert!(harmless || answer.contains("\"errors\""), "{what}: {status} {answer}");
                    assert!(answer.len() < 16_000, "{what}: an answer of {} bytes", answer.len());
                    for inner in ["panicked", "SELECT", "sqlx", "async_graphql", "src/"] {
                        assert!(!answer.contains(inner), "{what}: {answer}");
                    }
                }
            });
        }
        while let Some(ended) = attackers.join_next().await {
            ended.expect("every attack is answered");
        }
        honest.data("{ listings { nodes { id } } }", Value::Null).await;
        let after = resident(server.id());
        assert!(after <= idle * 3 / 2 + 64, "{idle} MiB before, {after} MiB after");
        server.kill();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_smuggled() {
    let database = Database::new(Engine::Sqlite).await;
    let server = Program::start(program(&database.url, &["serve"]));
    let address = server.url.trim_start_matches("http://").trim_end_matches("/graphql").to_owned();
    for (what, bytes) in attacks::requests() {
        let answer = said(&address, &bytes).await;
        let answers: Vec<_> = answer.match_indices("HTTP/1.").collect();
        assert!(answers.len() <= 1, "{what}: {answer}");
        // A path that does not exist would be answered by 404: nobody may have read it.
        assert!(!answer.starts_with("HTTP/1.1 404") || what == "a path of 60 kB", "{what}: {answer}");
        assert!(!answer.starts_with("HTTP/1.1 5"), "{what}: {answer}");
    }
    Caller::new(&server.url, None).data("{ serviceInfo { version } }", Value::Null).await;
    server.kill();
}

/// A connection from one of this machine's own addresses.
async fn from(source: u8, address: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 0, 0, source], 0))).expect("an address");
    socket.connect(address.parse().expect("an address")).await.expect("connects")
}

/// Half a head on more connections than the server takes. From one address they get no more than its share, and everybody else is served
/// at once; from many they are closed soon, and whoever comes then is served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_heads_hold_nobody_up_for_long() {
    let database = Database::new(Engine::Sqlite).await;
    for sources in [2..3, 2..8] {
        let server = Program::start(program(&database.url, &["serve"]));
        let address = server.url.trim_start_matches("http://").trim_end_matches("/graphql").to_owned();
        let mut slow = Vec::new();
        for source in sources.cycle().take(600) {
            let mut socket = from(source, &address).await;
            // Fails where the door is closed already.
            socket.write_all(b"POST /graphql HTTP/1.1\r\nhost: x\r\nx-slow: ").await.ok();
            slow.push(socket);
        }
        Caller::new(&server.url, None).data("{ serviceInfo { version } }", Value::Null).await;
        let mut rest = Vec::new();
        tokio::time::timeout(Duration::from_secs(30), slow[0].read_to_end(&mut rest)).await.expect("closed").ok();
        server.kill();
    }
}

/// A price that can't be written yet: somebody else holds what it needs.
async fn hold(database: &Database) -> DatabaseConnection {
    let mut options = ConnectOptions::new(database.url.clone());
    options.max_connections(1);
    let holder = Sea::connect(options).await.expect("connects");
    let how = if database.url.starts_with("sqlite") { "BEGIN IMMEDIATE" } else { "BEGIN; LOCK TABLE listing IN EXCLUSIVE MODE" };
    holder.execute_unprepared(how).await.expect("holds");
    holder
}

/// As many operations run as were set; whoever comes beyond is told at once when to come again, and those within are answered as ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_at_once_is_refused_at_once() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::new(engine).await;
        let service = bulk::service(&database).await;
        let listing = council::global("Listing", bulk::publish(&service, 1, "http://127.0.0.1:9").await[0].0);
        let admin = bulk::admin(&service).await;
        service.store.clone().close().await.expect("closes");
        let mut serve = program(&database.url, &["serve"]);
        serve.env("OCOP_MAX_OPERATIONS", "1");
        let server = Program::start(serve);
        let (admin, anyone) = (Caller::new(&server.url, Some(&admin)), Caller::new(&server.url, None));
        let holder = hold(&database).await;
        let price = "mutation($id: ID!) { listingSetPrice(id: $id, price: { amount: \"70000\" }) { userErrors { code } } }";
        let waiting = tokio::spawn(async move {
            loop {
                // Refused while one of those below is within.
                let answer = admin.send(price, json!({ "id": listing })).await;
                if answer.status != 503 {
                    return answer;
                }
            }
        });
        let refused = loop {
            let answer = anyone.send("{ serviceInfo { version } }", Value::Null).await;
            if answer.status != 200 {
                break answer;
            }
            assert!(!waiting.is_finished(), "the price is written although somebody holds it");
        };
        let code = &refused.body["errors"][0]["extensions"]["code"];
        assert_eq!((refused.status, code), (503, &json!("UNAVAILABLE")), "{:#}", refused.body);
        let address = server.url.trim_start_matches("http://").trim_end_matches("/graphql");
        let told = said(address, "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        assert!(told.starts_with("HTTP/1.1 503") && told.contains("retry-after: "), "{told}");
        holder.execute_unprepared("ROLLBACK").await.expect("lets go");
        let done = waiting.await.expect("ends");
        assert_eq!((done.status, &done.body["data"]["listingSetPrice"]["userErrors"]), (200, &json!([])), "{:#}", done.body);
        anyone.data("{ listings { nodes { id } } }", Value::Null).await;
        server.kill();
    }
}

/// A page of another site can ask nothing in a visitor's name, and reads nothing: no cookies, no plain forms, no CORS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sites_are_told_nothing() {
    let database = Database::new(Engine::Sqlite).await;
    let server = Program::start(program(&database.url, &["serve"]));
    let address = server.url.trim_start_matches("http://").trim_end_matches("/graphql").to_owned();
    let with = |method: &str, headers: &str, body: &str| {
        format!(
            "{method} /graphql HTTP/1.1\r\nhost: x\r\norigin: https://evil.example\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
    };
    let mutation = r#"{"query":"mutation { sessionRevoke { revoked } }"}"#;
    for (what, request, status) in [
        (
            "a preflight",
            with("OPTIONS", "access-control-request-method: POST\r\naccess-control-request-headers: content-type\r\n", ""),
            "405",
        ),
        ("plain text", with("POST", "content-type: text/plain\r\ncookie: session=x\r\n", mutation), "415"),
        ("a form", with("POST", "content-type: application/x-www-form-urlencoded\r\n", "query=mutation"), "415"),
        ("an upload", with("POST", "content-type: multipart/form-data; boundary=x\r\n", "--x--"), "415"),
        ("a compressed body", with("POST", "content-type: application/json\r\ncontent-encoding: gzip\r\n", "x"), "415"),
        ("a query", with("POST", "content-type: application/json\r\n", r#"{"query":"{ __typename }"}"#), "200"),
    ] {
        let answer = said(&address, &request).await.to_lowercase();
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{what}: {answer}");
        assert!(!answer.contains("access-control-") && !answer.contains("set-cookie"), "{what}: {answer}");
    }
    server.kill();
}
