//! The rulebook: score bands, deciding authority by date and stars, period of validity.
//!
//! Sources: Decisions 1048/QĐ-TTg (2019-08-21), 781/QĐ-TTg (2020), 148/QĐ-TTg (2023-02-24) and 1489/QĐ-TTg (2025-07-06).

use chrono::{Months, NaiveDate};
use std::fmt;

use crate::domain::code::coded;

coded! {
    /// Levels that grant ratings.
    Authority {
        /// District People's Committee (UBND huyện); only from 2023-02-24 to 2025-06-30.
        District = "DISTRICT",
        /// Provincial People's Committee (UBND tỉnh).
        Province = "PROVINCE",
        /// The ministry in charge of agriculture.
        Ministry = "MINISTRY",
    }
}

/// Stars, 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stars(u8);

/// A council's average score in hundredths of a point, 0 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u16);

/// Nobody may grant a rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAuthority {
    /// Before the first national criteria (2019-08-21).
    BeforeProgramme,
    /// 2025-07-01 to 2025-07-05: districts were gone and Decision 1489 was not yet in force.
    Gap,
    /// One and two stars are bands without a certificate.
    NotCertified,
}

/// A decision that its authority may not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionRefusal {
    /// Another level decides on these stars.
    WrongAuthority {
        /// The level that does.
        needed: Authority,
    },
    /// Nobody does.
    NoAuthority(NoAuthority),
}

/// Certificates hold this many months from the day of issue.
pub const VALIDITY_MONTHS: u32 = 36;

impl Stars {
    /// Takes 1 to 5.
    pub const fn try_from_u8(stars: u8) -> Option<Self> {
        if matches!(stars, 1..=5) { Some(Self(stars)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Score {
    /// Takes hundredths of a point, 0 to 10,000.
    pub const fn try_from_hundredths(hundredths: u16) -> Option<Self> {
        if hundredths <= 10_000 { Some(Self(hundredths)) } else { None }
    }

    /// Reads `82.33`; at most two decimals.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || whole.len() > 3 || fraction.len() > 2 {
            return None;
        }
        Self::try_from_hundredths(format!("{whole}{fraction:0<2}").parse().ok()?)
    }

    /// Hundredths of a point.
    pub const fn hundredths(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// The stars of a score. Bands are half-open (Decision 148/2023: "to under"); the 2019 text prints whole numbers and leaves
/// 89.5 undefined, therefore the same half-open reading serves for all dates.
pub const fn stars_for(score: Score) -> Stars {
    Stars(match score.0 {
        0..3_000 => 1,
        3_000..5_000 => 2,
        5_000..7_000 => 3,
        7_000..9_000 => 4,
        _ => 5,
    })
}

/// Which level grants these stars on a day.
pub fn authority(stars: Stars, on: NaiveDate) -> Result<Authority, NoAuthority> {
    let from = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).is_some_and(|start| on >= start);
    if stars.0 < 3 {
        Err(NoAuthority::NotCertified)
    } else if !from(2019, 8, 21) {
        Err(NoAuthority::BeforeProgramme)
    } else if from(2025, 7, 1) && !from(2025, 7, 6) {
        Err(NoAuthority::Gap)
    } else if stars.0 == 5 {
        Ok(Authority::Ministry)
    } else if stars.0 == 3 && from(2023, 2, 24) && !from(2025, 7, 1) {
        Ok(Authority::District)
    } else {
        Ok(Authority::Province)
    }
}

/// Whether a level may grant these stars on a day.
pub fn check_decision(stars: Stars, by: Authority, on: NaiveDate) -> Result<(), DecisionRefusal> {
    match authority(stars, on) {
        Ok(needed) if needed == by => Ok(()),
        Ok(needed) => Err(DecisionRefusal::WrongAuthority { needed }),
        Err(nobody) => Err(DecisionRefusal::NoAuthority(nobody)),
    }
}

/// The first day on which a certificate issued on a day no longer holds: 36 calendar months later, clamped to the month's end.
pub fn expires_on(issued_on: NaiveDate) -> NaiveDate {
    issued_on.checked_add_months(Months::new(VALIDITY_MONTHS)).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn band_edges() {
        for (score, stars) in [
            ("0", 1),
            ("29.99", 1),
            ("30", 2),
            ("49.99", 2),
            ("50", 3),
            ("69.99", 3),
            ("70", 4),
            ("82.33", 4),
            ("89.99", 4),
            ("90", 5),
            ("100", 5),
            ("100.00", 5),
        ] {
            assert_eq!(stars_for(Score::parse(score).expect(score)).get(), stars, "{score}");
        }
    }

    #[test]
    fn scores_have_two_places_and_end_at_100() {
        for bad in ["100.01", "101", "-1", "50.001", "", ".5", "5e1", "1000"] {
            assert_eq!(Score::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Score::parse("82.3").expect("a score").to_string(), "82.30");
    }

    #[test]
    fn deciding_authority_by_date() {
        use Authority::{District, Ministry, Province};
        for (on, three, four, five) in [
            ("2019-08-20", Err(NoAuthority::BeforeProgramme), Err(NoAuthority::BeforeProgramme), Err(NoAuthority::BeforeProgramme)),
            ("2019-08-21", Ok(Province), Ok(Province), Ok(Ministry)),
            ("2023-02-23", Ok(Province), Ok(Province), Ok(Ministry)),
            ("2023-02-24", Ok(District), Ok(Province), Ok(Ministry)),
            ("2025-06-30", Ok(District), Ok(Province), Ok(Ministry)),
            ("2025-07-01", Err(NoAuthority::Gap), Err(NoAuthority::Gap), Err(NoAuthority::Gap)),
            ("2025-07-05", Err(NoAuthority::Gap), Err(NoAuthority::Gap), Err(NoAuthority::Gap)),
            ("2025-07-06", Ok(Province), Ok(Province), Ok(Ministry)),
            ("2026-11-23", Ok(Province), Ok(Province), Ok(Ministry)),
        ] {
            for (stars, expected) in [(3, three), (4, four), (5, five)] {
                assert_eq!(authority(Stars(stars), day(on)), expected, "{stars} stars on {on}");
            }
            assert_eq!(authority(Stars(2), day(on)), Err(NoAuthority::NotCertified));
        }
        assert_eq!(check_decision(Stars(5), Province, day("2026-01-01")), Err(DecisionRefusal::WrongAuthority { needed: Ministry }));
        assert_eq!(check_decision(Stars(3), Province, day("2024-01-01")), Err(DecisionRefusal::WrongAuthority { needed: District }));
        assert_eq!(check_decision(Stars(4), Province, day("2024-08-06")), Ok(()));
    }

    #[test]
    fn certificates_hold_36_calendar_months() {
        for (issued, expires) in
            [("2024-08-06", "2027-08-06"), ("2024-02-29", "2027-02-28"), ("2025-02-28", "2028-02-28"), ("2026-12-31", "2029-12-31")]
        {
            assert_eq!(expires_on(day(issued)), day(expires), "{issued}");
        }
    }

    proptest! {
        #[test]
        fn every_score_has_one_star_and_more_points_never_fewer_stars(a in 0u16..=10_000, b in 0u16..=10_000) {
            let (low, high) = (Score(a.min(b)), Score(a.max(b)));
            prop_assert!(stars_for(low) <= stars_for(high));
            prop_assert_eq!(Score::parse(&low.to_string()), Some(low));
        }
    }
}
