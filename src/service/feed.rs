//! The feed: a snapshot of what is public in a scope, then exactly what changed since a cursor.

use chrono::{DateTime, Utc};
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

use crate::{
    domain::{
        actor::{Action, Actor, Reach, permit},
        channel::ChannelState,
        cursor::{CursorError, FeedPosition},
        feed::{FeedScope, must_restart},
        id::ListingId,
        listing::{ChangeCause, Listing, RemovalReason},
        reason::Reason,
    },
    service::{Service, ServiceError},
    store::{
        Db, Sparing, Store, StoreError, Topic, Unasked,
        changes::{self, Change},
        channels,
        listings::{self, View},
        settings,
    },
};

/// How long a read waits for the change that its reader has seen elsewhere.
const CATCH_UP: Duration = Duration::from_secs(3);

/// One listing that changed.
#[derive(Debug, Clone)]
pub struct FeedChange {
    /// Cursor after this change.
    pub cursor: String,
    /// The listing.
    pub listing_id: ListingId,
    /// Apply a record only if its version is greater than the one you have.
    pub version: i32,
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
    /// What caused it.
    pub causes: Vec<ChangeCause>,
    /// What it is now.
    pub state: FeedState,
}

impl FeedChange {
    /// The listing, while it is visible.
    pub fn listing(&self) -> Option<&Listing> {
        match &self.state {
            FeedState::Upserted(listing) => Some(listing),
            FeedState::Removed { .. } => None,
        }
    }
}

/// What a changed listing is now.
#[derive(Debug, Clone)]
pub enum FeedState {
    /// Visible.
    Upserted(Box<Listing>),
    /// Gone: a tombstone.
    Removed {
        /// Why.
        reason: RemovalReason,
        /// Our key on channels.
        external_key: String,
    },
}

/// A page of changes.
#[derive(Debug, Clone)]
pub struct ChangePage {
    /// Changes in the order of commits; each listing at most once.
    pub changes: Vec<FeedChange>,
    /// Where to go on, also when there was nothing.
    pub end_cursor: String,
    /// More is there already.
    pub has_more: bool,
    /// The oldest cursor that still works.
    pub horizon: String,
    /// The cursor is older than the horizon, of an earlier life of the feed or of its future: take a snapshot.
    pub snapshot_required: bool,
}

/// A page of a snapshot.
#[derive(Debug, Clone)]
pub struct SnapshotPage {
    /// Public listings.
    pub listings: Vec<Listing>,
    /// Follow changes from here once the snapshot is complete.
    pub as_of: String,
    /// Where to go on.
    pub end_cursor: String,
    /// More listings follow.
    pub has_more: bool,
}

/// What is asked of a page.
#[derive(Debug, Clone, Copy)]
pub struct Portion<'a> {
    /// The cursor after which it begins; from the beginning without one.
    pub after: Option<&'a str>,
    /// Most changes or listings of it.
    pub limit: u64,
    /// What may be left out of its listings.
    pub unasked: Unasked,
}

impl<'a> Portion<'a> {
    /// The least that tells whether there is a page after a cursor.
    pub const fn least(after: Option<&'a str>) -> Self {
        Self { after, limit: 1, unasked: Unasked::EVERYTHING }
    }
}

/// A scope whose channel was looked up.
pub(super) struct Resolved {
    /// What it narrows to.
    pub(super) scope: FeedScope,
    /// What its cursors are signed for.
    pub(super) name: String,
    /// Its channel was disconnected: nothing is in it.
    pub(super) closed: bool,
}

/// Begins another life of the feed, after a copy was put back: numbers that consumers know were given, or will be given, to other changes.
pub async fn begin_anew(store: &Store, at: DateTime<Utc>) -> Result<(), ServiceError> {
    let tx = store.begin().await?;
    settings::put(&tx, "feed_epoch", &at.timestamp_micros().to_string()).await?;
    tx.commit().await?;
    Ok(())
}

/// The epoch of this database's feed; made when it is first asked for.
pub(super) async fn epoch(store: &Store, at: DateTime<Utc>) -> Result<i64, ServiceError> {
    let tx = store.begin().await?;
    let stored = settings::get_or_put(&tx, "feed_epoch", &at.timestamp_micros().to_string()).await?;
    tx.commit().await?;
    stored.parse().map_err(|_| StoreError::Corrupt("setting.feed_epoch").into())
}

/// What changed in a scope since a cursor; from the beginning without one.
pub async fn changes(
    service: &Service,
    actor: &Actor,
    scope: &FeedScope,
    Portion { after, limit, unasked }: Portion<'_>,
) -> Result<ChangePage, ServiceError> {
    permit(actor, Action::ReadFeed)?;
    let resolved = resolve(service, scope).await?;
    let position = match after.map(|cursor| read(service, &resolved.name, cursor)).transpose() {
        Err(CursorError::OtherEpoch) => return restart(service, &resolved).await,
        other => other?,
    };
    page(service, &resolved, position, (limit, unasked)).await
}

/// The page after a position that was read from a cursor of this life of the feed.
pub(super) async fn page(
    service: &Service,
    resolved: &Resolved,
    position: Option<FeedPosition>,
    (limit, unasked): (u64, Unasked),
) -> Result<ChangePage, ServiceError> {
    let tx = service.store.snapshot().await?;
    let (latest, horizon) = (changes::latest(&tx).await?, changes::horizon(&tx).await?);
    let fresh = FeedPosition { epoch: service.feed_epoch, seq: 0, after: None, from: latest, closed: resolved.closed };
    let at = position.unwrap_or(fresh);
    if must_restart(&at, horizon, latest) || at.closed != resolved.closed {
        // It asks for a connection of its own, and there may be no other.
        tx.commit().await?;
        return restart(service, resolved).await;
    }
    let seal = |seq| service.cursors.seal(&resolved.name, &FeedPosition { seq, after: None, ..at.clone() });
    let mut rows = if resolved.closed { Vec::new() } else { changes::after(&tx, &resolved.scope, at.seq, limit + 1).await? };
    let has_more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    // Whoever has read everything need not look through the others' changes again.
    let end = if has_more { rows.last().map_or(at.seq, |r| r.seq) } else { latest };
    let view = View::new(Reach::All, service.clock.now());
    let changes = states(&Sparing::new(&tx, decisive(unasked, &resolved.scope)), &resolved.scope, rows, &view).await?;
    tx.commit().await?;
    let changes = changes.into_iter().map(|(row, state)| FeedChange {
        cursor: seal(row.seq),
        listing_id: row.listing_id,
        version: state.1,
        committed_at: row.committed_at,
        causes: row.causes,
        state: state.0,
    });
    let horizon = FeedPosition { seq: horizon, from: 0, ..at.clone() };
    Ok(ChangePage {
        changes: changes.collect(),
        end_cursor: seal(end),
        has_more,
        horizon: service.cursors.seal(&resolved.name, &horizon),
        snapshot_required: false,
    })
}

/// What may be left out where it is told what changed: not by what that is decided.
fn decisive(unasked: Unasked, scope: &FeedScope) -> Unasked {
    Unasked {
        keys: false,
        stamps: false,
        offers: false,
        groups: unasked.groups && scope.group.is_none(),
        communes: unasked.communes && scope.commune.is_none(),
        ..unasked
    }
}

/// What the listings of changes are now, to those who follow a scope.
async fn states(db: &impl Db, scope: &FeedScope, rows: Vec<Change>, view: &View) -> Result<Vec<(Change, (FeedState, i32))>, ServiceError> {
    let ids: Vec<_> = rows.iter().map(|r| r.listing_id).collect();
    let mut found: HashMap<_, _> = listings::find_many(db, &ids, view).await?.into_iter().map(|l| (l.id, l)).collect();
    let told = rows.into_iter().filter_map(|row| {
        let listing = found.remove(&row.listing_id)?;
        let version = listing.record_version.max(row.version);
        let left = (!scope.covers(&listing)).then_some(RemovalReason::LeftChannel);
        let state = match listing.removed(view.at, row.reason).or(left) {
            Some(reason) => FeedState::Removed { reason, external_key: listing.external_key },
            None => FeedState::Upserted(Box::new(listing)),
        };
        Some((row, (state, version)))
    });
    Ok(told.collect())
}

/// Everything public in a scope, page by page; `as_of` of the first page is where to follow changes from.
pub async fn snapshot(
    service: &Service,
    actor: &Actor,
    scope: &FeedScope,
    Portion { after, limit, unasked }: Portion<'_>,
) -> Result<SnapshotPage, ServiceError> {
    permit(actor, Action::ReadFeed)?;
    let resolved = resolve(service, scope).await?;
    let position = after.map(|cursor| read(service, &resolved.name, cursor)).transpose()?;
    let tx = service.store.snapshot().await?;
    // Read before the rows: what changes between the two is told again by the feed, never lost.
    let as_of = match &position {
        Some(position) => FeedPosition { after: None, ..position.clone() },
        None => {
            let latest = changes::latest(&tx).await?;
            FeedPosition { epoch: service.feed_epoch, seq: latest, after: None, from: 0, closed: resolved.closed }
        }
    };
    let last_seen = position.and_then(|p| p.after);
    let mut rows = match resolved.closed {
        true => Vec::new(),
        false => listings::snapshot(&Sparing::new(&tx, unasked), service.clock.now(), &resolved.scope, last_seen, limit + 1).await?,
    };
    tx.commit().await?;
    let has_more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let end = FeedPosition { after: rows.last().map(|l| l.id.0).or(last_seen), ..as_of.clone() };
    let seal = |place| service.cursors.seal(&resolved.name, place);
    Ok(SnapshotPage { listings: rows, as_of: seal(&as_of), end_cursor: seal(&end), has_more })
}

/// Where the page of a snapshot after a cursor ends as the catalog is now; `None` when less than a whole page follows. Whoever has read that
/// page knows it for certain.
pub async fn snapshot_end(service: &Service, scope: &FeedScope, after: &str, limit: u64) -> Result<Option<String>, ServiceError> {
    let resolved = resolve(service, scope).await?;
    let position = read(service, &resolved.name, after)?;
    if resolved.closed {
        return Ok(None);
    }
    let end = listings::snapshot_end(&service.store, service.clock.now(), &resolved.scope, position.after, limit).await?;
    Ok(end.map(|id| service.cursors.seal(&resolved.name, &FeedPosition { after: Some(id), ..position })))
}

/// A cursor for the feed's oldest change that is kept.
pub async fn horizon(service: &Service) -> Result<String, ServiceError> {
    let seq = changes::horizon(&service.store).await?;
    let place = FeedPosition { epoch: service.feed_epoch, seq, after: None, from: 0, closed: false };
    Ok(service.cursors.seal(&FeedScope::default().name(), &place))
}

/// What the public catalog is now, as a short text that changes with it, and since when.
pub async fn state(service: &Service) -> Result<(String, DateTime<Utc>), ServiceError> {
    let (seq, at) = changes::newest_at(&service.store).await?;
    Ok((format!("{}-{seq}", service.feed_epoch), at))
}

/// Waits until this process sees the change that a cursor stands for: a reader who was told of it elsewhere must not be shown what was
/// before. Fails when it does not come within three seconds.
pub async fn reached(service: &Service, cursor: &str) -> Result<(), ServiceError> {
    let (name, at) = service.cursors.open_any::<FeedPosition>(cursor)?;
    if FeedScope::of_name(&name).is_none() {
        return Err(CursorError::Mismatch.into());
    }
    if at.epoch != service.feed_epoch {
        return Err(CursorError::OtherEpoch.into());
    }
    let mut waiting = service.wakes.wait_for(Topic::Feed);
    let until = Instant::now() + CATCH_UP;
    while changes::latest(&service.store).await? < at.seq {
        if Instant::now() >= until {
            return Err(ServiceError::refused("minCursor", Reason::NotReachedYet));
        }
        waiting.next().await;
    }
    Ok(())
}

/// Looks up a scope's channel: it carries its producer's listings, or everybody's.
pub(super) async fn resolve(service: &Service, scope: &FeedScope) -> Result<Resolved, ServiceError> {
    let (name, mut scope, mut closed) = (scope.name(), scope.clone(), false);
    if let Some(id) = scope.channel {
        let unknown = || ServiceError::refused("channel", Reason::NotFound);
        let channel = channels::find(&service.store, id, &Reach::All).await?.ok_or_else(unknown)?;
        closed = channel.state == ChannelState::Disconnected;
        match (channel.producer_id, scope.producer) {
            (Some(own), Some(asked)) if own != asked => closed = true,
            (own, asked) => scope.producer = own.or(asked),
        }
    }
    Ok(Resolved { scope, name, closed })
}

/// A page that asks for a snapshot.
pub(super) async fn restart(service: &Service, resolved: &Resolved) -> Result<ChangePage, ServiceError> {
    let seq = changes::horizon(&service.store).await?;
    let place = FeedPosition { epoch: service.feed_epoch, seq, after: None, from: 0, closed: resolved.closed };
    let horizon = service.cursors.seal(&resolved.name, &place);
    Ok(ChangePage { changes: Vec::new(), end_cursor: horizon.clone(), has_more: false, horizon, snapshot_required: true })
}

/// The position of a cursor of a scope in this life of the feed.
pub(super) fn read(service: &Service, name: &str, cursor: &str) -> Result<FeedPosition, CursorError> {
    let position: FeedPosition = service.cursors.open(name, cursor)?;
    if position.epoch == service.feed_epoch { Ok(position) } else { Err(CursorError::OtherEpoch) }
}
