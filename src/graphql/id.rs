//! Global ids: opaque, typed. `Listing:0190…` in base64url.

use async_graphql::ID;
use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

/// Kinds of objects with an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Account,
    ApiKey,
    AuditEntry,
    Channel,
    ChannelListing,
    CouncilSession,
    CriteriaSet,
    Document,
    Dossier,
    ImportJob,
    Invitation,
    Listing,
    Media,
    Producer,
    Product,
    Rating,
    Upload,
    Variant,
    WebhookEndpoint,
}

const KINDS: [(Kind, &str); 19] = [
    (Kind::Account, "Account"),
    (Kind::ApiKey, "ApiKey"),
    (Kind::AuditEntry, "AuditEntry"),
    (Kind::Channel, "Channel"),
    (Kind::ChannelListing, "ChannelListing"),
    (Kind::CouncilSession, "CouncilSession"),
    (Kind::CriteriaSet, "CriteriaSet"),
    (Kind::Document, "DossierDocument"),
    (Kind::Dossier, "Dossier"),
    (Kind::ImportJob, "ImportJob"),
    (Kind::Invitation, "Invitation"),
    (Kind::Listing, "Listing"),
    (Kind::Media, "Media"),
    (Kind::Producer, "Producer"),
    (Kind::Product, "Product"),
    (Kind::Rating, "OcopRating"),
    (Kind::Upload, "StagedUpload"),
    (Kind::Variant, "Variant"),
    (Kind::WebhookEndpoint, "WebhookEndpoint"),
];

/// The global id of an object.
pub(super) fn encode(kind: Kind, id: impl Into<Uuid>) -> ID {
    let name = KINDS.iter().find(|(k, _)| *k == kind).map_or("", |(_, name)| name);
    ID(BASE64URL_NOPAD.encode(format!("{name}:{}", id.into().simple()).as_bytes()))
}

/// The kind and identity behind a global id; `None` for anything else.
pub(super) fn decode(id: &ID) -> Option<(Kind, Uuid)> {
    let text = String::from_utf8(BASE64URL_NOPAD.decode(id.as_bytes()).ok()?).ok()?;
    let (name, uuid) = text.split_once(':')?;
    let kind = KINDS.iter().find(|(_, n)| *n == name)?.0;
    Some((kind, Uuid::try_parse(uuid).ok()?))
}

/// The identity of an object of one kind. Any other text leads to an id that no object has, so that it looks like "not found".
pub(super) fn of<T: From<Uuid>>(kind: Kind, id: &ID) -> T {
    decode(id).filter(|(k, _)| *k == kind).map_or(Uuid::nil(), |(_, uuid)| uuid).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_typed() {
        let uuid = Uuid::from_u128(7);
        for (kind, _) in KINDS {
            assert_eq!(decode(&encode(kind, uuid)), Some((kind, uuid)));
        }
        assert_eq!(of::<Uuid>(Kind::Listing, &encode(Kind::Product, uuid)), Uuid::nil());
        for rubbish in ["", "x", "TGlzdGluZzo", "TGlzdGluZzp4eA", "🍯"] {
            assert_eq!(decode(&ID(rubbish.into())), None, "{rubbish}");
        }
    }
}
