//! The bulk export: `GET /export/listings.ndjson`, the whole of a scope as lines of JSON in constant memory.
//!
//! The first line is `{"asOf":…}`, then come `{"listing":…}` lines; after each page `{"endCursor":…}`, from which `?after=` goes on; the
//! last line is `{"complete":true,…}`: without it the file is cut.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Query, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Json, Response},
    routing::get,
};
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{io, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_http::compression::CompressionLayer;

use crate::{
    domain::{
        actor::{Action, Actor, Denied, permit},
        feed::FeedScope,
    },
    graphql::{
        feed::{FeedScopeInput, ScopeWords},
        records::Records,
    },
    http::auth,
    service::{Service, ServiceError},
};

/// Exports at once in this process.
const AT_ONCE: usize = 8;
/// Listings of one read.
const PAGE: u64 = 250;

#[derive(Clone)]
struct Counter {
    service: Service,
    records: Records,
    slots: Arc<Semaphore>,
}

/// What is asked for.
#[derive(Deserialize)]
struct Asked {
    /// `endCursor` of a line: goes on after it.
    after: Option<String>,
    #[serde(flatten)]
    scope: ScopeWords,
}

/// `GET /export/listings.ndjson`.
pub(super) fn router(service: Service, records: Records) -> Router {
    Router::new().route("/export/listings.ndjson", get(listings)).layer(CompressionLayer::new()).with_state(Counter {
        service,
        records,
        slots: Arc::new(Semaphore::new(AT_ONCE)),
    })
}

async fn listings(State(counter): State<Counter>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let actor = match auth::actor(&counter.service, &headers).await {
        Ok(actor) => actor,
        Err(refusal) => return refusal,
    };
    if let Err(denied) = permit(&actor, Action::ReadFeed) {
        let status = if denied == Denied::Unauthenticated { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
        return refused(status, "An API key with the scope feed:read is needed.");
    }
    let scope = match FeedScopeInput::of_words(asked.scope) {
        Ok(scope) => scope,
        Err(message) => return refused(StatusCode::BAD_REQUEST, &message),
    };
    let Ok(slot) = Arc::clone(&counter.slots).try_acquire_owned() else {
        let mut answer = refused(StatusCode::SERVICE_UNAVAILABLE, "Too many exports run; try again in a minute.");
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
        return answer;
    };
    let first = match counter.page(&actor, &scope, asked.after.as_deref()).await {
        Ok(page) => page,
        Err(ServiceError::Cursor(error)) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
        Err(ServiceError::Refused(_)) => return refused(StatusCode::BAD_REQUEST, "There is no such channel."),
        Err(error) => {
            tracing::warn!(%error, "an export could not begin");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let as_of = first["asOf"].clone();
    let export = Export { counter, actor, scope, next: Some(first), is_begun: false, listings: 0, _slot: slot };
    let lines = stream::unfold(export, |mut export| async move { export.lines().await.map(|lines| (lines, export)) });
    let mut response = Response::new(Body::from_stream(lines));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson; charset=utf-8"));
    if let Ok(as_of) = HeaderValue::from_str(as_of.as_str().unwrap_or_default()) {
        response.headers_mut().insert("ocop-feed-cursor", as_of);
    }
    response
}

impl Counter {
    async fn page(&self, actor: &Actor, scope: &FeedScope, after: Option<&str>) -> Result<Value, ServiceError> {
        // The cursor is checked as that of whoever asks; the fields are those of the documented query.
        crate::service::feed::snapshot(&self.service, actor, scope, after, 1).await?;
        self.records.snapshot(&self.service, scope, after, PAGE).await
    }
}

struct Export {
    counter: Counter,
    actor: Actor,
    scope: FeedScope,
    next: Option<Value>,
    is_begun: bool,
    listings: usize,
    _slot: OwnedSemaphorePermit,
}

impl Export {
    /// The lines of the next page; an error cuts the answer, whose last line is missing then.
    async fn lines(&mut self) -> Option<io::Result<Bytes>> {
        let page = self.next.take()?;
        let mut text = String::new();
        let mut line = |value: Value| {
            text.push_str(&value.to_string());
            text.push('\n');
        };
        if !self.is_begun {
            self.is_begun = true;
            line(json!({ "asOf": page["asOf"] }));
        }
        for listing in page["listings"].as_array().into_iter().flatten() {
            self.listings += 1;
            line(json!({ "listing": listing }));
        }
        if page["hasMore"] == true {
            line(json!({ "endCursor": page["endCursor"] }));
            let after = page["endCursor"].as_str();
            match self.counter.page(&self.actor, &self.scope, after).await {
                Ok(next) => self.next = Some(next),
                Err(error) => {
                    tracing::warn!(%error, "an export was cut");
                    return Some(Err(io::Error::other("the catalog can't be read")));
                }
            }
        } else {
            line(json!({ "complete": true, "asOf": page["asOf"], "listings": self.listings }));
        }
        Some(Ok(Bytes::from(text)))
    }
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "code": "BAD_USER_INPUT", "message": message }))).into_response()
}
