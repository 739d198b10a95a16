//! What the marketplace's answers mean: `{code, message, request_id, data}`; any code but 0 is a failure, whatever the HTTP status.

use serde_json::Value;

use crate::{
    domain::{channel::RemoteReason, sync::RemoteState},
    marketplace::{
        PushError, Refusal, RemoteItem,
        client::{Answer, refusal},
        units::whole_dong,
    },
};

/// Reads an answer: the `data` of a success, or what went wrong.
pub(super) fn read(answer: &Answer) -> Result<Value, PushError> {
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else {
        return Err(match answer.status {
            429 => PushError::RateLimited(refusal("http_429", "too many calls"), answer.retry_after),
            status if status >= 500 => PushError::Unknown(refusal(&format!("http_{status}"), "the channel failed while answering")),
            _ => PushError::Unknown(refusal("garbage", "the answer is not JSON")),
        });
    };
    let Some(code) = body["code"].as_i64() else {
        return Err(PushError::Unknown(refusal("garbage", "the answer has no code")));
    };
    if code == 0 {
        return Ok(body["data"].take());
    }
    let words =
        Refusal { request_id: text(&body["request_id"]), ..refusal(&code.to_string(), body["message"].as_str().unwrap_or_default()) };
    Err(classify(code, words, answer))
}

/// Some calls list failures beside `code: 0`; every call here names one product.
pub(super) fn all_done(data: &Value) -> Result<(), PushError> {
    let Some(failure) = data["errors"].as_array().and_then(|errors| errors.first()) else { return Ok(()) };
    let code = failure["code"].as_i64().unwrap_or_default();
    let words = refusal(&code.to_string(), failure["message"].as_str().unwrap_or("the channel did not say why"));
    Err(of_product(code, words))
}

/// Reads the answer of `listing_check`: what the create would be refused for, all of it in the words.
pub(super) fn checked(data: &Value) -> Result<(), PushError> {
    if data["check_result"] != "FAILED" {
        return Ok(());
    }
    let reasons = data["fail_reasons"].as_array().map(Vec::as_slice).unwrap_or_default();
    let said: Vec<&str> = reasons.iter().filter_map(|reason| reason["message"].as_str()).collect();
    let code = reasons.first().and_then(|reason| reason["code"].as_i64()).unwrap_or_default();
    let words = if said.is_empty() { "the channel did not say why".to_owned() } else { said.join("; ") };
    Err(of_product(code, refusal(&code.to_string(), &words)))
}

fn classify(code: i64, words: Refusal, answer: &Answer) -> PushError {
    match code {
        36_009_002 => PushError::RateLimited(words, answer.retry_after),
        36_009_003 | 12_001_000 | 33_001_002 => PushError::Transient(words),
        // The gateway gave up waiting: it may have been done.
        36_009_007 => PushError::Unknown(words),
        105_002 => PushError::TokenExpired(words),
        105_001 | 1_010_000 | 105_005 => PushError::NeedsReauth(words),
        // Signature, or a clock that is wrong.
        106_001 | 36_009_004 => PushError::Config(words),
        _ if answer.status == 429 => PushError::RateLimited(words, answer.retry_after),
        _ => of_product(code, words),
    }
}

fn of_product(code: i64, words: Refusal) -> PushError {
    let message = words.message.to_lowercase();
    let says = |part: &str| message.contains(part);
    match code {
        12_052_996 => PushError::AlreadyExists(words, None),
        12_052_093 | 12_052_109 => PushError::Locked(words),
        _ if says("seller sku") && (says("duplicate") || says("exist")) => PushError::AlreadyExists(words, None),
        _ if says("not found") || says("not exist") || says("has been deleted") => PushError::NotFound(words),
        _ if says("promotion") || says("campaign") => PushError::Locked(words),
        _ => {
            let known = [
                ("title", "title"),
                ("product name", "title"),
                ("description", "description"),
                ("price", "price"),
                ("inventory", "stock"),
                ("quantity", "stock"),
                ("stock", "stock"),
                ("image", "media"),
                ("category", "group"),
                ("weight", "weightGrams"),
            ];
            let field = if code == 12_052_051 { Some("title") } else { known.iter().find(|(word, _)| says(word)).map(|(_, field)| *field) };
            PushError::Rejected(words, field.map(str::to_owned))
        }
    }
}

/// A product as the marketplace tells of it, with both of its status fields.
pub(super) fn item(product: &Value) -> Option<RemoteItem> {
    let id = text(&product["id"])?;
    let (status, audit) = (product["status"].as_str().unwrap_or_default(), product["audit"]["status"].as_str().unwrap_or_default());
    let raw_status = if audit.is_empty() { status.to_owned() } else { format!("{status}/{audit}") };
    let sku = &product["skus"][0];
    let price = sku["price"]["tax_exclusive_price"].as_str().or(sku["price"]["sale_price"].as_str()).and_then(whole_dong);
    let stock = sku["inventory"].as_array().map(|at| at.iter().filter_map(|warehouse| warehouse["quantity"].as_i64()).sum());
    Some(RemoteItem { id, state: state(status, audit), raw_status, reasons: reasons(product), url: None, price, stock })
}

/// An edit that failed its check leaves the old version on sale: the product is active, and the check's reasons are told.
fn state(status: &str, audit: &str) -> RemoteState {
    match (status, audit) {
        ("ACTIVATE", _) => RemoteState::Active,
        ("PENDING" | "INITIAL", "FAILED") | ("FAILED", _) => RemoteState::Rejected,
        ("PENDING" | "INITIAL", _) => RemoteState::InReview,
        ("PLATFORM_DEACTIVATED" | "FREEZE", _) => RemoteState::Suspended,
        ("DELETED", _) => RemoteState::None,
        _ => RemoteState::Hidden,
    }
}

fn reasons(product: &Value) -> Vec<RemoteReason> {
    let joined = |value: &Value| value.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join("; ");
    let failed = product["audit_failed_reasons"].as_array().into_iter().flatten();
    failed
        .map(|reason| RemoteReason {
            message: [reason["position"].as_str().unwrap_or_default(), &joined(&reason["reasons"])].join(": "),
            suggestion: Some(joined(&reason["suggestions"])).filter(|text| !text.is_empty()),
            deadline: None,
        })
        .collect()
}

/// A text, or a number written out: ids come as either.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.as_u64()?.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sync::Trouble;
    use serde_json::json;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.as_bytes().to_vec(), retry_after: None }
    }

    #[test]
    fn every_documented_code_has_its_treatment() {
        for (status, code, message, expected) in [
            (429, 36_009_002, "rate", Trouble::RateLimited),
            (200, 36_009_003, "Internal error", Trouble::Transient),
            (200, 36_009_007, "timeout", Trouble::Unknown),
            (200, 12_001_000, "", Trouble::Transient),
            (200, 33_001_002, "", Trouble::Transient),
            (200, 105_002, "Expired credentials", Trouble::TokenExpired),
            (200, 105_001, "", Trouble::NeedsReauth),
            (200, 105_005, "", Trouble::NeedsReauth),
            (200, 1_010_000, "", Trouble::NeedsReauth),
            (401, 106_001, "Invalid sign", Trouble::Config),
            (400, 36_009_004, "Invalid timestamp", Trouble::Config),
            (200, 12_052_051, "too short", Trouble::Rejected),
            (200, 12_052_093, "listing limit", Trouble::Locked),
            (200, 12_052_996, "external_product_id duplicated", Trouble::AlreadyExists),
            (200, 12_052_700, "Seller SKU already exists", Trouble::AlreadyExists),
            (200, 12_052_005, "The product does not exist", Trouble::NotFound),
            (200, 12_052_901, "The price can't change in a promotion", Trouble::Locked),
        ] {
            let body = json!({ "code": code, "message": message, "request_id": "r1", "data": {} }).to_string();
            let error = read(&answer(status, &body)).expect_err(message);
            assert_eq!((error.kind(), error.words().request_id.as_deref()), (expected, Some("r1")), "{code} {message}");
        }
        for (status, body) in [(500, ""), (200, "<html>"), (200, "{}"), (502, "{}")] {
            assert_eq!(read(&answer(status, body)).expect_err(body).kind(), Trouble::Unknown, "{status} {body}");
        }
        assert_eq!(read(&answer(429, "")).expect_err("429").kind(), Trouble::RateLimited);
    }

    #[test]
    fn fields_are_named() {
        for (code, message, field) in [
            (12_052_051, "x", Some("title")),
            (12_052_002, "The main image is too small", Some("media")),
            (12_052_003, "Category is not a leaf", Some("group")),
            (12_052_004, "Something else", None),
        ] {
            assert_eq!(of_product(code, refusal("c", message)).field(), field, "{message}");
        }
    }

    #[test]
    fn failures_beside_success_are_failures() {
        assert_eq!(all_done(&json!({ "errors": [] })), Ok(()));
        assert_eq!(all_done(&json!({})), Ok(()));
        let failed = json!({ "errors": [{ "code": 12_052_005, "message": "product not found" }] });
        assert_eq!(all_done(&failed).expect_err("failed").kind(), Trouble::NotFound);
    }

    #[test]
    fn two_status_fields_make_one_state() {
        for (status, audit, expected) in [
            ("ACTIVATE", "APPROVED", RemoteState::Active),
            ("ACTIVATE", "FAILED", RemoteState::Active),
            ("PENDING", "AUDITING", RemoteState::InReview),
            ("PENDING", "FAILED", RemoteState::Rejected),
            ("FAILED", "NONE", RemoteState::Rejected),
            ("SELLER_DEACTIVATED", "APPROVED", RemoteState::Hidden),
            ("DRAFT", "NONE", RemoteState::Hidden),
            ("PLATFORM_DEACTIVATED", "APPROVED", RemoteState::Suspended),
            ("FREEZE", "APPROVED", RemoteState::Suspended),
            ("DELETED", "NONE", RemoteState::None),
        ] {
            assert_eq!(state(status, audit), expected, "{status} {audit}");
        }
        let product = json!({ "id": 1_729_592_969_712_207_008_u64, "status": "PENDING", "audit": { "status": "FAILED" },
            "audit_failed_reasons": [{ "position": "Product name", "reasons": ["Too short", "No brand"], "suggestions": ["Make it longer"] }] });
        let item = item(&product).expect("an item");
        assert_eq!((item.id.as_str(), item.raw_status.as_str()), ("1729592969712207008", "PENDING/FAILED"));
        assert_eq!(item.reasons[0].message, "Product name: Too short; No brand");
    }
}
