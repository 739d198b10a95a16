//! Things that go wrong on purpose.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::sandbox::{
    connection::Cut,
    reply::{Refusal, envelope, respond},
    sign::expired_token,
};

/// How much [`FaultMode::HugeBody`] sends: 1024 blocks of 64 KiB.
const HUGE_BLOCKS: usize = 1024;
static HUGE_BLOCK: [u8; 64 * 1024] = [b'x'; 64 * 1024];

/// Spoils the calls of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The last part of the path (`add_item`), or `*` for every call.
    pub call: String,
    /// What happens.
    pub mode: FaultMode,
    /// To how many calls; 1 when left out of the JSON.
    #[serde(default = "once")]
    pub times: u32,
    /// How many calls of that name pass unspoiled before; 0 when left out of the JSON.
    #[serde(default)]
    pub skip: u32,
}

/// What happens to a spoiled call. In JSON: `"drop_after"`, `{"slow": {"millis": 500}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultMode {
    /// Not done; HTTP 500 with a web page.
    Http500,
    /// Not done; the connection is closed without an answer.
    DropBefore,
    /// Done; the connection is closed without an answer.
    DropAfter,
    /// Not done; HTTP 200 with `error_server`.
    ErrorServer,
    /// Not done; HTTP 200 with `error_rate_limit`.
    RateLimit,
    /// Not done; HTTP 429.
    Http429 {
        /// `Retry-After`, in seconds; left out when null.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// Done at once, but answered late.
    Slow {
        /// How late.
        millis: u64,
    },
    /// Not done; HTTP 200 with `invalid_acceess_token`.
    TokenExpired,
    /// Done; HTTP 200 with a body that is not JSON.
    Garbage,
    /// Done; HTTP 200 with an envelope of 64 MiB that never says what was done.
    HugeBody,
    /// Not done; HTTP 200 without an error, the item in `failure_list`.
    Partial {
        /// The `failed_reason`.
        reason: String,
    },
    /// Not done; HTTP 200 with the error given: for a promotion's locks, the daily quota and the like.
    Refuse {
        /// The error's name, verbatim (`product.error_cannt_edit_price_in_promotion`).
        error: String,
        /// Its message.
        message: String,
    },
}

impl FaultMode {
    /// Whether the call is done although the caller can't see it.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::DropAfter | Self::Slow { .. } | Self::Garbage | Self::HugeBody)
    }

    /// What the caller gets in place of `answer`.
    pub(crate) async fn spoil(self, answer: Response, request_id: &str) -> Response {
        let refuse = |refusal| envelope(&Err(refusal), request_id);
        match self {
            Self::Http500 => (StatusCode::INTERNAL_SERVER_ERROR, "<html><body>Internal Server Error</body></html>").into_response(),
            Self::DropBefore | Self::DropAfter => cut(),
            Self::ErrorServer => refuse(Refusal::gateway("error_server", "Something wrong. Please try later.")),
            Self::RateLimit => refuse(rate_limit()),
            Self::Http429 { retry_after } => too_many(refuse(rate_limit()), retry_after),
            Self::Slow { millis } => {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                answer
            }
            Self::TokenExpired => refuse(expired_token()),
            Self::Garbage => {
                ([(header::CONTENT_TYPE, "text/html")], "<!DOCTYPE html><title>Please wait</title>{\"error\":").into_response()
            }
            Self::HugeBody => huge(request_id),
            Self::Partial { reason } => {
                let lists = json!({ "failure_list": [{ "item_id": 0, "failed_reason": reason }], "success_list": [] });
                envelope(&respond(lists), request_id)
            }
            Self::Refuse { error, message } => refuse(Refusal::gateway(&error, message)),
        }
    }
}

fn once() -> u32 {
    1
}

fn rate_limit() -> Refusal {
    Refusal::gateway("error_rate_limit", "Too many requests. You have reached the rate limit. Please try again later.")
}

fn cut() -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(Cut);
    response
}

fn too_many(mut response: Response, retry_after: Option<u64>) -> Response {
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().extend(retry_after.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds))));
    response
}

fn huge(request_id: &str) -> Response {
    let head = format!(r#"{{"error":"","message":"","warning":"","request_id":"{request_id}","response":{{"padding":""#);
    let blocks = std::iter::repeat_n(Bytes::from_static(&HUGE_BLOCK), HUGE_BLOCKS);
    let body = std::iter::once(Bytes::from(head)).chain(blocks).chain([Bytes::from_static(b"\"}}")]);
    let body = Body::from_stream(stream::iter(body.map(Ok::<_, Infallible>)));
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
