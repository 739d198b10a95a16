//! What surrounds every request: an id, a span, measurements, a net for panics, and headers against misuse by browsers.
//!
//! Neither the query string nor any header is written to the log: both carry tokens and personal data.

use crate::http::graphql::INTERNAL_BODY;
use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::middleware::Next;
use axum::response::Response;
use std::any::Any;
use std::time::Instant;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

/// The header a request id comes in by and goes out by.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id taken from a client, in bytes.
const REQUEST_ID_BYTES: usize = 64;

/// The id of a request, an extension of each: in its log lines, and in its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Puts the surroundings round every route of `router`, its fallback included.
pub fn observed(router: Router) -> Router {
    router.layer(CatchPanicLayer::custom(panicked)).layer(axum::middleware::from_fn(observe))
}

async fn observe(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    let span = tracing::info_span!("request", id = id.0, method = %request.method(), path = request.uri().path());
    // Paths are many, routes are few: an unknown path must not become a label.
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    request.extensions_mut().insert(id.clone());
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (latency, status) = (started.elapsed(), response.status().as_u16());
    span.in_scope(|| tracing::info!(status, latency_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX), "answered"));
    metrics::counter!("http_requests_total", "route" => route.clone(), "status" => status.to_string()).increment(1);
    metrics::histogram!("http_request_duration_seconds", "route" => route).record(latency.as_secs_f64());
    set_headers(response.headers_mut(), &id);
    response
}

fn set_headers(headers: &mut HeaderMap, id: &RequestId) {
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert(REQUEST_ID, value);
    }
    let defaults = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// The panic's own text stays in the log: it may quote anything.
fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("not text"), "a handler panicked");
    let mut response = Response::new(Body::from(INTERNAL_BODY));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

impl RequestId {
    /// The client's id if it is short and plain, so that it can be logged as it is; else a new one.
    fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let plain = |id: &&str| {
            (1..=REQUEST_ID_BYTES).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        };
        Self(given.filter(plain).map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::wire::Server;
    use axum::Extension;
    use axum::routing::get;

    async fn server() -> Server {
        let router = Router::new()
            .route("/id", get(async |Extension(id): Extension<RequestId>| id.0))
            .route("/own", get(async || [(CONTENT_SECURITY_POLICY, "default-src 'self'")]))
            .route("/panic", get(async || -> () { panic!("secret {}", 1) }));
        Server::start(observed(router)).await
    }

    #[tokio::test]
    async fn a_sane_request_id_is_kept_and_another_replaced() {
        let server = server().await;
        let long = "a".repeat(65);
        for (given, kept) in [("abc-1_2.3", true), ("has space", false), ("\"quoted\"", false), (long.as_str(), false), ("", false)] {
            let reply = server.send("GET /id", &format!("x-request-id: {given}\r\n"), "").await;
            let answered = reply.header("x-request-id").unwrap();
            assert_eq!(answered, reply.text());
            assert_eq!(answered == given, kept, "{given}");
            assert!(kept || uuid::Uuid::parse_str(answered).is_ok_and(|id| id.get_version_num() == 7), "{answered}");
        }
    }

    #[tokio::test]
    async fn every_answer_carries_the_headers_unless_it_has_its_own() {
        let server = server().await;
        for (line, status, policy) in [
            ("GET /id", 200, "default-src 'none'; frame-ancestors 'none'"),
            ("GET /unknown", 404, "default-src 'none'; frame-ancestors 'none'"),
            ("GET /own", 200, "default-src 'self'"),
        ] {
            let reply = server.send(line, "", "").await;
            assert_eq!(reply.status, status);
            assert_eq!(reply.header("content-security-policy"), Some(policy), "{line}");
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
            assert!(reply.header("x-request-id").is_some());
        }
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_that_tells_nothing() {
        let reply = server().await.send("GET /panic", "", "").await;
        assert_eq!((reply.status, reply.header("content-type")), (500, Some("application/json; charset=utf-8")));
        assert_eq!(reply.json()["errors"][0]["extensions"]["code"], "INTERNAL");
        assert!(!reply.text().contains("secret"));
    }
}
