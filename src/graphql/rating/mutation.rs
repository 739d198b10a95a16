//! What is decided on dossiers and ratings.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use uuid::Uuid;

use crate::{
    domain::id::RatingId,
    graphql::{
        context::{asked, call, unasked},
        dossier::DossierPayload,
        error::{Fault, UserError, outcome},
        id::{Kind, of},
        rating::{RatingObject, WithdrawalReason},
        scalar::Date,
    },
    service::{
        ServiceError,
        ratings::{self, Approval, DecisionData, Revocation},
    },
};

/// Mutations on ratings.
#[derive(Default)]
pub struct RatingMutation;

/// What became of a rating.
#[derive(SimpleObject)]
pub struct RatingPayload {
    /// The rating as it is now; null when it was refused.
    rating: Option<RatingObject>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// A decision as signed.
#[derive(InputObject)]
pub struct DecisionInput {
    /// Who signed, for example `UBND tỉnh Tuyên Quang`; at most 200 characters.
    issuer: String,
    /// Number, for example `321/QĐ-UBND`; at most 100 characters.
    number: String,
    /// Day of signature, not in the future and not before the council closed.
    signed_on: Date,
}

/// What recognises a product.
#[derive(InputObject)]
pub struct RatingApproveInput {
    /// Stars granted, 3 to 5; those that the council proposed when left out, and never more. Three and four take the province's
    /// decision, five the ministry's.
    stars: Option<i32>,
    /// The province's decision.
    decision: DecisionInput,
    /// The ministry's decision; needed for five stars, after `ratingProposeNational`.
    national_decision: Option<DecisionInput>,
    /// Certificate number, at most 100 characters; made up when left out.
    certificate_number: Option<String>,
    /// First day of the 36 months, not in the future; the day of the decision when left out.
    issued_on: Option<Date>,
}

/// What proposes a product to the ministry.
#[derive(InputObject)]
pub struct RatingProposeNationalInput {
    /// The province's decision.
    decision: DecisionInput,
}

/// What reinstates a rating.
#[derive(InputObject)]
pub struct RatingReinstateInput {
    /// The decision on the appeal, at most 500 characters.
    legal_basis: String,
}

/// What refuses a dossier.
#[derive(InputObject)]
pub struct RatingRejectInput {
    /// The reason its producer will read, at most 2,000 characters.
    reason: String,
}

/// What withdraws a rating.
#[derive(InputObject)]
pub struct RatingRevokeInput {
    /// Class of reason.
    reason: WithdrawalReason,
    /// The decision that withdraws, at most 500 characters.
    legal_basis: String,
    /// First day without the rating; today, Vietnam time, when left out.
    effective_on: Option<Date>,
}

impl DecisionInput {
    fn read(self) -> DecisionData {
        DecisionData { issuer: self.issuer, number: self.number, signed_on: self.signed_on.0 }
    }
}

impl RatingApproveInput {
    fn read(self) -> Approval {
        Approval {
            stars: self.stars,
            decision: self.decision.read(),
            national_decision: self.national_decision.map(DecisionInput::read),
            certificate_number: self.certificate_number,
            issued_on: self.issued_on.map(|d| d.0),
        }
    }
}

impl RatingPayload {
    async fn of(context: &Context<'_>, result: Result<RatingId, ServiceError>) -> Result<Self, Fault> {
        let asked = asked(context)?;
        let (id, user_errors) = outcome(result, asked.locale)?;
        let rating = match id {
            Some(id) => ratings::find(&asked.service, &asked.actor, id, unasked(context)?).await?,
            None => None,
        };
        Ok(Self { rating: rating.map(RatingObject::of), user_errors })
    }
}

#[Object]
impl RatingMutation {
    /// Records the decision that recognises a product after its council closed, and issues its certificate for 36 months. One decision
    /// may recognise many products: give it with each. For admins.
    async fn rating_approve(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier that was decided.")] dossier: ID,
        #[graphql(desc = "The decision.")] input: RatingApproveInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<RatingPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        RatingPayload::of(context, ratings::approve(&asked.service, &call, of(Kind::Dossier, &dossier), input.read()).await).await
    }

    /// Proposes a product to the ministry for five stars: from 90 points, by the province's decision. For admins.
    async fn rating_propose_national(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier that was rated.")] dossier: ID,
        #[graphql(desc = "The decision.")] input: RatingProposeNationalInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        DossierPayload::of(asked, ratings::propose(&asked.service, &call, of(Kind::Dossier, &dossier), input.decision.read()).await).await
    }

    /// Reinstates a withdrawn rating after an appeal, from today on; the withdrawal stays on record. For admins.
    async fn rating_reinstate(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The rating.")] rating: ID,
        #[graphql(desc = "The decision.")] input: RatingReinstateInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<RatingPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        RatingPayload::of(context, ratings::reinstate(&asked.service, &call, of(Kind::Rating, &rating), &input.legal_basis).await).await
    }

    /// Records the decision that refuses a dossier. For admins.
    async fn rating_reject(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier that was decided.")] dossier: ID,
        #[graphql(desc = "The decision.")] input: RatingRejectInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<DossierPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        DossierPayload::of(asked, ratings::reject(&asked.service, &call, of(Kind::Dossier, &dossier), &input.reason).await).await
    }

    /// Withdraws a rating from a day on: from then the product's listings are neither public nor on any channel. For admins.
    async fn rating_revoke(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The rating.")] rating: ID,
        #[graphql(desc = "The decision.")] input: RatingRevokeInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<RatingPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let given =
            Revocation { reason: input.reason.into(), legal_basis: input.legal_basis, effective_on: input.effective_on.map(|d| d.0) };
        RatingPayload::of(context, ratings::revoke(&asked.service, &call, of(Kind::Rating, &rating), given).await).await
    }
}
