//! Authorisation: the seller's consent, and tokens: access for four hours, refresh for thirty days and once only.

use std::collections::HashMap;

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::{Map, json};
use std::sync::Arc;
use url::Url;

use crate::sandbox::{
    reply::{Answer, Refusal},
    request::Received,
    sign::{self, Form},
    state::Server,
};

const ACCESS_LASTS: i64 = 14_400;
const REFRESH_LASTS: i64 = 30 * 86_400;
const CODE_LASTS: i64 = 600;

/// What was given out and not yet used up, with when it ends.
#[derive(Default)]
pub(crate) struct Grants {
    codes: HashMap<String, i64>,
    access: HashMap<String, i64>,
    refresh: HashMap<String, i64>,
    given: u64,
    renewals: u32,
}

impl Grants {
    fn next(&mut self, kind: &str) -> String {
        self.given += 1;
        format!("sandbox-{kind}-{:08x}", self.given)
    }

    /// A new pair: access and refresh.
    pub(crate) fn pair(&mut self, now: i64) -> (String, String) {
        let (access, refresh) = (self.next("access"), self.next("refresh"));
        self.access.insert(access.clone(), now + ACCESS_LASTS);
        self.refresh.insert(refresh.clone(), now + REFRESH_LASTS);
        (access, refresh)
    }

    pub(crate) fn accepts(&self, token: &str, now: i64) -> bool {
        self.access.get(token).is_some_and(|end| *end > now)
    }

    /// Ends every access token at once.
    pub(crate) fn end_access(&mut self) {
        self.access.clear();
    }

    /// Ends every refresh token: the seller took the consent back.
    pub(crate) fn end_refresh(&mut self) {
        self.refresh.clear();
    }

    /// How often tokens were renewed.
    pub(crate) fn renewals(&self) -> u32 {
        self.renewals
    }
}

#[derive(Deserialize)]
struct Asked {
    code: Option<String>,
    refresh_token: Option<String>,
    partner_id: i64,
    shop_id: i64,
}

impl Asked {
    fn read(server: &Server, received: &Received) -> Result<Self, Refusal> {
        let asked: Self = received.json()?;
        let ours = asked.partner_id == server.settings().partner_id && asked.shop_id == server.settings().shop_id;
        if ours { Ok(asked) } else { Err(Refusal::gateway("error_auth", "Invalid partner_id or shopid.")) }
    }
}

/// `auth/token/get`: a code becomes the first pair.
pub(crate) fn redeem(server: &Server, received: &Received) -> Answer {
    let code = Asked::read(server, received)?.code.ok_or_else(|| Refusal::gateway("error_param", "There is no code in body."))?;
    let now = server.now();
    let mut grants = server.grants();
    if grants.codes.remove(&code).is_none_or(|end| end <= now) {
        return Err(Refusal::gateway("error_auth", "Invalid code."));
    }
    Ok(answer(grants.pair(now)))
}

/// `auth/access_token/get`: a refresh token becomes the next pair and is used up.
pub(crate) fn renew(server: &Server, received: &Received) -> Answer {
    let asked = Asked::read(server, received)?;
    let refresh = asked.refresh_token.ok_or_else(|| Refusal::gateway("error_param", "There is no refresh_token in body."))?;
    let now = server.now();
    let mut grants = server.grants();
    if grants.refresh.remove(&refresh).is_none_or(|end| end <= now) {
        return Err(Refusal::gateway("error_shop_refresh_token", "Your refresh_token is invalid or was used."));
    }
    grants.renewals += 1;
    Ok(answer(grants.pair(now)))
}

/// These calls bring their tokens beside `error`, not within `response`.
fn answer((access, refresh): (String, String)) -> Map<String, serde_json::Value> {
    let fields = [("access_token", json!(access)), ("refresh_token", json!(refresh)), ("expire_in", json!(ACCESS_LASTS))];
    Map::from_iter(fields.map(|(name, value)| (name.to_owned(), value)))
}

/// `shop/auth_partner`: the page on which a seller consents; this marketplace's seller consents at once.
pub(crate) async fn consent(
    State(server): State<Arc<Server>>,
    Query(query): Query<HashMap<String, String>>,
    request: axum::extract::Request,
) -> Response {
    let Ok(received) = Received::read(request).await else { return StatusCode::BAD_REQUEST.into_response() };
    let signed = sign::check(server.settings(), &received, Form::Public, server.now());
    let redirect = query.get("redirect").and_then(|redirect| Url::parse(redirect).ok());
    let (Ok(()), Some(mut back)) = (signed, redirect) else { return StatusCode::FORBIDDEN.into_response() };
    let now = server.now();
    let code = {
        let mut grants = server.grants();
        let code = grants.next("code");
        grants.codes.insert(code.clone(), now + CODE_LASTS);
        code
    };
    back.query_pairs_mut().append_pair("code", &code).append_pair("shop_id", &server.settings().shop_id.to_string());
    Redirect::to(back.as_str()).into_response()
}
