//! One listing on one channel.

use async_graphql::{Context, Description, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{
    domain::{
        advice::advice,
        channel::{Attempt, ChannelListing, RemoteReason, SyncError},
        reason::Locale,
    },
    graphql::{
        channel::{
            ChannelObject,
            reading::{ChannelPreview, DriftObject},
            words::{ChannelIntent, RemoteState, SyncCall, SyncState, Trouble},
        },
        context::{asked, loader},
        error::Fault,
        id::{Kind, encode},
        listing::ListingObject,
        loader::{AttemptsOf, ChannelKey, ListingKey},
    },
    service::previews,
};

/// One listing on one channel.
#[derive(Description)]
pub struct ChannelListingObject(pub(in crate::graphql) ChannelListing);

#[Object(name = "ChannelListing", use_type_description)]
impl ChannelListingObject {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        encode(Kind::ChannelListing, self.0.id)
    }

    /// The channel.
    async fn channel(&self, context: &Context<'_>) -> Result<Option<ChannelObject>, Fault> {
        Ok(loader(context)?.load_one(ChannelKey(self.0.channel_id)).await?.map(ChannelObject))
    }

    /// The listing.
    async fn listing(&self, context: &Context<'_>) -> Result<Option<ListingObject>, Fault> {
        Ok(loader(context)?.load_one(ListingKey(self.0.listing_id)).await?.map(ListingObject::of))
    }

    /// Where the push stands.
    async fn state(&self, context: &Context<'_>) -> Result<SyncState, Fault> {
        let now = asked(context)?.service.clock.now();
        let listing = loader(context)?.load_one(ListingKey(self.0.listing_id)).await?;
        let visible = listing.is_some_and(|l| l.window.is_some_and(|w| w.contains(now)));
        Ok(self.0.standing(visible).into())
    }

    /// The listing's `feedVersion` that the channel should show.
    async fn desired_version(&self) -> i32 {
        self.0.desired_version
    }

    /// The `feedVersion` that the channel acknowledged last; null before the first push.
    async fn last_synced_version(&self) -> Option<i32> {
        (self.0.acknowledged_version > 0).then_some(self.0.acknowledged_version)
    }

    /// The channel's id of the item; null until it exists there.
    async fn remote_id(&self) -> Option<&str> {
        self.0.remote_id.as_deref()
    }

    /// What we want of it on the channel, as last worked on.
    async fn intent(&self) -> ChannelIntent {
        self.0.aim.into()
    }

    /// What the channel makes of it, as far as it said.
    async fn remote_state(&self) -> RemoteState {
        self.0.remote_state.into()
    }

    /// Why the channel does not show it, or soon will not, in its words.
    async fn remote_reasons(&self) -> Vec<RemoteReasonObject> {
        self.0.remote_reasons.iter().cloned().map(RemoteReasonObject::from).collect()
    }

    /// When the channel last told its state.
    async fn remote_seen_at(&self) -> Option<DateTime<Utc>> {
        self.0.remote_seen_at
    }

    /// The calls made for it, newest first: the last 20 of the last 30 days.
    async fn attempts(&self, context: &Context<'_>) -> Result<Vec<AttemptObject>, Fault> {
        let locale = asked(context)?.locale;
        let attempts = loader(context)?.load_one(AttemptsOf(self.0.id)).await?.unwrap_or_default();
        Ok(attempts.into_iter().map(|attempt| AttemptObject::of(attempt, locale)).collect())
    }

    /// The channel's own word for its state.
    async fn remote_status(&self) -> Option<&str> {
        self.0.remote_status.as_deref()
    }

    /// Where buyers see it.
    async fn remote_url(&self) -> Option<&str> {
        self.0.remote_url.as_deref()
    }

    /// Failures in a row.
    async fn failures(&self) -> u32 {
        self.0.failures
    }

    /// When it is worked on next; null when nothing is due.
    async fn next_attempt_at(&self) -> Option<DateTime<Utc>> {
        self.0.next_attempt_at
    }

    /// What went wrong last; null after a success.
    async fn last_error(&self, context: &Context<'_>) -> Result<Option<SyncErrorObject>, Fault> {
        let locale = asked(context)?.locale;
        Ok(self.0.error.clone().map(|error| SyncErrorObject::of(error, locale)))
    }

    /// What the channel showed otherwise than it was left, as last read back; empty when all was right.
    async fn drift(&self) -> Vec<DriftObject> {
        self.0.drift.iter().cloned().map(DriftObject::from).collect()
    }

    /// Since when it must be off sale on the channel; null while it may be on sale.
    async fn stop_since(&self) -> Option<DateTime<Utc>> {
        self.0.stop_since
    }

    /// What the channel would be sent now, and what it would refuse; null when it carries the listing no more.
    async fn preview(&self, context: &Context<'_>) -> Result<Option<ChannelPreview>, Fault> {
        let asked = asked(context)?;
        let previewed = previews::preview(&asked.service, &asked.actor, self.0.listing_id, self.0.channel_id).await?;
        Ok(previewed.map(|previewed| ChannelPreview::of(previewed, asked.locale)))
    }

    /// When the channel last acknowledged something.
    async fn pushed_at(&self) -> Option<DateTime<Utc>> {
        self.0.pushed_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// What a channel said when it refused.
#[derive(SimpleObject)]
#[graphql(name = "SyncError")]
pub(super) struct SyncErrorObject {
    /// Its kind, which decides what happens next.
    kind: Trouble,
    /// The channel's code.
    code: String,
    /// The channel's message, verbatim.
    message: String,
    /// The channel's request id, for its support.
    request_id: Option<String>,
    /// Our field that must change, for example `title`; null when none is known.
    field: Option<String>,
    /// What to do about it, in the language of the request.
    advice: String,
}

impl SyncErrorObject {
    pub(super) fn of(e: SyncError, locale: Locale) -> Self {
        let advice = advice((e.kind, &e.code), e.field.as_deref(), locale);
        Self { kind: e.kind.into(), code: e.code, message: e.message, request_id: e.request_id, field: e.field, advice }
    }
}

/// Why a channel does not show an item, in its words.
#[derive(SimpleObject)]
#[graphql(name = "RemoteReason")]
pub(super) struct RemoteReasonObject {
    /// What is wrong.
    message: String,
    /// What the channel suggests.
    suggestion: Option<String>,
    /// Until when it must be mended.
    deadline: Option<DateTime<Utc>>,
}

impl From<RemoteReason> for RemoteReasonObject {
    fn from(reason: RemoteReason) -> Self {
        let deadline = reason.deadline.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        Self { message: reason.message, suggestion: reason.suggestion, deadline }
    }
}

/// One call of a push.
#[derive(SimpleObject)]
#[graphql(name = "SyncAttempt")]
pub(super) struct AttemptObject {
    /// What was called.
    call: SyncCall,
    /// When it began.
    at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    millis: u32,
    /// What went wrong; null when it was done. Credentials are blacked out.
    error: Option<SyncErrorObject>,
}

impl AttemptObject {
    fn of(a: Attempt, locale: Locale) -> Self {
        Self { call: a.call.into(), at: a.at, millis: a.millis, error: a.error.map(|error| SyncErrorObject::of(error, locale)) }
    }
}
