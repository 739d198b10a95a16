//! Places for what stays open: so many in all, and a share of them for each network, so that nobody takes the places of all others.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::visitor::network;

/// One network gets a place in so many.
const SHARE: usize = 4;

type Held = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// Places of one kind.
pub(super) struct Places {
    free: Arc<Semaphore>,
    share: usize,
    held: Held,
}

/// A place in the share of a network; given back when dropped.
pub(super) struct Share {
    network: IpAddr,
    held: Held,
}

/// A place of all, in the share of a network.
pub(super) struct Place {
    _of_all: OwnedSemaphorePermit,
    _share: Share,
}

impl Places {
    /// So many places.
    pub(super) fn new(count: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(count)), share: count.div_ceil(SHARE), held: Held::default() }
    }

    /// A place for a client, if there is one and its network holds less than its share.
    pub(super) fn take(&self, client: IpAddr) -> Option<Place> {
        let of_all = Arc::clone(&self.free).try_acquire_owned().ok()?;
        Some(Place { _of_all: of_all, _share: self.share_of(client)? })
    }

    /// Waits for a place of all; whose it is becomes known later.
    pub(super) async fn wait(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    /// A place in the share of a client's network, if it is not used up.
    pub(super) fn share_of(&self, client: IpAddr) -> Option<Share> {
        let network = network(client.to_canonical());
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(network).or_default();
        if *count >= self.share {
            return None;
        }
        *count += 1;
        Some(Share { network, held: Arc::clone(&self.held) })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_network_gets_its_share_and_no_more() {
        let places = Places::new(8);
        let take = |client: &str| places.take(address(client));
        let first = (take("2001:db8::1").expect("a place"), take("2001:db8::2").expect("a place"));
        assert!(take("2001:db8::3").is_none(), "a network of its own has used its share");
        assert!(take("2001:db8:0:1::1").is_some(), "another network");
        drop(first.0);
        assert!(take("2001:db8::3").is_some());
        let others: Vec<_> = (0..7).map(|number| take(&format!("192.0.2.{number}")).expect("a place")).collect();
        assert!(take("198.51.100.1").is_none(), "all are taken");
        drop((others, first.1));
        assert!(places.held.lock().expect("not poisoned").is_empty(), "who left is forgotten");
    }

    #[test]
    fn written_in_either_way_an_address_is_one() {
        let places = Places::new(1);
        let _one = places.take(address("192.0.2.1")).expect("a place");
        assert!(places.share_of(address("::ffff:192.0.2.1")).is_none());
    }
}
