//! Listings: offers of a variant at a price, and why one is not visible.

pub mod browse;
pub mod mutation;
pub mod query;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use std::sync::Arc;

use crate::{
    domain::listing::Listing,
    graphql::{
        admin_unit::AdminUnitObject,
        channel::ChannelListingObject,
        context::{LocaleArgument, Text, asked, loader},
        eager::eager,
        error::Fault,
        id::{Kind, encode},
        loader::{ChannelsOf, CommuneKey, HiddenKey, ProducerKey, ProductKey, VariantKey},
        producer::ProducerObject,
        product::{OcopGroup, ProductObject, VariantObject},
        scalar::Money,
        seeds,
    },
};

/// What its producer wants of a listing. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::listing::ListingState")]
pub enum ListingState {
    /// Being prepared.
    Draft,
    /// To be sold wherever the rules allow; see `visibility`.
    Published,
    /// Taken back by its producer; can be published again.
    Unpublished,
    /// Ended for good.
    Archived,
}

/// Why a listing is not visible to the public. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::listing::HiddenReason", name = "VisibilityCode")]
pub enum VisibilityCode {
    /// Not published yet.
    NotPublished,
    /// Taken back by its producer.
    Unpublished,
    /// Archived.
    Archived,
    /// The product was never rated three stars or more.
    NotRated,
    /// The certificate is not in force yet.
    CertificateNotYetValid,
    /// The certificate's 36 months are over.
    CertificateExpired,
    /// The rating was withdrawn.
    RatingRevoked,
    /// The producer is suspended.
    ProducerSuspended,
    /// The product is archived.
    ProductArchived,
    /// The variant is no longer sold.
    VariantArchived,
    /// The listing's own period has not begun.
    NotYetOffered,
    /// The listing's own period is over.
    OfferEnded,
}

/// Whether units can be sold now. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Availability {
    /// At least the smallest order is in stock.
    InStock,
    /// Less than the smallest order is in stock.
    OutOfStock,
}

/// A listing (tin đăng bán): an offer of one variant at a price.
#[derive(Description)]
pub struct ListingFields(pub(super) Arc<Listing>);

eager!(
    /// A listing with its fields.
    ListingObject = ListingFields(Listing)
);

#[Object(name = "Listing", use_type_description)]
impl ListingFields {
    /// Opaque global id.
    pub(super) async fn id(&self) -> ID {
        encode(Kind::Listing, self.0.id)
    }

    /// Our key on every channel; sent to marketplaces as the seller's SKU.
    async fn external_key(&self) -> &str {
        &self.0.external_key
    }

    /// Stable handle for addresses, without accents.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// The product. Null when one may not see it.
    async fn product(&self, context: &Context<'_>) -> Result<Option<ProductObject>, Fault> {
        Ok(seeds::find(context, ProductKey(self.0.product_id)).await?.map(ProductObject::of))
    }

    /// The variant offered.
    async fn variant(&self, context: &Context<'_>) -> Result<Option<VariantObject>, Fault> {
        Ok(seeds::find(context, VariantKey(self.0.variant_id)).await?.map(VariantObject::of))
    }

    /// Whose it is. Null when suspended, for all but its members and admins.
    async fn producer(&self, context: &Context<'_>) -> Result<Option<ProducerObject>, Fault> {
        Ok(seeds::find(context, ProducerKey(self.0.producer_id)).await?.map(ProducerObject::of))
    }

    /// Title; Vietnamese where there is no English one.
    async fn title(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Language; that of Accept-Language when left out.")] locale: Option<LocaleArgument>,
    ) -> Result<&str, Fault> {
        Text(&self.0.title_vi, self.0.title_en.as_deref()).in_language(context, locale)
    }

    /// Price in whole đồng, taxes included.
    async fn price(&self) -> Money {
        Money::of(self.0.price)
    }

    /// Units that may be sold.
    async fn stock(&self) -> u32 {
        self.0.stock
    }

    /// Smallest order in units.
    async fn min_order(&self) -> u32 {
        self.0.min_order
    }

    /// Whether units can be sold now.
    async fn availability(&self) -> Availability {
        if self.0.stock >= self.0.min_order { Availability::InStock } else { Availability::OutOfStock }
    }

    /// Start of the offer; null when it has none of its own.
    async fn valid_from(&self) -> Option<DateTime<Utc>> {
        self.0.valid_from
    }

    /// End of the offer; null when it has none of its own.
    async fn valid_until(&self) -> Option<DateTime<Utc>> {
        self.0.valid_until
    }

    /// What its producer wants.
    async fn state(&self) -> ListingState {
        self.0.state.into()
    }

    /// Stars that may be shown now, 3 to 5. Null whenever no valid certificate stands behind them.
    async fn stars(&self, context: &Context<'_>) -> Result<Option<u8>, Fault> {
        let now = asked(context)?.service.clock.now();
        Ok(self.0.window.filter(|w| w.contains(now)).map(|_| self.0.stars))
    }

    /// When the public stops seeing it, as things stand: the end of the certificate or of the offer. Null while it is hidden.
    async fn visible_until(&self, context: &Context<'_>) -> Result<Option<DateTime<Utc>>, Fault> {
        let now = asked(context)?.service.clock.now();
        Ok(self.0.window.filter(|w| w.contains(now)).map(|w| w.until))
    }

    /// Product group.
    async fn group(&self) -> Option<OcopGroup> {
        self.0.group.map(Into::into)
    }

    /// Commune of the product's origin, or of its producer, today.
    async fn commune(&self, context: &Context<'_>) -> Result<Option<AdminUnitObject>, Fault> {
        let Some(code) = self.0.commune_code.clone() else { return Ok(None) };
        Ok(seeds::find(context, CommuneKey(code)).await?.map(AdminUnitObject::of))
    }

    /// Whether the public sees it now and, if not, every reason why.
    async fn visibility(&self, context: &Context<'_>) -> Result<Visibility, Fault> {
        let locale = asked(context)?.locale;
        let hidden = loader(context)?.load_one(HiddenKey(self.0.id)).await?.unwrap_or_default();
        let reasons: Vec<_> =
            hidden.iter().map(|r| VisibilityReason { code: (*r).into(), message: r.sentence(locale).to_owned() }).collect();
        Ok(Visibility { is_visible: reasons.is_empty(), reasons })
    }

    /// Its state on each channel that carries it; one a channel. Empty for all but its producer's members and admins.
    async fn channels(&self, context: &Context<'_>) -> Result<Vec<ChannelListingObject>, Fault> {
        let found = loader(context)?.load_one(ChannelsOf(self.0.id)).await?.unwrap_or_default();
        Ok(found.into_iter().map(ChannelListingObject).collect())
    }

    /// Grows with every edit of its producer; give it back as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Grows with every visible change, whoever made it; the `version` of the change feed.
    async fn feed_version(&self) -> i32 {
        self.0.record_version
    }

    /// When it was first published.
    async fn published_at(&self) -> Option<DateTime<Utc>> {
        self.0.published_at
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// Whether the public sees a listing.
#[derive(SimpleObject)]
pub struct Visibility {
    /// Seen by the public and carried by channels.
    is_visible: bool,
    /// Why not, the most fundamental reason first; empty when it is visible.
    reasons: Vec<VisibilityReason>,
}

/// One reason why a listing is hidden.
#[derive(SimpleObject)]
pub struct VisibilityReason {
    /// Stable code.
    code: VisibilityCode,
    /// Sentence for people, in the language of `Accept-Language`.
    message: String,
}
