//! A small schema behind the endpoint, on loopback, for its tests.

use crate::graphql::guard::{Guard, Limits};
use crate::http::allowance::Purse;
use crate::http::graphql::{Client, EndpointLimits, Engine, Execute, GraphqlEndpoint, documents::Documents};
use crate::http::wire::Server;
use async_graphql::{Error, ErrorExtensions, Object, Schema, Subscription as Root};
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Query;
pub(super) struct Mutation;

/// What `prepare` put into the request.
pub(super) struct Caller(pub(super) &'static str);

#[Object]
impl Query {
    async fn zulu(&self) -> &str {
        "z"
    }
    async fn alpha(&self) -> &str {
        "a"
    }
    async fn caller(&self, context: &async_graphql::Context<'_>) -> &str {
        context.data_unchecked::<Caller>().0
    }
    async fn double(&self, number: i32) -> i32 {
        number * 2
    }
    async fn parsed(&self, id: uuid::Uuid) -> String {
        id.to_string()
    }
    async fn leaking(&self) -> Result<Option<i32>, Error> {
        Err(Error::new("SELECT password FROM account"))
    }
    async fn refused(&self) -> Result<i32, Error> {
        Err(Error::new("No such listing.").extend_with(|_, extensions| extensions.set("code", "NOT_FOUND")))
    }
    async fn list(&self, #[graphql(default = 20)] first: i32) -> Vec<Row> {
        (0..first).map(|_| Row).collect()
    }
    async fn never(&self) -> i32 {
        std::future::pending().await
    }
    async fn explode(&self) -> i32 {
        assert!(std::hint::black_box(false), "a resolver panicked on purpose");
        0
    }
}

pub(super) struct Row;

#[Object]
impl Row {
    async fn broken(&self) -> Result<Option<i32>, Error> {
        Err(Error::new("disk on fire"))
    }
}

#[Object]
impl Mutation {
    async fn touch(&self) -> bool {
        true
    }
}

pub(super) struct Subscription;

#[Root]
impl Subscription {
    async fn count(&self, to: i32) -> impl futures_util::Stream<Item = i32> {
        futures_util::stream::iter(1..=to)
    }
    async fn silence(&self) -> impl futures_util::Stream<Item = i32> {
        futures_util::stream::pending()
    }
}

/// An endpoint with short waits and a body limit of 64 KiB.
pub(super) fn endpoint() -> GraphqlEndpoint {
    let schema = Schema::build(Query, Mutation, Subscription).finish();
    let guard = Guard::new(&schema.sdl(), Limits::default()).unwrap();
    let following = schema.clone();
    let execute: Execute = Arc::new(move |request| {
        let schema = schema.clone();
        Box::pin(async move { schema.execute(request).await })
    });
    let follow = Arc::new(move |request| following.execute_stream(request).boxed());
    let engine = Engine { repeat: Arc::clone(&execute), execute, follow };
    let limits =
        EndpointLimits { body_wait: Duration::from_millis(200), execution: Duration::from_millis(200), ..EndpointLimits::default() };
    GraphqlEndpoint::new(guard, engine, Documents::default(), crate::http::graphql::kept::Freshness::unknown(), limits)
}

/// A bucket of 30,000 points.
pub(super) fn purse() -> Purse {
    Purse::full(1_000)
}

/// Serves the endpoint at `/graphql` with all middleware.
pub(super) async fn serve() -> Server {
    serve_from(purse()).await
}

/// The same where everybody pays from one bucket.
pub(super) async fn serve_from(purse: Purse) -> Server {
    let endpoint = Arc::new(endpoint());
    let purse = Arc::new(purse);
    let handler = axum::routing::any(move |request: axum::extract::Request| {
        let endpoint = Arc::clone(&endpoint);
        let purse = Arc::clone(&purse);
        async move {
            let client =
                Client { purse: &purse, nobody: None, prepare: |request: async_graphql::Request| request.data(Caller("anonymous")) };
            endpoint.handle(request, client, || Some(Box::pin(std::future::pending()))).await
        }
    });
    Server::start(crate::http::observe::observed(axum::Router::new().route("/graphql", handler))).await
}
