//! The corpus of `docs/search.md`: every search finds what is written there, in that order, on both engines.
//!
//! Its catalog is the real products of `data/products`, each offered once in the order of the files. Where a source names no producer, a
//! household of its district stands in.

use chrono::Duration;
use ocop_catalog::{
    domain::{actor::Actor, product::Product, quantity::Unit},
    service::{
        Call, PriceData,
        imports::{self, Format, Table},
        listings::{self, ListingData},
        products,
        variants::{self, VariantData},
    },
    store::{Direction, PageRequest, Unasked, products::ProductFilter},
};
use serde_json::{Value, json};

use crate::harness::{Caller, World, both, text};

const CORPUS: &str = include_str!("../../docs/search.md");
const FILES: [&str; 2] =
    [include_str!("../../data/products/ocop_ha_giang.csv"), include_str!("../../data/products/ocop_tuyen_quang_before_merger.csv")];
const SEARCH: &str =
    "query($s: String!) { listings(search: $s, first: 100) { matchMode didYouMean totalCount { value } nodes { title } } }";
/// A page so short that the best rows alone often fill it.
const PAGE: &str =
    "query($s: String!, $c: String) { listings(search: $s, first: 2, after: $c) { nodes { title } pageInfo { hasNextPage endCursor } } }";

/// A row of the corpus.
struct Case {
    search: String,
    mode: String,
    meant: String,
    titles: Vec<String>,
}

both! {
    async fn every_search_of_the_corpus_finds_what_is_written(world: World) {
        fill(&world).await;
        let (admin, cases) = (world.admin().await, cases());
        assert!(cases.len() >= 150, "{} searches", cases.len());
        let mut faults = Vec::new();
        for case in &cases {
            faults.extend(fault(&admin, case).await);
        }
        assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.len(), faults.join("\n"));
    }
}

async fn fault(admin: &Caller, case: &Case) -> Option<String> {
    let found = admin.data(SEARCH, json!({ "s": case.search })).await["listings"].clone();
    let titles: Vec<_> = found["nodes"].as_array().expect("rows").iter().map(|n| text(&n["title"])).collect();
    let (mode, meant) = (text(&found["matchMode"]), found["didYouMean"].as_str().unwrap_or_default());
    let same = titles == case.titles && mode == case.mode && meant == case.meant && found["totalCount"]["value"] == titles.len();
    if !same {
        return Some(format!("| `{}` | {mode} | {meant} | {} |", case.search, titles.join("; ")));
    }
    let walked = walked(admin, &case.search).await;
    (walked != titles).then(|| format!("| `{}` in pages of two | {mode} | {meant} | {} |", case.search, walked.join("; ")))
}

/// What a search finds, two rows a page.
async fn walked(admin: &Caller, search: &str) -> Vec<String> {
    let (mut titles, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = admin.data(PAGE, json!({ "s": search, "c": cursor })).await["listings"].clone();
        titles.extend(page["nodes"].as_array().expect("rows").iter().map(|n| text(&n["title"])));
        cursor = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            return titles;
        }
        assert!(titles.len() <= 100, "`{search}` has no end");
    }
}

/// The rows of the table under "Corpus": search, mode, what was meant, titles.
fn cases() -> Vec<Case> {
    let rows = CORPUS.split("## Corpus").nth(1).expect("a corpus").lines().filter(|line| line.starts_with("| `"));
    let case = |line: &str| {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [search, mode, meant, titles] = cells.as_slice() else { panic!("{line}") };
        Case {
            search: search.trim_matches('`').to_owned(),
            mode: (*mode).to_owned(),
            meant: (*meant).to_owned(),
            titles: titles.split("; ").filter(|t| !t.is_empty()).map(str::to_owned).collect(),
        }
    };
    rows.map(case).collect()
}

async fn fill(world: &World) {
    let (system, mut names) = (Actor::System, Vec::new());
    let call = Call::new(&system);
    for file in FILES {
        let file = with_producers(file);
        names.extend(file.lines().skip(1).filter_map(|line| Some(line.split(',').next()?.to_owned())));
        let table = Table::read(file.as_bytes(), Format::Csv).expect("a table");
        let report = imports::run(&world.service, &call, &table, false, &mut |_| {}).await.expect("imports");
        assert!(report.errors.is_empty(), "{:?}", report.errors);
    }
    let all = PageRequest::first(1000);
    let page = products::page(&world.service, &system, &ProductFilter::default(), Direction::Ascending, (&all, Unasked::default()))
        .await
        .expect("products");
    let mut made: Vec<Product> = page.rows.into_iter().map(|(_, product)| product).collect();
    made.sort_by_key(|product| names.iter().position(|name| *name == product.name_vi));
    assert_eq!(made.len(), 74);
    for product in &made {
        // Ids are in the order of time, and the newest comes first among equals.
        world.clock.set(world.clock.now() + Duration::milliseconds(1));
        offer(world, product).await;
    }
}

/// Rows whose producer is empty get a household of their district.
fn with_producers(file: &str) -> String {
    let line = |line: &str| {
        let mut cells: Vec<_> = line.split(',').map(str::to_owned).collect();
        if cells.get(1).is_some_and(String::is_empty) {
            cells[1] = format!("Hộ {}", cells[4]);
            "HOUSEHOLD_BUSINESS".clone_into(&mut cells[2]);
        }
        cells.join(",")
    };
    file.lines().map(line).collect::<Vec<_>>().join("\n")
}

async fn offer(world: &World, product: &Product) {
    let (system, service) = (Actor::System, &world.service);
    let call = Call::new(&system);
    let variant =
        VariantData { id: None, sku: product.slug.clone(), gtin: None, net_value: "500".into(), net_unit: Unit::Gram, weight_grams: None };
    variants::set(service, &call, product.id, vec![variant]).await.expect("sets");
    let data = ListingData {
        product: product.id,
        variant: None,
        title_vi: Some(product.name_vi.clone()),
        title_en: None,
        price: PriceData { amount: "50000".into(), currency: "VND".into() },
        stock: 1,
        min_order: 1,
        valid_from: None,
        valid_until: None,
    };
    listings::create(service, &call, data).await.expect("creates");
}
