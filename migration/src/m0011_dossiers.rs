//! The whole way of a dossier: its rulebook and criteria set, who has it since when, its documents, who did what for it; uploads.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{add_columns, drop_all, drop_columns, index, m0005_ratings::Dossier as Old};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(
            manager,
            Old::Table,
            [
                string(Dossier::Kind).default("NEW").to_owned(),
                string(Dossier::Rulebook).default("148/QĐ-TTg").to_owned(),
                uuid_null(Dossier::CriteriaSetId),
                string_null(Dossier::CommuneCode),
                text(Dossier::Facts).default("{}").to_owned(),
                big_integer(Dossier::EnteredAt).default(0).to_owned(),
                uuid_null(Dossier::ClaimedBy),
                uuid_null(Dossier::PreviousRatingId),
                text_null(Dossier::SelfAssessment),
            ],
        )
        .await?;
        let database = manager.get_connection();
        for statement in [
            "UPDATE dossier SET entered_at = updated_at",
            "UPDATE dossier SET state = 'RECOGNISED' WHERE state = 'APPROVED'",
            "UPDATE dossier SET state = 'NOT_RECOGNISED' WHERE state = 'REJECTED'",
        ] {
            database.execute_unprepared(statement).await?;
        }
        index!(manager, Old::Table, [Dossier::CommuneCode, Old::State]);
        stage(manager).await?;
        duty(manager).await?;
        upload(manager).await?;
        document(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            DossierDocument::Table.into_iden(),
            Upload::Table.into_iden(),
            DossierDuty::Table.into_iden(),
            DossierStage::Table.into_iden(),
        ];
        drop_all(manager, tables).await?;
        manager.drop_index(Index::drop().name("idx_dossier_commune_code_state").table(Old::Table).to_owned()).await?;
        let database = manager.get_connection();
        for statement in [
            "UPDATE dossier SET state = 'APPROVED' WHERE state = 'RECOGNISED'",
            "UPDATE dossier SET state = 'REJECTED' WHERE state = 'NOT_RECOGNISED'",
            "UPDATE dossier SET state = 'SUBMITTED' WHERE state NOT IN ('DRAFT', 'APPROVED', 'REJECTED', 'WITHDRAWN')",
        ] {
            database.execute_unprepared(statement).await?;
        }
        drop_columns(
            manager,
            Old::Table,
            [
                Dossier::Kind,
                Dossier::Rulebook,
                Dossier::CriteriaSetId,
                Dossier::CommuneCode,
                Dossier::Facts,
                Dossier::EnteredAt,
                Dossier::ClaimedBy,
                Dossier::PreviousRatingId,
                Dossier::SelfAssessment,
            ],
        )
        .await
    }
}

async fn stage(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(DossierStage::Table)
                .col(uuid(DossierStage::DossierId))
                .col(integer(DossierStage::Seq))
                .col(string(DossierStage::State))
                .col(big_integer(DossierStage::EnteredAt))
                .col(big_integer_null(DossierStage::LeftAt))
                .primary_key(Index::create().col(DossierStage::DossierId).col(DossierStage::Seq))
                .to_owned(),
        )
        .await
}

async fn duty(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(DossierDuty::Table)
                .col(uuid(DossierDuty::DossierId))
                .col(uuid(DossierDuty::AccountId))
                .col(string(DossierDuty::Duty))
                .primary_key(Index::create().col(DossierDuty::DossierId).col(DossierDuty::AccountId).col(DossierDuty::Duty))
                .to_owned(),
        )
        .await
}

async fn upload(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Upload::Table)
                .col(uuid(Upload::Id))
                .col(uuid(Upload::AccountId))
                .col(string(Upload::State))
                .col(text(Upload::FileName))
                .col(string(Upload::ContentType))
                .col(big_integer(Upload::Size))
                .col(string(Upload::Sha256))
                .col(string(Upload::TokenHash))
                .col(big_integer(Upload::ExpiresAt))
                .col(big_integer(Upload::CreatedAt))
                .primary_key(Index::create().col(Upload::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, Upload::Table, [Upload::State, Upload::ExpiresAt]);
    Ok(())
}

async fn document(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(DossierDocument::Table)
                .col(uuid(DossierDocument::Id))
                .col(uuid(DossierDocument::DossierId))
                .col(string(DossierDocument::Requirement))
                .col(integer_null(DossierDocument::Criterion))
                .col(uuid(DossierDocument::UploadId))
                .col(big_integer(DossierDocument::AttachedAt))
                .primary_key(Index::create().col(DossierDocument::Id))
                .foreign_key(ForeignKey::create().from(DossierDocument::Table, DossierDocument::DossierId).to(Old::Table, Old::Id))
                .foreign_key(ForeignKey::create().from(DossierDocument::Table, DossierDocument::UploadId).to(Upload::Table, Upload::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, DossierDocument::Table, [DossierDocument::DossierId]);
    Ok(())
}

#[derive(DeriveIden, Clone, Copy)]
enum Dossier {
    Kind,
    Rulebook,
    CriteriaSetId,
    CommuneCode,
    Facts,
    EnteredAt,
    ClaimedBy,
    PreviousRatingId,
    SelfAssessment,
}

#[derive(DeriveIden, Clone, Copy)]
enum DossierStage {
    Table,
    DossierId,
    Seq,
    State,
    EnteredAt,
    LeftAt,
}

#[derive(DeriveIden, Clone, Copy)]
enum DossierDuty {
    Table,
    DossierId,
    AccountId,
    Duty,
}

#[derive(DeriveIden, Clone, Copy)]
enum Upload {
    Table,
    Id,
    AccountId,
    State,
    FileName,
    ContentType,
    Size,
    Sha256,
    TokenHash,
    ExpiresAt,
    CreatedAt,
}

#[derive(DeriveIden, Clone, Copy)]
enum DossierDocument {
    Table,
    Id,
    DossierId,
    Requirement,
    Criterion,
    UploadId,
    AttachedAt,
}
