//! What every resolver works with: the service, who asks, in which language.

use async_graphql::{Context, Enum, MaybeUndefined, dataloader::DataLoader};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

use crate::{
    domain::{actor::Actor, reason::Locale},
    graphql::{error::Fault, loader::Batch, mentions},
    service::{Call, Patch, Service},
    store::{Unasked, journal::RequestKey},
};

/// The facts of one request.
#[derive(Clone)]
pub struct Asked {
    /// The use cases.
    pub service: Service,
    /// Who asks.
    pub actor: Actor,
    /// The language of sentences.
    pub locale: Locale,
    /// What the caller may still try.
    pub visitor: Arc<dyn Visitor>,
}

/// What somebody at an address may still try. Each call takes one try, or tells the seconds until the next.
pub trait Visitor: Send + Sync {
    /// Checking a certificate.
    ///
    /// # Errors
    /// The seconds until the next check.
    fn check(&self) -> Result<(), u64>;

    /// Signing in, or up, as the person with an e-mail.
    ///
    /// # Errors
    /// The seconds until the next try.
    fn sign_in(&self, email: &str) -> Result<(), u64>;
}

/// Languages texts are kept in. Values may be added.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(name = "Locale", remote = "Locale")]
pub enum LocaleArgument {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

/// A text in Vietnamese and, perhaps, English.
pub(super) struct Text<'a>(pub(super) &'a str, pub(super) Option<&'a str>);

impl<'a> Text<'a> {
    /// The text in the language asked for, or in that of the request.
    pub(super) fn in_language(&self, context: &Context<'_>, locale: Option<LocaleArgument>) -> Result<&'a str, Fault> {
        let locale = locale.map_or(asked(context)?.locale, Into::into);
        Ok(if locale == Locale::En { self.1.unwrap_or(self.0) } else { self.0 })
    }
}

/// An input field that may be left out (leave alone), null (clear) or given.
pub(super) fn patch<T>(field: MaybeUndefined<T>) -> Patch<T> {
    match field {
        MaybeUndefined::Undefined => Patch::Keep,
        MaybeUndefined::Null => Patch::Clear,
        MaybeUndefined::Value(value) => Patch::Set(value),
    }
}

/// The language a client prefers, from `Accept-Language` (RFC 9110): English when it ranks above Vietnamese, otherwise Vietnamese.
pub fn locale(accept_language: &str) -> Locale {
    let weight = |tag: &str| {
        accept_language
            .split(',')
            .filter_map(|part| {
                let (range, parameters) = part.split_once(';').unwrap_or((part, ""));
                let range = range.trim().to_lowercase();
                let fits = range == tag || range.strip_prefix(tag).is_some_and(|rest| rest.starts_with('-'));
                // Weights have at most three decimals: thousandths as a whole number.
                let quality = parameters.trim().strip_prefix("q=").map_or("1", str::trim);
                let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
                let thousandths: u32 = format!("{whole}{fraction:0<3}").parse().ok()?;
                fits.then_some(thousandths)
            })
            .max()
            .unwrap_or(0)
    };
    if weight("en") > weight("vi") { Locale::En } else { Locale::Vi }
}

pub(super) fn asked<'a>(context: &Context<'a>) -> Result<&'a Asked, Fault> {
    context.data::<Asked>().map_err(|_| Fault::internal("a request without its context"))
}

/// Loads what the request asks for.
pub(super) fn loader<'a>(context: &Context<'a>) -> Result<&'a DataLoader<Batch>, Fault> {
    let loader = context.data::<DataLoader<Batch>>().map_err(|_| Fault::internal("a request without its loader"))?;
    loader.loader().ask(|| mentions::unasked(context));
    Ok(loader)
}

/// What nobody asks for in the request.
pub(super) fn unasked(context: &Context<'_>) -> Result<Unasked, Fault> {
    Ok(loader(context)?.loader().unasked())
}

/// The call of a mutation: who, and under which idempotency key with which arguments.
pub(super) fn call<'a>(context: &Context<'a>, asked: &'a Asked, key: Option<Uuid>) -> Result<Call<'a>, Fault> {
    let request = match key {
        None => None,
        Some(key) => Some(RequestKey {
            principal: asked.actor.principal(),
            field: context.field().name().to_owned(),
            key,
            arguments_hash: arguments_hash(context)?,
        }),
    };
    Ok(Call { actor: &asked.actor, request })
}

fn arguments_hash(context: &Context<'_>) -> Result<String, Fault> {
    let mut arguments = context.field().arguments().map_err(|_| Fault::internal("arguments that can't be read"))?;
    arguments.retain(|(name, _)| name != "idempotencyKey");
    arguments.sort_by(|a, b| a.0.cmp(&b.0));
    let text: String = arguments.iter().map(|(name, value)| format!("{name}={value};")).collect();
    Ok(HEXLOWER.encode(&Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_by_weight_vietnamese_by_default() {
        for (header, expected) in [
            ("", Locale::Vi),
            ("vi", Locale::Vi),
            ("en", Locale::En),
            ("en-GB,en;q=0.9", Locale::En),
            ("vi,en;q=0.8", Locale::Vi),
            ("vi;q=0.5, en;q=0.8", Locale::En),
            ("fr", Locale::Vi),
            ("en;q=0", Locale::Vi),
            ("enx", Locale::Vi),
            (";;;,q=,en;q=x", Locale::Vi),
        ] {
            assert_eq!(locale(header), expected, "{header:?}");
        }
    }
}
