//! The rulebook: parts, score bands, hard conditions, documents, deciding authority by date and stars, period of validity. It is
//! versioned data, read from `data/rulebook/` and never changed once it was published; this file knows how to read and ask it.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::domain::{
    code::coded,
    procedure::DossierState,
    product::ProductGroup,
    rubric::Part,
    score::{Score, Stars},
};

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

coded! {
    /// Who must hand a document in.
    Mandatory {
        /// Everybody.
        Always = "ALWAYS",
        /// Cooperatives and enterprises: those that must be registered.
        Registered = "REGISTERED",
        /// Those whose product is not a service.
        Goods = "GOODS",
        /// Nobody; it supports points and conditions.
        Never = "NEVER",
    }
}

/// One published version of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rulebook {
    /// Number of the decision, for example `148/QĐ-TTg`.
    pub code: String,
    /// Title in Vietnamese.
    pub title: String,
    /// The decisions it consists of, with their dates.
    pub legal_references: Vec<String>,
    /// First day in force.
    pub valid_from: NaiveDate,
    /// First day no longer in force.
    pub valid_until: Option<NaiveDate>,
    /// Most points of each part; together 100.
    pub part_maxima: PartMaxima,
    /// Stars by score, half-open from below.
    pub bands: Vec<Band>,
    /// Fewest stars with a certificate.
    pub certified_from_stars: Stars,
    /// Points from which the province may propose a product to the ministry.
    pub national_from_points: u16,
    /// Months a certificate holds.
    pub validity_months: u32,
    /// Who decides on which stars, when.
    pub authorities: Vec<AuthorityRule>,
    /// Hard conditions beside the score.
    pub conditions: Vec<Condition>,
    /// Documents of a dossier.
    pub documents: Vec<DocumentRule>,
    /// Days after which a dossier counts as overdue in a state. Not from the law: the service's own targets.
    pub target_days: Vec<TargetDays>,
}

/// Most points of each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE", deny_unknown_fields)]
pub struct PartMaxima {
    /// Part A.
    pub a: u16,
    /// Part B.
    pub b: u16,
    /// Part C.
    pub c: u16,
}

/// A band: scores from here on have these stars, up to the next band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Stars.
    pub stars: Stars,
    /// Lowest score in whole points.
    pub from: u16,
}

/// Who decides on some stars during a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthorityRule {
    /// Stars it decides on.
    pub stars: Vec<Stars>,
    /// The level.
    pub authority: Authority,
    /// First day.
    pub from: NaiveDate,
    /// First day no longer.
    pub until: Option<NaiveDate>,
    /// Where this is written.
    pub legal_reference: String,
}

/// A hard condition: without it a product has fewer stars than `min_stars`, whatever its score. With one star it is a knock-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// Stable code.
    pub code: String,
    /// Fewest stars that need it.
    pub min_stars: Stars,
    /// What is asked, in Vietnamese.
    pub text_vi: String,
    /// What is asked, in English.
    pub text_en: String,
    /// Groups it does not apply to.
    #[serde(default)]
    pub not_for: Vec<ProductGroup>,
    /// Where this is written.
    pub legal_reference: String,
}

/// A document of a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DocumentRule {
    /// Stable code.
    pub code: String,
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// Who must hand it in.
    pub mandatory: Mandatory,
    /// Handed over in hand, not as a file.
    #[serde(default)]
    pub on_paper: bool,
    /// Where this is written.
    pub legal_reference: String,
}

/// How long a state should last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetDays {
    /// The state.
    pub state: DossierState,
    /// Days.
    pub days: u16,
}

/// Nobody may grant a rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAuthority {
    /// No rule names an authority for that day: before the programme, after the rulebook, or 2025-07-01 to 2025-07-05, when
    /// districts were gone and Decision 1489/QĐ-TTg was not yet in force.
    OnDay,
    /// Stars below the first that are certified.
    NotCertified,
}

impl Rulebook {
    /// Reads a rulebook and checks that it holds together; the sentence says what does not.
    pub fn parse(json: &str) -> Result<Self, String> {
        let book: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        book.check()?;
        Ok(book)
    }

    /// Whether it is in force on a day.
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_until.is_none_or(|until| day < until)
    }

    /// Most points of a part.
    pub const fn part_maximum(&self, part: Part) -> u16 {
        match part {
            Part::A => self.part_maxima.a,
            Part::B => self.part_maxima.b,
            Part::C => self.part_maxima.c,
        }
    }

    /// The stars of a score. Bands are half-open (Decision 148/QĐ-TTg: "to under"); the text of 2019 prints whole numbers and leaves
    /// 89.5 undefined, therefore the same reading serves for all.
    pub fn stars_for(&self, score: Score) -> Stars {
        let reached = |band: &&Band| u32::from(score.hundredths()) >= u32::from(band.from) * 100;
        self.bands.iter().rev().find(reached).or(self.bands.first()).map_or(Stars::ONE, |band| band.stars)
    }

    /// The lowest score of these stars, in whole points.
    pub fn points_for(&self, stars: Stars) -> Option<u16> {
        self.bands.iter().find(|band| band.stars == stars).map(|band| band.from)
    }

    /// Which level grants these stars on a day.
    pub fn authority(&self, stars: Stars, on: NaiveDate) -> Result<Authority, NoAuthority> {
        if stars < self.certified_from_stars {
            return Err(NoAuthority::NotCertified);
        }
        let fits = |rule: &&AuthorityRule| rule.stars.contains(&stars) && rule.from <= on && rule.until.is_none_or(|until| on < until);
        self.authorities.iter().find(fits).map(|rule| rule.authority).ok_or(NoAuthority::OnDay)
    }

    /// The first day on which a certificate issued on a day no longer holds: whole months later, clamped to the month's end.
    pub fn expires_on(&self, issued_on: NaiveDate) -> NaiveDate {
        issued_on.checked_add_months(Months::new(self.validity_months)).unwrap_or(NaiveDate::MAX)
    }

    /// The conditions on products of a group.
    pub fn conditions_for(&self, group: Option<ProductGroup>) -> Vec<&Condition> {
        self.conditions.iter().filter(|c| group.is_none_or(|g| !c.not_for.contains(&g))).collect()
    }

    /// Days after which a dossier is overdue in a state.
    pub fn target_days(&self, state: DossierState) -> Option<u16> {
        self.target_days.iter().find(|t| t.state == state).map(|t| t.days)
    }

    fn check(&self) -> Result<(), String> {
        let PartMaxima { a, b, c } = self.part_maxima;
        if a + b + c != 100 {
            return Err(format!("the parts add up to {}, not to 100", a + b + c));
        }
        if self.valid_until.is_some_and(|until| until <= self.valid_from) {
            return Err("it ends before it begins".to_owned());
        }
        let rising = self.bands.windows(2).all(|pair| pair[0].stars < pair[1].stars && pair[0].from < pair[1].from);
        if self.bands.first().is_none_or(|band| band.from != 0) || !rising || self.bands.last().is_some_and(|band| band.from > 100) {
            return Err("the bands must rise from 0 without gaps".to_owned());
        }
        unique("condition", self.conditions.iter().map(|c| c.code.as_str()))?;
        unique("document", self.documents.iter().map(|d| d.code.as_str()))?;
        for (index, rule) in self.authorities.iter().enumerate() {
            let overlaps = |other: &&AuthorityRule| {
                other.stars.iter().any(|s| rule.stars.contains(s))
                    && other.until.is_none_or(|until| rule.from < until)
                    && rule.until.is_none_or(|until| other.from < until)
            };
            if self.authorities[..index].iter().any(|other| overlaps(&other)) {
                return Err(format!("two authorities decide on the same stars: {}", rule.legal_reference));
            }
        }
        Ok(())
    }
}

impl Stars {
    /// One star.
    pub const ONE: Self = match Self::try_from_u8(1) {
        Some(stars) => stars,
        None => unreachable!(),
    };
}

/// The rulebook in force on a day.
pub fn in_force(books: &[Rulebook], day: NaiveDate) -> Option<&Rulebook> {
    books.iter().find(|book| book.in_force(day))
}

fn unique<'a>(what: &str, codes: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for code in codes {
        if !seen.insert(code) {
            return Err(format!("{what} {code} is there twice"));
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "rulebook_tests.rs"]
mod tests;
