//! The schema goes up and down on both engines, also with rows in it.

use ocop_catalog::store::Store;
use sea_orm::{ConnectionTrait, Database as Sea};
use sea_orm_migration::MigratorTrait;

use crate::harness::{Database, Engine, World};

#[tokio::test]
async fn up_and_down_and_up_on_sqlite() {
    up_and_down(Engine::Sqlite).await;
}

#[tokio::test]
async fn up_and_down_and_up_on_postgres() {
    up_and_down(Engine::Postgres).await;
}

async fn up_and_down(engine: Engine) {
    let database = Database::empty(engine).await;
    let url = if engine == Engine::Sqlite { format!("{}?mode=rwc", database.url) } else { database.url.clone() };
    let connection = Sea::connect(url).await.expect("connects");
    for _ in 0..2 {
        migration::Migrator::up(&connection, None).await.expect("up");
        assert!(migration::Migrator::get_pending_migrations(&connection).await.expect("status").is_empty());
        sample(&connection).await;
        migration::Migrator::down(&connection, None).await.expect("down, with rows in the tables");
        assert_eq!(
            migration::Migrator::get_pending_migrations(&connection).await.expect("status").len(),
            migration::Migrator::migrations().len()
        );
    }
    connection.close().await.expect("closes");
}

/// A row in each table that others hang on.
async fn sample(connection: &sea_orm::DatabaseConnection) {
    let rows = "INSERT INTO setting (name, value) VALUES ('sample', 'x')";
    connection.execute_unprepared(rows).await.expect("a row");
}

/// Replicas that start together migrate once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_together_migrate_once() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::empty(engine).await;
        let starts = (0..8).map(|_| {
            let url = database.url.clone();
            tokio::spawn(async move {
                let store = Store::connect(&url, 2).await.expect("connects");
                store.migrate().await.expect("migrates");
                store.close().await.expect("closes");
            })
        });
        for start in starts.collect::<Vec<_>>() {
            start.await.expect("starts");
        }
        let store = Store::connect(&database.url, 2).await.expect("connects");
        assert!(store.pending_migrations().await.expect("status").is_empty());
        store.close().await.expect("closes");
    }
}

/// A full catalog can be taken down: no row stands in the way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_catalog_goes_down() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = World::start(engine).await;
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        world.on_sale(&seller, &admin, "Mật ong").await;
        world.drain().await;
        let url = world.database_url().to_owned();
        let connection = Sea::connect(url).await.expect("connects");
        migration::Migrator::down(&connection, None).await.expect("down");
        connection.close().await.expect("closes");
    }
}
