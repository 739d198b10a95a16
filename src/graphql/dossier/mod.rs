//! Dossiers: a product's application for a rating, as clients see it.

pub mod form;
pub mod mutation;
pub mod query;
pub mod review;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Duration, Utc};

use crate::{
    domain::{dossier::Dossier, id::DossierId, procedure::Stage, sheet},
    graphql::{
        context::{Asked, asked, loader},
        council::OutcomeObject,
        error::{Fault, UserError, outcome},
        id::{Kind, encode},
        loader::{
            AccountKey, ChecklistOf, CriteriaOf, CriteriaSetKey, DocumentsOf, ProducerKey, RatingKey, RatingOf, ReviewedProductKey,
            RulebookKey, StagesOf,
        },
        producer::ProducerObject,
        product::ProductObject,
        rating::RatingObject,
        rubric::{CriteriaSetObject, RulebookObject},
        seeds,
    },
    service::{ServiceError, dossiers},
};
use form::{ChangeRequestObject, ChecklistItemObject, CommuneReportObject, DocumentObject, SheetSums};

/// Where a dossier is. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::procedure::DossierState")]
pub enum DossierState {
    /// Being filled in by the producer.
    Draft,
    /// With the commune, which checks its form.
    Submitted,
    /// Sent back: the producer must answer.
    Returned,
    /// With the province's office.
    Forwarded,
    /// Accepted; waiting for a council.
    Accepted,
    /// With a council.
    UnderEvaluation,
    /// Scored; waiting for the decision.
    Rated,
    /// Proposed to the ministry for five stars.
    ProposedNational,
    /// A decision recognised the product.
    Recognised,
    /// A decision refused it, with a reason.
    NotRecognised,
    /// Taken back by the producer.
    Withdrawn,
}

/// What can happen to a dossier. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::procedure::DossierStep")]
pub enum DossierStep {
    /// The producer hands it in.
    Submit,
    /// The producer answers what was asked.
    Respond,
    /// The producer takes it back.
    Withdraw,
    /// The commune or the province sends it back.
    RequestChanges,
    /// The commune reports and forwards it.
    Endorse,
    /// The province's office accepts it.
    Accept,
    /// It is put before a council.
    Assign,
    /// It is taken from its council again.
    Unassign,
    /// The council closes its session.
    Rate,
    /// The province proposes it to the ministry.
    ProposeNational,
    /// A decision recognises the product.
    Recognise,
    /// A decision refuses it.
    Reject,
}

/// Who acts on a dossier. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::procedure::Duty", name = "DossierLevel")]
pub enum DossierLevel {
    /// Its producer.
    Producer,
    /// The commune's officers.
    Commune,
    /// The council.
    Council,
    /// The province: its office and its decision.
    Province,
}

/// Why a dossier was opened. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::dossier::DossierKind")]
pub enum DossierKind {
    /// A first rating, or a higher one.
    New,
    /// Rated again because a certificate ends.
    Renewal,
}

/// A stage that a dossier is or was in.
#[derive(SimpleObject)]
pub struct DossierStage {
    /// The state.
    state: DossierState,
    /// Since when.
    entered_at: DateTime<Utc>,
    /// Until when; null while it is there.
    left_at: Option<DateTime<Utc>>,
}

/// Dossier (hồ sơ sản phẩm OCOP): a product's application for a rating in one yearly cycle.
#[derive(Description)]
pub struct DossierObject(pub(super) Dossier);

#[Object(name = "Dossier", use_type_description)]
impl DossierObject {
    /// Opaque global id.
    pub(super) async fn id(&self) -> ID {
        encode(Kind::Dossier, self.0.id)
    }

    /// The product.
    async fn product(&self, context: &Context<'_>) -> Result<Option<ProductObject>, Fault> {
        Ok(loader(context)?.load_one(ReviewedProductKey(self.0.product_id)).await?.map(ProductObject::of))
    }

    /// Whose product it is; null for suspended producers.
    async fn producer(&self, context: &Context<'_>) -> Result<Option<ProducerObject>, Fault> {
        Ok(seeds::find(context, ProducerKey(self.0.producer_id)).await?.map(ProducerObject::of))
    }

    /// Why it was opened.
    async fn kind(&self) -> DossierKind {
        self.0.kind.into()
    }

    /// Yearly cycle, for example 2026.
    async fn cycle(&self) -> i32 {
        self.0.cycle
    }

    /// The rulebook it is rated by.
    async fn rulebook(&self, context: &Context<'_>) -> Result<Option<RulebookObject>, Fault> {
        Ok(loader(context)?.load_one(RulebookKey(self.0.rulebook.clone())).await?.map(RulebookObject))
    }

    /// Its criteria set; null until it is chosen.
    async fn criteria_set(&self, context: &Context<'_>) -> Result<Option<CriteriaSetObject>, Fault> {
        let Some(id) = self.0.criteria_set else { return Ok(None) };
        Ok(loader(context)?.load_one(CriteriaSetKey(id)).await?.map(CriteriaSetObject))
    }

    /// Code of the commune that checks it; null before it is handed in.
    async fn commune_code(&self) -> Option<&str> {
        self.0.commune_code.as_deref()
    }

    /// Where it is.
    async fn state(&self) -> DossierState {
        self.0.stage.state().into()
    }

    /// Who must act now; null when nothing more can happen.
    async fn holder(&self) -> Option<DossierLevel> {
        self.0.stage.state().holder().map(Into::into)
    }

    /// Since when it is where it is.
    async fn entered_at(&self) -> DateTime<Utc> {
        self.0.entered_at
    }

    /// When it becomes overdue where it is, by the service's own targets; null where there is none.
    async fn due_at(&self, context: &Context<'_>) -> Result<Option<DateTime<Utc>>, Fault> {
        let book = loader(context)?.load_one(RulebookKey(self.0.rulebook.clone())).await?;
        let days = book.and_then(|b| b.target_days(self.0.stage.state()));
        Ok(days.map(|days| self.0.entered_at + Duration::days(i64::from(days))))
    }

    /// What can happen next; at most a handful.
    async fn next_steps(&self) -> Vec<DossierStep> {
        self.0.stage.state().steps().into_iter().map(Into::into).collect()
    }

    /// Name of the officer who works on it; null when nobody has taken it on.
    async fn claimed_by(&self, context: &Context<'_>) -> Result<Option<String>, Fault> {
        let Some(account) = self.0.claimed_by else { return Ok(None) };
        Ok(loader(context)?.load_one(AccountKey(account)).await?.map(|a| a.display_name))
    }

    /// The stages it went through, in order; a few dozen at most.
    async fn stages(&self, context: &Context<'_>) -> Result<Vec<DossierStage>, Fault> {
        let found = loader(context)?.load_one(StagesOf(self.0.id)).await?.unwrap_or_default();
        let stage =
            |s: crate::store::dossiers::StageEntry| DossierStage { state: s.state.into(), entered_at: s.entered_at, left_at: s.left_at };
        Ok(found.into_iter().map(stage).collect())
    }

    /// The documents its rulebook asks for and how they stand; a few dozen.
    async fn checklist(&self, context: &Context<'_>) -> Result<Vec<ChecklistItemObject>, Fault> {
        let items = loader(context)?.load_one(ChecklistOf(self.0.id)).await?.unwrap_or_default();
        Ok(items.into_iter().map(ChecklistItemObject).collect())
    }

    /// Attached documents in the order in which they came; at most 200.
    async fn documents(&self, context: &Context<'_>) -> Result<Vec<DocumentObject>, Fault> {
        let found = loader(context)?.load_one(DocumentsOf(self.0.id)).await?.unwrap_or_default();
        Ok(found.into_iter().map(DocumentObject).collect())
    }

    /// The producer's own marks with their sums and what is missing; null before the criteria set is chosen.
    async fn self_assessment(&self, context: &Context<'_>) -> Result<Option<SheetSums>, Fault> {
        let Some(set) = self.0.criteria_set else { return Ok(None) };
        let criteria = loader(context)?.load_one(CriteriaOf(set)).await?.unwrap_or_default();
        Ok(Some(SheetSums::new(&self.0.self_assessment, sheet::check(&criteria, &self.0.self_assessment))))
    }

    /// The commune's report; null before the commune forwards it.
    async fn commune_report(&self) -> Option<CommuneReportObject> {
        self.0.report.clone().map(Into::into)
    }

    /// What the producer must mend or explain while the dossier is RETURNED; at most 50.
    async fn change_requests(&self) -> Vec<ChangeRequestObject> {
        match &self.0.stage {
            Stage::Returned { items, .. } => items.iter().cloned().map(Into::into).collect(),
            _ => Vec::new(),
        }
    }

    /// What the council found, while the decision is due; null otherwise.
    async fn outcome(&self, context: &Context<'_>) -> Result<Option<OutcomeObject>, Fault> {
        let Some((_, found)) = self.0.stage.outcome() else { return Ok(None) };
        let book = loader(context)?.load_one(RulebookKey(self.0.rulebook.clone())).await?;
        let locale = asked(context)?.locale;
        Ok(book.map(|book| OutcomeObject::new(found.clone(), &book, locale)))
    }

    /// The session of the council that has it or rated it; null before that, and once it is decided.
    async fn council_session(&self) -> Option<ID> {
        let session = match &self.0.stage {
            Stage::UnderEvaluation { session } | Stage::Rated { session, .. } | Stage::ProposedNational { session, .. } => session,
            _ => return None,
        };
        Some(encode(Kind::CouncilSession, *session))
    }

    /// The rating that came of it.
    async fn rating(&self, context: &Context<'_>) -> Result<Option<RatingObject>, Fault> {
        Ok(loader(context)?.load_one(RatingOf(self.0.id)).await?.map(RatingObject::of))
    }

    /// The rating that it renews.
    async fn previous_rating(&self, context: &Context<'_>) -> Result<Option<RatingObject>, Fault> {
        let Some(rating) = self.0.previous_rating else { return Ok(None) };
        Ok(loader(context)?.load_one(RatingKey(rating)).await?.map(RatingObject::of))
    }

    /// When it was handed in.
    async fn submitted_at(&self) -> Option<DateTime<Utc>> {
        self.0.submitted_at
    }

    /// When it was decided.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.decided_at
    }

    /// Why it was refused.
    async fn rejection_reason(&self) -> Option<&str> {
        if let Stage::NotRecognised { reason } = &self.0.stage { Some(reason) } else { None }
    }

    /// Grows with every change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was opened.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// What became of a dossier.
#[derive(SimpleObject)]
pub struct DossierPayload {
    /// The dossier as it is now; null when it was refused.
    dossier: Option<DossierObject>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

impl DossierPayload {
    pub(super) async fn of(asked: &Asked, result: Result<DossierId, ServiceError>) -> Result<Self, Fault> {
        let (id, user_errors) = outcome(result, asked.locale)?;
        let dossier = match id {
            Some(id) => dossiers::find(&asked.service, &asked.actor, id).await?,
            None => None,
        };
        Ok(Self { dossier: dossier.map(DossierObject), user_errors })
    }
}
