//! How fast listings reach a marketplace that takes 50 ms for each call: `cargo bench --bench push`.
//!
//! It prints ratios to what is possible, for SQLite and, with `OCOP_TEST_POSTGRES_URL` set, for PostgreSQL. With `-- --pairs 100000` it
//! works that many listings off instead and prints the memory it took.

#![expect(dead_code, unused_imports, unused_macros, reason = "the tests' harness does more than a benchmark needs")]
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints ratios, and is told by its environment where PostgreSQL is"
)]

#[path = "../tests/api/harness/mod.rs"]
mod harness;
#[path = "shared/memory.rs"]
mod memory;

use harness::{Database, Engine, PARTNER_KEY, Program, bulk, config, marketplace, program};
use hmac::{Hmac, KeyInit, Mac};
use ocop_catalog::{
    app,
    config::Config,
    domain::{actor::Actor, id::ListingId},
    sandbox::{Fault, FaultMode, Sandbox},
    service::{Call, Clock, PriceData, Service, listings, pushes},
    store::{channel_listings, channel_status},
    worker,
};
use sha2::Sha256;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const LATENCY: u64 = 50;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let pairs = arguments.iter().position(|a| a == "--pairs").and_then(|at| arguments.get(at + 1)).and_then(|n| n.parse().ok());
    let mut engines = vec![Engine::Sqlite];
    if std::env::var("OCOP_TEST_POSTGRES_URL").is_ok() {
        engines.push(Engine::Postgres);
    }
    for engine in engines {
        match pairs {
            Some(pairs) => work_off(engine, pairs).await,
            None => {
                concurrent(engine).await;
                allowed_rate(engine).await;
                live(engine).await;
                published(engine).await;
                messages(engine).await;
            }
        }
    }
}

/// A database with listings on sale on a marketplace.
struct Scene {
    database: Database,
    sandbox: Sandbox,
    listings: Vec<ListingId>,
}

impl Scene {
    async fn new(engine: Engine, products: usize, calls_per_second: u32) -> Self {
        let database = Database::new(engine).await;
        let sandbox = marketplace(&Clock::System).await;
        let service = with_workers(&database, 16).await;
        bulk::connect_at(&service, &sandbox.url(), calls_per_second).await;
        let listings = bulk::publish(&service, products, &sandbox.url()).await;
        Self { database, sandbox, listings }
    }

    /// Lets workers work until something holds; how long that took.
    async fn work(&self, workers: usize, until: impl Fn(&Sandbox) -> bool) -> Duration {
        let service = with_workers(&self.database, workers).await;
        let stop = CancellationToken::new();
        let started = Instant::now();
        let running = tokio::spawn(worker::run(service, workers, stop.clone()));
        while !until(&self.sandbox) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let took = started.elapsed();
        stop.cancel();
        running.await.expect("stops");
        took
    }

    async fn change_prices(&self, amount: i64) {
        let service = with_workers(&self.database, 1).await;
        for id in &self.listings {
            let price = PriceData { amount: amount.to_string(), currency: "VND".into() };
            listings::set_price(&service, &Call::new(&Actor::System), *id, None, &price).await.expect("changes");
        }
    }

    fn slow_down(&self) {
        self.sandbox.fail_next(Fault { call: "*".into(), mode: FaultMode::Slow { millis: LATENCY }, times: u32::MAX, skip: 0 });
    }
}

async fn with_workers(database: &Database, workers: usize) -> Service {
    let config = Config { workers, ..config(database) };
    let store = app::open(&config).await.expect("opens");
    app::service(&config, store, Clock::System).await.expect("a service")
}

/// Pushes a second of one call each, by how many are made at once.
async fn concurrent(engine: Engine) {
    let scene = Scene::new(engine, 4, 1000).await;
    let count = scene.listings.len();
    scene.work(16, |sandbox| sandbox.items().len() == count).await;
    scene.slow_down();
    for (workers, amount) in [(1, 61_000), (16, 62_000), (64, 63_000)] {
        scene.change_prices(amount).await;
        let took = scene.work(workers, |sandbox| sandbox.items().iter().all(|item| item.price == amount)).await.as_secs_f64();
        let rate = count as f64 / took;
        let possible = workers as f64 * 1000.0 / LATENCY as f64;
        println!(
            "{engine:?}: {workers:2} at once: {rate:6.1} pushes a second, {:3.0} % of what {LATENCY} ms a call allow",
            rate / possible * 100.0
        );
    }
}

/// The share of the allowed rate that is used, and whether it is ever passed.
async fn allowed_rate(engine: Engine) {
    const RATE: u32 = 20;
    let scene = Scene::new(engine, 4, RATE).await;
    let count = scene.listings.len();
    scene.work(16, |sandbox| sandbox.items().len() == count).await;
    scene.slow_down();
    scene.change_prices(61_000).await;
    scene.sandbox.clear_calls();
    let arrivals = std::sync::Mutex::new(Vec::new());
    scene
        .work(16, |sandbox| {
            let done = sandbox.calls().iter().filter(|call| call.path.ends_with("update_price")).count();
            let mut arrivals = arrivals.lock().expect("a lock");
            while arrivals.len() < done {
                arrivals.push(Instant::now());
            }
            done == count
        })
        .await;
    let arrivals = arrivals.into_inner().expect("a lock");
    let span = arrivals.last().expect("calls").duration_since(arrivals[0]).as_secs_f64();
    let used = (count - 1) as f64 / (span * f64::from(RATE));
    let busiest =
        arrivals.iter().map(|from| arrivals.iter().filter(|at| at >= &from && at.duration_since(*from).as_millis() < 995).count());
    let busiest = busiest.max().expect("calls");
    println!("{engine:?}: {RATE} calls a second allowed: {:.1} % used, {busiest} in the busiest second", used * 100.0);
}

/// From publishing to being on the marketplace, one listing after the other.
async fn live(engine: Engine) {
    let scene = Scene::new(engine, 1, 1000).await;
    let count = scene.listings.len();
    scene.work(16, |sandbox| sandbox.items().len() == count).await;
    scene.slow_down();
    let service = with_workers(&scene.database, 16).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker::run(service.clone(), 16, stop.clone()));
    let mut latencies = Vec::new();
    for number in 0..100 {
        let (id, amount) = (scene.listings[number % count], 70_000 + i64::try_from(number).expect("small"));
        let price = PriceData { amount: amount.to_string(), currency: "VND".into() };
        let started = Instant::now();
        listings::set_price(&service, &Call::new(&Actor::System), id, None, &price).await.expect("changes");
        while !scene.sandbox.items().iter().any(|item| item.price == amount) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        latencies.push(started.elapsed().as_millis());
    }
    stop.cancel();
    running.await.expect("stops");
    latencies.sort_unstable();
    println!("{engine:?}: from a change to the marketplace: p50 {} ms, p99 {} ms", latencies[49], latencies[98]);
}

/// From publishing for the first time to being live on the marketplace: the pictures, the item, and the answer that it is on sale.
async fn published(engine: Engine) {
    let scene = Scene::new(engine, 2, 1000).await;
    let service = with_workers(&scene.database, 16).await;
    for id in &scene.listings {
        listings::unpublish(&service, &Call::new(&Actor::System), *id).await.expect("takes back");
    }
    scene.slow_down();
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker::run(service.clone(), 16, stop.clone()));
    let mut latencies = Vec::new();
    for (number, id) in scene.listings.iter().enumerate() {
        let started = Instant::now();
        listings::publish(&service, &Call::new(&Actor::System), *id).await.expect("publishes");
        while scene.sandbox.items().len() <= number {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        latencies.push(started.elapsed().as_millis());
    }
    stop.cancel();
    running.await.expect("stops");
    latencies.sort_unstable();
    println!("{engine:?}: from a first publication to being live: p50 {} ms, p99 {} ms", latencies[49], latencies[98]);
}

/// How long a marketplace waits for the answer to a message that it pushes, over HTTP, while pushes go on.
async fn messages(engine: Engine) {
    let scene = Scene::new(engine, 1, 1000).await;
    let config = config(&scene.database);
    let app = app::App::start(&config, app::Halves { api: true, worker: true }, Clock::System).await.expect("starts");
    let (channel, _) = channel_status::connected(&app.service.store, 1).await.expect("reads")[0].clone();
    let (address, client) = (format!("{}/hooks/{channel}", app.service.base_url()), reqwest::Client::new());
    let mut latencies = Vec::new();
    for number in 0..500 {
        let body = format!(r#"{{"code":16,"data":{{"item_id":{number}}}}}"#);
        let mut mac = Hmac::<Sha256>::new_from_slice(PARTNER_KEY.as_bytes()).expect("a key");
        mac.update(format!("{address}|{body}").as_bytes());
        let signature = data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes());
        let started = Instant::now();
        let answer = client.post(&address).header("authorization", signature).body(body).send().await.expect("answers");
        assert!(answer.status().is_success(), "{}", answer.status());
        latencies.push(started.elapsed().as_micros());
    }
    app.stop().await;
    latencies.sort_unstable();
    println!("{engine:?}: a message is verified, stored and answered over HTTP: p50 {} µs, p99 {} µs", latencies[249], latencies[494]);
}

/// Works many pairs off in a process of its own and tells the memory it takes on the way.
async fn work_off(engine: Engine, pairs: usize) {
    let database = Database::new(engine).await;
    let sandbox = marketplace(&Clock::System).await;
    let service = with_workers(&database, 1).await;
    let count = bulk::publish(&service, pairs.div_ceil(bulk::VARIANTS), &sandbox.url()).await.len();
    bulk::connect_at(&service, &sandbox.url(), 1000).await;
    while pushes::fill_missing(&service).await.expect("fills") > 0 {}
    let started = Instant::now();
    let program = Program::start(program(&database.url, &["serve"]));
    let (mut told, step) = (0, count.div_ceil(10));
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (left, _) = channel_listings::backlog(&service.store, service.clock.now()).await.expect("reads");
        let done = sandbox.items().len();
        if done / step > told {
            told = done / step;
            println!(
                "{engine:?}: {done} of {count} live after {:.0} s, {} MiB",
                started.elapsed().as_secs_f64(),
                memory::resident(program.id())
            );
        }
        if left == 0 && done == count {
            break;
        }
    }
    let took = started.elapsed().as_secs_f64();
    println!(
        "{engine:?}: {count} pairs in {took:.0} s, {:.0} a second, {} MiB at the end",
        count as f64 / took,
        memory::resident(program.id())
    );
}
