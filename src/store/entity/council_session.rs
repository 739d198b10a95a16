//! Rows of `council_session`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "council_session")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) held_on: Date,
    pub(crate) state: String,
    pub(crate) circulated_at: Option<i64>,
    pub(crate) opened_at: Option<i64>,
    pub(crate) closed_at: Option<i64>,
    pub(crate) early_reason: Option<String>,
    pub(crate) minutes: Option<String>,
    pub(crate) version: i32,
    pub(crate) created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
