//! Producers (chủ thể OCOP), their members and invitations.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, index, ordered_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        producer(manager).await?;
        producer_member(manager).await?;
        producer_invitation(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, [ProducerInvitation::Table.into_iden(), ProducerMember::Table.into_iden(), Producer::Table.into_iden()]).await
    }
}

async fn producer(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Producer::Table)
                .col(uuid(Producer::Id))
                .col(string(Producer::Slug))
                .col(string_null(Producer::ExternalKey))
                .col(string(Producer::LegalName))
                .col(string(Producer::DisplayName))
                .col(string(Producer::Kind))
                .col(string_null(Producer::TaxCode))
                .col(string_null(Producer::CommuneCode))
                .col(string_null(Producer::LegacyCommuneCode))
                .col(string_null(Producer::Address))
                .col(string_null(Producer::Phone))
                .col(string_null(Producer::Email))
                .col(text_null(Producer::Story))
                .col(string(Producer::Status))
                .col(text(Producer::SearchText))
                .col(ordered_text(manager, Producer::SortName))
                .col(integer(Producer::Version))
                .col(big_integer(Producer::CreatedAt))
                .col(big_integer(Producer::UpdatedAt))
                .primary_key(Index::create().col(Producer::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, Producer::Table, [Producer::Slug], unique);
    index!(manager, Producer::Table, [Producer::ExternalKey], unique);
    index!(manager, Producer::Table, [Producer::TaxCode], unique);
    index!(manager, Producer::Table, [Producer::SortName, Producer::Id]);
    Ok(())
}

async fn producer_member(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(ProducerMember::Table)
                .col(uuid(ProducerMember::ProducerId))
                .col(uuid(ProducerMember::AccountId))
                .col(string(ProducerMember::Role))
                .col(big_integer(ProducerMember::CreatedAt))
                .primary_key(Index::create().col(ProducerMember::ProducerId).col(ProducerMember::AccountId))
                .foreign_key(ForeignKey::create().from(ProducerMember::Table, ProducerMember::ProducerId).to(Producer::Table, Producer::Id))
                .foreign_key(
                    ForeignKey::create()
                        .from(ProducerMember::Table, ProducerMember::AccountId)
                        .to(crate::m0002_accounts::Account::Table, crate::m0002_accounts::Account::Id),
                )
                .to_owned(),
        )
        .await?;
    index!(manager, ProducerMember::Table, [ProducerMember::AccountId]);
    Ok(())
}

async fn producer_invitation(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(ProducerInvitation::Table)
                .col(uuid(ProducerInvitation::Id))
                .col(uuid(ProducerInvitation::ProducerId))
                .col(string(ProducerInvitation::Email))
                .col(string(ProducerInvitation::Role))
                .col(big_integer(ProducerInvitation::CreatedAt))
                .col(big_integer_null(ProducerInvitation::AcceptedAt))
                .primary_key(Index::create().col(ProducerInvitation::Id))
                .foreign_key(
                    ForeignKey::create().from(ProducerInvitation::Table, ProducerInvitation::ProducerId).to(Producer::Table, Producer::Id),
                )
                .to_owned(),
        )
        .await?;
    index!(manager, ProducerInvitation::Table, [ProducerInvitation::ProducerId, ProducerInvitation::Email], unique);
    Ok(())
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Producer {
    Table,
    Id,
    Slug,
    ExternalKey,
    LegalName,
    DisplayName,
    Kind,
    TaxCode,
    CommuneCode,
    LegacyCommuneCode,
    Address,
    Phone,
    Email,
    Story,
    Status,
    SearchText,
    SortName,
    Version,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum ProducerMember {
    Table,
    ProducerId,
    AccountId,
    Role,
    CreatedAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum ProducerInvitation {
    Table,
    Id,
    ProducerId,
    Email,
    Role,
    CreatedAt,
    AcceptedAt,
}
