//! All routes: Shopee's calls, the control plane under `/sandbox/`, the page and the pictures.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{any, get, post},
};

use crate::sandbox::{CallRecord, Fault, Item, gateway, page, picture, state::Server, tokens};

/// No script, nothing from elsewhere.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'";

type Shared = State<Arc<Server>>;

pub(crate) fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/", get(show_page))
        .route("/pictures/{file}", get(draw_picture))
        .route("/file/{image_id}", get(show_picture))
        .route("/sandbox/items", get(items))
        .route("/sandbox/calls", get(calls).delete(clear_calls))
        .route("/sandbox/faults", post(add_fault).delete(clear_faults))
        .route("/api/v2/shop/auth_partner", get(tokens::consent))
        .route("/api/v2/{*call}", any(gateway::answer))
        .with_state(server)
}

async fn items(State(server): Shared) -> Json<Vec<Item>> {
    Json(server.read(|shop| shop.items.values().cloned().collect()))
}

async fn calls(State(server): Shared) -> Json<Vec<CallRecord>> {
    Json(server.journal().calls())
}

async fn clear_calls(State(server): Shared) -> StatusCode {
    server.journal().clear_calls();
    StatusCode::NO_CONTENT
}

async fn add_fault(State(server): Shared, Json(fault): Json<Fault>) -> StatusCode {
    server.journal().add_fault(fault);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(server): Shared) -> StatusCode {
    server.journal().clear_faults();
    StatusCode::NO_CONTENT
}

async fn show_page(State(server): Shared) -> Response {
    ([(header::CONTENT_SECURITY_POLICY, PAGE_POLICY)], Html(server.read(page::render))).into_response()
}

/// A picture that was uploaded, for `image_url_list` and the page.
async fn show_picture(State(server): Shared, Path(image_id): Path<String>) -> Response {
    match server.read(|shop| shop.picture(&image_id).cloned()) {
        Some(picture) => ([(header::CONTENT_TYPE, picture.media_type)], picture.bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A made-up product picture.
async fn draw_picture(Path(file): Path<String>) -> Response {
    let Some(name) = file.strip_suffix(".png").filter(|name| !name.is_empty()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match picture::draw(name) {
        Ok(bytes) => ([(header::CONTENT_TYPE, "image/png")], bytes).into_response(),
        Err(error) => {
            tracing::warn!(%error, "the sandbox marketplace could not draw a picture");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
