//! Pages of the feed as webhooks and the bulk export carry them: the answers to the queries of `docs/queries/feed.graphql`, made by the same
//! resolvers as for those who pull.

use async_graphql::{
    Name, Request, Value as ConstValue, Variables,
    indexmap::IndexMap,
    parser::{parse_query, types::ExecutableDocument},
};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

use crate::{
    domain::{actor::Actor, feed::FeedScope},
    graphql::{
        CatalogSchema, Visitor, execute,
        id::{Kind, encode},
        order::Order,
        prepare, validated,
    },
    service::{Service, ServiceError, webhook_delivery::Pages},
};

/// The queries.
pub const DOCUMENT: &str = include_str!("../../docs/queries/feed.graphql");

static PARSED: LazyLock<Result<ExecutableDocument, String>> = LazyLock::new(|| parse_query(DOCUMENT).map_err(|error| error.to_string()));

/// Renders pages. Cheap to clone.
#[derive(Clone)]
pub struct Records(CatalogSchema);

impl Default for Records {
    fn default() -> Self {
        Self(validated())
    }
}

#[async_trait]
impl Pages for Records {
    async fn changes(&self, service: &Service, scope: &FeedScope, since: &str, first: u64) -> Result<Value, ServiceError> {
        let mut data = self.run(service, "Changes", json!({ "since": since, "first": first, "scope": input(scope) })).await?;
        Ok(data["listingChanges"].take())
    }
}

/// The service reads for itself as often as it needs.
struct Ourselves;

impl Visitor for Ourselves {
    fn check(&self) -> Result<(), u64> {
        Ok(())
    }

    fn sign_in(&self, _: &str) -> Result<(), u64> {
        Ok(())
    }
}

impl Records {
    /// A page of a snapshot: a `ListingSnapshotPage`.
    pub async fn snapshot(&self, service: &Service, scope: &FeedScope, after: Option<&str>, first: u64) -> Result<Value, ServiceError> {
        let mut data = self.run(service, "Snapshot", json!({ "after": after, "first": first, "scope": input(scope) })).await?;
        Ok(data["listingSnapshot"].take())
    }

    /// The listing with a handle or a GTIN, if everybody may see it.
    pub async fn listing(&self, service: &Service, by: Value) -> Result<Option<Value>, ServiceError> {
        let mut data = self.answer(service, Actor::Anonymous, "Listing", json!({ "by": by })).await?;
        Ok(Some(data["listing"].take()).filter(|listing| !listing.is_null()))
    }

    /// The newest listings that everybody may see, at most 50.
    pub async fn newest(&self, service: &Service) -> Result<Vec<Value>, ServiceError> {
        let mut data = self.answer(service, Actor::Anonymous, "Newest", json!({})).await?;
        Ok(match data["listings"]["nodes"].take() {
            Value::Array(listings) => listings,
            _ => Vec::new(),
        })
    }

    async fn run(&self, service: &Service, operation: &str, variables: Value) -> Result<Value, ServiceError> {
        self.answer(service, Actor::System, operation, variables).await
    }

    async fn answer(&self, service: &Service, actor: Actor, operation: &str, variables: Value) -> Result<Value, ServiceError> {
        self.data(service, actor, operation, variables).await?.into_json().map_err(internal)
    }

    async fn data(&self, service: &Service, actor: Actor, operation: &str, variables: Value) -> Result<ConstValue, ServiceError> {
        let document = PARSED.as_ref().map_err(internal)?.clone();
        let order = Order::of(&document, Some(operation));
        let mut request = Request::new(DOCUMENT).operation_name(operation).variables(Variables::from_json(variables));
        request.set_parsed_query(document);
        let request = prepare(request, service, actor, "", Arc::new(Ourselves));
        let mut response = execute(self.0.clone(), request).await;
        if let Some(error) = response.errors.first() {
            return Err(ServiceError::Unavailable(error.message.clone()));
        }
        order.restore(&mut response.data, &response.errors);
        Ok(response.data)
    }

    /// A page of a snapshot as the engine has it.
    pub(super) async fn page(
        &self,
        service: &Service,
        scope: &FeedScope,
        (after, first): (Option<&str>, u64),
    ) -> Result<IndexMap<Name, ConstValue>, ServiceError> {
        let variables = json!({ "after": after, "first": first, "scope": input(scope) });
        match self.data(service, Actor::System, "Snapshot", variables).await? {
            ConstValue::Object(mut data) => match data.swap_remove("listingSnapshot") {
                Some(ConstValue::Object(page)) => Ok(page),
                _ => Err(internal("a snapshot without its page")),
            },
            _ => Err(internal("a snapshot without data")),
        }
    }
}

pub(super) fn internal(what: impl ToString) -> ServiceError {
    ServiceError::Internal(what.to_string())
}

fn input(scope: &FeedScope) -> Value {
    json!({
        "channel": scope.channel.map(|id| encode(Kind::Channel, id)),
        "producer": scope.producer.map(|id| encode(Kind::Producer, id)),
        "group": scope.group.map(|group| group.code()),
        "commune": scope.commune,
    })
}
