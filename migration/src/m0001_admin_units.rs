//! Administrative units of both eras with the mapping of 2025-07-01. A code alone does not identify a unit: the key is (era, code).

use sea_orm_migration::{prelude::*, schema::*};

use crate::{drop_all, index, ordered_text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        admin_unit(manager).await?;
        admin_mapping(manager).await?;
        setting(manager).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, [Setting::Table.into_iden(), AdminMapping::Table.into_iden(), AdminUnit::Table.into_iden()]).await
    }
}

async fn admin_unit(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(AdminUnit::Table)
                .col(string(AdminUnit::Era))
                .col(ordered_text(manager, AdminUnit::Code))
                .col(string(AdminUnit::Level))
                .col(string(AdminUnit::Kind))
                .col(string(AdminUnit::Name))
                .col(string(AdminUnit::ProvinceCode))
                .col(string_null(AdminUnit::DistrictName))
                .col(string(AdminUnit::NameKey))
                .primary_key(Index::create().col(AdminUnit::Era).col(AdminUnit::Code))
                .to_owned(),
        )
        .await?;
    index!(manager, AdminUnit::Table, [AdminUnit::Era, AdminUnit::NameKey]);
    index!(manager, AdminUnit::Table, [AdminUnit::Era, AdminUnit::ProvinceCode]);
    Ok(())
}

async fn admin_mapping(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(AdminMapping::Table)
                .col(string(AdminMapping::LegacyCode))
                .col(string(AdminMapping::NewCode))
                .col(boolean(AdminMapping::Divided))
                .col(boolean(AdminMapping::IsDefault))
                .primary_key(Index::create().col(AdminMapping::LegacyCode).col(AdminMapping::NewCode))
                .to_owned(),
        )
        .await?;
    index!(manager, AdminMapping::Table, [AdminMapping::NewCode]);
    Ok(())
}

async fn setting(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Setting::Table)
                .col(string(Setting::Name))
                .col(text(Setting::Value))
                .primary_key(Index::create().col(Setting::Name))
                .to_owned(),
        )
        .await?;
    Ok(())
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum AdminUnit {
    Table,
    Era,
    Code,
    Level,
    Kind,
    Name,
    ProvinceCode,
    DistrictName,
    NameKey,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum AdminMapping {
    Table,
    LegacyCode,
    NewCode,
    Divided,
    IsDefault,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Setting {
    Table,
    Name,
    Value,
}
