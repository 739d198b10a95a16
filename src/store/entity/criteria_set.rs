//! Rows of `criteria_set`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "criteria_set")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) rulebook: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) set_no: i32,
    pub(crate) name: String,
    pub(crate) group_name: String,
    pub(crate) branch_name: String,
    pub(crate) part_a: i32,
    pub(crate) part_b: i32,
    pub(crate) part_c: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
