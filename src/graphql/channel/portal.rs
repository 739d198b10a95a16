//! Portals without an API: what people say that the portal made of listings.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::{
    graphql::{
        channel::{ChannelListingObject, ChannelObject, words::PortalState},
        context::asked,
        error::{Fault, UserError, outcome},
        id::{Kind, of},
    },
    service::{
        Call, channels,
        portals::{self, SaidData},
    },
};

/// Mutations on portals without an API.
#[derive(Default)]
pub struct PortalMutation;

/// What a person says of a listing on a portal without an API.
#[derive(InputObject)]
pub struct PortalReportInput {
    /// Its state there.
    state: PortalState,
    /// Where buyers see it.
    url: Option<String>,
    /// The portal's own words, for example why it was refused; at most 500 characters.
    note: Option<String>,
}

/// What became of what a person said.
#[derive(SimpleObject)]
pub struct PortalReportPayload {
    /// The listing on the portal as it is now; null when it was refused. What was said is worked on within a second.
    channel_listing: Option<ChannelListingObject>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// What became of a file.
#[derive(SimpleObject)]
pub struct ChannelFilePayload {
    /// The channel as it is now; null when the file was refused.
    channel: Option<ChannelObject>,
    /// How many rows said something new; null when the file was refused.
    count: Option<usize>,
    /// Why nothing was done; empty on success. A path like `rows.5.state` names the row as the spreadsheet counts it.
    user_errors: Vec<UserError>,
}

#[Object]
impl PortalMutation {
    /// Takes down what a portal without an API made of a listing, as the catalog has it now. Safe to repeat.
    async fn channel_listing_report(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The listing on the portal.")] id: ID,
        #[graphql(desc = "What the portal made of it.")] input: PortalReportInput,
    ) -> Result<PortalReportPayload, Fault> {
        let asked = asked(context)?;
        let data = SaidData { state: input.state.into(), url: input.url, note: input.note };
        let said = portals::say(&asked.service, &Call::new(&asked.actor), of(Kind::ChannelListing, &id), &data).await;
        let (id, user_errors) = outcome(said, asked.locale)?;
        let found = match id {
            Some(id) => channels::listing(&asked.service, &asked.actor, id).await?,
            None => None,
        };
        Ok(PortalReportPayload { channel_listing: found.map(ChannelListingObject), user_errors })
    }

    /// Takes down what the filled-in file of a portal says (`Channel.fileUrl`): every row whose state is filled in, all of them or, when one
    /// is wrong, none. Safe to repeat.
    async fn channel_file_import(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The channel.")] id: ID,
        #[graphql(desc = "The file, an upload of your own.")] upload: ID,
    ) -> Result<ChannelFilePayload, Fault> {
        let asked = asked(context)?;
        let channel = of(Kind::Channel, &id);
        let taken = portals::import(&asked.service, &Call::new(&asked.actor), channel, of(Kind::Upload, &upload)).await;
        let (count, user_errors) = outcome(taken, asked.locale)?;
        let found = if count.is_some() { channels::find(&asked.service, &asked.actor, channel).await? } else { None };
        Ok(ChannelFilePayload { channel: found.map(ChannelObject), count, user_errors })
    }
}
