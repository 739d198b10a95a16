//! GraphQL over a WebSocket: `graphql-transport-ws`, and nothing else.
//!
//! async-graphql's own glue takes what the protocol forbids and answers with codes on which clients try again for ever; so this is our
//! own loop, over its streams. What goes out passes one queue of a few messages: operations wait while the client does not read.

mod protocol;

use axum::{
    body::Body,
    extract::{
        FromRequestParts, Request,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT_LANGUAGE, CONTENT_TYPE, HOST, ORIGIN, RETRY_AFTER, UPGRADE},
    },
    response::{IntoResponse, Response},
};
use futures_util::{
    Sink, SinkExt, StreamExt,
    stream::{BoxStream, SplitStream},
};
use std::{collections::HashMap, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinHandle, JoinSet},
    time::{Instant, MissedTickBehavior},
};
use url::Url;

use crate::{
    domain::actor::Actor,
    graphql,
    http::{
        allowance::Guest,
        auth::bearer,
        graphql::{answer::Members, ask::Ask, errors},
        live::End,
        router::Api,
    },
    service::sessions::AuthError,
};
use protocol::{Close, Said, Says};

/// Largest message and frame of a client, as the body of a request.
const MESSAGE_BYTES: usize = 64 * 1024;
/// What is read of a message, so that the code of the close arrives: see [`part`].
const READ_BYTES: usize = 2 * MESSAGE_BYTES;
/// How long a connection may take to introduce itself.
const INIT_WAIT: Duration = Duration::from_secs(3);
/// Operations at once on one connection.
const OPERATIONS: usize = 20;
/// Messages that wait for a client to read them.
const QUEUE: usize = 16;
/// How long a client may take to read a message before it is given up.
const SLOW: Duration = Duration::from_secs(15);
/// How long a client that was told of the close may take to answer it, over a weak network too.
const FAREWELL: Duration = Duration::from_secs(5);
/// How often a connection is asked for a sign of life, and how long it may give none.
const PING: Duration = Duration::from_secs(20);
const SILENCE: Duration = Duration::from_secs(60);

/// Whether a request wants a WebSocket.
pub(in crate::http) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Takes the connection over, or says why not.
pub(in crate::http) async fn upgrade(api: Arc<Api>, request: Request) -> Response {
    if !is_own_origin(request.headers()) {
        return refused(StatusCode::FORBIDDEN, "Pages of other sites may not connect.");
    }
    let token = match request.headers().get(axum::http::header::AUTHORIZATION) {
        None => None,
        Some(value) => match bearer(value) {
            Some(token) => Some(token.to_owned()),
            None => return refused(StatusCode::UNAUTHORIZED, "The Authorization header must be: Bearer TOKEN."),
        },
    };
    let guest = Arc::new(Guest::of(&api.allowances, &request));
    let Some(place) = api.live.socket(guest.address()) else {
        let why = "Too many connections are open, from your network or in all; try again in a few seconds.";
        let mut answer = refused(StatusCode::SERVICE_UNAVAILABLE, why);
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        return answer;
    };
    let language = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (mut parts, _) = request.into_parts();
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade.protocols([protocol::NAME]),
        Err(rejection) => return rejection.into_response(),
    };
    if upgrade.selected_protocol().is_none() {
        return refused(StatusCode::BAD_REQUEST, "Offer the sub-protocol graphql-transport-ws.");
    }
    let session = Session { api, token, language, guest };
    upgrade.max_message_size(READ_BYTES).max_frame_size(READ_BYTES).on_upgrade(async move |socket| {
        session.run(socket).await;
        drop(place);
    })
}

/// Browsers name the page that connects; programs name none.
fn is_own_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let own = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
    own.is_some_and(|url| url.authority().eq_ignore_ascii_case(host))
}

fn refused(status: StatusCode, message: &str) -> Response {
    let error = serde_json::json!({ "errors": [{ "message": message, "extensions": { "code": "BAD_USER_INPUT" } }] });
    let mut response = Response::new(Body::from(error.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

struct Session {
    api: Arc<Api>,
    /// The credential of the HTTP request, if it had one.
    token: Option<String>,
    language: String,
    guest: Arc<Guest>,
}

impl Session {
    async fn run(self, socket: WebSocket) {
        let (sink, mut source) = socket.split();
        let (out, outgoing) = mpsc::channel(QUEUE);
        let mut writing = tokio::spawn(write(sink, outgoing));
        let conversation = Conversation::new(self, out.clone());
        let close = tokio::select! {
            close = conversation.hold(&mut source) => close,
            _ = &mut writing => return,
        };
        if let Some(Close { code, reason }) = close {
            let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
            // Ends the writer; a client that reads nothing is given up by it.
            out.send(Message::Close(Some(frame))).await.ok();
        }
        drop(out);
        part(writing, source).await;
    }
}

/// Ends a connection as RFC 6455, 7.1.1 wants it: what is queued is written and the client's close is waited for, or answered. A connection
/// dropped with bytes of the client unread, be it only a pong, is reset by the system, and the close and its code are lost with it.
async fn part(mut writing: JoinHandle<()>, mut source: SplitStream<WebSocket>) {
    let mut is_open = true;
    let written = loop {
        tokio::select! {
            written = &mut writing => break written,
            message = source.next(), if is_open => is_open = matches!(message, Some(Ok(_))),
        }
    };
    if let Err(error) = written {
        tracing::error!(%error, "a socket's writer ended early");
    }
    let rest = async { while is_open && matches!(source.next().await, Some(Ok(_))) {} };
    tokio::time::timeout(FAREWELL, rest).await.ok();
}

/// Writes what comes until it is a close, the client is gone, or it has not read for too long.
async fn write(mut sink: impl Sink<Message> + Unpin, mut outgoing: mpsc::Receiver<Message>) {
    while let Some(message) = outgoing.recv().await {
        let is_last = matches!(message, Message::Close(_));
        match tokio::time::timeout(SLOW, sink.send(message)).await {
            Ok(Ok(())) if !is_last => {}
            Ok(_) => return,
            Err(_) => {
                metrics::counter!("ocop_sockets_too_slow_total").increment(1);
                return;
            }
        }
    }
}

struct Conversation {
    session: Session,
    out: mpsc::Sender<Message>,
    /// Who speaks, once that is known.
    actor: Option<Actor>,
    ended: Pin<Box<dyn Future<Output = End> + Send>>,
    operations: JoinSet<String>,
    running: HashMap<String, AbortHandle>,
}

impl Conversation {
    fn new(session: Session, out: mpsc::Sender<Message>) -> Self {
        let ended = Box::pin(session.api.live.ended(None));
        Self { session, out, actor: None, ended, operations: JoinSet::new(), running: HashMap::new() }
    }

    /// Listens until the connection has to be closed; `None` when the client is gone.
    async fn hold(mut self, source: &mut SplitStream<WebSocket>) -> Option<Close> {
        let begun = Instant::now();
        let mut heard = begun;
        let mut ping = tokio::time::interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = source.next() => {
                    heard = Instant::now();
                    let text = match message {
                        Some(Ok(Message::Text(text))) if text.len() <= MESSAGE_BYTES => text,
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                        Some(Ok(Message::Text(_) | Message::Binary(_)) | Err(_)) => return Some(protocol::BAD_MESSAGE),
                        Some(Ok(Message::Close(_))) | None => return None,
                    };
                    if let Err(close) = self.take(&text).await {
                        return Some(close);
                    }
                }
                () = tokio::time::sleep_until(begun + INIT_WAIT), if self.actor.is_none() => return Some(protocol::INIT_TIMEOUT),
                end = &mut self.ended => return Some(if end == End::Access { protocol::FORBIDDEN } else { protocol::RESTART }),
                _ = ping.tick() => {
                    if heard.elapsed() > SILENCE {
                        return None;
                    }
                    self.out.send(Message::Ping(axum::body::Bytes::new())).await.ok()?;
                }
                Some(ended) = self.operations.join_next() => {
                    if let Ok(id) = ended {
                        self.running.remove(&id);
                    }
                }
            }
        }
    }

    async fn take(&mut self, text: &str) -> Result<(), Close> {
        match protocol::read(text)? {
            Said::Init(_) if self.actor.is_some() => Err(protocol::TOO_MANY_INITS),
            Said::Init(payload) => self.init(&payload).await,
            Said::Ping(payload) => say(&self.out, &Says::Pong { payload }).await,
            Said::Pong => Ok(()),
            Said::Subscribe { id, ask } => match self.actor.clone() {
                Some(actor) => self.subscribe(id, ask, actor).await,
                None => Err(protocol::UNAUTHORIZED),
            },
            Said::Complete { id } => {
                if let Some(operation) = self.running.remove(&id) {
                    operation.abort();
                }
                Ok(())
            }
        }
    }

    /// The credential of the message counts before that of the HTTP request.
    async fn init(&mut self, payload: &serde_json::Map<String, serde_json::Value>) -> Result<(), Close> {
        let given = payload.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization")).map(|(_, value)| value);
        let token = match given {
            None => self.session.token.clone(),
            Some(value) => {
                let header = value.as_str().and_then(|text| HeaderValue::from_str(text).ok());
                let token = header.as_ref().and_then(bearer).map(str::to_owned);
                Some(token.ok_or(protocol::FORBIDDEN)?)
            }
        };
        let actor = match self.session.api.live.actor(token.as_deref()).await {
            Ok(actor) => actor,
            Err(AuthError::Invalid) => return Err(protocol::FORBIDDEN),
            Err(AuthError::Service(error)) => {
                tracing::warn!(%error, "a token could not be checked");
                return Err(protocol::RESTART);
            }
        };
        self.actor = Some(actor);
        self.ended = Box::pin(self.session.api.live.ended(token));
        say(&self.out, &Says::ConnectionAck).await
    }

    async fn subscribe(&mut self, id: String, ask: Ask, actor: Actor) -> Result<(), Close> {
        if self.running.contains_key(&id) {
            return Err(protocol::DUPLICATE);
        }
        if self.running.len() >= OPERATIONS {
            let error = errors::coded(format!("At most {OPERATIONS} operations at once; complete one first."), "RATE_LIMITED");
            return say(&self.out, &Says::Error { id: &id, payload: &[error] }).await;
        }
        let api = &self.session.api;
        let guest = Arc::clone(&self.session.guest);
        let purse = guest.purse_of(&actor);
        let admitted = match api.endpoint.admit(ask, (&purse, None), false) {
            Ok(admitted) => admitted,
            Err(refusal) if refusal.is_too_often() => {
                purse.slow().await;
                return say(&self.out, &Says::Error { id: &id, payload: &Members::refused(refusal).errors }).await;
            }
            Err(refusal) => return say(&self.out, &Says::Error { id: &id, payload: &Members::refused(refusal).errors }).await,
        };
        let is_subscription = admitted.operation == async_graphql::parser::types::OperationType::Subscription;
        let prepare = |request| graphql::prepare(request, &api.service, actor, &self.session.language, guest);
        let answers = api.endpoint.follow(admitted, prepare);
        let operation = self.operations.spawn(operate(id.clone(), answers, is_subscription, self.out.clone()));
        self.running.insert(id, operation);
        Ok(())
    }
}

/// Sends the answers of an operation as fast as the client takes them.
async fn operate(
    id: String,
    mut answers: BoxStream<'static, async_graphql::Response>,
    is_subscription: bool,
    out: mpsc::Sender<Message>,
) -> String {
    let mut is_first = true;
    while let Some(answer) = answers.next().await {
        let (members, is_invalid) = Members::of(answer);
        if is_invalid || (is_subscription && is_first && members.is_nothing()) {
            // It never began: nothing may follow, not even `complete`.
            say(&out, &Says::Error { id: &id, payload: &members.errors }).await.ok();
            return id;
        }
        is_first = false;
        if say(&out, &Says::Next { id: &id, payload: &members }).await.is_err() {
            return id;
        }
    }
    say(&out, &Says::Complete { id: &id }).await.ok();
    id
}

/// Queues a message; fails when the client is gone.
async fn say(out: &mpsc::Sender<Message>, message: &Says<'_>) -> Result<(), Close> {
    let text = serde_json::to_string(message).map_err(|error| {
        tracing::error!(%error, "a message could not be written as JSON");
        protocol::RESTART
    })?;
    out.send(Message::text(text)).await.map_err(|_| protocol::RESTART)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::{Context, Poll};

    /// A client that reads nothing.
    struct Stuck;

    impl Sink<Message> for Stuck {
        type Error = ();
        fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
            Poll::Pending
        }
        fn start_send(self: Pin<&mut Self>, _: Message) -> Result<(), ()> {
            Ok(())
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
            Poll::Pending
        }
        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_reads_is_given_up_and_holds_few_messages() {
        let (out, outgoing) = mpsc::channel(QUEUE);
        let writing = tokio::spawn(write(Stuck, outgoing));
        let begun = Instant::now();
        let mut taken = 0;
        while say(&out, &Says::Complete { id: "1" }).await.is_ok() {
            taken += 1;
        }
        writing.await.expect("ends");
        assert_eq!((taken, begun.elapsed()), (QUEUE + 1, SLOW));
    }

    #[test]
    fn other_sites_may_not_connect() {
        let headers = |origin: Option<&str>| {
            let mut headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("ocop.example:8080"))]);
            if let Some(origin) = origin {
                headers.insert(ORIGIN, HeaderValue::from_str(origin).expect("a header"));
            }
            headers
        };
        for (origin, expected) in [
            (None, true),
            (Some("https://ocop.example:8080"), true),
            (Some("https://OCOP.example:8080"), true),
            (Some("https://ocop.example"), false),
            (Some("https://ocop.example:8080.evil.example"), false),
            (Some("https://evil.example"), false),
            (Some("null"), false),
            (Some(""), false),
        ] {
            assert_eq!(is_own_origin(&headers(origin)), expected, "{origin:?}");
        }
    }
}
