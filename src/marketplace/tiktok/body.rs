//! What an offer looks like on the marketplace, and what it would refuse of it.

use serde_json::{Value, json};

use std::collections::HashMap;

use crate::marketplace::{
    Limit, Offer, Problem,
    attribute::{self, Attribute, Given},
    category::Category,
    tiktok::answer::text,
    units::kilograms,
};

/// Characters of a title in Vietnam.
const TITLE: (usize, usize) = (25, 255);
const DESCRIPTION: usize = 10_000;
const STOCK: i64 = 99_999;
pub(super) const MAX_IMAGES: usize = 9;

/// What the marketplace would refuse of an offer.
pub(super) fn problems(offer: &Offer) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |broken: bool, field, limit| {
        if broken {
            problems.push(Problem { field, limit });
        }
    };
    let (min, max) = TITLE;
    let title = offer.title_of_at_least(min).chars().count();
    refuse(!(min..=max).contains(&title), "title", Limit::Length { min, max });
    let description = html(&offer.description).chars().count();
    refuse(!(1..=DESCRIPTION).contains(&description), "description", Limit::Length { min: 1, max: DESCRIPTION });
    refuse(!(1..=STOCK).contains(&i64::from(offer.stock)), "stock", Limit::Range { min: 1, max: STOCK });
    refuse(offer.image_urls.is_empty(), "media", Limit::AtLeast(1));
    problems
}

/// The parts of a product that creating and editing share; an edit can't move a product to another category.
pub(super) fn content(offer: &Offer, pictures: &[String]) -> Value {
    let pictures: Vec<_> = pictures.iter().map(|uri| json!({ "uri": uri })).collect();
    json!({
        "title": offer.title_of_at_least(TITLE.0),
        "description": html(&offer.description),
        "category_version": "v2",
        "main_images": pictures,
        "package_weight": { "value": kilograms(offer.weight_grams), "unit": "KILOGRAM" },
    })
}

/// The body of a create. The idempotency key is our key of the listing with its generation: the same product is never made twice,
/// and one that was deleted can be made again.
pub(super) fn whole(offer: &Offer, mut content: Value, category: &str, warehouse: &str) -> Value {
    content["category_id"] = json!(category);
    let mut sku = json!({
        "seller_sku": offer.key,
        "price": { "amount": offer.price.amount().to_string(), "currency": "VND" },
        "inventory": [{ "warehouse_id": warehouse, "quantity": offer.stock }],
    });
    if let Some(gtin) = &offer.gtin {
        sku["identifier_code"] = json!({ "code": gtin.as_str(), "type": "GTIN" });
    }
    content["skus"] = json!([sku]);
    content["save_mode"] = json!("LISTING");
    content["external_product_id"] = json!(offer.key);
    content["idempotency_key"] = json!(format!("{}-{}", offer.key, offer.generation));
    content
}

/// The body of a create as `listing_check` takes it: it creates nothing, so nothing is kept from being done twice.
pub(super) fn dry_run(whole: &Value) -> Value {
    let mut body = whole.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|name, _| !matches!(name.as_str(), "save_mode" | "idempotency_key" | "category_version"));
    }
    body
}

/// Plain text as the HTML that descriptions are.
fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| format!("<p>{line}</p>")).collect()
}

/// Reads the answer of `categories/{id}/attributes`: those of the product, not of its variants.
pub(super) fn attributes(answer: &Value) -> Vec<Attribute> {
    let read = |found: &Value| {
        let code = text(&found["id"])?;
        let name = found["name"].as_str().unwrap_or(&code).to_owned();
        // Spelled so by the marketplace.
        Some(Attribute { name, mandatory: found["is_requried"] == true, values: attribute::values(&found["values"], "id"), code })
    };
    let of_product = |found: &&Value| found["type"] != "SALES_PROPERTY";
    answer["attributes"].as_array().into_iter().flatten().filter(of_product).filter_map(read).collect()
}

/// `product_attributes` of a product.
pub(super) fn product_attributes(all: &[Attribute], given: &HashMap<String, String>) -> Value {
    let value = |given| match given {
        Given::Known(id) => json!({ "id": id }),
        Given::Text(text) => json!({ "name": text }),
    };
    attribute::filled(all, given).map(|(attribute, given)| json!({ "id": attribute.code, "values": [value(given)] })).collect()
}

/// Reads the answer of `categories`.
pub(super) fn categories(answer: &Value) -> Vec<Category> {
    let listed = answer["categories"].as_array().into_iter().flatten();
    let read = |c: &Value| {
        let parent = text(&c["parent_id"]).unwrap_or_default();
        Some(Category::new(text(&c["id"])?, parent, c["local_name"].as_str()?, c["is_leaf"] == true))
    };
    listed.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_html_without_the_sellers_markup() {
        assert_eq!(html("Mật ong <b>thật</b>\n\n  & ngon "), "<p>Mật ong &lt;b&gt;thật&lt;/b&gt;</p><p>&amp; ngon</p>");
    }
}
