//! Money: whole Vietnamese đồng. VND has no minor unit (ISO 4217), so a price is an integer and never a float.

use std::fmt;

/// The largest amount accepted, 100 billion ₫: above any listing price and far below `i64` and JSON's safe integer.
pub const MAX_VND: i64 = 100_000_000_000;

/// A positive price or amount in whole đồng.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vnd(i64);

/// Why an amount is not a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a decimal number.
    #[error("not a number")]
    NotANumber,
    /// VND has no minor unit.
    #[error("VND has no fraction")]
    Fractional,
    /// Zero or below.
    #[error("must be above zero")]
    NotPositive,
    /// Above [`MAX_VND`].
    #[error("too large")]
    TooLarge,
}

impl Vnd {
    /// Takes whole đồng between 1 and [`MAX_VND`].
    pub const fn try_from_i64(amount: i64) -> Result<Self, MoneyError> {
        if amount <= 0 {
            Err(MoneyError::NotPositive)
        } else if amount > MAX_VND {
            Err(MoneyError::TooLarge)
        } else {
            Ok(Self(amount))
        }
    }

    /// Reads a decimal string such as `185000`; `185000.00` is accepted because its fraction is zero, `0.5` is not.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let text = text.trim();
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = whole.strip_prefix('-').unwrap_or(whole);
        if digits.is_empty()
            || !digits.bytes().all(|b| b.is_ascii_digit())
            || !fraction.bytes().all(|b| b.is_ascii_digit())
            || (text.contains('.') && fraction.is_empty())
        {
            return Err(MoneyError::NotANumber);
        }
        if fraction.bytes().any(|b| b != b'0') {
            return Err(MoneyError::Fractional);
        }
        if whole.starts_with('-') {
            return Err(MoneyError::NotPositive);
        }
        Self::try_from_i64(whole.parse().map_err(|_| MoneyError::TooLarge)?)
    }

    /// The amount in whole đồng.
    pub const fn amount(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Vnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accepts_whole_dong_only() {
        for (text, expected) in [
            ("1", Ok(1)),
            ("185000", Ok(185_000)),
            (" 185000.00 ", Ok(185_000)),
            ("100000000000", Ok(MAX_VND)),
            ("100000000001", Err(MoneyError::TooLarge)),
            ("99999999999999999999999", Err(MoneyError::TooLarge)),
            ("0", Err(MoneyError::NotPositive)),
            ("-1", Err(MoneyError::NotPositive)),
            ("0.5", Err(MoneyError::Fractional)),
            ("185000.5", Err(MoneyError::Fractional)),
            ("185.000,5", Err(MoneyError::NotANumber)),
            ("1e5", Err(MoneyError::NotANumber)),
            ("+5", Err(MoneyError::NotANumber)),
            ("5.", Err(MoneyError::NotANumber)),
            ("", Err(MoneyError::NotANumber)),
            ("NaN", Err(MoneyError::NotANumber)),
        ] {
            assert_eq!(Vnd::parse(text).map(Vnd::amount), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_parsing_agree(amount in 1..=MAX_VND) {
            let price = Vnd::try_from_i64(amount).expect("in range");
            prop_assert_eq!(Vnd::parse(&price.to_string()), Ok(price));
        }
    }
}
