//! Changing products.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use uuid::Uuid;

use crate::{
    domain::id::ProductId,
    graphql::{
        context::{asked, call, patch, unasked},
        error::{Fault, UserError, outcome},
        id::{Kind, of},
        product::{CertificationKind, OcopGroup, ProductObject},
        scalar::{Date, QuantityInput},
    },
    service::{
        ServiceError,
        certifications::{self, CertificationData},
        media::{self, MediaData},
        products::{self, ProductChange, ProductData},
        variants::{self, VariantData},
    },
};

/// Mutations on products.
#[derive(Default)]
pub struct ProductMutation;

/// What became of a product.
#[derive(SimpleObject)]
pub struct ProductPayload {
    /// The product as it is now; null when it was refused.
    product: Option<ProductObject>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

/// A new product.
#[derive(InputObject)]
pub struct ProductCreateInput {
    /// Who makes it.
    producer: ID,
    /// Group; needed before a dossier is submitted.
    group: Option<OcopGroup>,
    /// Name in Vietnamese, at most 120 characters.
    name: String,
    /// Name in English, at most 120 characters.
    name_en: Option<String>,
    /// Description in Vietnamese, plain text, at most 5,000 characters.
    description: Option<String>,
    /// Description in English, plain text, at most 5,000 characters.
    description_en: Option<String>,
    /// Months in season, 1 to 12, each once; at most 12.
    #[graphql(default)]
    season_months: Vec<i32>,
    /// Code of the commune of origin, in force since 2025-07-01.
    commune: Option<String>,
    /// Sellable forms; at most 50.
    #[graphql(default)]
    variants: Vec<VariantInput>,
}

/// A change of a product. Fields that are left out stay; null clears.
#[derive(InputObject)]
pub struct ProductUpdateInput {
    /// Group; locked while a certificate is valid.
    group: Option<OcopGroup>,
    /// Name in Vietnamese, at most 120 characters; locked while a certificate is valid.
    name: Option<String>,
    /// Name in English, at most 120 characters.
    name_en: MaybeUndefined<String>,
    /// Description in Vietnamese, plain text, at most 5,000 characters.
    description: MaybeUndefined<String>,
    /// Description in English, plain text, at most 5,000 characters.
    description_en: MaybeUndefined<String>,
    /// Months in season, 1 to 12, each once; at most 12.
    season_months: Option<Vec<i32>>,
    /// Code of the commune of origin, in force since 2025-07-01.
    commune: MaybeUndefined<String>,
}

/// A sellable form of a product.
#[derive(InputObject)]
pub struct VariantInput {
    /// A variant to keep; a new one is made when left out.
    id: Option<ID>,
    /// Stock-keeping unit, unique within the producer: letters, digits, hyphens, dots, underscores, at most 50.
    sku: String,
    /// GTIN-13 (GS1): 13 digits, the last one a check digit.
    gtin: Option<String>,
    /// Net content.
    net_content: QuantityInput,
    /// Weight of one packed unit in grams, 1 to 100,000; that of the net content when left out. Needed for pieces.
    weight_grams: Option<i64>,
}

/// A picture, by address or uploaded: exactly one of `url` and `upload`.
#[derive(InputObject)]
pub struct MediaInput {
    /// Address, http or https.
    url: Option<String>,
    /// An uploaded JPEG, PNG or WebP of one's own. It becomes public without location, time, device and comments.
    upload: Option<ID>,
    /// What it shows, in Vietnamese, at most 200 characters.
    alt: String,
    /// What it shows, in English, at most 200 characters.
    alt_en: Option<String>,
}

/// A document that is not an OCOP certificate.
#[derive(InputObject)]
pub struct CertificationInput {
    /// Kind.
    kind: CertificationKind,
    /// Number on the document, at most 100 characters.
    number: Option<String>,
    /// Who issued it, at most 200 characters.
    issuer: Option<String>,
    /// Day of issue, not in the future.
    issued_on: Option<Date>,
    /// First day on which it no longer holds.
    expires_on: Option<Date>,
    /// Where it can be read, http or https.
    document_url: Option<String>,
}

impl ProductPayload {
    async fn of(context: &Context<'_>, result: Result<ProductId, ServiceError>) -> Result<Self, Fault> {
        let asked = asked(context)?;
        let (id, user_errors) = outcome(result, asked.locale)?;
        let product = match id {
            Some(id) => products::find(&asked.service, &asked.actor, id, unasked(context)?).await?,
            None => None,
        };
        Ok(Self { product: product.map(ProductObject::of), user_errors })
    }
}

impl ProductCreateInput {
    fn read(self) -> (ID, ProductData, Vec<VariantData>) {
        let data = ProductData {
            group: self.group.map(Into::into),
            name_vi: self.name,
            name_en: self.name_en,
            description_vi: self.description,
            description_en: self.description_en,
            season_months: self.season_months,
            commune_code: self.commune,
        };
        (self.producer, data, self.variants.into_iter().map(VariantInput::read).collect())
    }
}

impl ProductUpdateInput {
    fn read(self) -> ProductChange {
        ProductChange {
            group: self.group.map(Into::into),
            name_vi: self.name,
            name_en: patch(self.name_en),
            description_vi: patch(self.description),
            description_en: patch(self.description_en),
            season_months: self.season_months,
            commune_code: patch(self.commune),
        }
    }
}

impl VariantInput {
    fn read(self) -> VariantData {
        VariantData {
            id: self.id.map(|id| of(Kind::Variant, &id)),
            sku: self.sku,
            gtin: self.gtin,
            net_value: self.net_content.value.0,
            net_unit: self.net_content.unit.into(),
            weight_grams: self.weight_grams,
        }
    }
}

impl CertificationInput {
    fn read(self) -> CertificationData {
        CertificationData {
            kind: self.kind.into(),
            number: self.number,
            issuer: self.issuer,
            issued_on: self.issued_on.map(|d| d.0),
            expires_on: self.expires_on.map(|d| d.0),
            document_url: self.document_url,
        }
    }
}

#[Object]
impl ProductMutation {
    /// Creates a product, with its variants, as a draft of a producer one belongs to.
    async fn product_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The product.")] input: ProductCreateInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ProductPayload, Fault> {
        let asked = asked(context)?;
        let (producer, data, with) = input.read();
        let call = call(context, asked, idempotency_key)?;
        ProductPayload::of(context, products::create(&asked.service, &call, of(Kind::Producer, &producer), data, with).await).await
    }

    /// Changes a product. Name and group are what was rated: they are locked while a certificate is valid.
    async fn product_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The product.")] id: ID,
        #[graphql(desc = "The version the change was made from.")] expected_version: i32,
        #[graphql(desc = "The change.")] input: ProductUpdateInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ProductPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let result = products::update(&asked.service, &call, of(Kind::Product, &id), expected_version, input.read()).await;
        ProductPayload::of(context, result).await
    }

    /// Takes a product out for good; its listings are archived with it.
    async fn product_archive(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The product.")] id: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ProductPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        ProductPayload::of(context, products::archive(&asked.service, &call, of(Kind::Product, &id)).await).await
    }

    /// Sets all variants of a product: those given are kept or created, the others are no longer sold.
    async fn product_variants_set(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The product.")] id: ID,
        #[graphql(desc = "All variants, in order; at most 50.")] input: ProductVariantsInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ProductPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let given = input.variants.into_iter().map(VariantInput::read).collect();
        ProductPayload::of(context, variants::set(&asked.service, &call, of(Kind::Product, &id), given).await).await
    }

    /// Attaches a picture at the end; at most 12 a product.
    async fn product_media_attach(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The product.")] id: ID,
        #[graphql(desc = "The picture.")] input: MediaInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ProductPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let data =
            MediaData { url: input.url, upload: input.upload.map(|u| of(Kind::Upload, &u)), alt_vi: input.alt, alt_en: input.alt_en };
        ProductPayload::of(context, media::attach(&asked.service, &call, of(Kind::Product, &id), data).await).await
    }

    /// Puts the pictures into an order; the first is the cover.
    async fn product_media_reorder(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The product.")] id: ID,
        #[graphql(desc = "All its pictures, each once; at most 12.")] media: Vec<ID>,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ProductPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let order = media.iter().map(|id| of(Kind::Media, id)).collect();
        ProductPayload::of(context, media::reorder(&asked.service, &call, of(Kind::Product, &id), order).await).await
    }

    /// Removes a picture.
    async fn product_media_detach(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The product.")] id: ID,
        #[graphql(desc = "The picture.")] media: ID,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ProductPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let picture = of(Kind::Media, &media);
        ProductPayload::of(context, media::detach(&asked.service, &call, of(Kind::Product, &id), picture).await).await
    }

    /// Sets all documents of other kinds of a product.
    async fn product_certifications_set(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The product.")] id: ID,
        #[graphql(desc = "All documents; at most 20.")] input: ProductCertificationsInput,
        #[graphql(desc = "Given twice within 24 hours, the first answer counts.")] idempotency_key: Option<Uuid>,
    ) -> Result<ProductPayload, Fault> {
        let asked = asked(context)?;
        let call = call(context, asked, idempotency_key)?;
        let given = input.certifications.into_iter().map(CertificationInput::read).collect();
        ProductPayload::of(context, certifications::set(&asked.service, &call, of(Kind::Product, &id), given).await).await
    }
}

/// All variants of a product.
#[derive(InputObject)]
pub struct ProductVariantsInput {
    /// Variants in order; at most 50.
    variants: Vec<VariantInput>,
}

/// All documents of other kinds of a product.
#[derive(InputObject)]
pub struct ProductCertificationsInput {
    /// Documents; at most 20.
    certifications: Vec<CertificationInput>,
}
