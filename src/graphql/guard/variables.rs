//! The variables of a request: their size, and the values the document's arguments take from them.

use crate::graphql::guard::limits::Limits;
use crate::graphql::guard::rejection::Rejection;
use async_graphql::parser::types::OperationDefinition;
use async_graphql_value::{ConstValue, Value};
use std::collections::HashMap;

/// Refuses variables with too many values or nested too deep.
///
/// # Errors
/// Names the limit.
pub fn check_variables(variables: &serde_json::Map<String, serde_json::Value>, limits: &Limits) -> Result<(), Rejection> {
    let mut waiting: Vec<(&serde_json::Value, u32)> = variables.values().map(|value| (value, 1)).collect();
    let mut values = 0u64;
    while let Some((value, depth)) = waiting.pop() {
        values += 1;
        if values > limits.variable_values {
            let message = format!("The variables hold more than {} values. Send them in several requests.", limits.variable_values);
            return Err(Rejection::input(message, None));
        }
        if depth > limits.variable_depth {
            let message = format!("The variables nest more than {} deep. No input of this API is that deep.", limits.variable_depth);
            return Err(Rejection::input(message, None));
        }
        match value {
            serde_json::Value::Array(items) => waiting.extend(items.iter().map(|item| (item, depth + 1))),
            serde_json::Value::Object(members) => waiting.extend(members.values().map(|member| (member, depth + 1))),
            _ => {}
        }
    }
    Ok(())
}

/// The variables of one operation: what the client gave, else the default its definition states.
pub(super) struct Bindings<'a> {
    given: &'a serde_json::Map<String, serde_json::Value>,
    defaults: HashMap<&'a str, &'a ConstValue>,
}

/// As much of an argument's value as its cost depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// Absent or null.
    Nothing,
    /// A whole number, not negative.
    Count(u64),
    /// A list of that many items.
    List(u64),
    /// Anything else: text, an object, a negative or fractional number.
    Other,
}

impl<'a> Bindings<'a> {
    pub(super) fn new(given: &'a serde_json::Map<String, serde_json::Value>, operation: &'a OperationDefinition) -> Self {
        let definitions = operation.variable_definitions.iter().map(|definition| &definition.node);
        let defaults = definitions.filter_map(|definition| Some((definition.name.node.as_str(), &definition.default_value.as_ref()?.node)));
        Self { given, defaults: defaults.collect() }
    }

    pub(super) fn resolve(&self, value: &Value) -> Given {
        match value {
            Value::Variable(name) => self.variable(name),
            Value::Null => Given::Nothing,
            Value::Number(number) => number.as_u64().map_or(Given::Other, Given::Count),
            Value::List(items) => Given::List(items.len() as u64),
            _ => Given::Other,
        }
    }

    fn variable(&self, name: &str) -> Given {
        match (self.given.get(name), self.defaults.get(name)) {
            (Some(serde_json::Value::Null), _) | (None, None | Some(ConstValue::Null)) => Given::Nothing,
            (Some(serde_json::Value::Number(number)), _) | (None, Some(ConstValue::Number(number))) => {
                number.as_u64().map_or(Given::Other, Given::Count)
            }
            (Some(serde_json::Value::Array(items)), _) => Given::List(items.len() as u64),
            (None, Some(ConstValue::List(items))) => Given::List(items.len() as u64),
            _ => Given::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    #[test]
    fn values_are_counted_at_every_level() {
        let limits = Limits { variable_values: 5, variable_depth: 3, ..Limits::default() };
        let table = [
            (json!({}), true),
            (json!({"a": 1, "b": [1, 2, 3]}), true),
            (json!({"a": 1, "b": [1, 2, 3, 4]}), false),
            (json!({"a": {"b": {"c": 1}}}), true),
            (json!({"a": {"b": {"c": [1]}}}), false),
        ];
        for (variables, accepted) in table {
            let members = variables.as_object().unwrap();
            assert_eq!(check_variables(members, &limits).is_ok(), accepted, "{variables}");
        }
    }

    #[test]
    fn an_argument_takes_the_given_value_then_the_default() {
        let document = parse_query("query($a: Int = 7, $b: [ID!] = [1, 2], $c: Int) { f }").unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let variables = json!({"x": -1, "y": 3, "z": null, "l": [1], "t": "5", "a2": 1.5});
        let bindings = Bindings::new(variables.as_object().unwrap(), &operation.node);
        let table = [
            ("a", Given::Count(7)),
            ("b", Given::List(2)),
            ("c", Given::Nothing),
            ("x", Given::Other),
            ("y", Given::Count(3)),
            ("z", Given::Nothing),
            ("l", Given::List(1)),
            ("t", Given::Other),
            ("a2", Given::Other),
            ("unknown", Given::Nothing),
        ];
        for (name, expected) in table {
            assert_eq!(bindings.resolve(&Value::Variable(async_graphql::Name::new(name))), expected, "{name}");
        }
    }
}
