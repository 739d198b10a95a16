//! Every route of the service.

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{
        HeaderValue,
        header::{ACCEPT_LANGUAGE, CACHE_CONTROL, HeaderMap},
    },
    response::{IntoResponse, Redirect, Response},
    routing::{any, get},
};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;

use crate::{
    graphql::{
        self, CatalogSchema,
        guard::{Guard, Limits, SdlError},
    },
    http::{
        auth, connect, files, graphiql,
        graphql::GraphqlEndpoint,
        health, hooks,
        observe::observed,
        verify,
        visitor::{Checks, allowance},
    },
    service::{Service, readiness},
};

/// What the routes depend on.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Serve GraphiQL.
    pub graphiql: bool,
    /// A proxy of one's own stands before the service.
    pub behind_proxy: bool,
}

struct Api {
    service: Service,
    checks: Arc<Checks>,
    endpoint: GraphqlEndpoint,
}

/// The routes over a service. Fails only when the schema's own text does not parse.
pub fn router(service: Service, schema: &CatalogSchema, metrics: PrometheusHandle, options: Options) -> Result<Router, SdlError> {
    let guard = Guard::new(&graphql::sdl(), Limits::default())?;
    let engine = schema.clone();
    let execute =
        Arc::new(move |request| Box::pin(graphql::execute(engine.clone(), request)) as futures_util::future::BoxFuture<'static, _>);
    let checks = Arc::new(Checks::new(options.behind_proxy));
    let outside = verify::router(service.clone(), Arc::clone(&checks))
        .merge(files::router(service.clone()))
        .merge(connect::router(service.clone()))
        .merge(hooks::router(service.clone()));
    let api = Arc::new(Api { service: service.clone(), checks, endpoint: GraphqlEndpoint::new(guard, execute) });
    let probe = move || {
        let service = service.clone();
        async move { readiness::checks(&service).await }
    };
    let mut routes = Router::new()
        .route("/graphql", any(answer))
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
    let actor = match auth::actor(&api.service, request.headers()).await {
        Ok(actor) => actor,
        Err(refusal) => return refusal,
    };
    let language = languages(request.headers());
    let may_check = allowance(&api.checks, &request);
    api.endpoint.handle(request, |asked| graphql::prepare(asked, &api.service, actor, &language, may_check)).await
}

fn languages(headers: &HeaderMap) -> String {
    headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",")
}

async fn jwks(State(api): State<Arc<Api>>) -> Response {
    let cache = HeaderValue::from_static("public, max-age=300");
    ([(CACHE_CONTROL, cache)], Json(api.service.tokens.jwks())).into_response()
}
