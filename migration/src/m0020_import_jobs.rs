//! Imports as they go on, for those who watch.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(ImportJob::Table)
                    .col(uuid(ImportJob::Id))
                    .col(text(ImportJob::File))
                    .col(boolean(ImportJob::IsDryRun))
                    .col(string(ImportJob::State))
                    .col(integer(ImportJob::Rows))
                    .col(integer(ImportJob::Done))
                    .col(integer(ImportJob::Refused))
                    .col(big_integer(ImportJob::CreatedAt))
                    .col(big_integer(ImportJob::UpdatedAt))
                    .primary_key(Index::create().col(ImportJob::Id))
                    .to_owned(),
            )
            .await?;
        index!(manager, ImportJob::Table, [ImportJob::CreatedAt]);
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, [ImportJob::Table.into_iden()]).await
    }
}

#[derive(DeriveIden, Clone, Copy)]
enum ImportJob {
    Table,
    Id,
    File,
    IsDryRun,
    State,
    Rows,
    Done,
    Refused,
    CreatedAt,
    UpdatedAt,
}
