//! What a push led to: recorded in one transaction with its calls, and with what it says of the channel.

use chrono::{DateTime, Duration, Utc};
use std::time;

use crate::{
    domain::{
        channel::{ChannelState, Rest},
        sync::{self, Intent, RemoteState, Step, SyncState, Trouble},
    },
    marketplace::PushError,
    service::{ServiceError, keys, producers::EVERYTHING, pushes::job::Job},
    store::{Tx, attempts, channel_listings, channel_status, channels},
};

/// Quick edits that came in while a push was under way are pushed together after this long.
const COALESCE_MILLIS: i64 = 150;
/// When an item that the channel still checks is read again.
const REREAD: Duration = Duration::minutes(2);
/// How long a channel rests that asks for fewer calls and does not say for how long.
const REST: time::Duration = time::Duration::from_secs(1);

impl Job<'_> {
    /// Records that the channel shows what was wanted when the job was loaded.
    pub(super) async fn succeeded(mut self) -> Result<(), ServiceError> {
        let now = self.service.clock.now();
        let tx = self.service.store.begin().await?;
        let Some(current) = channel_listings::held_for_update(&tx, self.row.id, self.owner).await? else { return Ok(()) };
        let behind = current.desired_version > self.version;
        self.row.aim = self.intent.aim();
        self.row.acknowledged_version = self.version;
        self.row.state = match self.intent {
            _ if behind => SyncState::Queued,
            Intent::Publish(_) => SyncState::Live,
            Intent::Unlist | Intent::Delete => SyncState::Withdrawn,
        };
        self.row.next_attempt_at = behind.then(|| now + Duration::milliseconds(COALESCE_MILLIS));
        self.row.reread_at = (self.row.remote_state == RemoteState::InReview).then(|| now + REREAD);
        self.row.failures = 0;
        self.row.error = None;
        self.row.pushed_at = Some(now);
        self.row.updated_at = now;
        if channel_listings::record(&tx, &self.row, self.owner, None).await? {
            attempts::append(&tx, &self.attempts).await?;
        }
        channel_status::recovered(&tx, self.channel.id).await?;
        Ok(tx.commit().await?)
    }

    /// Records why the push stopped and when it is tried again.
    pub(super) async fn failed(mut self, error: PushError) -> Result<(), ServiceError> {
        let (now, trouble) = (self.service.clock.now(), error.kind());
        if trouble == Trouble::NotFound {
            self.row.forget_item();
        }
        let jitter = u32::from(u16::from_le_bytes(keys::random())) % 1001;
        match sync::next_step(trouble, error.wait(), self.row.failures, jitter) {
            Step::RetryAfter(wait) => {
                self.row.state = SyncState::Retrying;
                self.row.next_attempt_at = Some(later(now, wait));
            }
            Step::GiveUp(state) => {
                self.row.state = state;
                self.row.next_attempt_at = None;
            }
        }
        let told = self.told(&error);
        tracing::warn!(listing = %self.row.listing_id, channel = %self.channel.id, code = told.code, state = self.row.state.code(), "push failed");
        self.row.aim = self.intent.aim();
        self.row.failures = self.row.failures.saturating_add(1);
        self.row.error = Some(told);
        self.row.updated_at = now;
        let tx = self.service.store.begin().await?;
        // What changed meanwhile is not lost: a refused push is tried again when the listing is newer than what was refused.
        let current = channel_listings::held_for_update(&tx, self.row.id, self.owner).await?;
        if current.is_some_and(|c| c.desired_version > self.version) && self.row.state == SyncState::RemoteRejected {
            self.row.state = SyncState::Queued;
            self.row.next_attempt_at = Some(now);
        }
        if channel_listings::record(&tx, &self.row, self.owner, None).await? {
            attempts::append(&tx, &self.attempts).await?;
        }
        self.tell_of_channel(&tx, &error, now).await?;
        Ok(tx.commit().await?)
    }

    /// What a failure says of the channel as a whole: it stops, it rests, or it is well and only this listing is not.
    async fn tell_of_channel(&mut self, tx: &Tx, error: &PushError, now: DateTime<Utc>) -> Result<(), ServiceError> {
        let id = self.channel.id;
        match error.kind() {
            Trouble::TokenExpired | Trouble::NeedsReauth | Trouble::Config => {
                if self.channel.state == ChannelState::Active {
                    self.channel.state = ChannelState::NeedsAttention;
                    self.channel.updated_at = now;
                    channels::update(tx, &self.channel, &EVERYTHING).await?;
                }
            }
            Trouble::RateLimited => {
                channel_status::rest(tx, id, later(now, error.wait().unwrap_or(REST)), Rest::RateLimited).await?;
            }
            Trouble::QuotaUsed => {
                channel_status::rest(tx, id, later(now, error.wait().unwrap_or(REST)), Rest::QuotaUsed).await?;
            }
            kind if kind.is_of_channel() && error.words().code != "look_up" => {
                let failures = channel_status::failed(tx, id).await?;
                if let Some(rest) = sync::rest_after(failures) {
                    channel_status::rest(tx, id, later(now, rest), Rest::Failing).await?;
                    tracing::warn!(channel = %id, failures, seconds = rest.as_secs(), "a channel fails and rests");
                }
            }
            _ => channel_status::recovered(tx, id).await?,
        }
        Ok(())
    }
}

fn later(now: DateTime<Utc>, wait: time::Duration) -> DateTime<Utc> {
    now + Duration::from_std(wait).unwrap_or(Duration::hours(6))
}
