//! Who a request comes from: the bearer token in its `Authorization` header (RFC 6750). Cookies are not read.

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    response::Response,
};

use crate::{
    domain::actor::Actor,
    http::allowance::{Guest, too_often},
    service::{
        Service,
        sessions::{self, AuthError},
    },
};

/// Points for a credential that is not valid.
const GUESS: u64 = 10;

const INVALID: &str = r#"{"errors":[{"message":"The access token or API key is not valid. Sign in again, or leave the Authorization header out.","extensions":{"code":"UNAUTHENTICATED"}}]}"#;
const UNAVAILABLE: &str = r#"{"errors":[{"message":"Temporarily unavailable; try again.","extensions":{"code":"UNAVAILABLE"}}]}"#;

/// The actor of a request; anonymous without the header. A token that is not valid is refused even for public reads, so that a
/// client notices.
pub(super) async fn actor(service: &Service, headers: &HeaderMap) -> Result<Actor, Response> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let token = match (given.next(), given.next()) {
        (None, _) => return Ok(Actor::Anonymous),
        (Some(value), None) => bearer(value).ok_or_else(invalid)?,
        (Some(_), Some(_)) => return Err(invalid()),
    };
    sessions::authenticate(service, token).await.map_err(|error| match error {
        AuthError::Invalid => invalid(),
        AuthError::Service(error) => {
            tracing::warn!(%error, "a token could not be checked");
            answer(StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE)
        }
    })
}

/// The same for a request that pays a point for coming and ten for a credential that is not valid, so that guessing has an end.
pub(super) async fn paying_actor(service: &Service, guest: &Guest, headers: &HeaderMap) -> Result<Actor, Response> {
    let purse = guest.purse();
    if let Err(wait) = purse.spend(1) {
        purse.slow().await;
        return Err(too_often(wait.as_secs() + 1));
    }
    let found = actor(service, headers).await;
    if found.is_err() {
        purse.settle(GUESS);
    }
    found
}

/// The token of a header's value.
pub(super) fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn invalid() -> Response {
    let mut response = answer(StatusCode::UNAUTHORIZED, INVALID);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
    response
}

fn answer(status: StatusCode, body: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_bearer_token_counts() {
        for (header, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Basic abc", None),
            ("abc", None),
            ("", None),
        ] {
            assert_eq!(bearer(&HeaderValue::from_static(header)), token, "{header:?}");
        }
    }
}
