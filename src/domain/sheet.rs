//! Score sheets (phiếu đánh giá): marks on criteria, checked while they are filled in.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::domain::{
    code::coded,
    reason::Reason,
    rubric::{Criterion, Part},
};

coded! {
    /// Where a score sheet is.
    SheetState {
        /// Being filled in.
        Draft = "DRAFT",
        /// Handed in; it does not change any more.
        Submitted = "SUBMITTED",
        /// Does not count: its member declared a conflict of interest or was absent.
        Excluded = "EXCLUDED",
    }
}

/// Points given on one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Place of the criterion in its set.
    pub criterion: i32,
    /// Points: one of the criterion's options.
    pub points: i32,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Sums of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Points of the parts A, B and C.
    pub parts: [i32; 3],
}

impl Totals {
    /// All points.
    pub fn total(&self) -> i32 {
        self.parts.iter().sum()
    }

    /// Points of a part.
    pub const fn part(&self, part: Part) -> i32 {
        self.parts[part as usize]
    }
}

/// A sheet as checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Sums of the marks that are right.
    pub totals: Totals,
    /// What is wrong, with the mark's index.
    pub faults: Vec<(usize, Reason)>,
    /// Criteria without a mark, in the order of the form.
    pub missing: Vec<Criterion>,
}

/// Checks marks against the criteria of their set: each criterion once, its points one of its options.
pub fn check(criteria: &[Criterion], marks: &[Mark]) -> Checked {
    let mut open: BTreeMap<i32, &Criterion> = criteria.iter().map(|c| (c.position, c)).collect();
    let (mut totals, mut faults) = (Totals::default(), Vec::new());
    for (index, mark) in marks.iter().enumerate() {
        let Some(criterion) = open.remove(&mark.criterion) else {
            let known = criteria.iter().any(|c| c.position == mark.criterion);
            faults.push((index, if known { Reason::Duplicate } else { Reason::UnknownCriterion }));
            continue;
        };
        if criterion.allows(mark.points) {
            totals.parts[criterion.part as usize] += mark.points;
        } else {
            faults.push((index, Reason::PointsNotAllowed { criterion: label(criterion), allowed: criterion.allowed() }));
        }
    }
    Checked { totals, faults, missing: open.into_values().cloned().collect() }
}

/// How people name a criterion: `1.2 Gia tăng giá trị`.
pub fn label(criterion: &Criterion) -> String {
    format!("{} {}", criterion.number, criterion.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn criteria() -> Vec<Criterion> {
        [(1, Part::A, 3, vec![1, 2, 3]), (2, Part::A, 5, vec![0, 1, 3, 5]), (3, Part::B, 25, vec![]), (4, Part::C, 2, vec![0, 2])]
            .map(|(position, part, max_points, options)| Criterion {
                set: uuid::Uuid::nil().into(),
                position,
                part,
                section: "1".into(),
                section_name: "S".into(),
                number: format!("1.{position}"),
                name: "Tên".into(),
                max_points,
                options,
            })
            .to_vec()
    }

    fn mark(criterion: i32, points: i32) -> Mark {
        Mark { criterion, points, comment: None }
    }

    #[test]
    fn a_whole_sheet_adds_up_by_part() {
        let checked = check(&criteria(), &[mark(4, 2), mark(1, 3), mark(2, 5), mark(3, 25)]);
        assert_eq!((checked.totals.parts, checked.totals.total()), ([8, 25, 2], 35));
        assert_eq!((checked.faults, checked.missing), (vec![], vec![]));
    }

    #[test]
    fn every_fault_names_its_mark_and_missing_criteria_are_named() {
        let checked = check(&criteria(), &[mark(1, 0), mark(2, 5), mark(2, 3), mark(9, 1), mark(3, 26)]);
        let codes: Vec<_> = checked.faults.iter().map(|(index, reason)| (*index, reason.code())).collect();
        assert_eq!(codes, [(0, "POINTS_NOT_ALLOWED"), (2, "DUPLICATE"), (3, "UNKNOWN_CRITERION"), (4, "POINTS_NOT_ALLOWED")]);
        assert_eq!(checked.missing.iter().map(label).collect::<Vec<_>>(), ["1.4 Tên"]);
        assert_eq!(checked.totals.parts, [5, 0, 0], "wrong marks count nothing");
    }
}
