//! Listings with what public reads filter by beside them: the publicity window, stars, group, commune, folded text.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, index, ordered_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        listing(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, [Listing::Table.into_iden()]).await
    }
}

async fn listing(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Listing::Table)
                .col(uuid(Listing::Id))
                .col(string(Listing::ExternalKey))
                .col(string(Listing::Slug))
                .col(uuid(Listing::ProducerId))
                .col(uuid(Listing::ProductId))
                .col(uuid(Listing::VariantId))
                .col(string(Listing::TitleVi))
                .col(string_null(Listing::TitleEn))
                .col(big_integer(Listing::Price))
                .col(big_integer(Listing::Stock))
                .col(integer(Listing::MinOrder))
                .col(big_integer_null(Listing::ValidFrom))
                .col(big_integer_null(Listing::ValidUntil))
                .col(string(Listing::State))
                .col(big_integer_null(Listing::PublishedAt))
                .col(integer(Listing::Version))
                .col(integer(Listing::RecordVersion))
                .col(big_integer_null(Listing::PublicFrom))
                .col(big_integer_null(Listing::PublicUntil))
                .col(boolean(Listing::Announced))
                .col(integer(Listing::Stars))
                .col(string_null(Listing::ProductGroup))
                .col(string_null(Listing::CommuneCode))
                .col(text(Listing::SearchText))
                .col(ordered_text(manager, Listing::SortName))
                .col(big_integer(Listing::CreatedAt))
                .col(big_integer(Listing::UpdatedAt))
                .primary_key(Index::create().col(Listing::Id))
                .foreign_key(
                    ForeignKey::create()
                        .from(Listing::Table, Listing::ProductId)
                        .to(crate::m0004_products::Product::Table, crate::m0004_products::Product::Id),
                )
                .foreign_key(
                    ForeignKey::create()
                        .from(Listing::Table, Listing::VariantId)
                        .to(crate::m0004_products::Variant::Table, crate::m0004_products::Variant::Id),
                )
                .to_owned(),
        )
        .await?;
    index!(manager, Listing::Table, [Listing::ExternalKey], unique);
    index!(manager, Listing::Table, [Listing::Slug], unique);
    index!(manager, Listing::Table, [Listing::ProductId]);
    index!(manager, Listing::Table, [Listing::ProducerId]);
    index!(manager, Listing::Table, [Listing::VariantId]);
    index!(manager, Listing::Table, [Listing::Price, Listing::Id]);
    index!(manager, Listing::Table, [Listing::Stars, Listing::Id]);
    index!(manager, Listing::Table, [Listing::CreatedAt, Listing::Id]);
    index!(manager, Listing::Table, [Listing::SortName, Listing::Id]);
    index!(manager, Listing::Table, [Listing::Announced, Listing::PublicUntil]);
    index!(manager, Listing::Table, [Listing::Announced, Listing::PublicFrom]);
    Ok(())
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Listing {
    Table,
    Id,
    ExternalKey,
    Slug,
    ProducerId,
    ProductId,
    VariantId,
    TitleVi,
    TitleEn,
    Price,
    Stock,
    MinOrder,
    ValidFrom,
    ValidUntil,
    State,
    PublishedAt,
    Version,
    RecordVersion,
    PublicFrom,
    PublicUntil,
    Announced,
    Stars,
    ProductGroup,
    CommuneCode,
    SearchText,
    SortName,
    CreatedAt,
    UpdatedAt,
}
