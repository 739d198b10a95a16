//! Answers as server-sent events: graphql-sse in distinct connections mode
//! (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>).

use crate::http::graphql::answer::Members;
use axum::response::{
    IntoResponse, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt, future::BoxFuture, stream};
use std::{convert::Infallible, time::Duration};

/// How long a stream says nothing before a comment keeps proxies from closing it.
const KEEP_ALIVE: Duration = Duration::from_secs(12);

/// One `next` an answer, and `complete` at the end, which comes early with `ended`.
pub(super) fn stream(answers: impl Stream<Item = Members> + Send + 'static, ended: BoxFuture<'static, ()>) -> Response {
    let answers = answers.map(|members| named("next", serde_json::to_string(&members)));
    let events = answers.take_until(ended).chain(stream::iter([Ok(Event::default().event("complete").data(""))]));
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    // Buffering proxies would keep events back.
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    response
}

fn named(name: &str, data: Result<String, serde_json::Error>) -> Result<Event, Infallible> {
    let data = data.unwrap_or_else(|error| {
        tracing::error!(%error, "an answer could not be written as JSON");
        crate::http::graphql::INTERNAL_BODY.to_owned()
    });
    Ok(Event::default().event(name).data(data))
}
