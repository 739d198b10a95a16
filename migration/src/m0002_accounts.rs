//! Accounts, roles, sessions with rotating refresh tokens, API keys.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        account(manager).await?;
        role_grant(manager).await?;
        session(manager).await?;
        refresh_token(manager).await?;
        api_key(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(
            manager,
            [
                ApiKey::Table.into_iden(),
                RefreshToken::Table.into_iden(),
                Session::Table.into_iden(),
                RoleGrant::Table.into_iden(),
                Account::Table.into_iden(),
            ],
        )
        .await
    }
}

async fn account(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Account::Table)
                .col(uuid(Account::Id))
                .col(string(Account::Email))
                .col(string(Account::DisplayName))
                .col(string(Account::PasswordHash))
                .col(big_integer_null(Account::DisabledAt))
                .col(big_integer(Account::CreatedAt))
                .primary_key(Index::create().col(Account::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, Account::Table, [Account::Email], unique);
    Ok(())
}

async fn role_grant(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(RoleGrant::Table)
                .col(uuid(RoleGrant::AccountId))
                .col(string(RoleGrant::Role))
                .col(string(RoleGrant::CommuneCode))
                .col(uuid_null(RoleGrant::GrantedBy))
                .col(big_integer(RoleGrant::GrantedAt))
                .primary_key(Index::create().col(RoleGrant::AccountId).col(RoleGrant::Role).col(RoleGrant::CommuneCode))
                .foreign_key(ForeignKey::create().from(RoleGrant::Table, RoleGrant::AccountId).to(Account::Table, Account::Id))
                .to_owned(),
        )
        .await?;
    Ok(())
}

async fn session(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Session::Table)
                .col(uuid(Session::Id))
                .col(uuid(Session::AccountId))
                .col(big_integer(Session::CreatedAt))
                .col(big_integer(Session::ExpiresAt))
                .col(big_integer_null(Session::RevokedAt))
                .primary_key(Index::create().col(Session::Id))
                .foreign_key(ForeignKey::create().from(Session::Table, Session::AccountId).to(Account::Table, Account::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, Session::Table, [Session::AccountId]);
    Ok(())
}

async fn refresh_token(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(RefreshToken::Table)
                .col(string(RefreshToken::Hash))
                .col(uuid(RefreshToken::SessionId))
                .col(big_integer(RefreshToken::CreatedAt))
                .col(big_integer_null(RefreshToken::UsedAt))
                .primary_key(Index::create().col(RefreshToken::Hash))
                .foreign_key(ForeignKey::create().from(RefreshToken::Table, RefreshToken::SessionId).to(Session::Table, Session::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, RefreshToken::Table, [RefreshToken::SessionId]);
    Ok(())
}

async fn api_key(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(ApiKey::Table)
                .col(uuid(ApiKey::Id))
                .col(uuid(ApiKey::AccountId))
                .col(string(ApiKey::Name))
                .col(string(ApiKey::Prefix))
                .col(string(ApiKey::Hash))
                .col(string(ApiKey::Scopes))
                .col(big_integer(ApiKey::CreatedAt))
                .col(big_integer_null(ApiKey::RevokedAt))
                .primary_key(Index::create().col(ApiKey::Id))
                .foreign_key(ForeignKey::create().from(ApiKey::Table, ApiKey::AccountId).to(Account::Table, Account::Id))
                .to_owned(),
        )
        .await?;
    index!(manager, ApiKey::Table, [ApiKey::Prefix], unique);
    index!(manager, ApiKey::Table, [ApiKey::AccountId]);
    Ok(())
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Account {
    Table,
    Id,
    Email,
    DisplayName,
    PasswordHash,
    DisabledAt,
    CreatedAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum RoleGrant {
    Table,
    AccountId,
    Role,
    CommuneCode,
    GrantedBy,
    GrantedAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Session {
    Table,
    Id,
    AccountId,
    CreatedAt,
    ExpiresAt,
    RevokedAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum RefreshToken {
    Table,
    Hash,
    SessionId,
    CreatedAt,
    UsedAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum ApiKey {
    Table,
    Id,
    AccountId,
    Name,
    Prefix,
    Hash,
    Scopes,
    CreatedAt,
    RevokedAt,
}
