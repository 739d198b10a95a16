//! Products: the six groups of the programme, states, variants, pictures, other certifications.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::{
    code::coded,
    gtin::Gtin,
    id::{CertificationId, MediaId, ProducerId, ProductId, VariantId},
    quantity::Quantity,
};

coded! {
    /// The six product groups of Decisions 919/QĐ-TTg (2022) and 148/QĐ-TTg (2023).
    ProductGroup {
        /// Thực phẩm.
        Food = "FOOD",
        /// Đồ uống.
        Drink = "DRINK",
        /// Dược liệu và sản phẩm từ dược liệu.
        Herbal = "HERBAL",
        /// Hàng thủ công mỹ nghệ, includes textiles.
        Handicraft = "HANDICRAFT",
        /// Sinh vật cảnh.
        Ornamental = "ORNAMENTAL",
        /// Dịch vụ du lịch cộng đồng, du lịch sinh thái và điểm du lịch.
        Tourism = "TOURISM",
    }
}

coded! {
    /// Where a product is in its life.
    ProductState {
        /// Being prepared; only its producer and admins see it.
        Draft = "DRAFT",
        /// In the public catalog.
        Active = "ACTIVE",
        /// Taken out for good; its listings are archived with it.
        Archived = "ARCHIVED",
    }
}

coded! {
    /// Documents of other kinds that prove something about a product.
    CertificationKind {
        /// Good agricultural practice, Vietnam.
        Vietgap = "VIETGAP",
        /// Good agricultural practice, GLOBALG.A.P.
        Globalgap = "GLOBALGAP",
        /// Organic (hữu cơ).
        Organic = "ORGANIC",
        /// Geographical indication (chỉ dẫn địa lý).
        GeographicalIndication = "GEOGRAPHICAL_INDICATION",
        /// Food-safety certificate (giấy chứng nhận đủ điều kiện an toàn thực phẩm).
        FoodSafety = "FOOD_SAFETY",
        /// Product declaration (tự công bố sản phẩm).
        ProductDeclaration = "PRODUCT_DECLARATION",
        /// HACCP.
        Haccp = "HACCP",
        /// ISO 22000.
        Iso22000 = "ISO_22000",
        /// Anything else; the number and issuer say what.
        Other = "OTHER",
    }
}

coded! {
    /// What a published source says about a product's standing in the programme. A record, never a valid certificate.
    Evidence {
        /// The source says that it holds an OCOP rating or certificate.
        Recognised = "recognised",
        /// The source calls it an OCOP product without a rating.
        ListedAsOcop = "listed_as_ocop",
        /// The source only says that it was entered in the programme.
        ProgrammeCandidate = "programme_candidate",
    }
}

/// A product as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Identity.
    pub id: ProductId,
    /// Who makes it; `None` where the source does not say.
    pub producer_id: Option<ProducerId>,
    /// Stable handle for addresses.
    pub slug: String,
    /// The key of the system it was imported from.
    pub external_key: Option<String>,
    /// Group; `None` where the source leaves it in doubt.
    pub group: Option<ProductGroup>,
    /// Place in its life.
    pub state: ProductState,
    /// Name in Vietnamese, NFC.
    pub name_vi: String,
    /// Name in English.
    pub name_en: Option<String>,
    /// Description in Vietnamese, plain text.
    pub description_vi: Option<String>,
    /// Description in English, plain text.
    pub description_en: Option<String>,
    /// Months in season, 1 to 12, ascending; empty when it is made all year or unknown.
    pub season_months: Vec<u8>,
    /// Commune of origin today.
    pub commune_code: Option<String>,
    /// Commune of origin before 2025-07-01, as its source names it.
    pub legacy_commune_code: Option<String>,
    /// Optimistic lock.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// One sellable form of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Identity.
    pub id: VariantId,
    /// The product.
    pub product_id: ProductId,
    /// Whose it is.
    pub producer_id: ProducerId,
    /// Stock-keeping unit, unique within the producer.
    pub sku: String,
    /// GTIN-13.
    pub gtin: Option<Gtin>,
    /// Net content with its unit.
    pub net: Quantity,
    /// Weight of one packed unit in grams, for shipping.
    pub weight_grams: u32,
    /// Place in the product's list.
    pub position: i32,
    /// No longer sold.
    pub archived: bool,
}

/// A picture by address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// Identity.
    pub id: MediaId,
    /// The product.
    pub product_id: ProductId,
    /// Address, http or https.
    pub url: String,
    /// What it shows, in Vietnamese.
    pub alt_vi: String,
    /// What it shows, in English.
    pub alt_en: Option<String>,
    /// Place in the product's list; the first is the cover.
    pub position: i32,
}

/// A dated document about a product that is not an OCOP certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certification {
    /// Identity.
    pub id: CertificationId,
    /// The product.
    pub product_id: ProductId,
    /// Kind of document.
    pub kind: CertificationKind,
    /// Number on the document.
    pub number: Option<String>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// Date of issue.
    pub issued_on: Option<NaiveDate>,
    /// First day on which it no longer holds.
    pub expires_on: Option<NaiveDate>,
    /// Where the document can be read.
    pub document_url: Option<String>,
}

/// What a source recorded about a product. Only [`Evidence::Recognised`] may carry stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognition {
    /// What the source says.
    pub evidence: Evidence,
    /// Stars the source names.
    pub stars: Option<u8>,
    /// Year the source names.
    pub year: Option<i32>,
    /// Decision number the source names.
    pub decision_number: Option<String>,
    /// The source.
    pub source: Option<String>,
}

/// At most this many pictures a product.
pub const MAX_MEDIA: usize = 12;
/// At most this many variants a product.
pub const MAX_VARIANTS: usize = 50;
/// At most this many documents of other kinds a product.
pub const MAX_CERTIFICATIONS: usize = 20;
