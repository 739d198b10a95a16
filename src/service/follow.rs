//! Following changes as they are committed: the feed from a cursor on, dossiers, the state of listings on channels.
//!
//! Nothing is queued for a follower: each reads the database when it can take more, so that a slow one holds up nobody and costs no memory.

use chrono::{DateTime, Utc};
use futures_util::{Stream, stream};
use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    time::Duration,
};
use tokio::time::Instant;

use crate::{
    domain::{
        actor::{Action, Actor, DossierReach, Reach, dossiers_in_reach, permit},
        channel::ChannelListing,
        cursor::{CursorError, FeedPosition},
        dossier::Dossier,
        feed::FeedScope,
        id::{ChannelId, ChannelListingId, DossierId},
        reason::Reason,
    },
    service::{
        Service, ServiceError,
        feed::{self, FeedChange},
        wakes::Waiting,
    },
    store::{Stamp, Store, StoreError, Topic, Unasked, changes, channel_board, channel_listings, channels, dossiers},
};

/// Changes read at once.
const PAGE: usize = 100;
/// Rows looked at in a window.
const MANY: u64 = 5_000;
/// How long a follower of the feed hears nothing before it is told that there is nothing.
const SILENCE: Duration = Duration::from_secs(15);
/// How long a follower waits after the database failed it.
const AFTER_FAULT: Duration = Duration::from_secs(1);
/// How long a transaction may take to commit after the instant that it writes into its rows; statements are cut after ten seconds.
const OVERLAP: chrono::Duration = chrono::Duration::seconds(30);

/// What a follower of the feed is told.
#[derive(Debug, Clone)]
pub enum FeedEvent {
    /// A listing changed.
    Change(Box<FeedChange>),
    /// Everything up to this cursor was told.
    Heartbeat(String),
    /// The cursor is too old or of another life of the feed: take a snapshot. Nothing follows.
    Restart(String),
}

/// Follows a scope from a cursor on; from now on without one. Fails at once on a cursor that is not one of the scope.
pub async fn listings(
    service: &Service,
    actor: &Actor,
    scope: FeedScope,
    (since, unasked): (Option<&str>, Unasked),
) -> Result<impl Stream<Item = Result<FeedEvent, ServiceError>> + use<>, ServiceError> {
    permit(actor, Action::ReadFeed)?;
    let waiting = service.wakes.wait_for(Topic::Feed);
    let resolved = feed::resolve(service, &scope).await?;
    let at = match since.map(|cursor| feed::read(service, &resolved.name, cursor)).transpose() {
        Ok(Some(at)) => At::Place(at),
        Ok(None) => {
            let latest = changes::latest(&service.store).await?;
            At::Place(FeedPosition { epoch: service.feed_epoch, seq: latest, after: None, from: latest, closed: resolved.closed })
        }
        Err(CursorError::OtherEpoch) => At::Lost,
        Err(error) => return Err(error.into()),
    };
    let follower =
        Follower { service: service.clone(), scope, unasked, at, ready: VecDeque::new(), waiting, told_at: None, has_more: true };
    Ok(stream::unfold(follower, |mut follower| async move { follower.next().await.map(|event| (event, follower)) }))
}

/// Where a follower is.
enum At {
    /// In this life of the feed.
    Place(FeedPosition),
    /// In an earlier one.
    Lost,
    /// It was told to take a snapshot.
    Over,
}

struct Follower {
    service: Service,
    scope: FeedScope,
    unasked: Unasked,
    at: At,
    ready: VecDeque<FeedEvent>,
    waiting: Waiting,
    /// When it was last told anything; `None` before it has caught up for the first time.
    told_at: Option<Instant>,
    has_more: bool,
}

impl Follower {
    async fn next(&mut self) -> Option<Result<FeedEvent, ServiceError>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.told_at = self.told_at.map(|_| Instant::now());
                return Some(Ok(event));
            }
            if matches!(self.at, At::Over) {
                return None;
            }
            if !self.has_more {
                self.waiting.next().await;
            }
            match self.read().await {
                Ok(()) => {}
                Err(ServiceError::Unavailable(error)) => {
                    tracing::warn!(error, "a follower of the feed could not read");
                    tokio::time::sleep(AFTER_FAULT).await;
                }
                Err(error) => {
                    self.at = At::Over;
                    return Some(Err(error));
                }
            }
        }
    }

    /// Reads the next page, and says so when there is nothing new for a while.
    async fn read(&mut self) -> Result<(), ServiceError> {
        let resolved = feed::resolve(&self.service, &self.scope).await?;
        let page = match &self.at {
            At::Place(at) => feed::page(&self.service, &resolved, Some(at.clone()), (PAGE as u64, self.unasked)).await?,
            At::Lost | At::Over => feed::restart(&self.service, &resolved).await?,
        };
        if page.snapshot_required {
            self.at = At::Over;
            self.ready.push_back(FeedEvent::Restart(page.horizon));
            return Ok(());
        }
        self.at = At::Place(feed::read(&self.service, &resolved.name, &page.end_cursor)?);
        self.has_more = page.has_more;
        self.ready.extend(page.changes.into_iter().map(|change| FeedEvent::Change(Box::new(change))));
        let is_silent = self.told_at.is_none_or(|at| at.elapsed() >= SILENCE);
        if !self.has_more && is_silent {
            self.told_at = Some(Instant::now());
            self.ready.push_back(FeedEvent::Heartbeat(page.end_cursor));
        }
        Ok(())
    }
}

/// Follows one dossier, or all within the actor's reach, from now on.
pub fn dossiers(
    service: &Service,
    actor: &Actor,
    one: Option<DossierId>,
) -> Result<impl Stream<Item = Result<Dossier, ServiceError>> + use<>, ServiceError> {
    actor.person()?;
    let rows = DossierRows { one, reach: dossiers_in_reach(actor) };
    Ok(changed(service, service.wakes.wait_for(Topic::Dossiers), rows))
}

/// Follows the listings of a channel within the actor's reach, from now on.
pub async fn channel(
    service: &Service,
    actor: &Actor,
    id: ChannelId,
) -> Result<impl Stream<Item = Result<ChannelListing, ServiceError>> + use<>, ServiceError> {
    let reach = permit(actor, Action::ManageChannels)?;
    channels::find(&service.store, id, &reach).await?.ok_or_else(|| ServiceError::refused("channel", Reason::NotFound))?;
    Ok(changed(service, service.wakes.wait_for(Topic::Channels), ChannelRows { channel: id, reach }))
}

/// Rows that carry the instant of their last change.
trait Rows: Send + 'static {
    type Id: Eq + Hash + Copy + Send;
    type Row: Send;
    /// Which changed since an instant: when, and into what.
    fn changed(&self, store: &Store, since: DateTime<Utc>) -> impl Future<Output = Result<Vec<Stamp<Self::Id>>, StoreError>> + Send;
    /// The rows as they are now.
    fn load(&self, store: &Store, ids: &[Self::Id]) -> impl Future<Output = Result<Vec<Self::Row>, StoreError>> + Send;
}

struct DossierRows {
    one: Option<DossierId>,
    reach: DossierReach,
}

impl Rows for DossierRows {
    type Id = DossierId;
    type Row = Dossier;

    async fn changed(&self, store: &Store, since: DateTime<Utc>) -> Result<Vec<Stamp<DossierId>>, StoreError> {
        dossiers::changed(store, self.one, &self.reach, since, MANY).await
    }

    async fn load(&self, store: &Store, ids: &[DossierId]) -> Result<Vec<Dossier>, StoreError> {
        dossiers::find_many(store, ids, &self.reach).await
    }
}

struct ChannelRows {
    channel: ChannelId,
    reach: Reach,
}

impl Rows for ChannelRows {
    type Id = ChannelListingId;
    type Row = ChannelListing;

    async fn changed(&self, store: &Store, since: DateTime<Utc>) -> Result<Vec<Stamp<ChannelListingId>>, StoreError> {
        channel_board::changed(store, self.channel, &self.reach, since, MANY).await
    }

    async fn load(&self, store: &Store, ids: &[ChannelListingId]) -> Result<Vec<ChannelListing>, StoreError> {
        channel_listings::find_many(store, ids, &self.reach).await
    }
}

/// Rows as they change, found by the instant of their change. Instants are taken before the commit, so a window is read again and again;
/// what was told is remembered for as long.
fn changed<R: Rows>(service: &Service, waiting: Waiting, rows: R) -> impl Stream<Item = Result<R::Row, ServiceError>> + use<R> {
    let (service, begun) = (service.clone(), service.clock.now());
    let state = Changed { service, waiting, rows, begun, told: HashMap::new(), ready: VecDeque::new() };
    stream::unfold(state, |mut state| async move { Some((state.next().await, state)) })
}

struct Changed<R: Rows> {
    service: Service,
    waiting: Waiting,
    rows: R,
    begun: DateTime<Utc>,
    told: HashMap<R::Id, (DateTime<Utc>, String)>,
    ready: VecDeque<R::Row>,
}

impl<R: Rows> Changed<R> {
    async fn next(&mut self) -> Result<R::Row, ServiceError> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Ok(row);
            }
            match self.read().await {
                Ok(()) => {}
                Err(StoreError::Unavailable(error)) => tracing::warn!(error, "a follower could not read"),
                Err(error) => return Err(error.into()),
            }
            if self.ready.is_empty() {
                self.waiting.next().await;
            }
        }
    }

    async fn read(&mut self) -> Result<(), StoreError> {
        let since = self.begun.max(self.service.clock.now() - OVERLAP);
        self.told.retain(|_, (at, _)| *at >= since);
        let found = self.rows.changed(&self.service.store, since).await?;
        let is_new = |stamp: &Stamp<R::Id>| self.told.get(&stamp.id) != Some(&(stamp.at, stamp.state.clone()));
        let new: Vec<_> = found.into_iter().filter(is_new).take(PAGE).collect();
        if !new.is_empty() {
            let ids: Vec<_> = new.iter().map(|stamp| stamp.id).collect();
            self.ready.extend(self.rows.load(&self.service.store, &ids).await?);
            self.told.extend(new.into_iter().map(|stamp| (stamp.id, (stamp.at, stamp.state))));
        }
        Ok(())
    }
}
