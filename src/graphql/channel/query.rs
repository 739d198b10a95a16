//! Reading channels.

use async_graphql::{Context, ID, Object, connection::Connection};

use crate::{
    graphql::{
        channel::{ChannelListingObject, ChannelObject, PushState, reading::ChannelPreview},
        connection::{Paging, RowCursor},
        context::asked,
        error::Fault,
        id::{Kind, of},
    },
    service::{channels, previews, readings},
};

/// Connection of push states.
pub type ChannelListings = Connection<RowCursor, ChannelListingObject>;

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

    /// Listings that must be off sale on a channel for a quarter of an hour and still are on it as far as the channel says: those of
    /// one's own producers, all for admins; the longest first, at most 100.
    async fn channel_alarms(&self, context: &Context<'_>) -> Result<Vec<ChannelListingObject>, Fault> {
        let asked = asked(context)?;
        Ok(readings::still_live(&asked.service, &asked.actor).await?.into_iter().map(ChannelListingObject).collect())
    }

    /// What a channel would be sent for a listing of one's own, and what it would refuse; nothing is sent. Null when the listing is not
    /// one's own or the channel does not carry it.
    async fn channel_listing_preview(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The listing.")] listing: ID,
        #[graphql(desc = "The channel: the producer's or the province's.")] channel: ID,
    ) -> Result<Option<ChannelPreview>, Fault> {
        let asked = asked(context)?;
        let (listing, channel) = (of(Kind::Listing, &listing), of(Kind::Channel, &channel));
        let previewed = previews::preview(&asked.service, &asked.actor, listing, channel).await?;
        Ok(previewed.map(|previewed| ChannelPreview::of(previewed, asked.locale)))
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
