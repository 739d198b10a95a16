//! Every route of the service.

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{
        HeaderValue,
        header::{ACCEPT_LANGUAGE, AUTHORIZATION, CACHE_CONTROL, HeaderMap},
    },
    response::{IntoResponse, Redirect, Response},
    routing::{any, get},
};
use futures_util::StreamExt;
use metrics_exporter_prometheus::PrometheusHandle;
use std::{num::NonZeroU32, sync::Arc};
use tokio_util::sync::CancellationToken;
use tower_http::{CompressionLevel, compression::CompressionLayer};

use crate::{
    domain::{actor::Actor, reason::Locale},
    graphql::{
        self, CatalogSchema,
        guard::{Guard, Limits, SdlError},
        records::Records,
    },
    http::{
        allowance::{Allowances, Guest},
        auth, bulk, connect, files, graphiql,
        graphql::{Client, EndpointLimits, Engine, GraphqlEndpoint, documents::Documents, kept::Freshness, socket},
        health, hooks,
        live::{Bounds, Live},
        observe::observed,
        open, verify,
        visitor::Proxies,
    },
    service::{Service, freshness, readiness},
};

/// What the routes depend on.
pub struct Options {
    /// Serve GraphiQL.
    pub graphiql: bool,
    /// Proxies of one's own that stand before the service.
    pub proxies: Proxies,
    /// Points that a caller gets each second.
    pub points_per_second: NonZeroU32,
    /// Which documents clients may name, and whether others run.
    pub documents: Documents,
    /// How much is done at once.
    pub bounds: Bounds,
    /// Ends open streams.
    pub stop: CancellationToken,
}

/// What the GraphQL routes work with.
pub(super) struct Api {
    pub(super) service: Service,
    pub(super) allowances: Arc<Allowances>,
    pub(super) endpoint: GraphqlEndpoint,
    pub(super) live: Live,
}

/// The routes over a service. Fails only when the schema's own text does not parse.
pub fn router(service: Service, schema: &CatalogSchema, metrics: PrometheusHandle, options: Options) -> Result<Router, SdlError> {
    let guard = Guard::new(&graphql::sdl(), Limits::default())?;
    let (executing, repeating, following) = (schema.clone(), graphql::validated(), schema.clone());
    let engine = Engine {
        execute: Arc::new(move |request| Box::pin(graphql::execute(executing.clone(), request))),
        repeat: Arc::new(move |request| Box::pin(graphql::execute(repeating.clone(), request))),
        follow: Arc::new(move |request| following.execute_stream(request).boxed()),
    };
    let allowances = Arc::new(Allowances::new(options.proxies, options.points_per_second));
    let records = Records::default();
    let outside = verify::router(service.clone(), Arc::clone(&allowances))
        .merge(files::router(service.clone()))
        .merge(connect::router(service.clone()))
        .merge(hooks::router(service.clone()))
        .merge(open::router(service.clone(), records.clone()))
        .merge(bulk::router(service.clone(), records));
    let live = Live::new(service.clone(), options.stop.clone(), options.bounds);
    let limits = EndpointLimits { operations: options.bounds.operations, ..EndpointLimits::default() };
    let endpoint = GraphqlEndpoint::new(guard, engine, options.documents, fresh(&service), limits);
    let api = Arc::new(Api { service: service.clone(), allowances, endpoint, live });
    let probe = move || {
        let service = service.clone();
        async move { readiness::checks(&service).await }
    };
    let mut routes = Router::new()
        // Fast rather than small: an answer of a page shrinks to a fifth either way. Streams of events are left alone.
        .route("/graphql", any(answer).layer(CompressionLayer::new().quality(CompressionLevel::Fastest)))
        .route("/.well-known/jwks.json", get(jwks))
        .with_state(api)
        .merge(outside)
        .merge(health::router(probe, metrics));
    if options.graphiql {
        routes = routes.route("/", get(async || Redirect::temporary("/graphiql"))).merge(graphiql::router());
    }
    Ok(observed(routes))
}

async fn answer(State(api): State<Arc<Api>>, request: Request) -> Response {
    if socket::is_upgrade(request.headers()) {
        return socket::upgrade(api, request).await;
    }
    let guest = Guest::of(&api.allowances, &request);
    let actor = match auth::paying_actor(&api.service, &guest, request.headers()).await {
        Ok(actor) => actor,
        Err(refusal) => return refusal,
    };
    let token = request.headers().get(AUTHORIZATION).and_then(auth::bearer).map(str::to_owned);
    let language = languages(request.headers());
    let (purse, address) = (guest.purse_of(&actor), guest.address());
    // RFC 9111, 5.2.1.4: who asks so is not given what is kept.
    let anew = request.headers().get(CACHE_CONTROL).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("no-cache"));
    let nobody = (matches!(actor, Actor::Anonymous) && !anew).then(|| match graphql::locale(&language) {
        Locale::Vi => "vi",
        Locale::En => "en",
    });
    let prepare = |asked| graphql::prepare(asked, &api.service, actor, &language, Arc::new(guest));
    api.endpoint.handle(request, Client { purse: &purse, nobody, prepare }, || api.live.stream_ended(address, token)).await
}

/// How fresh things are, as kept answers ask.
fn fresh(service: &Service) -> Freshness {
    let (numbered, dated, timed) = (service.clone(), service.clone(), service.clone());
    Freshness {
        number: Arc::new(move || {
            let service = numbered.clone();
            Box::pin(async move { freshness::cursor(&service).await.ok() })
        }),
        until: Arc::new(move || {
            let service = dated.clone();
            Box::pin(async move { freshness::holds_until(&service).await.ok() })
        }),
        now: Arc::new(move || timed.clock.now()),
    }
}

fn languages(headers: &HeaderMap) -> String {
    headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",")
}

async fn jwks(State(api): State<Arc<Api>>) -> Response {
    let cache = HeaderValue::from_static("public, max-age=300");
    ([(CACHE_CONTROL, cache)], Json(api.service.jwks())).into_response()
}
