//! What a push led to: recorded in one transaction with its calls, and with what it says of the channel.

use chrono::{DateTime, Duration, Utc};
use std::time;

use crate::{
    domain::{
        channel::{AttemptCall, ChannelState, Rest},
        sync::{self, Aim, Intent, RemoteState, Step, SyncState, Trouble},
    },
    marketplace::PushError,
    service::{ServiceError, keys, producers::EVERYTHING, pushes::job::Job},
    store::{Tx, attempts, channel_listings, channel_status, channels, notices},
};

/// Quick edits that came in while a push was under way are pushed together after this long.
const COALESCE_MILLIS: i64 = 150;
/// When an item that the channel still checks, or that it was just told something about, is read back: it must show what it took.
const SOON: Duration = Duration::minutes(2);
/// When an item that nothing happens to is read back.
const DAILY: Duration = Duration::hours(24);
/// When a reading that failed is made again.
const READ_AGAIN: Duration = Duration::minutes(10);
/// When something that must be off sale is tried again after the whole schedule, or after a refusal.
const STOP_AGAIN: Duration = Duration::hours(1);
/// How long after a message of the marketplace its item may still become known to us.
const MENTIONED: Duration = Duration::minutes(10);
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
        self.row.reread_at = self.next_reading(&tx, current.reread_at, now).await?;
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

    /// When the item is read back next: at once when the marketplace spoke of it meanwhile.
    async fn next_reading(
        &self,
        tx: &Tx,
        hinted: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, ServiceError> {
        let Some(id) = &self.row.remote_id else { return Ok(None) };
        if self.is_by_hand() {
            // Nobody tells but people, and what they say is read at once.
            return Ok(hinted.filter(|at| Some(*at) != self.reread_at));
        }
        if self.created && notices::mention(tx, id, now - MENTIONED).await? {
            return Ok(Some(now));
        }
        let hinted = hinted.filter(|at| Some(*at) != self.reread_at);
        let was_told = self.attempts.iter().any(|call| !matches!(call.call, AttemptCall::Read | AttemptCall::LookUp));
        let jitter = Duration::seconds(i64::from(u16::from_le_bytes(keys::random())) / 8);
        let ours = now + if was_told || self.row.remote_state == RemoteState::InReview { SOON } else { DAILY - jitter };
        Ok(Some(hinted.map_or(ours, |hinted| hinted.min(ours))))
    }

    /// Puts a row back as it was: nothing is wanted of it, only its reading failed.
    fn rest_after_reading(&mut self, now: DateTime<Utc>) {
        self.row.state = if self.intent.aim() == Aim::Publish { SyncState::Live } else { SyncState::Withdrawn };
        self.row.next_attempt_at = None;
        self.row.reread_at = Some(now + READ_AGAIN);
        self.row.updated_at = now;
    }

    /// Records why the push stopped and when it is tried again.
    pub(super) async fn failed(mut self, error: PushError) -> Result<(), ServiceError> {
        let (now, trouble) = (self.service.clock.now(), error.kind());
        if trouble == Trouble::NotFound {
            self.row.forget_item();
        }
        if self.reading && self.version <= self.row.acknowledged_version {
            self.rest_after_reading(now);
        } else {
            self.give_up_or_retry(&error, now);
        }
        let tx = self.service.store.begin().await?;
        // What changed meanwhile is not lost: a refused push is tried again when the listing is newer than what was refused.
        let current = channel_listings::held_for_update(&tx, self.row.id, self.owner).await?;
        if let Some(hinted) = current.as_ref().and_then(|c| c.reread_at).filter(|at| Some(*at) != self.reread_at) {
            self.row.reread_at = Some(hinted);
            if trouble == Trouble::Locked {
                // Somebody spoke of the item meanwhile: it may be free now.
                self.row.next_attempt_at = Some(now);
            }
        }
        let is_behind = current.is_some_and(|c| c.desired_version > self.version);
        if is_behind && (self.reading || self.row.state == SyncState::RemoteRejected) {
            self.row.state = SyncState::Queued;
            self.row.next_attempt_at = Some(now);
        }
        if channel_listings::record(&tx, &self.row, self.owner, None).await? {
            attempts::append(&tx, &self.attempts).await?;
        }
        self.tell_of_channel(&tx, &error, now).await?;
        Ok(tx.commit().await?)
    }

    fn give_up_or_retry(&mut self, error: &PushError, now: DateTime<Utc>) {
        let jitter = u32::from(u16::from_le_bytes(keys::random())) % 1001;
        match sync::next_step(error.kind(), error.wait(), self.row.failures, jitter) {
            Step::RetryAfter(wait) => {
                self.row.state = SyncState::Retrying;
                self.row.next_attempt_at = Some(later(now, wait));
            }
            // What must be off sale is never given up; only a connection that its owner must mend stops it.
            Step::GiveUp(state) if self.intent.aim() != Aim::Publish && state != SyncState::NeedsAttention => {
                self.row.state = SyncState::Retrying;
                self.row.next_attempt_at = Some(now + STOP_AGAIN);
            }
            Step::GiveUp(state) => {
                self.row.state = state;
                self.row.next_attempt_at = None;
            }
        }
        let told = self.told(error);
        tracing::warn!(listing = %self.row.listing_id, channel = %self.channel.id, code = told.code, state = self.row.state.code(), "push failed");
        self.row.aim = self.intent.aim();
        self.row.failures = self.row.failures.saturating_add(1);
        self.row.error = Some(told);
        self.row.updated_at = now;
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
