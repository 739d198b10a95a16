//! What checking a request costs before it runs: `cargo bench --bench guard`. The ratios are to parsing the same document alone.

#![expect(clippy::float_arithmetic, clippy::cast_precision_loss, clippy::print_stdout, reason = "a benchmark prints figures")]
#![expect(dead_code, reason = "of the corpus it needs the documents alone")]

#[path = "../tests/api/harness/attacks.rs"]
mod attacks;

use ocop_catalog::graphql::{
    self,
    guard::{Guard, Limits},
};
use serde_json::{Map, Value};
use std::{hint::black_box, time::Instant};

const FEED: &str = include_str!("../docs/queries/feed.graphql");
const LISTINGS: &str = "query Newest($first: Int = 20) { listings(first: $first) { nodes { id title price { amount currency }
    product { name rating { stars status } media { url } } producer { displayName slug } } pageInfo { hasNextPage endCursor } } }";

fn main() {
    let guard = Guard::new(&graphql::sdl(), Limits::default()).expect("a schema");
    let nothing = Map::new();
    for (name, query, operation) in [("an ordinary query", LISTINGS, None), ("the feed's document", FEED, Some("Changes"))] {
        let parse = micros(2_000, || drop(black_box(async_graphql::parser::parse_query(query))));
        let known = micros(20_000, || drop(black_box(guard.check(query, operation, &nothing)).expect("passes")));
        let mut number = 0;
        let new = micros(2_000, || {
            number += 1;
            drop(black_box(guard.check(&format!("{query} # {number}"), operation, &nothing)).expect("passes"));
        });
        println!("{name}: {known:.1} µs when it was sent before, {new:.1} µs the first time; parsing alone {parse:.1} µs");
    }
    let mut worst: Vec<(f64, &str, usize)> = Vec::new();
    for (what, body) in attacks::bodies() {
        let Ok(Value::Object(asked)) = serde_json::from_str(&body) else { continue };
        let Some(query) = asked.get("query").and_then(Value::as_str) else { continue };
        let variables = asked.get("variables").and_then(Value::as_object).cloned().unwrap_or_default();
        worst.push((micros(50, || drop(black_box(guard.check(query, None, &variables)))), what, query.len()));
    }
    worst.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (micros, what, length) in worst.iter().take(5) {
        println!("{what}, {length} bytes: {micros:.0} µs");
    }
}

fn micros(times: u32, mut work: impl FnMut()) -> f64 {
    let begun = Instant::now();
    (0..times).for_each(|_| work());
    begun.elapsed().as_nanos() as f64 / 1000.0 / f64::from(times)
}
