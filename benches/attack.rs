//! What an honest client notices of an attacker beside it: `cargo bench --bench attack`. Its p99 while the corpus of attacks is sent from
//! four connections without a pause, as a ratio to its p99 in calm; and the memory of the program before and after. Then what those who are
//! admitted notice of a crowd that is refused.

#![expect(dead_code, unused_imports, unused_macros, reason = "the tests' harness does more than a benchmark needs")]
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints ratios, calls its own service, and is told by its environment where PostgreSQL is"
)]

#[path = "../tests/api/harness/mod.rs"]
mod harness;
#[path = "shared/memory.rs"]
mod memory;

use harness::{Database, Engine, Program, attacks, bulk, marketplace, program};
use ocop_catalog::service::Clock;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

const REQUESTS: usize = 2_000;
/// Operations at once, where it is measured what is refused.
const PLACES: usize = 8;
const QUERY: &str = r#"{"query":"{ listings(first: 20) { nodes { id title price { amount } product { name rating { stars } } producer { displayName } } } }"}"#;

#[tokio::main]
async fn main() {
    let mut engines = vec![Engine::Sqlite];
    if std::env::var("OCOP_TEST_POSTGRES_URL").is_ok() {
        engines.push(Engine::Postgres);
    }
    for engine in engines {
        measure(engine).await;
    }
}

async fn measure(engine: Engine) {
    let database = Database::new(engine).await;
    let sandbox = marketplace(&Clock::System).await;
    bulk::publish(&bulk::service(&database).await, 4, &sandbox.url()).await;
    let mut command = program(&database.url, &["serve"]);
    // The clients name themselves, as a proxy would.
    command.env("OCOP_TRUSTED_PROXIES", "127.0.0.1").env("OCOP_POINTS_PER_SECOND", "1000");
    let server = Program::start(command);
    honest(&server.url).await;
    let idle = memory::resident(server.id());
    let calm = honest(&server.url).await;
    let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let attackers: Vec<_> =
        (0..4).map(|number| tokio::spawn(attack(server.url.clone(), number, Arc::clone(&stop), Arc::clone(&sent)))).collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let attacked = honest(&server.url).await;
    stop.store(true, Ordering::SeqCst);
    for attacker in attackers {
        attacker.await.expect("ends");
    }
    let after = memory::resident(server.id());
    println!(
        "{engine:?}: p50 {:.2} ms, p99 {:.2} ms in calm; p50 {:.2} ms, p99 {:.2} ms beside {} attacks: p99 × {:.1}",
        calm.0,
        calm.1,
        attacked.0,
        attacked.1,
        sent.load(Ordering::SeqCst),
        attacked.1 / calm.1
    );
    println!("{engine:?}: {idle} MiB before, {after} MiB after (1.5 × + 64 is {})", idle * 3 / 2 + 64);
    server.kill();
    shed(engine, &database).await;
}

/// As many clients as there are places, then sixteen times as many: p99 of those who are answered.
async fn shed(engine: Engine, database: &Database) {
    let mut command = program(&database.url, &["serve"]);
    command.env("OCOP_TRUSTED_PROXIES", "127.0.0.1").env("OCOP_MAX_OPERATIONS", PLACES.to_string());
    let server = Program::start(command);
    crowd(&server.url, PLACES).await;
    let (calm, full) = (crowd(&server.url, PLACES).await, crowd(&server.url, PLACES * 16).await);
    println!(
        "{engine:?}: {PLACES} places: p99 {:.2} ms with {PLACES} clients ({} answered, {} refused), {:.2} ms with {} ({} answered, {} refused): × {:.1}",
        calm.p99,
        calm.answered,
        calm.refused,
        full.p99,
        PLACES * 16,
        full.answered,
        full.refused,
        full.p99 / calm.p99
    );
    server.kill();
}

/// What a crowd was given.
struct Crowd {
    p99: f64,
    answered: usize,
    refused: usize,
}

/// Clients that ask without a pause for five seconds; those who are refused come again after a tenth of a second.
async fn crowd(url: &str, clients: usize) -> Crowd {
    let until = Instant::now() + Duration::from_secs(5);
    let asking: Vec<_> = (0..clients).map(|number| tokio::spawn(insist(url.to_owned(), number, until))).collect();
    let (mut took, mut refused) = (Vec::new(), 0);
    for client in asking {
        let (times, times_refused) = client.await.expect("ends");
        took.extend(times);
        refused += times_refused;
    }
    took.sort_unstable();
    Crowd { p99: took[took.len() * 99 / 100] as f64 / 1000.0, answered: took.len(), refused }
}

async fn insist(url: String, number: usize, until: Instant) -> (Vec<u128>, usize) {
    let (client, mut took, mut refused) = (reqwest::Client::new(), Vec::new(), 0);
    while Instant::now() < until {
        let begun = Instant::now();
        let request = client.post(&url).header("content-type", "application/json").header("cache-control", "no-cache");
        let answer = request.header("x-forwarded-for", format!("192.0.2.{number}")).body(QUERY).send().await.expect("an answer");
        let status = answer.status();
        answer.bytes().await.expect("a body");
        if status == 200 {
            took.push(begun.elapsed().as_micros());
        } else {
            assert_eq!(status, 503);
            refused += 1;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    (took, refused)
}

/// p50 and p99 in milliseconds of a client that asks at a steady pace.
async fn honest(url: &str) -> (f64, f64) {
    let client = reqwest::Client::new();
    let mut took = Vec::with_capacity(REQUESTS);
    for number in 0..REQUESTS {
        let begun = Instant::now();
        let request =
            client.post(url).header("content-type", "application/json").header("x-forwarded-for", format!("192.0.2.{}", number % 200));
        let answer = request.body(QUERY).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap_or_default());
        answer.bytes().await.expect("a body");
        took.push(begun.elapsed().as_micros());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    took.sort_unstable();
    let at = |share: usize| took[took.len() * share / 100] as f64 / 1000.0;
    (at(50), at(99))
}

async fn attack(url: String, number: usize, stop: Arc<AtomicBool>, sent: Arc<AtomicUsize>) {
    let client = reqwest::Client::new();
    let bodies = attacks::bodies();
    for (_, body) in bodies.iter().cycle() {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let request =
            client.post(&url).header("content-type", "application/json").header("x-forwarded-for", format!("198.51.100.{number}"));
        request.body(body.clone()).send().await.ok();
        sent.fetch_add(1, Ordering::SeqCst);
    }
}
