//! When a channel was last tried to be asked for changes, apart from since when its changes are known.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{add_columns, drop_columns};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, ChannelStatus::Table, [big_integer_null(ChannelStatus::SweepTriedAt).to_owned()]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, ChannelStatus::Table, [ChannelStatus::SweepTriedAt]).await
    }
}

#[derive(DeriveIden, Clone, Copy)]
enum ChannelStatus {
    Table,
    SweepTriedAt,
}
