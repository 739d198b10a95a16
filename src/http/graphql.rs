//! GraphQL over HTTP: one request in, one answer out, whatever the client sends.
//!
//! Follows the GraphQL-over-HTTP draft as its test suite `graphql-http` 1.23 judges it: a document that cannot be parsed,
//! validated or coerced is 400 under `application/graphql-response+json` and 200 under `application/json`
//! (see `answer::status`, the one place that decides).

mod accept;
mod answer;
mod ask;
mod errors;

#[cfg(test)]
mod accept_tests;
#[cfg(test)]
mod endpoint_tests;
#[cfg(test)]
mod toy;

use crate::graphql::{
    guard::{Checked, Guard, Rejection},
    order::Order,
};
use crate::http::graphql::accept::Media;
use crate::http::graphql::answer::{Fault, Refusal};
use crate::http::graphql::ask::Ask;
use async_graphql::Variables;
use async_graphql::parser::types::OperationType;
use axum::response::Response;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

pub(in crate::http) use errors::INTERNAL_BODY;

/// Runs a request against the schema.
pub type Execute = Arc<dyn Fn(async_graphql::Request) -> BoxFuture<'static, async_graphql::Response> + Send + Sync>;

/// The GraphQL endpoint: everything between the router and the schema.
pub struct GraphqlEndpoint {
    guard: Guard,
    execute: Execute,
    limits: EndpointLimits,
}

/// How much of the server one request may hold.
#[derive(Debug, Clone)]
pub struct EndpointLimits {
    /// Bytes of a request body.
    pub body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_wait: Duration,
    /// How long an operation may run. Cuts it at an `await`; a statement timeout in the database stands beside it.
    pub execution: Duration,
}

impl Default for EndpointLimits {
    fn default() -> Self {
        Self { body_bytes: 64 * 1024, body_wait: Duration::from_secs(5), execution: Duration::from_secs(10) }
    }
}

impl GraphqlEndpoint {
    /// An endpoint with the published limits.
    #[must_use]
    pub fn new(guard: Guard, execute: Execute) -> Self {
        Self::with_limits(guard, execute, EndpointLimits::default())
    }

    /// An endpoint with other limits.
    #[must_use]
    pub fn with_limits(guard: Guard, execute: Execute, limits: EndpointLimits) -> Self {
        Self { guard, execute, limits }
    }

    /// Answers one request of any method. `prepare` puts what the resolvers need (principal, language) into the request,
    /// and runs only for requests that passed the guard. Never fails: every fault is an answer with a code.
    pub async fn handle(
        &self,
        request: axum::extract::Request,
        prepare: impl FnOnce(async_graphql::Request) -> async_graphql::Request,
    ) -> Response {
        let Some(media) = Media::accepted(request.headers()) else {
            return answer::refused(Fault::not_acceptable().into(), Media::Json);
        };
        match self.run(request, prepare).await {
            Ok((response, cost)) => answer::executed(response, cost, self.guard.limits().cost, media),
            Err(refusal) => answer::refused(refusal, media),
        }
    }

    async fn run(
        &self,
        request: axum::extract::Request,
        prepare: impl FnOnce(async_graphql::Request) -> async_graphql::Request,
    ) -> Result<(async_graphql::Response, u64), Refusal> {
        let ask = Ask::read(request, &self.limits).await?;
        let checked = self.guard.check(&ask.query, ask.operation_name.as_deref(), &ask.variables)?;
        match checked.operation {
            OperationType::Mutation if ask.by_get => return Err(Fault::mutation_by_get().into()),
            OperationType::Subscription => {
                return Err(Rejection::input("Subscriptions are not answered over this transport. Use a WebSocket.", None).into());
            }
            OperationType::Query | OperationType::Mutation => {}
        }
        let (cost, order) = (checked.cost, Order::of(&checked.document, ask.operation_name.as_deref()));
        let execution = (self.execute)(prepare(engine_request(ask, checked)));
        match tokio::time::timeout(self.limits.execution, execution).await {
            Ok(mut response) => {
                order.restore(&mut response.data, &response.errors);
                Ok((response, cost))
            }
            Err(_) => Err(Fault::execution_timeout(self.limits.execution).into()),
        }
    }
}

fn engine_request(ask: Ask, checked: Checked) -> async_graphql::Request {
    let mut variables = Variables::from_json(serde_json::Value::Object(ask.variables));
    checked.fill_defaults(&mut variables);
    let mut request = async_graphql::Request::new(ask.query).variables(variables);
    request.operation_name = ask.operation_name;
    request.set_parsed_query(checked.document);
    request
}
