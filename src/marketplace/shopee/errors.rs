//! What the marketplace's answers mean. Errors come with HTTP 200 in an envelope; names are classified, words kept verbatim.

use serde_json::Value;
use std::time::Duration;

use crate::marketplace::{
    PushError, Refusal,
    client::{Answer, refusal},
};

/// Seconds Vietnam's marketplace day (UTC+8) is ahead of UTC; quotas end at its midnight.
const QUOTA_ZONE: i64 = 8 * 3600;
const DAY: i64 = 86_400;

/// Reads an answer: the `response` of a success, or what went wrong. `now` is in seconds since 1970.
pub(super) fn read(answer: &Answer, now: i64) -> Result<Value, PushError> {
    if answer.status == 429 {
        return Err(PushError::RateLimited(refusal("http_429", "too many calls"), answer.retry_after));
    }
    if answer.status >= 500 {
        return Err(PushError::Unknown(refusal(&format!("http_{}", answer.status), "the channel failed while answering")));
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else {
        return Err(PushError::Unknown(refusal("garbage", "the answer is not JSON")));
    };
    let Some(error) = body["error"].as_str() else {
        return Err(PushError::Unknown(refusal("garbage", "the answer has no error field")));
    };
    if error.is_empty() {
        // The calls on tokens have no `response`: what they bring stands beside `error`.
        return Ok(if body["response"].is_null() { body } else { body["response"].take() });
    }
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let request_id = Some(text("request_id").to_owned()).filter(|id| !id.is_empty());
    let words = Refusal { request_id, ..refusal(error, text("message")) };
    Err(classify(words, now))
}

/// A partial success is a failure of what was asked: every call here names one item.
pub(super) fn all_done(response: &Value) -> Result<(), PushError> {
    let Some(failure) = response["failure_list"].as_array().and_then(|f| f.first()) else { return Ok(()) };
    let reason = failure["failed_reason"].as_str().unwrap_or("the channel did not say why");
    let words = refusal("failure_list", reason);
    let gone = ["not found", "not exist", "deleted"].iter().any(|w| reason.to_lowercase().contains(w));
    Err(if gone { PushError::NotFound(words) } else { PushError::Rejected(words, None) })
}

/// The treatment of an error by its name and, where one name means several things, by its words.
fn classify(words: Refusal, now: i64) -> PushError {
    let message = words.message.to_lowercase();
    let says = |part: &str| message.contains(part);
    match words.code.as_str() {
        "error_network" | "error_server" | "error_inner" | "error_system_busy" | "error_data" => PushError::Transient(words),
        "error_rate_limit" | "error_too_many_requests" => PushError::RateLimited(words, None),
        "error_limit" => PushError::QuotaFor(words, until_midnight(now)),
        // Spelled so by the marketplace.
        "invalid_acceess_token" | "invalid_access_token" => PushError::TokenExpired(words),
        "error_auth" if says("token") => PushError::TokenExpired(words),
        "refresh_token_expired" | "shop_access_expired" | "error_shop_refresh_token" | "shop_banned" | "shop_no_linked" => {
            PushError::NeedsReauth(words)
        }
        "error_item_not_found" | "product.error_item_not_found" | "error_not_found" | "error_not_exist" => PushError::NotFound(words),
        "product.error_busi" | "error_param" if says("item") && (says("not found") || says("not exist") || says("deleted")) => {
            PushError::NotFound(words)
        }
        "error_cannt_edit_price_in_promotion" | "error_cannt_unlisted_in_promotion" => PushError::Locked(words),
        name if name.starts_with("error_holiday_") => PushError::Locked(words),
        "error_auth"
        | "error_sign"
        | "invalid_partner_id"
        | "error_partner_key_expired"
        | "source_ip_undeclared"
        | "error_api_call_restricted"
        | "error_permission"
        | "error_kyc_auth" => PushError::Config(words),
        name => {
            let field = field(name, &message);
            PushError::Rejected(words, field)
        }
    }
}

/// The field of ours that an error speaks of.
fn field(name: &str, message: &str) -> Option<String> {
    let known = [
        ("title", "title"),
        ("item_name", "title"),
        ("description", "description"),
        ("price", "price"),
        ("stock", "stock"),
        ("image", "media"),
        ("category", "group"),
        ("brand", "group"),
        ("weight", "weightGrams"),
        ("gtin", "gtin"),
    ];
    known.iter().find(|(word, _)| name.contains(word) || message.contains(word)).map(|(_, field)| (*field).to_owned())
}

fn until_midnight(now: i64) -> Duration {
    Duration::from_secs((DAY - (now + QUOTA_ZONE).rem_euclid(DAY)).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sync::Trouble;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.as_bytes().to_vec(), retry_after: None }
    }

    #[test]
    fn every_documented_name_has_its_treatment() {
        for (name, message, expected) in [
            ("error_network", "", Trouble::Transient),
            ("error_server", "Something wrong. Please try later.", Trouble::Transient),
            ("error_inner", "", Trouble::Transient),
            ("error_system_busy", "", Trouble::Transient),
            ("error_rate_limit", "", Trouble::RateLimited),
            ("error_limit", "", Trouble::QuotaUsed),
            ("invalid_acceess_token", "Invalid access_token.", Trouble::TokenExpired),
            ("error_auth", "Invalid access_token", Trouble::TokenExpired),
            ("error_auth", "No permission to current api.", Trouble::Config),
            ("refresh_token_expired", "", Trouble::NeedsReauth),
            ("shop_access_expired", "", Trouble::NeedsReauth),
            ("error_shop_refresh_token", "", Trouble::NeedsReauth),
            ("shop_banned", "", Trouble::NeedsReauth),
            ("shop_no_linked", "", Trouble::NeedsReauth),
            ("error_sign", "Wrong sign.", Trouble::Config),
            ("invalid_partner_id", "", Trouble::Config),
            ("error_partner_key_expired", "", Trouble::Config),
            ("source_ip_undeclared", "", Trouble::Config),
            ("error_api_call_restricted", "", Trouble::Config),
            ("error_permission", "", Trouble::Config),
            ("error_kyc_auth", "", Trouble::Config),
            ("error_cannt_edit_price_in_promotion", "", Trouble::Locked),
            ("error_cannt_unlisted_in_promotion", "", Trouble::Locked),
            ("error_holiday_mode", "", Trouble::Locked),
            ("error_param", "price is invalid", Trouble::Rejected),
            ("product.error_busi", "Free text", Trouble::Rejected),
            ("product.error_busi", "The item is not found", Trouble::NotFound),
            ("error_item_not_found", "", Trouble::NotFound),
            ("error_invalid_brand", "", Trouble::Rejected),
            ("error_invalid_category_attribute", "", Trouble::Rejected),
            ("error_title_exceeds", "", Trouble::Rejected),
            ("error_repeated_mtsku", "", Trouble::Rejected),
        ] {
            let body = serde_json::json!({ "error": name, "message": message, "request_id": "r1" }).to_string();
            let error = read(&answer(200, &body), 0).expect_err(name);
            assert_eq!(error.kind(), expected, "{name}: {message}");
        }
    }

    #[test]
    fn words_and_request_id_are_kept_and_the_field_is_named() {
        let body = r#"{"error":"error_param","message":"The stock is too high","request_id":"abc"}"#;
        let Err(PushError::Rejected(words, field)) = read(&answer(200, body), 0) else { panic!("rejected") };
        assert_eq!(
            (words.code.as_str(), words.message.as_str(), words.request_id.as_deref(), field.as_deref()),
            ("error_param", "The stock is too high", Some("abc"), Some("stock"))
        );
    }

    #[test]
    fn answers_that_say_nothing_are_unknown() {
        for (status, body) in [(500, "{}"), (502, ""), (200, "<html>"), (200, "{}"), (200, "")] {
            assert_eq!(read(&answer(status, body), 0).expect_err(body).kind(), Trouble::Unknown, "{status} {body}");
        }
        assert_eq!(read(&answer(429, ""), 0).expect_err("429").kind(), Trouble::RateLimited);
        assert_eq!(read(&answer(200, r#"{"error":"","response":{"a":1},"warning":"w"}"#), 0), Ok(serde_json::json!({ "a": 1 })));
    }

    #[test]
    fn quotas_end_at_midnight_utc_plus_8() {
        for (now, seconds) in [(0, 57_600), (57_599, 1), (57_600, 86_400), (1_732_320_000, 57_600)] {
            assert_eq!(until_midnight(now), Duration::from_secs(seconds), "{now}");
        }
    }

    #[test]
    fn partial_success_is_failure() {
        assert_eq!(all_done(&serde_json::json!({ "success_list": [{ "item_id": 1 }], "failure_list": [] })), Ok(()));
        let failed = serde_json::json!({ "failure_list": [{ "item_id": 1, "failed_reason": "in promotion" }] });
        assert_eq!(all_done(&failed).expect_err("failed").kind(), Trouble::Rejected);
        let gone = serde_json::json!({ "failure_list": [{ "item_id": 1, "failed_reason": "item not found" }] });
        assert_eq!(all_done(&gone).expect_err("gone").kind(), Trouble::NotFound);
    }
}
