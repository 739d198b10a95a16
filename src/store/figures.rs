//! Figures for the province: counted by the database.

use chrono::NaiveDate;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect, sea_query::Expr};

use crate::{
    domain::{code::coded as codes, procedure::DossierState, product::ProductGroup},
    store::{
        Db, StoreError,
        entity::{dossier, dossier_stage, product, rating},
        error::coded,
    },
};

codes! {
    /// How a rating stands for counting.
    Standing {
        /// In force.
        Valid = "VALID",
        /// Its months are over.
        Expired = "EXPIRED",
        /// Withdrawn.
        Withdrawn = "WITHDRAWN",
    }
}

/// A rating as far as counting needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rated {
    /// Stars.
    pub stars: i32,
    /// Group of the product.
    pub group: Option<ProductGroup>,
    /// Commune of the product.
    pub commune_code: Option<String>,
    /// How it stands.
    pub standing: Standing,
}

/// Every rating that was not replaced by a newer one on a day, as far as counting needs it.
pub async fn rated(db: &impl Db, day: NaiveDate) -> Result<Vec<Rated>, StoreError> {
    type Row = (i32, NaiveDate, Option<NaiveDate>, uuid::Uuid);
    let rows: Vec<Row> = rating::Entity::find()
        .select_only()
        .column(rating::Column::Stars)
        .column(rating::Column::ExpiresOn)
        .column(rating::Column::WithdrawnOn)
        .column(rating::Column::ProductId)
        .filter(rating::Column::IssuedOn.lte(day))
        .filter(rating::Column::SupersededOn.is_null().or(rating::Column::SupersededOn.gt(day)))
        .into_tuple()
        .all(db.connection())
        .await?;
    let products: Vec<(uuid::Uuid, Option<String>, Option<String>)> = product::Entity::find()
        .select_only()
        .column(product::Column::Id)
        .column(product::Column::ProductGroup)
        .column(product::Column::CommuneCode)
        .into_tuple()
        .all(db.connection())
        .await?;
    let products: std::collections::HashMap<_, _> = products.into_iter().map(|(id, group, commune)| (id, (group, commune))).collect();
    let counted = |(stars, expires_on, withdrawn_on, product): Row| {
        let (group, commune_code) = products.get(&product).cloned().unwrap_or_default();
        let standing = match withdrawn_on {
            Some(on) if on <= day => Standing::Withdrawn,
            _ if expires_on <= day => Standing::Expired,
            _ => Standing::Valid,
        };
        let group = group.map(|g| coded(ProductGroup::parse_code(&g), "product.product_group")).transpose()?;
        Ok(Rated { stars, group, commune_code, standing })
    };
    rows.into_iter().map(counted).collect()
}

/// Dossiers in each state.
pub async fn dossiers_by_state(db: &impl Db) -> Result<Vec<(DossierState, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = dossier::Entity::find()
        .select_only()
        .column(dossier::Column::State)
        .column_as(dossier::Column::Id.count(), "count")
        .group_by(dossier::Column::State)
        .into_tuple()
        .all(db.connection())
        .await?;
    rows.into_iter().map(|(state, count)| Ok((coded(DossierState::parse_code(&state), "dossier.state")?, count))).collect()
}

/// Visits of each state that ended, and how long they took altogether, in seconds.
pub async fn time_in_stages(db: &impl Db) -> Result<Vec<(DossierState, i64, i64)>, StoreError> {
    let seconds = Expr::col(dossier_stage::Column::LeftAt).sub(Expr::col(dossier_stage::Column::EnteredAt)).div(1_000_000i64);
    let rows: Vec<(String, i64, Option<i64>)> = dossier_stage::Entity::find()
        .select_only()
        .column(dossier_stage::Column::State)
        .column_as(dossier_stage::Column::Seq.count(), "visits")
        .column_as(Expr::expr(seconds).sum().cast_as("BIGINT"), "seconds")
        .filter(dossier_stage::Column::LeftAt.is_not_null())
        .group_by(dossier_stage::Column::State)
        .into_tuple()
        .all(db.connection())
        .await?;
    let entry = |(state, visits, seconds): (String, i64, Option<i64>)| {
        Ok((coded(DossierState::parse_code(&state), "dossier_stage.state")?, visits, seconds.unwrap_or(0)))
    };
    rows.into_iter().map(entry).collect()
}
