//! Reads what the client asks: from the query string of a GET or the JSON body of a POST.

use crate::http::graphql::EndpointLimits;
use crate::http::graphql::accept::is_utf8;
use crate::http::graphql::answer::Fault;
use axum::body::{Body, HttpBody};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, Method};
use futures_util::StreamExt;
use serde_json::{Map, Value};

/// A request for an operation, its types checked.
#[derive(Debug, Clone, Default)]
pub(super) struct Ask {
    /// Empty when the document is named alone.
    pub(super) query: String,
    /// The document's name: `sha256:…`, or the bare hash of an automatic persisted query.
    pub(super) document: Option<String>,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Map<String, Value>,
    /// Sent by GET, and so may only read.
    pub(super) by_get: bool,
}

impl Ask {
    pub(super) async fn read(request: axum::extract::Request, limits: &EndpointLimits) -> Result<Self, Fault> {
        match *request.method() {
            Method::GET => Self::from_query_string(request.uri().query().unwrap_or_default()),
            Method::POST => {
                check_content(request.headers())?;
                let body = tokio::time::timeout(limits.body_wait, read_body(request.into_body(), limits.body_bytes));
                Self::from_body(&body.await.map_err(|_| Fault::body_timeout(limits.body_wait))??)
            }
            _ => Err(Fault::method()),
        }
    }

    fn from_query_string(text: &str) -> Result<Self, Fault> {
        let mut members = Map::new();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            let value = match &*name {
                "variables" | "extensions" => {
                    serde_json::from_str(&value).map_err(|_| Fault::malformed(format!("The parameter {name} is not JSON.")))?
                }
                "query" | "operationName" | "documentId" => Value::String(value.into_owned()),
                _ => continue,
            };
            if members.insert(name.to_string(), value).is_some() {
                return Err(Fault::malformed(format!("The parameter {name} is given twice.")));
            }
        }
        Ok(Self { by_get: true, ..Self::from_members(members)? })
    }

    fn from_body(body: &[u8]) -> Result<Self, Fault> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Self::from_members(members),
            Ok(Value::Array(_)) => Err(Fault::malformed("Batches are not supported. Send one operation a request.")),
            Ok(_) => Err(Fault::malformed("The body must be a JSON object with the member query.")),
            Err(error) => Err(Fault::malformed(format!("The body is not JSON (line {}, column {}).", error.line(), error.column()))),
        }
    }

    /// What a `subscribe` message asks for; says which member is wrong.
    pub(super) fn from_message(payload: Value) -> Result<Self, String> {
        match payload {
            Value::Object(members) => Self::from_members(members).map_err(Fault::into_message),
            _ => Err("The payload must be an object with the member query.".to_owned()),
        }
    }

    /// Members this service does not know are ignored, as the specification asks; so a misspelt `query` is a missing one.
    fn from_members(mut members: Map<String, Value>) -> Result<Self, Fault> {
        let extensions = object(&mut members, "extensions")?;
        let document = named(&mut members, &extensions)?;
        let query = match members.remove("query") {
            Some(Value::String(query)) => query,
            Some(Value::Null) | None if document.is_some() => String::new(),
            Some(Value::Null) | None => return Err(Fault::malformed("The member query is missing: send the GraphQL document in it.")),
            Some(_) => return Err(Fault::malformed("The member query must be a string.")),
        };
        let operation_name = match members.remove("operationName") {
            Some(Value::String(name)) => Some(name),
            Some(Value::Null) | None => None,
            Some(_) => return Err(Fault::malformed("The member operationName must be a string or null.")),
        };
        let variables = object(&mut members, "variables")?;
        Ok(Self { query, document, operation_name, variables, by_get: false })
    }
}

/// The document's name, as `documentId` or in the extension `persistedQuery` of Apollo.
fn named(members: &mut Map<String, Value>, extensions: &Map<String, Value>) -> Result<Option<String>, Fault> {
    match members.remove("documentId") {
        Some(Value::String(name)) if name.starts_with("sha256:") => return Ok(Some(name)),
        Some(Value::Null) | None => {}
        Some(_) => return Err(Fault::malformed("The member documentId must be sha256: and the SHA-256 of the document, hexadecimal.")),
    }
    match extensions.get("persistedQuery") {
        None | Some(Value::Null) => Ok(None),
        Some(persisted) => match (&persisted["version"], persisted["sha256Hash"].as_str()) {
            (version, Some(hash)) if *version == 1 => Ok(Some(hash.to_owned())),
            _ => Err(Fault::malformed("The extension persistedQuery must have version 1 and sha256Hash.")),
        },
    }
}

fn object(members: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, Fault> {
    match members.remove(name) {
        Some(Value::Object(object)) => Ok(object),
        Some(Value::Null) | None => Ok(Map::new()),
        Some(_) => Err(Fault::malformed(format!("The member {name} must be an object or null."))),
    }
}

/// Only JSON is read. A browser sends no cross-site request of this type without asking first, so this also keeps other
/// sites from posting on a user's behalf.
fn check_content(headers: &HeaderMap) -> Result<(), Fault> {
    if headers.get_all(CONTENT_ENCODING).iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Fault::unsupported("Send the body without Content-Encoding."));
    }
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let content_type = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().unwrap_or_default(),
        _ => "",
    };
    let mut parts = content_type.split(';').map(str::trim);
    let json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let mut charsets =
        parts.filter_map(|parameter| parameter.split_once('=')).filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    if json && charsets.all(|(_, charset)| is_utf8(charset)) {
        return Ok(());
    }
    Err(Fault::unsupported("Send the body as application/json in UTF-8."))
}

async fn read_body(body: Body, limit: usize) -> Result<Vec<u8>, Fault> {
    if body.size_hint().lower() > limit as u64 {
        return Err(Fault::too_large(limit));
    }
    let mut chunks = body.into_data_stream();
    let mut read = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Fault::malformed("The body ended before its announced length."))?;
        if read.len() + chunk.len() > limit {
            return Err(Fault::too_large(limit));
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}
