//! Authorisation: the seller's consent, the tokens it brings, their renewal. Access tokens last four hours; a refresh token
//! lasts thirty days and works once (developer guide, "Authorization and Authentication").

use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::HashMap;
use url::Url;

use crate::marketplace::{
    Authorised, PushError, Renewal, Tokens,
    client::{Content, refusal},
    shopee::{Shopee, Signed},
};

/// Seconds a refresh token lasts.
const REFRESH_LASTS: i64 = 30 * 86_400;

#[async_trait]
impl Renewal for Shopee {
    async fn renew(&self, refresh: &str) -> Result<Tokens, PushError> {
        let (_, shop_id) = self.settings.shop()?;
        let body = json!({ "refresh_token": refresh, "partner_id": self.settings.partner_id, "shop_id": shop_id });
        let answer = self.public("auth/access_token/get", &body).await.map_err(|error| match error {
            // On this call an error about a token speaks of the refresh token.
            PushError::TokenExpired(words) | PushError::Rejected(words, _) => PushError::NeedsReauth(words),
            other => other,
        })?;
        self.tokens(&answer)
    }

    fn authorise_at(&self, callback: &Url, state: &str) -> Result<Url, PushError> {
        let mut back = callback.clone();
        back.query_pairs_mut().append_pair("state", state);
        self.signed_url(Signed::Public, "shop/auth_partner", &[("redirect", back.to_string())], (self.clock)())
    }

    async fn redeem(&self, _: &Url, answer: &HashMap<String, String>) -> Result<Authorised, PushError> {
        let missing = |name: &str| PushError::Rejected(refusal("callback", &format!("the marketplace brought no {name}")), None);
        let code = answer.get("code").ok_or_else(|| missing("code"))?;
        let shop_id: i64 = answer.get("shop_id").and_then(|id| id.parse().ok()).ok_or_else(|| missing("shop_id"))?;
        let body = json!({ "code": code, "partner_id": self.settings.partner_id, "shop_id": shop_id });
        let tokens = self.tokens(&self.public("auth/token/get", &body).await?)?;
        Ok(Authorised { tokens, settings: vec![("shop_id", shop_id.to_string())] })
    }
}

impl Shopee {
    async fn public(&self, path: &str, body: &Value) -> Result<Value, PushError> {
        let bytes = serde_json::to_vec(body).map_err(|e| PushError::Config(refusal("json", &e.to_string())))?;
        self.call(Signed::Public, path, &[], Content::Json(bytes)).await
    }

    /// The tokens of an answer; on these calls they stand beside `error`, not within `response`.
    fn tokens(&self, answer: &Value) -> Result<Tokens, PushError> {
        let text = |name: &str| {
            let missing = || PushError::Unknown(refusal("garbage", "the answer brings no tokens"));
            answer[name].as_str().filter(|token| !token.is_empty()).map(str::to_owned).ok_or_else(missing)
        };
        let now = (self.clock)();
        Ok(Tokens {
            access: text("access_token")?,
            refresh: text("refresh_token")?,
            access_expires_at: answer["expire_in"].as_i64().map(|seconds| now + seconds),
            reauthorize_by: Some(now + REFRESH_LASTS),
        })
    }
}
