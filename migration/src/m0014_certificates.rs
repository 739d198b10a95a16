//! Withdrawals of ratings with their reinstatements, and reminders that a certificate ends.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, index, m0005_ratings::Rating};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Withdrawal::Table)
                    .col(uuid(Withdrawal::Id))
                    .col(uuid(Withdrawal::RatingId))
                    .col(string(Withdrawal::Reason))
                    .col(text(Withdrawal::LegalBasis))
                    .col(date(Withdrawal::EffectiveOn))
                    .col(big_integer(Withdrawal::RecordedAt))
                    .col(date_null(Withdrawal::ReinstatedOn))
                    .col(text_null(Withdrawal::ReinstatementBasis))
                    .primary_key(Index::create().col(Withdrawal::Id))
                    .foreign_key(ForeignKey::create().from(Withdrawal::Table, Withdrawal::RatingId).to(Rating::Table, Rating::Id))
                    .to_owned(),
            )
            .await?;
        index!(manager, Withdrawal::Table, [Withdrawal::RatingId]);
        manager
            .create_table(
                Table::create()
                    .table(Reminder::Table)
                    .col(uuid(Reminder::Id))
                    .col(uuid(Reminder::RatingId))
                    .col(integer(Reminder::Days))
                    .col(string(Reminder::Via))
                    .col(string(Reminder::State))
                    .col(integer(Reminder::Attempts))
                    .col(big_integer(Reminder::DueAt))
                    .col(big_integer(Reminder::CreatedAt))
                    .col(big_integer_null(Reminder::DeliveredAt))
                    .col(text_null(Reminder::LastError))
                    .primary_key(Index::create().col(Reminder::Id))
                    .foreign_key(ForeignKey::create().from(Reminder::Table, Reminder::RatingId).to(Rating::Table, Rating::Id))
                    .to_owned(),
            )
            .await?;
        index!(manager, Reminder::Table, [Reminder::RatingId, Reminder::Days, Reminder::Via], unique);
        index!(manager, Reminder::Table, [Reminder::State, Reminder::DueAt]);
        index!(manager, Rating::Table, [Rating::ExpiresOn, Rating::Id]);
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("idx_rating_expires_on_id").table(Rating::Table).to_owned()).await?;
        drop_all(manager, [Reminder::Table.into_iden(), Withdrawal::Table.into_iden()]).await
    }
}

#[derive(DeriveIden, Clone, Copy)]
enum Withdrawal {
    Table,
    Id,
    RatingId,
    Reason,
    LegalBasis,
    EffectiveOn,
    RecordedAt,
    ReinstatedOn,
    ReinstatementBasis,
}

#[derive(DeriveIden, Clone, Copy)]
enum Reminder {
    Table,
    Id,
    RatingId,
    Days,
    Via,
    State,
    Attempts,
    DueAt,
    CreatedAt,
    DeliveredAt,
    LastError,
}
