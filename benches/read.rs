//! What reading costs against the bare database: `scripts/bench`, which starts what this needs.
//!
//! Each work is measured on this service and on the floor (`bench/`), interleaved, three rounds, medians. The steady figure on a shared
//! machine is the processor's time a request, server and database together, as the kernel counts it.

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
#[path = "shared/cpu.rs"]
mod cpu;
#[path = "../tests/api/harness/mod.rs"]
mod harness;
#[path = "shared/load.rs"]
mod load;
#[path = "shared/memory.rs"]
mod memory;
#[path = "shared/rows.rs"]
mod rows;
#[path = "shared/writes.rs"]
mod writes;

use harness::{Caller, Database, Engine, Program, bulk, marketplace, program};
use load::{Figures, Target};
use ocop_catalog::service::Clock;
use sea_orm::{ConnectionTrait, Database as Sea, Statement};
use serde_json::{Value, json};
use std::{collections::HashMap, process::Command, time::Instant};

const ROUNDS: usize = 3;
const WORKS: [(&str, &str); 5] = [
    ("W1", include_str!("../bench/queries/w1.graphql")),
    ("W2", include_str!("../bench/queries/w2.graphql")),
    ("W3", include_str!("../bench/queries/w3.graphql")),
    ("W4", include_str!("../bench/queries/w4.graphql")),
    ("W5", include_str!("../bench/queries/w5.graphql")),
];
/// Works whose cost must hardly grow with the catalog.
const GROWTH: [&str; 3] = ["W1", "W3", "W5"];
const SLUG: &str = "mat-ong-bac-ha-thuong-hang-so-1";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: usize| {
        arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1)).and_then(|n| n.parse().ok()).unwrap_or(default)
    };
    let connections: Vec<usize> = if arguments.iter().any(|a| a == "--quick") { vec![16] } else { vec![1, 16, 64] };
    let engines = match std::env::var("OCOP_BENCH_ENGINE").as_deref() {
        Ok("sqlite") => vec![Engine::Sqlite],
        Ok("postgres") => vec![Engine::Postgres],
        _ => vec![Engine::Postgres, Engine::Sqlite],
    };
    let (listings, is_quick) = (number("--listings", 100_000), arguments.iter().any(|a| a == "--quick"));
    for engine in engines {
        let parts = if is_quick { Parts::Reads } else { Parts::All };
        let small = if is_quick { Spent::new() } else { measure(engine, listings / 10, &[16], Parts::Table).await };
        let large = measure(engine, listings, &connections, parts).await;
        for work in GROWTH.iter().filter(|work| small.contains_key(**work)) {
            println!("{engine:?} growth: {work} with ten times the listings: × {:.2}", large[work] / small[work]);
        }
    }
}

/// What is measured beside the works that read pages.
#[derive(PartialEq, Clone, Copy)]
enum Parts {
    Table,
    Reads,
    All,
}

/// This service's CPU milliseconds a request at sixteen connections, by work.
type Spent = HashMap<&'static str, f64>;

async fn measure(engine: Engine, listings: usize, connections: &[usize], parts: Parts) -> Spent {
    let database = Database::new(engine).await;
    let sandbox = marketplace(&Clock::System).await;
    let service = bulk::service(&database).await;
    let begun = Instant::now();
    let size = catalog::Size { producers: listings.div_ceil(20), products: listings.div_ceil(2) };
    let made = catalog::make(&service, &database.url, size, &sandbox.url()).await;
    println!("\n## {engine:?}: {} listings, made in {:.0} s\n", made.len(), begun.elapsed().as_secs_f64());
    let server = Program::start(program(&database.url, &["serve"]));
    let floor = (engine == Engine::Postgres).then(|| Program::start(floor(&database.url)));
    println!("resident idle: {} MiB", memory::resident(server.id()));
    let place = place(&server.url, &database.url, listings).await;
    let targets: Vec<_> = WORKS.iter().map(|work| targets(work, &server, floor.as_ref(), &place)).collect();
    let mut spent = Spent::new();
    for connections in connections {
        let of_works = table(&targets, *connections);
        if *connections == 16 {
            spent = of_works;
        }
    }
    if parts == Parts::Table {
        return spent;
    }
    println!("\nresident after W1 at the most connections: {} MiB", memory::resident(server.id()));
    sizes(&server.url).await;
    load::table_of_cached(&server, WORKS[0].1);
    let admin = bulk::admin(&service).await;
    rows::measure(engine, &database.url, &server, &admin).await;
    if parts == Parts::All {
        writes::measure(engine, (&admin, &database.url, &service), &server, &made).await;
    }
    server.kill();
    spent
}

fn floor(url: &str) -> Command {
    let mut command =
        Command::new(std::env::var("OCOP_BENCH_FLOOR").expect("OCOP_BENCH_FLOOR names the floor's program; scripts/bench sets it"));
    command.arg(url);
    command
}

/// Where the 500th page begins, or the middle of a catalog that has no 1,000 pages: its cursor, and the row before it.
struct Place {
    after: Value,
    at: i64,
    id: String,
}

async fn place(url: &str, database: &str, listings: usize) -> Place {
    let caller = Caller::new(url, None);
    let (mut after, mut row) = (Value::Null, Value::Null);
    for _ in 0..(listings / 200).clamp(1, 100) {
        let query = "query($a: String) { listings(first: 100, after: $a) { pageInfo { endCursor hasNextPage } nodes { slug createdAt } } }";
        let page = caller.data(query, json!({ "a": after })).await["listings"].clone();
        if page["pageInfo"]["hasNextPage"] != true {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
        row = page["nodes"].as_array().and_then(|rows| rows.last()).cloned().unwrap_or_default();
    }
    let database = Sea::connect(database).await.expect("connects");
    let slug = row["slug"].as_str().unwrap_or_default();
    let statement = format!("SELECT created_at, id FROM listing WHERE slug = '{slug}'");
    let found =
        database.query_one_raw(Statement::from_string(database.get_database_backend(), statement)).await.expect("reads").expect("a row");
    let id: uuid::Uuid = found.try_get("", "id").expect("an id");
    Place { after, at: found.try_get("", "created_at").expect("an instant"), id: id.to_string() }
}

/// This service, and the floor, for a work.
fn targets(work: &(&'static str, &'static str), server: &Program, floor: Option<&Program>, place: &Place) -> (&'static str, Vec<Target>) {
    let variables = match work.0 {
        "W3" => json!({ "slug": SLUG }),
        "W4" => json!({ "search": "mat ong bac ha" }),
        "W5" => json!({ "after": place.after }),
        _ => json!({}),
    };
    let body = json!({ "query": work.1, "variables": variables }).to_string();
    let mut targets = vec![Target::post("this service", &server.url, &body, server.id())];
    if let Some(floor) = floor {
        let path = match work.0 {
            "W3" => format!("w3?text={SLUG}"),
            "W4" => "w4?text=%27mat%27%20%26%20%27ong%27%20%26%20%27bac%27%20%26%20%27ha%27%3A%2A".to_owned(),
            "W5" => format!("w5?at={}&id={}", place.at, place.id),
            other => other.to_lowercase(),
        };
        targets.push(Target::get("the floor", &format!("{}/{path}", floor.url), floor.id()));
    }
    (work.0, targets)
}

fn table(works: &[(&'static str, Vec<Target>)], connections: usize) -> Spent {
    let mut spent = Spent::new();
    println!(
        "\n{connections} connections\n\n| work | who | CPU ms a request | of the floor | requests a second | p50 ms | p99 ms |\n|---|---|---|---|---|---|---|"
    );
    for (work, targets) in works {
        let mut rounds: Vec<Vec<Figures>> = targets.iter().map(|_| Vec::new()).collect();
        for _ in 0..ROUNDS {
            for (target, found) in targets.iter().zip(&mut rounds) {
                found.push(load::run(target, connections));
            }
        }
        let medians: Vec<Figures> = rounds.into_iter().map(Figures::median).collect();
        spent.insert(work, medians[0].cpu);
        for (target, figures) in targets.iter().zip(&medians) {
            let of_floor = medians.get(1).map_or_else(String::new, |floor| format!("× {:.2}", figures.cpu / floor.cpu));
            println!(
                "| {work} | {} | {:.3} | {of_floor} | {:.0} | {:.2} | {:.2} |",
                target.name, figures.cpu, figures.rate, figures.p50, figures.p99
            );
        }
    }
    spent
}

/// Bytes of an answer to W1 as phones would get it.
async fn sizes(url: &str) {
    let body = json!({ "query": WORKS[0].1 }).to_string();
    for coding in ["identity", "gzip", "br", "zstd"] {
        let request = reqwest::Client::new().post(url).header("content-type", "application/json").header("accept-encoding", coding);
        let answer = request.body(body.clone()).send().await.expect("answers");
        let sent = answer.headers().get("content-encoding").map_or("identity", |v| v.to_str().unwrap_or_default()).to_owned();
        println!("W1, {coding}: {} bytes ({sent})", answer.bytes().await.expect("a body").len());
    }
}
