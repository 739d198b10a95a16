//! Rows of `score_sheet`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "score_sheet")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) session_id: Uuid,
    pub(crate) dossier_id: Uuid,
    pub(crate) account_id: Uuid,
    pub(crate) state: String,
    pub(crate) marks: String,
    pub(crate) concerns: String,
    pub(crate) remark: Option<String>,
    pub(crate) part_a: i32,
    pub(crate) part_b: i32,
    pub(crate) part_c: i32,
    pub(crate) submitted_at: Option<i64>,
    pub(crate) version: i32,
    pub(crate) updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
