//! Rows of `listing`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "listing")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) external_key: String,
    pub(crate) slug: String,
    pub(crate) producer_id: Uuid,
    pub(crate) product_id: Uuid,
    pub(crate) variant_id: Uuid,
    pub(crate) title_vi: String,
    pub(crate) title_en: Option<String>,
    pub(crate) price: i64,
    pub(crate) stock: i64,
    pub(crate) min_order: i32,
    pub(crate) valid_from: Option<i64>,
    pub(crate) valid_until: Option<i64>,
    pub(crate) state: String,
    pub(crate) published_at: Option<i64>,
    pub(crate) version: i32,
    pub(crate) record_version: i32,
    pub(crate) public_from: Option<i64>,
    pub(crate) public_until: Option<i64>,
    pub(crate) announced: bool,
    pub(crate) stars: i32,
    pub(crate) product_group: Option<String>,
    pub(crate) commune_code: Option<String>,
    pub(crate) sort_name: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
