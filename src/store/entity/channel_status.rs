//! Rows of `channel_status`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "channel_status")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) channel_id: Uuid,
    pub(crate) failures: i32,
    pub(crate) resting_until: Option<i64>,
    pub(crate) resting_reason: Option<String>,
    pub(crate) holder: Option<Uuid>,
    pub(crate) held_until: Option<i64>,
    pub(crate) sealed_tokens: Option<String>,
    pub(crate) tokens_version: i32,
    pub(crate) access_expires_at: Option<i64>,
    pub(crate) reauthorize_by: Option<i64>,
    pub(crate) refresher: Option<Uuid>,
    pub(crate) refresher_until: Option<i64>,
    pub(crate) swept_at: Option<i64>,
    pub(crate) sweep_tried_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
