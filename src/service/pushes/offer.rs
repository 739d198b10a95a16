//! What a channel is told of a listing: the state of the catalog now.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::{
    domain::{admin_unit::Era, gtin::Gtin, listing::Listing, product::ProductGroup},
    marketplace::{About, Offer},
    service::{Service, ServiceError, producers::EVERYTHING},
    store::{admin_units, media, producers, products, variants},
};

/// The offer of a listing.
pub(in crate::service) async fn offer(service: &Service, listing: &Listing) -> Result<Offer, ServiceError> {
    let gone = |what: &str| ServiceError::Internal(format!("a push without its {what}"));
    let product = products::find(&service.store, listing.product_id, &EVERYTHING).await?.ok_or_else(|| gone("product"))?;
    let variant = variants::find_many(&service.store, &[listing.variant_id]).await?.pop().ok_or_else(|| gone("variant"))?;
    let producer = producers::find(&service.store, listing.producer_id).await?.ok_or_else(|| gone("producer"))?;
    let pictures = media::of_products(&service.store, &[listing.product_id]).await?;
    // Marketplaces want a description; where none was written, who makes it says more than the name alone.
    let description = product.description_vi.unwrap_or_else(|| format!("{} – {}", product.name_vi, producer.display_name));
    Ok(Offer {
        key: listing.external_key.clone(),
        title: listing.title_vi.clone(),
        description,
        group: listing.group.unwrap_or(ProductGroup::Food),
        price: listing.price,
        stock: listing.stock,
        gtin: variant.gtin,
        weight_grams: variant.weight_grams,
        image_urls: pictures.into_iter().map(|m| m.url).collect(),
        about: About {
            producer: producer.display_name,
            net_content: variant.net.in_vietnamese(),
            origin: origin(service, listing).await?,
            stars: listing.stars,
        },
        generation: 0,
    })
}

async fn origin(service: &Service, listing: &Listing) -> Result<Option<String>, ServiceError> {
    let Some(code) = listing.commune_code.clone() else { return Ok(None) };
    Ok(admin_units::find_many(&service.store, Era::From20250701, &[code]).await?.pop().map(|unit| unit.name))
}

/// Tells contents apart: everything that `update_content` sends.
pub(super) fn content_hash(offer: &Offer) -> String {
    let mut hash = Sha256::new();
    let gtin = offer.gtin.as_ref().map(Gtin::as_str).unwrap_or_default();
    let weight = offer.weight_grams.to_string();
    let about = &offer.about;
    let (origin, stars) = (about.origin.as_deref().unwrap_or_default(), about.stars.to_string());
    let facts = [about.producer.as_str(), &about.net_content, origin, &stars];
    let parts = [offer.title.as_str(), &offer.description, offer.group.code(), gtin, &weight].into_iter().chain(facts);
    for part in parts.chain(offer.image_urls.iter().map(String::as_str)) {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    HEXLOWER.encode(&hash.finalize()[..16])
}
