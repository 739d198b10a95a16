//! Shopee's envelope: HTTP 200 for success and for refusals alike.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

/// What a call came to: the fields beside `error`, `message`, `warning` and `request_id`, or a refusal.
pub(crate) type Answer = Result<Map<String, Value>, Refusal>;

/// A documented error.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) error: String,
    pub(crate) message: String,
    /// Some refusals still carry a `response` (`failure_list`).
    pub(crate) response: Option<Value>,
}

impl Refusal {
    /// From the gateway in front of all modules: the bare name.
    pub(crate) fn gateway(error: &str, message: impl Into<String>) -> Self {
        Self { error: error.to_owned(), message: message.into(), response: None }
    }

    /// From the product module: the reference's error examples show its names with the module in front (`product.error_param`).
    pub(crate) fn product(error: &str, message: impl Into<String>) -> Self {
        Self::gateway(&format!("product.{error}"), message)
    }

    /// A required field or parameter is absent; the words, two spaces included, are the reference's.
    pub(crate) fn absent(field: &str) -> Self {
        Self::product("error_param", format!("invalid field {field}: value must  Not Null"))
    }

    /// A field is outside what the reference allows.
    pub(crate) fn constraint(detail: impl std::fmt::Display) -> Self {
        Self::product("error_param", format!("Parameter is not match the constraints, {detail}."))
    }

    /// A field or parameter can't be read at all.
    pub(crate) fn unreadable(detail: impl std::fmt::Display) -> Self {
        Self::product("error_param", format!("Wrong parameters, detail: {detail}."))
    }

    /// The shop has no such item, or it was deleted.
    pub(crate) fn no_item() -> Self {
        Self::product("error_item_not_found", "Product not found")
    }

    pub(crate) fn with_response(self, response: Value) -> Self {
        Self { response: Some(response), ..self }
    }
}

/// The usual success: everything below `response`.
#[expect(clippy::unnecessary_wraps, reason = "the last expression of every call that can be refused")]
pub(crate) fn respond(response: Value) -> Answer {
    Ok(Map::from_iter([("response".to_owned(), response)]))
}

/// Puts the envelope around.
pub(crate) fn envelope(answer: &Answer, request_id: &str) -> Response {
    let mut body = Map::new();
    match answer {
        Ok(fields) => {
            body.extend([("error".to_owned(), json!("")), ("message".to_owned(), json!("")), ("warning".to_owned(), json!(""))]);
            body.insert("request_id".to_owned(), json!(request_id));
            body.extend(fields.clone());
        }
        Err(refusal) => {
            body.extend([("error".to_owned(), json!(refusal.error)), ("message".to_owned(), json!(refusal.message))]);
            body.insert("request_id".to_owned(), json!(request_id));
            body.extend(refusal.response.clone().map(|response| ("response".to_owned(), response)));
        }
    }
    Json(Value::Object(body)).into_response()
}
