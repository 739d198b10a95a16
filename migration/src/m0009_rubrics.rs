//! Criteria sets of the rulebooks with their criteria: what a council scores a product by.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, ordered_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(CriteriaSet::Table)
                    .col(ordered_text(manager, CriteriaSet::Rulebook))
                    .col(integer(CriteriaSet::SetNo))
                    .col(text(CriteriaSet::Name))
                    .col(text(CriteriaSet::GroupName))
                    .col(text(CriteriaSet::BranchName))
                    .col(integer(CriteriaSet::PartA))
                    .col(integer(CriteriaSet::PartB))
                    .col(integer(CriteriaSet::PartC))
                    .primary_key(Index::create().col(CriteriaSet::Rulebook).col(CriteriaSet::SetNo))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(Criterion::Table)
                    .col(ordered_text(manager, Criterion::Rulebook))
                    .col(integer(Criterion::SetNo))
                    .col(integer(Criterion::Position))
                    .col(string(Criterion::Part))
                    .col(text(Criterion::SectionNo))
                    .col(text(Criterion::SectionName))
                    .col(text(Criterion::Number))
                    .col(text(Criterion::Name))
                    .col(integer(Criterion::MaxPoints))
                    .col(text(Criterion::OptionPoints))
                    .primary_key(Index::create().col(Criterion::Rulebook).col(Criterion::SetNo).col(Criterion::Position))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, [Criterion::Table.into_iden(), CriteriaSet::Table.into_iden()]).await
    }
}

#[derive(DeriveIden)]
enum CriteriaSet {
    Table,
    Rulebook,
    SetNo,
    Name,
    GroupName,
    BranchName,
    PartA,
    PartB,
    PartC,
}

#[derive(DeriveIden)]
enum Criterion {
    Table,
    Rulebook,
    SetNo,
    Position,
    Part,
    SectionNo,
    SectionName,
    Number,
    Name,
    MaxPoints,
    OptionPoints,
}
