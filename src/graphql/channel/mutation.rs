//! Connecting and steering channels.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use uuid::Uuid;

use crate::{
    domain::{channel, id::ChannelId},
    graphql::{
        channel::{ChannelListingObject, ChannelObject, reading::DriftPoliciesInput, words::Trouble},
        context::{Asked, asked, call},
        error::{Fault, UserError, outcome},
        id::{Kind, of},
    },
    service::{
        Call, ServiceError,
        channels::{self, ChannelData},
        consents, dead_letters, readings,
    },
};

/// Mutations on channels.
#[derive(Default)]
pub struct ChannelMutation;

/// What became of a channel.
#[derive(SimpleObject)]
pub struct ChannelPayload {
    /// The channel as it is now; null when it was refused.
    channel: Option<ChannelObject>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// Where a seller authorises a channel.
#[derive(SimpleObject)]
pub struct ChannelConsentPayload {
    /// The channel as it is now; null when it was refused.
    channel: Option<ChannelObject>,
    /// Open this in the seller's browser; null when the adapter needs no consent.
    authorize_url: Option<String>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// Which pushes that ended without success: refused by the channel, or given up after the whole schedule of tries.
#[derive(InputObject)]
pub struct DeadLetterFilter {
    /// Those of this channel.
    channel: ID,
    /// Only these listings on it; at most 100.
    ids: Option<Vec<ID>>,
    /// Only those that ended with trouble of these kinds.
    kinds: Option<Vec<Trouble>>,
    /// Only those that ended with this code of the channel.
    code: Option<String>,
}

impl From<DeadLetterFilter> for channel::DeadLetters {
    fn from(f: DeadLetterFilter) -> Self {
        Self {
            channel: of(Kind::Channel, &f.channel),
            ids: f.ids.unwrap_or_default().iter().map(|id| of(Kind::ChannelListing, id)).collect(),
            troubles: f.kinds.unwrap_or_default().into_iter().map(Into::into).collect(),
            code: f.code,
        }
    }
}

/// What became of pushes that had ended without success.
#[derive(SimpleObject)]
pub struct DeadLetterPayload {
    /// How many were changed, at most 1,000; call again while it is 1,000. Null when it was refused.
    count: Option<u64>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// What became of a listing on a channel.
#[derive(SimpleObject)]
pub struct ChannelListingPayload {
    /// The push state as it is now; null when it was refused.
    channel_listing: Option<ChannelListingObject>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// A setting of an adapter; `docs/channels.md` lists them. For `shopee`: `partner_id`, `partner_key`, `shop_id`, `access_token`.
#[derive(InputObject)]
pub struct ChannelSettingInput {
    /// Name.
    name: String,
    /// Value; kept encrypted and never returned.
    value: String,
}

/// A shop to connect.
#[derive(InputObject)]
pub struct ChannelConnectInput {
    /// Adapter; `serviceInfo.adapters` lists them.
    adapter: String,
    /// Name for people, at most 100 characters.
    name: String,
    /// Address of the marketplace's API, for example `https://partner.shopeemobile.com`.
    base_url: String,
    /// Settings and credentials; at most 20.
    settings: Vec<ChannelSettingInput>,
    /// The producer whose shop it is; a shop of the province that carries every producer's listings when left out (admins only).
    producer: Option<ID>,
}

impl DeadLetterPayload {
    fn of(asked: &Asked, result: Result<u64, ServiceError>) -> Result<Self, Fault> {
        let (count, user_errors) = outcome(result, asked.locale)?;
        Ok(Self { count, user_errors })
    }
}

impl ChannelPayload {
    async fn of(asked: &Asked, result: Result<ChannelId, ServiceError>) -> Result<Self, Fault> {
        let (id, user_errors) = outcome(result, asked.locale)?;
        let channel = match id {
            Some(id) => channels::find(&asked.service, &asked.actor, id).await?,
            None => None,
        };
        Ok(Self { channel: channel.map(ChannelObject), user_errors })
    }
}

impl ChannelConsentPayload {
    async fn of(asked: &Asked, result: Result<ChannelId, ServiceError>) -> Result<Self, Fault> {
        let addressed = match result {
            Ok(id) => consents::address(&asked.service, &asked.actor, id).await.map(|url| (id, url)),
            Err(error) => Err(error),
        };
        let (addressed, user_errors) = outcome(addressed, asked.locale)?;
        let (channel, authorize_url) = match addressed {
            Some((id, url)) => (channels::find(&asked.service, &asked.actor, id).await?, url),
            None => (None, None),
        };
        Ok(Self { channel: channel.map(ChannelObject), authorize_url, user_errors })
    }
}

fn data(input: ChannelConnectInput) -> ChannelData {
    ChannelData {
        adapter: input.adapter,
        name: input.name,
        base_url: input.base_url,
        settings: pairs(input.settings),
        producer: input.producer.map(|id| of(Kind::Producer, &id)),
    }
}

fn pairs(settings: Vec<ChannelSettingInput>) -> Vec<(String, String)> {
    settings.into_iter().map(|s| (s.name, s.value)).collect()
}

#[Object]
impl ChannelMutation {
    /// Connects a shop and queues every listing it should carry. For owners of the producer; for admins where it is the province's.
    async fn channel_connect(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The shop.")] input: ChannelConnectInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ChannelPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        ChannelPayload::of(asked, channels::connect(&asked.service, &call, data(input)).await).await
    }

    /// Prepares a shop whose seller has yet to authorise it, and tells where: open `authorizeUrl` in the seller's browser within half an
    /// hour. The marketplace leads back here, and the channel becomes active by itself. Leave tokens and the shop's id out of the settings.
    async fn channel_connect_start(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The shop.")] input: ChannelConnectInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ChannelConsentPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        ChannelConsentPayload::of(asked, consents::start(&asked.service, &call, data(input)).await).await
    }

    /// Tells where the seller of a channel authorises it again, for the next half hour: after `needsReauth`, or ahead of its end.
    async fn channel_reauthorize(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The channel.")] id: ID,
    ) -> Result<ChannelConsentPayload, Fault> {
        ChannelConsentPayload::of(asked(context)?, Ok(of(Kind::Channel, &id))).await
    }

    /// Stops pushing to a channel; what changes meanwhile is pushed after resuming.
    async fn channel_pause(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The channel.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ChannelPayload, Fault> {
        set_state(context, &id, channel::ChannelState::Paused, (None, idempotency_key)).await
    }

    /// Pushes to a channel again, with new settings where they are given, and tries again what stopped.
    async fn channel_resume(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The channel.")] id: ID,
        #[graphql(desc = "All settings anew; the old ones stay when left out. At most 20.")] settings: Option<Vec<ChannelSettingInput>>,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ChannelPayload, Fault> {
        set_state(context, &id, channel::ChannelState::Active, (settings.map(pairs), idempotency_key)).await
    }

    /// Ends a channel. What it shows stays there as it is; take listings back first where that is not wanted.
    async fn channel_disconnect(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The channel.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ChannelPayload, Fault> {
        set_state(context, &id, channel::ChannelState::Disconnected, (None, idempotency_key)).await
    }

    /// Decides what is done about what a channel shows otherwise than it was left.
    async fn channel_drift_policy_set(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The channel.")] id: ID,
        #[graphql(desc = "The policies.")] input: DriftPoliciesInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ChannelPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        ChannelPayload::of(asked, readings::set_policies(&asked.service, &call, of(Kind::Channel, &id), input.into()).await).await
    }

    /// Queues pushes again that ended without success, as if they had never failed: after the cause was mended. Safe to repeat.
    async fn dead_letter_redrive(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] filter: DeadLetterFilter,
    ) -> Result<DeadLetterPayload, Fault> {
        let asked = asked(context)?;
        let result = dead_letters::redrive(&asked.service, &Call::new(&asked.actor), &filter.into()).await;
        DeadLetterPayload::of(asked, result)
    }

    /// Puts pushes away that ended without success; a change of the listing starts them again. What must still be taken off a channel
    /// is never put away. Safe to repeat. For admins.
    async fn dead_letter_discard(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] filter: DeadLetterFilter,
        #[graphql(desc = "Why they stay so, for the decision log; at most 500 characters.")] reason: String,
    ) -> Result<DeadLetterPayload, Fault> {
        let asked = asked(context)?;
        let result = dead_letters::discard(&asked.service, &Call::new(&asked.actor), &filter.into(), &reason).await;
        DeadLetterPayload::of(asked, result)
    }

    /// Tries a push again at once.
    async fn channel_listing_retry(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The listing on the channel.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ChannelListingPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let result = channels::retry(&asked.service, &call, of(Kind::ChannelListing, &id)).await;
        let (id, user_errors) = outcome(result, asked.locale)?;
        let found = match id {
            Some(id) => channels::listing(&asked.service, &asked.actor, id).await?,
            None => None,
        };
        Ok(ChannelListingPayload { channel_listing: found.map(ChannelListingObject), user_errors })
    }
}

async fn set_state(
    context: &Context<'_>,
    id: &ID,
    state: channel::ChannelState,
    (settings, key): (Option<Vec<(String, String)>>, Option<Uuid>),
) -> Result<ChannelPayload, Fault> {
    let asked = asked(context)?;
    let call = call(context, asked, key)?;
    let result = channels::set_state(&asked.service, &call, of(Kind::Channel, id), state, settings).await;
    ChannelPayload::of(asked, result).await
}
