//! Reading channels back: differences, what is done about them, since when an item should be off sale; what marketplaces push.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{
    add_columns, drop_all, drop_columns, index,
    m0007_channels::{Channel, ChannelListing},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [text_null(Added::Drift).to_owned(), big_integer_null(Added::StopSince).to_owned()];
        add_columns(manager, ChannelListing::Table, columns).await?;
        index!(manager, ChannelListing::Table, [Added::StopSince]);
        let remote =
            Index::create().name("idx_channel_listing_remote").table(ChannelListing::Table).col(ChannelListing::RemoteId).to_owned();
        manager.create_index(remote).await?;
        add_columns(manager, Channel::Table, [text(Added::DriftPolicies).default("{}").to_owned()]).await?;
        add_columns(manager, ChannelStatusTable::ChannelStatus, [big_integer_null(Added::SweptAt).to_owned()]).await?;
        notice(manager).await?;
        stray(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, [Stray::Table.into_iden(), ChannelNotice::Table.into_iden()]).await?;
        drop_columns(manager, ChannelStatusTable::ChannelStatus, [Added::SweptAt]).await?;
        drop_columns(manager, Channel::Table, [Added::DriftPolicies]).await?;
        for name in ["stop_since", "remote"] {
            let name = format!("idx_channel_listing_{name}");
            manager.drop_index(Index::drop().name(name).table(ChannelListing::Table).to_owned()).await?;
        }
        drop_columns(manager, ChannelListing::Table, [Added::Drift, Added::StopSince]).await
    }
}

async fn notice(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(ChannelNotice::Table)
                .col(uuid(ChannelNotice::ChannelId))
                .col(string(ChannelNotice::Name))
                .col(string_null(ChannelNotice::RemoteId))
                .col(big_integer(ChannelNotice::At))
                .primary_key(Index::create().col(ChannelNotice::ChannelId).col(ChannelNotice::Name))
                .foreign_key(ForeignKey::create().from(ChannelNotice::Table, ChannelNotice::ChannelId).to(Channel::Table, Channel::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, ChannelNotice::Table, [ChannelNotice::RemoteId]);
    index!(manager, ChannelNotice::Table, [ChannelNotice::At]);
    Ok(())
}

async fn stray(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Stray::Table)
                .col(uuid(Stray::ChannelId))
                .col(string(Stray::RemoteId))
                .col(string(Stray::Key))
                .col(big_integer(Stray::SeenAt))
                .primary_key(Index::create().col(Stray::ChannelId).col(Stray::RemoteId))
                .foreign_key(ForeignKey::create().from(Stray::Table, Stray::ChannelId).to(Channel::Table, Channel::Id))
                .to_owned(),
        )
        .await
}

#[derive(DeriveIden, Clone, Copy)]
enum Added {
    Drift,
    StopSince,
    DriftPolicies,
    SweptAt,
}

#[derive(DeriveIden, Clone, Copy)]
enum ChannelStatusTable {
    ChannelStatus,
}

#[derive(DeriveIden, Clone, Copy)]
enum ChannelNotice {
    Table,
    ChannelId,
    Name,
    RemoteId,
    At,
}

#[derive(DeriveIden, Clone, Copy)]
enum Stray {
    Table,
    ChannelId,
    RemoteId,
    Key,
    SeenAt,
}
