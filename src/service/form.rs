//! Reads inputs field by field and collects every refusal, so that a form on a slow network is answered once.

use chrono::NaiveDate;
use std::ops::RangeInclusive;

use crate::{
    domain::{
        fold,
        gtin::{Gtin, GtinError},
        money::{MoneyError, Vnd},
        reason::{Reason, Refusal},
    },
    service::ServiceError,
};

/// A field that may be left out (leave alone), null (clear) or given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Not mentioned: leave it alone.
    #[default]
    Keep,
    /// Null: clear it.
    Clear,
    /// A new value.
    Set(T),
}

impl<T> Patch<T> {
    /// Applies a patch of an optional field.
    pub(super) fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }

    /// Changes the value inside; `None` becomes a cleared field.
    pub(super) fn and_then<U>(self, read: impl FnOnce(T) -> Option<U>) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => read(value).map_or(Patch::Clear, Patch::Set),
        }
    }
}

/// An amount of money as given.
#[derive(Debug, Clone)]
pub struct PriceData {
    /// Decimal string.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: String,
}

/// Collects refusals below a path.
pub(super) struct Form {
    prefix: String,
    refusals: Vec<Refusal>,
}

impl Form {
    /// A form below a dotted path, for example `input`.
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), refusals: Vec::new() }
    }

    /// Refuses a field.
    pub(super) fn refuse(&mut self, field: &str, reason: Reason) {
        self.refusals.push(Refusal::at(&format!("{}.{field}", self.prefix), reason));
    }

    /// Goes on when nothing was refused.
    pub(super) fn finish(self) -> Result<(), ServiceError> {
        if self.refusals.is_empty() { Ok(()) } else { Err(ServiceError::Refused(self.refusals)) }
    }

    /// Keeps a value, or refuses the field.
    pub(super) fn check<T>(&mut self, field: &str, value: Result<T, Reason>) -> Option<T> {
        value.map_err(|reason| self.refuse(field, reason)).ok()
    }

    /// One line of text that must not be blank.
    pub(super) fn text(&mut self, field: &str, text: &str, max: usize) -> String {
        let clean = fold::nfc(text);
        if clean.is_empty() {
            self.refuse(field, Reason::Required);
        }
        self.bounded(field, clean, max)
    }

    /// One line of text; blank counts as not given.
    pub(super) fn optional(&mut self, field: &str, text: Option<&str>, max: usize) -> Option<String> {
        let clean = fold::nfc(text?);
        (!clean.is_empty()).then(|| self.bounded(field, clean, max))
    }

    /// Several lines of text; blank counts as not given.
    pub(super) fn lines(&mut self, field: &str, text: Option<&str>, max: usize) -> Option<String> {
        let clean = fold::nfc_lines(text?);
        (!clean.is_empty()).then(|| self.bounded(field, clean, max))
    }

    /// A whole number within bounds.
    pub(super) fn number(&mut self, field: &str, value: i64, range: RangeInclusive<i64>) -> u32 {
        if !range.contains(&value) {
            self.refuse(field, Reason::OutOfRange { min: *range.start(), max: *range.end() });
        }
        u32::try_from(value).unwrap_or_default()
    }

    /// A price in đồng, the fields `amount` and `currency`.
    pub(super) fn price(&mut self, field: &dyn Fn(&str) -> String, price: &PriceData) -> Option<Vnd> {
        if price.currency != "VND" {
            self.refuse(&field("currency"), Reason::UnsupportedCurrency);
        }
        self.amount(&field("amount"), &price.amount)
    }

    /// An amount of whole đồng.
    pub(super) fn amount(&mut self, field: &str, amount: &str) -> Option<Vnd> {
        let read = Vnd::parse(amount).map_err(|error| match error {
            MoneyError::NotANumber => Reason::InvalidNumber,
            MoneyError::Fractional => Reason::FractionalVnd,
            MoneyError::NotPositive => Reason::PriceNotPositive,
            MoneyError::TooLarge => Reason::PriceTooLarge,
        });
        self.check(field, read)
    }

    /// A GTIN-13.
    pub(super) fn gtin(&mut self, field: &str, text: &str) -> Option<Gtin> {
        let read = Gtin::parse(text).map_err(|error| match error {
            GtinError::Shape => Reason::InvalidGtin,
            GtinError::CheckDigit { expected } => Reason::GtinCheckDigit { expected },
        });
        self.check(field, read)
    }

    /// An absolute http or https address.
    pub(super) fn url(&mut self, field: &str, text: &str) -> Option<String> {
        let read =
            url::Url::parse(text.trim()).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host() && text.len() <= 2000);
        self.check(field, read.map(String::from).ok_or(Reason::InvalidUrl))
    }

    /// An e-mail address, in lower case.
    pub(super) fn email(&mut self, field: &str, text: &str) -> Option<String> {
        let clean = text.trim().to_lowercase();
        let valid = clean.len() <= 254 && email_address::EmailAddress::is_valid(&clean);
        self.check(field, if valid { Ok(clean) } else { Err(Reason::InvalidEmail) })
    }

    /// A period whose end, when both are given, comes after its start.
    pub(super) fn period<T: PartialOrd>(&mut self, field: &str, from: Option<&T>, until: Option<&T>) {
        if let (Some(from), Some(until)) = (from, until)
            && until <= from
        {
            self.refuse(field, Reason::EndBeforeStart);
        }
    }

    /// A day that is not in the future.
    pub(super) fn past_day(&mut self, field: &str, day: Option<NaiveDate>, today: NaiveDate) {
        if day.is_some_and(|day| day > today) {
            self.refuse(field, Reason::DateInFuture);
        }
    }

    fn bounded(&mut self, field: &str, text: String, max: usize) -> String {
        if text.chars().count() > max {
            self.refuse(field, Reason::TooLong { max });
        }
        text
    }
}
