//! Open feeds for search engines, shops and readers: only what everybody may see, always whole, cached by what it was made from.

mod atom;
mod google;
mod meta;
mod product;
mod sitemap;
mod xml;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, RETRY_AFTER, VARY},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::{DateTime, SubsecRound, Utc};
use futures_util::{Stream, StreamExt, stream};
use serde_json::Value;
use std::{io, sync::Arc, time::Duration};
use tokio::sync::{Semaphore, oneshot};
use tower_http::compression::CompressionLayer;

use crate::{
    domain::feed::FeedScope,
    graphql::records::Records,
    service::{Service, ServiceError, feed},
};

/// Listings read at once.
const PAGE: u64 = 250;
/// Whole catalogs written at once in this process: each costs a read of everything, and nobody has to say who he is.
const AT_ONCE: usize = 4;
/// How long one of them may keep its place.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone)]
struct Shelf {
    service: Service,
    records: Records,
    slots: Arc<Semaphore>,
}

/// What an answer was made from, and when that came to be.
struct Validators {
    tag: HeaderValue,
    modified: DateTime<Utc>,
}

/// `/feeds/google.xml`, `/feeds/meta.csv`, `/feeds/new.atom`, `/sitemap.xml`, `/sitemaps/{n}`, `/p/{slug}`, `/01/{gtin}`.
pub(super) fn router(service: Service, records: Records) -> Router {
    Router::new()
        .route("/feeds/google.xml", get(google_feed))
        .route("/feeds/meta.csv", get(meta_feed))
        .route("/feeds/new.atom", get(atom_feed))
        .route("/sitemap.xml", get(sitemap_index))
        .route("/sitemaps/{name}", get(sitemap_part))
        .route("/p/{slug}", get(product_page))
        .route("/01/{gtin}", get(digital_link))
        .layer(CompressionLayer::new())
        .with_state(Shelf { service, records, slots: Arc::new(Semaphore::new(AT_ONCE)) })
}

async fn google_feed(State(shelf): State<Shelf>, headers: HeaderMap) -> Response {
    let base = shelf.service.base_url();
    let (head, foot) = (google::head(&base), google::FOOT.to_owned());
    shelf.whole(&headers, "application/rss+xml; charset=utf-8", (head, foot), move |listing| google::item(&base, listing)).await
}

async fn meta_feed(State(shelf): State<Shelf>, headers: HeaderMap) -> Response {
    let base = shelf.service.base_url();
    shelf
        .whole(&headers, "text/csv; charset=utf-8", (meta::HEAD.to_owned(), String::new()), move |listing| meta::line(&base, listing))
        .await
}

async fn atom_feed(State(shelf): State<Shelf>, headers: HeaderMap) -> Response {
    let made = async {
        let validators = shelf.validators().await?;
        if let Some(same) = validators.same(&headers) {
            return Ok(same);
        }
        let newest = shelf.records.newest(&shelf.service).await?;
        let text = atom::feed(&shelf.service.base_url(), &newest, validators.modified);
        Ok(validators.answer("application/atom+xml; charset=utf-8", Body::from(text)))
    };
    made.await.unwrap_or_else(failed)
}

async fn sitemap_index(State(shelf): State<Shelf>, headers: HeaderMap) -> Response {
    let made = async {
        let validators = shelf.validators().await?;
        if let Some(same) = validators.same(&headers) {
            return Ok(same);
        }
        let parts = sitemap::starts(&shelf.service).await?;
        let text = sitemap::index(&shelf.service.base_url(), &parts, validators.modified);
        Ok(validators.answer("application/xml; charset=utf-8", Body::from(text)))
    };
    made.await.unwrap_or_else(failed)
}

async fn sitemap_part(State(shelf): State<Shelf>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(number) = name.strip_suffix(".xml").and_then(|number| number.parse::<usize>().ok()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let made = async {
        let validators = shelf.validators().await?;
        if let Some(same) = validators.same(&headers) {
            return Ok(same);
        }
        let Some(text) = sitemap::part(&shelf.service, &shelf.service.base_url(), number).await? else {
            return Ok(StatusCode::NOT_FOUND.into_response());
        };
        Ok(validators.answer("application/xml; charset=utf-8", Body::from(text)))
    };
    made.await.unwrap_or_else(failed)
}

async fn product_page(State(shelf): State<Shelf>, Path(slug): Path<String>, headers: HeaderMap) -> Response {
    let (slug, wanted) = match slug.strip_suffix(".jsonld") {
        Some(slug) => (slug.to_owned(), product::Form::Data),
        None => (slug, product::Form::accepted(&headers)),
    };
    shelf.listing(serde_json::json!({ "slug": slug }), wanted, &headers).await
}

/// GS1 Digital Link 1.2: `/01/{gtin}` leads to the page for people, or to data for programs.
async fn digital_link(State(shelf): State<Shelf>, Path(gtin): Path<String>, headers: HeaderMap) -> Response {
    // A GTIN is written with 14 digits here; the catalog keeps 13.
    let gtin = if gtin.len() == 14 { gtin.trim_start_matches('0').to_owned() } else { gtin };
    let wanted = product::Form::accepted(&headers);
    if wanted == product::Form::Data {
        return shelf.listing(serde_json::json!({ "gtin": gtin }), wanted, &headers).await;
    }
    match shelf.records.listing(&shelf.service, serde_json::json!({ "gtin": gtin })).await {
        Ok(Some(listing)) => product::redirect(&shelf.service.base_url(), &listing),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => failed(error),
    }
}

impl Shelf {
    async fn validators(&self) -> Result<Validators, ServiceError> {
        let (state, modified) = feed::state(&self.service).await?;
        let tag = format!("\"{state}-{}\"", env!("CARGO_PKG_VERSION"));
        let tag = HeaderValue::from_str(&tag).map_err(|error| ServiceError::Internal(error.to_string()))?;
        Ok(Validators { tag, modified: modified.trunc_subsecs(0) })
    }

    /// Every public listing between a head and a foot, a page of the catalog in memory at a time.
    async fn whole(
        &self,
        headers: &HeaderMap,
        kind: &'static str,
        (head, foot): (String, String),
        write: impl Fn(&Value) -> String + Send + 'static,
    ) -> Response {
        let validators = match self.validators().await {
            Ok(validators) => validators,
            Err(error) => return failed(error),
        };
        if let Some(same) = validators.same(headers) {
            return same;
        }
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            return (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, HeaderValue::from_static("30"))]).into_response();
        };
        let (under_way, over) = oneshot::channel::<()>();
        // A reader that stops reading keeps its connection, not its place.
        tokio::spawn(async move {
            tokio::time::timeout(PATIENCE, over).await.ok();
            drop(slot);
        });
        let pages = self.clone().pages().map(move |page| {
            let _ends_with_the_stream = &under_way;
            let text: String = page?.iter().map(&write).collect();
            Ok::<_, io::Error>(Bytes::from(text))
        });
        let text = |text: String| stream::iter([Ok(Bytes::from(text))]);
        validators.answer(kind, Body::from_stream(text(head).chain(pages).chain(text(foot)).fuse()))
    }

    /// Pages of a snapshot; an error ends the answer in the middle, so that nobody takes a part for the whole.
    fn pages(self) -> impl Stream<Item = io::Result<Vec<Value>>> {
        stream::unfold((self, Some(None)), |(shelf, after): (Self, Option<Option<String>>)| async move {
            let after = after?;
            let page = shelf.records.snapshot(&shelf.service, &FeedScope::default(), after.as_deref(), PAGE).await;
            match page {
                Ok(mut page) => {
                    let next = (page["hasMore"] == true).then(|| page["endCursor"].as_str().map(str::to_owned));
                    let listings = match page["listings"].take() {
                        Value::Array(listings) => listings,
                        _ => Vec::new(),
                    };
                    Some((Ok(listings), (shelf, next)))
                }
                Err(error) => {
                    tracing::warn!(%error, "an open feed was cut");
                    Some((Err(io::Error::other("the catalog can't be read")), (shelf, None)))
                }
            }
        })
    }

    async fn listing(&self, by: Value, wanted: product::Form, headers: &HeaderMap) -> Response {
        let made = async {
            let validators = self.validators().await?;
            let Some(listing) = self.records.listing(&self.service, by).await? else {
                return Ok(StatusCode::NOT_FOUND.into_response());
            };
            Ok(validators.same(headers).unwrap_or_else(|| product::answer(&self.service.base_url(), &listing, wanted, &validators)))
        };
        made.await.unwrap_or_else(failed)
    }
}

impl Validators {
    /// "Not modified", when that is what the client has (RFC 9110, 13.1).
    fn same(&self, headers: &HeaderMap) -> Option<Response> {
        let is_same = match headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()) {
            Some(tags) => {
                tags.split(',').any(|tag| tag.trim().trim_start_matches("W/").as_bytes() == self.tag.as_bytes() || tag.trim() == "*")
            }
            None => headers
                .get(IF_MODIFIED_SINCE)
                .and_then(|value| DateTime::parse_from_rfc2822(value.to_str().ok()?).ok())
                .is_some_and(|since| self.modified <= since),
        };
        is_same.then(|| {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            self.put(response.headers_mut());
            response
        })
    }

    fn answer(&self, kind: &'static str, body: Body) -> Response {
        let mut response = Response::new(body);
        self.put(response.headers_mut());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }

    fn put(&self, headers: &mut HeaderMap) {
        headers.insert(ETAG, self.tag.clone());
        let modified = self.modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        if let Ok(modified) = HeaderValue::from_str(&modified) {
            headers.insert(LAST_MODIFIED, modified);
        }
        // Kept by anybody, shown only after asking whether it still holds: a withdrawn star must not linger.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
        headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    }
}

fn failed(error: ServiceError) -> Response {
    tracing::error!(%error, "an open feed could not be made");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

/// Text of a record; empty when it has none.
fn text<'a>(record: &'a Value, pointer: &str) -> &'a str {
    record.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// At most so many characters.
fn short(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

/// Address of the page of a listing.
fn page_address(base: &str, listing: &Value) -> String {
    format!("{base}/p/{}", text(listing, "/slug"))
}

/// Addresses of pictures, in order.
fn pictures(listing: &Value) -> Vec<&str> {
    listing["product"]["media"].as_array().into_iter().flatten().filter_map(|media| media["url"].as_str()).collect()
}

/// What the product is, in words; its title where nothing is written.
fn description(listing: &Value) -> &str {
    let written = text(listing, "/product/description");
    if written.is_empty() { text(listing, "/title") } else { written }
}
