//! Shopee's request signature and the other checks of its gateway.
//!
//! `sign = lowercase hex(HMAC-SHA256(partner_key, partner_id + path + timestamp [+ access_token + shop_id]))`; neither the body nor any other
//! parameter is signed. The shop's part is left out of *public* calls (`media_space`).

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::sandbox::{
    SandboxSettings,
    reply::Refusal,
    request::{Query, Received},
};

/// "Expires in 5 minutes."
const WINDOW_SECONDS: u64 = 300;

/// What goes into the base string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Without a shop.
    Public,
    /// With the shop and its token.
    Shop,
}

/// The signature over the parts, put together with nothing between.
pub(crate) fn signature(partner_key: &str, parts: &[&str]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(partner_key.as_bytes()).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part.as_bytes());
    }
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

/// Lets a request pass, or refuses it with the error from the reference's list of common errors.
pub(crate) fn check(settings: &SandboxSettings, received: &Received, form: Form, now: i64) -> Result<(), Refusal> {
    let query = &received.query;
    let partner_id = given(query, "partner_id")?;
    let timestamp = query.get("timestamp").ok_or_else(|| Refusal::gateway("error_param", "no timestamp."))?;
    let sign = given(query, "sign")?;
    check_partner(settings, partner_id)?;
    check_timestamp(timestamp, now)?;
    match form {
        Form::Public => check_sign(settings, &[partner_id, &received.path, timestamp], sign),
        Form::Shop => {
            let (token, shop_id) = (given(query, "access_token")?, given(query, "shop_id")?);
            check_sign(settings, &[partner_id, &received.path, timestamp, token, shop_id], sign)?;
            check_shop(settings, shop_id)
        }
    }
}

fn given<'a>(query: &'a Query, name: &'a str) -> Result<&'a str, Refusal> {
    query.get(name).ok_or_else(|| Refusal::gateway("error_param", format!("There is no {name} in query.")))
}

fn check_partner(settings: &SandboxSettings, partner_id: &str) -> Result<(), Refusal> {
    match partner_id.parse::<u32>() {
        Err(_) => Err(Refusal::gateway("error_param", "Partner_id is invalid, should be an integer between 0 and 4294967295.")),
        Ok(id) if i64::from(id) != settings.partner_id => {
            Err(Refusal::gateway("invalid_partner_id", "Invalid partner_id, please have a check."))
        }
        Ok(_) => Ok(()),
    }
}

fn check_timestamp(timestamp: &str, now: i64) -> Result<(), Refusal> {
    match timestamp.parse::<u32>() {
        Err(_) => Err(Refusal::gateway("error_param", "Timestamp is invalid, should be an integer between 0 and 4294967295.")),
        Ok(at) if now.abs_diff(i64::from(at)) > WINDOW_SECONDS => Err(Refusal::gateway("error_param", "Timestamp is expired.")),
        Ok(_) => Ok(()),
    }
}

fn check_sign(settings: &SandboxSettings, parts: &[&str], sign: &str) -> Result<(), Refusal> {
    let expected = signature(&settings.partner_key, parts);
    if bool::from(expected.as_bytes().ct_eq(sign.as_bytes())) { Ok(()) } else { Err(Refusal::gateway("error_sign", "Wrong sign.")) }
}

fn check_shop(settings: &SandboxSettings, shop_id: &str) -> Result<(), Refusal> {
    if shop_id.parse() != Ok(settings.shop_id) {
        return Err(Refusal::gateway("error_auth", "Invalid partner_id or shopid."));
    }
    Ok(())
}

/// Whether the token of a call on the shop still counts: the one of the settings, or one that was given out.
pub(crate) fn check_token(settings: &SandboxSettings, received: &Received, given_out: impl FnOnce(&str) -> bool) -> Result<(), Refusal> {
    match received.query.get("access_token") {
        Some(token) if !bool::from(settings.access_token.as_bytes().ct_eq(token.as_bytes())) && !given_out(token) => Err(expired_token()),
        _ => Ok(()),
    }
}

/// Spelled so in the reference.
pub(crate) fn expired_token() -> Refusal {
    Refusal::gateway("invalid_acceess_token", "Invalid access_token, please have a check.")
}
