//! Which requests the engine has validated before.
//!
//! The engine validates a document anew each time it is sent, by twenty rules. What they find in a document depends on the values of its
//! variables only where they stand for arguments, and there a value of GraphQL's own scalars is right or wrong by its kind alone
//! (async-graphql 7.2.1, `ScalarType::is_valid` of `String`, `ID`, `Int`, `Float` and `Boolean`). So a document that passed passes again
//! with other values of the same kinds, and needs only the engine's own short validation, `ValidationMode::Fast`.

use async_graphql::parser::types::{BaseType, OperationDefinition, VariableDefinition};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Kinds of variables kept for a document; clients send one or two.
const KEPT: usize = 8;

/// The kinds of variables with which a document passed.
#[derive(Debug, Default)]
pub(super) struct Passed(Mutex<Vec<Key>>);

/// The operation run, and the kind of each variable it declares, in order.
type Key = (Option<String>, Vec<u8>);

/// A request as far as its validity depends on it.
#[derive(Debug)]
pub struct Pass {
    passed: Arc<Passed>,
    key: Key,
}

impl Pass {
    /// `None` when the document's validity may depend on more than the kinds of its variables.
    pub(super) fn of(
        passed: &Arc<Passed>,
        name: Option<&str>,
        operation: &OperationDefinition,
        variables: &Map<String, Value>,
    ) -> Option<Self> {
        let kinds =
            operation.variable_definitions.iter().map(|declared| kind(&declared.node, variables.get(declared.node.name.node.as_str())));
        Some(Self { passed: Arc::clone(passed), key: (name.map(str::to_owned), kinds.collect::<Option<_>>()?) })
    }

    /// Whether the engine passed the same before.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.passed.kept().contains(&self.key)
    }

    /// The engine passed it.
    pub fn remember(self) {
        let mut kept = self.passed.kept();
        if !kept.contains(&self.key) && kept.len() < KEPT {
            kept.push(self.key);
        }
    }
}

impl Passed {
    fn kept(&self) -> MutexGuard<'_, Vec<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kind(declared: &VariableDefinition, value: Option<&Value>) -> Option<u8> {
    let Some(value) = value else { return Some(b'-') };
    if !is_own_scalar(&declared.var_type.node.base) {
        return None;
    }
    match value {
        Value::Null => Some(b'n'),
        Value::Bool(_) => Some(b'b'),
        Value::Number(number) if number.is_i64() => Some(b'i'),
        Value::Number(number) if number.is_u64() => Some(b'u'),
        Value::Number(_) => Some(b'f'),
        Value::String(_) => Some(b's'),
        Value::Array(items) if items.iter().all(Value::is_string) => Some(b'l'),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn is_own_scalar(base: &BaseType) -> bool {
    match base {
        BaseType::Named(name) => matches!(name.as_str(), "String" | "ID" | "Int" | "Float" | "Boolean"),
        BaseType::List(items) => is_own_scalar(&items.base),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    fn pass(passed: &Arc<Passed>, name: Option<&str>, variables: &Value) -> Option<Pass> {
        let document = "query($a: ID, $b: [String!], $c: Int, $d: Filter) { f }";
        let document = parse_query(document).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        Pass::of(passed, name, &operation.node, variables.as_object().unwrap())
    }

    #[test]
    fn what_passed_passes_with_values_of_the_same_kinds() {
        let passed = Arc::default();
        pass(&passed, None, &json!({ "a": "x", "b": ["y"], "c": 1, "z": {} })).unwrap().remember();
        let table = [
            (None, json!({ "a": "other", "b": [], "c": -7 }), true),
            (None, json!({ "a": "x", "b": ["y", "z"], "c": 1, "unknown": 7 }), true),
            (None, json!({ "a": 5, "b": ["y"], "c": 1 }), false),
            (None, json!({ "a": null, "b": ["y"], "c": 1 }), false),
            (None, json!({ "b": ["y"], "c": 1 }), false),
            (None, json!({ "a": "x", "b": "y", "c": 1 }), false),
            (None, json!({ "a": "x", "b": ["y"], "c": 1.5 }), false),
            (None, json!({ "a": "x", "b": ["y"], "c": true }), false),
            (None, json!({ "a": "x", "b": ["y"], "c": u64::MAX }), false),
            (Some("Other"), json!({ "a": "x", "b": ["y"], "c": 1 }), false),
        ];
        for (name, variables, expected) in table {
            assert_eq!(pass(&passed, name, &variables).unwrap().is_known(), expected, "{variables}");
        }
    }

    #[test]
    fn values_that_decide_more_are_never_taken_for_others() {
        let passed = Arc::default();
        for variables in [json!({ "d": null }), json!({ "d": { "text": "x" } }), json!({ "b": ["y", 1] }), json!({ "b": [["y"]] })] {
            assert!(pass(&passed, None, &variables).is_none(), "{variables}");
        }
    }

    #[test]
    fn few_are_kept() {
        let passed = Arc::default();
        for number in 0..20 {
            pass(&passed, Some(&number.to_string()), &json!({})).unwrap().remember();
        }
        let known = (0..20).filter(|number| pass(&passed, Some(&number.to_string()), &json!({})).unwrap().is_known());
        assert_eq!(known.collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
    }
}
