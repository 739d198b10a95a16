//! Ratings: what a decision grants, on whose authority, and the certificate that proves it.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::domain::{
    certificate::{Validity, WithdrawalReason},
    id::{DossierId, ProducerId, ProductId, RatingId},
    reason::Reason,
    rulebook::{self, Authority, DecisionRefusal, NoAuthority, Score, Stars},
};

/// A decision (quyết định). One decision recognises many products; its key is issuer, number and date, because numbers restart every year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Identity.
    pub id: Uuid,
    /// Level that decides.
    pub authority: Authority,
    /// Who signed, for example `UBND tỉnh Tuyên Quang`.
    pub issuer: String,
    /// Number, for example `321/QĐ-UBND`.
    pub number: String,
    /// Day of signature.
    pub signed_on: NaiveDate,
}

/// A rating with its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// Identity.
    pub id: RatingId,
    /// The product.
    pub product_id: ProductId,
    /// Whose product it is.
    pub producer_id: ProducerId,
    /// The dossier that was decided.
    pub dossier_id: DossierId,
    /// The decision.
    pub decision: Decision,
    /// Stars granted.
    pub stars: Stars,
    /// Average score of the council, where it was recorded.
    pub score: Option<Score>,
    /// Certificate number; free text, no official format was published.
    pub certificate_number: String,
    /// From when to when the certificate holds.
    pub validity: Validity,
    /// Why it was withdrawn.
    pub withdrawal_reason: Option<WithdrawalReason>,
    /// Legal basis of the withdrawal.
    pub withdrawal_basis: Option<String>,
    /// Optimistic lock.
    pub version: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

/// Checks a decision before it is recorded: not in the future, signed by an authority that may grant these stars on that day,
/// and a score, where one is given, that lies in the band of the stars.
pub fn check_grant(
    stars: Stars,
    score: Option<Score>,
    authority: Authority,
    signed_on: NaiveDate,
    today: NaiveDate,
) -> Result<(), Vec<(&'static str, Reason)>> {
    let mut errors = Vec::new();
    if signed_on > today {
        errors.push(("signedOn", Reason::DateInFuture));
    } else if let Err(refusal) = rulebook::check_decision(stars, authority, signed_on) {
        errors.push((
            "stars",
            match refusal {
                DecisionRefusal::WrongAuthority { needed } => {
                    Reason::AuthorityMayNotGrant { stars: stars.get(), needed: needed.code().to_owned() }
                }
                DecisionRefusal::NoAuthority(NoAuthority::NotCertified) => Reason::StarsNotCertified { stars: stars.get() },
                DecisionRefusal::NoAuthority(_) => Reason::NoAuthorityOnDate,
            },
        ));
    }
    if let Some(score) = score {
        let band = rulebook::stars_for(score);
        if stars > band {
            errors.push(("score", Reason::StarsAboveScore { stars: stars.get(), band: band.get() }));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
