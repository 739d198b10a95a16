//! Rows of `webhook_endpoint`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoint")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) principal: String,
    pub(crate) url: String,
    pub(crate) scope: String,
    pub(crate) sealed_secret: String,
    pub(crate) previous_secret: Option<String>,
    pub(crate) previous_until: Option<i64>,
    pub(crate) state: String,
    pub(crate) state_reason: Option<String>,
    pub(crate) cursor: String,
    pub(crate) seq: i64,
    pub(crate) failures: i32,
    pub(crate) failing_since: Option<i64>,
    pub(crate) due_at: i64,
    pub(crate) lease_until: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
