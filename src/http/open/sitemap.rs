//! Site maps (<https://www.sitemaps.org/protocol.html>): an index, and files of at most 5,000 addresses.

use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt::Write;
use uuid::Uuid;

use super::xml::element;
use crate::service::{Service, ServiceError, publicity};

/// Addresses in a file; the protocol allows 50,000.
const ADDRESSES: u64 = 5_000;

/// After which listing each file begins; the first begins with the first.
pub(super) async fn starts(service: &Service) -> Result<Vec<Option<Uuid>>, ServiceError> {
    let mut starts = vec![None];
    loop {
        let after = starts.last().copied().flatten();
        let page = publicity::addresses(service, after, ADDRESSES + 1).await?;
        let last = usize::try_from(ADDRESSES).unwrap_or(usize::MAX) - 1;
        match page.get(last) {
            Some(address) if page.len() > last + 1 => starts.push(Some(address.id.0)),
            _ => return Ok(starts),
        }
    }
}

/// The index.
pub(super) fn index(base: &str, starts: &[Option<Uuid>], changed: DateTime<Utc>) -> String {
    let changed = changed.to_rfc3339_opts(SecondsFormat::Secs, true);
    let parts: String = (1..=starts.len()).fold(String::new(), |mut parts, number| {
        let address = element("loc", &format!("{base}/sitemaps/{number}.xml"));
        // Writing into a text does not fail.
        writeln!(parts, "<sitemap>{address}<lastmod>{changed}</lastmod></sitemap>").ok();
        parts
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n{parts}</sitemapindex>\n"
    )
}

/// A file by its number, from one; `None` past the last.
pub(super) async fn part(service: &Service, base: &str, number: usize) -> Result<Option<String>, ServiceError> {
    let Some(after) = starts(service).await?.into_iter().nth(number.wrapping_sub(1)) else { return Ok(None) };
    let addresses = publicity::addresses(service, after, ADDRESSES).await?;
    let urls: String = addresses.iter().fold(String::new(), |mut urls, address| {
        let place = element("loc", &format!("{base}/p/{}", address.slug));
        let changed = address.updated_at.to_rfc3339_opts(SecondsFormat::Secs, true);
        writeln!(urls, "<url>{place}<lastmod>{changed}</lastmod></url>").ok();
        urls
    });
    Ok(Some(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n{urls}</urlset>\n"
    )))
}
