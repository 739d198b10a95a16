//! Authorisation, OAuth 2.0. A seller's own app ("in-house") has no seller to ask: its refresh token is the word `client_credentials`.

use async_trait::async_trait;
use serde_json::Value;
use std::collections::HashMap;
use url::Url;

use crate::marketplace::{
    Authorised, PushError, Renewal, Tokens,
    client::{Content, Method, Outgoing, refusal},
    tiki::{Tiki, answer},
};

/// The access token of an app that has none yet.
pub(super) const NONE_YET: &str = "none";
const OWN_APP: &str = "client_credentials";

#[async_trait]
impl Renewal for Tiki {
    async fn renew(&self, refresh: &str) -> Result<Tokens, PushError> {
        let form = if refresh == OWN_APP {
            vec![("grant_type", OWN_APP), ("scope", "product order inventory")]
        } else {
            vec![("grant_type", "refresh_token"), ("refresh_token", refresh)]
        };
        let answer = self.token(&form).await.map_err(|error| match error {
            // On this call a refusal speaks of the refresh token, or of the app.
            PushError::TokenExpired(words) | PushError::Rejected(words, _) => PushError::NeedsReauth(words),
            other => other,
        })?;
        self.tokens(&answer, refresh)
    }

    fn authorise_at(&self, callback: &Url, state: &str) -> Result<Url, PushError> {
        let mut url = self.auth_url.clone();
        url.set_path("/sc/oauth2/auth");
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", callback.as_str())
            .append_pair("scope", "offline product order inventory")
            .append_pair("state", state);
        Ok(url)
    }

    async fn redeem(&self, callback: &Url, answer: &HashMap<String, String>) -> Result<Authorised, PushError> {
        let missing = || PushError::Rejected(refusal("callback", "the marketplace brought no code"), None);
        let code = answer.get("code").ok_or_else(missing)?;
        let form =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callback.as_str()), ("client_id", &self.client_id)];
        let answer = self.token(&form).await?;
        Ok(Authorised { tokens: self.tokens(&answer, "")?, settings: Vec::new() })
    }
}

impl Tiki {
    async fn token(&self, form: &[(&str, &str)]) -> Result<Value, PushError> {
        let mut url = self.auth_url.clone();
        url.set_path("/sc/oauth2/token");
        let app = data_encoding::BASE64.encode(format!("{}:{}", self.client_id, self.client_secret).as_bytes());
        let headers = vec![("authorization", format!("Basic {app}"))];
        let content = Content::Form(form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
        answer::read(&self.line.send("token", Outgoing { method: Method::POST, url, headers, content }).await?)
    }

    /// The tokens of an answer; an own app keeps the word it renews by.
    fn tokens(&self, answer: &Value, refresh: &str) -> Result<Tokens, PushError> {
        let missing = || PushError::Unknown(refusal("garbage", "the answer brings no tokens"));
        let text = |name: &str| answer[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let kept = Some(refresh.to_owned()).filter(|refresh| !refresh.is_empty());
        Ok(Tokens {
            access: text("access_token").ok_or_else(missing)?,
            refresh: text("refresh_token").or(kept).ok_or_else(missing)?,
            access_expires_at: answer["expires_in"].as_i64().map(|lasts| (self.clock)() + lasts),
            reauthorize_by: None,
        })
    }
}
