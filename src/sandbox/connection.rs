//! The accept loop. It is written out, and not left to `axum::serve`, because a fault must be able to cut a connection unanswered.

use std::{convert::Infallible, fmt, io};

use axum::{Router, body::Body, response::Response};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// In a response's extensions: don't send this, close the connection instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is cut on purpose")
    }
}

impl std::error::Error for Cut {}

/// Serves until told to stop; then drops all connections, also those in the middle of a call.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => admit(accepted, &mut connections, &router),
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    connections.shutdown().await;
}

fn admit<A>(accepted: io::Result<(TcpStream, A)>, connections: &mut JoinSet<()>, router: &Router) {
    match accepted {
        Ok((stream, _)) => drop(connections.spawn(converse(stream, router.clone()))),
        Err(error) => tracing::warn!(%error, "the sandbox marketplace could not accept a connection"),
    }
}

async fn converse(stream: TcpStream, router: Router) {
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move { deliver(router.oneshot(request.map(Body::new)).await) }
    });
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection to the sandbox marketplace ended early");
    }
}

/// hyper closes the connection without a byte when the service returns an error.
fn deliver(answer: Result<Response, Infallible>) -> Result<Response, Cut> {
    let Ok(response) = answer;
    if response.extensions().get::<Cut>().is_some() { Err(Cut) } else { Ok(response) }
}
