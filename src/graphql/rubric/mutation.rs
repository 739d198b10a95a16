//! Preparing and publishing criteria sets.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use uuid::Uuid;

use crate::{
    domain::id::CriteriaSetId,
    graphql::{
        context::{Asked, asked, call},
        error::{Fault, UserError, outcome},
        id::{Kind, of},
        rubric::{CriteriaSetObject, RubricPart},
    },
    service::{
        ServiceError,
        rubrics::{self, CriterionData},
    },
};

/// Mutations on rubrics.
#[derive(Default)]
pub struct RubricMutation;

/// What became of a criteria set.
#[derive(SimpleObject)]
pub struct CriteriaSetPayload {
    /// The set as it is now; null when it was refused.
    criteria_set: Option<CriteriaSetObject>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// One criterion as given.
#[derive(InputObject)]
pub struct CriterionInput {
    /// Part.
    part: RubricPart,
    /// Number of its section, at most 20 characters.
    section: String,
    /// Name of its section, at most 300 characters.
    section_name: String,
    /// Number on the form, at most 20 characters.
    number: String,
    /// What is judged, at most 500 characters.
    name: String,
    /// Most points, 1 to 100.
    max_points: i32,
    /// Points of the options; the highest is `maxPoints`. Left out where whole points are free.
    #[graphql(default)]
    option_points: Vec<i32>,
}

/// The whole sheet of a new edition.
#[derive(InputObject)]
pub struct RubricDraftInput {
    /// The criteria in the order of the form, 1 to 100.
    criteria: Vec<CriterionInput>,
}

impl CriteriaSetPayload {
    async fn of(asked: &Asked, result: Result<CriteriaSetId, ServiceError>) -> Result<Self, Fault> {
        let (id, user_errors) = outcome(result, asked.locale)?;
        let set = match id {
            Some(id) => rubrics::find(&asked.service, &asked.actor, id).await?,
            None => None,
        };
        Ok(Self { criteria_set: set.map(CriteriaSetObject), user_errors })
    }
}

#[Object]
impl RubricMutation {
    /// Drafts the next edition of a criteria set with its whole sheet; a draft that was there is replaced. For admins.
    async fn rubric_draft_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Any edition of the set.")] criteria_set: ID,
        #[graphql(desc = "The sheet.")] input: RubricDraftInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<CriteriaSetPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let criterion = |c: CriterionInput| CriterionData {
            part: c.part.into(),
            section: c.section,
            section_name: c.section_name,
            number: c.number,
            name: c.name,
            max_points: c.max_points,
            options: c.option_points,
        };
        let criteria = input.criteria.into_iter().map(criterion).collect();
        let drafted = rubrics::draft(&asked.service, &call, of(Kind::CriteriaSet, &criteria_set), criteria).await;
        CriteriaSetPayload::of(asked, drafted).await
    }

    /// Publishes a draft when its parts add up to those of its rulebook, no criterion is there twice and its options fit. It does not
    /// change any more; dossiers opened from now on are scored by it. For admins.
    async fn rubric_publish(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The draft.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<CriteriaSetPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        CriteriaSetPayload::of(asked, rubrics::publish(&asked.service, &call, of(Kind::CriteriaSet, &id)).await).await
    }
}
