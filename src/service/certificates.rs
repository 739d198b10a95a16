//! Certificates for everybody: checked by number or QR code, attested by signature, listed before they end.

use chrono::Days;
use qrcode::{EcLevel, QrCode, render::svg};
use serde::Serialize;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        certificate::{CertificateStatus, Verification},
        rating::Rating,
    },
    service::{Service, ServiceError, producers::EVERYTHING},
    store::{Page, PageRequest, Sparing, Unasked, producers, products, ratings},
};

/// Longest certificate number.
const MOST_CHARACTERS: usize = 100;
/// Type of the signature, so that nobody takes it for a token.
const ATTESTATION_TYPE: &str = "ocop-attestation";

/// What stands on a certificate, for those who hold it in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The product.
    pub product: String,
    /// Its producer.
    pub producer: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: i64,
    sub: &'a str,
    product: &'a str,
    producer: &'a str,
    stars: u8,
    decision: DecisionClaim<'a>,
    #[serde(rename = "validFrom")]
    valid_from: String,
    #[serde(rename = "validUntil")]
    valid_until: String,
    status: &'static str,
    #[serde(rename = "mayUseMark")]
    may_use_mark: bool,
}

#[derive(Serialize)]
struct DecisionClaim<'a> {
    issuer: &'a str,
    number: &'a str,
    #[serde(rename = "signedOn")]
    signed_on: String,
}

/// Checks a certificate by its number. Always answers, and tells only how it stands and what is printed on it.
pub async fn verify(service: &Service, number: &str) -> Result<(Verification, Option<(Rating, Shown)>), ServiceError> {
    let unknown = Verification { status: None, may_use_mark: false, withdrawn: None };
    let number = crate::domain::fold::nfc(number);
    if number.is_empty() || number.chars().count() > MOST_CHARACTERS {
        return Ok((unknown, None));
    }
    let Some(rating) = ratings::by_certificate(&service.store, &number).await? else { return Ok((unknown, None)) };
    let today = service.clock.today();
    let status = rating.validity.status(today);
    let withdrawn = rating.validity.withdrawn_on.filter(|_| status == CertificateStatus::Withdrawn).zip(rating.withdrawal_reason);
    let verification = Verification { status: Some(status), may_use_mark: rating.validity.may_use_mark(rating.stars, today), withdrawn };
    let shown = shown(service, &rating).await?;
    Ok((verification, Some((rating, shown))))
}

/// Product, producer, stars, decision, validity and status of a rating, signed with the service's key: a JWS in compact form.
pub fn attestation(service: &Service, rating: &Rating, shown: &Shown) -> Result<String, ServiceError> {
    let today = service.clock.today();
    let claims = Claims {
        iss: service.tokens.issuer(),
        iat: service.clock.now().timestamp(),
        sub: &rating.certificate_number,
        product: &shown.product,
        producer: &shown.producer,
        stars: rating.stars.get(),
        decision: DecisionClaim {
            issuer: &rating.decision.issuer,
            number: &rating.decision.number,
            signed_on: rating.decision.signed_on.to_string(),
        },
        valid_from: rating.validity.issued_on.to_string(),
        valid_until: rating.validity.ends_on().to_string(),
        status: rating.validity.status(today).code(),
        may_use_mark: rating.validity.may_use_mark(rating.stars, today),
    };
    service.tokens.attest(ATTESTATION_TYPE, &claims)
}

/// The public address at which a certificate is checked.
pub fn link(service: &Service, number: &str) -> String {
    let mut url = url::Url::parse(&service.base_url()).expect("the base address was checked");
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("verify").push(number);
    }
    url.to_string()
}

/// The QR code of a certificate's address, as SVG.
pub fn qr(service: &Service, number: &str) -> Result<String, ServiceError> {
    let code = QrCode::with_error_correction_level(link(service, number), EcLevel::M);
    let code = code.map_err(|error| ServiceError::Internal(error.to_string()))?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(240, 240).build())
}

/// Certificates in force that end within some days, the first to end first: admins see all, producers their own.
pub async fn expiring(
    service: &Service,
    actor: &Actor,
    within: u16,
    (request, unasked): (&PageRequest, Unasked),
) -> Result<Page<Rating>, ServiceError> {
    let reach = permit(actor, Action::DecideRatings).or_else(|_| permit(actor, Action::EditDossier))?;
    let today = service.clock.today();
    Ok(ratings::expiring(&Sparing::new(&service.store, unasked), (today, today + Days::new(u64::from(within))), &reach, request).await?)
}

async fn shown(service: &Service, rating: &Rating) -> Result<Shown, ServiceError> {
    let product = products::find(&service.store, rating.product_id, &EVERYTHING).await?;
    let producer = producers::find(&service.store, rating.producer_id).await?;
    Ok(Shown { product: product.map(|p| p.name_vi).unwrap_or_default(), producer: producer.map(|p| p.legal_name).unwrap_or_default() })
}
