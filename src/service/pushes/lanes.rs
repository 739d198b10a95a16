//! Who works on what in this process: each channel has its lane, so that a slow or broken one never takes the workers of others.

use chrono::{DateTime, Duration, Utc};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

use crate::domain::id::ChannelId;

/// For how long a process holds a channel; renewed when half of it is over.
pub(super) const HOLD: Duration = Duration::seconds(10);

/// The lanes of a process.
#[derive(Clone)]
pub struct Lanes {
    /// This process, among those that share the database.
    pub(super) process: Uuid,
    /// Pushes at once, of all channels.
    total: usize,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    lanes: HashMap<ChannelId, Lane>,
    /// Leases of pushes under way.
    owners: HashMap<Uuid, usize>,
    turns: u64,
}

#[derive(Default)]
struct Lane {
    busy: usize,
    last_turn: u64,
    held_until: Option<DateTime<Utc>>,
}

/// A place in a lane, given back when dropped.
pub(super) struct Place {
    lanes: Lanes,
    channel: ChannelId,
    owner: Uuid,
}

impl Lanes {
    /// Lanes for so many pushes at once.
    pub fn new(process: Uuid, total: usize) -> Self {
        Self { process, total: total.max(1), inner: Arc::default() }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The channels that have places free, with how many, in the order in which they are served: the least busy first, then the one
    /// that waited longest. One share more than there are channels is kept for one that comes next.
    pub(super) fn order(&self, due: &[ChannelId]) -> Vec<(ChannelId, usize)> {
        self.with(|inner| {
            inner.lanes.retain(|channel, lane| lane.busy > 0 || due.contains(channel));
            let busy_elsewhere = inner.lanes.iter().filter(|(channel, lane)| lane.busy > 0 && !due.contains(channel)).count();
            let share = (self.total / (due.len() + busy_elsewhere + 1)).max(1);
            let mut order: Vec<_> = due
                .iter()
                .map(|channel| (*channel, inner.lanes.get(channel).map_or((0, 0), |lane| (lane.busy, lane.last_turn))))
                .filter(|(_, (busy, _))| *busy < share)
                .collect();
            order.sort_by_key(|(_, standing)| *standing);
            order.into_iter().map(|(channel, (busy, _))| (channel, share - busy)).collect()
        })
    }

    /// Whether this process need not ask for the channel again yet.
    pub(super) fn holds(&self, channel: ChannelId, at: DateTime<Utc>) -> bool {
        self.with(|inner| inner.lanes.get(&channel).and_then(|lane| lane.held_until).is_some_and(|until| until - HOLD / 2 > at))
    }

    /// Notes that this process holds a channel until an instant.
    pub(super) fn held(&self, channel: ChannelId, until: DateTime<Utc>) {
        self.with(|inner| inner.lanes.entry(channel).or_default().held_until = Some(until));
    }

    /// Takes places in a lane for pushes under one lease.
    pub(super) fn take(&self, channel: ChannelId, owner: Uuid, count: usize) -> Vec<Place> {
        self.with(|inner| {
            inner.turns += 1;
            let turn = inner.turns;
            let lane = inner.lanes.entry(channel).or_default();
            lane.busy += count;
            lane.last_turn = turn;
            *inner.owners.entry(owner).or_default() += count;
        });
        (0..count).map(|_| Place { lanes: self.clone(), channel, owner }).collect()
    }

    /// Leases of pushes under way.
    pub(super) fn owners(&self) -> Vec<Uuid> {
        self.with(|inner| inner.owners.keys().copied().collect())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.lanes.with(|inner| {
            if let Some(lane) = inner.lanes.get_mut(&self.channel) {
                lane.busy = lane.busy.saturating_sub(1);
            }
            if let Some(count) = inner.owners.get_mut(&self.owner) {
                *count -= 1;
                if *count == 0 {
                    inner.owners.remove(&self.owner);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels<const N: usize>() -> [ChannelId; N] {
        std::array::from_fn(|n| Uuid::from_u128(n as u128 + 1).into())
    }

    #[test]
    fn a_busy_channel_leaves_room_for_others() {
        let lanes = Lanes::new(Uuid::nil(), 16);
        let [slow, quick, third] = channels();
        assert_eq!(lanes.order(&[slow]), [(slow, 8)], "alone it gets half");
        let stuck = lanes.take(slow, Uuid::from_u128(9), 8);
        assert_eq!(lanes.order(&[slow, quick]), [(quick, 5)], "the other gets a third at once, the stuck one nothing more");
        let served = lanes.take(quick, Uuid::from_u128(10), 5);
        assert_eq!(lanes.order(&[slow, quick, third]), [(third, 4)]);
        drop(served);
        assert_eq!(lanes.order(&[quick, third]), [(third, 4), (quick, 4)], "who was not served yet comes first");
        assert_eq!(lanes.owners(), [Uuid::from_u128(9)]);
        drop(stuck);
        assert!(lanes.owners().is_empty());
    }

    #[test]
    fn many_channels_get_one_place_each() {
        let lanes = Lanes::new(Uuid::nil(), 4);
        let all = channels::<20>();
        assert!(lanes.order(&all).iter().all(|(_, free)| *free == 1));
    }

    #[test]
    fn a_hold_is_asked_for_again_at_half_time() {
        let lanes = Lanes::new(Uuid::nil(), 4);
        let [channel] = channels();
        let at = DateTime::UNIX_EPOCH;
        assert!(!lanes.holds(channel, at));
        lanes.held(channel, at + HOLD);
        assert!(lanes.holds(channel, at + HOLD / 2 - Duration::seconds(1)) && !lanes.holds(channel, at + HOLD / 2));
    }
}
