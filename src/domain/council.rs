//! The evaluation council (hội đồng đánh giá): its sessions, and how sheets become an average, stars, and the reason why not more.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use serde::{Deserialize, Serialize};

use crate::domain::{
    code::coded,
    id::{CouncilSessionId, DossierId, UserId},
    product::ProductGroup,
    rulebook::Rulebook,
    score::{Score, Stars},
};

/// Fewest people in a council: chair, secretary, and one more.
pub const FEWEST_MEMBERS: usize = 3;
/// Fewest sheets that make an average.
pub const FEWEST_SHEETS: usize = 2;
/// A sheet this many points from the average is pointed out. The service's own choice; the law names none.
const OUTLIER_POINTS: i32 = 10;

coded! {
    /// Where a session is.
    SessionState {
        /// Being put together by the province's office.
        Assembling = "ASSEMBLING",
        /// Its dossiers are with the members.
        Circulated = "CIRCULATED",
        /// Members fill in their sheets.
        Scoring = "SCORING",
        /// Sheets are in; the chair sees them side by side.
        Scored = "SCORED",
        /// Closed by the chair; its minutes stand.
        Closed = "CLOSED",
        /// Called off.
        Cancelled = "CANCELLED",
    }
}

coded! {
    /// What can happen to a session.
    SessionStep {
        /// Send the dossiers to the members.
        Circulate = "CIRCULATE",
        /// Open scoring.
        Open = "OPEN",
        /// Close scoring.
        CloseScoring = "CLOSE_SCORING",
        /// Close the session.
        Close = "CLOSE",
        /// Call it off.
        Cancel = "CANCEL",
    }
}

coded! {
    /// What somebody is in a council.
    CouncilDuty {
        /// Chairs and closes (chủ tịch).
        Chair = "CHAIR",
        /// Keeps the minutes (thư ký).
        Secretary = "SECRETARY",
        /// Scores (thành viên).
        Member = "MEMBER",
    }
}

/// A session of a council as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Identity.
    pub id: CouncilSessionId,
    /// Name for people.
    pub name: String,
    /// Day of the meeting.
    pub held_on: NaiveDate,
    /// Where it is.
    pub state: SessionState,
    /// When dossiers went out.
    pub circulated_at: Option<DateTime<Utc>>,
    /// When scoring was opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// When the chair closed it.
    pub closed_at: Option<DateTime<Utc>>,
    /// Why it met without a working day after circulation, where it did.
    pub early_reason: Option<String>,
    /// The minutes as HTML, once closed.
    pub minutes: Option<String>,
    /// Optimistic lock.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

/// Somebody in a council.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// The session.
    pub session: CouncilSessionId,
    /// Who.
    pub account: UserId,
    /// As what.
    pub duty: CouncilDuty,
}

/// What the council found on a hard condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The session.
    pub session: CouncilSessionId,
    /// The dossier.
    pub dossier: DossierId,
    /// Code of the condition.
    pub condition: String,
    /// Whether it is met.
    pub is_met: bool,
    /// Why.
    pub note: Option<String>,
}

/// What a council found on a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Average of the members' totals.
    pub average: Score,
    /// Stars by the average alone.
    pub band: Stars,
    /// Stars proposed; none when a knock-out fails.
    pub stars: Option<Stars>,
    /// Codes of the conditions that are not met.
    pub failed: Vec<String>,
}

/// Why a product is not proposed for more stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldBack {
    /// The next star begins at this score.
    Score {
        /// The next star.
        next: Stars,
        /// Whole points it takes.
        points: u16,
    },
    /// A hard condition is not met.
    Condition {
        /// Its code.
        code: String,
        /// Stars that need it.
        min_stars: Stars,
    },
}

impl SessionState {
    /// The state after a step; `None` when it is not allowed from here.
    pub const fn after(self, step: SessionStep) -> Option<Self> {
        match (self, step) {
            (Self::Assembling, SessionStep::Circulate) => Some(Self::Circulated),
            (Self::Circulated, SessionStep::Open) => Some(Self::Scoring),
            (Self::Scoring, SessionStep::CloseScoring) => Some(Self::Scored),
            (Self::Scored, SessionStep::Close) => Some(Self::Closed),
            (Self::Assembling | Self::Circulated | Self::Scoring, SessionStep::Cancel) => Some(Self::Cancelled),
            _ => None,
        }
    }
}

/// The outcome of a dossier: average, band, and the stars its conditions leave. `None` without sheets.
pub fn outcome(book: &Rulebook, group: Option<ProductGroup>, totals: &[u32], failed: &[String]) -> Option<Outcome> {
    let average = Score::average(totals)?;
    let band = book.stars_for(average);
    let applying = book.conditions_for(group);
    let failed: Vec<_> = applying.into_iter().filter(|c| failed.contains(&c.code)).collect();
    let lowest = failed.iter().map(|c| c.min_stars).min();
    let stars = match lowest {
        Some(needed) if needed <= band => needed.below(),
        _ => Some(band),
    };
    Some(Outcome { average, band, stars, failed: failed.into_iter().map(|c| c.code.clone()).collect() })
}

impl Outcome {
    /// Why it is not one star more; empty at five.
    pub fn held_back(&self, book: &Rulebook) -> Vec<HeldBack> {
        let next = match self.stars {
            Some(stars) => stars.above(),
            None => Some(Stars::ONE),
        };
        let Some(next) = next else { return Vec::new() };
        let by_score = (self.band < next).then(|| HeldBack::Score { next, points: book.points_for(next).unwrap_or(100) });
        let failed = book.conditions.iter().filter(|c| self.failed.contains(&c.code) && c.min_stars <= next);
        let by_condition = failed.map(|c| HeldBack::Condition { code: c.code.clone(), min_stars: c.min_stars });
        by_score.into_iter().chain(by_condition).collect()
    }
}

/// Lowest and highest total, and which of them lie far from the average.
pub fn spread(totals: &[i32]) -> Option<(i32, i32, Vec<usize>)> {
    let (lowest, highest) = (*totals.iter().min()?, *totals.iter().max()?);
    let count = i32::try_from(totals.len()).ok()?;
    let sum: i32 = totals.iter().sum();
    let far = |total: &i32| (total * count - sum).abs() > OUTLIER_POINTS * count;
    Some((lowest, highest, totals.iter().enumerate().filter(|(_, t)| far(t)).map(|(i, _)| i).collect()))
}

/// The first day on which a meeting may rate what was circulated on a day: one working day lies between (Decision 148/QĐ-TTg).
/// Public holidays are not known here; Saturdays and Sundays are not working days.
pub fn first_meeting_day(circulated_on: NaiveDate) -> NaiveDate {
    let mut day = circulated_on + Days::new(1);
    while matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
        day = day + Days::new(1);
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book() -> Rulebook {
        Rulebook::parse(include_str!("../../data/rulebook/rulebook_781_2020.json")).expect("a rulebook")
    }

    fn stars(outcome: &Outcome) -> u8 {
        outcome.stars.map_or(0, Stars::get)
    }

    #[test]
    fn conditions_cap_the_stars_of_the_band() {
        for (totals, failed, band, proposed, held) in [
            (&[82, 82, 83][..], &[][..], 4, 4, "5 at 90"),
            (&[82, 82, 83], &["DISTINCTIVE_QUALITY"], 4, 3, "DISTINCTIVE_QUALITY for 4"),
            (&[95, 96, 97], &["STANDARDS_AND_CONTROL_PLAN", "DISTINCTIVE_QUALITY"], 5, 2, "STANDARDS_AND_CONTROL_PLAN for 3"),
            (&[60], &["DISTINCTIVE_QUALITY"], 3, 3, "4 at 70, DISTINCTIVE_QUALITY for 4"),
            (&[99], &["NO_FOREIGN_MATTER"], 5, 0, "NO_FOREIGN_MATTER for 1"),
            (&[100, 90, 90], &[], 5, 5, ""),
            (&[10], &["ARTISTIC_VALUE"], 1, 1, "2 at 30"),
        ] {
            let failed: Vec<String> = failed.iter().map(|f| (*f).to_owned()).collect();
            let found = outcome(&book(), Some(ProductGroup::Food), totals, &failed).expect("an outcome");
            let held_back: Vec<_> = found
                .held_back(&book())
                .into_iter()
                .map(|h| match h {
                    HeldBack::Score { next, points } => format!("{} at {points}", next.get()),
                    HeldBack::Condition { code, min_stars } => format!("{code} for {}", min_stars.get()),
                })
                .collect();
            assert_eq!((found.band.get(), stars(&found), held_back.join(", ").as_str()), (band, proposed, held), "{totals:?} {failed:?}");
        }
        assert_eq!(outcome(&book(), None, &[], &[]), None);
    }

    #[test]
    fn far_sheets_are_pointed_out() {
        assert_eq!(spread(&[80, 82, 84]), Some((80, 84, vec![])));
        assert_eq!(spread(&[75, 76, 50]), Some((50, 76, vec![2])));
        assert_eq!(spread(&[90, 70]), Some((70, 90, vec![])), "ten points from the average is not yet far");
        assert_eq!(spread(&[]), None);
    }

    #[test]
    fn a_working_day_lies_between_circulation_and_meeting() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        for (circulated, meeting) in [("2026-11-23", "2026-11-24"), ("2026-11-27", "2026-11-30"), ("2026-11-28", "2026-11-30")] {
            assert_eq!(first_meeting_day(day(circulated)), day(meeting), "{circulated}");
        }
    }

    #[test]
    fn sessions_go_forward_only() {
        use SessionState as S;
        use SessionStep as T;
        let allowed = [
            (S::Assembling, T::Circulate, S::Circulated),
            (S::Circulated, T::Open, S::Scoring),
            (S::Scoring, T::CloseScoring, S::Scored),
            (S::Scored, T::Close, S::Closed),
            (S::Assembling, T::Cancel, S::Cancelled),
            (S::Circulated, T::Cancel, S::Cancelled),
            (S::Scoring, T::Cancel, S::Cancelled),
        ];
        for state in S::ALL {
            for step in T::ALL {
                let expected = allowed.iter().find(|(from, by, _)| from == state && by == step).map(|(_, _, to)| *to);
                assert_eq!(state.after(*step), expected, "{state:?} {step:?}");
            }
        }
    }
}
