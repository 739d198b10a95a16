//! Rows of `admin_unit`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_unit")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) era: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) code: String,
    pub(crate) level: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) province_code: String,
    pub(crate) district_name: Option<String>,
    pub(crate) name_key: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
