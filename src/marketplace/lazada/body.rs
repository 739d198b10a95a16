//! What an offer looks like on the marketplace, and what it would refuse of it.

use serde_json::{Value, json};

use std::collections::HashMap;

use crate::marketplace::{
    Limit, Offer, Problem,
    attribute::{self, Attribute},
    category::Category,
    lazada::answer::id,
    units::kilograms,
};

const TITLE: usize = 255;
const DESCRIPTION: usize = 25_000;
/// 40 kg: code 4164.
const WEIGHT: i64 = 40_000;
pub(super) const MAX_IMAGES: usize = 8;
/// Centimetres of a parcel whose size nobody told.
const SIDE: &str = "10";

/// What the marketplace would refuse of an offer.
pub(super) fn problems(offer: &Offer) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |broken: bool, field, limit| {
        if broken {
            problems.push(Problem { field, limit });
        }
    };
    let length = |text: &str, max: usize| !(1..=max).contains(&text.chars().count());
    refuse(length(&offer.title, TITLE), "title", Limit::Length { min: 1, max: TITLE });
    refuse(length(&offer.description, DESCRIPTION), "description", Limit::Length { min: 1, max: DESCRIPTION });
    refuse(i64::from(offer.weight_grams) > WEIGHT, "weightGrams", Limit::Range { min: 1, max: WEIGHT });
    refuse(offer.image_urls.is_empty(), "media", Limit::AtLeast(1));
    problems
}

/// The parts of an item that creating and editing share.
pub(super) fn content(offer: &Offer, category: &str, pictures: &[String], brand: &str) -> Value {
    let sku = json!({
        "SellerSku": offer.key,
        "package_length": SIDE,
        "package_width": SIDE,
        "package_height": SIDE,
        "package_weight": kilograms(offer.weight_grams),
    });
    let attributes = json!({ "name": offer.title, "description": offer.description, "brand": brand });
    let product =
        json!({ "PrimaryCategory": category, "Images": { "Image": pictures }, "Attributes": attributes, "Skus": { "Sku": [sku] } });
    json!({ "Request": { "Product": product } })
}

/// The body of a create.
pub(super) fn whole(offer: &Offer, mut content: Value) -> Value {
    let sku = &mut content["Request"]["Product"]["Skus"]["Sku"][0];
    sku["price"] = json!(offer.price.amount().to_string());
    sku["quantity"] = json!(offer.stock.to_string());
    content
}

/// Attributes that every item carries by other fields of ours.
const OURS: [&str; 13] = [
    "name",
    "description",
    "brand",
    "SellerSku",
    "price",
    "quantity",
    "package_weight",
    "package_length",
    "package_width",
    "package_height",
    "__images__",
    "tax_class",
    "delivery_option_sof",
];

/// Reads the answer of `category/attributes/get`, without those that our own fields fill.
pub(super) fn attributes(answer: &Value) -> Vec<Attribute> {
    let read = |attribute: &Value| {
        let code = attribute["name"].as_str().filter(|code| !OURS.contains(code))?.to_owned();
        let mandatory = attribute["is_mandatory"] == 1 || attribute["is_mandatory"] == true;
        Some(Attribute { name: attribute["label"].as_str().unwrap_or(&code).to_owned(), mandatory, values: Vec::new(), code })
    };
    answer.as_array().into_iter().flatten().filter_map(read).collect()
}

/// Puts the settings' values for attributes into an item.
pub(super) fn fill(content: &mut Value, all: &[Attribute], given: &HashMap<String, String>) {
    for (attribute, _) in attribute::filled(all, given) {
        content["Request"]["Product"]["Attributes"][&attribute.code] = json!(given.get(&attribute.code));
    }
}

/// Reads the answer of `category/tree/get`: nested, to be laid flat.
pub(super) fn categories(answer: &Value) -> Vec<Category> {
    let mut flat = Vec::new();
    let mut open: Vec<(String, &Value)> = answer.as_array().into_iter().flatten().map(|c| (String::new(), c)).collect();
    while let Some((parent, c)) = open.pop() {
        let (Some(own), Some(name)) = (id(&c["category_id"]), c["name"].as_str()) else { continue };
        flat.push(Category::new(own.clone(), parent, name, c["leaf"] == true));
        open.extend(c["children"].as_array().into_iter().flatten().map(|child| (own.clone(), child)));
    }
    flat.reverse();
    flat
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::product::ProductGroup, marketplace::category};

    #[test]
    fn a_nested_tree_is_laid_flat() {
        let tree = json!([{ "category_id": 1, "name": "Thực phẩm", "leaf": false, "children": [
            { "category_id": 2, "name": "Bánh", "leaf": true }, { "category_id": "3", "name": "Đồ uống", "leaf": true }] }]);
        let flat = categories(&tree);
        assert_eq!(category::leaf(&flat, ProductGroup::Drink).as_deref(), Some("3"));
        assert!(category::leaf(&flat, ProductGroup::Food).is_some(), "by the name above it");
    }
}
