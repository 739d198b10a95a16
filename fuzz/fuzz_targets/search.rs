//! What people type into a search: an answer or a refusal, never a database error, on SQLite and, where OCOP_TEST_POSTGRES_URL names an
//! empty database, on PostgreSQL.

#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use ocop_catalog::{
    domain::{actor::Reach, search::{Findable, Query}},
    store::{
        Direction, PageRequest, Store,
        listings::{self, ListingFilter, ListingSort, View},
        producers::{self, ProducerFilter},
        products::{self, ProductFilter},
    },
};
use std::sync::LazyLock;
use tokio::runtime::Runtime;

struct Place {
    runtime: Runtime,
    stores: Vec<Store>,
    vocabulary: Vec<String>,
}

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("a runtime");
    let file = std::env::temp_dir().join(format!("ocop-fuzz-{}.db", std::process::id()));
    let urls = [Some(format!("sqlite://{}", file.display())), std::env::var("OCOP_TEST_POSTGRES_URL").ok()];
    let open = |url: String| {
        runtime.block_on(async {
            let store = Store::connect(&url, 2).await.expect("connects");
            store.migrate().await.expect("migrates");
            store
        })
    };
    let stores = urls.into_iter().flatten().map(open).collect();
    let words = Findable::of(&["Mật ong Bạc hà Mèo Vạc", "HTX Tuấn Dũng", "Đồng Văn", "chè Shan tuyết cổ thụ quý"]);
    Place { runtime, stores, vocabulary: words.vocabulary().map(str::to_owned).collect() }
});

fuzz_target!(|text: &str| {
    let Ok(Some(query)) = Query::read(text) else { return };
    let [all, none] = [true, false].map(|exists| vec![exists; query.terms.len()]);
    let respelt = [&all, &none].into_iter().flat_map(|exists| query.respellings(exists, &PLACE.vocabulary, 2));
    let others: Vec<_> = query.untelexed().into_iter().chain(respelt).collect();
    for query in std::iter::once(query).chain(others) {
        for form in query.terms.iter().flat_map(|term| &term.forms) {
            assert!(!form.folded.is_empty() && form.folded.chars().all(char::is_alphanumeric), "{form:?}");
        }
        for store in &PLACE.stores {
            PLACE.runtime.block_on(answered(store, &query));
        }
    }
});

async fn answered(store: &Store, query: &Query) {
    let (search, reach, first) = (Some(query.clone()), Reach::Producers(Vec::new()), PageRequest::first(20));
    let view = View::new(reach.clone(), DateTime::UNIX_EPOCH);
    let filter = ListingFilter { search: search.clone(), ..ListingFilter::default() };
    let sort = (ListingSort::Relevance, Direction::Descending);
    listings::page(store, &filter, &view, sort, &first).await.expect("finds listings");
    listings::count(store, &filter, &view, 1001).await.expect("counts");
    let filter = ProductFilter { search: search.clone(), ..ProductFilter::default() };
    products::page(store, &filter, &reach, Direction::Ascending, &first).await.expect("finds products");
    let filter = ProducerFilter { search, ..ProducerFilter::default() };
    producers::page(store, &filter, &reach, Direction::Ascending, &first).await.expect("finds producers");
}
