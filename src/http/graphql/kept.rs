//! Answers that are kept: reads of visible listings by nobody in particular, as long as the feed does not go on.
//!
//! An answer is kept under its document, variables and language, with the feed's number that was read before it ran and the instant at
//! which a date may change it. It is given again only when the number, read anew for each request, is still the same: never after a
//! commit that changed it is visible, on any replica. What is kept holds nothing that changes without the feed: see [`FIELDS`].

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use lru::LruCache;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use crate::http::graphql::ask::Ask;

/// Answers kept at once, and the longest in bytes: eight MiB at most.
const ANSWERS: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");
const LONGEST: usize = 32 * 1024;

/// Root fields whose answers the feed knows all of, and the fields below them. Every change of one of these, of a listing that is visible,
/// is a change in the feed.
const ROOTS: [&str; 3] = ["listings", "listing", "__typename"];
const FIELDS: [&str; 42] = [
    "__typename",
    "nodes",
    "edges",
    "node",
    "cursor",
    "pageInfo",
    "hasNextPage",
    "hasPreviousPage",
    "startCursor",
    "endCursor",
    "totalCount",
    "isExact",
    "id",
    "externalKey",
    "slug",
    "title",
    "price",
    "amount",
    "currency",
    "stock",
    "minOrder",
    "availability",
    "validFrom",
    "validUntil",
    "stars",
    "group",
    "product",
    "name",
    "description",
    "seasonMonths",
    "cover",
    "media",
    "url",
    "alt",
    "variant",
    "sku",
    "gtin",
    "netContent",
    "value",
    "unit",
    "producer",
    "displayName",
];
/// Arguments that ask for more than what is visible now.
const ARGUMENTS: [&str; 2] = ["search", "minCursor"];

/// Tells how fresh things are.
#[derive(Clone)]
pub struct Freshness {
    /// The feed's newest number; `None` when it can't be read.
    pub number: Arc<dyn Fn() -> BoxFuture<'static, Option<i64>> + Send + Sync>,
    /// When a date next changes what is visible; `None` when it can't be told.
    pub until: Arc<dyn Fn() -> BoxFuture<'static, Option<DateTime<Utc>>> + Send + Sync>,
    /// The clock.
    pub now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
}

#[cfg(test)]
impl Freshness {
    /// Nothing is known, so nothing is kept.
    pub(super) fn unknown() -> Self {
        Self {
            number: Arc::new(|| Box::pin(async { None })),
            until: Arc::new(|| Box::pin(async { None })),
            now: Arc::new(|| DateTime::UNIX_EPOCH),
        }
    }
}

/// An answer that is kept.
pub(super) struct Kept {
    /// Its `data`, written.
    pub(super) data: Box<RawValue>,
    /// A name for it.
    pub(super) tag: String,
    /// What its rows cost.
    pub(super) actual: u64,
    number: i64,
    until: DateTime<Utc>,
}

/// What is kept.
pub(super) struct Answers {
    kept: Mutex<LruCache<[u8; 32], Arc<Kept>>>,
    freshness: Freshness,
}

/// An answer that may be kept: under which key, and at which number of the feed it is made.
pub(super) struct Place {
    key: [u8; 32],
    number: i64,
}

/// The key of an answer; `None` when it must not be kept.
pub(super) fn key(ask: &Ask, document: &ExecutableDocument, language: &str) -> Option<[u8; 32]> {
    if document.operations.iter().count() != 1
        || !document.operations.iter().all(|(_, o)| is_of(document, &o.node.selection_set.node, true))
    {
        return None;
    }
    let variables = serde_json::to_string(&ask.variables).ok()?;
    let mut hash = Sha256::new();
    for part in [&ask.query, ask.operation_name.as_deref().unwrap_or_default(), &variables, language] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    Some(hash.finalize().into())
}

fn is_of(document: &ExecutableDocument, set: &SelectionSet, is_root: bool) -> bool {
    set.items.iter().all(|selection| match &selection.node {
        Selection::Field(field) => {
            let field = &field.node;
            let known: &[&str] = if is_root { &ROOTS } else { &FIELDS };
            known.contains(&field.name.node.as_str())
                && !field.arguments.iter().any(|(name, _)| ARGUMENTS.contains(&name.node.as_str()))
                && is_of(document, &field.selection_set.node, false)
        }
        Selection::InlineFragment(fragment) => is_of(document, &fragment.node.selection_set.node, is_root),
        Selection::FragmentSpread(spread) => document
            .fragments
            .get(&spread.node.fragment_name.node)
            .is_some_and(|fragment| is_of(document, &fragment.node.selection_set.node, is_root)),
    })
}

impl Answers {
    pub(super) fn new(freshness: Freshness) -> Self {
        Self { kept: Mutex::new(LruCache::new(ANSWERS)), freshness }
    }

    /// The answer kept under a key if it still holds; otherwise where a new one may be kept.
    pub(super) async fn find(&self, key: [u8; 32]) -> Result<Arc<Kept>, Option<Place>> {
        let Some(number) = (self.freshness.number)().await else { return Err(None) };
        let known = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let holds = |kept: &Arc<Kept>| kept.number == number && (self.freshness.now)() < kept.until;
        known.filter(holds).ok_or(Some(Place { key, number }))
    }

    /// Keeps an answer without errors; `None` when it is too long or its end can't be told.
    pub(super) async fn keep(&self, place: Place, data: &async_graphql::Value, actual: u64) -> Option<Arc<Kept>> {
        let until = (self.freshness.until)().await?;
        let data = serde_json::value::to_raw_value(data).ok().filter(|text| text.get().len() <= LONGEST)?;
        let kept = Arc::new(Kept { tag: tag(data.get().as_bytes()), data, actual, number: place.number, until });
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).put(place.key, Arc::clone(&kept));
        Some(kept)
    }
}

/// A name for an answer's data (RFC 9110, 8.8.3). Weak: what the answer tells of its cost differs each time.
pub(super) fn tag(data: &[u8]) -> String {
    format!("W/\"{}\"", data_encoding::HEXLOWER.encode(&Sha256::digest(data)[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    fn key_of(query: &str, language: &str) -> Option<[u8; 32]> {
        let ask = Ask { query: query.to_owned(), ..Ask::default() };
        key(&ask, &parse_query(query).expect("a document"), language)
    }

    #[test]
    fn only_what_the_feed_knows_all_of_is_kept() {
        for (query, is_kept) in [
            ("{ listings { nodes { id title price { amount } product { name cover { url } } producer { displayName } } } }", true),
            ("{ listing(by: { slug: \"a\" }) { id } }", true),
            (
                "query($a: String) { a: listings(first: 2, after: $a) { ...P } } fragment P on ListingConnection { totalCount { value } }",
                true,
            ),
            ("{ listings { nodes { ... on Listing { id } } } }", true),
            ("{ listings(search: \"a\") { nodes { id } } }", false),
            ("{ listings(minCursor: \"a\") { nodes { id } } }", false),
            ("{ listings { nodes { id visibility { isVisible } } } }", false),
            ("{ listings { nodes { product { rating { stars } } } } }", false),
            ("{ listings { facets { stars { count } } } }", false),
            ("{ ...P } fragment P on Query { viewer { kind } }", false),
            ("{ node(id: \"a\") { id } }", false),
            ("{ listings { nodes { id } } viewer { kind } }", false),
            ("query A { listings { nodes { id } } } query B { listings { nodes { id } } }", false),
            ("{ ...gone }", false),
        ] {
            assert_eq!(key_of(query, "vi").is_some(), is_kept, "{query}");
        }
    }

    #[test]
    fn keys_tell_apart_what_is_asked() {
        let query = "{ listings { nodes { title } } }";
        assert_eq!(key_of(query, "vi"), key_of(query, "vi"));
        assert_ne!(key_of(query, "vi"), key_of(query, "en"));
        let with = |variables: serde_json::Value| {
            let variables = variables.as_object().expect("an object").clone();
            key(&Ask { query: query.to_owned(), variables, ..Ask::default() }, &parse_query(query).expect("a document"), "vi")
        };
        assert_ne!(with(serde_json::json!({ "a": 1 })), with(serde_json::json!({ "a": 2 })));
    }
}
