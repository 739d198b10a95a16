//! Wakes those who wait for a change: in this process right after the commit, in others through PostgreSQL. The database is the truth;
//! whoever is not woken looks by himself within a second.

use std::time::Duration;
use tokio::sync::watch;

use crate::{
    service::{Service, ServiceError},
    store::Topic,
};

/// How long a missed wake-up can cost.
const PATIENCE: Duration = Duration::from_secs(1);

/// Bells of this process.
pub struct Wakes([watch::Sender<()>; Topic::ALL.len()]);

/// Waits for one topic.
pub struct Waiting(watch::Receiver<()>);

impl Wakes {
    /// Bells that nobody listens to yet.
    pub(super) fn new() -> Self {
        Self(Topic::ALL.map(|_| watch::Sender::new(())))
    }

    /// Wakes everybody who waits for a topic.
    pub fn ring(&self, topic: Topic) {
        self.bell(topic).send_replace(());
    }

    /// Begins to wait for a topic: what happens from now on ends the next wait.
    pub fn wait_for(&self, topic: Topic) -> Waiting {
        Waiting(self.bell(topic).subscribe())
    }

    fn bell(&self, topic: Topic) -> &watch::Sender<()> {
        match topic {
            Topic::Feed => &self.0[0],
            Topic::Dossiers => &self.0[1],
            Topic::Channels => &self.0[2],
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

/// Rings for what other processes commit until the connection can't be kept; `false` where there is nothing to listen to.
pub async fn listen(service: &Service) -> Result<bool, ServiceError> {
    let Some(mut listener) = service.store.listen().await? else { return Ok(false) };
    loop {
        match listener.next().await? {
            Some(topic) => service.wakes.ring(topic),
            None => Topic::ALL.into_iter().for_each(|topic| service.wakes.ring(topic)),
        }
    }
}
