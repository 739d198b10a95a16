//! A request, read to its end before anything is decided.

use axum::{
    body::{Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, header},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::sandbox::reply::Refusal;

/// Eight pictures of ten megabytes and their wrapping.
const MAX_BODY: usize = 90 * 1024 * 1024;

/// One Shopee call as it came in.
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    pub(crate) async fn read(request: Request) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MAX_BODY)
            .await
            .map_err(|error| Refusal::gateway("error_param", format!("Wrong parameters, detail: {error}.")))?;
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        Ok(Self { method: parts.method, path: parts.uri.path().to_owned(), query, headers: parts.headers, body })
    }

    /// The last part of the path: the call's short name.
    pub(crate) fn call(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The JSON body.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/json") {
            return Err(Refusal::unreadable("Content-Type must be application/json"));
        }
        serde_json::from_slice(&self.body).map_err(Refusal::unreadable)
    }

    /// The body as a JSON object, for the journal only; empty when it is something else.
    pub(crate) fn peek(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The query string, decoded, in order.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The first value of a parameter; an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter that may be repeated.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// A whole number, or nothing when the parameter is absent.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.get(name).map(|text| text.parse().map_err(|_| Refusal::unreadable(format_args!("{name} should be an integer")))).transpose()
    }

    /// A required whole number; `field` is how the reference spells it in the error.
    pub(crate) fn required(&self, name: &str, field: &str) -> Result<i64, Refusal> {
        self.number(name)?.ok_or_else(|| Refusal::absent(field))
    }

    /// `page_size`, 1 to 100.
    pub(crate) fn page_size(&self) -> Result<usize, Refusal> {
        let size = self.required("page_size", "PageSize")?;
        usize::try_from(size)
            .ok()
            .filter(|size| (1..=100).contains(size))
            .ok_or_else(|| Refusal::constraint("page_size should be between 1 and 100"))
    }

    /// Where a page starts, from 0.
    pub(crate) fn offset(&self) -> Result<usize, Refusal> {
        usize::try_from(self.required("offset", "Offset")?).map_err(|_| Refusal::constraint("offset should not be negative"))
    }
}
