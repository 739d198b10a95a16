//! A client: sends documents over HTTP with a token.

use serde_json::{Value, json};

/// Someone who calls the API.
#[derive(Clone)]
pub(crate) struct Caller {
    url: String,
    token: Option<String>,
    language: &'static str,
    http: reqwest::Client,
}

/// A status and a body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Caller {
    #[expect(clippy::disallowed_methods, reason = "tests call their own service")]
    pub(crate) fn new(url: &str, token: Option<&str>) -> Self {
        Self { url: url.to_owned(), token: token.map(str::to_owned), language: "en", http: reqwest::Client::new() }
    }

    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().expect("a caller with a token")
    }

    pub(crate) fn token_if_any(&self) -> Option<&str> {
        self.token.as_deref()
    }

    pub(crate) fn in_language(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }

    /// Sends a document; any answer will do.
    pub(crate) async fn send(&self, query: &str, variables: Value) -> Answer {
        self.post(json!({ "query": query, "variables": variables })).await
    }

    /// Sends a body as it is.
    pub(crate) async fn post(&self, body: Value) -> Answer {
        self.try_post(body).await.expect("an answer")
    }

    /// Sends a document to a service that may be down.
    pub(crate) async fn try_send(&self, query: &str, variables: Value) -> Option<Answer> {
        self.try_post(json!({ "query": query, "variables": variables })).await
    }

    async fn try_post(&self, body: Value) -> Option<Answer> {
        let mut request = self.http.post(&self.url).header("accept-language", self.language).header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = request.body(body.to_string()).send().await.ok()?;
        let status = answer.status().as_u16();
        let text = answer.text().await.ok()?;
        Some(Answer { status, body: serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}")) })
    }

    /// The data of an answer without errors.
    pub(crate) async fn data(&self, query: &str, variables: Value) -> Value {
        let answer = self.send(query, variables).await;
        assert!(answer.status == 200 && answer.body.get("errors").is_none(), "{} {:#}", answer.status, answer.body);
        answer.body["data"].clone()
    }

    /// The data of one operation of a document with several.
    pub(crate) async fn operation(&self, query: &str, name: &str, variables: Value) -> Value {
        let answer = self.post(json!({ "query": query, "operationName": name, "variables": variables })).await;
        assert!(answer.status == 200 && answer.body.get("errors").is_none(), "{} {:#}", answer.status, answer.body);
        answer.body["data"].clone()
    }

    /// The payload of a mutation that was done.
    pub(crate) async fn done(&self, query: &str, variables: Value) -> Value {
        let payload = first(self.data(query, variables).await);
        assert_eq!(payload["userErrors"], json!([]), "{query}");
        payload
    }

    /// Code and path of each refusal of a mutation that was refused.
    pub(crate) async fn refused(&self, query: &str, variables: Value) -> Vec<(String, String)> {
        let payload = first(self.data(query, variables).await);
        refusals(&payload)
    }

    /// The code of the first error of an answer with errors.
    pub(crate) async fn error(&self, query: &str, variables: Value) -> String {
        let answer = self.send(query, variables).await;
        answer.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no error: {:#}", answer.body)).to_owned()
    }
}

fn first(data: Value) -> Value {
    data.as_object().and_then(|fields| fields.values().next()).cloned().expect("a root field")
}

fn refusals(payload: &Value) -> Vec<(String, String)> {
    let errors = payload["userErrors"].as_array().unwrap_or_else(|| panic!("no userErrors: {payload:#}"));
    let path = |e: &Value| fields(&e["path"]).join(".");
    errors.iter().map(|e| (e["code"].as_str().expect("a code").to_owned(), path(e))).collect()
}

/// Texts of a list.
pub(crate) fn fields(list: &Value) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|item| item.as_str().expect("a text").to_owned()).collect()
}
