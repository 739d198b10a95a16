//! Clients that follow: over a WebSocket and over server-sent events.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        self, Message,
        client::IntoClientRequest,
        http::HeaderValue,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A WebSocket that speaks `graphql-transport-ws`.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Connects with headers.
    pub(crate) async fn connect(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, tungstenite::Error> {
        let mut request = url.replacen("http", "ws", 1).into_client_request().expect("a request");
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).expect("a header"));
        }
        Ok(Self(connect_async(request).await?.0))
    }

    /// Connects and introduces itself.
    pub(crate) async fn open(url: &str, token: Option<&str>) -> Self {
        let mut socket = Self::connect(url, &[("sec-websocket-protocol", "graphql-transport-ws")]).await.expect("connects");
        let payload = token.map(|token| json!({ "authorization": format!("Bearer {token}") }));
        socket.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.next().await, json!({ "type": "connection_ack" }));
        socket
    }

    /// The same with a service that may be down.
    pub(crate) async fn try_open(url: &str, token: &str) -> Option<Self> {
        let mut socket = Self::connect(url, &[("sec-websocket-protocol", "graphql-transport-ws")]).await.ok()?;
        let init = json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } });
        socket.0.send(Message::text(init.to_string())).await.ok()?;
        (socket.try_next(PATIENCE).await? == json!({ "type": "connection_ack" })).then_some(socket)
    }

    /// The next message, if one comes in time over a connection that may be lost.
    pub(crate) async fn try_next(&mut self, patience: Duration) -> Option<Value> {
        let until = tokio::time::Instant::now() + patience;
        loop {
            match tokio::time::timeout_at(until, self.0.next()).await.ok()??.ok()? {
                Message::Text(text) => return serde_json::from_str(&text).ok(),
                Message::Ping(_) | Message::Pong(_) => {}
                _ => return None,
            }
        }
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub(crate) async fn say_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("sends");
    }

    pub(crate) async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let message = json!({ "id": id, "type": "subscribe", "payload": { "query": query, "variables": variables } });
        // A connection that is lost shows when the next message does not come.
        self.0.send(Message::text(message.to_string())).await.ok();
    }

    /// The next message that is not a sign of life.
    pub(crate) async fn next(&mut self) -> Value {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let frame = tokio::time::timeout_at(until, self.frame()).await.expect("a message comes");
            match frame {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("not a text: {other:?}"),
            }
        }
    }

    /// The event of the next message; of heartbeats only where they are asked for.
    pub(crate) async fn event(&mut self, field: &str) -> Value {
        loop {
            let message = self.next().await;
            assert_eq!(message["type"], "next", "{message}");
            let event = message["payload"]["data"][field].clone();
            if event["__typename"] != "FeedHeartbeat" {
                return event;
            }
        }
    }

    /// The code with which the service closes, whatever it says before.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.frame().await {
                return frame.expect("a code").code.into();
            }
        }
    }

    /// Closes, and the code of the answer; after it nothing comes.
    pub(crate) async fn close(&mut self) -> u16 {
        let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        self.0.send(Message::Close(Some(frame))).await.expect("sends");
        let code = self.closed().await;
        let rest = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("an end");
        assert!(rest.is_none(), "{rest:?}");
        code
    }

    async fn frame(&mut self) -> Message {
        let next = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("something comes");
        next.expect("an open socket").expect("a frame")
    }
}

/// A stream of server-sent events.
pub(crate) struct Events {
    response: reqwest::Response,
    text: String,
}

impl Events {
    pub(crate) async fn open(url: &str, token: Option<&str>, query: &str, variables: Value) -> Self {
        let response = Self::ask(url, token, query, variables).await;
        assert_eq!((response.status().as_u16(), response.headers()["content-type"].to_str().expect("text")), (200, "text/event-stream"));
        Self { response, text: String::new() }
    }

    /// Asks for a stream; any answer will do.
    #[expect(clippy::disallowed_methods, reason = "tests call their own service")]
    pub(crate) async fn ask(url: &str, token: Option<&str>, query: &str, variables: Value) -> reqwest::Response {
        let mut request = reqwest::Client::new().post(url).header("accept", "text/event-stream").header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = json!({ "query": query, "variables": variables }).to_string();
        request.body(body).send().await.expect("an answer")
    }

    /// Name and data of the next event that is not a comment; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                let found = field("event:").map(|name| (name.to_owned(), field("data:").unwrap_or_default().to_owned()));
                self.text = rest.to_owned();
                if let Some((name, data)) = found {
                    return Some((name, serde_json::from_str(&data).unwrap_or_default()));
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("something comes").expect("a chunk")?;
            self.text.push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
    }
}
