//! Database schema, one change a file, applied in order on SQLite and PostgreSQL alike.
//!
//! Instants are `BIGINT` microseconds since 1970 (UTC) and compare as numbers on both engines; calendar days are `DATE`.
//! Text that is compared by order has the "C" collation on PostgreSQL, which is what SQLite does.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

pub use sea_orm_migration::MigratorTrait;

mod m0001_admin_units;
mod m0002_accounts;
mod m0003_producers;
mod m0004_products;
mod m0005_ratings;
mod m0006_listings;
mod m0007_channels;
mod m0008_changes;
mod m0009_rubrics;
mod m0010_rulebooks;
mod m0011_dossiers;
mod m0012_councils;
mod m0013_audit_chain;
mod m0014_certificates;
mod m0015_push;
mod m0016_readings;
mod m0017_sweeps;
mod m0018_feed;
mod m0019_webhooks;
mod m0020_import_jobs;
mod m0021_search;
mod m0022_browse;
mod m0023_public_lists;

/// All migrations in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_admin_units::Migration),
            Box::new(m0002_accounts::Migration),
            Box::new(m0003_producers::Migration),
            Box::new(m0004_products::Migration),
            Box::new(m0005_ratings::Migration),
            Box::new(m0006_listings::Migration),
            Box::new(m0007_channels::Migration),
            Box::new(m0008_changes::Migration),
            Box::new(m0009_rubrics::Migration),
            Box::new(m0010_rulebooks::Migration),
            Box::new(m0011_dossiers::Migration),
            Box::new(m0012_councils::Migration),
            Box::new(m0013_audit_chain::Migration),
            Box::new(m0014_certificates::Migration),
            Box::new(m0015_push::Migration),
            Box::new(m0016_readings::Migration),
            Box::new(m0017_sweeps::Migration),
            Box::new(m0018_feed::Migration),
            Box::new(m0019_webhooks::Migration),
            Box::new(m0020_import_jobs::Migration),
            Box::new(m0021_search::Migration),
            Box::new(m0022_browse::Migration),
            Box::new(m0023_public_lists::Migration),
        ]
    }
}

/// A text column that sorts by code point on both engines.
fn ordered_text(manager: &SchemaManager, name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.text().not_null();
    if manager.get_database_backend() == DatabaseBackend::Postgres {
        column.extra(r#"COLLATE "C""#);
    }
    column
}

/// Drops tables in the given order.
async fn drop_all<I: IntoTableRef + 'static, const N: usize>(manager: &SchemaManager<'_>, tables: [I; N]) -> Result<(), DbErr> {
    for table in tables {
        manager.drop_table(Table::drop().table(table).to_owned()).await?;
    }
    Ok(())
}

/// Adds columns, one statement each: SQLite takes no more.
async fn add_columns<const N: usize>(
    manager: &SchemaManager<'_>,
    table: impl IntoTableRef + Copy,
    columns: [ColumnDef; N],
) -> Result<(), DbErr> {
    for column in columns {
        manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
    }
    Ok(())
}

/// Drops columns, one statement each.
async fn drop_columns<const N: usize>(
    manager: &SchemaManager<'_>,
    table: impl IntoTableRef + Copy,
    columns: [impl IntoIden; N],
) -> Result<(), DbErr> {
    for column in columns {
        manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
    }
    Ok(())
}

/// An index named `idx_TABLE_COLUMNS`.
macro_rules! index {
    ($manager:expr, $table:expr, [$($column:expr),+] $(, $unique:ident)?) => {{
        let mut name = format!("idx_{}", $table.to_string());
        $(name.push('_'); name.push_str(&$column.to_string());)+
        let mut statement = Index::create();
        statement.name(name).table($table)$(.col($column))+;
        $(statement.$unique();)?
        $manager.create_index(statement.to_owned()).await?
    }};
}
pub(crate) use index;
