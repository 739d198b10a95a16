//! Files in and out: bytes of announced uploads come in by PUT; documents go out to those who may see their dossier, public pictures
//! to everybody.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, Query, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse, Json, Response},
    routing::{get, put},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::{
    domain::{reason::Locale, upload::FileType},
    graphql,
    http::auth,
    service::{Service, ServiceError, documents, media, portals, uploads},
};

/// Uploads taken at once: each is held in memory until its hash is known.
const AT_ONCE: usize = 8;
/// How long the bytes of a file may take over a weak network.
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Clone)]
struct Counter {
    service: Service,
    slots: Arc<Semaphore>,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

/// `PUT /uploads/{id}`, `GET /documents/{id}`, `GET /media/{name}`, `GET /channels/{id}/file.xlsx`.
pub(super) fn router(service: Service) -> Router {
    Router::new()
        .route("/uploads/{id}", put(receive))
        .route("/documents/{id}", get(document))
        .route("/media/{name}", get(picture))
        .route("/channels/{id}/file.xlsx", get(portal_file))
        .with_state(Counter { service, slots: Arc::new(Semaphore::new(AT_ONCE)) })
}

async fn receive(State(counter): State<Counter>, Path(id): Path<Uuid>, Query(given): Query<Token>, request: Request) -> Response {
    let locale = locale(request.headers());
    // Who has no address of an upload costs one look at the database, and no byte is read.
    let upload = match uploads::expected(&counter.service, id.into(), &given.token).await {
        Ok(Some(upload)) => upload,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return refused(error, locale),
    };
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length != upload.size) {
        return refused(ServiceError::refused("body", crate::domain::reason::Reason::FileDiffers), locale);
    }
    let Ok(_slot) = counter.slots.try_acquire() else {
        return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "5")]).into_response();
    };
    let limit = usize::try_from(upload.size).unwrap_or(usize::MAX);
    let bytes = match tokio::time::timeout(PATIENCE, to_bytes(request.into_body(), limit)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return refused(ServiceError::refused("body", crate::domain::reason::Reason::FileDiffers), locale),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    match uploads::receive(&counter.service, &upload, bytes.to_vec()).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(error, locale),
    }
}

async fn document(State(counter): State<Counter>, Path(id): Path<Uuid>, request: Request) -> Response {
    let actor = match auth::actor(&counter.service, request.headers()).await {
        Ok(actor) => actor,
        Err(refusal) => return refusal,
    };
    match documents::open(&counter.service, &actor, id.into()).await {
        Ok(Some((upload, bytes))) => attachment(&upload.file_name, upload.file_type, bytes),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => refused(error, locale(request.headers())),
    }
}

async fn portal_file(State(counter): State<Counter>, Path(id): Path<Uuid>, request: Request) -> Response {
    let actor = match auth::actor(&counter.service, request.headers()).await {
        Ok(actor) => actor,
        Err(refusal) => return refusal,
    };
    let locale = locale(request.headers());
    match portals::file(&counter.service, &actor, id.into(), locale).await {
        Ok(Some(bytes)) => attachment("ocop.xlsx", FileType::Xlsx, bytes),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => refused(error, locale),
    }
}

/// A private file that is saved, never shown within the page.
fn attachment(name: &str, file_type: FileType, bytes: Vec<u8>) -> Response {
    let name = utf8_percent_encode(name, NON_ALPHANUMERIC).to_string();
    let disposition = HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{name}"));
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file_type.code()));
    headers.insert(CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment")));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

async fn picture(State(counter): State<Counter>, Path(name): Path<String>) -> Response {
    match media::open(&counter.service, &name).await {
        Ok(Some((file_type, bytes))) => {
            let mut response = Body::from(bytes).into_response();
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(file_type.code()));
            // Its name is its identity: other bytes get another name.
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
            response
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => refused(error, Locale::En),
    }
}

fn locale(headers: &HeaderMap) -> Locale {
    graphql::locale(headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default())
}

fn refused(error: ServiceError, locale: Locale) -> Response {
    match error {
        ServiceError::Refused(refusals) => {
            let told = |r: &crate::domain::reason::Refusal| json!({ "code": r.reason.code(), "path": r.path, "message": r.reason.sentence(locale) });
            let errors: Vec<_> = refusals.iter().map(told).collect();
            (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "userErrors": errors }))).into_response()
        }
        ServiceError::Denied(_) => StatusCode::FORBIDDEN.into_response(),
        error => {
            tracing::error!(%error, "a file could not be handled");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
