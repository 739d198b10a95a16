//! Rubrics: the criteria sets (bộ tiêu chí) by which councils score products, one for each kind of product in each rulebook, in
//! editions. A published edition is never changed; better knowledge becomes the next edition.

use std::collections::HashSet;

use crate::domain::{code::coded, id::CriteriaSetId, product::ProductGroup, reason::Reason, rulebook::Rulebook};

coded! {
    /// The three parts of every score sheet.
    Part {
        /// The product and the strength of its community.
        A = "A",
        /// Marketing.
        B = "B",
        /// Quality of the product.
        C = "C",
    }
}

coded! {
    /// Whether a criteria set may be used.
    RubricState {
        /// Being prepared.
        Draft = "DRAFT",
        /// In use, and not changed any more.
        Published = "PUBLISHED",
    }
}

/// A criteria set of a rulebook, in one edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CriteriaSet {
    /// Identity.
    pub id: CriteriaSetId,
    /// Number of the decision, for example `781/QĐ-TTg`.
    pub rulebook: String,
    /// Number of the set in it.
    pub number: i32,
    /// Edition, from 1.
    pub edition: i32,
    /// Whether it may be used.
    pub state: RubricState,
    /// Kind of product.
    pub name: String,
    /// Group of products as the rulebook prints it.
    pub group: String,
    /// Branch of products as the rulebook prints it.
    pub branch: String,
    /// The group of today.
    pub product_group: Option<ProductGroup>,
    /// Most points of the parts A, B and C, as its source states them.
    pub parts: [i32; 3],
    /// Where it was read, and what is doubtful about it.
    pub source: Option<String>,
}

/// One criterion of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// The set.
    pub set: CriteriaSetId,
    /// Place in the set, from 1.
    pub position: i32,
    /// Part.
    pub part: Part,
    /// Number of its section.
    pub section: String,
    /// Name of its section.
    pub section_name: String,
    /// Number on the form, for example `1.2`.
    pub number: String,
    /// What is judged.
    pub name: String,
    /// Most points.
    pub max_points: i32,
    /// Points of the options in the order of the form; empty where whole points are free up to the most.
    pub options: Vec<i32>,
}

impl Criterion {
    /// Whether these points can be given.
    pub fn allows(&self, points: i32) -> bool {
        if self.options.is_empty() { (0..=self.max_points).contains(&points) } else { self.options.contains(&points) }
    }

    /// What can be given, for people: `0, 1, 3` or `0–40`.
    pub fn allowed(&self) -> String {
        if self.options.is_empty() {
            return format!("0–{}", self.max_points);
        }
        let mut options = self.options.clone();
        options.sort_unstable();
        options.dedup();
        options.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// Whether the criteria score whole parts only, because the criteria below them are not known.
pub fn is_part_level(criteria: &[Criterion]) -> bool {
    criteria.len() == Part::ALL.len() && Part::ALL.iter().all(|part| criteria.iter().any(|c| c.part == *part && c.options.is_empty()))
}

/// Reads the points of options as files write them: `0|1|3`. `None` when one is not a number from 0 to `max`.
pub fn parse_options(text: &str, max: i32) -> Option<Vec<i32>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split('|').map(|points| points.trim().parse().ok().filter(|p| (0..=max).contains(p))).collect()
}

/// Checks a set before it is published: parts add up to those of the rulebook, every criterion is there once, and its options reach
/// from nothing allowed above its most up to its most. The paths lead from the input.
pub fn check(book: &Rulebook, criteria: &[Criterion]) -> Vec<(String, Reason)> {
    let mut faults = Vec::new();
    let mut seen = HashSet::new();
    for (index, c) in criteria.iter().enumerate() {
        if !seen.insert((c.part, c.section.as_str(), c.number.as_str(), c.name.as_str())) {
            faults.push((format!("criteria.{index}.number"), Reason::Duplicate));
        }
        if c.max_points < 1 {
            faults.push((format!("criteria.{index}.maxPoints"), Reason::OutOfRange { min: 1, max: 100 }));
        } else if c.options.iter().any(|o| !(0..=c.max_points).contains(o)) || c.options.iter().max().is_some_and(|o| *o != c.max_points) {
            faults.push((format!("criteria.{index}.optionPoints"), Reason::OptionsMissMaximum { max: c.max_points }));
        }
    }
    for part in Part::ALL {
        let sum: i64 = criteria.iter().filter(|c| c.part == *part).map(|c| i64::from(c.max_points)).sum();
        let maximum = i64::from(book.part_maximum(*part));
        if sum != maximum {
            faults.push(("criteria".to_owned(), Reason::PartSumWrong { part: part.code().to_owned(), sum, maximum }));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_points_up_to_the_most() {
        for (text, expected) in [
            ("", Some(vec![])),
            ("1|2|3", Some(vec![1, 2, 3])),
            ("1|2|0|1", Some(vec![1, 2, 0, 1])),
            ("0 | 3", Some(vec![0, 3])),
            ("4", None),
            ("-1", None),
            ("1||2", None),
            ("x", None),
        ] {
            assert_eq!(parse_options(text, 3), expected, "{text}");
        }
    }

    #[test]
    fn only_allowed_options_score() {
        let criterion = |options: &[i32]| Criterion {
            set: uuid::Uuid::nil().into(),
            position: 1,
            part: Part::A,
            section: "1".into(),
            section_name: "x".into(),
            number: "1.1".into(),
            name: "x".into(),
            max_points: 5,
            options: options.to_vec(),
        };
        let listed = criterion(&[1, 3, 0, 5, 3]);
        assert_eq!((-1..=6).filter(|p| listed.allows(*p)).collect::<Vec<_>>(), [0, 1, 3, 5]);
        assert_eq!(listed.allowed(), "0, 1, 3, 5");
        assert_eq!((-1..=6).filter(|p| criterion(&[]).allows(*p)).count(), 6);
    }
}
