//! A page is read in the order of its list until it is full, whatever it is narrowed to: SQLite must neither sort the catalog for it nor read
//! whole tables first, whether it knows how large they are or not.

use super::*;
use crate::{domain::actor::Reach, store::Store};
use chrono::DateTime;
use sea_orm::{QueryOrder, Statement};

async fn plan(store: &Store, filter: &ListingFilter, by: ListingSort, reach: Reach) -> Vec<String> {
    let view = View::new(reach, DateTime::UNIX_EPOCH);
    let column = match by {
        ListingSort::Price => Column::Price,
        ListingSort::Stars => Column::Stars,
        ListingSort::Title => Column::SortName,
        ListingSort::CreatedAt | ListingSort::Relevance => Column::CreatedAt,
    };
    let query = Joined::select(in_order(store, (filter, &view), column), &view.reach, unasked(store, by));
    let query = query.order_by_desc(column).order_by_desc(Column::Id).limit(21).build(DatabaseBackend::Sqlite).to_string();
    let explain = Statement::from_string(DatabaseBackend::Sqlite, format!("EXPLAIN QUERY PLAN {query}"));
    let rows = store.connection().query_all_raw(explain).await.expect("explains");
    rows.iter().map(|row| row.try_get("", "detail").expect("a detail")).collect()
}

/// What `ANALYZE` says of a hundred thousand listings: table, index, rows and rows of one value of its first, first two and so on columns
/// (<https://sqlite.org/fileformat2.html#stat1tab>).
const LARGE: [(&str, &str, &str); 18] = [
    ("listing", "idx_public_product_group_created_at_id", "90000 22500 1 1"),
    ("listing", "idx_public_product_group_stars_public_until_public_from", "90000 22500 7500 7500 7500"),
    ("listing", "idx_public_sort_name_id", "90000 1 1"),
    ("listing", "idx_public_created_at_id", "90000 1 1"),
    ("listing", "idx_public_stars_id", "90000 30000 1"),
    ("listing", "idx_public_price_id", "90000 13 1"),
    ("listing", "idx_listing_announced_public_from", "100000 100000 100000"),
    ("listing", "idx_listing_announced_public_until", "100000 100000 100000"),
    ("listing", "idx_listing_sort_name_id", "100000 1 1"),
    ("listing", "idx_listing_created_at_id", "100000 1 1"),
    ("listing", "idx_listing_stars_id", "100000 33334 1"),
    ("listing", "idx_listing_price_id", "100000 14 1"),
    ("listing", "idx_listing_producer_id", "100000 20"),
    ("listing", "idx_listing_product_id", "100000 2"),
    ("listing", "sqlite_autoindex_listing_1", "100000 1"),
    ("product", "sqlite_autoindex_product_1", "50000 1"),
    ("producer", "sqlite_autoindex_producer_1", "5000 1"),
    ("media", "idx_media_product_id", "50000 1"),
];

async fn know_large_tables(store: &Store) {
    let tx = store.begin().await.expect("begins");
    tx.connection().execute_unprepared("ANALYZE").await.expect("makes the table of statistics");
    for (table, index, stat) in LARGE {
        let row = format!("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('{table}', '{index}', '{stat}')");
        tx.connection().execute_unprepared(&row).await.expect("inserts");
    }
    tx.commit().await.expect("commits");
}

#[tokio::test]
async fn no_filter_makes_sqlite_sort_the_catalog() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("a.db").display());
    let store = Store::connect(&url, 1).await.expect("opens");
    store.migrate().await.expect("migrates");
    pages_are_read_in_order(&store).await;
    know_large_tables(&store).await;
    store.close().await.expect("closes");
    // Statistics are read when the database is opened.
    pages_are_read_in_order(&Store::connect(&url, 1).await.expect("opens")).await;
}

async fn pages_are_read_in_order(store: &Store) {
    let food = vec![ProductGroup::Food];
    let filters = [
        ListingFilter::default(),
        ListingFilter { groups: food.clone(), stars: (Some(4), None), ..ListingFilter::default() },
        ListingFilter { groups: vec![ProductGroup::Food, ProductGroup::Drink], ..ListingFilter::default() },
        ListingFilter { stars: (Some(3), Some(5)), price: (Some(1), None), ..ListingFilter::default() },
        ListingFilter { kinds: vec![ProducerKind::Cooperative], months: vec![3], ..ListingFilter::default() },
        ListingFilter { certifications: vec![CertificationKind::Organic], ..ListingFilter::default() },
    ];
    for filter in &filters {
        for by in [ListingSort::CreatedAt, ListingSort::Price, ListingSort::Stars, ListingSort::Title] {
            let is_dear = |step: &String| step.contains("TEMP B-TREE") || step.contains("BLOOM FILTER ON");
            let public = plan(store, filter, by, Reach::Producers(Vec::new())).await;
            assert!(!public.iter().any(is_dear), "{filter:?} {by:?}: {public:#?}");
            let is_spared = |step: &String| step.contains("listing USING INDEX idx_public_");
            assert!(public.iter().any(is_spared), "hidden listings do not stand in the way, {filter:?} {by:?}: {public:#?}");
            for reach in [Reach::All, Reach::Producers(vec![uuid::Uuid::nil().into()])] {
                let theirs = plan(store, filter, by, reach).await;
                assert!(!theirs.iter().any(is_dear), "{filter:?} {by:?}: {theirs:#?}");
            }
        }
    }
}
