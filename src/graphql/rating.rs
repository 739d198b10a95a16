//! Ratings: stars, decision, certificate; and the mutations that grant, refuse and withdraw them.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    domain::{id::RatingId, rating::Rating},
    graphql::{
        context::{Asked, asked, call, loader},
        dossier::DossierPayload,
        error::{Fault, UserError, outcome},
        id::{Kind, encode, of},
        loader::ProductKey,
        product::ProductObject,
        scalar::{Date, Decimal},
    },
    service::{
        ServiceError,
        ratings::{self, Approval, DecisionData, Revocation},
    },
};

/// Mutations on ratings.
#[derive(Default)]
pub struct RatingMutation;

/// Levels that may grant ratings (Decisions 919/QĐ-TTg and 148/QĐ-TTg). Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::rulebook::Authority", name = "DecisionAuthority")]
pub enum DecisionAuthority {
    /// District people's committee; three stars until 2025-06-30.
    District,
    /// Provincial people's committee.
    Province,
    /// The ministry; five stars.
    Ministry,
}

/// How a rating and its certificate stand today, Vietnam time. Values may be added; show stars only while it is ACTIVE or EXPIRING.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::certificate::CertificateStatus", name = "RatingStatus")]
pub enum RatingStatus {
    /// Issued for a later day.
    NotYetValid,
    /// In force.
    Active,
    /// In force, 90 days or less to go.
    Expiring,
    /// Its 36 months are over.
    Expired,
    /// Withdrawn by a decision (thu hồi).
    Withdrawn,
    /// Replaced by a newer rating.
    Superseded,
}

/// Why a rating is withdrawn. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::certificate::WithdrawalReason")]
pub enum WithdrawalReason {
    /// Not put up for rating again when the 36 months ended.
    ExpiredNotRerated,
    /// Rated again and failed.
    FailedRerating,
    /// Food-safety conditions not met.
    FoodSafety,
    /// The declared process is not followed.
    ProcessDeviation,
    /// No traceability records.
    NoTraceability,
    /// Production stopped.
    ProductionStopped,
    /// Goods differ from the certified sample.
    SampleMismatch,
    /// The producer asked for it.
    ProducerRequest,
    /// Anything else.
    Other,
}

/// A rating (kết quả công nhận OCOP): a decision that recognises a product, with its certificate.
#[derive(Description)]
pub struct RatingObject(pub(super) Rating);

#[Object(name = "OcopRating", use_type_description)]
impl RatingObject {
    /// Opaque global id.
    pub(super) async fn id(&self) -> ID {
        encode(Kind::Rating, self.0.id)
    }

    /// The product.
    async fn product(&self, context: &Context<'_>) -> Result<Option<ProductObject>, Fault> {
        Ok(loader(context)?.load_one(ProductKey(self.0.product_id)).await?.map(ProductObject))
    }

    /// Stars granted, 3 to 5. They may be shown only while `status` is ACTIVE or EXPIRING.
    async fn stars(&self) -> u8 {
        self.0.stars.get()
    }

    /// Average score of the council, 0 to 100; null where it was not recorded.
    async fn score(&self) -> Option<Decimal> {
        self.0.score.map(|s| Decimal(s.to_string()))
    }

    /// How it stands today, Vietnam time.
    async fn status(&self, context: &Context<'_>) -> Result<RatingStatus, Fault> {
        Ok(self.0.validity.status(asked(context)?.service.clock.today()).into())
    }

    /// The decision.
    async fn decision(&self) -> Decision {
        let d = &self.0.decision;
        Decision { authority: d.authority.into(), issuer: d.issuer.clone(), number: d.number.clone(), signed_on: Date(d.signed_on) }
    }

    /// The certificate.
    async fn certificate(&self) -> Certificate {
        let validity = self.0.validity;
        Certificate {
            number: self.0.certificate_number.clone(),
            issued_on: Date(validity.issued_on),
            expires_on: Date(validity.expires_on),
        }
    }

    /// First day on which it counts.
    async fn valid_from(&self) -> Date {
        Date(self.0.validity.issued_on)
    }

    /// First day on which it no longer counts: the end of 36 months, or earlier when it was withdrawn or replaced.
    async fn valid_until(&self) -> Date {
        Date(self.0.validity.ends_on())
    }

    /// The withdrawal, where one was decided; it may be announced for a later day.
    async fn withdrawal(&self) -> Option<Withdrawal> {
        let effective_on = Date(self.0.validity.withdrawn_on?);
        Some(Withdrawal { reason: self.0.withdrawal_reason?.into(), legal_basis: self.0.withdrawal_basis.clone()?, effective_on })
    }

    /// When it was recorded.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// A decision (quyết định). One decision often recognises many products.
#[derive(SimpleObject)]
pub struct Decision {
    /// Level that decided.
    authority: DecisionAuthority,
    /// Who signed, for example `UBND tỉnh Tuyên Quang`.
    issuer: String,
    /// Number, for example `321/QĐ-UBND`; numbers restart every year.
    number: String,
    /// Day of signature.
    signed_on: Date,
}

/// A certificate (giấy chứng nhận), valid for 36 months.
#[derive(SimpleObject)]
pub struct Certificate {
    /// Number.
    number: String,
    /// First day.
    issued_on: Date,
    /// First day after its 36 months.
    expires_on: Date,
}

/// A withdrawal (thu hồi).
#[derive(SimpleObject)]
pub struct Withdrawal {
    /// Class of reason.
    reason: WithdrawalReason,
    /// The decision that withdraws.
    legal_basis: String,
    /// First day without the rating.
    effective_on: Date,
}

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
    /// Day of signature, not in the future.
    signed_on: Date,
}

/// What recognises a product.
#[derive(InputObject)]
pub struct RatingApproveInput {
    /// Stars granted, 3 to 5. Three and four take the province's decision, five the ministry's.
    stars: i32,
    /// Average score of the council, 0 to 100 with at most 2 decimals; must lie in the band of the stars or above.
    score: Option<Decimal>,
    /// The province's decision.
    decision: DecisionInput,
    /// The ministry's decision; needed for five stars.
    national_decision: Option<DecisionInput>,
    /// Certificate number, at most 100 characters; made up when left out.
    certificate_number: Option<String>,
    /// First day of the 36 months, not in the future; the day of the decision when left out.
    issued_on: Option<Date>,
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
            score: self.score.map(|s| s.0),
            decision: self.decision.read(),
            national_decision: self.national_decision.map(DecisionInput::read),
            certificate_number: self.certificate_number,
            issued_on: self.issued_on.map(|d| d.0),
        }
    }
}

impl RatingPayload {
    async fn of(asked: &Asked, result: Result<RatingId, ServiceError>) -> Result<Self, Fault> {
        let (id, user_errors) = outcome(result, asked.locale)?;
        let rating = match id {
            Some(id) => ratings::find(&asked.service, &asked.actor, id).await?,
            None => None,
        };
        Ok(Self { rating: rating.map(RatingObject), user_errors })
    }
}

#[Object]
impl RatingMutation {
    /// Records the decision that recognises a product, and issues its certificate for 36 months. For admins.
    async fn rating_approve(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier that was decided.")] dossier: ID,
        #[graphql(desc = "The decision.")] input: RatingApproveInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<RatingPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        RatingPayload::of(asked, ratings::approve(&asked.service, &call, of(Kind::Dossier, &dossier), input.read()).await).await
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
        RatingPayload::of(asked, ratings::revoke(&asked.service, &call, of(Kind::Rating, &rating), given).await).await
    }
}
