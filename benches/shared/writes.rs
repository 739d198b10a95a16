//! Works that write: one price change, and many products at once.

use ocop_catalog::domain::id::ListingId;
use sea_orm::{ConnectionTrait, Database as Sea, DatabaseConnection, Statement, TransactionTrait};
use serde_json::json;
use std::time::Instant;

use crate::{
    cpu,
    harness::{Caller, Engine, Program, program},
};

const CHANGES: usize = 500;
const PRODUCTS: usize = 1_000;
const FACTS: &str = r#"{"action":"listingSetPrice","actor":"account:0199","object":"listing","version":2,"price":50000,"stock":10,"previous":"5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed"}"#;

pub(crate) async fn measure(engine: Engine, admin: &str, url: &str, server: &Program, made: &[ListingId]) {
    price_changes(engine, admin, url, server, made).await;
    bulk_create(engine, url).await;
}

/// W7: a price by mutation, one after another, against the bare statements in one transaction on the same rows.
async fn price_changes(engine: Engine, admin: &str, url: &str, server: &Program, made: &[ListingId]) {
    let caller = Caller::new(&server.url, Some(admin));
    let query = "mutation($id: ID!, $p: MoneyInput!) { listingSetPrice(id: $id, price: $p) { listing { version } userErrors { code } } }";
    let ids = caller.data("{ listings(first: 100) { nodes { id } } }", json!({})).await;
    let ids: Vec<_> = ids["listings"]["nodes"].as_array().expect("rows").iter().map(|n| n["id"].clone()).collect();
    let (before, begun) = (cpu::seconds(server.id()), Instant::now());
    for number in 0..CHANGES {
        caller.done(query, json!({ "id": ids[number % ids.len()], "p": { "amount": (50_000 + number).to_string() } })).await;
    }
    let (ours, took) = ((cpu::seconds(server.id()) - before) * 1000.0 / CHANGES as f64, begun.elapsed());
    let database = Sea::connect(url).await.expect("connects");
    let number = if engine == Engine::Postgres { "BIGSERIAL PRIMARY KEY" } else { "INTEGER PRIMARY KEY" };
    let table = format!(
        "CREATE TABLE bare_log (number {number}, part TEXT NOT NULL, listing_id {id} NOT NULL, facts TEXT NOT NULL)",
        id = if engine == Engine::Postgres { "UUID" } else { "BLOB" }
    );
    database.execute_unprepared(&table).await.expect("a table");
    let own = std::process::id();
    let (before, begun) = (cpu::seconds(own), Instant::now());
    for number in 0..CHANGES {
        bare_change(&database, made[number % 100], number).await;
    }
    let (bare, bare_took) = ((cpu::seconds(own) - before) * 1000.0 / CHANGES as f64, begun.elapsed());
    println!(
        "{engine:?} W7: {ours:.2} CPU ms and {:.2} ms a price change; bare statements {bare:.2} CPU ms and {:.2} ms: × {:.2} CPU, × {:.2} time",
        took.as_secs_f64() * 1000.0 / CHANGES as f64,
        bare_took.as_secs_f64() * 1000.0 / CHANGES as f64,
        ours / bare,
        took.as_secs_f64() / bare_took.as_secs_f64()
    );
}

/// What a price change has to write: the row, its place in the feed, an entry of the decision log; read under a lock first.
async fn bare_change(database: &DatabaseConnection, id: ListingId, number: usize) {
    let backend = database.get_database_backend();
    let id = id.0;
    let is_postgres = backend == sea_orm::DatabaseBackend::Postgres;
    let tx = database.begin().await.expect("begins");
    let lock = if is_postgres { " FOR UPDATE" } else { "" };
    let mark = |n: usize| if is_postgres { format!("${n}") } else { format!("?{n}") };
    let run = |text: String, values: Vec<sea_orm::Value>| Statement::from_sql_and_values(backend, text, values);
    let read = run(format!("SELECT * FROM listing WHERE id = {}{lock}", mark(1)), vec![id.into()]);
    tx.query_one_raw(read).await.expect("reads");
    let price = i64::try_from(60_000 + number).unwrap_or_default();
    let update = format!("UPDATE listing SET price = {}, record_version = record_version + 1 WHERE id = {}", mark(1), mark(2));
    tx.execute_raw(run(update, vec![price.into(), id.into()])).await.expect("updates");
    // The feed and the decision log: a row each of about their width.
    for part in ["feed", "log"] {
        let log = format!("INSERT INTO bare_log (part, listing_id, facts) VALUES ('{part}', {}, {})", mark(1), mark(2));
        tx.execute_raw(run(log, vec![id.into(), FACTS.into()])).await.expect("logs");
    }
    tx.commit().await.expect("commits");
}

/// W8: products with listings by the program's import, against one statement that inserts as many rows into the same tables.
async fn bulk_create(engine: Engine, url: &str) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("products.csv");
    let mut text = String::from("product_name,producer_name,producer_kind,product_group,sku,net_content,net_unit,price_vnd,stock\n");
    for number in 0..PRODUCTS {
        text.push_str(&format!("Hàng nhập số {number},HTX Nhập {},COOPERATIVE,FOOD,NHAP-{number},500,g,50000,10\n", number / 10));
    }
    std::fs::write(&file, text).expect("writes");
    let begun = Instant::now();
    let done = program(url, &["import", file.to_str().expect("a path")]).output().expect("imports");
    let took = begun.elapsed().as_secs_f64();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let bare = inserted(url).await;
    let rate = PRODUCTS as f64 / took;
    println!(
        "{engine:?} W8: {rate:.0} products with variant and listing a second by import; {bare:.0} by multi-row INSERT: {:.2}",
        rate / bare
    );
}

/// Rows a second of inserting copies of products, variants and listings, a hundred each a statement.
async fn inserted(url: &str) -> f64 {
    let database = Sea::connect(url).await.expect("connects");
    let begun = Instant::now();
    let tx = database.begin().await.expect("begins");
    for (table, unique) in [("product", "slug"), ("variant", "sku"), ("listing", "slug")] {
        let columns = columns(&tx, table).await;
        for batch in 0..PRODUCTS / 100 {
            let fresh =
                if database.get_database_backend() == sea_orm::DatabaseBackend::Postgres { "gen_random_uuid()" } else { "randomblob(16)" };
            let chosen = columns.iter().map(|column| match column.as_str() {
                "id" => fresh.to_owned(),
                "external_key" | "gtin" if table != "listing" => "NULL".to_owned(),
                "external_key" => format!("'bare' || row_number() OVER () || '-{batch}'"),
                name if name == unique => format!("'bare-{table}-{batch}-' || row_number() OVER ()"),
                name => name.to_owned(),
            });
            let (columns, chosen) = (columns.join(","), chosen.collect::<Vec<_>>().join(","));
            tx.execute_unprepared(&format!("INSERT INTO {table} ({columns}) SELECT {chosen} FROM {table} LIMIT 100"))
                .await
                .expect("inserts");
        }
    }
    tx.commit().await.expect("commits");
    PRODUCTS as f64 / begun.elapsed().as_secs_f64()
}

async fn columns(tx: &sea_orm::DatabaseTransaction, table: &str) -> Vec<String> {
    let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), format!("SELECT * FROM {table} LIMIT 1")));
    row.await.expect("reads").expect("a row").column_names()
}
