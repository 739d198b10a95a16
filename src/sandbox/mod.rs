//! A marketplace on the loopback: a real HTTP server that speaks Shopee Open Platform v2.
//!
//! `demo` shows listings in it, and the tests let it judge the Shopee adapter. It is written from Shopee's public API reference alone and
//! imports nothing else of this project, so that a mistake in the adapter can't be repeated here. Where the reference is silent it takes the
//! stricter or the more awkward choice (an unknown body field is refused, a search also finds deleted items) and says so at that place.

mod catalogue;
mod connection;
mod control;
mod create;
mod edit;
mod faults;
mod gateway;
mod item;
mod item_body;
mod journal;
mod lookup;
mod media;
mod page;
mod persist;
mod picture;
mod reply;
mod request;
mod rules;
mod sign;
mod state;
mod tokens;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::sandbox::state::{Server, Shop};

pub use crate::sandbox::{
    faults::{Fault, FaultMode},
    item::{Brand, Item, ItemStatus},
    journal::CallRecord,
};

/// Tells the time in Unix seconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Who may call, and where the shop's items are kept.
#[derive(Clone)]
pub struct SandboxSettings {
    /// Shopee's number of the app.
    pub partner_id: i64,
    /// The app's signing key, used as text bytes.
    pub partner_key: String,
    /// The one shop of this marketplace.
    pub shop_id: i64,
    /// The one token accepted for that shop; it never expires by itself (see [`FaultMode::TokenExpired`]).
    pub access_token: String,
    /// Where items and picture ids survive a restart; nowhere when absent. Written atomically, at most every 200 ms and at the stop.
    pub state_file: Option<PathBuf>,
}

/// A running marketplace; dropping it stops it too, without waiting.
pub struct Sandbox {
    server: Arc<Server>,
    address: SocketAddr,
    serving: JoinHandle<()>,
    saving: Option<JoinHandle<()>>,
    stop_serving: DropGuard,
    stop_saving: DropGuard,
}

/// Starts the marketplace on `addr` (port 0 takes a free one).
///
/// # Errors
/// The address is not on the loopback (the control plane asks for no password), it can't be bound, or the state file can't be read.
pub async fn start(addr: SocketAddr, settings: SandboxSettings, clock: Clock) -> io::Result<Sandbox> {
    if !addr.ip().is_loopback() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the sandbox marketplace only listens on the loopback"));
    }
    let state_file = settings.state_file.clone();
    let shop = match &state_file {
        Some(path) => persist::load(path).await?,
        None => Shop::default(),
    };
    let listener = TcpListener::bind(addr).await?;
    let address = listener.local_addr()?;
    let server = Arc::new(Server::new(settings, clock, format!("http://{address}"), shop));
    let (stop_serving, stop_saving) = (CancellationToken::new(), CancellationToken::new());
    let serving = tokio::spawn(connection::serve(listener, control::router(Arc::clone(&server)), stop_serving.clone()));
    let saving = state_file.map(|path| tokio::spawn(persist::keep(Arc::clone(&server), path, stop_saving.clone())));
    Ok(Sandbox { server, address, serving, saving, stop_serving: stop_serving.drop_guard(), stop_saving: stop_saving.drop_guard() })
}

impl Sandbox {
    /// The base address, without a slash at the end; Shopee's calls are below `/api/v2/`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.base_url().to_owned()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All items ever created, deleted ones too, in the order of their creation.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        self.server.read(|shop| shop.items.values().cloned().collect())
    }

    /// The Shopee calls received, oldest first; the newest ten thousand are kept.
    #[must_use]
    pub fn calls(&self) -> Vec<CallRecord> {
        self.server.journal().calls()
    }

    /// Forgets the calls received.
    pub fn clear_calls(&self) {
        self.server.journal().clear_calls();
    }

    /// Spoils coming calls; faults are tried in the order they were given.
    pub fn fail_next(&self, fault: Fault) {
        self.server.journal().add_fault(fault);
    }

    /// Spoils no more calls.
    pub fn heal(&self) {
        self.server.journal().clear_faults();
    }

    /// Authorises the app, as its seller would: an access and a refresh token.
    #[must_use]
    pub fn authorise(&self) -> (String, String) {
        self.server.grants().pair(self.server.now())
    }

    /// Ends every access token that was given out.
    pub fn end_access(&self) {
        self.server.grants().end_access();
    }

    /// Ends every refresh token: the seller took the consent back.
    pub fn end_consent(&self) {
        self.server.grants().end_refresh();
    }

    /// How often tokens were renewed.
    #[must_use]
    pub fn renewals(&self) -> u32 {
        self.server.grants().renewals()
    }

    /// Takes an item off, as the platform does when it breaks a rule. False when there is no such item.
    pub fn ban(&self, item_id: i64, reason: &str) -> bool {
        let now = self.server.now();
        let banned = self.server.change(|shop| {
            let item = shop.items.get_mut(&item_id).ok_or_else(reply::Refusal::no_item)?;
            item.status = ItemStatus::Banned;
            item.update_time = now;
            shop.bans.insert(item_id, reason.to_owned());
            Ok(())
        });
        banned.is_ok()
    }

    /// Changes an item as its seller does by hand in the shop's own pages. False when there is no such item.
    pub fn change_by_hand(&self, item_id: i64, change: impl FnOnce(&mut Item)) -> bool {
        let now = self.server.now();
        let changed = self.server.change(|shop| {
            let item = shop.items.get_mut(&item_id).ok_or_else(reply::Refusal::no_item)?;
            change(item);
            item.update_time = now;
            Ok(())
        });
        changed.is_ok()
    }

    /// Closes the port and all connections, then writes the state file.
    pub async fn stop(self) {
        drop(self.stop_serving);
        finished("serving", self.serving).await;
        drop(self.stop_saving);
        if let Some(saving) = self.saving {
            finished("saving", saving).await;
        }
    }
}

async fn finished(what: &str, task: JoinHandle<()>) {
    if let Err(error) = task.await {
        tracing::warn!(%error, what, "a task of the sandbox marketplace did not end well");
    }
}
