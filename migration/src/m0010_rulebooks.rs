//! Rulebooks as published, and their criteria sets in editions. Replaces the tables of m0009, whose rows are reference data that
//! the program loads again.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, index, m0009_rubrics, ordered_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        m0009_rubrics::Migration.down(manager).await?;
        rulebook(manager).await?;
        criteria_set(manager).await?;
        criterion(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, [Criterion::Table.into_iden(), CriteriaSet::Table.into_iden(), Rulebook::Table.into_iden()]).await?;
        m0009_rubrics::Migration.up(manager).await
    }
}

async fn rulebook(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Rulebook::Table)
                .col(ordered_text(manager, Rulebook::Code))
                .col(text(Rulebook::Body))
                .col(date(Rulebook::ValidFrom))
                .col(big_integer(Rulebook::LoadedAt))
                .primary_key(Index::create().col(Rulebook::Code))
                .to_owned(),
        )
        .await
}

async fn criteria_set(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(CriteriaSet::Table)
                .col(uuid(CriteriaSet::Id))
                .col(ordered_text(manager, CriteriaSet::Rulebook))
                .col(integer(CriteriaSet::SetNo))
                .col(integer(CriteriaSet::Edition))
                .col(string(CriteriaSet::State))
                .col(text(CriteriaSet::Name))
                .col(text(CriteriaSet::GroupName))
                .col(text(CriteriaSet::BranchName))
                .col(string_null(CriteriaSet::ProductGroup))
                .col(integer(CriteriaSet::PartA))
                .col(integer(CriteriaSet::PartB))
                .col(integer(CriteriaSet::PartC))
                .col(text_null(CriteriaSet::Source))
                .col(big_integer_null(CriteriaSet::PublishedAt))
                .primary_key(Index::create().col(CriteriaSet::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, CriteriaSet::Table, [CriteriaSet::Rulebook, CriteriaSet::SetNo, CriteriaSet::Edition], unique);
    Ok(())
}

async fn criterion(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Criterion::Table)
                .col(uuid(Criterion::SetId))
                .col(integer(Criterion::Position))
                .col(string(Criterion::Part))
                .col(text(Criterion::SectionNo))
                .col(text(Criterion::SectionName))
                .col(text(Criterion::Number))
                .col(text(Criterion::Name))
                .col(integer(Criterion::MaxPoints))
                .col(text(Criterion::OptionPoints))
                .primary_key(Index::create().col(Criterion::SetId).col(Criterion::Position))
                .to_owned(),
        )
        .await
}

#[derive(DeriveIden)]
enum Rulebook {
    Table,
    Code,
    Body,
    ValidFrom,
    LoadedAt,
}

#[derive(DeriveIden, Clone, Copy)]
enum CriteriaSet {
    Table,
    Id,
    Rulebook,
    SetNo,
    Edition,
    State,
    Name,
    GroupName,
    BranchName,
    ProductGroup,
    PartA,
    PartB,
    PartC,
    Source,
    PublishedAt,
}

#[derive(DeriveIden)]
enum Criterion {
    Table,
    SetId,
    Position,
    Part,
    SectionNo,
    SectionName,
    Number,
    Name,
    MaxPoints,
    OptionPoints,
}
