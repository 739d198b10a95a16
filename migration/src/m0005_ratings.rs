//! Dossiers, decisions and ratings with their certificates.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dossier(manager).await?;
        decision(manager).await?;
        rating(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, [Rating::Table.into_iden(), Decision::Table.into_iden(), Dossier::Table.into_iden()]).await
    }
}

async fn dossier(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Dossier::Table)
                .col(uuid(Dossier::Id))
                .col(uuid(Dossier::ProductId))
                .col(uuid(Dossier::ProducerId))
                .col(integer(Dossier::Cycle))
                .col(string(Dossier::State))
                .col(big_integer_null(Dossier::SubmittedAt))
                .col(big_integer_null(Dossier::DecidedAt))
                .col(uuid_null(Dossier::DecidedBy))
                .col(text_null(Dossier::RejectionReason))
                .col(integer(Dossier::Version))
                .col(big_integer(Dossier::CreatedAt))
                .col(big_integer(Dossier::UpdatedAt))
                .primary_key(Index::create().col(Dossier::Id))
                .foreign_key(
                    ForeignKey::create()
                        .from(Dossier::Table, Dossier::ProductId)
                        .to(crate::m0004_products::Product::Table, crate::m0004_products::Product::Id),
                )
                .to_owned(),
        )
        .await?;
    index!(manager, Dossier::Table, [Dossier::ProductId]);
    index!(manager, Dossier::Table, [Dossier::ProducerId]);
    index!(manager, Dossier::Table, [Dossier::State, Dossier::SubmittedAt, Dossier::Id]);
    Ok(())
}

async fn decision(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Decision::Table)
                .col(uuid(Decision::Id))
                .col(string(Decision::Authority))
                .col(string(Decision::Issuer))
                .col(string(Decision::Number))
                .col(date(Decision::SignedOn))
                .col(big_integer(Decision::CreatedAt))
                .primary_key(Index::create().col(Decision::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, Decision::Table, [Decision::Issuer, Decision::Number, Decision::SignedOn], unique);
    Ok(())
}

async fn rating(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Rating::Table)
                .col(uuid(Rating::Id))
                .col(uuid(Rating::ProductId))
                .col(uuid(Rating::ProducerId))
                .col(uuid(Rating::DossierId))
                .col(uuid(Rating::DecisionId))
                .col(integer(Rating::Stars))
                .col(integer_null(Rating::ScoreHundredths))
                .col(string(Rating::CertificateNumber))
                .col(date(Rating::IssuedOn))
                .col(date(Rating::ExpiresOn))
                .col(date_null(Rating::WithdrawnOn))
                .col(string_null(Rating::WithdrawalReason))
                .col(text_null(Rating::WithdrawalBasis))
                .col(date_null(Rating::SupersededOn))
                .col(integer(Rating::Version))
                .col(big_integer(Rating::CreatedAt))
                .primary_key(Index::create().col(Rating::Id))
                .foreign_key(
                    ForeignKey::create()
                        .from(Rating::Table, Rating::ProductId)
                        .to(crate::m0004_products::Product::Table, crate::m0004_products::Product::Id),
                )
                .foreign_key(ForeignKey::create().from(Rating::Table, Rating::DossierId).to(Dossier::Table, Dossier::Id))
                .foreign_key(ForeignKey::create().from(Rating::Table, Rating::DecisionId).to(Decision::Table, Decision::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, Rating::Table, [Rating::ProductId, Rating::IssuedOn]);
    index!(manager, Rating::Table, [Rating::DossierId], unique);
    index!(manager, Rating::Table, [Rating::CertificateNumber], unique);
    Ok(())
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Dossier {
    Table,
    Id,
    ProductId,
    ProducerId,
    Cycle,
    State,
    SubmittedAt,
    DecidedAt,
    DecidedBy,
    RejectionReason,
    Version,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Decision {
    Table,
    Id,
    Authority,
    Issuer,
    Number,
    SignedOn,
    CreatedAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Rating {
    Table,
    Id,
    ProductId,
    ProducerId,
    DossierId,
    DecisionId,
    Stars,
    ScoreHundredths,
    CertificateNumber,
    IssuedOn,
    ExpiresOn,
    WithdrawnOn,
    WithdrawalReason,
    WithdrawalBasis,
    SupersededOn,
    Version,
    CreatedAt,
}
