//! Rows of `producer`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "producer")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) slug: String,
    pub(crate) external_key: Option<String>,
    pub(crate) legal_name: String,
    pub(crate) display_name: String,
    pub(crate) kind: String,
    pub(crate) tax_code: Option<String>,
    pub(crate) commune_code: Option<String>,
    pub(crate) legacy_commune_code: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) story: Option<String>,
    pub(crate) status: String,
    pub(crate) search_text: String,
    pub(crate) sort_name: String,
    pub(crate) version: i32,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
