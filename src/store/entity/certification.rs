//! Rows of `certification`.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certification")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) product_id: Uuid,
    pub(crate) kind: String,
    pub(crate) number: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) issued_on: Option<NaiveDate>,
    pub(crate) expires_on: Option<NaiveDate>,
    pub(crate) document_url: Option<String>,
    pub(crate) position: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
