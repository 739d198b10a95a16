//! Where marketplaces push messages: verified on the exact bytes, stored once, answered at once. The item is read back later.

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use uuid::Uuid;

use crate::service::{
    Service,
    readings::{self, Received},
};

/// Larger than any message of a marketplace.
const MAX_MESSAGE: usize = 256 * 1024;

/// `POST /hooks/{channel}`.
pub(super) fn router(service: Service) -> Router {
    Router::new().route("/hooks/{channel}", post(receive)).layer(DefaultBodyLimit::max(MAX_MESSAGE)).with_state(service)
}

async fn receive(State(service): State<Service>, Path(channel): Path<Uuid>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text =
        |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| Some((name.to_string(), value.to_str().ok()?.to_owned()));
    match readings::receive(&service, channel.into(), &headers.iter().filter_map(text).collect(), &body).await {
        Ok(Received::Taken) => StatusCode::OK,
        Ok(Received::Forged) => StatusCode::UNAUTHORIZED,
        Ok(Received::Unknown) => StatusCode::NOT_FOUND,
        Err(error) => {
            tracing::warn!(%channel, %error, "a message of a marketplace could not be stored");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
