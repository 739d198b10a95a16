//! Attributes of a category, from `get_attribute_tree`: what it requires, and the values that the shop's settings give.

use serde_json::{Value, json};
use std::collections::HashMap;

use crate::{
    domain::fold,
    marketplace::{Limit, Problem},
};

/// The attributes of one category in the answer to `get_attribute_tree`.
fn of_category(response: &Value) -> impl Iterator<Item = &Value> {
    response["list"][0]["attribute_tree"].as_array().into_iter().flatten()
}

/// What the category requires and the settings don't give.
pub(super) fn problems(response: &Value, given: &HashMap<String, String>) -> Vec<Problem> {
    let mandatory = of_category(response).filter(|attribute| attribute["mandatory"] == true);
    let missing = mandatory.filter_map(|attribute| {
        let code = attribute["attribute_id"].as_i64()?.to_string();
        let name = attribute["name"].as_str().unwrap_or(&code).to_owned();
        (!given.contains_key(&code)).then_some(Problem { field: "group", limit: Limit::Attribute { code, name } })
    });
    missing.collect()
}

/// `attribute_list` of an item: the settings' values for attributes that the category has; a value of the marketplace's own list by its
/// number, any other as text.
pub(super) fn list(response: &Value, given: &HashMap<String, String>) -> Value {
    let filled = of_category(response).filter_map(|attribute| {
        let id = attribute["attribute_id"].as_i64()?;
        let text = given.get(&id.to_string())?;
        let known = attribute["attribute_value_list"].as_array().into_iter().flatten();
        let named = |value: &&Value| value["name"].as_str().is_some_and(|name| fold::fold(name) == fold::fold(text));
        let number = known.into_iter().find(named).and_then(|value| value["value_id"].as_i64());
        let value = number.map_or_else(|| json!({ "value_id": 0, "original_value_name": text }), |number| json!({ "value_id": number }));
        Some(json!({ "attribute_id": id, "attribute_value_list": [value] }))
    });
    filled.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_and_what_is_given() {
        let answer = json!({ "list": [{ "category_id": 1, "attribute_tree": [
            { "attribute_id": 37, "mandatory": false, "name": "Xuất xứ", "attribute_value_list": [{ "value_id": 541, "name": "Việt Nam" }] },
            { "attribute_id": 38, "mandatory": true, "name": "Hạn sử dụng", "attribute_value_list": [] }] }] });
        let given =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(code, text)| ((*code).to_owned(), (*text).to_owned())).collect::<HashMap<_, _>>();
        let missing = problems(&answer, &given(&[("37", "x")]));
        assert_eq!(missing, [Problem { field: "group", limit: Limit::Attribute { code: "38".into(), name: "Hạn sử dụng".into() } }]);
        assert_eq!(problems(&answer, &given(&[("38", "12 tháng")])), []);
        let filled = list(&answer, &given(&[("37", "viet nam"), ("38", "12 tháng"), ("99", "of another category")]));
        let expected = json!([{ "attribute_id": 37, "attribute_value_list": [{ "value_id": 541 }] },
            { "attribute_id": 38, "attribute_value_list": [{ "value_id": 0, "original_value_name": "12 tháng" }] }]);
        assert_eq!(filled, expected);
        assert_eq!((problems(&json!({}), &HashMap::new()), list(&json!({}), &HashMap::new())), (vec![], json!([])));
    }
}
