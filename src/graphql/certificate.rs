//! Certificates for everybody: checked by number; listed before they end.

use async_graphql::{Context, Enum, Object, SimpleObject, connection::Connection};

use crate::{
    domain::certificate::Verification,
    graphql::{
        connection::{Paging, RowCursor},
        context::{asked, unasked},
        error::Fault,
        rating::{RatingObject, WithdrawalReason},
        scalar::Date,
    },
    service::certificates,
};

/// Queries on certificates.
#[derive(Default)]
pub struct CertificateQuery;

/// How a certificate that is checked stands today, Vietnam time. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum VerificationStatus {
    /// In force.
    Valid,
    /// In force, 90 days or less to go.
    Expiring,
    /// Issued for a later day.
    NotYetValid,
    /// Its 36 months are over.
    Expired,
    /// Withdrawn by a decision (thu hồi).
    Withdrawn,
    /// Replaced by a newer rating.
    Superseded,
    /// No certificate has this number.
    Unknown,
}

/// What a check of a certificate tells: how it stands, and what is printed on it.
#[derive(SimpleObject)]
pub struct CertificateVerification {
    /// The number that was checked.
    number: String,
    /// How it stands today.
    status: VerificationStatus,
    /// Whether the product may bear the OCOP mark today.
    may_use_mark: bool,
    /// First day without the rating, when it is withdrawn.
    withdrawn_on: Option<Date>,
    /// Class of reason, when it is withdrawn.
    withdrawal_reason: Option<WithdrawalReason>,
    /// Stars printed on it.
    stars: Option<u8>,
    /// Product printed on it.
    product: Option<String>,
    /// Producer printed on it.
    producer: Option<String>,
    /// First day.
    issued_on: Option<Date>,
    /// First day after its 36 months.
    expires_on: Option<Date>,
}

/// The word for how a certificate stands.
pub fn status(verification: &Verification) -> VerificationStatus {
    use crate::domain::certificate::CertificateStatus as S;
    match verification.status {
        None => VerificationStatus::Unknown,
        Some(S::Active) => VerificationStatus::Valid,
        Some(S::Expiring) => VerificationStatus::Expiring,
        Some(S::NotYetValid) => VerificationStatus::NotYetValid,
        Some(S::Expired) => VerificationStatus::Expired,
        Some(S::Withdrawn) => VerificationStatus::Withdrawn,
        Some(S::Superseded) => VerificationStatus::Superseded,
    }
}

#[Object]
impl CertificateQuery {
    /// Checks a certificate by its number. Always answers; limited to 30 checks a minute for each address.
    async fn certificate_verify(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The number as printed.")] number: String,
    ) -> Result<CertificateVerification, Fault> {
        let asked = asked(context)?;
        asked.visitor.check().map_err(Fault::too_often)?;
        let (verification, shown) = certificates::verify(&asked.service, &number).await?;
        let (rating, printed) = shown.unzip();
        Ok(CertificateVerification {
            number: number.chars().take(100).collect(),
            status: status(&verification),
            may_use_mark: verification.may_use_mark,
            withdrawn_on: verification.withdrawn.map(|(on, _)| Date(on)),
            withdrawal_reason: verification.withdrawn.map(|(_, reason)| reason.into()),
            stars: rating.as_ref().map(|r| r.stars.get()),
            issued_on: rating.as_ref().map(|r| Date(r.validity.issued_on)),
            expires_on: rating.as_ref().map(|r| Date(r.validity.expires_on)),
            product: printed.as_ref().map(|p| p.product.clone()),
            producer: printed.map(|p| p.producer),
        })
    }

    /// Ratings whose certificates are in force and end within some days, the first to end first: who must be told (the law asks for 30
    /// days), with `reminders` of each. Admins see all, producers their own.
    async fn certificates_expiring(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Days, 1 to 366; 180, 90 and 30 are reminded of.", default = 90)] within: i32,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when nothing is asked.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go on after.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go back from.")] before: Option<String>,
    ) -> Result<Connection<RowCursor, RatingObject>, Fault> {
        let asked = asked(context)?;
        let days = u16::try_from(within).ok().filter(|d| (1..=366).contains(d));
        let days = days.ok_or_else(|| Fault::input("within must be from 1 to 366."))?;
        let list = Paging { first, after, last, before }.of(asked, &["certificatesExpiring", &days.to_string()])?;
        let page = certificates::expiring(&asked.service, &asked.actor, days, (&list.request, unasked(context)?)).await?;
        Ok(list.connection(page, RatingObject::of))
    }
}
