//! Rows of `rating`.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rating")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) product_id: Uuid,
    pub(crate) producer_id: Uuid,
    pub(crate) dossier_id: Uuid,
    pub(crate) decision_id: Uuid,
    pub(crate) stars: i32,
    pub(crate) score_hundredths: Option<i32>,
    pub(crate) certificate_number: String,
    pub(crate) issued_on: NaiveDate,
    pub(crate) expires_on: NaiveDate,
    pub(crate) withdrawn_on: Option<NaiveDate>,
    pub(crate) withdrawal_reason: Option<String>,
    pub(crate) withdrawal_basis: Option<String>,
    pub(crate) superseded_on: Option<NaiveDate>,
    pub(crate) version: i32,
    pub(crate) created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
