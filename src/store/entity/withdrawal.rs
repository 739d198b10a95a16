//! Rows of `withdrawal`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "withdrawal")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) rating_id: Uuid,
    pub(crate) reason: String,
    pub(crate) legal_basis: String,
    pub(crate) effective_on: Date,
    pub(crate) recorded_at: i64,
    pub(crate) reinstated_on: Option<Date>,
    pub(crate) reinstatement_basis: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
