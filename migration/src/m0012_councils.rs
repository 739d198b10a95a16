//! Evaluation councils: sessions, who sits in them, which dossiers they rate, score sheets, findings on hard conditions.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, index, m0005_ratings::Dossier};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        session(manager).await?;
        member(manager).await?;
        dossier(manager).await?;
        finding(manager).await?;
        sheet(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            ScoreSheet::Table.into_iden(),
            CouncilFinding::Table.into_iden(),
            CouncilDossier::Table.into_iden(),
            CouncilMember::Table.into_iden(),
            CouncilSession::Table.into_iden(),
        ];
        drop_all(manager, tables).await
    }
}

async fn session(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(CouncilSession::Table)
                .col(uuid(CouncilSession::Id))
                .col(text(CouncilSession::Name))
                .col(date(CouncilSession::HeldOn))
                .col(string(CouncilSession::State))
                .col(big_integer_null(CouncilSession::CirculatedAt))
                .col(big_integer_null(CouncilSession::OpenedAt))
                .col(big_integer_null(CouncilSession::ClosedAt))
                .col(text_null(CouncilSession::EarlyReason))
                .col(text_null(CouncilSession::Minutes))
                .col(integer(CouncilSession::Version))
                .col(big_integer(CouncilSession::CreatedAt))
                .primary_key(Index::create().col(CouncilSession::Id))
                .to_owned(),
        )
        .await
}

async fn member(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(CouncilMember::Table)
                .col(uuid(CouncilMember::SessionId))
                .col(uuid(CouncilMember::AccountId))
                .col(string(CouncilMember::Duty))
                .primary_key(Index::create().col(CouncilMember::SessionId).col(CouncilMember::AccountId))
                .foreign_key(
                    ForeignKey::create().from(CouncilMember::Table, CouncilMember::SessionId).to(CouncilSession::Table, CouncilSession::Id),
                )
                .to_owned(),
        )
        .await?;
    index!(manager, CouncilMember::Table, [CouncilMember::AccountId]);
    Ok(())
}

async fn dossier(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(CouncilDossier::Table)
                .col(uuid(CouncilDossier::SessionId))
                .col(uuid(CouncilDossier::DossierId))
                .col(integer(CouncilDossier::Position))
                .primary_key(Index::create().col(CouncilDossier::SessionId).col(CouncilDossier::DossierId))
                .foreign_key(
                    ForeignKey::create()
                        .from(CouncilDossier::Table, CouncilDossier::SessionId)
                        .to(CouncilSession::Table, CouncilSession::Id),
                )
                .foreign_key(ForeignKey::create().from(CouncilDossier::Table, CouncilDossier::DossierId).to(Dossier::Table, Dossier::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, CouncilDossier::Table, [CouncilDossier::DossierId]);
    Ok(())
}

async fn finding(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(CouncilFinding::Table)
                .col(uuid(CouncilFinding::SessionId))
                .col(uuid(CouncilFinding::DossierId))
                .col(string(CouncilFinding::Condition))
                .col(boolean(CouncilFinding::IsMet))
                .col(text_null(CouncilFinding::Note))
                .primary_key(Index::create().col(CouncilFinding::SessionId).col(CouncilFinding::DossierId).col(CouncilFinding::Condition))
                .to_owned(),
        )
        .await
}

async fn sheet(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(ScoreSheet::Table)
                .col(uuid(ScoreSheet::Id))
                .col(uuid(ScoreSheet::SessionId))
                .col(uuid(ScoreSheet::DossierId))
                .col(uuid(ScoreSheet::AccountId))
                .col(string(ScoreSheet::State))
                .col(text(ScoreSheet::Marks))
                .col(text(ScoreSheet::Concerns))
                .col(text_null(ScoreSheet::Remark))
                .col(integer(ScoreSheet::PartA))
                .col(integer(ScoreSheet::PartB))
                .col(integer(ScoreSheet::PartC))
                .col(big_integer_null(ScoreSheet::SubmittedAt))
                .col(integer(ScoreSheet::Version))
                .col(big_integer(ScoreSheet::UpdatedAt))
                .primary_key(Index::create().col(ScoreSheet::Id))
                .foreign_key(
                    ForeignKey::create().from(ScoreSheet::Table, ScoreSheet::SessionId).to(CouncilSession::Table, CouncilSession::Id),
                )
                .to_owned(),
        )
        .await?;
    index!(manager, ScoreSheet::Table, [ScoreSheet::SessionId, ScoreSheet::DossierId, ScoreSheet::AccountId], unique);
    index!(manager, ScoreSheet::Table, [ScoreSheet::DossierId]);
    Ok(())
}

#[derive(DeriveIden, Clone, Copy)]
enum CouncilSession {
    Table,
    Id,
    Name,
    HeldOn,
    State,
    CirculatedAt,
    OpenedAt,
    ClosedAt,
    EarlyReason,
    Minutes,
    Version,
    CreatedAt,
}

#[derive(DeriveIden, Clone, Copy)]
enum CouncilMember {
    Table,
    SessionId,
    AccountId,
    Duty,
}

#[derive(DeriveIden, Clone, Copy)]
enum CouncilDossier {
    Table,
    SessionId,
    DossierId,
    Position,
}

#[derive(DeriveIden, Clone, Copy)]
enum CouncilFinding {
    Table,
    SessionId,
    DossierId,
    Condition,
    IsMet,
    Note,
}

#[derive(DeriveIden, Clone, Copy)]
enum ScoreSheet {
    Table,
    Id,
    SessionId,
    DossierId,
    AccountId,
    State,
    Marks,
    Concerns,
    Remark,
    PartA,
    PartB,
    PartC,
    SubmittedAt,
    Version,
    UpdatedAt,
}
