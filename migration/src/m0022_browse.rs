//! Listings of one group in the order of time.

use sea_orm_migration::prelude::*;

use crate::{index, m0006_listings::Listing};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        index!(manager, Listing::Table, [Listing::ProductGroup, Listing::CreatedAt, Listing::Id]);
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let name = "idx_listing_product_group_created_at_id";
        manager.drop_index(Index::drop().name(name).table(Listing::Table).to_owned()).await
    }
}
