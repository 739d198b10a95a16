//! How channels fare: rest after failures, who works on them, their tokens, what adapters remember; each call of a push.

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
        channel_status(manager).await?;
        channel_memory(manager).await?;
        sync_attempt(manager).await?;
        let columns = [
            string(Added::Intent).default("PUBLISH").to_owned(),
            string(Added::RemoteState).default("NONE").to_owned(),
            integer(Added::Priority).default(4).to_owned(),
            integer(Added::Generation).default(0).to_owned(),
            string_null(Added::ErrorKind).to_owned(),
            text_null(Added::RemoteReasons).to_owned(),
            big_integer_null(Added::RemoteSeenAt).to_owned(),
            big_integer_null(Added::RereadAt).to_owned(),
        ];
        add_columns(manager, ChannelListing::Table, columns).await?;
        index!(manager, ChannelListing::Table, [ChannelListing::ChannelId, ChannelListing::NextAttemptAt]);
        index!(manager, ChannelListing::Table, [ChannelListing::LeaseOwner]);
        index!(manager, ChannelListing::Table, [Added::RereadAt]);
        // Not through `index!`: its columns are of two enums.
        let claims = Index::create()
            .name("idx_channel_listing_claim")
            .table(ChannelListing::Table)
            .col(ChannelListing::ChannelId)
            .col(Added::Priority)
            .col(ChannelListing::NextAttemptAt)
            .to_owned();
        manager.create_index(claims).await?;
        index!(manager, ChannelListing::Table, [ChannelListing::State, ChannelListing::UpdatedAt, ChannelListing::Id]);
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["channel_id_next_attempt_at", "lease_owner", "reread_at", "claim", "state_updated_at_id"] {
            let name = format!("idx_channel_listing_{name}");
            manager.drop_index(Index::drop().name(name).table(ChannelListing::Table).to_owned()).await?;
        }
        let added = [
            Added::Intent,
            Added::RemoteState,
            Added::Priority,
            Added::Generation,
            Added::ErrorKind,
            Added::RemoteReasons,
            Added::RemoteSeenAt,
            Added::RereadAt,
        ];
        drop_columns(manager, ChannelListing::Table, added).await?;
        drop_all(manager, [SyncAttempt::Table.into_iden(), ChannelMemory::Table.into_iden(), ChannelStatus::Table.into_iden()]).await
    }
}

async fn channel_status(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(ChannelStatus::Table)
                .col(uuid(ChannelStatus::ChannelId))
                .col(integer(ChannelStatus::Failures))
                .col(big_integer_null(ChannelStatus::RestingUntil))
                .col(string_null(ChannelStatus::RestingReason))
                .col(uuid_null(ChannelStatus::Holder))
                .col(big_integer_null(ChannelStatus::HeldUntil))
                .col(text_null(ChannelStatus::SealedTokens))
                .col(integer(ChannelStatus::TokensVersion))
                .col(big_integer_null(ChannelStatus::AccessExpiresAt))
                .col(big_integer_null(ChannelStatus::ReauthorizeBy))
                .col(uuid_null(ChannelStatus::Refresher))
                .col(big_integer_null(ChannelStatus::RefresherUntil))
                .primary_key(Index::create().col(ChannelStatus::ChannelId))
                .foreign_key(ForeignKey::create().from(ChannelStatus::Table, ChannelStatus::ChannelId).to(Channel::Table, Channel::Id))
                .to_owned(),
        )
        .await?;
    let existing = Query::select().column(Channel::Id).expr(Expr::val(0)).expr(Expr::val(0)).from(Channel::Table).to_owned();
    let mut rows = Query::insert();
    rows.into_table(ChannelStatus::Table).columns([ChannelStatus::ChannelId, ChannelStatus::Failures, ChannelStatus::TokensVersion]);
    rows.select_from(existing).map_err(|error| DbErr::Custom(error.to_string()))?;
    manager.execute(rows).await
}

async fn channel_memory(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(ChannelMemory::Table)
                .col(uuid(ChannelMemory::ChannelId))
                .col(string(ChannelMemory::Kind))
                .col(string(ChannelMemory::Name))
                .col(text(ChannelMemory::Value))
                .col(big_integer(ChannelMemory::NotedAt))
                .primary_key(Index::create().col(ChannelMemory::ChannelId).col(ChannelMemory::Kind).col(ChannelMemory::Name))
                .foreign_key(ForeignKey::create().from(ChannelMemory::Table, ChannelMemory::ChannelId).to(Channel::Table, Channel::Id))
                .to_owned(),
        )
        .await
}

async fn sync_attempt(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(SyncAttempt::Table)
                .col(uuid(SyncAttempt::Id))
                .col(uuid(SyncAttempt::ChannelListingId))
                .col(string(SyncAttempt::Call))
                .col(string_null(SyncAttempt::Kind))
                .col(string_null(SyncAttempt::Code))
                .col(text_null(SyncAttempt::Message))
                .col(string_null(SyncAttempt::RequestId))
                .col(integer(SyncAttempt::Millis))
                .col(big_integer(SyncAttempt::At))
                .primary_key(Index::create().col(SyncAttempt::Id))
                .foreign_key(
                    ForeignKey::create()
                        .from(SyncAttempt::Table, SyncAttempt::ChannelListingId)
                        .to(ChannelListing::Table, ChannelListing::Id),
                )
                .to_owned(),
        )
        .await?;
    index!(manager, SyncAttempt::Table, [SyncAttempt::ChannelListingId, SyncAttempt::Id]);
    index!(manager, SyncAttempt::Table, [SyncAttempt::At]);
    Ok(())
}

#[derive(DeriveIden, Clone, Copy)]
enum Added {
    Intent,
    RemoteState,
    Priority,
    Generation,
    ErrorKind,
    RemoteReasons,
    RemoteSeenAt,
    RereadAt,
}

#[derive(DeriveIden, Clone, Copy)]
enum ChannelStatus {
    Table,
    ChannelId,
    Failures,
    RestingUntil,
    RestingReason,
    Holder,
    HeldUntil,
    SealedTokens,
    TokensVersion,
    AccessExpiresAt,
    ReauthorizeBy,
    Refresher,
    RefresherUntil,
}

#[derive(DeriveIden, Clone, Copy)]
enum ChannelMemory {
    Table,
    ChannelId,
    Kind,
    Name,
    Value,
    NotedAt,
}

#[derive(DeriveIden, Clone, Copy)]
enum SyncAttempt {
    Table,
    Id,
    ChannelListingId,
    Call,
    Kind,
    Code,
    Message,
    RequestId,
    Millis,
    At,
}
