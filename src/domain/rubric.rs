//! Rubrics: the criteria sets (bộ tiêu chí) by which councils score products, one for each kind of product in each rulebook.

use crate::domain::code::coded;

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

/// A criteria set of a rulebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CriteriaSet {
    /// Number of the decision, for example `781/QĐ-TTg`.
    pub rulebook: String,
    /// Number of the set in it.
    pub number: i32,
    /// Kind of product.
    pub name: String,
    /// Group of products.
    pub group: String,
    /// Branch of products.
    pub branch: String,
    /// Most points of the parts A, B and C, as the decision states them.
    pub parts: [i32; 3],
}

/// One criterion of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// Number of the decision.
    pub rulebook: String,
    /// Number of the set in it.
    pub set: i32,
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
    /// Points of the options in the order of the form; empty where points are free up to the most.
    pub options: Vec<i32>,
}

/// Reads the points of options as files write them: `0|1|3`. `None` when one is not a number from 0 to `max`.
pub fn parse_options(text: &str, max: i32) -> Option<Vec<i32>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split('|').map(|points| points.trim().parse().ok().filter(|p| (0..=max).contains(p))).collect()
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
}
