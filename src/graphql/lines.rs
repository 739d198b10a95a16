//! A snapshot as lines of JSON. While a page is sent, the one after it is made by another task, and the one after that is begun where it is
//! likely to begin: an export is as fast as two processors allow, and holds three pages at most.

use async_graphql::{Name, Value, indexmap::IndexMap};
use serde_json::json;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    domain::feed::FeedScope,
    graphql::records::{Records, internal},
    service::{Service, ServiceError, feed},
};

/// Listings of one page.
const PAGE: u64 = 250;

/// The lines of a snapshot: first `{"asOf":…}`, then `{"listing":…}` lines, after each page but the last `{"endCursor":…}`, from which another
/// goes on, and in the end `{"complete":true,…}`.
pub struct Lines {
    source: Source,
    as_of: String,
    next: Next,
    listings: usize,
}

/// Where the next page is.
enum Next {
    /// The first one, which was read to know that there is one.
    First(Page),
    Begun(Begun),
    Nothing,
}

/// A page that is being made; dropped, it is given up.
struct Begun {
    after: String,
    page: AbortOnDropHandle<Result<Page, ServiceError>>,
}

/// A `ListingSnapshotPage`, its listings as lines.
struct Page {
    text: String,
    listings: usize,
    as_of: String,
    /// From where another page goes on.
    follows: Option<String>,
}

impl Lines {
    /// Reads the first page after a cursor, or from the beginning.
    pub async fn begin(records: Records, service: &Service, scope: FeedScope, after: Option<&str>) -> Result<Self, ServiceError> {
        let source = Source { records, service: service.clone(), scope };
        let first = source.page(after).await?;
        Ok(Self { source, as_of: first.as_of.clone(), next: Next::First(first), listings: 0 })
    }

    /// Where to follow changes from once all lines are read.
    pub fn as_of(&self) -> &str {
        &self.as_of
    }

    /// The lines of the next page; `None` after the last, and after an error.
    pub async fn next(&mut self) -> Option<Result<String, ServiceError>> {
        let (mut text, page) = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::First(page) => (format!("{}\n", json!({ "asOf": self.as_of })), page),
            Next::Begun(begun) => match self.made(begun).await {
                Ok(page) => (String::new(), page),
                Err(error) => return Some(Err(error)),
            },
            Next::Nothing => return None,
        };
        self.listings += page.listings;
        if let (Next::Nothing, Some(after)) = (&self.next, &page.follows) {
            self.next = Next::Begun(self.source.begin(after.clone()));
        }
        let last = match page.follows {
            Some(follows) => json!({ "endCursor": follows }),
            None => json!({ "complete": true, "asOf": page.as_of, "listings": self.listings }),
        };
        text.push_str(&page.text);
        text.push_str(&format!("{last}\n"));
        Some(Ok(text))
    }

    /// Waits for a page, and keeps what was begun after it if it began in the right place: what became visible or left meanwhile may have
    /// moved the page's end.
    async fn made(&mut self, begun: Begun) -> Result<Page, ServiceError> {
        let likely = self.source.likely_end(&begun.after).await?.map(|after| self.source.begin(after));
        let page = begun.page.await.map_err(internal)??;
        if let Some(ahead) = likely
            && page.follows.as_ref() == Some(&ahead.after)
        {
            self.next = Next::Begun(ahead);
        }
        Ok(page)
    }
}

/// What pages are made of.
#[derive(Clone)]
struct Source {
    records: Records,
    service: Service,
    scope: FeedScope,
}

impl Source {
    fn begin(&self, after: String) -> Begun {
        let (source, place) = (self.clone(), after.clone());
        let page = tokio::spawn(async move { source.page(Some(&place)).await });
        Begun { after, page: AbortOnDropHandle::new(page) }
    }

    async fn likely_end(&self, after: &str) -> Result<Option<String>, ServiceError> {
        feed::snapshot_end(&self.service, &self.scope, after, PAGE).await
    }

    async fn page(&self, after: Option<&str>) -> Result<Page, ServiceError> {
        let page = self.records.page(&self.service, &self.scope, (after, PAGE)).await?;
        let listings = match page.get("listings") {
            Some(Value::List(listings)) => listings.as_slice(),
            _ => &[],
        };
        let mut text = String::new();
        for listing in listings {
            // Written straight from the engine's values: another tree of the same would cost as much as making them.
            let listing = serde_json::to_string(listing).map_err(internal)?;
            text.extend(["{\"listing\":", &listing, "}\n"]);
        }
        let follows = (page.get("hasMore") == Some(&Value::Boolean(true))).then(|| cursor(&page, "endCursor"));
        Ok(Page { text, listings: listings.len(), as_of: cursor(&page, "asOf")?, follows: follows.transpose()? })
    }
}

fn cursor(page: &IndexMap<Name, Value>, field: &str) -> Result<String, ServiceError> {
    match page.get(field) {
        Some(Value::String(cursor)) => Ok(cursor.clone()),
        _ => Err(internal(format!("a snapshot without {field}"))),
    }
}
