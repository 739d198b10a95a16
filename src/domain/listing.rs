//! Listings: an offer of a variant at a price, and when the public may see it.

use chrono::{DateTime, Utc};

use crate::domain::{
    certificate::{self, Validity},
    code::coded,
    id::{ListingId, ProducerId, ProductId, VariantId},
    money::Vnd,
    producer::ProducerStatus,
    product::{ProductGroup, ProductState},
    reason::Locale,
    score::Stars,
};

coded! {
    /// What its producer wants of a listing.
    ListingState {
        /// Being prepared.
        Draft = "DRAFT",
        /// To be sold wherever the rules allow.
        Published = "PUBLISHED",
        /// Taken back by its producer; can be published again.
        Unpublished = "UNPUBLISHED",
        /// Ended for good.
        Archived = "ARCHIVED",
    }
}

coded! {
    /// Why a listing is not visible to the public.
    HiddenReason {
        /// Not published yet.
        NotPublished = "NOT_PUBLISHED",
        /// Taken back by its producer.
        Unpublished = "UNPUBLISHED",
        /// Archived.
        Archived = "ARCHIVED",
        /// The product was never rated three stars or more.
        NotRated = "NOT_RATED",
        /// The certificate is not in force yet.
        CertificateNotYetValid = "CERTIFICATE_NOT_YET_VALID",
        /// The certificate's 36 months are over.
        CertificateExpired = "CERTIFICATE_EXPIRED",
        /// The rating was withdrawn.
        RatingRevoked = "RATING_REVOKED",
        /// The producer is suspended.
        ProducerSuspended = "PRODUCER_SUSPENDED",
        /// The product is archived.
        ProductArchived = "PRODUCT_ARCHIVED",
        /// The variant is no longer sold.
        VariantArchived = "VARIANT_ARCHIVED",
        /// The listing's own period has not begun.
        NotYetOffered = "NOT_YET_OFFERED",
        /// The listing's own period is over.
        OfferEnded = "OFFER_ENDED",
    }
}

coded! {
    /// Why a listing left the feed. Values may be added; treat unknown ones as "remove it".
    RemovalReason {
        /// Its producer took it back, or its own period ended.
        Unpublished = "UNPUBLISHED",
        /// It, its product or its variant was archived.
        Archived = "ARCHIVED",
        /// The certificate's 36 months are over, or it is not in force yet.
        CertificateExpired = "CERTIFICATE_EXPIRED",
        /// The rating was withdrawn.
        RatingRevoked = "RATING_REVOKED",
        /// The producer was suspended.
        ProducerSuspended = "PRODUCER_SUSPENDED",
        /// It is public, but no longer in the part of the catalog that this consumer follows.
        LeftChannel = "LEFT_CHANNEL",
    }
}

coded! {
    /// What caused a change. Values may be added.
    ChangeCause {
        /// Its producer published it.
        Published = "PUBLISHED",
        /// Its producer took it back.
        Unpublished = "UNPUBLISHED",
        /// It was archived.
        Archived = "ARCHIVED",
        /// Title, minimum order or period changed.
        ContentChanged = "CONTENT_CHANGED",
        /// Price changed.
        PriceChanged = "PRICE_CHANGED",
        /// Stock changed.
        StockChanged = "STOCK_CHANGED",
        /// The product, a variant or a picture changed.
        ProductChanged = "PRODUCT_CHANGED",
        /// The producer's data or standing changed.
        ProducerChanged = "PRODUCER_CHANGED",
        /// A rating was granted.
        RatingGranted = "RATING_GRANTED",
        /// A rating was withdrawn.
        RatingRevoked = "RATING_REVOKED",
        /// A day or instant was reached: a certificate expired or came into force, an offer began or ended.
        DateReached = "DATE_REACHED",
    }
}

/// A listing as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Identity.
    pub id: ListingId,
    /// Our key on every channel; sent as the seller's SKU.
    pub external_key: String,
    /// Stable handle for addresses.
    pub slug: String,
    /// Whose it is.
    pub producer_id: ProducerId,
    /// The product.
    pub product_id: ProductId,
    /// The variant offered.
    pub variant_id: VariantId,
    /// Title in Vietnamese, NFC.
    pub title_vi: String,
    /// Title in English.
    pub title_en: Option<String>,
    /// Price in whole đồng, taxes included.
    pub price: Vnd,
    /// Units that may be sold.
    pub stock: u32,
    /// Smallest order in units.
    pub min_order: u32,
    /// Start of the offer.
    pub valid_from: Option<DateTime<Utc>>,
    /// End of the offer.
    pub valid_until: Option<DateTime<Utc>>,
    /// What its producer wants.
    pub state: ListingState,
    /// When it was first published.
    pub published_at: Option<DateTime<Utc>>,
    /// Optimistic lock; counts its producer's edits.
    pub version: i32,
    /// Grows with every visible change, whoever made it; what feeds and channels compare.
    pub record_version: i32,
    /// When the public may see it.
    pub window: Option<Window>,
    /// Whether the feed last said that it is visible.
    pub announced: bool,
    /// Stars while visible; 0 otherwise.
    pub stars: u8,
    /// Group of the product.
    pub group: Option<ProductGroup>,
    /// Commune of the product's origin, or of its producer.
    pub commune_code: Option<String>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Listing {
    /// Why a consumer of the feed must not show the listing at an instant; `None` when it may. `logged` is the reason written
    /// when its visibility last changed; a window that closed since then closed by its date.
    pub fn removed(&self, at: DateTime<Utc>, logged: Option<RemovalReason>) -> Option<RemovalReason> {
        if self.window.is_some_and(|w| w.contains(at)) {
            return None;
        }
        let ended_offer = self.valid_until.is_some_and(|until| until <= at) || self.valid_from.is_some_and(|from| at < from);
        let by_date = if ended_offer { RemovalReason::Unpublished } else { RemovalReason::CertificateExpired };
        Some(logged.unwrap_or(by_date))
    }
}

/// The time in which the public may see a listing: from `from` up to, not including, `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First instant.
    pub from: DateTime<Utc>,
    /// First instant after the end.
    pub until: DateTime<Utc>,
}

impl Window {
    /// Whether an instant lies inside.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.until
    }
}

/// All that decides whether a listing may be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicityFacts {
    /// What its producer wants.
    pub state: ListingState,
    /// The product's state.
    pub product: ProductState,
    /// The variant is no longer sold.
    pub variant_archived: bool,
    /// The producer's standing.
    pub producer: ProducerStatus,
    /// The newest rating of the product and its validity.
    pub rating: Option<(Stars, Validity)>,
    /// Start of the offer.
    pub valid_from: Option<DateTime<Utc>>,
    /// End of the offer.
    pub valid_until: Option<DateTime<Utc>>,
}

impl PublicityFacts {
    /// The window in which all conditions hold; `None` when no instant satisfies them.
    pub fn window(&self) -> Option<Window> {
        let standing = self.state == ListingState::Published
            && self.product == ProductState::Active
            && !self.variant_archived
            && self.producer == ProducerStatus::Active;
        let (stars, validity) = self.rating.as_ref().filter(|_| standing)?;
        if stars.get() < 3 {
            return None;
        }
        let from = certificate::day_start(validity.issued_on).max(self.valid_from.unwrap_or(DateTime::UNIX_EPOCH));
        let end = certificate::day_start(validity.ends_on());
        let until = self.valid_until.map_or(end, |own| own.min(end));
        (from < until).then_some(Window { from, until })
    }

    /// Every reason why the listing is hidden at an instant, the most fundamental first; empty when it is visible.
    pub fn hidden(&self, at: DateTime<Utc>) -> Vec<HiddenReason> {
        let mut reasons = Vec::new();
        let mut because = |holds: bool, reason| {
            if holds {
                reasons.push(reason);
            }
        };
        because(self.state == ListingState::Archived, HiddenReason::Archived);
        because(self.state == ListingState::Draft, HiddenReason::NotPublished);
        because(self.state == ListingState::Unpublished, HiddenReason::Unpublished);
        because(self.product == ProductState::Archived, HiddenReason::ProductArchived);
        because(self.variant_archived, HiddenReason::VariantArchived);
        because(self.producer == ProducerStatus::Suspended, HiddenReason::ProducerSuspended);
        let day = certificate::legal_day(at);
        match &self.rating {
            Some((stars, validity)) if stars.get() >= 3 => {
                let withdrawn = validity.withdrawn_on.is_some_and(|on| on <= day);
                because(withdrawn, HiddenReason::RatingRevoked);
                because(!withdrawn && day < validity.issued_on, HiddenReason::CertificateNotYetValid);
                because(!withdrawn && day >= validity.ends_on(), HiddenReason::CertificateExpired);
            }
            _ => because(true, HiddenReason::NotRated),
        }
        because(self.valid_from.is_some_and(|from| at < from), HiddenReason::NotYetOffered);
        because(self.valid_until.is_some_and(|until| at >= until), HiddenReason::OfferEnded);
        reasons
    }
}

impl HiddenReason {
    /// The reason for people, with what to do about it.
    pub const fn sentence(self, locale: Locale) -> &'static str {
        let (vi, en) = match self {
            Self::NotPublished => ("Tin chưa được đăng bán.", "The listing is not published yet; publish it."),
            Self::Unpublished => ("Chủ thể đã ngừng đăng bán.", "Its producer took it back; publish it again."),
            Self::Archived => ("Tin đã được lưu trữ.", "The listing is archived; make a new one."),
            Self::NotRated => ("Sản phẩm chưa được công nhận từ 3 sao trở lên.", "The product has no rating of three stars or more."),
            Self::CertificateNotYetValid => ("Giấy chứng nhận chưa có hiệu lực.", "The certificate is not in force yet."),
            Self::CertificateExpired => {
                ("Giấy chứng nhận đã hết hạn; cần đánh giá lại.", "The certificate has expired; have the product rated again.")
            }
            Self::RatingRevoked => ("Kết quả công nhận đã bị thu hồi.", "The rating was withdrawn by a decision."),
            Self::ProducerSuspended => ("Chủ thể đang bị tạm dừng.", "The producer is suspended; ask the province's office."),
            Self::ProductArchived => ("Sản phẩm đã được lưu trữ.", "The product is archived."),
            Self::VariantArchived => ("Quy cách này không còn bán.", "The variant is no longer sold; list another one."),
            Self::NotYetOffered => ("Chưa đến ngày bắt đầu bán.", "The listing's own period has not begun."),
            Self::OfferEnded => ("Đã hết thời gian bán.", "The listing's own period is over; set a later end."),
        };
        match locale {
            Locale::Vi => vi,
            Locale::En => en,
        }
    }

    /// The reason a consumer of the feed is told.
    pub const fn removal(self) -> RemovalReason {
        match self {
            Self::NotPublished | Self::Unpublished | Self::NotYetOffered | Self::OfferEnded => RemovalReason::Unpublished,
            Self::Archived | Self::ProductArchived | Self::VariantArchived => RemovalReason::Archived,
            Self::CertificateExpired | Self::CertificateNotYetValid => RemovalReason::CertificateExpired,
            Self::NotRated | Self::RatingRevoked => RemovalReason::RatingRevoked,
            Self::ProducerSuspended => RemovalReason::ProducerSuspended,
        }
    }
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
