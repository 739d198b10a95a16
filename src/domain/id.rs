//! One identity type a noun: a producer's id can't be passed where a product's is wanted.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

ids! {
    /// A person's account.
    UserId,
    /// A sign-in and the refresh tokens that descend from it.
    SessionId,
    /// An integrator's key.
    ApiKeyId,
    /// A producer (chủ thể OCOP).
    ProducerId,
    /// An invitation of a person into a producer.
    InvitationId,
    /// A product.
    ProductId,
    /// One sellable form of a product.
    VariantId,
    /// A picture of a product.
    MediaId,
    /// A document of another kind of certification of a product.
    CertificationId,
    /// A dossier (hồ sơ).
    DossierId,
    /// Where an integrator is told of changes.
    WebhookEndpointId,
    /// An import from the command line.
    ImportJobId,
    /// A criteria set in one edition.
    CriteriaSetId,
    /// A session of an evaluation council.
    CouncilSessionId,
    /// A council member's score sheet.
    SheetId,
    /// A file on its way in, or there.
    UploadId,
    /// A document of a dossier.
    DocumentId,
    /// A rating decided on a dossier, with its certificate.
    RatingId,
    /// An offer of a variant at a price.
    ListingId,
    /// A connection to a marketplace.
    ChannelId,
    /// One listing on one channel.
    ChannelListingId,
}
