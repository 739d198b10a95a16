//! What is new, for feed readers: Atom (RFC 4287).

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use super::{
    description, page_address, text,
    xml::{element, escaped},
};

/// The newest listings.
pub(super) fn feed(base: &str, newest: &[Value], changed: DateTime<Utc>) -> String {
    let entries: String = newest.iter().map(|listing| entry(base, listing)).collect();
    let (here, site) = (escaped(&format!("{base}/feeds/new.atom")), escaped(base));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"vi\">\n<id>{here}</id>\
         <title>Sản phẩm OCOP mới</title><updated>{}</updated><link rel=\"self\" href=\"{here}\"/><link href=\"{site}\"/>\n{entries}</feed>\n",
        changed.to_rfc3339_opts(SecondsFormat::Secs, true)
    )
}

fn entry(base: &str, listing: &Value) -> String {
    let page = page_address(base, listing);
    let author = element("name", text(listing, "/producer/displayName"));
    let fields = [
        element("id", &page),
        element("title", text(listing, "/title")),
        element("updated", text(listing, "/updatedAt")),
        format!("<author>{author}</author><link href=\"{}\"/>", escaped(&page)),
        element("summary", description(listing)),
    ];
    format!("<entry>{}</entry>\n", fields.concat())
}
