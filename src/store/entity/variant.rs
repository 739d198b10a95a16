//! Rows of `variant`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "variant")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) product_id: Uuid,
    pub(crate) producer_id: Uuid,
    pub(crate) sku: String,
    pub(crate) gtin: Option<String>,
    pub(crate) net_thousandths: i64,
    pub(crate) net_unit: String,
    pub(crate) weight_grams: i32,
    pub(crate) position: i32,
    pub(crate) archived_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
