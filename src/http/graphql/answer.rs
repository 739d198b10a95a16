//! Writes answers: the status, the headers and the body of every outcome.

use crate::graphql::guard::Rejection;
use crate::http::graphql::accept::Media;
use crate::http::graphql::{errors, kept::Kept, toll::Toll};
use async_graphql::{ServerError, Value};
use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::time::Duration;

/// What became of a request, as far as the HTTP status tells.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    /// The operation ran.
    Executed,
    /// The document was refused; the status it gets from media types that tell.
    Document(StatusCode),
    /// The request was refused as HTTP.
    Transport(StatusCode),
}

/// Why a request did not run.
#[derive(Debug)]
pub(super) enum Refusal {
    Transport(Fault),
    Document(Rejection),
}

/// A request refused as HTTP, before its document counted.
#[derive(Debug)]
pub(super) struct Fault {
    status: StatusCode,
    code: &'static str,
    message: String,
    allow: Option<&'static str>,
    /// Seconds after which another try makes sense.
    again: Option<u64>,
    toll: Option<Box<Toll>>,
}

/// The members of an answer in the order the specification recommends.
#[derive(Serialize)]
pub(super) struct Members {
    /// Errors, bounded and coded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<ServerError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: BTreeMap<String, Value>,
}

impl Members {
    /// The answer of the engine, and whether it refused the document.
    pub(super) fn of(response: async_graphql::Response) -> (Self, bool) {
        // In async-graphql 7 a request error is: errors, no data, and no error has a path.
        let invalid =
            !response.errors.is_empty() && response.data == Value::Null && response.errors.iter().all(|error| error.path.is_empty());
        let data = (!invalid).then_some(response.data);
        (Self { errors: errors::seal(response.errors, invalid), data, extensions: response.extensions }, invalid)
    }

    /// Errors and nothing else.
    pub(super) fn is_nothing(&self) -> bool {
        !self.errors.is_empty() && self.data.as_ref().is_none_or(|data| *data == Value::Null)
    }

    /// The status that says why all of it failed, where it failed for one reason that HTTP has a status for.
    fn failure(&self) -> Option<StatusCode> {
        let code = |error: &ServerError| error.extensions.as_ref()?.get("code").map(ToString::to_string);
        let first = code(self.errors.first()?)?;
        if !self.is_nothing() || !self.errors.iter().all(|error| code(error).as_ref() == Some(&first)) {
            return None;
        }
        match first.trim_matches('"') {
            "UNAUTHENTICATED" => Some(StatusCode::UNAUTHORIZED),
            "FORBIDDEN" => Some(StatusCode::FORBIDDEN),
            "RATE_LIMITED" => Some(StatusCode::TOO_MANY_REQUESTS),
            "UNAVAILABLE" => Some(StatusCode::SERVICE_UNAVAILABLE),
            _ => None,
        }
    }

    /// Why nothing ran.
    pub(super) fn refused(refusal: Refusal) -> Self {
        let mut extensions = BTreeMap::new();
        let error = match refusal {
            Refusal::Transport(fault) => {
                extensions.extend(fault.toll.map(|toll| ("cost".to_owned(), toll.value())));
                errors::coded(fault.message, fault.code)
            }
            Refusal::Document(rejection) => ServerError::from(rejection),
        };
        Self { errors: vec![error], data: None, extensions }
    }
}

/// The answer to an operation the engine took: its data, or the errors of its validation.
pub(super) fn executed(mut response: async_graphql::Response, toll: &Toll, media: Media) -> Response {
    response.extensions.insert("cost".to_owned(), toll.value());
    let headers = std::mem::take(&mut response.http_headers);
    let (mut members, invalid) = Members::of(response);
    let failure = members.failure();
    let outcome = match failure {
        _ if invalid => Outcome::Document(StatusCode::BAD_REQUEST),
        Some(StatusCode::SERVICE_UNAVAILABLE) => Outcome::Transport(StatusCode::SERVICE_UNAVAILABLE),
        Some(status) => Outcome::Document(status),
        None => Outcome::Executed,
    };
    if failure.is_some() && status(outcome, media) != StatusCode::OK {
        members.data = None;
    }
    let mut answer = write(outcome, &members, media);
    let status = answer.status();
    answer.headers_mut().extend(headers);
    if status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
    }
    answer
}

/// The answer that was kept.
pub(super) fn kept(kept: &Kept, toll: &Toll, media: Media) -> Response {
    let extensions = BTreeMap::from([("cost", toll.value())]);
    write(Outcome::Executed, &KeptMembers { data: &kept.data, extensions }, media)
}

/// The members of an answer whose data is written already.
#[derive(Serialize)]
struct KeptMembers<'a> {
    data: &'a RawValue,
    extensions: BTreeMap<&'static str, Value>,
}

/// Lets anybody keep an answer that everybody may see, under a name for its data, and tells those who have it that it still holds.
pub(super) fn tagged(mut answer: Response, tag: &str, headers: &HeaderMap) -> Response {
    let given = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Weak comparison (RFC 9110, 8.8.3.2).
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let is_same = given.split(',').any(|known| plain(known) == plain(tag));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        answer.headers_mut().insert(ETAG, tag);
    }
    if is_same {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        *answer.body_mut() = Body::empty();
    }
    answer
}

/// The answer to a request that did not run.
pub(super) fn refused(refusal: Refusal, media: Media) -> Response {
    let (outcome, allow, again) = match &refusal {
        Refusal::Transport(fault) => (Outcome::Transport(fault.status), fault.allow, fault.again),
        Refusal::Document(rejection) => {
            (Outcome::Document(StatusCode::from_u16(rejection.http_status).unwrap_or(StatusCode::BAD_REQUEST)), None, None)
        }
    };
    let mut answer = write(outcome, &Members::refused(refusal), media);
    if let Some(allow) = allow {
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    }
    if let Some(seconds) = again {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// The status policy. The draft of August 2026 asks for 422 and 294; clients and `graphql-http` still judge by 400 and 200.
fn status(outcome: Outcome, media: Media) -> StatusCode {
    match (outcome, media) {
        (Outcome::Transport(status), _) | (Outcome::Document(status), Media::GraphqlResponse) => status,
        (Outcome::Executed, _) | (Outcome::Document(_), Media::Json | Media::Events) => StatusCode::OK,
    }
}

fn write(outcome: Outcome, members: &impl Serialize, media: Media) -> Response {
    // Written straight from the engine's values: the order of the fields is the order of the query.
    let (status, body) = match serde_json::to_vec(members) {
        Ok(body) => (status(outcome, media), body),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            (StatusCode::INTERNAL_SERVER_ERROR, errors::INTERNAL_BODY.as_bytes().to_vec())
        }
    };
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    set_headers(answer.headers_mut(), media);
    answer
}

fn set_headers(headers: &mut HeaderMap, media: Media) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-language, authorization"));
}

impl Fault {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), allow: None, again: None, toll: None }
    }

    pub(super) fn into_message(self) -> String {
        self.message
    }

    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", message)
    }

    pub(super) fn unsupported(message: &str) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_USER_INPUT", message)
    }

    pub(super) fn too_large(limit: usize) -> Self {
        let message = format!("The body is larger than {limit} bytes. Split it into several requests.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "BAD_USER_INPUT", message)
    }

    pub(super) fn body_timeout(limit: Duration) -> Self {
        let message = format!("The body did not arrive within {} seconds.", limit.as_secs());
        Self::new(StatusCode::REQUEST_TIMEOUT, "TIMEOUT", message)
    }

    pub(super) fn execution_timeout(limit: Duration) -> Self {
        let message = format!("The operation did not finish within {} seconds. Ask for smaller pages.", limit.as_secs());
        Self::new(StatusCode::GATEWAY_TIMEOUT, "TIMEOUT", message)
    }

    /// Apollo's code: clients that know APQ send hash and document together then.
    pub(super) fn unknown_document() -> Self {
        Self::new(StatusCode::NOT_FOUND, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound: send the document together with its hash.")
    }

    pub(super) fn not_trusted() -> Self {
        Self::new(StatusCode::FORBIDDEN, "DOCUMENT_NOT_TRUSTED", "Only documents that the operator has registered run here.")
    }

    pub(super) fn busy() -> Self {
        Self::unavailable("Too many streams are open; try again in a few seconds.", 5)
    }

    /// The caller's bucket is empty.
    pub(super) fn too_often(toll: Toll) -> Self {
        let message = format!("Too much was asked for; try again in {} seconds.", toll.seconds());
        let fault = Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message);
        Self { again: Some(toll.seconds()), toll: Some(Box::new(toll)), ..fault }
    }

    pub(super) fn overloaded() -> Self {
        Self::unavailable(errors::OVERLOADED, 1)
    }

    fn unavailable(message: &str, again: u64) -> Self {
        Self { again: Some(again), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message) }
    }

    pub(super) fn not_acceptable() -> Self {
        let message = "Accept application/graphql-response+json or application/json in UTF-8; text/event-stream for subscriptions.";
        Self::new(StatusCode::NOT_ACCEPTABLE, "BAD_USER_INPUT", message)
    }

    pub(super) fn method() -> Self {
        let fault = Self::new(StatusCode::METHOD_NOT_ALLOWED, "BAD_USER_INPUT", "Send operations by POST, or queries by GET.");
        Self { allow: Some("GET, POST"), ..fault }
    }

    pub(super) fn mutation_by_get() -> Self {
        let fault = Self::new(StatusCode::METHOD_NOT_ALLOWED, "BAD_USER_INPUT", "GET only reads. Send mutations by POST.");
        Self { allow: Some("POST"), ..fault }
    }
}

impl Refusal {
    /// Whether the caller's bucket was empty.
    pub(super) fn is_too_often(&self) -> bool {
        matches!(self, Self::Transport(fault) if fault.status == StatusCode::TOO_MANY_REQUESTS)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Transport(fault)
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Document(rejection)
    }
}
