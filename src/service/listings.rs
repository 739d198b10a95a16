//! Listings: drafted, priced, published, taken back.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        id::{ListingId, ProductId, VariantId},
        listing::{ChangeCause, HiddenReason, Listing, ListingState},
        money::Vnd,
        product::{Product, Variant},
        reason::Reason,
    },
    service::{
        Call, Service, ServiceError,
        clock::whole,
        form::{Form, Patch, PriceData},
        keys,
        producers::{distinct, expect_version, handle},
        publicity,
        work::{Work, begin},
    },
    store::{
        Sparing, Unasked,
        listings::{self, ListingFilter},
        products, variants,
    },
};

/// What creating a listing takes.
#[derive(Debug, Clone)]
pub struct ListingData {
    /// The product.
    pub product: ProductId,
    /// The variant; the product's only one when left out.
    pub variant: Option<VariantId>,
    /// Title in Vietnamese; product name and net content when left out.
    pub title_vi: Option<String>,
    /// Title in English.
    pub title_en: Option<String>,
    /// Price in đồng.
    pub price: PriceData,
    /// Units that may be sold.
    pub stock: i64,
    /// Smallest order.
    pub min_order: i64,
    /// Start of the offer.
    pub valid_from: Option<DateTime<Utc>>,
    /// End of the offer.
    pub valid_until: Option<DateTime<Utc>>,
}

/// What can be changed of a listing beside price and stock.
#[derive(Debug, Clone, Default)]
pub struct ListingChange {
    /// Title in Vietnamese.
    pub title_vi: Option<String>,
    /// Title in English.
    pub title_en: Patch<String>,
    /// Smallest order.
    pub min_order: Option<i64>,
    /// Start of the offer.
    pub valid_from: Patch<DateTime<Utc>>,
    /// End of the offer.
    pub valid_until: Patch<DateTime<Utc>>,
}

/// A listing after a call that made or changed it.
#[derive(Debug)]
pub enum Edited {
    /// As the call left it.
    Now(Box<Listing>),
    /// The call was done before, under the same key; the listing may have changed since.
    Before(ListingId),
}

impl Edited {
    /// Its id.
    pub fn id(&self) -> ListingId {
        match self {
            Self::Now(listing) => listing.id,
            Self::Before(id) => *id,
        }
    }
}

impl From<Uuid> for Edited {
    fn from(object: Uuid) -> Self {
        Self::Before(object.into())
    }
}

const TITLE: usize = 150;
const MAX_STOCK: i64 = 999_999;
const MAX_MIN_ORDER: i64 = 10_000;

/// Drafts a listing of a variant.
pub async fn create(service: &Service, call: &Call<'_>, data: ListingData) -> Result<Edited, ServiceError> {
    let reach = permit(call.actor, Action::EditListing)?;
    let mut form = Form::new("input");
    let price = form.price(&|part| format!("price.{part}"), &data.price);
    let stock = form.number("stock", data.stock, 0..=MAX_STOCK);
    let min_order = form.number("minOrder", data.min_order, 1..=MAX_MIN_ORDER);
    let title_vi = form.optional("title", data.title_vi.as_deref(), TITLE);
    let title_en = form.optional("titleEn", data.title_en.as_deref(), TITLE);
    let (valid_from, valid_until) = (data.valid_from.map(whole), data.valid_until.map(whole));
    form.period("validUntil", valid_from.as_ref(), valid_until.as_ref());
    form.finish()?;
    let price = price.ok_or_else(|| ServiceError::refused("input.price", Reason::Required))?;
    let work = begin!(service, call);
    let product = products::find_for_update(&work.tx, data.product, &reach).await?;
    let product = product.ok_or_else(|| ServiceError::refused("input.product", Reason::NotFound))?;
    if product.producer_id.is_none() {
        return Err(ServiceError::refused("input.product", Reason::ProducerMissing));
    }
    super::products::refuse_archived(&product).map_err(|_| ServiceError::refused("input.product", Reason::NotFound))?;
    let sold: Vec<_> = variants::of_products(&work.tx, &[product.id]).await?.into_iter().filter(|v| !v.archived).collect();
    let variant = match (data.variant, sold.as_slice()) {
        (Some(id), _) => sold.iter().find(|v| v.id == id).ok_or_else(|| ServiceError::refused("input.variant", Reason::NotFound))?,
        (None, [only]) => only,
        (None, []) => return Err(ServiceError::refused("input.variant", Reason::VariantMissing)),
        (None, _) => return Err(ServiceError::refused("input.variant", Reason::Required)),
    };
    let title_vi = title_vi.unwrap_or_else(|| format!("{} {} {}", product.name_vi, variant.net.value(), unit_word(variant.net.unit())));
    let slug = unused_slug(&work, &title_vi).await?;
    let plain = draft(service, (&product, variant), (title_vi, slug), (price, stock), work.at);
    let listing = Listing { title_en, min_order, valid_from, valid_until, ..plain };
    listings::insert(&work.tx, &listing).await?;
    publicity::reword(&work.tx, std::slice::from_ref(&listing)).await?;
    work.note("listingCreate", ("listing", listing.id.0), json!({ "price": listing.price.amount() }));
    work.commit(listing.id.0).await?;
    Ok(Edited::Now(Box::new(listing)))
}

/// A new listing that nobody sees yet, of one unit at least, for any time.
pub(super) fn draft(
    service: &Service,
    (product, variant): (&Product, &Variant),
    (title_vi, slug): (String, String),
    (price, stock): (Vnd, u32),
    at: DateTime<Utc>,
) -> Listing {
    Listing {
        id: service.new_id().into(),
        external_key: format!("OCOP-{}", keys::code(12)),
        slug,
        producer_id: variant.producer_id,
        product_id: product.id,
        variant_id: variant.id,
        title_vi,
        title_en: None,
        price,
        stock,
        min_order: 1,
        valid_from: None,
        valid_until: None,
        state: ListingState::Draft,
        published_at: None,
        version: 1,
        record_version: 1,
        window: None,
        announced: false,
        stars: 0,
        group: product.group,
        commune_code: product.commune_code.clone(),
        created_at: at,
        updated_at: at,
    }
}

/// Changes title, smallest order or period.
pub async fn update(
    service: &Service,
    call: &Call<'_>,
    id: ListingId,
    expected: i32,
    change: ListingChange,
) -> Result<Edited, ServiceError> {
    edit(service, call, (id, Some(expected)), "listingUpdate", |listing| {
        let mut form = Form::new("input");
        if let Some(title) = change.title_vi {
            listing.title_vi = form.text("title", &title, TITLE);
        }
        change.title_en.and_then(|text| form.optional("titleEn", Some(&text), TITLE)).apply(&mut listing.title_en);
        if let Some(min_order) = change.min_order {
            listing.min_order = form.number("minOrder", min_order, 1..=MAX_MIN_ORDER);
        }
        change.valid_from.and_then(|at| Some(whole(at))).apply(&mut listing.valid_from);
        change.valid_until.and_then(|at| Some(whole(at))).apply(&mut listing.valid_until);
        form.period("validUntil", listing.valid_from.as_ref(), listing.valid_until.as_ref());
        form.finish()?;
        Ok(ChangeCause::ContentChanged)
    })
    .await
}

/// Sets the price.
pub async fn set_price(
    service: &Service,
    call: &Call<'_>,
    id: ListingId,
    expected: Option<i32>,
    price: &PriceData,
) -> Result<Edited, ServiceError> {
    let mut form = Form::new("price");
    let price: Option<Vnd> = form.price(&str::to_owned, price);
    form.finish()?;
    edit(service, call, (id, expected), "listingSetPrice", |listing| {
        listing.price = price.unwrap_or(listing.price);
        Ok(ChangeCause::PriceChanged)
    })
    .await
}

/// Sets how many units may be sold.
pub async fn set_stock(
    service: &Service,
    call: &Call<'_>,
    id: ListingId,
    expected: Option<i32>,
    stock: i64,
) -> Result<Edited, ServiceError> {
    let mut form = Form::new("");
    let stock = form.number("stock", stock, 0..=MAX_STOCK);
    form.finish()?;
    edit(service, call, (id, expected), "listingSetAvailability", |listing| {
        listing.stock = stock;
        Ok(ChangeCause::StockChanged)
    })
    .await
}

/// Takes a listing back; it can be published again.
pub async fn unpublish(service: &Service, call: &Call<'_>, id: ListingId) -> Result<Edited, ServiceError> {
    edit(service, call, (id, None), "listingUnpublish", |listing| {
        if listing.state != ListingState::Published {
            return Err(wrong_state(listing));
        }
        listing.state = ListingState::Unpublished;
        Ok(ChangeCause::Unpublished)
    })
    .await
}

/// Ends a listing for good.
pub async fn archive(service: &Service, call: &Call<'_>, id: ListingId) -> Result<Edited, ServiceError> {
    edit(service, call, (id, None), "listingArchive", |listing| {
        listing.state = ListingState::Archived;
        Ok(ChangeCause::Archived)
    })
    .await
}

/// Publishes a listing: needs a rating of three stars or more that is, or will be, in force, and an active producer.
pub async fn publish(service: &Service, call: &Call<'_>, id: ListingId) -> Result<Edited, ServiceError> {
    let reach = permit(call.actor, Action::EditListing)?;
    let work = begin!(service, call);
    let mut listing = listings::find_for_update(&work.tx, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    if matches!(listing.state, ListingState::Published | ListingState::Archived) {
        return Err(wrong_state(&listing));
    }
    listing.state = ListingState::Published;
    let hidden = publicity::facts(&work.tx, &listing).await?.hidden(work.at);
    if let Some(reason) = hidden.into_iter().find_map(obstacle) {
        return Err(ServiceError::refused("id", reason));
    }
    listing.published_at.get_or_insert(work.at);
    listing.version += 1;
    listing.updated_at = work.at;
    work.note("listingPublish", ("listing", id.0), json!({ "version": listing.version }));
    finish(service, work, listing, ChangeCause::Published).await
}

/// The listing with an id, if the actor may see it.
pub async fn find(service: &Service, actor: &Actor, id: ListingId, unasked: Unasked) -> Result<Option<Listing>, ServiceError> {
    Ok(listings::find(&Sparing::new(&service.store, unasked), id, &service.view(actor)?).await?)
}

/// The listing with a slug, if the actor may see it.
pub async fn by_slug(service: &Service, actor: &Actor, slug: &str, unasked: Unasked) -> Result<Option<Listing>, ServiceError> {
    Ok(listings::by_slug(&Sparing::new(&service.store, unasked), slug, &service.view(actor)?).await?)
}

/// The listing with our key on channels, if the actor may see it.
pub async fn by_external_key(service: &Service, actor: &Actor, key: &str, unasked: Unasked) -> Result<Option<Listing>, ServiceError> {
    Ok(listings::by_external_key(&Sparing::new(&service.store, unasked), key, &service.view(actor)?).await?)
}

/// The newest listing of the variant with a GTIN, if the actor may see it.
pub async fn by_gtin(service: &Service, actor: &Actor, gtin: &str, unasked: Unasked) -> Result<Option<Listing>, ServiceError> {
    Ok(listings::by_gtin(&Sparing::new(&service.store, unasked), gtin, &service.view(actor)?).await?)
}

/// How many listings a filter leaves for the actor, counting no further than `cap`.
pub async fn count(service: &Service, actor: &Actor, filter: &ListingFilter, cap: u64) -> Result<u64, ServiceError> {
    Ok(listings::count(&service.store, filter, &service.view(actor)?, cap).await?)
}

async fn edit(
    service: &Service,
    call: &Call<'_>,
    (id, expected): (ListingId, Option<i32>),
    action: &'static str,
    change: impl FnOnce(&mut Listing) -> Result<ChangeCause, ServiceError>,
) -> Result<Edited, ServiceError> {
    let reach = permit(call.actor, Action::EditListing)?;
    let work = begin!(service, call);
    let mut listing = listings::find_for_update(&work.tx, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    if let Some(expected) = expected {
        expect_version(listing.version, expected)?;
    }
    if listing.state == ListingState::Archived {
        return Err(wrong_state(&listing));
    }
    let cause = change(&mut listing)?;
    listing.version += 1;
    listing.updated_at = work.at;
    work.note(action, ("listing", id.0), json!({ "version": listing.version, "price": listing.price.amount(), "stock": listing.stock }));
    finish(service, work, listing, cause).await
}

/// Writes a changed listing and all that follows from it.
async fn finish(service: &Service, mut work: Box<Work>, listing: Listing, cause: ChangeCause) -> Result<Edited, ServiceError> {
    let id = listing.id;
    let now = publicity::refresh(service, &mut work, vec![listing], cause).await?;
    work.commit(id.0).await?;
    Ok(now.into_iter().next().map_or(Edited::Before(id), |listing| Edited::Now(Box::new(listing))))
}

fn wrong_state(listing: &Listing) -> ServiceError {
    ServiceError::refused("id", Reason::WrongState { state: listing.state.code().to_owned() })
}

/// What stands against publishing; a date that will come by itself does not.
fn obstacle(hidden: HiddenReason) -> Option<Reason> {
    match hidden {
        HiddenReason::NotRated => Some(Reason::NotRated),
        HiddenReason::CertificateExpired => Some(Reason::CertificateExpired),
        HiddenReason::RatingRevoked => Some(Reason::RatingRevoked),
        HiddenReason::ProducerSuspended => Some(Reason::ProducerSuspended),
        HiddenReason::ProductArchived | HiddenReason::VariantArchived => Some(Reason::WrongState { state: hidden.code().to_owned() }),
        HiddenReason::OfferEnded => Some(Reason::EndBeforeStart),
        HiddenReason::NotPublished
        | HiddenReason::Unpublished
        | HiddenReason::Archived
        | HiddenReason::CertificateNotYetValid
        | HiddenReason::NotYetOffered => None,
    }
}

async fn unused_slug(work: &Work, title: &str) -> Result<String, ServiceError> {
    let slug = handle(title, "tin-dang");
    let everyone = listings::View::new(super::producers::EVERYTHING, work.at);
    let used = listings::by_slug(&work.tx, &slug, &everyone).await?.is_some();
    Ok(if used { distinct(&slug) } else { slug })
}

fn unit_word(unit: crate::domain::quantity::Unit) -> &'static str {
    use crate::domain::quantity::Unit;
    match unit {
        Unit::Gram => "g",
        Unit::Kilogram => "kg",
        Unit::Milliliter => "ml",
        Unit::Liter => "l",
        Unit::Piece => "cái",
    }
}
