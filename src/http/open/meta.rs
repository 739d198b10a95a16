//! The feed for Meta's catalog: CSV (<https://developers.facebook.com/docs/marketing-api/catalog/reference>).
//!
//! Formula cells are left as they are: the file is for a program, and changing data would show on products.

use serde_json::Value;

use super::{description, page_address, pictures, short, text};

/// The header row.
pub(super) const HEAD: &str = "id,title,description,availability,condition,price,link,image_link,brand,additional_image_link,gtin,\
                               quantity_to_sell_on_facebook,custom_label_0\r\n";

/// A listing; lengths as the specification limits them.
pub(super) fn line(base: &str, listing: &Value) -> String {
    let pictures = pictures(listing);
    let stars = listing["stars"].as_u64().map(|stars| format!("OCOP {stars} sao")).unwrap_or_default();
    let fields = [
        short(text(listing, "/externalKey"), 100),
        short(text(listing, "/title"), 200),
        short(description(listing), 9_999),
        if listing["availability"] == "IN_STOCK" { "in stock" } else { "out of stock" }.to_owned(),
        "new".to_owned(),
        format!("{} {}", text(listing, "/price/amount"), text(listing, "/price/currency")),
        page_address(base, listing),
        pictures.first().copied().unwrap_or_default().to_owned(),
        short(text(listing, "/producer/displayName"), 100),
        pictures.iter().skip(1).take(20).copied().collect::<Vec<_>>().join(","),
        text(listing, "/variant/gtin").to_owned(),
        listing["stock"].as_u64().unwrap_or_default().to_string(),
        stars,
    ];
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let written = writer.write_record(&fields).map_err(|error| error.to_string());
    let bytes = written.and_then(|()| writer.into_inner().map_err(|error| error.to_string()));
    // Writing into memory does not fail.
    bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
