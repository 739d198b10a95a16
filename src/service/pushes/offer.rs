//! What a channel is told of a listing: the state of the catalog now.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::{
    domain::{gtin::Gtin, listing::Listing, product::ProductGroup},
    marketplace::Offer,
    service::{Service, ServiceError, producers::EVERYTHING},
    store::{media, producers, products, variants},
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
    })
}

/// Tells contents apart: everything that `update_content` sends.
pub(super) fn content_hash(offer: &Offer) -> String {
    let mut hash = Sha256::new();
    let gtin = offer.gtin.as_ref().map(Gtin::as_str).unwrap_or_default();
    let weight = offer.weight_grams.to_string();
    let parts = [offer.title.as_str(), &offer.description, offer.group.code(), gtin, &weight];
    for part in parts.into_iter().chain(offer.image_urls.iter().map(String::as_str)) {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    HEXLOWER.encode(&hash.finalize()[..16])
}
