//! What a channel would be sent for a listing, and what it would refuse, before anything is sent.

use serde_json::Value;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        channel::SyncError,
        id::{ChannelId, ListingId},
        reason::{Reason, Refusal},
    },
    marketplace::{Limit, Problem, PushError},
    service::{Service, ServiceError, access, producers::EVERYTHING, pushes},
    store::{channels, listings},
};

/// What would be sent.
#[derive(Debug, Clone)]
pub struct Previewed {
    /// The body of the create as the channel would get it; `None` when the channel could not be asked for its limits.
    pub payload: Option<Value>,
    /// What the channel would refuse, by the field of the listing or its product.
    pub problems: Vec<Refusal>,
    /// Why the channel could not be asked.
    pub error: Option<SyncError>,
}

/// Renders a listing of one's own for a channel that carries it: the producer's or the province's. `None` when there is none such.
pub async fn preview(service: &Service, actor: &Actor, listing: ListingId, channel: ChannelId) -> Result<Option<Previewed>, ServiceError> {
    let reach = permit(actor, Action::ReadPrivate)?;
    let view = listings::View::new(EVERYTHING, service.clock.now());
    let (listing, channel) =
        (listings::find(&service.store, listing, &view).await?, channels::find(&service.store, channel, &EVERYTHING).await?);
    let (Some(listing), Some(channel)) = (listing, channel) else { return Ok(None) };
    if !reach.covers(listing.producer_id) || channel.producer_id.is_some_and(|owner| owner != listing.producer_id) {
        return Ok(None);
    }
    let offer = pushes::offer::offer(service, &listing).await?;
    let shop = match access::open(service, &channel).await {
        Ok(shop) => shop,
        Err(error) => return Ok(Some(failed(access::told(&error, None)))),
    };
    let mut rendered = shop.market.preview(&offer).await;
    if let Err(error @ PushError::TokenExpired(_)) = rendered {
        rendered = match access::renew(service, &channel, &shop, error).await {
            Ok(renewed) => renewed.market.preview(&offer).await,
            Err(error) => Err(error),
        };
    }
    Ok(Some(match rendered {
        Ok(preview) => Previewed { payload: Some(preview.payload), problems: preview.problems.iter().map(refusal).collect(), error: None },
        Err(error) => failed(access::told(&error, Some(&shop))),
    }))
}

const fn failed(error: SyncError) -> Previewed {
    Previewed { payload: None, problems: Vec::new(), error: Some(error) }
}

fn refusal(problem: &Problem) -> Refusal {
    let reason = match problem.limit.clone() {
        Limit::Length { min, max } => Reason::LengthOutOfRange { min, max },
        Limit::Range { min, max } => Reason::OutOfRange { min, max },
        Limit::AtLeast(min) => Reason::TooFew { min },
        Limit::Attribute { code, name } => Reason::MissingAttribute { code, name },
        Limit::NoCategory => Reason::NoChannelCategory,
    };
    Refusal::at(problem.field, reason)
}
