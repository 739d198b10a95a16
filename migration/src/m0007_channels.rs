//! Connections to marketplaces and the state of each listing on each of them.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        channel(manager).await?;
        channel_listing(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, [ChannelListing::Table.into_iden(), Channel::Table.into_iden()]).await
    }
}

async fn channel(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Channel::Table)
                .col(uuid(Channel::Id))
                .col(uuid_null(Channel::ProducerId))
                .col(string(Channel::Adapter))
                .col(string(Channel::Name))
                .col(text(Channel::BaseUrl))
                .col(text(Channel::SealedSettings))
                .col(string(Channel::State))
                .col(integer(Channel::Version))
                .col(big_integer(Channel::CreatedAt))
                .col(big_integer(Channel::UpdatedAt))
                .primary_key(Index::create().col(Channel::Id))
                .foreign_key(
                    ForeignKey::create()
                        .from(Channel::Table, Channel::ProducerId)
                        .to(crate::m0003_producers::Producer::Table, crate::m0003_producers::Producer::Id),
                )
                .to_owned(),
        )
        .await?;
    index!(manager, Channel::Table, [Channel::ProducerId]);
    Ok(())
}

async fn channel_listing(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(ChannelListing::Table)
                .col(uuid(ChannelListing::Id))
                .col(uuid(ChannelListing::ChannelId))
                .col(uuid(ChannelListing::ListingId))
                .col(uuid(ChannelListing::ProducerId))
                .col(string(ChannelListing::State))
                .col(integer(ChannelListing::DesiredVersion))
                .col(integer(ChannelListing::AcknowledgedVersion))
                .col(text(ChannelListing::Acknowledged))
                .col(boolean(ChannelListing::CreateSent))
                .col(string_null(ChannelListing::RemoteId))
                .col(string_null(ChannelListing::RemoteStatus))
                .col(text_null(ChannelListing::RemoteUrl))
                .col(integer(ChannelListing::Failures))
                .col(big_integer_null(ChannelListing::NextAttemptAt))
                .col(uuid_null(ChannelListing::LeaseOwner))
                .col(big_integer_null(ChannelListing::LeaseUntil))
                .col(string_null(ChannelListing::ErrorCode))
                .col(text_null(ChannelListing::ErrorMessage))
                .col(string_null(ChannelListing::ErrorRequestId))
                .col(string_null(ChannelListing::ErrorField))
                .col(big_integer_null(ChannelListing::PushedAt))
                .col(big_integer(ChannelListing::CreatedAt))
                .col(big_integer(ChannelListing::UpdatedAt))
                .primary_key(Index::create().col(ChannelListing::Id))
                .foreign_key(ForeignKey::create().from(ChannelListing::Table, ChannelListing::ChannelId).to(Channel::Table, Channel::Id))
                .foreign_key(
                    ForeignKey::create()
                        .from(ChannelListing::Table, ChannelListing::ListingId)
                        .to(crate::m0006_listings::Listing::Table, crate::m0006_listings::Listing::Id),
                )
                .to_owned(),
        )
        .await?;
    index!(manager, ChannelListing::Table, [ChannelListing::ChannelId, ChannelListing::ListingId], unique);
    index!(manager, ChannelListing::Table, [ChannelListing::ListingId]);
    index!(manager, ChannelListing::Table, [ChannelListing::NextAttemptAt]);
    index!(manager, ChannelListing::Table, [ChannelListing::ChannelId, ChannelListing::State, ChannelListing::Id]);
    Ok(())
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Channel {
    Table,
    Id,
    ProducerId,
    Adapter,
    Name,
    BaseUrl,
    SealedSettings,
    State,
    Version,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum ChannelListing {
    Table,
    Id,
    ChannelId,
    ListingId,
    ProducerId,
    State,
    DesiredVersion,
    AcknowledgedVersion,
    Acknowledged,
    CreateSent,
    RemoteId,
    RemoteStatus,
    RemoteUrl,
    Failures,
    NextAttemptAt,
    LeaseOwner,
    LeaseUntil,
    ErrorCode,
    ErrorMessage,
    ErrorRequestId,
    ErrorField,
    PushedAt,
    CreatedAt,
    UpdatedAt,
}
