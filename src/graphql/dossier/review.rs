//! What communes and the province's office do with dossiers.

use async_graphql::{Context, ID, InputObject, Object};
use uuid::Uuid;

use crate::{
    graphql::{
        context::{asked, call},
        dossier::DossierPayload,
        error::Fault,
        id::{Kind, of},
        scalar::Date,
    },
    service::reviews::{self, ReportData},
};

/// Mutations of those who review dossiers.
#[derive(Default)]
pub struct ReviewMutation;

/// What the commune found on one criterion, as given.
#[derive(InputObject)]
pub struct CommuneFindingInput {
    /// Whether it is met.
    is_met: bool,
    /// The assessment in words, at most 2,000 characters.
    assessment: String,
}

/// The commune's report on its three criteria.
#[derive(InputObject)]
pub struct CommuneReportInput {
    /// Origin of the product or local materials, together with local labour.
    local_materials_and_labour: CommuneFindingInput,
    /// Origin of the product idea.
    origin_of_idea: CommuneFindingInput,
    /// Local identity, local knowledge.
    local_identity: CommuneFindingInput,
    /// Day of the meeting with the units concerned, not in the future.
    meeting_on: Date,
    /// Number of the letter to the province, at most 100 characters.
    letter: Option<String>,
}

/// One thing that is asked.
#[derive(InputObject)]
pub struct ChangeRequestInput {
    /// What it is about: a document's code, a criterion's place, or anything else; at most 200 characters.
    about: String,
    /// Why, at most 2,000 characters.
    reason: String,
}

/// What is asked.
#[derive(InputObject)]
pub struct DossierRequestChangesInput {
    /// The items, 1 to 50.
    items: Vec<ChangeRequestInput>,
}

impl CommuneReportInput {
    fn read(self) -> ReportData {
        let findings = [self.local_materials_and_labour, self.origin_of_idea, self.local_identity];
        ReportData { findings: findings.map(|f| (f.is_met, f.assessment)), meeting_on: self.meeting_on.0, letter: self.letter }
    }
}

#[Object]
impl ReviewMutation {
    /// Takes a dossier on, so that others see who works on it. For officers and admins.
    async fn dossier_claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        DossierPayload::of(asked, reviews::claim(&asked.service, &call, of(Kind::Dossier, &id)).await).await
    }

    /// Gives a dossier back that one has taken on. For officers and admins.
    async fn dossier_release(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        DossierPayload::of(asked, reviews::release(&asked.service, &call, of(Kind::Dossier, &id)).await).await
    }

    /// Sends a dossier back to its producer with a reason for each item: an officer of its commune while it is SUBMITTED, the
    /// province's office while it is FORWARDED.
    async fn dossier_request_changes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier.")] id: ID,
        #[graphql(desc = "What is asked.")] input: DossierRequestChangesInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let items = input.items.into_iter().map(|i| (i.about, i.reason)).collect();
        DossierPayload::of(asked, reviews::request_changes(&asked.service, &call, of(Kind::Dossier, &id), items).await).await
    }

    /// Records the commune's report and forwards the dossier to the province. For officers of its commune.
    async fn dossier_commune_endorse(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier.")] id: ID,
        #[graphql(desc = "The report.")] input: CommuneReportInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        DossierPayload::of(asked, reviews::endorse(&asked.service, &call, of(Kind::Dossier, &id), input.read()).await).await
    }

    /// Accepts a forwarded dossier for a council. For admins, who work for the province's office.
    async fn dossier_accept(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        DossierPayload::of(asked, reviews::accept(&asked.service, &call, of(Kind::Dossier, &id)).await).await
    }
}
