//! The feed for Google Merchant Center: RSS 2.0 (<https://support.google.com/merchants/answer/7052112>).

use serde_json::Value;

use super::{
    description, page_address, pictures, short, text,
    xml::{element, escaped},
};

/// The end of the file.
pub(super) const FOOT: &str = "</channel>\n</rss>\n";

/// The beginning of the file.
pub(super) fn head(base: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n<channel>\n\
         <title>OCOP</title>\n<link>{}</link>\n<description>Sản phẩm OCOP đang bán</description>\n",
        escaped(base)
    )
}

/// A listing; lengths as the specification limits them.
pub(super) fn item(base: &str, listing: &Value) -> String {
    let pictures = pictures(listing);
    let gtin = text(listing, "/variant/gtin");
    let identifiers = if gtin.is_empty() {
        // Without a GTIN, brand and the maker's own number identify it.
        element("g:mpn", &short(text(listing, "/variant/sku"), 70))
    } else {
        element("g:gtin", gtin)
    };
    let more: String = pictures.iter().skip(1).take(10).map(|url| element("g:additional_image_link", url)).collect();
    let stars = listing["stars"].as_u64().map(|stars| format!("OCOP {stars} sao")).unwrap_or_default();
    let fields = [
        element("g:id", &short(text(listing, "/externalKey"), 50)),
        element("g:title", &short(text(listing, "/title"), 150)),
        element("g:description", &short(description(listing), 5_000)),
        element("g:link", &page_address(base, listing)),
        element("g:image_link", pictures.first().copied().unwrap_or_default()),
        more,
        element("g:availability", if listing["availability"] == "IN_STOCK" { "in_stock" } else { "out_of_stock" }),
        element("g:price", &format!("{} {}", text(listing, "/price/amount"), text(listing, "/price/currency"))),
        element("g:brand", &short(text(listing, "/producer/displayName"), 70)),
        identifiers,
        element("g:condition", "new"),
        element("g:product_type", text(listing, "/group")),
        element("g:shipping_weight", &listing["variant"]["weightGrams"].as_u64().map(|grams| format!("{grams} g")).unwrap_or_default()),
        element("g:custom_label_0", &stars),
    ];
    format!("<item>{}</item>\n", fields.concat())
}
