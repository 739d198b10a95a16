//! Net content: a positive number with at most three decimals, and its unit.

use crate::domain::code::coded;

coded! {
    /// Units of net content.
    Unit {
        /// Gram.
        Gram = "GRAM",
        /// Kilogram.
        Kilogram = "KILOGRAM",
        /// Millilitre.
        Milliliter = "MILLILITER",
        /// Litre.
        Liter = "LITER",
        /// Piece (cái, chiếc, hộp …).
        Piece = "PIECE",
    }
}

impl Unit {
    /// Reads a code or the short form found in files: `g`, `kg`, `ml`, `l`, `cái`, `hộp` …
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::parse_code(text).or_else(|| match text.to_lowercase().as_str() {
            "g" | "gr" | "gram" => Some(Self::Gram),
            "kg" => Some(Self::Kilogram),
            "ml" => Some(Self::Milliliter),
            "l" | "lít" | "lit" => Some(Self::Liter),
            "cái" | "chiếc" | "hộp" | "piece" | "pcs" => Some(Self::Piece),
            _ => None,
        })
    }
}

/// An amount with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quantity {
    thousandths: i64,
    unit: Unit,
}

/// The text is not a positive number with at most three decimals below a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a positive number with at most 3 decimals is needed")]
pub struct QuantityError;

impl Quantity {
    /// Reads `500` or `0.5`.
    pub fn parse(value: &str, unit: Unit) -> Result<Self, QuantityError> {
        let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || whole.len() > 6 || fraction.len() > 3 {
            return Err(QuantityError);
        }
        let thousandths = format!("{whole}{fraction:0<3}").parse().map_err(|_| QuantityError)?;
        Self::from_thousandths(thousandths, unit)
    }

    /// Takes thousandths of the unit.
    pub const fn from_thousandths(thousandths: i64, unit: Unit) -> Result<Self, QuantityError> {
        if thousandths > 0 && thousandths < 1_000_000_000 { Ok(Self { thousandths, unit }) } else { Err(QuantityError) }
    }

    /// Thousandths of the unit.
    pub const fn thousandths(self) -> i64 {
        self.thousandths
    }

    /// The unit.
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// The number without trailing zeros, for example `500` or `0.5`.
    pub fn value(self) -> String {
        let (whole, rest) = (self.thousandths / 1000, self.thousandths % 1000);
        if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:03}").trim_end_matches('0').to_owned() }
    }

    /// As people in Vietnam write it, for example `500 g` or `0,5 lít`.
    pub fn in_vietnamese(self) -> String {
        let unit = match self.unit {
            Unit::Gram => "g",
            Unit::Kilogram => "kg",
            Unit::Milliliter => "ml",
            Unit::Liter => "lít",
            Unit::Piece => "cái",
        };
        format!("{} {unit}", self.value().replace('.', ","))
    }

    /// The weight in whole grams (a millilitre counts as a gram), at least 1; `None` for pieces.
    pub fn grams(self) -> Option<u32> {
        let grams = match self.unit {
            Unit::Gram | Unit::Milliliter => self.thousandths / 1000,
            Unit::Kilogram | Unit::Liter => self.thousandths,
            Unit::Piece => return None,
        };
        u32::try_from(grams.max(1)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn is_written_as_people_write_it() {
        for (value, unit, expected) in [("500", Unit::Gram, "500 g"), ("0.5", Unit::Liter, "0,5 lít"), ("1", Unit::Piece, "1 cái")] {
            assert_eq!(Quantity::parse(value, unit).expect("reads").in_vietnamese(), expected);
        }
    }

    #[test]
    fn reads_positive_decimals() {
        for (text, expected) in [
            ("500", Some(500_000)),
            (" 0.5 ", Some(500)),
            ("0.001", Some(1)),
            ("999999.999", Some(999_999_999)),
            ("0", None),
            ("0.0001", None),
            ("-1", None),
            ("1e3", None),
            ("1000000", None),
            ("1,5", None),
            (".5", None),
            ("", None),
        ] {
            assert_eq!(Quantity::parse(text, Unit::Gram).ok().map(Quantity::thousandths), expected, "{text:?}");
        }
    }

    #[test]
    fn units_in_files() {
        for (text, unit) in
            [("g", Some(Unit::Gram)), ("KG", Some(Unit::Kilogram)), ("LITER", Some(Unit::Liter)), ("hộp", Some(Unit::Piece)), ("x", None)]
        {
            assert_eq!(Unit::parse(text), unit, "{text}");
        }
        assert_eq!(Quantity::parse("0.5", Unit::Kilogram).expect("a quantity").grams(), Some(500));
        assert_eq!(Quantity::parse("3", Unit::Piece).expect("a quantity").grams(), None);
    }

    proptest! {
        #[test]
        fn printing_and_reading_agree(thousandths in 1i64..1_000_000_000) {
            let quantity = Quantity::from_thousandths(thousandths, Unit::Liter).expect("in range");
            prop_assert_eq!(Quantity::parse(&quantity.value(), Unit::Liter), Ok(quantity));
        }
    }
}
