//! The feed: a snapshot of everything public, then exactly what changed since a cursor.

use chrono::{DateTime, Utc};
use std::collections::HashMap;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        cursor::{CursorError, FeedPosition},
        id::ListingId,
        listing::{ChangeCause, Listing, RemovalReason},
    },
    service::{Service, ServiceError},
    store::{Store, StoreError, changes, listings, settings},
};

/// What cursors of the feed are signed for.
const SCOPE: &str = "feed:all";

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
    /// The cursor is older than the horizon or of an earlier life of the feed: take a snapshot.
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

/// The epoch of this database's feed; made when it is first asked for.
pub(super) async fn epoch(store: &Store, at: DateTime<Utc>) -> Result<i64, ServiceError> {
    let tx = store.begin().await?;
    let stored = settings::get_or_put(&tx, "feed_epoch", &at.timestamp_micros().to_string()).await?;
    tx.commit().await?;
    stored.parse().map_err(|_| StoreError::Corrupt("setting.feed_epoch").into())
}

/// What changed since a cursor; from the beginning without one.
pub async fn changes(service: &Service, actor: &Actor, since: Option<&str>, limit: u64) -> Result<ChangePage, ServiceError> {
    permit(actor, Action::ReadFeed)?;
    let start = match since.map(|cursor| read(service, cursor)).transpose() {
        Ok(position) => position.map_or(0, |p| p.seq),
        Err(CursorError::OtherEpoch) => return Ok(restart(service)),
        Err(error) => return Err(error.into()),
    };
    let tx = service.store.snapshot().await?;
    let mut rows = changes::after(&tx, start, limit + 1).await?;
    let has_more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let view = service.view(&Actor::System)?;
    let ids: Vec<_> = rows.iter().map(|r| r.listing_id).collect();
    let mut found: HashMap<_, _> = listings::find_many(&tx, &ids, &view).await?.into_iter().map(|l| (l.id, l)).collect();
    tx.commit().await?;
    let end = rows.last().map_or(start, |r| r.seq);
    let changes = rows
        .into_iter()
        .filter_map(|row| {
            let listing = found.remove(&row.listing_id)?;
            let version = listing.record_version.max(row.version);
            let state = match listing.removed(view.at, row.reason) {
                Some(reason) => FeedState::Removed { reason, external_key: listing.external_key },
                None => FeedState::Upserted(Box::new(listing)),
            };
            let cursor = seal(service, row.seq, None);
            Some(FeedChange { cursor, listing_id: row.listing_id, version, committed_at: row.committed_at, causes: row.causes, state })
        })
        .collect();
    Ok(ChangePage { changes, end_cursor: seal(service, end, None), has_more, horizon: seal(service, 0, None), snapshot_required: false })
}

/// Everything public, page by page; `as_of` of the first page is where to follow changes from.
pub async fn snapshot(service: &Service, actor: &Actor, after: Option<&str>, limit: u64) -> Result<SnapshotPage, ServiceError> {
    permit(actor, Action::ReadFeed)?;
    let position = after.map(|cursor| read(service, cursor)).transpose()?;
    let tx = service.store.snapshot().await?;
    // Read before the rows: what changes between the two is told again by the feed, never lost.
    let as_of = match &position {
        Some(position) => position.seq,
        None => changes::latest(&tx).await?,
    };
    let last_seen = position.and_then(|p| p.after);
    let mut rows = listings::snapshot(&tx, service.clock.now(), None, last_seen, limit + 1).await?;
    tx.commit().await?;
    let has_more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let end = rows.last().map(|l| l.id.0).or(last_seen);
    Ok(SnapshotPage { listings: rows, as_of: seal(service, as_of, None), end_cursor: seal(service, as_of, end), has_more })
}

/// A cursor for the feed's oldest change that is kept.
pub fn horizon(service: &Service) -> String {
    seal(service, 0, None)
}

fn restart(service: &Service) -> ChangePage {
    let start = seal(service, 0, None);
    ChangePage { changes: Vec::new(), end_cursor: start.clone(), has_more: false, horizon: start, snapshot_required: true }
}

fn read(service: &Service, cursor: &str) -> Result<FeedPosition, CursorError> {
    let position: FeedPosition = service.cursors.open(SCOPE, cursor)?;
    if position.epoch == service.feed_epoch { Ok(position) } else { Err(CursorError::OtherEpoch) }
}

fn seal(service: &Service, seq: i64, after: Option<uuid::Uuid>) -> String {
    service.cursors.seal(SCOPE, &FeedPosition { epoch: service.feed_epoch, seq, after })
}
