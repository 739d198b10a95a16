//! The public check of a certificate: where its QR code leads. JSON for programs, a light page for people.

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Json, Response},
    routing::get,
};
use maud::{DOCTYPE, PreEscaped, html};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::{
    domain::{
        certificate::{CertificateStatus, Verification, WithdrawalReason},
        rating::Rating,
        reason::Locale,
    },
    graphql,
    http::allowance::{Allowances, too_often},
    service::{
        Service, ServiceError,
        certificates::{self, Shown},
    },
};

const STYLE: &str = "body{font:18px/1.5 system-ui,sans-serif;max-width:36em;margin:2em auto;padding:0 1em}h1{font-size:1.3em}\
    .ok{color:#0a6b2d}.no{color:#a11}dt{color:#555}dd{margin:0 0 .6em}";
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");

#[derive(Clone)]
struct Counter {
    service: Service,
    checks: Arc<Allowances>,
}

/// `/verify/{number}` and its QR code.
pub(super) fn router(service: Service, checks: Arc<Allowances>) -> Router {
    Router::new().route("/verify/{number}", get(verify)).route("/verify/{number}/qr.svg", get(qr)).with_state(Counter { service, checks })
}

async fn verify(State(counter): State<Counter>, Path(number): Path<String>, request: Request) -> Response {
    if let Err(seconds) = counter.checks.check_for(&request) {
        return too_often(seconds);
    }
    match certificates::verify(&counter.service, &number).await {
        Ok((verification, shown)) => answer(&number, &verification, shown.as_ref(), request.headers()),
        Err(error) => failed(&error),
    }
}

fn answer(number: &str, verification: &Verification, shown: Option<&(Rating, Shown)>, headers: &HeaderMap) -> Response {
    let status = if shown.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let accept = headers.get(ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if accept.contains("text/html") {
        let language = headers.get("accept-language").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let page = page(number, verification, shown, graphql::locale(language));
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        (status, [(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, no_store())], page).into_response()
    } else {
        (status, [(CACHE_CONTROL, no_store())], Json(facts(number, verification, shown))).into_response()
    }
}

fn facts(number: &str, verification: &Verification, shown: Option<&(Rating, Shown)>) -> Value {
    let status = verification.status.map_or("UNKNOWN", word);
    let mut facts = json!({ "number": number, "status": status, "mayUseMark": verification.may_use_mark });
    if let Some((on, reason)) = verification.withdrawn {
        facts["withdrawnOn"] = on.to_string().into();
        facts["withdrawalReason"] = reason.code().into();
    }
    if let Some((rating, printed)) = shown {
        facts["stars"] = rating.stars.get().into();
        facts["product"] = printed.product.as_str().into();
        facts["producer"] = printed.producer.as_str().into();
        facts["issuedOn"] = rating.validity.issued_on.to_string().into();
        facts["expiresOn"] = rating.validity.expires_on.to_string().into();
    }
    facts
}

/// The words of the API.
const fn word(status: CertificateStatus) -> &'static str {
    match status {
        CertificateStatus::Active => "VALID",
        other => other.code(),
    }
}

fn page(number: &str, verification: &Verification, shown: Option<&(Rating, Shown)>, locale: Locale) -> String {
    let vietnamese = locale == Locale::Vi;
    let say = |vi: &'static str, en: &'static str| if vietnamese { vi } else { en };
    let counts = matches!(verification.status, Some(CertificateStatus::Active | CertificateStatus::Expiring));
    let page = html! {
        (DOCTYPE)
        html lang=(say("vi", "en")) {
            head {
                meta charset="utf-8"; meta name="viewport" content="width=device-width";
                title { (say("Kiểm tra giấy chứng nhận OCOP", "OCOP certificate check")) } style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (say("Giấy chứng nhận OCOP", "OCOP certificate")) " " (number) }
                p class=(if counts { "ok" } else { "no" }) { strong { (sentence(verification, vietnamese)) } }
                p { (if verification.may_use_mark { say("Sản phẩm được mang nhãn hiệu OCOP hôm nay.", "The product may bear the OCOP mark today.") }
                     else { say("Sản phẩm không được mang nhãn hiệu OCOP hôm nay.", "The product may not bear the OCOP mark today.") }) }
                @if let Some((rating, printed)) = shown {
                    dl {
                        dt { (say("Sản phẩm", "Product")) } dd { (printed.product) }
                        dt { (say("Chủ thể", "Producer")) } dd { (printed.producer) }
                        dt { (say("Hạng", "Stars")) } dd { (rating.stars.get()) }
                        dt { (say("Hiệu lực", "Validity")) }
                        dd { (rating.validity.issued_on.format("%d/%m/%Y")) " – " (rating.validity.expires_on.format("%d/%m/%Y")) }
                    }
                }
            }
        }
    };
    page.into_string()
}

fn sentence(verification: &Verification, vietnamese: bool) -> String {
    let (vi, en) = match verification.status {
        None => ("Không có giấy chứng nhận mang số này.", "No certificate has this number."),
        Some(CertificateStatus::Active) => ("Còn hiệu lực.", "Valid."),
        Some(CertificateStatus::Expiring) => ("Còn hiệu lực, sắp hết hạn.", "Valid, ends soon."),
        Some(CertificateStatus::NotYetValid) => ("Chưa có hiệu lực.", "Not yet valid."),
        Some(CertificateStatus::Expired) => ("Đã hết hạn.", "Expired."),
        Some(CertificateStatus::Superseded) => ("Đã được thay thế bằng kết quả đánh giá mới.", "Replaced by a newer rating."),
        Some(CertificateStatus::Withdrawn) => ("Đã bị thu hồi", "Withdrawn"),
    };
    match verification.withdrawn {
        Some((on, reason)) => format!("{} {} ({}).", if vietnamese { vi } else { en }, on.format("%d/%m/%Y"), why(reason, vietnamese)),
        None => if vietnamese { vi } else { en }.to_owned(),
    }
}

const fn why(reason: WithdrawalReason, vietnamese: bool) -> &'static str {
    let (vi, en) = match reason {
        WithdrawalReason::ExpiredNotRerated => ("hết hạn, không đánh giá lại", "expired, not rated again"),
        WithdrawalReason::FailedRerating => ("đánh giá lại không đạt", "failed when rated again"),
        WithdrawalReason::FoodSafety => ("an toàn thực phẩm", "food safety"),
        WithdrawalReason::ProcessDeviation => ("không theo quy trình đã công bố", "declared process not followed"),
        WithdrawalReason::NoTraceability => ("không truy xuất được nguồn gốc", "no traceability"),
        WithdrawalReason::ProductionStopped => ("ngừng sản xuất", "production stopped"),
        WithdrawalReason::SampleMismatch => ("khác mẫu đã chứng nhận", "differs from the certified sample"),
        WithdrawalReason::ProducerRequest => ("theo đề nghị của chủ thể", "the producer asked for it"),
        WithdrawalReason::Other => ("lý do khác", "another reason"),
    };
    if vietnamese { vi } else { en }
}

async fn qr(State(counter): State<Counter>, Path(number): Path<String>, request: Request) -> Response {
    if let Err(seconds) = counter.checks.check_for(&request) {
        return too_often(seconds);
    }
    match certificates::verify(&counter.service, &number).await {
        Ok((_, Some(_))) => match certificates::qr(&counter.service, &number) {
            Ok(svg) => ([(CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"))], svg).into_response(),
            Err(error) => failed(&error),
        },
        Ok((_, None)) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => failed(&error),
    }
}

fn failed(error: &ServiceError) -> Response {
    tracing::error!(%error, "a certificate could not be checked");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

const fn no_store() -> HeaderValue {
    HeaderValue::from_static("no-store")
}
