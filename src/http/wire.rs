//! HTTP/1.1 by hand for tests: what is written is exactly what goes over the wire.

use crate::http::server::{ServerLimits, serve};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A server on loopback, stopped when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) task: Option<JoinHandle<std::io::Result<()>>>,
}

/// An answer read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Server {
    pub(crate) async fn start(router: axum::Router) -> Self {
        Self::start_with(router, ServerLimits::default()).await
    }

    pub(crate) async fn start_with(router: axum::Router, limits: ServerLimits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let task = Some(tokio::spawn(serve(listener, router, stop.clone(), limits)));
        Self { address, stop, task }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends one request of a method, a path, header lines and a body.
    pub(crate) async fn send(&self, line: &str, headers: &str, body: &str) -> Reply {
        let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        self.send_raw(&format!("{line} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}{length}\r\n{body}")).await
    }

    pub(crate) async fn send_raw(&self, request: &str) -> Reply {
        let mut socket = self.connect().await;
        socket.write_all(request.as_bytes()).await.unwrap();
        Reply::read(&mut socket).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Reply {
    /// Reads until the server closes; a server that never does fails the test.
    pub(crate) async fn read(socket: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        tokio::time::timeout(Duration::from_secs(60), socket.read_to_end(&mut bytes)).await.expect("an answer").unwrap();
        let split = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(bytes[..split].to_vec()).unwrap();
        let status = head[9..12].parse().unwrap();
        Self { status, head, body: bytes[split + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }
}
