//! What keeps a stream open: its credential, which is checked again and again, and the running service.

use futures_util::future::BoxFuture;
use std::{net::IpAddr, time::Duration};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::actor::Actor,
    http::places::{Place, Places},
    service::{
        Service,
        sessions::{self, AuthError},
    },
};

/// How long a revoked or expired credential may still be told something.
const RECHECK: Duration = Duration::from_secs(2);
/// How much one process does at once.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// GraphQL operations; more are refused at once rather than all made slow.
    pub operations: usize,
    /// WebSockets.
    pub sockets: usize,
    /// Streams of events; each holds one of the server's connections.
    pub streams: usize,
}

/// What open streams depend on.
pub(super) struct Live {
    service: Service,
    stop: CancellationToken,
    sockets: Places,
    streams: Places,
}

/// Why a stream has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The credential no longer opens anything.
    Access,
    /// The service stops.
    Stop,
}

impl Live {
    pub(super) fn new(service: Service, stop: CancellationToken, bounds: Bounds) -> Self {
        Self { service, stop, sockets: Places::new(bounds.sockets), streams: Places::new(bounds.streams) }
    }

    /// A place for a client's WebSocket, if one is free.
    pub(super) fn socket(&self, client: IpAddr) -> Option<Place> {
        self.sockets.take(client)
    }

    /// Returns when a stream has to end. A database that does not answer ends none.
    pub(super) fn ended(&self, bearer: Option<String>) -> impl Future<Output = End> + Send + use<> {
        let (service, stop) = (self.service.clone(), self.stop.clone());
        async move {
            let revoked = async {
                let Some(bearer) = bearer else { return std::future::pending().await };
                loop {
                    tokio::time::sleep(RECHECK).await;
                    if matches!(sessions::authenticate(&service, &bearer).await, Err(AuthError::Invalid)) {
                        return;
                    }
                }
            };
            match stop.run_until_cancelled(revoked).await {
                Some(()) => End::Access,
                None => End::Stop,
            }
        }
    }

    /// The same for a stream of events over HTTP; `None` when too many are open.
    pub(super) fn stream_ended(&self, client: IpAddr, bearer: Option<String>) -> Option<BoxFuture<'static, ()>> {
        let place = self.streams.take(client)?;
        let ended = self.ended(bearer);
        Some(Box::pin(async move {
            let _place = place;
            ended.await;
        }))
    }

    /// The actor of a credential; anonymous without one.
    pub(super) async fn actor(&self, bearer: Option<&str>) -> Result<Actor, AuthError> {
        match bearer {
            Some(bearer) => sessions::authenticate(&self.service, bearer).await,
            None => Ok(Actor::Anonymous),
        }
    }
}
