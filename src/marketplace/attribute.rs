//! Attributes that a marketplace's category has: what it requires, and the values that a shop's settings give.

use serde_json::Value;
use std::collections::HashMap;

use crate::{
    domain::fold,
    marketplace::{Limit, Problem, reading::id_text},
};

/// An attribute of a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    /// What requests call it.
    pub(super) code: String,
    /// What people call it.
    pub(super) name: String,
    /// Whether items must have it.
    pub(super) mandatory: bool,
    /// The marketplace's own values, by their number and name.
    pub(super) values: Vec<(String, String)>,
}

/// A value as it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given<'a> {
    /// One of the marketplace's own, by its number.
    Known(&'a str),
    /// Any other.
    Text(&'a str),
}

/// The marketplace's own values in a list of objects, each with its number in a field and its `name`.
pub(super) fn values(listed: &Value, number: &str) -> Vec<(String, String)> {
    let value = |value: &Value| Some((id_text(&value[number])?, value["name"].as_str()?.to_owned()));
    listed.as_array().into_iter().flatten().filter_map(value).collect()
}

/// What a category requires and the settings don't give.
pub(super) fn problems(attributes: &[Attribute], given: &HashMap<String, String>) -> Vec<Problem> {
    let missing = attributes.iter().filter(|attribute| attribute.mandatory && !given.contains_key(&attribute.code));
    let told = |a: &Attribute| Problem { field: "group", limit: Limit::Attribute { code: a.code.clone(), name: a.name.clone() } };
    missing.map(told).collect()
}

/// The settings' values for attributes that the category has.
pub(super) fn filled<'a>(
    attributes: &'a [Attribute],
    given: &'a HashMap<String, String>,
) -> impl Iterator<Item = (&'a Attribute, Given<'a>)> {
    attributes.iter().filter_map(|attribute| {
        let text = given.get(&attribute.code)?;
        let known = attribute.values.iter().find(|(_, name)| fold::fold(name) == fold::fold(text));
        Some((attribute, known.map_or(Given::Text(text), |(number, _)| Given::Known(number))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_and_what_is_given() {
        let attribute = |code: &str, mandatory, values: &[(&str, &str)]| Attribute {
            code: code.into(),
            name: format!("Thuộc tính {code}"),
            mandatory,
            values: values.iter().map(|(number, name)| ((*number).to_owned(), (*name).to_owned())).collect(),
        };
        let all = [attribute("37", false, &[("541", "Việt Nam")]), attribute("38", true, &[])];
        let given =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(code, text)| ((*code).to_owned(), (*text).to_owned())).collect::<HashMap<_, _>>();
        let missing = Limit::Attribute { code: "38".into(), name: "Thuộc tính 38".into() };
        assert_eq!(problems(&all, &given(&[("37", "x")])), [Problem { field: "group", limit: missing }]);
        assert_eq!(problems(&all, &given(&[("38", "12 tháng")])), []);
        let settings = given(&[("37", "viet nam"), ("38", "12 tháng"), ("99", "of another category")]);
        let sent: Vec<_> = filled(&all, &settings).map(|(attribute, value)| (attribute.code.as_str(), value)).collect();
        assert_eq!(sent, [("37", Given::Known("541")), ("38", Given::Text("12 tháng"))]);
    }
}
