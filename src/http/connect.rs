//! Where marketplaces send a seller back after consent: one light page that says how it ended.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use maud::{DOCTYPE, html};
use std::collections::HashMap;

use crate::{
    domain::reason::Locale,
    graphql,
    service::{
        Service,
        consents::{self, Returned},
    },
};

const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");

/// `/connect/{adapter}`.
pub(super) fn router(service: Service) -> Router {
    Router::new().route("/connect/{adapter}", get(finish)).with_state(service)
}

async fn finish(
    State(service): State<Service>,
    Path(adapter): Path<String>,
    Query(answer): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let locale = graphql::locale(headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default());
    let returned = consents::finish(&service, &adapter, &answer).await;
    let (status, heading, detail) = match &returned {
        Ok(Returned::Connected(name)) => (StatusCode::OK, said(locale, "Đã kết nối gian hàng", "The shop is connected"), name.as_str()),
        Ok(Returned::Stale) => (
            StatusCode::BAD_REQUEST,
            said(locale, "Liên kết này đã dùng hoặc đã hết hạn", "This link was used or is too old"),
            said(locale, "Hãy bắt đầu kết nối lại từ trang quản lý gian hàng.", "Start again from the page that manages the shop."),
        ),
        Ok(Returned::Refused(words)) => {
            (StatusCode::BAD_GATEWAY, said(locale, "Sàn chưa cấp quyền", "The marketplace gave no access"), words.as_str())
        }
        Err(error) => {
            tracing::warn!(%error, "a seller's consent could not be taken");
            let again = said(locale, "Hãy thử lại sau ít phút.", "Try again in a few minutes.");
            (StatusCode::SERVICE_UNAVAILABLE, said(locale, "Hệ thống đang bận", "The service is busy"), again)
        }
    };
    let page = html! {
        (DOCTYPE)
        html lang=(said(locale, "vi", "en")) {
            head { meta charset="utf-8"; meta name="viewport" content="width=device-width"; title { (heading) } }
            body { h1 { (heading) } p { (detail) } }
        }
    };
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY)], page.into_string()).into_response()
}

fn said(locale: Locale, vi: &'static str, en: &'static str) -> &'static str {
    if locale == Locale::Vi { vi } else { en }
}
