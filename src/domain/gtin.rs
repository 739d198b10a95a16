//! GTIN-13 with its check digit (GS1 General Specifications, section 7.9). Vietnam's GS1 prefix is 893, other prefixes are valid too.

use std::fmt;

/// A checked GTIN-13.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gtin(String);

/// Why a text is not a GTIN-13.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GtinError {
    /// Not exactly 13 ASCII digits.
    #[error("a GTIN-13 has exactly 13 digits")]
    Shape,
    /// The last digit does not follow from the first twelve.
    #[error("the check digit should be {expected}")]
    CheckDigit {
        /// The digit that the first twelve digits demand.
        expected: u8,
    },
}

impl Gtin {
    /// Reads 13 digits and verifies the last.
    pub fn parse(text: &str) -> Result<Self, GtinError> {
        let text = text.trim();
        if text.len() != 13 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(GtinError::Shape);
        }
        let sum: u32 = text.bytes().take(12).enumerate().map(|(i, b)| u32::from(b - b'0') * if i % 2 == 0 { 1 } else { 3 }).sum();
        let expected = u8::try_from((10 - sum % 10) % 10).expect("a digit");
        if text.as_bytes()[12] - b'0' == expected { Ok(Self(text.to_owned())) } else { Err(GtinError::CheckDigit { expected }) }
    }

    /// The 13 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn checks_shape_and_check_digit() {
        for good in ["4006381333931", "9780306406157", "0000000000000"] {
            assert_eq!(Gtin::parse(good).expect(good).as_str(), good);
        }
        assert_eq!(Gtin::parse("4006381333932"), Err(GtinError::CheckDigit { expected: 1 }));
        for bad in ["", "400638133393", "40063813339311", "400638133393x", "４００６３８１３３３９３１"] {
            assert_eq!(Gtin::parse(bad), Err(GtinError::Shape), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn exactly_one_check_digit_is_right(body in "[0-9]{12}") {
            let valid = (0..10).filter(|d| Gtin::parse(&format!("{body}{d}")).is_ok()).count();
            prop_assert_eq!(valid, 1);
        }
    }
}
