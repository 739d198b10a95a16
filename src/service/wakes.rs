//! Wakes those who wait for a change: through PostgreSQL in all processes, or else in this one right after the commit. The database is the
//! truth; whoever is not woken looks by himself within a second.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::sync::watch;

use crate::{
    service::{Service, ServiceError},
    store::Topic,
};

/// How long a missed wake-up can cost.
const PATIENCE: Duration = Duration::from_secs(1);

/// Bells of this process.
pub struct Wakes {
    bells: [watch::Sender<()>; Topic::ALL.len()],
    /// The database tells this process of its own commits too: a second bell for the same would make everybody look twice.
    are_told: AtomicBool,
}

/// Waits for one topic.
pub struct Waiting(watch::Receiver<()>);

impl Wakes {
    /// Bells that nobody listens to yet.
    pub(super) fn new() -> Self {
        Self { bells: Topic::ALL.map(|_| watch::Sender::new(())), are_told: AtomicBool::new(false) }
    }

    /// Wakes everybody who waits for a topic.
    pub fn ring(&self, topic: Topic) {
        self.bell(topic).send_replace(());
    }

    /// Wakes those who wait for what this process committed.
    pub(super) fn committed(&self, topics: &[Topic]) {
        if !self.are_told.load(Ordering::Acquire) {
            topics.iter().for_each(|topic| self.ring(*topic));
        }
    }

    /// Begins to wait for a topic: what happens from now on ends the next wait.
    pub fn wait_for(&self, topic: Topic) -> Waiting {
        Waiting(self.bell(topic).subscribe())
    }

    fn bell(&self, topic: Topic) -> &watch::Sender<()> {
        match topic {
            Topic::Feed => &self.bells[0],
            Topic::Dossiers => &self.bells[1],
            Topic::Channels => &self.bells[2],
        }
    }
}

impl Waiting {
    /// Returns when something happened since the last return, and after a second in any case.
    pub async fn next(&mut self) {
        // Ends early only with the service itself.
        tokio::time::timeout(PATIENCE, self.0.changed()).await.ok();
    }
}

/// Rings for what any process commits until the connection can't be kept; `false` where there is nothing to listen to.
pub async fn listen(service: &Service) -> Result<bool, ServiceError> {
    let Some(mut listener) = service.store.listen().await? else { return Ok(false) };
    let told = Told::begin(&service.wakes);
    loop {
        match listener.next().await? {
            Some(topic) => told.0.ring(topic),
            None => Topic::ALL.into_iter().for_each(|topic| told.0.ring(topic)),
        }
    }
}

/// While it lives, the database tells.
struct Told<'a>(&'a Wakes);

impl<'a> Told<'a> {
    fn begin(wakes: &'a Wakes) -> Self {
        wakes.are_told.store(true, Ordering::Release);
        Self(wakes)
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.0.are_told.store(false, Ordering::Release);
        // What was committed last may not have been told.
        Topic::ALL.into_iter().for_each(|topic| self.0.ring(topic));
    }
}
