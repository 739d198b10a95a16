//! W6: the whole feed in pages and as lines, against a plain SQL read of the same columns.

use ocop_catalog::domain::admin_unit::Era;
use sea_orm::{ConnectionTrait, Database as Sea, DatabaseBackend, Statement};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;
use std::{collections::HashMap, time::Instant};

use crate::{
    harness::{Engine, Program},
    memory,
};

const FEED: &str = include_str!("../../docs/queries/feed.graphql");

pub(crate) async fn measure(engine: Engine, database: &str, server: &Program, admin: &str) {
    let plain = plain(database).await;
    told(engine, "snapshot by GraphQL, 250 a page", pages((&server.url, admin), "Snapshot", "after").await, plain);
    told(engine, "changes by GraphQL, 250 a page", pages((&server.url, admin), "Changes", "since").await, plain);
    let before = memory::resident(server.id());
    told(engine, "snapshot as NDJSON", lines(server.url.trim_end_matches("/graphql"), admin).await, plain);
    println!("{engine:?} W6: memory before and after the NDJSON stream: {before} and {} MiB", memory::resident(server.id()));
}

/// Rows a second.
fn told(engine: Engine, what: &str, rate: f64, plain: f64) {
    println!("{engine:?} W6: {what}: {rate:.0} rows a second, {:.1} % of a plain SQL read ({plain:.0})", rate / plain * 100.0);
}

/// What a record of the feed is made of, of all listings in order, by one statement.
async fn plain(url: &str) -> f64 {
    let database = Sea::connect(url).await.expect("connects");
    let backend = database.get_database_backend();
    let pictures =
        if backend == DatabaseBackend::Postgres { "string_agg(m.url || m.alt_vi, ',')" } else { "group_concat(m.url || m.alt_vi)" };
    let statement = format!(
        "SELECT l.id, l.record_version, l.external_key, l.slug, l.title_vi, l.title_en, l.price, l.stock, l.min_order, l.product_group, l.stars, \
         l.public_until, l.updated_at, v.id AS v, v.sku, v.gtin, v.weight_grams, v.net_thousandths, v.net_unit, p.id AS p, p.slug AS p_slug, p.name_vi, \
         p.name_en, p.description_vi, p.description_en, (SELECT {pictures} FROM media m WHERE m.product_id = p.id) AS pictures, \
         r.stars AS r_stars, r.certificate_number, r.issued_on, r.expires_on, d.issuer, d.number, d.signed_on, o.id AS o, o.slug AS o_slug, \
         o.display_name, o.legal_name, o.kind, u.code, u.name FROM listing l JOIN variant v ON v.id = l.variant_id JOIN product p ON p.id = l.product_id \
         JOIN producer o ON o.id = l.producer_id LEFT JOIN rating r ON r.product_id = p.id AND r.superseded_on IS NULL LEFT JOIN decision d ON \
         d.id = r.decision_id LEFT JOIN admin_unit u ON u.code = l.commune_code AND u.era = '{}' ORDER BY l.id",
        Era::From20250701.code()
    );
    let begun = Instant::now();
    let rows = database.query_all_raw(Statement::from_string(backend, statement)).await.expect("reads");
    let length: usize = rows.iter().map(|row| row.try_get::<String>("", "title_vi").expect("a title").len()).sum();
    assert!(length > 0);
    rows.len() as f64 / begun.elapsed().as_secs_f64()
}

/// What is read of an answer: its rows are counted. A tree of them would cost as much as a good part of making them.
#[derive(Deserialize)]
struct Answer {
    data: HashMap<String, Page>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(alias = "listings", alias = "changes")]
    rows: Vec<IgnoredAny>,
    end_cursor: String,
    has_more: bool,
}

async fn pages((url, token): (&str, &str), operation: &str, cursor: &str) -> f64 {
    let (http, begun, mut count, mut at) = (reqwest::Client::new(), Instant::now(), 0, None);
    loop {
        let body = json!({ "query": FEED, "operationName": operation, "variables": { cursor: at, "first": 250 } });
        let answer = http.post(url).bearer_auth(token).json(&body).send().await.expect("answers").bytes().await.expect("a page");
        let answer: Answer = serde_json::from_slice(&answer).expect("a page");
        let page = answer.data.into_values().next().expect("a page");
        count += page.rows.len();
        at = Some(page.end_cursor);
        if !page.has_more {
            return count as f64 / begun.elapsed().as_secs_f64();
        }
    }
}

async fn lines(url: &str, token: &str) -> f64 {
    let begun = Instant::now();
    let request = reqwest::Client::new().get(format!("{url}/export/listings.ndjson")).bearer_auth(token);
    let (mut answer, mut count) = (request.send().await.expect("answers"), 0);
    while let Some(chunk) = answer.chunk().await.expect("a part") {
        count += chunk.windows(11).filter(|window| window == b"{\"listing\":").count();
    }
    count as f64 / begun.elapsed().as_secs_f64()
}
