//! Rows of `listing_change`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "listing_change")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) seq: i64,
    pub(crate) listing_id: Uuid,
    pub(crate) version: i32,
    pub(crate) causes: String,
    pub(crate) reason: Option<String>,
    pub(crate) committed_at: i64,
    pub(crate) is_latest: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
