//! Figures for the province.

use async_graphql::{Context, Enum, Object, SimpleObject};

use crate::{
    graphql::{context::asked, dossier::DossierState, error::Fault, product::OcopGroup},
    service::statistics,
};

/// Queries on figures.
#[derive(Default)]
pub struct StatisticsQuery;

/// How a product's newest rating stands. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "statistics::Standing", name = "RatingStanding")]
pub enum RatingStanding {
    /// In force.
    Valid,
    /// Its months are over.
    Expired,
    /// Withdrawn.
    Withdrawn,
}

/// Figures of today.
#[derive(SimpleObject)]
pub struct Statistics {
    /// Products with a rating in force, by stars; at most three rows.
    by_stars: Vec<StarsCount>,
    /// Products with a rating in force, by group; at most seven rows.
    by_group: Vec<GroupCount>,
    /// Products with a rating in force, by commune; a row a commune with any.
    by_commune: Vec<CommuneCount>,
    /// Products by how their newest rating stands; at most three rows.
    by_standing: Vec<StandingCount>,
    /// Dossiers by state; a row a state with any.
    dossiers: Vec<DossierCount>,
    /// Time in each state, over all visits that ended; a row a state with any.
    stages: Vec<StageTime>,
}

/// Products by stars.
#[derive(SimpleObject)]
pub struct StarsCount {
    /// Stars.
    stars: i32,
    /// Products.
    count: usize,
}

/// Products by group.
#[derive(SimpleObject)]
pub struct GroupCount {
    /// The group; null for products without one.
    group: Option<OcopGroup>,
    /// Products.
    count: usize,
}

/// Products by commune.
#[derive(SimpleObject)]
pub struct CommuneCount {
    /// Code of the commune of today; null for products without one.
    commune: Option<String>,
    /// Products.
    count: usize,
}

/// Products by standing.
#[derive(SimpleObject)]
pub struct StandingCount {
    /// How the newest rating stands.
    standing: RatingStanding,
    /// Products.
    count: usize,
}

/// Dossiers by state.
#[derive(SimpleObject)]
pub struct DossierCount {
    /// The state.
    state: DossierState,
    /// Dossiers.
    count: i32,
}

/// Time in a state.
#[derive(SimpleObject)]
pub struct StageTime {
    /// The state.
    state: DossierState,
    /// Visits that ended.
    visits: i32,
    /// Average length of a visit, in whole hours.
    average_hours: i32,
}

#[Object]
impl StatisticsQuery {
    /// Figures of today, Vietnam time. For admins.
    async fn statistics(&self, context: &Context<'_>) -> Result<Statistics, Fault> {
        let asked = asked(context)?;
        let found = statistics::today(&asked.service, &asked.actor).await?;
        let whole = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        Ok(Statistics {
            by_stars: found.by_stars.into_iter().map(|(stars, count)| StarsCount { stars, count }).collect(),
            by_group: found.by_group.into_iter().map(|(group, count)| GroupCount { group: group.map(Into::into), count }).collect(),
            by_commune: found.by_commune.into_iter().map(|(commune, count)| CommuneCount { commune, count }).collect(),
            by_standing: found.by_standing.into_iter().map(|(s, count)| StandingCount { standing: s.into(), count }).collect(),
            dossiers: found.dossiers.into_iter().map(|(s, count)| DossierCount { state: s.into(), count: whole(count) }).collect(),
            stages: found
                .stages
                .into_iter()
                .map(|(s, visits, hours)| StageTime { state: s.into(), visits: whole(visits), average_hours: whole(hours) })
                .collect(),
        })
    }
}
