//! The feed's consumers: in which parts of the catalog a listing was ever announced, and how far each consumer has read.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, index, m0005_ratings::Dossier, m0006_listings::Listing, m0007_channels::ChannelListing};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        announced_in(manager).await?;
        consumer(manager).await?;
        // Those who follow a channel or dossiers look for what changed since an instant.
        index!(manager, ChannelListing::Table, [ChannelListing::ChannelId, ChannelListing::UpdatedAt]);
        index!(manager, Dossier::Table, [Dossier::UpdatedAt]);
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("idx_dossier_updated_at").table(Dossier::Table).to_owned()).await?;
        manager.drop_index(Index::drop().name("idx_channel_listing_channel_id_updated_at").table(ChannelListing::Table).to_owned()).await?;
        drop_all(manager, [FeedConsumer::Table.into_iden(), AnnouncedIn::Table.into_iden()]).await
    }
}

async fn announced_in(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(AnnouncedIn::Table)
                .col(string(AnnouncedIn::Part))
                .col(uuid(AnnouncedIn::ListingId))
                .primary_key(Index::create().col(AnnouncedIn::Part).col(AnnouncedIn::ListingId))
                .foreign_key(ForeignKey::create().from(AnnouncedIn::Table, AnnouncedIn::ListingId).to(Listing::Table, Listing::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, AnnouncedIn::Table, [AnnouncedIn::ListingId]);
    // What is announced now; earlier places of listings that are already hidden were seen by no scoped consumer.
    for (prefix, column) in [("group:", "product_group"), ("commune:", "commune_code")] {
        manager
            .get_connection()
            .execute_unprepared(&format!(
                "INSERT INTO announced_in (part, listing_id) SELECT '{prefix}' || {column}, id FROM listing WHERE {column} IS NOT NULL"
            ))
            .await?;
    }
    Ok(())
}

async fn consumer(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(FeedConsumer::Table)
                .col(string(FeedConsumer::Principal))
                .col(string(FeedConsumer::Name))
                .col(text(FeedConsumer::Scope))
                .col(big_integer(FeedConsumer::Epoch))
                .col(big_integer(FeedConsumer::Seq))
                .col(big_integer(FeedConsumer::AcknowledgedAt))
                .primary_key(Index::create().col(FeedConsumer::Principal).col(FeedConsumer::Name))
                .to_owned(),
        )
        .await
}

#[derive(DeriveIden, Clone, Copy)]
enum AnnouncedIn {
    Table,
    Part,
    ListingId,
}

#[derive(DeriveIden, Clone, Copy)]
enum FeedConsumer {
    Table,
    Principal,
    Name,
    Scope,
    Epoch,
    Seq,
    AcknowledgedAt,
}
