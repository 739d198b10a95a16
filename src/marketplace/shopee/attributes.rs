//! Attributes of a category, from `get_attribute_tree`.

use serde_json::{Value, json};
use std::collections::HashMap;

use crate::marketplace::{
    attribute::{Attribute, Given, filled, values},
    reading::id_text,
};

/// The attributes of the one category in an answer to `get_attribute_tree`.
pub(super) fn read(response: &Value) -> Vec<Attribute> {
    let attribute = |found: &Value| {
        let code = id_text(&found["attribute_id"])?;
        let name = found["name"].as_str().unwrap_or(&code).to_owned();
        Some(Attribute { name, mandatory: found["mandatory"] == true, values: values(&found["attribute_value_list"], "value_id"), code })
    };
    response["list"][0]["attribute_tree"].as_array().into_iter().flatten().filter_map(attribute).collect()
}

/// `attribute_list` of an item.
pub(super) fn list(attributes: &[Attribute], given: &HashMap<String, String>) -> Value {
    let number = |text: &str| text.parse::<i64>().unwrap_or_default();
    let value = |given| match given {
        Given::Known(id) => json!({ "value_id": number(id) }),
        Given::Text(text) => json!({ "value_id": 0, "original_value_name": text }),
    };
    let sent = filled(attributes, given);
    sent.map(|(attribute, given)| json!({ "attribute_id": number(&attribute.code), "attribute_value_list": [value(given)] })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_read_and_the_list_is_written() {
        let answer = json!({ "list": [{ "category_id": 1, "attribute_tree": [
            { "attribute_id": 37, "mandatory": false, "name": "Xuất xứ", "attribute_value_list": [{ "value_id": 541, "name": "Việt Nam" }] },
            { "attribute_id": 38, "mandatory": true, "name": "Hạn sử dụng", "attribute_value_list": [] }] }] });
        let all = read(&answer);
        assert_eq!(all.iter().map(|a| (a.code.as_str(), a.mandatory)).collect::<Vec<_>>(), [("37", false), ("38", true)]);
        let given = HashMap::from([("37".to_owned(), "Việt Nam".to_owned()), ("38".to_owned(), "12 tháng".to_owned())]);
        let expected = json!([{ "attribute_id": 37, "attribute_value_list": [{ "value_id": 541 }] },
            { "attribute_id": 38, "attribute_value_list": [{ "value_id": 0, "original_value_name": "12 tháng" }] }]);
        assert_eq!(list(&all, &given), expected);
        assert_eq!((read(&json!({})), list(&[], &given)), (vec![], json!([])));
    }
}
