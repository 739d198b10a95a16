//! How fast integrators get the catalog and its changes: `cargo bench --bench feed`.
//!
//! It prints ratios to a plain SQL read of the same columns in the same run, for SQLite and, with `OCOP_TEST_POSTGRES_URL` set, for PostgreSQL.
//! `-- --listings 100000 --sockets 1000` makes it larger; left out, 5,000 listings and 100 sockets. A product has two listings, a producer
//! ten products.

#![expect(dead_code, unused_imports, unused_macros, reason = "the tests' harness does more than a benchmark needs")]
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints ratios, and is told by its environment where PostgreSQL is"
)]

#[path = "shared/catalog.rs"]
mod catalog;
#[path = "../tests/api/harness/mod.rs"]
mod harness;
#[path = "shared/memory.rs"]
mod memory;
#[path = "shared/rows.rs"]
mod rows;

use harness::{Caller, Database, Engine, Program, Receiver, Socket, bulk, marketplace, program};
use ocop_catalog::{
    domain::{actor::Actor, id::ListingId},
    service::{Call, Clock, PriceData, Service, listings},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const FOLLOWED: &str = "subscription { listingChanges { __typename ... on ListingUpserted { listing { price { amount } } } } }";
const CHANGES: usize = 500;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: usize| {
        arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1)).and_then(|n| n.parse().ok()).unwrap_or(default)
    };
    let (listings, sockets) = (number("--listings", 5_000), number("--sockets", 100));
    let mut engines = vec![Engine::Sqlite];
    if std::env::var("OCOP_TEST_POSTGRES_URL").is_ok() {
        engines.push(Engine::Postgres);
    }
    for engine in engines {
        measure(engine, listings, sockets).await;
    }
}

async fn measure(engine: Engine, count: usize, sockets: usize) {
    let database = Database::new(engine).await;
    let sandbox = marketplace(&Clock::System).await;
    let service = bulk::service(&database).await;
    let size = catalog::Size { producers: count.div_ceil(20), products: count.div_ceil(2) };
    let begun = Instant::now();
    let ids = catalog::make(&service, &database.url, size, &sandbox.url()).await;
    println!("{engine:?}: {} listings made in {:.0} s", ids.len(), begun.elapsed().as_secs_f64());
    let server = Program::start(program(&database.url, &["serve"]));
    let admin = bulk::admin(&service).await;
    rows::measure(engine, &database.url, &server, &admin).await;
    own_process(engine, &server, &admin, &ids).await;
    latencies(engine, &service, &server, &admin, &ids).await;
    followers(engine, &service, &server, &admin, (&ids, sockets)).await;
    server.kill();
}

async fn change(service: &Service, id: ListingId, amount: i64) {
    let price = PriceData { amount: amount.to_string(), currency: "VND".into() };
    listings::set_price(service, &Call::new(&Actor::System), id, None, &price).await.expect("changes");
}

/// From the commit, in another process, to a socket and a webhook, at a hundred changes a second.
async fn latencies(engine: Engine, service: &Service, server: &Program, token: &str, ids: &[ListingId]) {
    let url = server.url.clone();
    let receiver = Receiver::start().await;
    let create = "mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input) { userErrors { code } } }";
    Caller::new(&url, Some(token)).done(create, json!({ "input": { "url": receiver.url } })).await;
    let mut socket = Socket::open(&url, Some(token)).await;
    socket.subscribe("a", FOLLOWED, Value::Null).await;
    socket.next().await;
    let hooked = receiver.clone();
    let hooks = tokio::spawn(async move {
        let mut came: std::collections::HashMap<i64, Instant> = std::collections::HashMap::new();
        while came.len() < CHANGES {
            for message in hooked.taken() {
                for change in message.page()["changes"].as_array().into_iter().flatten() {
                    came.entry(amount(&change["listing"])).or_insert_with(Instant::now);
                }
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        came
    });
    let events = tokio::spawn(async move {
        let mut came = std::collections::HashMap::new();
        while came.len() < CHANGES {
            let event = socket.event("listingChanges").await;
            came.insert(amount(&event["listing"]), Instant::now());
        }
        came
    });
    let mut committed = Vec::new();
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    for (number, id) in (0..CHANGES).zip(ids.iter().cycle()) {
        tick.tick().await;
        let amount = 200_000 + i64::try_from(number).expect("small");
        change(service, *id, amount).await;
        committed.push((amount, Instant::now()));
    }
    for (what, came) in [("a socket", events.await.expect("ends")), ("a webhook", hooks.await.expect("ends"))] {
        percentiles(engine, &format!("a commit in another process to {what}"), &committed, &came);
    }
}

/// From sending a change of a price to the same process, at a hundred a second, until a socket tells of it.
async fn own_process(engine: Engine, server: &Program, token: &str, ids: &[ListingId]) {
    let mut socket = Socket::open(&server.url, Some(token)).await;
    socket.subscribe("a", FOLLOWED, Value::Null).await;
    socket.next().await;
    let events = tokio::spawn(async move {
        let mut came = std::collections::HashMap::new();
        while came.len() < CHANGES {
            let event = socket.event("listingChanges").await;
            came.insert(amount(&event["listing"]), Instant::now());
        }
        came
    });
    let caller = Caller::new(&server.url, Some(token));
    let query = "mutation($id: ID!, $price: MoneyInput!) { listingSetPrice(id: $id, price: $price) { userErrors { code } } }";
    let mut sent = Vec::new();
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    for (number, id) in (0..CHANGES).zip(ids.iter().cycle()) {
        tick.tick().await;
        let amount = 100_000 + i64::try_from(number).expect("small");
        sent.push((amount, Instant::now()));
        let price = json!({ "amount": amount.to_string(), "currency": "VND" });
        caller.done(query, json!({ "id": harness::council::global("Listing", id.0), "price": price })).await;
    }
    percentiles(engine, "sending a price by GraphQL to a socket of the same process", &sent, &events.await.expect("ends"));
}

fn percentiles(engine: Engine, what: &str, from: &[(i64, Instant)], came: &std::collections::HashMap<i64, Instant>) {
    let mut took: Vec<_> = from.iter().map(|(amount, at)| came[amount].saturating_duration_since(*at).as_micros()).collect();
    took.sort_unstable();
    let at = |share: usize| took[took.len() * share / 100] as f64 / 1000.0;
    println!("{engine:?}: from {what}, at 100 changes a second: p50 {:.1} ms, p99 {:.1} ms", at(50), at(99));
}

fn amount(listing: &Value) -> i64 {
    listing["price"]["amount"].as_str().and_then(|amount| amount.parse().ok()).unwrap_or_default()
}

/// The memory of the process while many sockets follow, before and after a change that all are told.
async fn followers(engine: Engine, service: &Service, server: &Program, token: &str, (ids, count): (&[ListingId], usize)) {
    let before = memory::resident(server.id());
    let mut sockets = Vec::with_capacity(count);
    for _ in 0..count {
        let mut socket = Socket::open(&server.url, Some(token)).await;
        socket.subscribe("a", "subscription { listingChanges { __typename ... on ListingUpserted { listingId } } }", Value::Null).await;
        socket.next().await;
        sockets.push(socket);
    }
    let open = memory::resident(server.id());
    let begun = Instant::now();
    change(service, ids[0], 300_000).await;
    for socket in &mut sockets {
        socket.event("listingChanges").await;
    }
    let took = begun.elapsed().as_millis();
    println!(
        "{engine:?}: {count} sockets: {before} MiB before, {open} MiB with them, all told of a change in {took} ms, {} MiB after",
        memory::resident(server.id())
    );
}
