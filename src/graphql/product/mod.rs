//! Products, their variants, pictures and documents, as clients see them.

pub mod mutation;
pub mod query;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use std::sync::Arc;

use crate::{
    domain::{
        product::{Certification, Media, Product, Recognition, Variant},
        reason::Locale,
    },
    graphql::{
        admin_unit::AdminUnitObject,
        context::{LocaleArgument, Text, asked, loader},
        eager::eager,
        error::Fault,
        id::{Kind, encode},
        listing::ListingObject,
        loader::{
            CertificationsOf, CommuneKey, CoverOf, LegacyCommuneKey, ListingsOf, MediaOf, ProducerKey, ProductKey, RatingsOf,
            RecognitionOf, VariantsOf,
        },
        producer::ProducerObject,
        rating::RatingObject,
        scalar::{Date, QuantityObject},
        seeds,
    },
};

/// The six product groups of the programme (Decisions 919/QĐ-TTg of 2022 and 148/QĐ-TTg of 2023). Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::product::ProductGroup", name = "OcopGroup")]
pub enum OcopGroup {
    /// Food (thực phẩm).
    Food,
    /// Drinks (đồ uống).
    Drink,
    /// Medicinal herbs and what is made of them (dược liệu và sản phẩm từ dược liệu).
    Herbal,
    /// Handicrafts, textiles included (hàng thủ công mỹ nghệ).
    Handicraft,
    /// Ornamental plants and animals (sinh vật cảnh).
    Ornamental,
    /// Community tourism, eco-tourism and places to visit (dịch vụ du lịch cộng đồng).
    Tourism,
}

/// Where a product is in its life. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::product::ProductState")]
pub enum ProductState {
    /// Being prepared; only its producer and admins see it.
    Draft,
    /// In the public catalog.
    Active,
    /// Taken out for good; its listings are archived with it.
    Archived,
}

/// Documents that prove something about a product beside an OCOP certificate. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::product::CertificationKind")]
pub enum CertificationKind {
    /// Good agricultural practice, Vietnam (VietGAP).
    Vietgap,
    /// Good agricultural practice (GLOBALG.A.P.).
    Globalgap,
    /// Organic (hữu cơ).
    Organic,
    /// Geographical indication (chỉ dẫn địa lý).
    GeographicalIndication,
    /// Food-safety certificate (giấy chứng nhận đủ điều kiện an toàn thực phẩm).
    FoodSafety,
    /// Product declaration (tự công bố sản phẩm).
    ProductDeclaration,
    /// HACCP.
    Haccp,
    /// ISO 22000.
    #[graphql(name = "ISO_22000")]
    Iso22000,
    /// Anything else; the number and issuer say what.
    Other,
}

/// What a published source says about a product's standing in the programme. It is a record, never a certificate.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::product::Evidence")]
pub enum Evidence {
    /// The source says that it holds an OCOP rating or certificate.
    Recognised,
    /// The source calls it an OCOP product without a rating.
    ListedAsOcop,
    /// The source only says that it was entered in the programme.
    ProgrammeCandidate,
}

/// Units of net content. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "crate::domain::quantity::Unit")]
pub enum Unit {
    /// Gram.
    Gram,
    /// Kilogram.
    Kilogram,
    /// Millilitre.
    Milliliter,
    /// Litre.
    Liter,
    /// Piece (cái, hộp, bộ).
    Piece,
}

/// A product of the programme (sản phẩm OCOP), rated or not.
#[derive(Description)]
pub struct ProductFields(pub(super) Arc<Product>);

eager!(
    /// A product with its fields.
    ProductObject = ProductFields(Product)
);

#[Object(name = "Product", use_type_description)]
impl ProductFields {
    /// Opaque global id.
    pub(super) async fn id(&self) -> ID {
        encode(Kind::Product, self.0.id)
    }

    /// Who makes it. Null where the source of an imported record does not say, and for suspended producers.
    async fn producer(&self, context: &Context<'_>) -> Result<Option<ProducerObject>, Fault> {
        let Some(id) = self.0.producer_id else { return Ok(None) };
        Ok(seeds::find(context, ProducerKey(id)).await?.map(ProducerObject::of))
    }

    /// Stable handle for addresses, without accents.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// The key of the system it was imported from.
    async fn external_key(&self) -> Option<&str> {
        self.0.external_key.as_deref()
    }

    /// Product group. Null where the source of an imported record leaves it in doubt.
    async fn group(&self) -> Option<OcopGroup> {
        self.0.group.map(Into::into)
    }

    /// Place in its life.
    async fn state(&self) -> ProductState {
        self.0.state.into()
    }

    /// Name; Vietnamese where there is no English one.
    async fn name(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Language; that of Accept-Language when left out.")] locale: Option<LocaleArgument>,
    ) -> Result<&str, Fault> {
        Text(&self.0.name_vi, self.0.name_en.as_deref()).in_language(context, locale)
    }

    /// Description, plain text; Vietnamese where there is no English one.
    async fn description(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Language; that of Accept-Language when left out.")] locale: Option<LocaleArgument>,
    ) -> Result<Option<&str>, Fault> {
        let english = locale.map_or(asked(context)?.locale, Into::into) == Locale::En;
        let (vi, en) = (self.0.description_vi.as_deref(), self.0.description_en.as_deref());
        Ok(if english { en.or(vi) } else { vi })
    }

    /// Months in season, 1 to 12, ascending; at most 12. Empty when it is made all year or unknown.
    async fn season_months(&self) -> &[u8] {
        &self.0.season_months
    }

    /// Commune of origin today.
    async fn commune(&self, context: &Context<'_>) -> Result<Option<AdminUnitObject>, Fault> {
        let Some(code) = self.0.commune_code.clone() else { return Ok(None) };
        Ok(seeds::find(context, CommuneKey(code)).await?.map(AdminUnitObject::of))
    }

    /// Commune of origin before 2025-07-01, as the source of an imported record names it.
    async fn former_commune(&self, context: &Context<'_>) -> Result<Option<AdminUnitObject>, Fault> {
        let Some(code) = self.0.legacy_commune_code.clone() else { return Ok(None) };
        Ok(loader(context)?.load_one(LegacyCommuneKey(code)).await?.map(AdminUnitObject::of))
    }

    /// Sellable forms; at most 50.
    async fn variants(&self, context: &Context<'_>) -> Result<Vec<VariantObject>, Fault> {
        let found = seeds::find(context, VariantsOf(self.0.id)).await?.unwrap_or_default();
        Ok(found.into_iter().map(VariantObject::of).collect())
    }

    /// Pictures, the cover first; at most 12.
    async fn media(&self, context: &Context<'_>) -> Result<Vec<MediaObject>, Fault> {
        let found = seeds::find(context, MediaOf(self.0.id)).await?.unwrap_or_default();
        Ok(found.into_iter().map(MediaObject::of).collect())
    }

    /// The first picture; null without any.
    async fn cover(&self, context: &Context<'_>) -> Result<Option<MediaObject>, Fault> {
        Ok(seeds::find(context, CoverOf(self.0.id)).await?.map(MediaObject::of))
    }

    /// Its listings that can be seen, the newest first; at most one live one for each variant.
    async fn listings(&self, context: &Context<'_>) -> Result<Vec<ListingObject>, Fault> {
        let found = seeds::find(context, ListingsOf(self.0.id)).await?.unwrap_or_default();
        Ok(found.into_iter().map(ListingObject::of).collect())
    }

    /// Documents of other kinds; at most 20.
    async fn certifications(&self, context: &Context<'_>) -> Result<Vec<CertificationObject>, Fault> {
        let found = loader(context)?.load_one(CertificationsOf(self.0.id)).await?.unwrap_or_default();
        Ok(found.into_iter().map(CertificationObject::from).collect())
    }

    /// The newest rating, in force or not; `status` tells. Null when it was never rated.
    async fn rating(&self, context: &Context<'_>) -> Result<Option<RatingObject>, Fault> {
        let found = seeds::find(context, RatingsOf(self.0.id)).await?.unwrap_or_default();
        Ok(found.into_iter().next().map(RatingObject::of))
    }

    /// All ratings, newest first; one for each decision, so a handful.
    async fn ratings(&self, context: &Context<'_>) -> Result<Vec<RatingObject>, Fault> {
        let found = seeds::find(context, RatingsOf(self.0.id)).await?.unwrap_or_default();
        Ok(found.into_iter().map(RatingObject::of).collect())
    }

    /// What a published source recorded of it before this service kept its ratings. Not a certificate.
    async fn recognition(&self, context: &Context<'_>) -> Result<Option<RecognitionObject>, Fault> {
        Ok(loader(context)?.load_one(RecognitionOf(self.0.id)).await?.map(RecognitionObject::from))
    }

    /// Grows with every change; give it back as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
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

/// One sellable form of a product.
#[derive(Description)]
pub struct VariantFields(pub(super) Arc<Variant>);

eager!(
    /// A variant with its fields.
    VariantObject = VariantFields(Variant)
);

#[Object(name = "Variant", use_type_description)]
impl VariantFields {
    /// Opaque global id.
    pub(super) async fn id(&self) -> ID {
        encode(Kind::Variant, self.0.id)
    }

    /// The product.
    async fn product(&self, context: &Context<'_>) -> Result<Option<ProductObject>, Fault> {
        Ok(seeds::find(context, ProductKey(self.0.product_id)).await?.map(ProductObject::of))
    }

    /// Stock-keeping unit, unique within the producer.
    async fn sku(&self) -> &str {
        &self.0.sku
    }

    /// GTIN-13 (GS1).
    async fn gtin(&self) -> Option<&str> {
        self.0.gtin.as_ref().map(crate::domain::gtin::Gtin::as_str)
    }

    /// Net content.
    async fn net_content(&self) -> QuantityObject {
        QuantityObject::of(self.0.net)
    }

    /// Weight of one packed unit in grams.
    async fn weight_grams(&self) -> u32 {
        self.0.weight_grams
    }

    /// No longer sold.
    async fn is_archived(&self) -> bool {
        self.0.archived
    }
}

/// A picture.
#[derive(Description)]
pub struct MediaFields(Arc<Media>);

eager!(
    /// A picture with its fields.
    MediaObject = MediaFields(Media)
);

#[Object(name = "Media", use_type_description)]
impl MediaFields {
    /// Opaque global id.
    async fn id(&self) -> ID {
        encode(Kind::Media, self.0.id)
    }

    /// Address, http or https.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// What it shows; Vietnamese where there is no English text.
    async fn alt(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Language; that of Accept-Language when left out.")] locale: Option<LocaleArgument>,
    ) -> Result<&str, Fault> {
        Text(&self.0.alt_vi, self.0.alt_en.as_deref()).in_language(context, locale)
    }
}

/// A dated document about a product that is not an OCOP certificate.
#[derive(SimpleObject)]
#[graphql(name = "Certification")]
pub struct CertificationObject {
    /// Kind.
    kind: CertificationKind,
    /// Number on the document.
    number: Option<String>,
    /// Who issued it.
    issuer: Option<String>,
    /// Day of issue.
    issued_on: Option<Date>,
    /// First day on which it no longer holds.
    expires_on: Option<Date>,
    /// Where it can be read.
    document_url: Option<String>,
}

impl From<Certification> for CertificationObject {
    fn from(c: Certification) -> Self {
        Self {
            kind: c.kind.into(),
            number: c.number,
            issuer: c.issuer,
            issued_on: c.issued_on.map(Date),
            expires_on: c.expires_on.map(Date),
            document_url: c.document_url,
        }
    }
}

/// What a published source recorded about a product. It proves nothing today: only `rating` does.
#[derive(SimpleObject)]
#[graphql(name = "Recognition")]
pub struct RecognitionObject {
    /// What the source says.
    evidence: Evidence,
    /// Stars the source names.
    recorded_stars: Option<u8>,
    /// Year the source names.
    year: Option<i32>,
    /// Decision number the source names.
    decision_number: Option<String>,
    /// The source.
    source: Option<String>,
}

impl From<Recognition> for RecognitionObject {
    fn from(r: Recognition) -> Self {
        Self { evidence: r.evidence.into(), recorded_stars: r.stars, year: r.year, decision_number: r.decision_number, source: r.source }
    }
}
