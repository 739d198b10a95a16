//! What is told as it happens: over a WebSocket (`graphql-transport-ws`) or as server-sent events (`graphql-sse`).

use async_graphql::{Context, Description, Error, ID, SimpleObject, Subscription as Root, Union};
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt};

use crate::{
    graphql::{
        channel::ChannelListingObject,
        context::{asked, unasked},
        dossier::DossierObject,
        error::Fault,
        feed::{FeedScopeInput, ListingChange, ListingRemoved, ListingUpserted},
        id::{Kind, of},
        import::ImportJobObject,
        scalar::FeedCursor,
    },
    service::{
        ServiceError,
        follow::{self, FeedEvent},
        import_jobs,
    },
};

/// What can be followed. One field an operation. After a lost connection go on from the last cursor: nothing is lost.
#[derive(Default, Description)]
pub struct Subscription;

/// Everything up to this cursor was told.
#[derive(SimpleObject)]
pub struct FeedHeartbeat {
    /// Where to go on after a lost connection.
    cursor: FeedCursor,
    /// When this was so.
    at: DateTime<Utc>,
}

/// The cursor that was begun from is too old, of an earlier life of the feed or of a channel that was disconnected since: take a snapshot,
/// which replaces all you have, and follow from its `asOf`. Nothing comes after this.
#[derive(SimpleObject)]
pub struct FeedRestart {
    /// The oldest cursor that still works.
    horizon: FeedCursor,
}

/// What a follower of the feed is told. Types may be added; ignore those you do not know.
#[derive(Union)]
pub enum ListingChangeEvent {
    /// A listing is visible and new or changed.
    Upserted(ListingUpserted),
    /// A listing is gone.
    Removed(ListingRemoved),
    /// Nothing happened.
    Heartbeat(FeedHeartbeat),
    /// Begin anew.
    Restart(FeedRestart),
}

#[Root(use_type_description)]
impl Subscription {
    /// Changes of the public catalog: first what was committed since the cursor, then each change as it is committed. A `FeedHeartbeat`
    /// comes once you have caught up, and whenever nothing was told for 15 seconds. For API keys with the scope `feed:read`, and admins.
    async fn listing_changes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Where to begin: `asOf` of a snapshot, or any cursor of the feed; from now on when left out.")] since: Option<
            FeedCursor,
        >,
        #[graphql(desc = "The part of the catalog to follow; everything when left out.")] scope: Option<FeedScopeInput>,
    ) -> Result<impl Stream<Item = Result<ListingChangeEvent, Error>> + use<>, Fault> {
        let asked = asked(context)?;
        let (scope, since) = (FeedScopeInput::scope(scope)?, since.as_ref().map(|cursor| cursor.0.as_str()));
        let events = follow::listings(&asked.service, &asked.actor, scope, (since, unasked(context)?)).await?;
        let clock = asked.service.clock.clone();
        Ok(events.map(move |event| match event {
            Ok(FeedEvent::Change(change)) => Ok(match ListingChange::from(*change) {
                ListingChange::Upserted(upserted) => ListingChangeEvent::Upserted(upserted),
                ListingChange::Removed(removed) => ListingChangeEvent::Removed(removed),
            }),
            Ok(FeedEvent::Heartbeat(cursor)) => {
                Ok(ListingChangeEvent::Heartbeat(FeedHeartbeat { cursor: FeedCursor(cursor), at: clock.now() }))
            }
            Ok(FeedEvent::Restart(horizon)) => Ok(ListingChangeEvent::Restart(FeedRestart { horizon: FeedCursor(horizon) })),
            Err(error) => Err(told(error)),
        }))
    }

    /// Dossiers that you may see, each time one changes from now on.
    async fn dossier_changes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only this one.")] id: Option<ID>,
    ) -> Result<impl Stream<Item = Result<DossierObject, Error>> + use<>, Fault> {
        let asked = asked(context)?;
        let one = id.map(|id| of(Kind::Dossier, &id));
        Ok(follow::dossiers(&asked.service, &asked.actor, one)?.map(|row| row.map(DossierObject).map_err(told)))
    }

    /// Listings of yours on a channel, each time the state of one changes from now on: queued, pushed, live, refused.
    async fn channel_sync(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The channel.")] channel: ID,
    ) -> Result<impl Stream<Item = Result<ChannelListingObject, Error>> + use<>, Fault> {
        let asked = asked(context)?;
        let rows = follow::channel(&asked.service, &asked.actor, of(Kind::Channel, &channel)).await?;
        Ok(rows.map(|row| row.map(ChannelListingObject).map_err(told)))
    }

    /// An import each time it got on, to its end. For admins.
    async fn import_progress(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The import, as `importJobs` lists it.")] job: ID,
    ) -> Result<impl Stream<Item = Result<ImportJobObject, Error>> + use<>, Fault> {
        let asked = asked(context)?;
        let clock = asked.service.clock.clone();
        let jobs = import_jobs::follow(&asked.service, &asked.actor, of(Kind::ImportJob, &job)).await?;
        Ok(jobs.map(move |job| job.map(|job| ImportJobObject::at(job, clock.now())).map_err(told)))
    }
}

fn told(error: ServiceError) -> Error {
    Fault::from(error).into()
}
