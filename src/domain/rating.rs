//! Ratings: what a decision grants, on whose authority, and the certificate that proves it.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::domain::{
    certificate::{Validity, WithdrawalReason},
    council::Outcome,
    id::{DossierId, ProducerId, ProductId, RatingId},
    reason::Reason,
    rulebook::{Authority, NoAuthority, Rulebook},
    score::{Score, Stars},
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

/// A withdrawal as recorded, with its reinstatement where there was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// Identity.
    pub id: Uuid,
    /// The rating.
    pub rating_id: RatingId,
    /// Class of reason.
    pub reason: WithdrawalReason,
    /// The decision that withdraws.
    pub legal_basis: String,
    /// First day without the rating.
    pub effective_on: NaiveDate,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Day of the reinstatement.
    pub reinstated_on: Option<NaiveDate>,
    /// The decision that reinstates.
    pub reinstatement_basis: Option<String>,
}

/// What a decision is checked against.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    /// The rulebook of the dossier.
    pub book: &'a Rulebook,
    /// What the council found.
    pub outcome: &'a Outcome,
    /// The day on which the council closed its session.
    pub closed_on: NaiveDate,
    /// Today.
    pub today: NaiveDate,
}

/// Checks a day of signature: not in the future and not before the council closed.
pub fn check_signed(grounds: Grounds<'_>, signed_on: NaiveDate) -> Result<(), Reason> {
    if signed_on > grounds.today {
        Err(Reason::DateInFuture)
    } else if signed_on < grounds.closed_on {
        Err(Reason::DecisionBeforeCouncil { day: grounds.closed_on.to_string() })
    } else {
        Ok(())
    }
}

/// Checks that a level may grant these stars by a decision of that day, and that the council proposed them.
pub fn check_grant(grounds: Grounds<'_>, stars: Stars, by: Authority, signed_on: NaiveDate) -> Result<(), Reason> {
    let proposed = grounds.outcome.stars.map_or(0, Stars::get);
    match grounds.book.authority(stars, signed_on) {
        Err(NoAuthority::NotCertified) => Err(Reason::StarsNotCertified { stars: stars.get() }),
        Err(NoAuthority::OnDay) => Err(Reason::NoAuthorityOnDate),
        Ok(_) if stars.get() > proposed => Err(Reason::StarsAboveProposal { stars: stars.get(), proposed }),
        Ok(needed) if needed != by => Err(Reason::AuthorityMayNotGrant { stars: stars.get(), needed: needed.code().to_owned() }),
        Ok(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::score::Score;

    #[test]
    fn a_decision_grants_what_was_proposed_by_who_may_after_the_council() {
        let book = Rulebook::parse(include_str!("../../data/rulebook/rulebook_148_2023.json")).expect("a rulebook");
        let stars = |n: u8| Stars::try_from_u8(n).expect("stars");
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let outcome = |proposed: Option<u8>| Outcome {
            average: Score::parse("82.33").expect("a score"),
            band: stars(4),
            stars: proposed.map(stars),
            failed: Vec::new(),
        };
        for (proposed, granted, by, signed, expected) in [
            (Some(4), 4, Authority::Province, "2026-11-20", None),
            (Some(4), 3, Authority::Province, "2026-11-20", None),
            (Some(4), 5, Authority::Ministry, "2026-11-20", Some("STARS_ABOVE_PROPOSAL")),
            (Some(5), 5, Authority::Province, "2026-11-20", Some("AUTHORITY_MAY_NOT_GRANT")),
            (Some(5), 5, Authority::Ministry, "2026-11-20", None),
            (Some(4), 4, Authority::District, "2026-11-20", Some("AUTHORITY_MAY_NOT_GRANT")),
            (Some(2), 2, Authority::Province, "2026-11-20", Some("STARS_NOT_CERTIFIED")),
            (Some(4), 4, Authority::Province, "2025-07-03", Some("NO_AUTHORITY_ON_DATE")),
            (None, 3, Authority::Province, "2026-11-20", Some("STARS_ABOVE_PROPOSAL")),
        ] {
            let outcome = outcome(proposed);
            let grounds = Grounds { book: &book, outcome: &outcome, closed_on: day("2026-11-19"), today: day("2026-11-23") };
            let found = check_grant(grounds, stars(granted), by, day(signed)).err().map(|r| r.code());
            assert_eq!(found, expected, "{proposed:?} {granted} {by:?} {signed}");
            assert_eq!(check_signed(grounds, day("2026-11-18")).err().map(|r| r.code()), Some("DECISION_BEFORE_COUNCIL"));
            assert_eq!(check_signed(grounds, day("2026-11-24")).err().map(|r| r.code()), Some("DATE_IN_FUTURE"));
            assert_eq!(check_signed(grounds, day("2026-11-19")), Ok(()));
        }
    }
}
