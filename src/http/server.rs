//! The accept loop: bounds every connection in number, time and buffer, and ends them in order.
//!
//! `axum::serve` waits for ever for request headers and takes any number of connections; so this is our own.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONNECTION, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::http::{places::Places, visitor::Proxies};

/// How long to wait after the system refused a connection, most often because files ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How much of the server connections may hold.
#[derive(Debug, Clone)]
pub struct ServerLimits {
    /// Connections open at once. More wait in the system's queue. An upgraded connection no longer counts. One network gets a quarter of
    /// them and is closed the door on beyond.
    pub connections: usize,
    /// Whose connections are those of many clients: they may be as many as there are.
    pub proxies: Proxies,
    /// How long the head of a request may take, which is also how long an idle connection is kept.
    pub head_wait: Duration,
    /// How long a client that is being answered may take nothing of it; streams, exports and WebSockets included.
    pub read_wait: Duration,
    /// Bytes buffered for a connection, and so the largest head.
    pub buffer_bytes: usize,
    /// How long a request in flight may go on after the stop.
    pub grace: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 512,
            proxies: Proxies::default(),
            head_wait: Duration::from_secs(5),
            read_wait: Duration::from_secs(30),
            buffer_bytes: 64 * 1024,
            grace: Duration::from_secs(10),
        }
    }
}

/// Serves `router` on `listener` until `stop`, then finishes what is in flight within ten seconds. Handlers find the
/// client's address as `ConnectInfo<SocketAddr>`.
///
/// # Errors
/// Fails when the listener has no local address, that is, is not a listener.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, limits: ServerLimits) -> io::Result<()> {
    tracing::info!(address = %listener.local_addr()?, "listening");
    let places = Places::new(limits.connections);
    let connections = TaskTracker::new();
    while let Some((socket, client, place)) = accept(&listener, &places, &stop).await {
        let share = places.share_of(client.ip());
        if share.is_none() && !limits.proxies.trusts(client.ip()) {
            tracing::debug!(%client, "a network has as many connections as it may");
            continue;
        }
        let connection = Connection { router: router.clone(), client, stop: stop.clone(), limits: limits.clone() };
        connections.spawn(async move {
            connection.run(socket).await;
            drop((share, place));
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
    tracing::info!("all connections are closed");
    Ok(())
}

/// The next connection, once there is room for it; `None` after the stop.
async fn accept(
    listener: &TcpListener,
    places: &Places,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let accepting = async {
        let place = places.wait().await?;
        loop {
            match listener.accept().await {
                Ok((socket, client)) => {
                    // What is small and last, an event or a close, must not wait until what went before it was acknowledged.
                    if let Err(error) = socket.set_nodelay(true) {
                        tracing::debug!(%error, "a connection sends with delay");
                    }
                    return Some((socket, client, place));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    stop.run_until_cancelled(accepting).await.flatten()
}

/// Whether every server finds the same end of the body (RFC 9112, 6.1 and 6.3): other codings than `chunked`, or `chunked` twice, are read
/// differently by different servers, and what one takes for a body another takes for the next request.
fn is_clear(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else { return true };
    codings.next().is_none() && coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked")
}

fn unclear() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

struct Connection {
    router: Router,
    client: SocketAddr,
    stop: CancellationToken,
    limits: ServerLimits,
}

impl Connection {
    async fn run(self, socket: TcpStream) {
        let Self { router, client, stop, limits } = self;
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let is_clear = is_clear(request.headers());
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(client));
            let router = router.clone();
            async move { if is_clear { router.oneshot(request).await } else { Ok(unclear()) } }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(limits.head_wait).max_buf_size(limits.buffer_bytes);
        let mut socket = Box::pin(TimeoutStream::new(socket));
        socket.as_mut().set_write_timeout_pinned(Some(limits.read_wait));
        let mut connection = pin!(http.serve_connection(TokioIo::new(socket), service).with_upgrades());
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                match tokio::time::timeout(limits.grace, connection).await {
                    Ok(ended) => ended,
                    Err(_) => return tracing::warn!("a request in flight was cut at the end of the grace period"),
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::wire::{Reply, Server};
    use axum::routing::get;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n";

    fn quick() -> ServerLimits {
        let soon = Duration::from_millis(50);
        ServerLimits { head_wait: soon, read_wait: soon, grace: soon, ..ServerLimits::default() }
    }

    /// A handler that says when it has started and goes on when told.
    fn held() -> (Router, Arc<Notify>, Arc<Notify>) {
        let (started, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (starting, going) = (Arc::clone(&started), Arc::clone(&go_on));
        let handler = move || {
            let (starting, going) = (Arc::clone(&starting), Arc::clone(&going));
            async move {
                starting.notify_one();
                going.notified().await;
                "done"
            }
        };
        (Router::new().route("/", get(handler)), started, go_on)
    }

    #[tokio::test]
    async fn handlers_see_the_client_and_connections_are_kept() {
        let handler = async |ConnectInfo(client): ConnectInfo<SocketAddr>| client.to_string();
        let server = Server::start(Router::new().route("/", get(handler))).await;
        let mut socket = server.connect().await;
        let client = socket.local_addr().unwrap().to_string();
        socket.write_all(REQUEST).await.unwrap();
        socket.write_all(b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").await.unwrap();
        let both = Reply::read(&mut socket).await;
        assert_eq!(both.text().matches(&client).count(), 2, "{}", both.text());
    }

    #[tokio::test]
    async fn a_head_that_does_not_arrive_closes_the_connection() {
        let server = Server::start_with(Router::new(), quick()).await;
        for start in ["", "GET / HTTP/1.1\r\nhost: te"] {
            let mut socket = server.connect().await;
            socket.write_all(start.as_bytes()).await.unwrap();
            let mut rest = Vec::new();
            socket.read_to_end(&mut rest).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_client_that_stops_reading_is_given_up() {
        let given_up = CancellationToken::new();
        let guard = given_up.clone();
        let handler = move || {
            let held = guard.clone().drop_guard();
            let endless = futures_util::stream::repeat_with(move || {
                let _held = &held;
                Ok::<_, io::Error>(axum::body::Bytes::from(vec![b'x'; 64 * 1024]))
            });
            async move { Body::from_stream(endless) }
        };
        let server = Server::start_with(Router::new().route("/", get(handler)), quick()).await;
        let mut socket = server.connect().await;
        socket.write_all(REQUEST).await.unwrap();
        // While it reads it is answered; the token is cancelled when the server lets go of the body.
        let mut some = vec![0; 64 * 1024];
        for _ in 0..500 {
            socket.read_exact(&mut some).await.unwrap();
        }
        assert!(!given_up.is_cancelled());
        given_up.cancelled().await;
    }

    #[tokio::test]
    async fn a_head_over_the_buffer_is_refused() {
        let server = Server::start(Router::new()).await;
        let mut socket = server.connect().await;
        let head = format!("GET / HTTP/1.1\r\nhost: test\r\nx: {}", "x".repeat(64 * 1024));
        socket.write_all(&head.as_bytes()[..64 * 1024]).await.unwrap();
        assert_eq!(Reply::read(&mut socket).await.status, 431);
    }

    #[tokio::test]
    async fn the_connection_over_the_limit_waits_for_a_place() {
        let (router, started, go_on) = held();
        let server = Server::start_with(router, ServerLimits { connections: 1, ..ServerLimits::default() }).await;
        let (mut first, mut second) = (server.connect().await, server.connect().await);
        let request = b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
        first.write_all(request).await.unwrap();
        started.notified().await;
        second.write_all(request).await.unwrap();
        go_on.notify_one();
        assert_eq!(Reply::read(&mut first).await.text(), "done");
        started.notified().await;
        go_on.notify_one();
        assert_eq!(Reply::read(&mut second).await.text(), "done");
    }

    #[tokio::test]
    async fn a_network_beyond_its_share_is_turned_away_and_a_proxy_is_not() {
        let proxies = Proxies(vec!["127.0.0.0/8".parse().unwrap()]);
        for (proxies, is_answered) in [(Proxies::default(), false), (proxies, true)] {
            let (router, started, go_on) = held();
            let server = Server::start_with(router, ServerLimits { connections: 4, proxies, ..ServerLimits::default() }).await;
            let (mut first, mut second) = (server.connect().await, server.connect().await);
            let request = b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
            first.write_all(request).await.unwrap();
            started.notified().await;
            // Fails where the door is closed already.
            second.write_all(request).await.ok();
            if is_answered {
                started.notified().await;
                go_on.notify_one();
                go_on.notify_one();
            }
            let mut answer = Vec::new();
            second.read_to_end(&mut answer).await.unwrap_or_default();
            assert_eq!(answer.starts_with(b"HTTP/1.1 200"), is_answered, "{}", String::from_utf8_lossy(&answer));
            go_on.notify_one();
        }
    }

    #[tokio::test]
    async fn a_request_in_flight_is_finished_after_the_stop() {
        let (router, started, go_on) = held();
        let mut server = Server::start(router).await;
        let mut socket = server.connect().await;
        socket.write_all(REQUEST).await.unwrap();
        started.notified().await;
        server.stop.cancel();
        go_on.notify_one();
        assert_eq!(Reply::read(&mut socket).await.text(), "done");
        server.task.take().unwrap().await.unwrap().unwrap();
        assert!(TcpStream::connect(server.address).await.is_err());
    }

    #[tokio::test]
    async fn a_request_that_never_ends_is_cut_after_the_grace() {
        let (router, started, _go_on) = held();
        let mut server = Server::start_with(router, quick()).await;
        let mut socket = server.connect().await;
        socket.write_all(REQUEST).await.unwrap();
        started.notified().await;
        server.stop.cancel();
        server.task.take().unwrap().await.unwrap().unwrap();
        let mut rest = Vec::new();
        assert_eq!(socket.read_to_end(&mut rest).await.unwrap_or(0), 0);
    }
}
