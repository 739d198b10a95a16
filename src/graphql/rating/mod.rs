//! Ratings: stars, decision, certificate, withdrawals.

pub mod mutation;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use std::sync::Arc;

use crate::{
    domain::rating::Rating,
    graphql::{
        context::{asked, loader},
        eager::{Eager, eager},
        error::Fault,
        id::{Kind, encode},
        loader::{PrintedProducerKey, ProductKey, RemindersOf, ReviewedProductKey, WithdrawalsOf},
        product::ProductObject,
        scalar::{Date, Decimal},
        seeds,
    },
    service::certificates::{self, Shown},
};

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
pub struct RatingFields(pub(super) Arc<Rating>);

eager!(
    /// A rating with its fields.
    RatingObject = RatingFields(Rating)
);

#[Object(name = "OcopRating", use_type_description)]
impl RatingFields {
    /// Opaque global id.
    pub(super) async fn id(&self) -> ID {
        encode(Kind::Rating, self.0.id)
    }

    /// The product.
    async fn product(&self, context: &Context<'_>) -> Result<Option<ProductObject>, Fault> {
        Ok(seeds::find(context, ProductKey(self.0.product_id)).await?.map(ProductObject::of))
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
    async fn decision(&self) -> Eager<DecisionFields> {
        let d = &self.0.decision;
        Eager::of(DecisionFields {
            authority: d.authority.into(),
            issuer: d.issuer.clone(),
            number: d.number.clone(),
            signed_on: Date(d.signed_on),
        })
    }

    /// The certificate.
    async fn certificate(&self, context: &Context<'_>) -> Result<Eager<CertificateFields>, Fault> {
        let validity = self.0.validity;
        let service = &asked(context)?.service;
        Ok(Eager::of(CertificateFields {
            verify_url: certificates::link(service, &self.0.certificate_number),
            number: self.0.certificate_number.clone(),
            issued_on: Date(validity.issued_on),
            expires_on: Date(validity.expires_on),
        }))
    }

    /// Whether the product may bear the mark "Sản phẩm OCOP Việt Nam" today (Regulation 1162/QĐ-VPĐP-OCOP). Read this, never `stars`
    /// alone.
    async fn may_use_mark(&self, context: &Context<'_>) -> Result<bool, Fault> {
        Ok(self.0.validity.may_use_mark(self.0.stars, asked(context)?.service.clock.today()))
    }

    /// Product, producer, stars, decision, validity and today's status, signed: a JWS in compact form of type `ocop-attestation`, its
    /// key at `/.well-known/jwks.json`.
    async fn attestation(&self, context: &Context<'_>) -> Result<String, Fault> {
        let loader = loader(context)?;
        let product = loader.load_one(ReviewedProductKey(self.0.product_id)).await?.map(|p| p.name_vi).unwrap_or_default();
        let producer = loader.load_one(PrintedProducerKey(self.0.producer_id)).await?.map(|p| p.legal_name).unwrap_or_default();
        Ok(certificates::attestation(&asked(context)?.service, &self.0, &Shown { product, producer })?)
    }

    /// All withdrawals on record, also those that were taken back; a few at most.
    async fn withdrawals(&self, context: &Context<'_>) -> Result<Vec<WithdrawalRecord>, Fault> {
        let found = loader(context)?.load_one(WithdrawalsOf(self.0.id)).await?.unwrap_or_default();
        Ok(found.into_iter().map(WithdrawalRecord::from).collect())
    }

    /// Reminders that the certificate ends, in order, at most nine; for its producer and admins, empty for others.
    async fn reminders(&self, context: &Context<'_>) -> Result<Vec<ReminderObject>, Fault> {
        let found = loader(context)?.load_one(RemindersOf((self.0.id, self.0.producer_id))).await?.unwrap_or_default();
        Ok(found.into_iter().map(ReminderObject::from).collect())
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
#[graphql(name = "Decision")]
pub struct DecisionFields {
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
#[graphql(name = "Certificate")]
pub struct CertificateFields {
    /// Public address at which it is checked; its QR code is at this address with `/qr.svg` behind it.
    verify_url: String,
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

/// A withdrawal on record.
#[derive(SimpleObject)]
pub struct WithdrawalRecord {
    /// Class of reason.
    reason: WithdrawalReason,
    /// The decision that withdraws.
    legal_basis: String,
    /// First day without the rating.
    effective_on: Date,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// First day with the rating again, where an appeal succeeded.
    reinstated_on: Option<Date>,
    /// The decision that reinstates.
    reinstatement_basis: Option<String>,
}

impl From<crate::domain::rating::Withdrawal> for WithdrawalRecord {
    fn from(w: crate::domain::rating::Withdrawal) -> Self {
        Self {
            reason: w.reason.into(),
            legal_basis: w.legal_basis,
            effective_on: Date(w.effective_on),
            recorded_at: w.recorded_at,
            reinstated_on: w.reinstated_on.map(Date),
            reinstatement_basis: w.reinstatement_basis,
        }
    }
}

/// How a producer is told that a certificate ends. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::certificate::Via")]
pub enum ReminderVia {
    /// A line of the service's log.
    Log,
    /// A call to the province's own system.
    Webhook,
    /// E-mail to the producer's owners.
    Email,
}

/// Where a reminder is. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::store::reminders::ReminderState")]
pub enum ReminderState {
    /// To be delivered.
    Waiting,
    /// Delivered.
    Delivered,
    /// Given up after too many tries.
    Failed,
}

/// A reminder that a certificate ends.
#[derive(SimpleObject)]
#[graphql(name = "Reminder")]
pub struct ReminderObject {
    /// The threshold, in days before the end: 180, 90 or 30.
    days: i32,
    /// How it is delivered.
    via: ReminderVia,
    /// Where it is.
    state: ReminderState,
    /// How often it was tried.
    attempts: i32,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was delivered.
    delivered_at: Option<DateTime<Utc>>,
}

impl From<crate::store::reminders::Reminder> for ReminderObject {
    fn from(r: crate::store::reminders::Reminder) -> Self {
        Self {
            days: r.days,
            via: r.via.into(),
            state: r.state.into(),
            attempts: r.attempts,
            created_at: r.created_at,
            delivered_at: r.delivered_at,
        }
    }
}
