//! Amounts and weights as marketplaces write them; never through a float.

use serde_json::{Number, Value};

/// An amount of đồng that a marketplace writes as a decimal, for example `120000.00`; `None` when it is not a whole one.
pub(super) fn whole_dong(text: &str) -> Option<i64> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    part.bytes().all(|b| b == b'0').then(|| whole.parse().ok())?
}

/// Grams as a text of kilograms.
pub(super) fn kilograms(grams: u32) -> String {
    format!("{}.{:03}", grams / 1000, grams % 1000)
}

/// Grams as a JSON number of kilograms, through text so that no float rounds it.
pub(super) fn kilograms_number(grams: u32) -> Value {
    kilograms(grams).parse::<Number>().map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_whole_dong_or_nothing() {
        for (text, amount) in
            [("120000", Some(120_000)), ("120000.00", Some(120_000)), (" 5. ", Some(5)), ("1.5", None), ("", None), ("1e5", None)]
        {
            assert_eq!(whole_dong(text), amount, "{text}");
        }
    }

    #[test]
    fn weights_keep_their_digits() {
        for (grams, text, number) in [(650, "0.650", "0.65"), (2000, "2.000", "2.0"), (1, "0.001", "0.001"), (0, "0.000", "0.0")] {
            assert_eq!((kilograms(grams).as_str(), kilograms_number(grams).to_string().as_str()), (text, number));
        }
    }
}
