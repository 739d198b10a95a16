//! Authorisation. Renewing does not lengthen the time within which the seller must authorise again; lifetimes are read from answers.

use async_trait::async_trait;
use serde_json::Value;
use std::collections::HashMap;
use url::Url;

use crate::marketplace::{
    Authorised, PushError, Renewal, Tokens,
    client::{Method, refusal},
    lazada::{Lazada, answer::id},
};

#[async_trait]
impl Renewal for Lazada {
    async fn renew(&self, refresh: &str) -> Result<Tokens, PushError> {
        let answer = self.token("/auth/token/refresh", ("refresh_token", refresh)).await.map_err(|error| match error {
            // On this call a refusal speaks of the refresh token.
            PushError::TokenExpired(words) | PushError::Rejected(words, _) => PushError::NeedsReauth(words),
            other => other,
        })?;
        self.tokens(&answer)
    }

    fn authorise_at(&self, callback: &Url, state: &str) -> Result<Url, PushError> {
        let mut url = self.auth_url.clone();
        url.set_path("/oauth/authorize");
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("force_auth", "true")
            .append_pair("redirect_uri", callback.as_str())
            .append_pair("client_id", &self.app_key)
            .append_pair("state", state);
        Ok(url)
    }

    async fn redeem(&self, _: &Url, answer: &HashMap<String, String>) -> Result<Authorised, PushError> {
        let missing = || PushError::Rejected(refusal("callback", "the marketplace brought no code"), None);
        let code = answer.get("code").ok_or_else(missing)?;
        let tokens = self.tokens(&self.token("/auth/token/create", ("code", code)).await?)?;
        Ok(Authorised { tokens, settings: Vec::new() })
    }
}

impl Lazada {
    async fn token(&self, path: &str, (name, value): (&str, &str)) -> Result<Value, PushError> {
        let (url, pairs) = self.signed(&self.auth_url, path, vec![(name, value.to_owned())]);
        self.send(Method::POST, path, url, pairs).await
    }

    fn tokens(&self, answer: &Value) -> Result<Tokens, PushError> {
        let missing = || PushError::Unknown(refusal("garbage", "the answer brings no tokens"));
        let now = (self.clock)();
        let seconds = |name: &str| id(&answer[name]).and_then(|text| text.parse::<i64>().ok());
        Ok(Tokens {
            access: id(&answer["access_token"]).ok_or_else(missing)?,
            refresh: id(&answer["refresh_token"]).ok_or_else(missing)?,
            access_expires_at: seconds("expires_in").map(|lasts| now + lasts),
            reauthorize_by: seconds("refresh_expires_in").map(|lasts| now + lasts),
        })
    }
}
