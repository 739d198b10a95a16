//! Rows of `admin_mapping`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_mapping")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) legacy_code: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) new_code: String,
    pub(crate) divided: bool,
    pub(crate) is_default: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
