//! A hundred thousand rows that wait must not make a claim slow: it reads as many as it takes, in the order of an index.

use super::*;
use sea_orm::{ConnectionTrait, Database, DbBackend, QueryTrait, Statement};
use sea_orm_migration::MigratorTrait;

#[tokio::test]
async fn a_claim_follows_an_index() {
    let connection = Database::connect("sqlite::memory:").await.expect("connects");
    migration::Migrator::up(&connection, None).await.expect("migrates");
    for priority in Priority::ALL {
        let query = claimable(Uuid::from_u128(7).into(), priority, DateTime::UNIX_EPOCH).limit(16).build(DbBackend::Sqlite).to_string();
        let explain = Statement::from_string(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {query}"));
        let rows = connection.query_all_raw(explain).await.expect("explains");
        let plan: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").expect("a detail")).collect();
        assert!(plan[0].contains("idx_channel_listing_claim"), "{plan:?}");
        assert!(plan.iter().all(|step| !step.contains("SCAN") && !step.contains("TEMP B-TREE")), "{plan:?}");
    }
}
