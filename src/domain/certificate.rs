//! Certificates: from when to when they hold, why they end, and what may be shown meanwhile.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, TimeZone, Utc};

use crate::domain::{code::coded, score::Stars};

coded! {
    /// How a certificate stands on a day.
    CertificateStatus {
        /// Issued for a later day.
        NotYetValid = "NOT_YET_VALID",
        /// In force.
        Active = "ACTIVE",
        /// In force, 90 days or less to go.
        Expiring = "EXPIRING",
        /// Its 36 months are over.
        Expired = "EXPIRED",
        /// Withdrawn by a decision (thu hồi).
        Withdrawn = "WITHDRAWN",
        /// Replaced by a newer rating.
        Superseded = "SUPERSEDED",
    }
}

coded! {
    /// Why a rating is withdrawn: the classes seen in provincial decisions.
    WithdrawalReason {
        /// Not put up for rating again when the 36 months ended.
        ExpiredNotRerated = "EXPIRED_NOT_RERATED",
        /// Rated again and failed.
        FailedRerating = "FAILED_RERATING",
        /// Food-safety conditions not met.
        FoodSafety = "FOOD_SAFETY",
        /// The declared process is not followed.
        ProcessDeviation = "PROCESS_DEVIATION",
        /// No traceability records.
        NoTraceability = "NO_TRACEABILITY",
        /// Production stopped.
        ProductionStopped = "PRODUCTION_STOPPED",
        /// Goods differ from the certified sample.
        SampleMismatch = "SAMPLE_MISMATCH",
        /// The producer asked for it.
        ProducerRequest = "PRODUCER_REQUEST",
        /// Anything else.
        Other = "OTHER",
    }
}

/// Days before expiry from which a certificate counts as expiring.
const EXPIRING_DAYS: u64 = 90;

/// From when to when a certificate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First day.
    pub issued_on: NaiveDate,
    /// First day after its 36 months.
    pub expires_on: NaiveDate,
    /// First day on which a withdrawal takes effect.
    pub withdrawn_on: Option<NaiveDate>,
    /// First day on which a newer rating takes its place.
    pub superseded_on: Option<NaiveDate>,
}

impl Validity {
    /// First day on which it no longer counts, whatever the cause.
    pub fn ends_on(&self) -> NaiveDate {
        [self.withdrawn_on, self.superseded_on].into_iter().flatten().fold(self.expires_on, NaiveDate::min)
    }

    /// Whether the rating counts on a legal day.
    pub fn counts_on(&self, day: NaiveDate) -> bool {
        self.issued_on <= day && day < self.ends_on()
    }

    /// How the certificate stands on a legal day. A withdrawal outweighs the rest: it is a decision, expiry is arithmetic.
    pub fn status(&self, day: NaiveDate) -> CertificateStatus {
        let reached = |date: Option<NaiveDate>| date.is_some_and(|on| on <= day);
        if reached(self.withdrawn_on) {
            CertificateStatus::Withdrawn
        } else if reached(self.superseded_on) {
            CertificateStatus::Superseded
        } else if day < self.issued_on {
            CertificateStatus::NotYetValid
        } else if day >= self.expires_on {
            CertificateStatus::Expired
        } else if day + Days::new(EXPIRING_DAYS) >= self.expires_on {
            CertificateStatus::Expiring
        } else {
            CertificateStatus::Active
        }
    }

    /// Whether the product may bear the mark "Sản phẩm OCOP Việt Nam" (Regulation 1162/QĐ-VPĐP-OCOP): three stars or more, in force.
    pub fn may_use_mark(&self, stars: Stars, day: NaiveDate) -> bool {
        stars.get() >= 3 && self.counts_on(day)
    }
}

/// What a public check of a certificate tells: no more than what stands on it and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// How it stands today; `None` for a number that is not known.
    pub status: Option<CertificateStatus>,
    /// Whether the product may bear the mark today.
    pub may_use_mark: bool,
    /// From which day it was withdrawn, and the class of reason.
    pub withdrawn: Option<(NaiveDate, WithdrawalReason)>,
}

coded! {
    /// How a producer is told.
    Via {
        /// A line of the service's log.
        Log = "LOG",
        /// A call to the province's own system.
        Webhook = "WEBHOOK",
        /// A letter to the producer's owners.
        Email = "EMAIL",
    }
}

/// Days before expiry at which producers are reminded. The law asks for 30.
pub const REMINDER_DAYS: [u16; 3] = [180, 90, 30];

/// The reminder that is due when this many days are left: the smallest that is reached. `None` before the first and after the end.
pub fn reminder_due(days_left: i64) -> Option<u16> {
    let reached = |days: &&u16| (1..=i64::from(**days)).contains(&days_left);
    REMINDER_DAYS.iter().rev().find(reached).copied()
}

/// The legal day of an instant. Vietnam keeps UTC+7 all year, without daylight saving since 1975.
pub fn legal_day(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&vietnam()).date_naive()
}

/// The instant at which a legal day begins.
pub fn day_start(day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    vietnam().from_local_datetime(&midnight).single().map_or(DateTime::<Utc>::MAX_UTC, |at| at.to_utc())
}

fn vietnam() -> FixedOffset {
    FixedOffset::east_opt(7 * 3600).expect("seven hours are a valid offset")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn validity(withdrawn: Option<&str>, superseded: Option<&str>) -> Validity {
        Validity {
            issued_on: day("2024-08-06"),
            expires_on: day("2027-08-06"),
            withdrawn_on: withdrawn.map(day),
            superseded_on: superseded.map(day),
        }
    }

    #[test]
    fn status_by_day() {
        use CertificateStatus as S;
        let plain = validity(None, None);
        for (on, status, counts) in [
            ("2024-08-05", S::NotYetValid, false),
            ("2024-08-06", S::Active, true),
            ("2027-05-07", S::Active, true),
            ("2027-05-08", S::Expiring, true),
            ("2027-08-05", S::Expiring, true),
            ("2027-08-06", S::Expired, false),
        ] {
            assert_eq!((plain.status(day(on)), plain.counts_on(day(on))), (status, counts), "{on}");
        }
        let withdrawn = validity(Some("2025-01-01"), None);
        assert_eq!((withdrawn.status(day("2024-12-31")), withdrawn.counts_on(day("2024-12-31"))), (S::Active, true));
        assert_eq!((withdrawn.status(day("2025-01-01")), withdrawn.counts_on(day("2025-01-01"))), (S::Withdrawn, false));
        assert_eq!(withdrawn.status(day("2030-01-01")), S::Withdrawn);
        let replaced = validity(None, Some("2026-01-01"));
        assert_eq!((replaced.status(day("2026-01-01")), replaced.counts_on(day("2026-01-01"))), (S::Superseded, false));
        assert_eq!(validity(Some("2026-06-01"), Some("2026-01-01")).ends_on(), day("2026-01-01"));
    }

    #[test]
    fn the_mark_needs_three_stars_in_force() {
        let plain = validity(None, None);
        for (stars, on, may) in [(3, "2024-08-06", true), (2, "2024-08-06", false), (5, "2027-08-06", false), (5, "2027-08-05", true)] {
            assert_eq!(plain.may_use_mark(Stars::try_from_u8(stars).expect("stars"), day(on)), may, "{stars} {on}");
        }
    }

    #[test]
    fn reminders_by_days_left() {
        for (left, due) in [
            (181, None),
            (180, Some(180)),
            (91, Some(180)),
            (90, Some(90)),
            (31, Some(90)),
            (30, Some(30)),
            (1, Some(30)),
            (0, None),
            (-5, None),
        ] {
            assert_eq!(reminder_due(left), due, "{left}");
        }
    }

    #[test]
    fn legal_days_begin_at_midnight_in_vietnam() {
        let start = day_start(day("2026-11-23"));
        assert_eq!(start.to_rfc3339(), "2026-11-22T17:00:00+00:00");
        assert_eq!(legal_day(start), day("2026-11-23"));
        assert_eq!(legal_day(start - chrono::Duration::microseconds(1)), day("2026-11-22"));
    }
}
