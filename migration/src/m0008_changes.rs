//! The change log every consumer follows, the audit log, and remembered answers of idempotent mutations.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        listing_change(manager).await?;
        audit_entry(manager).await?;
        idempotency(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, [Idempotency::Table.into_iden(), AuditEntry::Table.into_iden(), ListingChange::Table.into_iden()]).await
    }
}

async fn listing_change(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(ListingChange::Table)
                .col(big_integer(ListingChange::Seq))
                .col(uuid(ListingChange::ListingId))
                .col(integer(ListingChange::Version))
                .col(string(ListingChange::Causes))
                .col(string_null(ListingChange::Reason))
                .col(big_integer(ListingChange::CommittedAt))
                .col(boolean(ListingChange::IsLatest))
                .primary_key(Index::create().col(ListingChange::Seq))
                .to_owned(),
        )
        .await?;
    index!(manager, ListingChange::Table, [ListingChange::ListingId, ListingChange::IsLatest]);
    index!(manager, ListingChange::Table, [ListingChange::IsLatest, ListingChange::Seq]);
    Ok(())
}

async fn audit_entry(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
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

async fn idempotency(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Idempotency::Table)
                .col(string(Idempotency::Principal))
                .col(string(Idempotency::Field))
                .col(uuid(Idempotency::RequestKey))
                .col(string(Idempotency::ArgumentsHash))
                .col(uuid_null(Idempotency::ObjectId))
                .col(big_integer(Idempotency::CreatedAt))
                .primary_key(Index::create().col(Idempotency::Principal).col(Idempotency::Field).col(Idempotency::RequestKey))
                .to_owned(),
        )
        .await?;
    index!(manager, Idempotency::Table, [Idempotency::CreatedAt]);
    Ok(())
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum ListingChange {
    Table,
    Seq,
    ListingId,
    Version,
    Causes,
    Reason,
    CommittedAt,
    IsLatest,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum AuditEntry {
    Table,
    Id,
    At,
    Principal,
    Action,
    ObjectKind,
    ObjectId,
    Facts,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Idempotency {
    Table,
    Principal,
    Field,
    RequestKey,
    ArgumentsHash,
    ObjectId,
    CreatedAt,
}
