//! What the service is and how much it takes.

use async_graphql::{Context, Object, SimpleObject};

use crate::{
    graphql::{connection, context::asked, error::Fault, feed, guard::Limits, scalar::FeedCursor},
    service,
};

/// Queries on the service itself.
#[derive(Default)]
pub struct ServiceInfoQuery;

/// What the service is and how much it takes.
#[derive(SimpleObject)]
pub struct ServiceInfo {
    /// Version of the program.
    version: &'static str,
    /// Adapters for marketplaces; a handful.
    adapters: Vec<&'static str>,
    /// The oldest cursor of the change feed that still works.
    feed_horizon: FeedCursor,
    /// Path of the public keys that verify access tokens (JWKS).
    jwks_path: &'static str,
    /// Limits of one request.
    limits: LimitsObject,
}

/// Limits of one request. A request over a limit is refused before anything of it runs.
#[derive(SimpleObject)]
#[graphql(name = "RequestLimits")]
pub struct LimitsObject {
    /// Estimated cost: a leaf 0, an object 1, a page 2 and its rows.
    cost: u64,
    /// Fields inside each other.
    depth: u32,
    /// Lexical tokens of the document.
    tokens: u64,
    /// Aliases, with fragments expanded.
    aliases: u64,
    /// Fields at the root of a query.
    root_fields: u64,
    /// Fields at the root of a mutation.
    root_mutations: u64,
    /// Rows of a page.
    page: i32,
    /// Rows of a page of the feed.
    feed_page: i32,
}

#[Object]
impl ServiceInfoQuery {
    /// What the service is and how much it takes.
    async fn service_info(&self, context: &Context<'_>) -> Result<ServiceInfo, Fault> {
        let (asked, limits) = (asked(context)?, Limits::default());
        Ok(ServiceInfo {
            version: env!("CARGO_PKG_VERSION"),
            adapters: asked.service.marketplaces.adapters().to_vec(),
            feed_horizon: FeedCursor(service::feed::horizon(&asked.service).await?),
            jwks_path: "/.well-known/jwks.json",
            limits: LimitsObject {
                cost: limits.cost,
                depth: limits.depth,
                tokens: limits.tokens,
                aliases: limits.aliases,
                root_fields: limits.root_fields,
                root_mutations: limits.root_mutations,
                page: connection::MAX_PAGE,
                feed_page: feed::MAX_PAGE,
            },
        })
    }
}
