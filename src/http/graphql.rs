//! GraphQL over HTTP: one request in, one answer out, whatever the client sends.
//!
//! Follows the GraphQL-over-HTTP draft as its test suite `graphql-http` 1.23 judges it: a document that cannot be parsed,
//! validated or coerced is 400 under `application/graphql-response+json` and 200 under `application/json`
//! (see `answer::status`, the one place that decides). Subscriptions are answered as server-sent events, or over a WebSocket
//! (see `socket`), which runs its operations here too.

mod accept;
mod answer;
mod ask;
pub mod documents;
mod errors;
mod events;
pub(in crate::http) mod kept;
pub(in crate::http) mod socket;
mod toll;

#[cfg(test)]
mod accept_tests;
#[cfg(test)]
mod endpoint_tests;
#[cfg(test)]
mod toy;

use crate::graphql::{
    guard::{Checked, Guard, Pass, Rejection},
    order::Order,
};
use crate::http::allowance::Purse;
use crate::http::graphql::accept::Media;
use crate::http::graphql::answer::{Fault, Members, Refusal};
use crate::http::graphql::ask::Ask;
use crate::http::graphql::documents::Documents;
use crate::http::graphql::kept::{Answers, Freshness, Kept};
use crate::http::graphql::toll::Toll;
use async_graphql::Variables;
use async_graphql::parser::types::OperationType;
use axum::http::header::AUTHORIZATION;
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

pub(in crate::http) use errors::INTERNAL_BODY;

/// Runs a request.
type Execute = Arc<dyn Fn(async_graphql::Request) -> BoxFuture<'static, async_graphql::Response> + Send + Sync>;

/// Runs requests against the schema.
#[derive(Clone)]
pub struct Engine {
    /// Runs a query or mutation.
    pub execute: Execute,
    /// The same for a request that it has validated before.
    pub repeat: Execute,
    /// Runs a subscription.
    pub follow: Arc<dyn Fn(async_graphql::Request) -> BoxStream<'static, async_graphql::Response> + Send + Sync>,
}

/// The GraphQL endpoint: everything between the router and the schema.
pub struct GraphqlEndpoint {
    guard: Guard,
    engine: Engine,
    documents: Documents,
    answers: Answers,
    /// One for each operation that may run at once.
    places: Arc<Semaphore>,
    limits: EndpointLimits,
}

/// An operation that passed the guard.
struct Admitted {
    request: async_graphql::Request,
    /// What it is.
    operation: OperationType,
    toll: Toll,
    order: Order,
    /// Under which its answer may be kept.
    key: Option<[u8; 32]>,
    /// Whether it was validated before.
    pass: Option<Pass>,
}

/// What a query or mutation came to.
enum Answer {
    Fresh(Box<async_graphql::Response>),
    Kept(Arc<Kept>),
}

/// Who asks, as far as the endpoint needs to know.
pub struct Client<'a, P> {
    /// The bucket that pays.
    pub purse: &'a Purse,
    /// The language of who is nobody in particular: others may be given the same answer.
    pub nobody: Option<&'static str>,
    /// Puts what the resolvers need (principal, language) into the request; called only for what may run.
    pub prepare: P,
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
    /// Operations at once. One over it is refused at once: a queue would make all of them slow and save none.
    pub operations: usize,
}

impl Default for EndpointLimits {
    fn default() -> Self {
        Self { body_bytes: 64 * 1024, body_wait: Duration::from_secs(5), execution: Duration::from_secs(10), operations: 128 }
    }
}

impl GraphqlEndpoint {
    /// An endpoint over a schema.
    #[must_use]
    pub fn new(guard: Guard, engine: Engine, documents: Documents, freshness: Freshness, limits: EndpointLimits) -> Self {
        Self { guard, engine, documents, answers: Answers::new(freshness), places: Arc::new(Semaphore::new(limits.operations)), limits }
    }

    /// Answers one request of any method. A stream of events ends with `ended`, which is `None` when there is no room for another.
    /// Never fails: every fault is an answer with a code.
    pub async fn handle<P: FnOnce(async_graphql::Request) -> async_graphql::Request>(
        &self,
        request: axum::extract::Request,
        client: Client<'_, P>,
        ended: impl FnOnce() -> Option<BoxFuture<'static, ()>>,
    ) -> Response {
        let Some(media) = Media::accepted(request.headers()) else {
            return answer::refused(Fault::not_acceptable().into(), Media::Json);
        };
        let headers = request.headers().clone();
        let ask = match Ask::read(request, &self.limits).await {
            Ok(ask) => ask,
            Err(fault) => {
                client.purse.settle(toll::REFUSED + toll::reading(self.limits.body_bytes));
                return answer::refused(fault.into(), media);
            }
        };
        if media == Media::Events {
            return match ended() {
                Some(ended) => events::stream(self.events(ask, client), ended),
                None => answer::refused(Fault::busy().into(), media),
            };
        }
        let purse = client.purse;
        let is_dry = headers.get("x-cost-dry-run").is_some_and(|value| value == "1");
        let by_get = ask.by_get;
        let (is_named, is_for_all) = (ask.document.is_some(), by_get && !headers.contains_key(AUTHORIZATION));
        let run = async {
            let admitted = self.admit(ask, (client.purse, client.nobody), is_dry)?;
            if is_dry {
                return Ok((Answer::Fresh(Box::default()), admitted.toll));
            }
            match admitted.operation {
                OperationType::Mutation if by_get => Err(Fault::mutation_by_get().into()),
                OperationType::Subscription => {
                    let how = "Ask for subscriptions with Accept: text/event-stream, or over a WebSocket (graphql-transport-ws).";
                    Err(Rejection::input(how, None).into())
                }
                OperationType::Query | OperationType::Mutation => self.run(admitted, client).await,
            }
        };
        match run.await {
            Ok((Answer::Fresh(response), toll)) => {
                let tag = (is_for_all && is_named && response.errors.is_empty()).then(|| kept::tag(response.data.to_string().as_bytes()));
                let answer = answer::executed(*response, &toll, media);
                tag.into_iter().fold(answer, |answer, tag| answer::tagged(answer, &tag, &headers))
            }
            Ok((Answer::Kept(kept), toll)) => {
                let answer = answer::kept(&kept, &toll, media);
                if is_for_all { answer::tagged(answer, &kept.tag, &headers) } else { answer }
            }
            Err(refusal) => {
                if refusal.is_too_often() {
                    purse.slow().await;
                }
                answer::refused(refusal, media)
            }
        }
    }

    /// The answers to an operation of any kind as they come, or why it was refused.
    fn events<P: FnOnce(async_graphql::Request) -> async_graphql::Request>(
        &self,
        ask: Ask,
        client: Client<'_, P>,
    ) -> BoxStream<'static, Members> {
        let by_get = ask.by_get;
        match self.admit(ask, (client.purse, None), false) {
            Ok(admitted) if by_get && admitted.operation == OperationType::Mutation => {
                Box::pin(futures_util::stream::iter([Members::refused(Fault::mutation_by_get().into())]))
            }
            Ok(admitted) => Box::pin(self.follow(admitted, client.prepare).map(|response| Members::of(response).0)),
            Err(refusal) => Box::pin(futures_util::stream::iter([Members::refused(refusal)])),
        }
    }

    /// Checks what is asked against every limit, before anything of it runs, and takes the points for it; for a dry run, one.
    fn admit(&self, ask: Ask, (purse, nobody): (&Purse, Option<&str>), is_dry: bool) -> Result<Admitted, Refusal> {
        let max = self.guard.limits().cost;
        let limited = |requested| move |wait| Refusal::from(Fault::too_often(Toll { requested, max, wait: Some(wait), ..Toll::default() }));
        let reading = toll::reading(ask.query.len());
        let mut admitted = match self.checked(ask, nobody) {
            Ok(admitted) => admitted,
            Err(refusal) => {
                let refused = toll::REFUSED + reading;
                purse.spend(refused).map_err(limited(refused))?;
                return Err(refusal);
            }
        };
        let requested = admitted.toll.requested;
        admitted.toll.balance = Some(purse.spend(if is_dry { 1 } else { requested } + reading).map_err(limited(requested))?);
        Ok(admitted)
    }

    fn checked(&self, ask: Ask, nobody: Option<&str>) -> Result<Admitted, Refusal> {
        let ask = self.documents.resolve(ask)?;
        let mut checked = self.guard.check(&ask.query, ask.operation_name.as_deref(), &ask.variables)?;
        self.documents.keep(&ask);
        let toll = Toll { requested: checked.cost, max: self.guard.limits().cost, ..Toll::default() };
        let operation = checked.operation;
        let order = Order::of(&checked.document, ask.operation_name.as_deref());
        let key = nobody.filter(|_| operation == OperationType::Query).and_then(|language| kept::key(&ask, &checked.document, language));
        let pass = checked.pass.take();
        Ok(Admitted { request: engine_request(ask, checked), operation, toll, order, key, pass })
    }

    /// Answers a query or mutation; tells what it cost. What is kept takes no place and no time.
    async fn run<P: FnOnce(async_graphql::Request) -> async_graphql::Request>(
        &self,
        admitted: Admitted,
        client: Client<'_, P>,
    ) -> Result<(Answer, Toll), Refusal> {
        let Admitted { request, mut toll, order, key, pass, .. } = admitted;
        let mut place = None;
        if let Some(key) = key {
            match self.answers.find(key).await {
                Ok(kept) => {
                    toll.actual = Some(kept.actual);
                    return Ok((Answer::Kept(kept), toll));
                }
                Err(free) => place = free,
            }
        }
        // The body has come by now, so that a slow client takes no place.
        let _place = self.places.try_acquire().map_err(|_| Fault::overloaded())?;
        let is_valid = pass.as_ref().is_some_and(Pass::is_known);
        let execute = if is_valid { &self.engine.repeat } else { &self.engine.execute };
        let execution = execute((client.prepare)(request));
        match tokio::time::timeout(self.limits.execution, execution).await {
            Ok(mut response) => {
                order.restore(&mut response.data, &response.errors);
                let actual = order.rows(&response.data).saturating_sub(1);
                client.purse.settle(actual.saturating_sub(toll.requested));
                toll.actual = Some(actual);
                if let Some(pass) = pass.filter(|_| response.errors.is_empty() && !is_valid) {
                    pass.remember();
                }
                if let Some(place) = place.filter(|_| response.errors.is_empty())
                    && let Some(kept) = self.answers.keep(place, &response.data, actual).await
                {
                    return Ok((Answer::Kept(kept), toll));
                }
                Ok((Answer::Fresh(Box::new(response)), toll))
            }
            Err(_) => Err(Fault::execution_timeout(self.limits.execution).into()),
        }
    }

    /// Runs an operation of any kind; its answers as they come.
    fn follow(
        &self,
        admitted: Admitted,
        prepare: impl FnOnce(async_graphql::Request) -> async_graphql::Request,
    ) -> BoxStream<'static, async_graphql::Response> {
        let Admitted { request, operation, order, .. } = admitted;
        let request = prepare(request);
        let answers = if operation == OperationType::Subscription {
            (self.engine.follow)(request)
        } else {
            let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
                let refused = async_graphql::Response::from_errors(vec![errors::overloaded()]);
                return Box::pin(futures_util::stream::once(async { refused }));
            };
            let (execution, limit) = ((self.engine.execute)(request), self.limits.execution);
            let bounded = async move {
                let _place = place;
                let timeout = |_| async_graphql::Response::from_errors(vec![errors::execution_timeout(limit)]);
                tokio::time::timeout(limit, execution).await.unwrap_or_else(timeout)
            };
            Box::pin(futures_util::stream::once(bounded))
        };
        Box::pin(answers.map(move |mut response| {
            order.restore(&mut response.data, &response.errors);
            response
        }))
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
