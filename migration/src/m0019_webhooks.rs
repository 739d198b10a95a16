//! Webhooks: endpoints of integrators with the place up to which they were told, and every try to tell them.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(WebhookEndpoint::Table)
                    .col(uuid(WebhookEndpoint::Id))
                    .col(string(WebhookEndpoint::Principal))
                    .col(text(WebhookEndpoint::Url))
                    .col(text(WebhookEndpoint::Scope))
                    .col(text(WebhookEndpoint::SealedSecret))
                    .col(text_null(WebhookEndpoint::PreviousSecret))
                    .col(big_integer_null(WebhookEndpoint::PreviousUntil))
                    .col(string(WebhookEndpoint::State))
                    .col(string_null(WebhookEndpoint::StateReason))
                    .col(text(WebhookEndpoint::Cursor))
                    .col(big_integer(WebhookEndpoint::Seq))
                    .col(integer(WebhookEndpoint::Failures))
                    .col(big_integer_null(WebhookEndpoint::FailingSince))
                    .col(big_integer(WebhookEndpoint::DueAt))
                    .col(big_integer(WebhookEndpoint::LeaseUntil))
                    .col(big_integer(WebhookEndpoint::CreatedAt))
                    .col(big_integer(WebhookEndpoint::UpdatedAt))
                    .primary_key(Index::create().col(WebhookEndpoint::Id))
                    .to_owned(),
            )
            .await?;
        index!(manager, WebhookEndpoint::Table, [WebhookEndpoint::Principal]);
        index!(manager, WebhookEndpoint::Table, [WebhookEndpoint::State, WebhookEndpoint::DueAt]);
        manager
            .create_table(
                Table::create()
                    .table(WebhookAttempt::Table)
                    .col(uuid(WebhookAttempt::Id))
                    .col(uuid(WebhookAttempt::EndpointId))
                    .col(string(WebhookAttempt::MessageId))
                    .col(big_integer(WebhookAttempt::At))
                    .col(integer_null(WebhookAttempt::Status))
                    .col(text_null(WebhookAttempt::Error))
                    .col(integer(WebhookAttempt::Changes))
                    .col(integer(WebhookAttempt::Milliseconds))
                    .primary_key(Index::create().col(WebhookAttempt::Id))
                    .foreign_key(
                        ForeignKey::create()
                            .from(WebhookAttempt::Table, WebhookAttempt::EndpointId)
                            .to(WebhookEndpoint::Table, WebhookEndpoint::Id)
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        index!(manager, WebhookAttempt::Table, [WebhookAttempt::EndpointId, WebhookAttempt::At]);
        index!(manager, WebhookAttempt::Table, [WebhookAttempt::At]);
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, [WebhookAttempt::Table.into_iden(), WebhookEndpoint::Table.into_iden()]).await
    }
}

#[derive(DeriveIden, Clone, Copy)]
enum WebhookEndpoint {
    Table,
    Id,
    Principal,
    Url,
    Scope,
    SealedSecret,
    PreviousSecret,
    PreviousUntil,
    State,
    StateReason,
    Cursor,
    Seq,
    Failures,
    FailingSince,
    DueAt,
    LeaseUntil,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden, Clone, Copy)]
enum WebhookAttempt {
    Table,
    Id,
    EndpointId,
    MessageId,
    At,
    Status,
    Error,
    Changes,
    Milliseconds,
}
