//! What the marketplace's answers mean: real HTTP codes, and `{errors: [...]}` where something is wrong.

use serde_json::Value;

use crate::{
    domain::{channel::RemoteReason, sync::RemoteState},
    marketplace::{
        Limit, Offer, Problem, PushError, Refusal, RemoteItem,
        attribute::Attribute,
        category::Category,
        client::{Answer, refusal},
        reading::id_text,
    },
};

/// Longest name that requests take.
const LONGEST_NAME: usize = 255;

/// Reads an answer: what was asked for, or what went wrong.
pub(super) fn read(answer: &Answer) -> Result<Value, PushError> {
    let body = serde_json::from_slice::<Value>(&answer.body);
    if (200..300).contains(&answer.status) {
        let is_empty = answer.body.is_empty();
        return body.or(if is_empty { Ok(Value::Null) } else { Err(PushError::Unknown(refusal("garbage", "the answer is not JSON"))) });
    }
    let body = body.unwrap_or_default();
    let said: Vec<String> = body["errors"].as_array().into_iter().flatten().map(said).collect();
    let message =
        if said.is_empty() { body["error"].as_str().unwrap_or("the marketplace did not say why").to_owned() } else { said.join("; ") };
    let words =
        Refusal { request_id: body["trace_id"].as_str().map(str::to_owned), ..refusal(&format!("http_{}", answer.status), &message) };
    Err(classify(answer, words))
}

fn said(error: &Value) -> String {
    error.as_str().or(error["message"].as_str()).map_or_else(|| error.to_string(), str::to_owned)
}

fn classify(answer: &Answer, words: Refusal) -> PushError {
    match answer.status {
        401 => PushError::TokenExpired(words),
        403 => PushError::Config(words),
        404 => PushError::NotFound(words),
        429 => PushError::RateLimited(words, answer.retry_after),
        400..500 => {
            let field = field(&words.message);
            PushError::Rejected(words, field)
        }
        _ => PushError::Unknown(words),
    }
}

/// The field of ours that a message speaks of.
fn field(message: &str) -> Option<String> {
    let message = message.to_lowercase();
    let known = [
        ("price", "price"),
        ("giá", "price"),
        ("quantity", "stock"),
        ("stock", "stock"),
        ("qty", "stock"),
        ("image", "media"),
        ("hình", "media"),
        ("ảnh", "media"),
        ("description", "description"),
        ("mô tả", "description"),
        ("category", "group"),
        ("attribute", "group"),
        ("danh mục", "group"),
        ("name", "title"),
        ("tên", "title"),
    ];
    known.iter().find(|(word, _)| message.contains(word)).map(|(_, field)| (*field).to_owned())
}

/// The product of an answer to `findBy`: alone, or in a list.
pub(super) fn product<'a>(found: &'a Value, key: &str) -> Option<&'a Value> {
    let one = Some(found).filter(|found| found["original_sku"] == key);
    one.or_else(|| found["data"].as_array()?.iter().find(|product| product["original_sku"] == key))
}

/// The marketplace's id of a product.
pub(super) fn product_id(product: &Value) -> &Value {
    if product["product_id"].is_null() { &product["id"] } else { &product["product_id"] }
}

/// An approved product.
pub(super) fn item(product: &Value, key: &str) -> RemoteItem {
    // A flag as a number, or as text.
    let active = product["active"] == 1 || product["active"] == "1" || product["active"] == true;
    let state = if active { RemoteState::Active } else { RemoteState::Hidden };
    let raw_status = if active { "approved/active" } else { "approved/inactive" }.to_owned();
    let url = id_text(product_id(product)).map(|id| format!("https://tiki.vn/p{id}.html"));
    let stock = product["inventory"]["quantity_available"].as_i64().or(product["quantity"].as_i64());
    RemoteItem { id: key.to_owned(), state, raw_status, reasons: Vec::new(), url, price: product["price"].as_i64(), stock }
}

/// A product that is asked for; the answer to the request, to `tracking` and to `requests` alike carry `state`.
pub(super) fn asked(request: &Value, key: &str) -> RemoteItem {
    let raw_status = request["state"].as_str().unwrap_or("queuing").to_owned();
    let state = match raw_status.as_str() {
        "rejected" => RemoteState::Rejected,
        "deleted" => RemoteState::None,
        // Approved, and its product is about to appear.
        _ => RemoteState::InReview,
    };
    let why = request["reason"].as_str().or(request["reasons"].as_str()).filter(|why| !why.is_empty());
    let reasons = why.map(|why| RemoteReason { message: why.to_owned(), suggestion: None, deadline: None }).into_iter().collect();
    RemoteItem { id: key.to_owned(), state, raw_status, reasons, url: None, price: None, stock: None }
}

/// Whether nobody has decided a request yet.
pub(super) fn is_open(request: &Value) -> bool {
    !matches!(request["state"].as_str(), Some("approved" | "rejected" | "deleted"))
}

/// Whether a request is for a SKU.
pub(super) fn asks_for(request: &Value, key: &str) -> bool {
    request["products"].as_array().is_some_and(|products| products.iter().any(|product| product["original_sku"] == key))
}

pub(super) fn categories(answer: &Value) -> Vec<Category> {
    let read = |category: &Value| {
        let parent = id_text(&category["parent_id"]).unwrap_or_default();
        let leaf = category["is_primary"] == true || category["is_primary"] == 1;
        Some(Category::new(id_text(&category["id"])?, parent, category["name"].as_str()?, leaf))
    };
    answer["data"].as_array().into_iter().flatten().filter_map(read).collect()
}

/// The attributes of a category; one with a default is not required.
pub(super) fn attributes(answer: &Value) -> Vec<Attribute> {
    let read = |attribute: &Value| {
        let code = attribute["code"].as_str()?.to_owned();
        let required = attribute["is_required"] == true || attribute["is_required"] == 1;
        let name = attribute["display_name"].as_str().unwrap_or(&code).to_owned();
        Some(Attribute { name, mandatory: required && attribute["default_value"].is_null(), values: Vec::new(), code })
    };
    answer["data"].as_array().into_iter().flatten().filter_map(read).collect()
}

/// The first warehouse.
pub(super) fn warehouse(answer: &Value) -> Option<i64> {
    let first = &answer["data"][0];
    first["id"].as_i64().or(first["warehouse_id"].as_i64())
}

/// What the marketplace would refuse of an offer.
pub(super) fn problems(offer: &Offer) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |broken: bool, field, limit| {
        if broken {
            problems.push(Problem { field, limit });
        }
    };
    let name = offer.title.chars().count();
    refuse(!(1..=LONGEST_NAME).contains(&name), "title", Limit::Length { min: 1, max: LONGEST_NAME });
    refuse(offer.description.trim().is_empty(), "description", Limit::AtLeast(1));
    refuse(offer.price.amount() == 0, "price", Limit::Range { min: 1, max: i64::MAX });
    refuse(offer.image_urls.is_empty(), "media", Limit::AtLeast(1));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sync::Trouble;
    use serde_json::json;

    #[test]
    fn answers_have_their_treatment() {
        for (status, body, expected, field) in [
            (400, r#"{"errors":["Price must be at least 10% of market price"]}"#, Trouble::Rejected, Some("price")),
            (422, r#"{"errors":[{"message":"category_id is invalid"}]}"#, Trouble::Rejected, Some("group")),
            (401, r#"{"error":"token expired"}"#, Trouble::TokenExpired, None),
            (403, "", Trouble::Config, None),
            (404, r#"{"errors":["Product not found"]}"#, Trouble::NotFound, None),
            (429, "", Trouble::RateLimited, None),
            (500, "", Trouble::Unknown, None),
            (200, "<html>", Trouble::Unknown, None),
        ] {
            let answer = Answer { status, body: body.as_bytes().to_vec(), retry_after: None };
            let error = read(&answer).expect_err(body);
            assert_eq!((error.kind(), error.field()), (expected, field), "{status} {body}");
        }
    }

    #[test]
    fn states_of_requests_and_products() {
        for (state, expected, open) in [
            ("queuing", RemoteState::InReview, true),
            ("processing", RemoteState::InReview, true),
            ("drafted", RemoteState::InReview, true),
            ("bot_awaiting_approve", RemoteState::InReview, true),
            ("md_awaiting_approve", RemoteState::InReview, true),
            ("awaiting_approve", RemoteState::InReview, true),
            ("approved", RemoteState::InReview, false),
            ("rejected", RemoteState::Rejected, false),
            ("deleted", RemoteState::None, false),
        ] {
            let request = json!({ "state": state, "reason": "vì sao" });
            let item = asked(&request, "K");
            assert_eq!((item.state, item.raw_status.as_str(), is_open(&request)), (expected, state, open));
            assert_eq!(item.reasons[0].message, "vì sao");
        }
        for (active, expected) in [
            (json!(1), RemoteState::Active),
            (json!("1"), RemoteState::Active),
            (json!(true), RemoteState::Active),
            (json!(0), RemoteState::Hidden),
            (json!("0"), RemoteState::Hidden),
            (Value::Null, RemoteState::Hidden),
        ] {
            assert_eq!(item(&json!({ "original_sku": "K", "active": active }), "K").state, expected, "{active}");
        }
    }
}
