//! Rows of `criteria_set`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "criteria_set")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) rulebook: String,
    pub(crate) set_no: i32,
    pub(crate) edition: i32,
    pub(crate) state: String,
    pub(crate) name: String,
    pub(crate) group_name: String,
    pub(crate) branch_name: String,
    pub(crate) product_group: Option<String>,
    pub(crate) part_a: i32,
    pub(crate) part_b: i32,
    pub(crate) part_c: i32,
    pub(crate) source: Option<String>,
    pub(crate) published_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
