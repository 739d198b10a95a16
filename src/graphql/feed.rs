//! The feed: a snapshot of everything public, then exactly what changed since a cursor.

use async_graphql::{Context, Enum, ID, Interface, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{
    graphql::{
        context::asked,
        error::Fault,
        id::{Kind, encode},
        listing::ListingObject,
        scalar::FeedCursor,
    },
    service::feed::{self, FeedChange, FeedState},
};

/// Most changes or listings of a page of the feed.
pub(super) const MAX_PAGE: i32 = 500;

/// Queries on the feed.
#[derive(Default)]
pub struct FeedQuery;

/// What caused a change. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::listing::ChangeCause")]
pub enum ChangeCause {
    /// Its producer published it.
    Published,
    /// Its producer took it back.
    Unpublished,
    /// It was archived.
    Archived,
    /// Title, minimum order or period changed.
    ContentChanged,
    /// Price changed.
    PriceChanged,
    /// Stock changed.
    StockChanged,
    /// The product, a variant or a picture changed.
    ProductChanged,
    /// The producer's data or standing changed.
    ProducerChanged,
    /// A rating was granted.
    RatingGranted,
    /// A rating was withdrawn.
    RatingRevoked,
    /// A day or instant was reached: a certificate expired or came into force, an offer began or ended.
    DateReached,
}

/// Why a listing left the feed. Values may be added; treat unknown ones as "remove it".
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::listing::RemovalReason")]
pub enum RemovalReason {
    /// Its producer took it back, or its own period ended.
    Unpublished,
    /// It, its product or its variant was archived.
    Archived,
    /// The certificate's 36 months are over, or it is not in force yet.
    CertificateExpired,
    /// The rating was withdrawn.
    RatingRevoked,
    /// The producer was suspended.
    ProducerSuspended,
}

/// One listing that changed. Apply it only if its `version` is greater than the one you have.
#[expect(clippy::large_enum_variant, reason = "most changes are of the large kind")]
#[derive(Interface)]
#[graphql(
    field(name = "cursor", ty = "&FeedCursor", desc = "The place after this change."),
    field(name = "listing_id", ty = "&ID", desc = "The listing."),
    field(name = "version", ty = "&i32", desc = "The listing's `feedVersion`."),
    field(name = "committed_at", ty = "&DateTime<Utc>", desc = "When it was committed."),
    field(name = "causes", ty = "&Vec<ChangeCause>", desc = "What caused it; a handful.")
)]
pub enum ListingChange {
    /// It is visible.
    Upserted(ListingUpserted),
    /// It is not.
    Removed(ListingRemoved),
}

/// A listing that appeared or changed: show it as it is here.
#[derive(SimpleObject)]
pub struct ListingUpserted {
    /// The place after this change.
    cursor: FeedCursor,
    /// The listing.
    listing_id: ID,
    /// The listing's `feedVersion`.
    version: i32,
    /// When it was committed.
    committed_at: DateTime<Utc>,
    /// What caused it; a handful.
    causes: Vec<ChangeCause>,
    /// The listing as it is now.
    listing: ListingObject,
}

/// A tombstone: a listing that must no longer be shown.
#[derive(SimpleObject)]
pub struct ListingRemoved {
    /// The place after this change.
    cursor: FeedCursor,
    /// The listing.
    listing_id: ID,
    /// The listing's `feedVersion`.
    version: i32,
    /// When it was committed.
    committed_at: DateTime<Utc>,
    /// What caused it; a handful.
    causes: Vec<ChangeCause>,
    /// Why it left.
    reason: RemovalReason,
    /// Our key on channels.
    external_key: String,
}

/// What changed since a cursor, in the order of commits; each listing at most once, as it is now.
#[derive(SimpleObject)]
pub struct ListingChangePage {
    /// Changes, at most `first`.
    changes: Vec<ListingChange>,
    /// Where to go on; also given when nothing changed.
    end_cursor: FeedCursor,
    /// More is there already.
    has_more: bool,
    /// The oldest cursor that still works.
    horizon: FeedCursor,
    /// True when the cursor is too old or of an earlier life of the feed: take a snapshot and go on from its `asOf`.
    snapshot_required: bool,
}

/// A page of everything public. Read all pages, then follow `listingChanges(since: asOf)`.
#[derive(SimpleObject)]
pub struct ListingSnapshotPage {
    /// Public listings, at most `first`.
    listings: Vec<ListingObject>,
    /// Follow changes from here once the snapshot is complete; the same on all its pages.
    as_of: FeedCursor,
    /// Where to go on.
    end_cursor: FeedCursor,
    /// More listings follow.
    has_more: bool,
}

impl From<FeedChange> for ListingChange {
    fn from(change: FeedChange) -> Self {
        let FeedChange { cursor, listing_id, version, committed_at, causes, state } = change;
        let (cursor, listing_id) = (FeedCursor(cursor), encode(Kind::Listing, listing_id));
        let causes = causes.into_iter().map(Into::into).collect();
        match state {
            FeedState::Upserted(listing) => {
                let listing = ListingObject(*listing);
                Self::Upserted(ListingUpserted { cursor, listing_id, version, committed_at, causes, listing })
            }
            FeedState::Removed { reason, external_key } => {
                let reason = reason.into();
                Self::Removed(ListingRemoved { cursor, listing_id, version, committed_at, causes, reason, external_key })
            }
        }
    }
}

#[Object]
impl FeedQuery {
    /// What changed in the public catalog since a cursor; everything that ever changed without one. For API keys with the scope
    /// `feed:read`, and admins.
    async fn listing_changes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "`asOf` of a snapshot, or `endCursor` or `cursor` of changes.")] since: Option<FeedCursor>,
        #[graphql(desc = "How many, 1 to 500.", default = 100)] first: i32,
    ) -> Result<ListingChangePage, Fault> {
        let (asked, limit) = (asked(context)?, page_size(first)?);
        let page = feed::changes(&asked.service, &asked.actor, since.as_ref().map(|c| c.0.as_str()), limit).await?;
        Ok(ListingChangePage {
            changes: page.changes.into_iter().map(Into::into).collect(),
            end_cursor: FeedCursor(page.end_cursor),
            has_more: page.has_more,
            horizon: FeedCursor(page.horizon),
            snapshot_required: page.snapshot_required,
        })
    }

    /// Everything public, page by page. For API keys with the scope `feed:read`, and admins.
    async fn listing_snapshot(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "`endCursor` of the page before; the first page when left out.")] after: Option<FeedCursor>,
        #[graphql(desc = "How many, 1 to 500.", default = 100)] first: i32,
    ) -> Result<ListingSnapshotPage, Fault> {
        let (asked, limit) = (asked(context)?, page_size(first)?);
        let page = feed::snapshot(&asked.service, &asked.actor, after.as_ref().map(|c| c.0.as_str()), limit).await?;
        Ok(ListingSnapshotPage {
            listings: page.listings.into_iter().map(ListingObject).collect(),
            as_of: FeedCursor(page.as_of),
            end_cursor: FeedCursor(page.end_cursor),
            has_more: page.has_more,
        })
    }
}

fn page_size(first: i32) -> Result<u64, Fault> {
    if (1..=MAX_PAGE).contains(&first) {
        Ok(u64::from(first.unsigned_abs()))
    } else {
        Err(Fault::input(format!("first must be from 1 to {MAX_PAGE}.")))
    }
}
