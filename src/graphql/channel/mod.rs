//! Channels: connections to marketplaces, and the state of each listing on each of them.

mod listing;
pub mod mutation;
pub mod portal;
pub mod query;
mod reading;
mod words;

use async_graphql::{Context, Description, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{
    domain::{
        channel::{Channel, ChannelStatus},
        id::ProducerId,
    },
    graphql::{
        context::{asked, loader},
        error::Fault,
        id::{Kind, encode},
        loader::{ProducerKey, StatusOf},
        producer::ProducerObject,
        seeds,
    },
    service::{portals, readings},
};
pub use listing::ChannelListingObject;
use reading::{DriftPoliciesObject, StrayItem};
pub use words::{ChannelRest, ChannelState, PushState};

/// A connection to one shop on one marketplace. Its credentials are kept encrypted and never returned.
#[derive(Description)]
pub struct ChannelObject(pub(super) Channel);

#[Object(name = "Channel", use_type_description)]
impl ChannelObject {
    /// Opaque global id.
    pub(super) async fn id(&self) -> ID {
        encode(Kind::Channel, self.0.id)
    }

    /// Whose shop it is; null for a shop of the province that carries every producer's listings.
    async fn producer(&self, context: &Context<'_>) -> Result<Option<ProducerObject>, Fault> {
        owner(context, self.0.producer_id).await
    }

    /// Adapter, for example `shopee`.
    async fn adapter(&self) -> &str {
        &self.0.adapter
    }

    /// Name for people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Address of the marketplace's API.
    async fn base_url(&self) -> &str {
        &self.0.base_url
    }

    /// Whether it is worked on.
    async fn state(&self) -> ChannelState {
        self.0.state.into()
    }

    /// How it fares.
    async fn health(&self, context: &Context<'_>) -> Result<Option<ChannelHealth>, Fault> {
        let now = asked(context)?.service.clock.now();
        Ok(loader(context)?.load_one(StatusOf(self.0.id)).await?.map(|status| ChannelHealth::of(&status, now)))
    }

    /// What is done about what it shows otherwise than it was left.
    async fn drift_policies(&self) -> DriftPoliciesObject {
        self.0.drift_policies.into()
    }

    /// The address for the marketplace's pushes (webhooks), to be entered there; null when the adapter takes none.
    async fn hook_url(&self, context: &Context<'_>) -> Result<Option<String>, Fault> {
        Ok(readings::callback(&asked(context)?.service, &self.0)?)
    }

    /// Where the file of a portal without an API (`adapter: "file"`) is fetched, an Excel workbook of what should be on it and what a person
    /// has to do; with the same `Authorization` header. Null for channels with an API.
    async fn file_url(&self, context: &Context<'_>) -> Result<Option<String>, Fault> {
        Ok(portals::address(&asked(context)?.service, &self.0)?)
    }

    /// Items on it that carry a key of this catalog and belong to none of its listings, as seen within a day; at most 100.
    async fn strays(&self, context: &Context<'_>) -> Result<Vec<StrayItem>, Fault> {
        Ok(readings::strays(&asked(context)?.service, self.0.id).await?.into_iter().map(StrayItem::from).collect())
    }

    /// When the marketplace's category tree, which listings are filed by, was last read; it is read anew once it is too old. Null before it
    /// was first needed, and for marketplaces without one.
    async fn categories_read_at(&self, context: &Context<'_>) -> Result<Option<DateTime<Utc>>, Fault> {
        Ok(readings::categories_read_at(&asked(context)?.service, self.0.id).await?)
    }

    /// Grows with every change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was connected.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// How a channel fares.
#[derive(SimpleObject)]
pub struct ChannelHealth {
    /// Failures in a row that speak of the channel, not of one listing.
    failures: u32,
    /// Nothing is sent before this; null when it is not resting.
    resting_until: Option<DateTime<Utc>>,
    /// Why it rests.
    resting_reason: Option<ChannelRest>,
    /// When the access token ends; it is renewed before. Null when that is not known.
    access_expires_at: Option<DateTime<Utc>>,
    /// When the seller must have authorised again; null when that is not known.
    reauthorize_by: Option<DateTime<Utc>>,
    /// Whole days left until then.
    reauthorize_days_left: Option<i64>,
}

impl ChannelHealth {
    fn of(status: &ChannelStatus, now: DateTime<Utc>) -> Self {
        let rest = status.rest.filter(|(until, _)| *until > now);
        Self {
            failures: status.failures,
            resting_until: rest.map(|(until, _)| until),
            resting_reason: rest.map(|(_, why)| why.into()),
            access_expires_at: status.access_expires_at,
            reauthorize_by: status.reauthorize_by,
            reauthorize_days_left: status.reauthorize_by.map(|by| (by - now).num_days()),
        }
    }
}

async fn owner(context: &Context<'_>, id: Option<ProducerId>) -> Result<Option<ProducerObject>, Fault> {
    let Some(id) = id else { return Ok(None) };
    Ok(seeds::find(context, ProducerKey(id)).await?.map(ProducerObject::of))
}
