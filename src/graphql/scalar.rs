//! Scalars and small value types: days, decimals, money, quantities, cursors.

use async_graphql::{InputObject, InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value};
use chrono::NaiveDate;

use crate::{
    domain::{money::Vnd, quantity::Quantity},
    graphql::eager::Eager,
    service::PriceData,
};

/// A calendar day, `YYYY-MM-DD`.
#[derive(Clone, Copy)]
pub struct Date(pub NaiveDate);

/// A calendar day, `YYYY-MM-DD`.
#[Scalar(name = "Date", specified_by_url = "https://scalars.graphql.org/andimarek/local-date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Self).map_err(|_| InputValueError::custom("a day is written YYYY-MM-DD"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format("%Y-%m-%d").to_string())
    }
}

/// A decimal number as text, so that no float rounds it. A JSON number without fraction is accepted too.
#[derive(Clone)]
pub struct Decimal(pub String);

/// A decimal number as text, so that no float rounds it. A JSON number is accepted too.
#[Scalar(name = "Decimal", specified_by_url = "https://scalars.graphql.org/chillicream/decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A place in the change feed. Opaque and signed; keep it as it is.
#[derive(Clone)]
pub struct FeedCursor(pub String);

/// A place in the change feed. Opaque and signed; keep it as it is.
#[Scalar(name = "FeedCursor")]
impl ScalarType for FeedCursor {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = value else { return Err(InputValueError::expected_type(value)) };
        Ok(Self(text))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// An amount of money.
#[derive(SimpleObject)]
#[graphql(name = "Money")]
pub struct MoneyFields {
    /// Amount as a decimal string; whole numbers for VND.
    amount: Decimal,
    /// Currency, ISO 4217. Always `VND` today.
    currency: String,
}

/// An amount of money with its fields.
pub type Money = Eager<MoneyFields>;

impl From<Vnd> for MoneyFields {
    fn from(price: Vnd) -> Self {
        Self { amount: Decimal(price.to_string()), currency: "VND".to_owned() }
    }
}

/// An amount of money as given.
#[derive(InputObject)]
pub struct MoneyInput {
    /// Amount as a decimal string, whole đồng, above 0.
    pub amount: Decimal,
    /// Currency, ISO 4217. Only `VND` is accepted.
    #[graphql(default_with = "\"VND\".to_owned()")]
    pub currency: String,
}

impl MoneyInput {
    pub(super) fn read(self) -> PriceData {
        PriceData { amount: self.amount.0, currency: self.currency }
    }
}

/// A number with its unit.
#[derive(SimpleObject)]
#[graphql(name = "Quantity")]
pub struct QuantityFields {
    /// Number as a decimal string.
    value: Decimal,
    /// Unit.
    unit: crate::graphql::product::Unit,
}

/// A quantity with its fields.
pub type QuantityObject = Eager<QuantityFields>;

impl From<Quantity> for QuantityFields {
    fn from(quantity: Quantity) -> Self {
        Self { value: Decimal(quantity.value()), unit: quantity.unit().into() }
    }
}

/// A number with its unit as given.
#[derive(InputObject)]
pub struct QuantityInput {
    /// Number as a decimal string, above 0, at most three decimals.
    pub value: Decimal,
    /// Unit.
    pub unit: crate::graphql::product::Unit,
}
