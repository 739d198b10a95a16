//! Rows of `channel_listing`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "channel_listing")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) channel_id: Uuid,
    pub(crate) listing_id: Uuid,
    pub(crate) producer_id: Uuid,
    pub(crate) state: String,
    pub(crate) desired_version: i32,
    pub(crate) acknowledged_version: i32,
    pub(crate) acknowledged: String,
    pub(crate) create_sent: bool,
    pub(crate) remote_id: Option<String>,
    pub(crate) remote_status: Option<String>,
    pub(crate) remote_url: Option<String>,
    pub(crate) failures: i32,
    pub(crate) next_attempt_at: Option<i64>,
    pub(crate) lease_owner: Option<Uuid>,
    pub(crate) lease_until: Option<i64>,
    pub(crate) error_code: Option<String>,
    pub(crate) error_message: Option<String>,
    pub(crate) error_request_id: Option<String>,
    pub(crate) error_field: Option<String>,
    pub(crate) error_kind: Option<String>,
    pub(crate) intent: String,
    pub(crate) remote_state: String,
    pub(crate) priority: i32,
    pub(crate) generation: i32,
    pub(crate) remote_reasons: Option<String>,
    pub(crate) remote_seen_at: Option<i64>,
    pub(crate) reread_at: Option<i64>,
    pub(crate) drift: Option<String>,
    pub(crate) stop_since: Option<i64>,
    pub(crate) pushed_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
