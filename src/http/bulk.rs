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
        header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Json, Response},
    routing::get,
};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::json;
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
        lines::Lines,
        records::Records,
    },
    http::auth,
    service::{
        Service, ServiceError,
        feed::{self, Portion},
        sessions::{self, AuthError},
    },
};

/// Exports at once in this process.
const AT_ONCE: usize = 8;

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
    let after = asked.after.as_deref();
    let lines = match counter.lines(&actor, scope, after).await {
        Ok(lines) => lines,
        Err(ServiceError::Cursor(error)) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
        Err(ServiceError::Refused(_)) => return refused(StatusCode::BAD_REQUEST, "There is no such channel."),
        Err(error) => {
            tracing::warn!(%error, "an export could not begin");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let as_of = HeaderValue::from_str(lines.as_of());
    let bearer = headers.get(AUTHORIZATION).and_then(auth::bearer).map(str::to_owned);
    let export = Export { service: counter.service, bearer, lines, _slot: slot };
    let lines = stream::unfold(export, |mut export| async move { export.next().await.map(|lines| (lines, export)) }).fuse();
    let mut response = Response::new(Body::from_stream(lines));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson; charset=utf-8"));
    if let Ok(as_of) = as_of {
        response.headers_mut().insert("ocop-feed-cursor", as_of);
    }
    response
}

impl Counter {
    async fn lines(&self, actor: &Actor, scope: FeedScope, after: Option<&str>) -> Result<Lines, ServiceError> {
        // Says what is wrong with the cursor or the scope; the fields are those of the documented query.
        feed::snapshot(&self.service, actor, &scope, Portion::least(after)).await?;
        Lines::begin(self.records.clone(), &self.service, scope, after).await
    }
}

struct Export {
    service: Service,
    bearer: Option<String>,
    lines: Lines,
    _slot: OwnedSemaphorePermit,
}

impl Export {
    /// The lines of the next page. An error cuts the answer, whose last line is missing then; so does a key that was revoked meanwhile.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if let Some(bearer) = &self.bearer
            && matches!(sessions::authenticate(&self.service, bearer).await, Err(AuthError::Invalid))
        {
            return Some(Err(io::Error::other("the key was revoked")));
        }
        Some(match self.lines.next().await? {
            Ok(text) => Ok(Bytes::from(text)),
            Err(error) => {
                tracing::warn!(%error, "an export was cut");
                Err(io::Error::other("the catalog can't be read"))
            }
        })
    }
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "code": "BAD_USER_INPUT", "message": message }))).into_response()
}
