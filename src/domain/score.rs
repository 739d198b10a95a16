//! Stars and scores. Scores are hundredths of a point, never floats.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// Stars, 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stars(u8);

/// A council's average score in hundredths of a point, 0 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u16);

impl Stars {
    /// Takes 1 to 5.
    pub const fn try_from_u8(stars: u8) -> Option<Self> {
        if matches!(stars, 1..=5) { Some(Self(stars)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// One star less; `None` below one.
    pub const fn below(self) -> Option<Self> {
        Self::try_from_u8(self.0 - 1)
    }

    /// One star more; `None` above five.
    pub const fn above(self) -> Option<Self> {
        Self::try_from_u8(self.0 + 1)
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

    /// The average of whole totals of 0 to 100 points, cut after two places: no rounding rule was found, and cutting never lifts a
    /// score over the edge of a band. `None` without totals, or when one is above 100.
    pub fn average(totals: &[u32]) -> Option<Self> {
        let count = u32::try_from(totals.len()).ok().filter(|n| *n > 0)?;
        if totals.iter().any(|t| *t > 100) {
            return None;
        }
        let sum: u32 = totals.iter().sum();
        Self::try_from_hundredths(u16::try_from(sum.checked_mul(100)? / count).ok()?)
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

impl Serialize for Stars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.0)
    }
}

impl<'de> Deserialize<'de> for Stars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from_u8(u8::deserialize(deserializer)?).ok_or_else(|| de::Error::custom("stars are 1 to 5"))
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("a score is 0 to 100 with at most two decimals"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_have_two_places_and_end_at_100() {
        for bad in ["100.01", "101", "-1", "50.001", "", ".5", "5e1", "1000"] {
            assert_eq!(Score::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Score::parse("82.3").expect("a score").to_string(), "82.30");
    }

    #[test]
    fn averages_are_cut_after_two_places() {
        for (totals, average) in [
            (&[82, 82, 83][..], Some("82.33")),
            (&[90, 90, 89], Some("89.66")),
            (&[50], Some("50.00")),
            (&[0, 0], Some("0.00")),
            (&[100, 100, 100], Some("100.00")),
            // 89.9975 must not become 90.
            (&[90; 399][..], Some("90.00")),
            (&[], None),
            (&[101], None),
        ] {
            assert_eq!(Score::average(totals).map(|s| s.to_string()).as_deref(), average, "{totals:?}");
        }
        let mut nearly = vec![90; 399];
        nearly.push(89);
        assert_eq!(Score::average(&nearly).map(|s| s.to_string()).as_deref(), Some("89.99"));
    }
}
