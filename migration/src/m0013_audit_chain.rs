//! The decision log: append-only, each entry bound to the one before it by its hash. Entries of the table it replaces had no hashes
//! and can't be given any; no release wrote them.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DatabaseBackend};

use crate::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(AuditEntry::Table).to_owned()).await?;
        manager
            .create_table(
                Table::create()
                    .table(AuditEntry::Table)
                    .col(big_integer(AuditEntry::Seq))
                    .col(uuid(AuditEntry::Id))
                    .col(big_integer(AuditEntry::At))
                    .col(string(AuditEntry::Principal))
                    .col(string(AuditEntry::Action))
                    .col(string(AuditEntry::ObjectKind))
                    .col(uuid(AuditEntry::ObjectId))
                    .col(integer(AuditEntry::ObjectVersion))
                    .col(text(AuditEntry::Facts))
                    .col(string(AuditEntry::PreviousHash))
                    .col(string(AuditEntry::Hash))
                    .col(text(AuditEntry::Signature))
                    .primary_key(Index::create().col(AuditEntry::Seq))
                    .to_owned(),
            )
            .await?;
        index!(manager, AuditEntry::Table, [AuditEntry::Id], unique);
        index!(manager, AuditEntry::Table, [AuditEntry::ObjectId, AuditEntry::Seq]);
        let database = manager.get_connection();
        for statement in guards(manager.get_database_backend()) {
            database.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(AuditEntry::Table).to_owned()).await?;
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            manager.get_connection().execute_unprepared("DROP FUNCTION audit_entry_is_append_only()").await?;
        }
        manager
            .create_table(
                Table::create()
                    .table(AuditEntry::Table)
                    .col(uuid(AuditEntry::Id))
                    .col(big_integer(AuditEntry::At))
                    .col(string(AuditEntry::Principal))
                    .col(string(AuditEntry::Action))
                    .col(string(AuditEntry::ObjectKind))
                    .col(uuid(AuditEntry::ObjectId))
                    .col(text(AuditEntry::Facts))
                    .primary_key(Index::create().col(AuditEntry::Id))
                    .to_owned(),
            )
            .await?;
        index!(manager, AuditEntry::Table, [AuditEntry::ObjectId, AuditEntry::Id]);
        Ok(())
    }
}

/// The database refuses to change or delete an entry: a guard against slips. Against intent stands the chain.
fn guards(backend: DatabaseBackend) -> &'static [&'static str] {
    match backend {
        DatabaseBackend::Postgres => &[
            "CREATE OR REPLACE FUNCTION audit_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'audit_entry is append-only'; END $$",
            "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry \
             FOR EACH ROW EXECUTE FUNCTION audit_entry_is_append_only()",
        ],
        _ => &[
            "CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry \
             BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END",
            "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry \
             BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END",
        ],
    }
}

#[derive(DeriveIden, Clone, Copy)]
enum AuditEntry {
    Table,
    Seq,
    Id,
    At,
    Principal,
    Action,
    ObjectKind,
    ObjectId,
    ObjectVersion,
    Facts,
    PreviousHash,
    Hash,
    Signature,
}
