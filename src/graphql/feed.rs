//! The feed: a snapshot of everything public, then exactly what changed since a cursor.

use async_graphql::{Context, Enum, ID, InputObject, Interface, Object, SimpleObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    domain::{feed::FeedScope, product::ProductGroup},
    graphql::{
        context::{Asked, asked, unasked},
        error::{Fault, UserError, outcome},
        id::{Kind, decode, encode},
        listing::ListingObject,
        product::OcopGroup,
        scalar::FeedCursor,
        seeds,
    },
    service::{
        feed::{self, ChangePage, FeedChange, FeedState, Portion},
        feed_consumers::{self, Followed},
    },
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
    /// It is public, but no longer in the part of the catalog that this cursor follows: another group or commune.
    LeftChannel,
}

/// One listing that changed. Apply it only if its `version` is greater than the one you have.
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
    /// True when the cursor is too old, of an earlier life of the feed or of a channel that was disconnected since: take a snapshot, which
    /// replaces all you have, and go on from its `asOf`.
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
                let listing = ListingObject::of(*listing);
                Self::Upserted(ListingUpserted { cursor, listing_id, version, committed_at, causes, listing })
            }
            FeedState::Removed { reason, external_key } => {
                let reason = reason.into();
                Self::Removed(ListingRemoved { cursor, listing_id, version, committed_at, causes, reason, external_key })
            }
        }
    }
}

/// A part of the public catalog, as asked for.
#[derive(SimpleObject)]
#[graphql(name = "FeedScope")]
pub struct FeedScopeObject {
    /// What this channel carries.
    channel: Option<ID>,
    /// Of this producer.
    producer: Option<ID>,
    /// In this group.
    group: Option<OcopGroup>,
    /// From this commune.
    commune: Option<String>,
}

impl From<&FeedScope> for FeedScopeObject {
    fn from(scope: &FeedScope) -> Self {
        Self {
            channel: scope.channel.map(|id| encode(Kind::Channel, id)),
            producer: scope.producer.map(|id| encode(Kind::Producer, id)),
            group: scope.group.map(Into::into),
            commune: scope.commune.clone(),
        }
    }
}

/// A part of the public catalog; all given conditions must hold. Cursors belong to it: keep to one for as long as you go on.
#[derive(InputObject, Default)]
pub struct FeedScopeInput {
    /// What this channel carries: its producer's listings, or everybody's.
    channel: Option<ID>,
    /// Of this producer.
    producer: Option<ID>,
    /// In this group.
    group: Option<OcopGroup>,
    /// From this commune; code of a commune in force since 2025-07-01.
    commune: Option<String>,
}

impl FeedScopeInput {
    /// The scope; refuses ids of other kinds.
    pub(super) fn scope(given: Option<Self>) -> Result<FeedScope, Fault> {
        let Self { channel, producer, group, commune } = given.unwrap_or_default();
        Ok(FeedScope {
            channel: channel.map(|id| named(Kind::Channel, &id, "channel")).transpose()?,
            producer: producer.map(|id| named(Kind::Producer, &id, "producer")).transpose()?,
            group: group.map(Into::into),
            commune,
        })
    }
}

/// A scope as words of an address: `?channel=…&producer=…&group=FOOD&commune=01090`.
#[derive(Debug, Default, serde::Deserialize)]
pub struct ScopeWords {
    channel: Option<String>,
    producer: Option<String>,
    group: Option<String>,
    commune: Option<String>,
}

impl FeedScopeInput {
    /// The scope that words name; says which of them is wrong.
    pub fn of_words(words: ScopeWords) -> Result<FeedScope, String> {
        let group = words.group.map(|code| ProductGroup::parse_code(&code).ok_or("group is not one of the groups.")).transpose()?;
        let given =
            Self { channel: words.channel.map(ID), producer: words.producer.map(ID), group: group.map(Into::into), commune: words.commune };
        Self::scope(Some(given)).map_err(Fault::into_sentence)
    }
}

fn named<T: From<Uuid>>(kind: Kind, id: &ID, field: &str) -> Result<T, Fault> {
    let found = decode(id).filter(|(k, _)| *k == kind).map(|(_, uuid)| uuid.into());
    found.ok_or_else(|| Fault::input(format!("scope.{field} is not the id of a {field}.")))
}

/// Somebody who follows the feed, as far as it said itself.
#[derive(SimpleObject)]
pub struct FeedConsumer {
    /// Its name.
    name: String,
    /// Whose it is, for example `key:01998f3e-…`.
    principal: String,
    /// The cursor up to which it has applied everything.
    cursor: FeedCursor,
    /// When it said so.
    acknowledged_at: DateTime<Utc>,
    /// Listings of its scope that changed since, counted up to 10000.
    behind: i64,
    /// When the first of these changes was made; null when there is none.
    behind_since: Option<DateTime<Utc>>,
}

impl From<Followed> for FeedConsumer {
    fn from(followed: Followed) -> Self {
        let Followed { consumer, cursor, behind, since } = followed;
        Self {
            name: consumer.name,
            principal: consumer.principal,
            cursor: FeedCursor(cursor),
            acknowledged_at: consumer.acknowledged_at,
            behind: i64::try_from(behind).unwrap_or(i64::MAX),
            behind_since: since,
        }
    }
}

impl From<ChangePage> for ListingChangePage {
    fn from(page: ChangePage) -> Self {
        Self {
            changes: page.changes.into_iter().map(Into::into).collect(),
            end_cursor: FeedCursor(page.end_cursor),
            has_more: page.has_more,
            horizon: FeedCursor(page.horizon),
            snapshot_required: page.snapshot_required,
        }
    }
}

#[Object]
impl FeedQuery {
    /// What changed in the public catalog since a cursor; everything that is public without one. For API keys with the scope
    /// `feed:read`, and admins.
    async fn listing_changes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "`asOf` of a snapshot, or `endCursor` or `cursor` of changes.")] since: Option<FeedCursor>,
        #[graphql(desc = "How many, 1 to 500.", default = 100)] first: i32,
        #[graphql(desc = "The part of the catalog to follow; everything when left out.")] scope: Option<FeedScopeInput>,
    ) -> Result<ListingChangePage, Fault> {
        let (asked, limit) = (asked(context)?, page_size(first)?);
        let (scope, after) = (FeedScopeInput::scope(scope)?, since.as_ref().map(|c| c.0.as_str()));
        let page = feed::changes(&asked.service, &asked.actor, &scope, Portion { after, limit, unasked: unasked(context)? }).await?;
        let listings: Vec<_> = page.changes.iter().filter_map(FeedChange::listing).collect();
        Box::pin(seeds::gather(context, context.look_ahead().field("changes").field("listing"), &listings)).await?;
        Ok(page.into())
    }

    /// Everything public, page by page. For API keys with the scope `feed:read`, and admins.
    async fn listing_snapshot(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "`endCursor` of the page before; the first page when left out.")] after: Option<FeedCursor>,
        #[graphql(desc = "How many, 1 to 500.", default = 100)] first: i32,
        #[graphql(desc = "The part of the catalog to take; everything when left out.")] scope: Option<FeedScopeInput>,
        #[graphql(desc = "Waits until this change of the feed is there.")] min_cursor: Option<FeedCursor>,
    ) -> Result<ListingSnapshotPage, Fault> {
        let (asked, limit) = (asked(context)?, page_size(first)?);
        reached(asked, min_cursor.as_ref()).await?;
        let (scope, after) = (FeedScopeInput::scope(scope)?, after.as_ref().map(|c| c.0.as_str()));
        let page = feed::snapshot(&asked.service, &asked.actor, &scope, Portion { after, limit, unasked: unasked(context)? }).await?;
        let listings: Vec<_> = page.listings.iter().collect();
        Box::pin(seeds::gather(context, context.look_ahead().field("listings"), &listings)).await?;
        Ok(ListingSnapshotPage {
            listings: page.listings.into_iter().map(ListingObject::of).collect(),
            as_of: FeedCursor(page.as_of),
            end_cursor: FeedCursor(page.end_cursor),
            has_more: page.has_more,
        })
    }

    /// Your consumers of the feed and how far they are behind; everybody's for admins. At most 500.
    async fn feed_consumers(&self, context: &Context<'_>) -> Result<Vec<FeedConsumer>, Fault> {
        let asked = asked(context)?;
        Ok(feed_consumers::list(&asked.service, &asked.actor).await?.into_iter().map(Into::into).collect())
    }
}

/// Mutations of those who follow the feed.
#[derive(Default)]
pub struct FeedMutation;

/// What became of an acknowledgement.
#[derive(SimpleObject)]
pub struct FeedAcknowledgePayload {
    /// The consumer.
    consumer: Option<FeedConsumer>,
    /// Why nothing was noted.
    user_errors: Vec<UserError>,
}

#[Object]
impl FeedMutation {
    /// Says that a consumer has applied everything up to a cursor, so that you and the service's operators see how far it is behind. It
    /// changes nothing about what you are sent. Safe to repeat; an older cursor than the one noted changes nothing.
    async fn feed_acknowledge(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its name: letters, digits, `-`, `_`, `.`; at most 50. Up to 20 names a key.", default = "default")]
        consumer: String,
        #[graphql(desc = "`endCursor` or `cursor` of changes, or `asOf` of a snapshot that was read to its end.")] cursor: FeedCursor,
    ) -> Result<FeedAcknowledgePayload, Fault> {
        let asked = asked(context)?;
        let done = feed_consumers::acknowledge(&asked.service, &asked.actor, &consumer, &cursor.0).await;
        let (consumer, user_errors) = outcome(done, asked.locale)?;
        Ok(FeedAcknowledgePayload { consumer: consumer.map(Into::into), user_errors })
    }
}

/// Waits until the change that a client has seen elsewhere is there.
pub(super) async fn reached(asked: &Asked, min_cursor: Option<&FeedCursor>) -> Result<(), Fault> {
    match min_cursor {
        Some(cursor) => Ok(feed::reached(&asked.service, &cursor.0).await?),
        None => Ok(()),
    }
}

fn page_size(first: i32) -> Result<u64, Fault> {
    if (1..=MAX_PAGE).contains(&first) {
        Ok(u64::from(first.unsigned_abs()))
    } else {
        Err(Fault::input(format!("first must be from 1 to {MAX_PAGE}.")))
    }
}
