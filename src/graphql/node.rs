//! Objects with an identity, found by their global id.

use async_graphql::{Context, ID, Interface, Object};
use futures_util::future::try_join_all;

use crate::{
    graphql::{
        channel::{ChannelListingObject, ChannelObject},
        context::{Asked, asked, unasked},
        council::SessionObject,
        dossier::DossierObject,
        error::Fault,
        feed::reached,
        id::{Kind, decode},
        listing::ListingObject,
        loader::VariantKey,
        producer::ProducerObject,
        product::{ProductObject, VariantObject},
        rating::RatingObject,
        rubric::CriteriaSetObject,
        scalar::FeedCursor,
        seeds,
    },
    service::{channels, councils, dossiers, listings, producers, products, ratings, rubrics},
    store::Unasked,
};

/// Most ids of one `nodes`.
const MAX_NODES: usize = 100;

/// Queries by global id.
#[derive(Default)]
pub struct NodeQuery;

/// An object with an identity.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque global id."))]
pub enum Node {
    /// A producer.
    Producer(ProducerObject),
    /// A product.
    Product(ProductObject),
    /// A variant.
    Variant(VariantObject),
    /// A dossier.
    Dossier(DossierObject),
    /// A criteria set.
    CriteriaSet(CriteriaSetObject),
    /// A session of a council.
    CouncilSession(SessionObject),
    /// A rating.
    Rating(RatingObject),
    /// A listing.
    Listing(ListingObject),
    /// A channel.
    Channel(ChannelObject),
    /// A listing on a channel.
    ChannelListing(ChannelListingObject),
}

#[Object]
impl NodeQuery {
    /// The object with a global id; null when there is none or one may not see it.
    async fn node(&self, context: &Context<'_>, #[graphql(desc = "Global id.")] id: ID) -> Result<Option<Node>, Fault> {
        let asked = asked(context)?;
        find(context, asked, &id).await
    }

    /// The objects with global ids, in the order of the ids; null where there is none or one may not see it.
    async fn nodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Global ids, at most 100.")] ids: Vec<ID>,
        #[graphql(desc = "Waits until this change of the feed is there.")] min_cursor: Option<FeedCursor>,
    ) -> Result<Vec<Option<Node>>, Fault> {
        if ids.len() > MAX_NODES {
            return Err(Fault::input(format!("ids may hold at most {MAX_NODES}.")));
        }
        let asked = asked(context)?;
        reached(asked, min_cursor.as_ref()).await?;
        try_join_all(ids.iter().map(|id| find(context, asked, id))).await
    }
}

async fn find(context: &Context<'_>, asked: &Asked, id: &ID) -> Result<Option<Node>, Fault> {
    let Some((kind, uuid)) = decode(id) else { return Ok(None) };
    let (service, actor, unasked) = (&asked.service, &asked.actor, unasked(context)?);
    Ok(match kind {
        Kind::Producer => producers::find(service, actor, uuid.into(), unasked).await?.map(|p| Node::Producer(ProducerObject::of(p))),
        Kind::Product => products::find(service, actor, uuid.into(), unasked).await?.map(|p| Node::Product(ProductObject::of(p))),
        Kind::Variant => variant(context, asked, uuid).await?,
        Kind::Dossier => dossiers::find(service, actor, uuid.into()).await?.map(|d| Node::Dossier(DossierObject(d))),
        Kind::CriteriaSet => rubrics::find(service, actor, uuid.into()).await?.map(|s| Node::CriteriaSet(CriteriaSetObject(s))),
        Kind::CouncilSession => councils::find(service, actor, uuid.into()).await?.map(|s| Node::CouncilSession(SessionObject(s))),
        Kind::Rating => ratings::find(service, actor, uuid.into(), unasked).await?.map(|r| Node::Rating(RatingObject::of(r))),
        Kind::Listing => listings::find(service, actor, uuid.into(), unasked).await?.map(|l| Node::Listing(ListingObject::of(l))),
        Kind::Channel => channels::find(service, actor, uuid.into()).await?.map(|c| Node::Channel(ChannelObject(c))),
        Kind::ChannelListing => {
            channels::listing(service, actor, uuid.into()).await?.map(|c| Node::ChannelListing(ChannelListingObject(c)))
        }
        Kind::Account
        | Kind::ApiKey
        | Kind::AuditEntry
        | Kind::Document
        | Kind::ImportJob
        | Kind::Invitation
        | Kind::Media
        | Kind::Upload
        | Kind::WebhookEndpoint => None,
    })
}

/// A variant is seen by whoever sees its product.
async fn variant(context: &Context<'_>, asked: &Asked, id: uuid::Uuid) -> Result<Option<Node>, Fault> {
    let Some(variant) = seeds::find(context, VariantKey(id.into())).await? else { return Ok(None) };
    let seen = products::find(&asked.service, &asked.actor, variant.product_id, Unasked::EVERYTHING).await?.is_some();
    Ok(seen.then_some(Node::Variant(VariantObject::of(variant))))
}
