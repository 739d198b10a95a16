//! Documents made from the schema itself, so that a field that is new is tested without being named.

use serde_json::{Value, json};
use std::collections::BTreeMap;

use crate::harness::{Caller, council::global, text};

const INTROSPECTION: &str = "{ __schema { types { name kind enumValues { name } possibleTypes { name }
    inputFields { name defaultValue type { ...kind } } fields { name type { ...kind } args { name defaultValue type { ...kind } } } } } }
    fragment kind on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// The types of the schema by name.
pub(crate) struct Schema(BTreeMap<String, Value>);

/// What stands for an id, by the name of its argument or input field.
pub(crate) type Ids<'a> = &'a mut dyn FnMut(&str) -> String;

impl Schema {
    pub(crate) async fn of(caller: &Caller) -> Self {
        let data = caller.data(INTROSPECTION, Value::Null).await;
        Self(data["__schema"]["types"].as_array().expect("types").iter().map(|t| (text(&t["name"]), t.clone())).collect())
    }

    /// The fields of a type.
    pub(crate) fn fields(&self, of: &str) -> &[Value] {
        self.0[of]["fields"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The name of the type behind lists and non-nulls.
    pub(crate) fn named(kind: &Value) -> &str {
        kind["name"].as_str().unwrap_or_else(|| Self::named(&kind["ofType"]))
    }

    /// Whether a type has fields of its own.
    pub(crate) fn is_composite(&self, name: &str) -> bool {
        matches!(self.0[name]["kind"].as_str(), Some("OBJECT" | "INTERFACE" | "UNION"))
    }

    /// The object types of a type: itself, or its members.
    pub(crate) fn objects(&self, name: &str) -> Vec<String> {
        match self.0[name]["possibleTypes"].as_array() {
            Some(members) => members.iter().map(|member| text(&member["name"])).collect(),
            None => vec![name.to_owned()],
        }
    }

    /// The least that a field asks for, and every id that it takes, in brackets; empty when it is nothing.
    pub(crate) fn arguments(&self, field: &Value, ids: Ids<'_>, is_every_id: bool) -> String {
        let given = self.given(field["args"].as_array().expect("args"), ids, is_every_id);
        if given.is_empty() { given } else { format!("({given})") }
    }

    fn given(&self, fields: &[Value], ids: Ids<'_>, is_every_id: bool) -> String {
        let is_needed = |f: &&Value| {
            (f["type"]["kind"] == "NON_NULL" && f["defaultValue"].is_null()) || (is_every_id && Self::named(&f["type"]) == "ID")
        };
        let given: Vec<_> = fields
            .iter()
            .filter(is_needed)
            .map(|f| format!("{}: {}", text(&f["name"]), self.value(&f["type"], &text(&f["name"]), ids, is_every_id)))
            .collect();
        given.join(", ")
    }

    fn value(&self, kind: &Value, name: &str, ids: Ids<'_>, is_every_id: bool) -> String {
        match kind["kind"].as_str().expect("a kind") {
            "NON_NULL" => self.value(&kind["ofType"], name, ids, is_every_id),
            "LIST" => format!("[{}]", self.value(&kind["ofType"], name, ids, is_every_id)),
            "ENUM" => text(&self.0[Self::named(kind)]["enumValues"][0]["name"]),
            "INPUT_OBJECT" => {
                let fields = self.0[Self::named(kind)]["inputFields"].as_array().expect("fields");
                // An input of which one member is given.
                let is_one_of = Self::named(kind).ends_with("By");
                let given = if is_one_of { format!("id: {}", json!(ids(name))) } else { self.given(fields, ids, is_every_id) };
                format!("{{ {given} }}")
            }
            _ if Self::named(kind) == "ID" => json!(ids(name)).to_string(),
            _ => scalar(Self::named(kind), name),
        }
    }
}

/// An id that nothing has.
pub(crate) fn nothing() -> String {
    global("Nothing", uuid::Uuid::from_u128(1))
}

fn scalar(kind: &str, name: &str) -> String {
    match (kind, name) {
        ("Int", _) => "1".to_owned(),
        ("Boolean", _) => "true".to_owned(),
        ("Date", _) => "\"2026-11-23\"".to_owned(),
        ("Decimal", _) => "\"1\"".to_owned(),
        (_, "email") => "\"nobody@example.vn\"".to_owned(),
        (_, "password") => "\"một mật khẩu dài\"".to_owned(),
        (_, "sha256") => json!("0".repeat(64)).to_string(),
        (_, "contentType") => "\"application/pdf\"".to_owned(),
        (_, "baseUrl") => "\"https://example.vn\"".to_owned(),
        _ => "\"X\"".to_owned(),
    }
}
