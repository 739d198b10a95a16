//! A page is read in the order of its list until it is full, whatever it is narrowed to: SQLite must not sort the catalog for it.

use super::*;
use crate::{domain::actor::Reach, store::Store};
use chrono::DateTime;
use sea_orm::Statement;

async fn plan(store: &Store, filter: &ListingFilter, by: ListingSort) -> Vec<String> {
    let view = View::new(Reach::Producers(Vec::new()), DateTime::UNIX_EPOCH);
    let column = match by {
        ListingSort::Price => Column::Price,
        ListingSort::Stars => Column::Stars,
        ListingSort::Title => Column::SortName,
        ListingSort::CreatedAt | ListingSort::Relevance => Column::CreatedAt,
    };
    let query = Joined::select(in_order(store, (filter, &view), column), &view.reach, view.unasked);
    let query = query.order_by_desc(column).order_by_desc(Column::Id).limit(21).build(DatabaseBackend::Sqlite).to_string();
    let explain = Statement::from_string(DatabaseBackend::Sqlite, format!("EXPLAIN QUERY PLAN {query}"));
    let rows = store.connection().query_all_raw(explain).await.expect("explains");
    rows.iter().map(|row| row.try_get("", "detail").expect("a detail")).collect()
}

#[tokio::test]
async fn no_filter_makes_sqlite_sort_the_catalog() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let store = Store::connect(&format!("sqlite://{}", folder.path().join("a.db").display()), 1).await.expect("opens");
    store.migrate().await.expect("migrates");
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
            let plan = plan(&store, filter, by).await;
            assert!(plan.iter().all(|step| !step.contains("TEMP B-TREE")), "{filter:?} {by:?}: {plan:#?}");
        }
    }
}
