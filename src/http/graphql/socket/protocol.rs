//! The messages of `graphql-transport-ws` (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>) and its close codes.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::http::graphql::{answer::Members, ask::Ask};

/// The sub-protocol's name.
pub(super) const NAME: &str = "graphql-transport-ws";

/// Why the service closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: &'static str,
}

pub(super) const BAD_MESSAGE: Close = Close { code: 4400, reason: "Invalid message" };
pub(super) const UNAUTHORIZED: Close = Close { code: 4401, reason: "Unauthorized" };
pub(super) const FORBIDDEN: Close = Close { code: 4403, reason: "Forbidden" };
pub(super) const INIT_TIMEOUT: Close = Close { code: 4408, reason: "Connection initialisation timeout" };
pub(super) const DUPLICATE: Close = Close { code: 4409, reason: "Subscriber already exists" };
pub(super) const TOO_MANY_INITS: Close = Close { code: 4429, reason: "Too many initialisation requests" };
/// RFC 6455, 7.4.1: the service restarts; connect again.
pub(super) const RESTART: Close = Close { code: 1012, reason: "Service restart: connect again" };

/// What a client says.
#[derive(Debug)]
pub(super) enum Said {
    Init(Map<String, Value>),
    Subscribe { id: String, ask: Ask },
    Complete { id: String },
    Ping(Option<Value>),
    Pong,
}

/// What the service says.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Says<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
    Next {
        id: &'a str,
        payload: &'a Members,
    },
    Error {
        id: &'a str,
        payload: &'a [async_graphql::ServerError],
    },
    Complete {
        id: &'a str,
    },
}

/// Reads a message; everything that the protocol does not know ends the connection.
pub(super) fn read(text: &str) -> Result<Said, Close> {
    let Ok(Value::Object(mut members)) = serde_json::from_str(text) else { return Err(BAD_MESSAGE) };
    let kind = members.remove("type");
    let payload = members.remove("payload").filter(|payload| !payload.is_null());
    match kind.as_ref().and_then(Value::as_str) {
        Some("connection_init") => match payload {
            None => Ok(Said::Init(Map::new())),
            Some(Value::Object(payload)) => Ok(Said::Init(payload)),
            Some(_) => Err(BAD_MESSAGE),
        },
        Some("ping") => match payload {
            None | Some(Value::Object(_)) => Ok(Said::Ping(payload)),
            Some(_) => Err(BAD_MESSAGE),
        },
        Some("pong") => match payload {
            None | Some(Value::Object(_)) => Ok(Said::Pong),
            Some(_) => Err(BAD_MESSAGE),
        },
        Some("subscribe") => {
            let ask = Ask::from_message(payload.unwrap_or_default()).map_err(|_| BAD_MESSAGE)?;
            Ok(Said::Subscribe { id: id(members)?, ask })
        }
        Some("complete") => Ok(Said::Complete { id: id(members)? }),
        _ => Err(BAD_MESSAGE),
    }
}

fn id(mut members: Map<String, Value>) -> Result<String, Close> {
    match members.remove("id") {
        Some(Value::String(id)) if !id.is_empty() => Ok(id),
        _ => Err(BAD_MESSAGE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_of_the_protocol_are_read() {
        for good in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":null}"#,
            r#"{"type":"connection_init","payload":{"authorization":"Bearer x"}}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"pong","payload":{}}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":"{ a }","variables":null,"operationName":null}}"#,
            r#"{"id":"1","type":"complete"}"#,
        ] {
            assert!(read(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"start"}"#,
            r#"{"type":"connection_terminate"}"#,
            r#"{"type":"connection_init","payload":"x"}"#,
            r#"{"type":"ping","payload":1}"#,
            r#"{"type":"pong","payload":[]}"#,
            r#"{"type":"subscribe","payload":{"query":"{ a }"}}"#,
            r#"{"id":"","type":"subscribe","payload":{"query":"{ a }"}}"#,
            r#"{"id":1,"type":"subscribe","payload":{"query":"{ a }"}}"#,
            r#"{"id":"1","type":"subscribe"}"#,
            r#"{"id":"1","type":"subscribe","payload":{}}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":1}}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":"{ a }","variables":[]}}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":"{ a }","operationName":1}}"#,
            r#"{"type":"complete"}"#,
        ] {
            assert!(matches!(read(bad), Err(BAD_MESSAGE)), "{bad}");
        }
    }
}
