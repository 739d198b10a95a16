//! Reading channels.

use async_graphql::{Context, ID, Object, connection::Connection};

use crate::{
    graphql::{
        channel::{ChannelListingObject, ChannelObject, PushState},
        connection::Paging,
        context::asked,
        error::Fault,
        id::{Kind, of},
    },
    service::channels,
};

/// Connection of push states.
pub type ChannelListings = Connection<String, ChannelListingObject>;

/// Queries on channels.
#[derive(Default)]
pub struct ChannelQuery;

#[Object]
impl ChannelQuery {
    /// Channels of one's own producers; all for admins. The oldest first, at most 100.
    async fn channels(&self, context: &Context<'_>) -> Result<Vec<ChannelObject>, Fault> {
        let asked = asked(context)?;
        Ok(channels::list(&asked.service, &asked.actor).await?.into_iter().map(ChannelObject).collect())
    }

    /// One channel; null when there is none or it is someone else's.
    async fn channel(&self, context: &Context<'_>, #[graphql(desc = "The channel.")] id: ID) -> Result<Option<ChannelObject>, Fault> {
        let asked = asked(context)?;
        Ok(channels::find(&asked.service, &asked.actor, of(Kind::Channel, &id)).await?.map(ChannelObject))
    }

    /// The listings on a channel with their push states, in the order in which they came to it: those of one's own producers, all
    /// for admins.
    async fn channel_listings(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The channel.")] channel: ID,
        #[graphql(desc = "Only those whose push is in one of these states.")] push: Option<Vec<PushState>>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when nothing is asked.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go on after.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go back from.")] before: Option<String>,
    ) -> Result<ChannelListings, Fault> {
        let asked = asked(context)?;
        let list = Paging { first, after, last, before }.of(asked, &["channelListings", &channel, &format!("{push:?}")])?;
        let states: Vec<_> = push.unwrap_or_default().into_iter().map(Into::into).collect();
        let page = channels::listings(&asked.service, &asked.actor, of(Kind::Channel, &channel), &states, &list.request).await?;
        Ok(list.connection(page, ChannelListingObject))
    }
}
