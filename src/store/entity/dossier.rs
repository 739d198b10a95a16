//! Rows of `dossier`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dossier")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) product_id: Uuid,
    pub(crate) producer_id: Uuid,
    pub(crate) cycle: i32,
    pub(crate) state: String,
    pub(crate) submitted_at: Option<i64>,
    pub(crate) decided_at: Option<i64>,
    pub(crate) decided_by: Option<Uuid>,
    pub(crate) rejection_reason: Option<String>,
    pub(crate) version: i32,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) kind: String,
    pub(crate) rulebook: String,
    pub(crate) criteria_set_id: Option<Uuid>,
    pub(crate) commune_code: Option<String>,
    pub(crate) facts: String,
    pub(crate) entered_at: i64,
    pub(crate) claimed_by: Option<Uuid>,
    pub(crate) previous_rating_id: Option<Uuid>,
    pub(crate) self_assessment: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
