//! Figures for the province: ratings by stars, group, commune and validity; dossiers by state; time in each stage.

use std::collections::BTreeMap;

pub use crate::store::figures::Standing;
use crate::{
    domain::{
        actor::{Action, Actor, permit},
        procedure::DossierState,
        product::ProductGroup,
    },
    service::{Service, ServiceError},
    store::figures::{self, Rated},
};

/// Figures of today.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Ratings in force by stars.
    pub by_stars: BTreeMap<i32, usize>,
    /// Ratings in force by group; without a group under none.
    pub by_group: BTreeMap<Option<ProductGroup>, usize>,
    /// Ratings in force by commune; without a commune under none.
    pub by_commune: BTreeMap<Option<String>, usize>,
    /// Newest ratings of products by how they stand.
    pub by_standing: BTreeMap<Standing, usize>,
    /// Dossiers by state.
    pub dossiers: Vec<(DossierState, i64)>,
    /// Ended visits of each state and the average of their length in whole hours.
    pub stages: Vec<(DossierState, i64, i64)>,
}

/// The figures of today. For admins.
pub async fn today(service: &Service, actor: &Actor) -> Result<Figures, ServiceError> {
    permit(actor, Action::ReadStatistics)?;
    let mut found = Figures::default();
    for Rated { stars, group, commune_code, standing } in figures::rated(&service.store, service.clock.today()).await? {
        *found.by_standing.entry(standing).or_default() += 1;
        if standing == Standing::Valid {
            *found.by_stars.entry(stars).or_default() += 1;
            *found.by_group.entry(group).or_default() += 1;
            *found.by_commune.entry(commune_code).or_default() += 1;
        }
    }
    found.dossiers = figures::dossiers_by_state(&service.store).await?;
    found.dossiers.sort_unstable();
    let hours = |(state, visits, seconds): (DossierState, i64, i64)| (state, visits, seconds / visits.max(1) / 3600);
    found.stages = figures::time_in_stages(&service.store).await?.into_iter().map(hours).collect();
    found.stages.sort_unstable();
    Ok(found)
}
