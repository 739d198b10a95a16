//! Rows of `product`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) producer_id: Option<Uuid>,
    pub(crate) slug: String,
    pub(crate) external_key: Option<String>,
    pub(crate) product_group: Option<String>,
    pub(crate) state: String,
    pub(crate) name_vi: String,
    pub(crate) name_en: Option<String>,
    pub(crate) description_vi: Option<String>,
    pub(crate) description_en: Option<String>,
    pub(crate) season_months: String,
    pub(crate) commune_code: Option<String>,
    pub(crate) legacy_commune_code: Option<String>,
    pub(crate) search_text: String,
    pub(crate) sort_name: String,
    pub(crate) version: i32,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
