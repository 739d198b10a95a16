//! A listing for people and machines: a light page with schema.org data in it, or the data alone.
//!
//! The rating is told as schema.org `Certification` and as GS1 `CertificationDetails` (<https://ref.gs1.org/voc/>).

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderValue,
        header::{ACCEPT, CONTENT_SECURITY_POLICY, LINK},
    },
    response::{IntoResponse, Redirect, Response},
};
use maud::{DOCTYPE, PreEscaped, html};
use serde_json::{Value, json};

use super::{Validators, description, page_address, pictures, text};

const STYLE: &str =
    "body{font:18px/1.5 system-ui,sans-serif;max-width:36em;margin:2em auto;padding:0 1em}h1{font-size:1.3em}img{max-width:100%}";
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; img-src * data:; frame-ancestors 'none'");

/// What a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A page.
    Page,
    /// JSON-LD.
    Data,
}

impl Form {
    /// Data for those who name it and no page.
    pub(super) fn accepted(headers: &HeaderMap) -> Self {
        let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let wants_data = ["application/ld+json", "application/json", "application/linkset+json"].iter().any(|kind| accept.contains(kind));
        if wants_data && !accept.contains("text/html") { Self::Data } else { Self::Page }
    }
}

/// The page or the data.
pub(super) fn answer(base: &str, listing: &Value, form: Form, validators: &Validators) -> Response {
    match form {
        Form::Data => validators.answer("application/ld+json; charset=utf-8", Body::from(data(base, listing).to_string())),
        Form::Page => {
            let mut response = validators.answer("text/html; charset=utf-8", Body::from(page(base, listing)));
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
            let link = format!("<{}.jsonld>; rel=\"alternate\"; type=\"application/ld+json\"", page_address(base, listing));
            if let Ok(link) = HeaderValue::from_str(&link) {
                response.headers_mut().insert(LINK, link);
            }
            response
        }
    }
}

/// Where a GS1 Digital Link leads (307, as the standard asks resolvers).
pub(super) fn redirect(base: &str, listing: &Value) -> Response {
    Redirect::temporary(&page_address(base, listing)).into_response()
}

/// schema.org and GS1 data of a listing.
pub(super) fn data(base: &str, listing: &Value) -> Value {
    let address = page_address(base, listing);
    let stock = if listing["availability"] == "IN_STOCK" { "https://schema.org/InStock" } else { "https://schema.org/OutOfStock" };
    let seller = json!({ "@type": "Organization", "name": text(listing, "/producer/displayName") });
    let mut data = json!({
        "@context": ["https://schema.org/", { "gs1": "https://ref.gs1.org/voc/" }],
        "@type": ["Product", "gs1:Product"],
        "@id": address,
        "name": text(listing, "/title"),
        "description": description(listing),
        "image": pictures(listing),
        "sku": text(listing, "/externalKey"),
        "brand": { "@type": "Brand", "name": text(listing, "/producer/displayName") },
        "manufacturer": seller,
        "countryOfOrigin": { "@type": "Country", "name": "VN" },
        "offers": {
            "@type": "Offer", "url": address, "price": text(listing, "/price/amount"), "priceCurrency": text(listing, "/price/currency"),
            "availability": stock, "itemCondition": "https://schema.org/NewCondition", "seller": seller,
        },
    });
    let gtin = text(listing, "/variant/gtin");
    if !gtin.is_empty() {
        data["gtin13"] = json!(gtin);
        data["gs1:gtin"] = json!(format!("{gtin:0>14}"));
    }
    if let Some(stars) = listing["stars"].as_u64() {
        certify(&mut data, listing, stars);
    }
    data
}

fn certify(data: &mut Value, listing: &Value, stars: u64) {
    let rating = |pointer: &str| text(listing, &format!("/product/rating/{pointer}")).to_owned();
    data["hasCertification"] = json!({
        "@type": "Certification",
        "name": format!("OCOP {stars} sao"),
        "certificationIdentification": rating("certificate/number"),
        "certificationRating": { "@type": "Rating", "ratingValue": stars, "bestRating": 5, "worstRating": 1 },
        "issuedBy": { "@type": "Organization", "name": rating("decision/issuer") },
        "validFrom": rating("certificate/issuedOn"),
        "expires": rating("certificate/expiresOn"),
        "url": rating("certificate/verifyUrl"),
    });
    data["gs1:certification"] = json!({
        "@type": "gs1:CertificationDetails",
        "gs1:certificationAgency": rating("decision/issuer"),
        "gs1:certificationStandard": "OCOP",
        "gs1:certificationValue": stars.to_string(),
        "gs1:certificationIdentification": rating("certificate/number"),
        "gs1:certificationStartDate": rating("certificate/issuedOn"),
        "gs1:certificationEndDate": rating("certificate/expiresOn"),
    });
}

fn page(base: &str, listing: &Value) -> String {
    // `</script` in a text of somebody must not end the element: JSON may write `<` as an escape.
    let data = data(base, listing).to_string().replace('<', "\\u003c");
    let stars = listing["stars"].as_u64();
    let page = html! {
        (DOCTYPE)
        html lang="vi" {
            head {
                meta charset="utf-8"; meta name="viewport" content="width=device-width";
                title { (text(listing, "/title")) } style { (PreEscaped(STYLE)) }
                link rel="canonical" href=(page_address(base, listing));
                script type="application/ld+json" { (PreEscaped(data)) }
            }
            body {
                h1 { (text(listing, "/title")) }
                @if let Some(picture) = pictures(listing).first() { img src=(picture) alt=(text(listing, "/product/media/0/alt")); }
                p { (description(listing)) }
                p { (text(listing, "/price/amount")) " " (text(listing, "/price/currency")) " · " (text(listing, "/producer/displayName")) }
                @if let Some(stars) = stars {
                    p { a href=(text(listing, "/product/rating/certificate/verifyUrl")) { "OCOP " (stars) " sao" } }
                }
            }
        }
    };
    page.into_string()
}
