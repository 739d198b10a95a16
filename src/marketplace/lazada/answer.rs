//! What the marketplace's answers mean: `{code, type, message, request_id, detail, data}`; `code` is "0" on success.

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
    if answer.status == 429 {
        return Err(PushError::RateLimited(refusal("http_429", "too many calls"), answer.retry_after));
    }
    if answer.status >= 500 {
        return Err(PushError::Unknown(refusal(&format!("http_{}", answer.status), "the channel failed while answering")));
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else {
        return Err(PushError::Unknown(refusal("garbage", "the answer is not JSON")));
    };
    let Some(code) = id(&body["code"]) else {
        return Err(PushError::Unknown(refusal("garbage", "the answer has no code")));
    };
    if code == "0" {
        // The calls on tokens have no `data`: what they bring stands beside `code`.
        return Ok(if body["data"].is_null() { body } else { body["data"].take() });
    }
    // For the generic codes the reason is in the details.
    let details: Vec<String> = body["detail"].as_array().into_iter().flatten().map(detail).collect();
    let message = body["message"].as_str().unwrap_or_default();
    let said = if details.is_empty() { message.to_owned() } else { format!("{message}: {}", details.join("; ")) };
    let words = Refusal { request_id: id(&body["request_id"]), ..refusal(&code, &said) };
    Err(classify(words))
}

fn detail(detail: &Value) -> String {
    let parts = ["field", "code", "message"].map(|name| detail[name].as_str().unwrap_or_default());
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn classify(words: Refusal) -> PushError {
    let message = words.message.to_lowercase();
    let says = |part: &str| message.contains(part);
    match words.code.as_str() {
        "ApiCallLimit" | "4154" | "SellerCallLimit" => PushError::RateLimited(words, Some(std::time::Duration::from_secs(1))),
        "901" | "513" | "6" | "1000" | "4147" => PushError::Transient(words),
        // The platform gave up waiting: it may have been done.
        "ServiceTimeout" => PushError::Unknown(words),
        "998" => PushError::Locked(words),
        "IllegalAccessToken" => PushError::TokenExpired(words),
        "IllegalRefreshToken" | "InvalidCode" | "AUTH_TYPE_UNSUPPORTED" | "AccountLocked" => PushError::NeedsReauth(words),
        "MissingParameter" | "IncompleteSignature" | "IllegalAppKey" | "InsufficientPermission" | "IllegalTimestamp" => {
            PushError::Config(words)
        }
        "4105" | "4126" | "4135" | "4141" | "THD_IC_F_IC_INFRA_PRODUCT_036" => PushError::AlreadyExists(words, None),
        _ if says("thd_ic_f_ic_infra_product_036") => PushError::AlreadyExists(words, None),
        _ if says("thd_ic_err_f_ic_ability_pg") || says("campaign") => PushError::Locked(words),
        "208" | "ITEM_NOT_FOUND" => PushError::NotFound(words),
        _ if says("item") && (says("not found") || says("not exist") || says("deleted")) => PushError::NotFound(words),
        _ => {
            let field = field(&words.code, &message);
            PushError::Rejected(words, field)
        }
    }
}

fn field(code: &str, message: &str) -> Option<String> {
    if matches!(code, "4164" | "4165") {
        return Some("weightGrams".to_owned());
    }
    let known = [
        ("name", "title"),
        ("title", "title"),
        ("description", "description"),
        ("price", "price"),
        ("quantity", "stock"),
        ("sellable", "stock"),
        ("stock", "stock"),
        ("image", "media"),
        ("category", "group"),
        ("brand", "group"),
        ("weight", "weightGrams"),
    ];
    known.iter().find(|(word, _)| message.contains(word)).map(|(_, field)| (*field).to_owned())
}

/// An item as the marketplace tells of it: the SKU with our key, or the first.
pub(super) fn item(product: &Value, key: Option<&str>) -> Option<RemoteItem> {
    let skus = product["skus"].as_array()?;
    let sku = skus.iter().find(|sku| key.is_none_or(|key| sku["SellerSku"] == key))?;
    let ids = (id(&product["item_id"])?, id(&sku["SkuId"])?);
    let raw_status = product["status"].as_str().or(sku["Status"].as_str()).unwrap_or_default().to_owned();
    let reasons = product["rejectReason"].as_array().into_iter().flatten();
    let reasons = reasons.map(|reason| RemoteReason {
        message: reason["violationDetail"].as_str().unwrap_or_default().to_owned(),
        suggestion: reason["suggestion"].as_str().filter(|text| !text.is_empty()).map(str::to_owned),
        deadline: None,
    });
    let url = sku["Url"].as_str().filter(|url| url.starts_with("https://")).map(str::to_owned);
    let state = state(&raw_status);
    // A number with a fraction, or text.
    let price = whole_dong(&sku["price"].as_str().map_or_else(|| sku["price"].to_string(), str::to_owned));
    let stock = sku["quantity"].as_i64();
    Some(RemoteItem { id: format!("{}-{}", ids.0, ids.1), state, reasons: reasons.collect(), raw_status, url, price, stock })
}

fn state(status: &str) -> RemoteState {
    match status.to_lowercase().as_str() {
        "active" | "live" | "approved" => RemoteState::Active,
        "pending" | "pending qc" => RemoteState::InReview,
        "rejected" | "live_rejected" => RemoteState::Rejected,
        "suspended" | "lock" | "locked" => RemoteState::Suspended,
        "deleted" => RemoteState::None,
        _ => RemoteState::Hidden,
    }
}

/// A text, or a number written out: ids come as either.
pub(super) fn id(value: &Value) -> Option<String> {
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
        for (code, message, detail, expected) in [
            ("ApiCallLimit", "this ban will last 1 seconds", "", Trouble::RateLimited),
            ("4154", "SYS_REQUEST_TOO_FAST", "", Trouble::RateLimited),
            ("ServiceTimeout", "", "", Trouble::Unknown),
            ("901", "", "", Trouble::Transient),
            ("513", "", "", Trouble::Transient),
            ("6", "", "", Trouble::Transient),
            ("1000", "", "", Trouble::Transient),
            ("4147", "", "", Trouble::Transient),
            ("998", "", "", Trouble::Locked),
            ("500", "E500", "THD_IC_ERR_F_IC_ABILITY_PG", Trouble::Locked),
            ("501", "E501", "BIZ_CHECK_TOTAL_SALE_PROP_MAX_ITEMS", Trouble::Rejected),
            ("IllegalAccessToken", "", "", Trouble::TokenExpired),
            ("IllegalRefreshToken", "", "", Trouble::NeedsReauth),
            ("InvalidCode", "", "", Trouble::NeedsReauth),
            ("AUTH_TYPE_UNSUPPORTED", "", "", Trouble::NeedsReauth),
            ("MissingParameter", "", "", Trouble::Config),
            ("IncompleteSignature", "", "", Trouble::Config),
            ("4105", "", "", Trouble::AlreadyExists),
            ("4126", "", "", Trouble::AlreadyExists),
            ("4135", "", "", Trouble::AlreadyExists),
            ("4141", "", "", Trouble::AlreadyExists),
            ("500", "E500", "THD_IC_F_IC_INFRA_PRODUCT_036", Trouble::AlreadyExists),
            ("208", "", "", Trouble::NotFound),
        ] {
            let body = json!({ "code": code, "message": message, "request_id": "r1", "detail": [{ "field": "", "message": detail }] });
            let error = read(&answer(200, &body.to_string())).expect_err(code);
            assert_eq!((error.kind(), error.words().request_id.as_deref()), (expected, Some("r1")), "{code} {detail}");
            assert!(error.words().message.contains(detail), "the detail is kept");
        }
        for (status, body) in [(500, ""), (200, "<html>"), (200, "{}")] {
            assert_eq!(read(&answer(status, body)).expect_err(body).kind(), Trouble::Unknown, "{status} {body}");
        }
        assert_eq!(read(&answer(200, r#"{"code":"0","data":{"a":1}}"#)), Ok(json!({ "a": 1 })));
        assert_eq!(read(&answer(200, r#"{"code":"0","access_token":"t"}"#)).expect("reads")["access_token"], "t");
    }

    #[test]
    fn states_and_reasons() {
        for (status, expected) in [
            ("active", RemoteState::Active),
            ("InActive", RemoteState::Hidden),
            ("Pending QC", RemoteState::InReview),
            ("Rejected", RemoteState::Rejected),
            ("Suspended", RemoteState::Suspended),
            ("Deleted", RemoteState::None),
        ] {
            assert_eq!(state(status), expected, "{status}");
        }
        let product = json!({ "item_id": 2_202_832_065_u64, "status": "Rejected", "skus": [{ "SkuId": 7, "SellerSku": "A" }, { "SkuId": 8, "SellerSku": "B" }],
            "rejectReason": [{ "violationDetail": "Wrong category", "suggestion": "Choose another" }] });
        let found = item(&product, Some("B")).expect("an item");
        assert_eq!((found.id.as_str(), found.reasons[0].message.as_str()), ("2202832065-8", "Wrong category"));
        assert_eq!(item(&product, Some("C")), None);
    }
}
