//! Products with variants, pictures, certifications of other kinds and what sources recorded about them.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, index, ordered_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        product(manager).await?;
        variant(manager).await?;
        media(manager).await?;
        certification(manager).await?;
        recognition(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(
            manager,
            [
                Recognition::Table.into_iden(),
                Certification::Table.into_iden(),
                Media::Table.into_iden(),
                Variant::Table.into_iden(),
                Product::Table.into_iden(),
            ],
        )
        .await
    }
}

async fn product(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Product::Table)
                .col(uuid(Product::Id))
                .col(uuid_null(Product::ProducerId))
                .col(string(Product::Slug))
                .col(string_null(Product::ExternalKey))
                .col(string_null(Product::ProductGroup))
                .col(string(Product::State))
                .col(string(Product::NameVi))
                .col(string_null(Product::NameEn))
                .col(text_null(Product::DescriptionVi))
                .col(text_null(Product::DescriptionEn))
                .col(string(Product::SeasonMonths))
                .col(string_null(Product::CommuneCode))
                .col(string_null(Product::LegacyCommuneCode))
                .col(text(Product::SearchText))
                .col(ordered_text(manager, Product::SortName))
                .col(integer(Product::Version))
                .col(big_integer(Product::CreatedAt))
                .col(big_integer(Product::UpdatedAt))
                .primary_key(Index::create().col(Product::Id))
                .foreign_key(
                    ForeignKey::create()
                        .from(Product::Table, Product::ProducerId)
                        .to(crate::m0003_producers::Producer::Table, crate::m0003_producers::Producer::Id),
                )
                .to_owned(),
        )
        .await?;
    index!(manager, Product::Table, [Product::Slug], unique);
    index!(manager, Product::Table, [Product::ExternalKey], unique);
    index!(manager, Product::Table, [Product::ProducerId]);
    index!(manager, Product::Table, [Product::SortName, Product::Id]);
    Ok(())
}

async fn variant(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Variant::Table)
                .col(uuid(Variant::Id))
                .col(uuid(Variant::ProductId))
                .col(uuid(Variant::ProducerId))
                .col(string(Variant::Sku))
                .col(string_null(Variant::Gtin))
                .col(big_integer(Variant::NetThousandths))
                .col(string(Variant::NetUnit))
                .col(integer(Variant::WeightGrams))
                .col(integer(Variant::Position))
                .col(big_integer_null(Variant::ArchivedAt))
                .primary_key(Index::create().col(Variant::Id))
                .foreign_key(ForeignKey::create().from(Variant::Table, Variant::ProductId).to(Product::Table, Product::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, Variant::Table, [Variant::ProductId]);
    index!(manager, Variant::Table, [Variant::ProducerId, Variant::Sku], unique);
    index!(manager, Variant::Table, [Variant::Gtin], unique);
    Ok(())
}

async fn media(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Media::Table)
                .col(uuid(Media::Id))
                .col(uuid(Media::ProductId))
                .col(text(Media::Url))
                .col(string(Media::AltVi))
                .col(string_null(Media::AltEn))
                .col(integer(Media::Position))
                .primary_key(Index::create().col(Media::Id))
                .foreign_key(ForeignKey::create().from(Media::Table, Media::ProductId).to(Product::Table, Product::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, Media::Table, [Media::ProductId]);
    Ok(())
}

async fn certification(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Certification::Table)
                .col(uuid(Certification::Id))
                .col(uuid(Certification::ProductId))
                .col(string(Certification::Kind))
                .col(string_null(Certification::Number))
                .col(string_null(Certification::Issuer))
                .col(date_null(Certification::IssuedOn))
                .col(date_null(Certification::ExpiresOn))
                .col(text_null(Certification::DocumentUrl))
                .col(integer(Certification::Position))
                .primary_key(Index::create().col(Certification::Id))
                .foreign_key(ForeignKey::create().from(Certification::Table, Certification::ProductId).to(Product::Table, Product::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, Certification::Table, [Certification::ProductId]);
    Ok(())
}

async fn recognition(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Recognition::Table)
                .col(uuid(Recognition::Id))
                .col(uuid(Recognition::ProductId))
                .col(string(Recognition::Evidence))
                .col(integer_null(Recognition::Stars))
                .col(integer_null(Recognition::RecognisedYear))
                .col(string_null(Recognition::DecisionNumber))
                .col(text_null(Recognition::Source))
                .primary_key(Index::create().col(Recognition::Id))
                .foreign_key(ForeignKey::create().from(Recognition::Table, Recognition::ProductId).to(Product::Table, Product::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, Recognition::Table, [Recognition::ProductId], unique);
    Ok(())
}

#[expect(clippy::enum_variant_names, reason = "the column is named so because GROUP is a word of SQL")]
#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Product {
    Table,
    Id,
    ProducerId,
    Slug,
    ExternalKey,
    ProductGroup,
    State,
    NameVi,
    NameEn,
    DescriptionVi,
    DescriptionEn,
    SeasonMonths,
    CommuneCode,
    LegacyCommuneCode,
    SearchText,
    SortName,
    Version,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Variant {
    Table,
    Id,
    ProductId,
    ProducerId,
    Sku,
    Gtin,
    NetThousandths,
    NetUnit,
    WeightGrams,
    Position,
    ArchivedAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Media {
    Table,
    Id,
    ProductId,
    Url,
    AltVi,
    AltEn,
    Position,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Certification {
    Table,
    Id,
    ProductId,
    Kind,
    Number,
    Issuer,
    IssuedOn,
    ExpiresOn,
    DocumentUrl,
    Position,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Recognition {
    Table,
    Id,
    ProductId,
    Evidence,
    Stars,
    RecognisedYear,
    DecisionNumber,
    Source,
}
