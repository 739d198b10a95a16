//! Works that write: one price change, and many products at once.

use ocop_catalog::{
    domain::{actor::Actor, id::ListingId},
    service::{
        Call, Service, import_jobs,
        imports::{Format, Table},
    },
};
use sea_orm::{
    ConnectionTrait, Database as Sea, DatabaseConnection, QueryResult, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait, Value,
};
use serde_json::json;
use std::time::Instant;

use crate::{
    cpu,
    harness::{Caller, Engine, Program, program},
};

const CHANGES: usize = 500;
const PRODUCTS: usize = 1_000;
const ROUNDS: usize = 5;
const FACTS: &str = r#"{"action":"listingSetPrice","actor":"account:0199","object":"listing","version":2,"price":50000,"stock":10,"previous":"5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed"}"#;

pub(crate) async fn measure(engine: Engine, (admin, url, service): (&str, &str, &Service), server: &Program, made: &[ListingId]) {
    price_changes(engine, admin, url, server, made).await;
    bulk_create(engine, url, service).await;
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
    // SQLite refuses at its first write a transaction that read before another one wrote: this one waits for its turn.
    let immediate = Some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode: immediate, ..TransactionOptions::default() };
    let tx = database.begin_with_options(options).await.expect("begins");
    let lock = if is_postgres { " FOR UPDATE" } else { "" };
    let mark = |n: usize| if is_postgres { format!("${n}") } else { format!("?{n}") };
    let run = |text: String, values: Vec<Value>| Statement::from_sql_and_values(backend, text, values);
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

/// W8: products with variants and draft listings by import, against statements of a hundred rows each that insert as many rows into the
/// same tables, the connection open on both sides, in turns; and the import once more as a program, its start included.
async fn bulk_create(engine: Engine, url: &str, service: &Service) {
    let database = Sea::connect(url).await.expect("connects");
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let rows = file(&format!("nhap-{round}"));
        let table = Table::read(rows.as_bytes(), Format::Csv).expect("a table");
        let begun = Instant::now();
        let report = import_jobs::run(service, &Call::new(&Actor::System), ("nhap.csv", &table), false, &|_| {}).await.expect("imports");
        ours.push(PRODUCTS as f64 / begun.elapsed().as_secs_f64());
        assert_eq!(report.created, PRODUCTS);
        bare.push(inserted(&database, round).await);
    }
    let (rate, bare) = (median(ours), median(bare));
    let folder = tempfile::TempDir::new().expect("a folder");
    let place = folder.path().join("products.csv");
    std::fs::write(&place, file("moi")).expect("writes");
    let begun = Instant::now();
    let done = program(url, &["import", place.to_str().expect("a path")]).output().expect("imports");
    let started = PRODUCTS as f64 / begun.elapsed().as_secs_f64();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    println!(
        "{engine:?} W8: {rate:.0} products with variant and listing a second by import, {started:.0} with the start of the program; {bare:.0} by multi-row INSERT: {:.2}",
        rate / bare
    );
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn file(name: &str) -> String {
    let mut text = String::from("product_name,producer_name,producer_kind,product_group,sku,net_content,net_unit,price_vnd,stock\n");
    for number in 0..PRODUCTS {
        text.push_str(&format!("Hàng {name} số {number},HTX {name} {},COOPERATIVE,FOOD,{name}-{number},500,g,50000,10\n", number / 10));
    }
    text
}

/// Rows a second of inserting products, variants and listings, a hundred each a prepared statement; what is bound was read before.
async fn inserted(database: &DatabaseConnection, round: usize) -> f64 {
    let backend = database.get_database_backend();
    let mut statements = Vec::new();
    for (table, unique) in [("product", "slug"), ("variant", "sku"), ("listing", "slug")] {
        let columns = columns(database, table).await;
        let rows = copies(database, (table, unique, round), &columns).await;
        for rows in rows.chunks(100) {
            statements.push(Statement::from_sql_and_values(backend, insertion(table, &columns, rows.len()), rows.concat()));
        }
    }
    let begun = Instant::now();
    let tx = database.begin().await.expect("begins");
    for statement in statements {
        tx.execute_raw(statement).await.expect("inserts");
    }
    tx.commit().await.expect("commits");
    PRODUCTS as f64 / begun.elapsed().as_secs_f64()
}

/// `INSERT` of rows whose values are bound as texts.
fn insertion(table: &str, columns: &[(String, String)], rows: usize) -> String {
    let names: Vec<_> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let mut number = 0;
    let mut place = |kind: &str| {
        number += 1;
        match kind {
            kind if is_bytes(kind) => format!("unhex(?{number})"),
            kind if kind.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()) => format!("CAST(${number}::text AS {kind})"),
            _ => format!("?{number}"),
        }
    };
    let rows: Vec<_> =
        (0..rows).map(|_| format!("({})", columns.iter().map(|(_, kind)| place(kind)).collect::<Vec<_>>().join(","))).collect();
    format!("INSERT INTO {table} ({}) VALUES {}", names.join(","), rows.join(","))
}

/// Whether SQLite keeps a type of column as bytes; PostgreSQL's names are in small letters.
fn is_bytes(kind: &str) -> bool {
    ["BLOB", "UUID_TEXT"].contains(&kind)
}

/// Rows of a table as texts, with ids and handles of their own.
async fn copies(
    database: &DatabaseConnection,
    (table, unique, round): (&str, &str, usize),
    columns: &[(String, String)],
) -> Vec<Vec<Value>> {
    let is_postgres = database.get_database_backend() == sea_orm::DatabaseBackend::Postgres;
    let cells = columns.iter().map(|(column, kind)| match column.as_str() {
        "id" if is_postgres => "gen_random_uuid()::text".to_owned(),
        "id" => "hex(randomblob(16))".to_owned(),
        "external_key" | "gtin" if table != "listing" => "CAST(NULL AS text)".to_owned(),
        name if name == unique || name == "external_key" => format!("'bare-{round}-{table}-' || row_number() OVER ()"),
        name if is_bytes(kind) => format!("hex({name})"),
        name => format!("CAST({name} AS text)"),
    });
    let query = format!("SELECT {} FROM {table} LIMIT {PRODUCTS}", cells.collect::<Vec<_>>().join(","));
    let rows = database.query_all_raw(Statement::from_string(database.get_database_backend(), query)).await.expect("reads");
    let text = |row: &QueryResult, at: usize| row.try_get_by_index::<Option<String>>(at).expect("a text").into();
    rows.iter().map(|row| (0..columns.len()).map(|at| text(row, at)).collect()).collect()
}

/// The columns of a table with their types.
async fn columns(database: &DatabaseConnection, table: &str) -> Vec<(String, String)> {
    let backend = database.get_database_backend();
    let query = match backend {
        sea_orm::DatabaseBackend::Postgres => format!(
            "SELECT column_name::text, udt_name::text FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position"
        ),
        _ => format!("SELECT name, upper(type) FROM pragma_table_info('{table}')"),
    };
    let rows = database.query_all_raw(Statement::from_string(backend, query)).await.expect("reads");
    rows.iter().map(|row| (row.try_get_by_index(0).expect("a name"), row.try_get_by_index(1).expect("a type"))).collect()
}
