//! Rows of `idempotency`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) principal: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) field: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) request_key: Uuid,
    pub(crate) arguments_hash: String,
    pub(crate) object_id: Option<Uuid>,
    pub(crate) created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
