//! Authorisation. The token host wants the secret in the query; `access_token_expire_in` is an instant, not a duration.

use async_trait::async_trait;
use serde_json::Value;
use std::collections::HashMap;
use url::Url;

use crate::marketplace::{
    Authorised, PushError, Renewal, Tokens,
    client::{Content, Method, Outgoing, refusal},
    tiktok::{
        TikTok,
        answer::{self, text},
    },
};

#[async_trait]
impl Renewal for TikTok {
    async fn renew(&self, refresh: &str) -> Result<Tokens, PushError> {
        let pairs = [("refresh_token", refresh), ("grant_type", "refresh_token")];
        let answer = self.token("/api/v2/token/refresh", &pairs).await.map_err(|error| match error {
            // On this call a refusal speaks of the refresh token.
            PushError::TokenExpired(words) | PushError::Rejected(words, _) => PushError::NeedsReauth(words),
            other => other,
        })?;
        tokens(&answer)
    }

    fn authorise_at(&self, _: &Url, state: &str) -> Result<Url, PushError> {
        // The address to come back to is registered with the app.
        let service = self.service_id.clone();
        let service =
            service.ok_or_else(|| PushError::Config(refusal("service_id", "service_id of the app is needed to ask for consent")))?;
        let mut url = self.authorise_url.clone();
        url.set_path("/open/authorize");
        url.query_pairs_mut().append_pair("service_id", &service).append_pair("state", state);
        Ok(url)
    }

    async fn redeem(&self, _: &Url, answer: &HashMap<String, String>) -> Result<Authorised, PushError> {
        let missing = || PushError::Rejected(refusal("callback", "the marketplace brought no code"), None);
        let code = answer.get("code").or_else(|| answer.get("auth_code")).ok_or_else(missing)?;
        let tokens = tokens(&self.token("/api/v2/token/get", &[("auth_code", code), ("grant_type", "authorized_code")]).await?)?;
        let url = self.signed_url("/authorization/202309/shops", Vec::new(), &[]);
        let headers = vec![("x-tts-access-token", tokens.access.clone())];
        let shops = Outgoing { method: Method::GET, url, headers, content: Content::Empty };
        let shops = answer::read(&self.line.send("/authorization/202309/shops", shops).await?)?;
        let cipher = text(&shops["shops"][0]["cipher"]);
        let cipher = cipher.ok_or_else(|| PushError::Config(refusal("shops", "the seller authorised no shop")))?;
        Ok(Authorised { tokens, settings: vec![("shop_cipher", cipher)] })
    }
}

impl TikTok {
    async fn token(&self, path: &str, pairs: &[(&str, &str)]) -> Result<Value, PushError> {
        let mut url = self.auth_url.clone();
        url.set_path(path);
        url.query_pairs_mut().append_pair("app_key", &self.app_key).append_pair("app_secret", &self.app_secret).extend_pairs(pairs);
        let outgoing = Outgoing { method: Method::GET, url, headers: Vec::new(), content: Content::Empty };
        answer::read(&self.line.send(path, outgoing).await?)
    }
}

fn tokens(answer: &Value) -> Result<Tokens, PushError> {
    let missing = || PushError::Unknown(refusal("garbage", "the answer brings no tokens"));
    Ok(Tokens {
        access: text(&answer["access_token"]).ok_or_else(missing)?,
        refresh: text(&answer["refresh_token"]).ok_or_else(missing)?,
        access_expires_at: answer["access_token_expire_in"].as_i64(),
        reauthorize_by: answer["refresh_token_expire_in"].as_i64(),
    })
}
