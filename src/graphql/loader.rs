//! Batches: nested fields of a page are loaded with one statement a kind, however long the page is.

use async_graphql::dataloader::Loader;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use crate::{
    domain::{
        actor::{Action, Actor, DossierReach, Reach, dossiers_in_reach, permit},
        admin_unit::{AdminUnit, Era},
        channel::{Attempt, Channel, ChannelListing, ChannelStatus},
        id::{
            ChannelId, ChannelListingId, CouncilSessionId, CriteriaSetId, DossierId, ListingId, ProducerId, ProductId, RatingId, UploadId,
            UserId, VariantId,
        },
        listing::{HiddenReason, Listing},
        producer::{Producer, ProducerStatus},
        product::{Certification, Media, Product, Recognition, Variant},
        rating::Rating,
    },
    graphql::seeds::Seeds,
    service::{Service, ServiceError, publicity},
    store::{
        Sparing, Store, StoreError, Unasked, admin_units, attempts, certifications, channel_listings, channel_status, channels,
        listings::{self, View},
        media, producers, products, ratings, recognitions, variants,
    },
};

/// Calls shown of a listing on a channel.
const ATTEMPTS: u32 = 20;

/// Loads what one request asks for, as its actor may see it.
pub struct Batch {
    pub(super) service: Service,
    pub(super) reach: Reach,
    pub(super) dossiers: DossierReach,
    unasked: OnceLock<Unasked>,
    seeds: Mutex<Seeds>,
}

impl Batch {
    /// A batch for an actor.
    pub fn new(service: Service, actor: &Actor) -> Self {
        let reach = permit(actor, Action::ReadPrivate).unwrap_or(Reach::Producers(Vec::new()));
        Self { service, reach, dossiers: dossiers_in_reach(actor), unasked: OnceLock::new(), seeds: Mutex::default() }
    }

    /// What was read with the pages of this request.
    pub(super) fn seeds(&self) -> MutexGuard<'_, Seeds> {
        self.seeds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says, the first time, what nobody asks for in this request.
    pub(super) fn ask(&self, unasked: impl FnOnce() -> Unasked) {
        self.unasked.get_or_init(unasked);
    }

    /// What nobody asks for in this request.
    pub(super) fn unasked(&self) -> Unasked {
        self.unasked.get().copied().unwrap_or_default()
    }

    /// The database for rows that are shown.
    pub(super) fn shown(&self) -> Sparing<'_, Store> {
        Sparing::new(&self.service.store, self.unasked())
    }

    fn view(&self) -> View {
        View::new(self.reach.clone(), self.service.clock.now())
    }
}

macro_rules! key {
    ($($(#[$doc:meta])* $name:ident($inner:ty)),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub(super) struct $name(pub(super) $inner);
    )+};
}

key! {
    /// The producer with an id.
    ProducerKey(ProducerId),
    /// The product with an id.
    ProductKey(ProductId),
    /// The variant with an id.
    VariantKey(VariantId),
    /// The variants of a product.
    VariantsOf(ProductId),
    /// The pictures of a product.
    MediaOf(ProductId),
    /// The first picture of a product.
    CoverOf(ProductId),
    /// The listings of a product.
    ListingsOf(ProductId),
    /// The documents of a product.
    CertificationsOf(ProductId),
    /// The ratings of a product, newest first.
    RatingsOf(ProductId),
    /// What a source recorded of a product.
    RecognitionOf(ProductId),
    /// The commune of today with a code.
    CommuneKey(String),
    /// The commune before 2025-07-01 with a code.
    LegacyCommuneKey(String),
    /// The listing with an id.
    ListingKey(ListingId),
    /// The criteria of a set.
    CriteriaOf(CriteriaSetId),
    /// The criteria set with an id.
    CriteriaSetKey(CriteriaSetId),
    /// The rulebook with a code.
    RulebookKey(String),
    /// The rating with an id.
    RatingKey(RatingId),
    /// The rating that came of a dossier.
    RatingOf(DossierId),
    /// The withdrawals of a rating.
    WithdrawalsOf(RatingId),
    /// The reminders of a rating of a producer.
    RemindersOf((RatingId, ProducerId)),
    /// The dossier with an id.
    DossierKey(DossierId),
    /// The product of a dossier that the reader may see.
    ReviewedProductKey(ProductId),
    /// The checklist of a dossier.
    ChecklistOf(DossierId),
    /// The producer with an id, also a suspended one: its name stands on certificates.
    PrintedProducerKey(ProducerId),
    /// The documents of a dossier.
    DocumentsOf(DossierId),
    /// The upload behind a document.
    UploadKey(UploadId),
    /// The stages of a dossier.
    StagesOf(DossierId),
    /// Who sits in a session.
    SeatsOf(CouncilSessionId),
    /// The dossiers before a session.
    SessionDossiersOf(CouncilSessionId),
    /// The account with an id; only its name is shown.
    AccountKey(UserId),
    /// Why a listing is hidden.
    HiddenKey(ListingId),
    /// The push states of a listing.
    ChannelsOf(ListingId),
    /// The channel with an id.
    ChannelKey(ChannelId),
    /// How a channel fares.
    StatusOf(ChannelId),
    /// The newest calls for a listing on a channel.
    AttemptsOf(ChannelListingId),
}

/// An error that is shared by the keys of a batch.
#[derive(Debug, Clone)]
pub struct BatchError(Arc<ServiceError>);

impl From<ServiceError> for BatchError {
    fn from(error: ServiceError) -> Self {
        Self(Arc::new(error))
    }
}

impl From<StoreError> for BatchError {
    fn from(error: StoreError) -> Self {
        ServiceError::from(error).into()
    }
}

impl From<BatchError> for crate::graphql::error::Fault {
    fn from(error: BatchError) -> Self {
        match error.0.as_ref() {
            ServiceError::Unavailable(what) => ServiceError::Unavailable(what.clone()).into(),
            other => Self::internal(&other.to_string()),
        }
    }
}

pub(super) fn grouped<K: Eq + Hash, V>(rows: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}

fn shared<K: Eq + Hash, V>(rows: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, Vec<Arc<V>>> {
    grouped(rows.into_iter().map(Arc::new).collect(), |row: &Arc<V>| key(row))
}

macro_rules! load {
    ($key:ident => $value:ty, |$batch:ident, $ids:ident| $body:expr) => {
        impl Loader<$key> for Batch {
            type Value = $value;
            type Error = BatchError;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, $value>, BatchError> {
                let $batch = self;
                let $ids: Vec<_> = keys.iter().map(|k| k.0.clone()).collect();
                Ok($body)
            }
        }
    };
}
pub(super) use load;

load!(ProducerKey => Arc<Producer>, |batch, ids| {
    let seen = |p: &Producer| p.status == ProducerStatus::Active || batch.reach.covers(p.id);
    producers::find_many(&batch.shown(), &ids).await?.into_iter().filter(seen).map(|p| (ProducerKey(p.id), Arc::new(p))).collect()
});
load!(ProductKey => Arc<Product>, |batch, ids| {
    products::find_many(&batch.shown(), &ids, &batch.reach).await?.into_iter().map(|p| (ProductKey(p.id), Arc::new(p))).collect()
});
load!(VariantKey => Arc<Variant>, |batch, ids| {
    variants::find_many(&batch.shown(), &ids).await?.into_iter().map(|v| (VariantKey(v.id), Arc::new(v))).collect()
});
load!(VariantsOf => Vec<Arc<Variant>>, |batch, ids| shared(variants::of_products(&batch.shown(), &ids).await?, |v| VariantsOf(v.product_id)));
load!(MediaOf => Vec<Arc<Media>>, |batch, ids| shared(media::of_products(&batch.shown(), &ids).await?, |m| MediaOf(m.product_id)));
load!(CoverOf => Arc<Media>, |batch, ids| media::covers(&batch.shown(), &ids).await?.into_iter().map(|m| (CoverOf(m.product_id), Arc::new(m))).collect());
load!(ListingsOf => Vec<Arc<Listing>>, |batch, ids| {
    shared(listings::of_products(&batch.shown(), &ids, &batch.view()).await?, |l| ListingsOf(l.product_id))
});
load!(CertificationsOf => Vec<Certification>, |batch, ids| {
    grouped(certifications::of_products(&batch.service.store, &ids).await?, |c| CertificationsOf(c.product_id))
});
load!(RatingsOf => Vec<Arc<Rating>>, |batch, ids| shared(ratings::of_products(&batch.shown(), &ids).await?, |r| RatingsOf(r.product_id)));
load!(RecognitionOf => Recognition, |batch, ids| {
    recognitions::of_products(&batch.service.store, &ids).await?.into_iter().map(|(product, r)| (RecognitionOf(product), r)).collect()
});
load!(CommuneKey => Arc<AdminUnit>, |batch, ids| {
    let units = admin_units::find_many(&batch.shown(), Era::From20250701, &ids).await?;
    units.into_iter().map(|u| (CommuneKey(u.code.clone()), Arc::new(u))).collect()
});
load!(LegacyCommuneKey => AdminUnit, |batch, ids| {
    let units = admin_units::find_many(&batch.shown(), Era::Before20250701, &ids).await?;
    units.into_iter().map(|u| (LegacyCommuneKey(u.code.clone()), u)).collect()
});
load!(ListingKey => Listing, |batch, ids| {
    listings::find_many(&batch.shown(), &ids, &batch.view()).await?.into_iter().map(|l| (ListingKey(l.id), l)).collect()
});
load!(HiddenKey => Vec<HiddenReason>, |batch, ids| {
    let seen = listings::find_many(&batch.service.store, &ids, &batch.view()).await?;
    publicity::hidden(&batch.service, &seen).await?.into_iter().map(|(id, reasons)| (HiddenKey(id), reasons)).collect()
});
load!(ChannelsOf => Vec<ChannelListing>, |batch, ids| {
    grouped(channel_listings::of_listings(&batch.service.store, &ids, &batch.reach).await?, |c| ChannelsOf(c.listing_id))
});
load!(StatusOf => ChannelStatus, |batch, ids| {
    channel_status::find_many(&batch.service.store, &ids).await?.into_iter().map(|s| (StatusOf(s.channel_id), s)).collect()
});
load!(AttemptsOf => Vec<Attempt>, |batch, ids| {
    grouped(attempts::newest(&batch.service.store, &ids, ATTEMPTS).await?, |a| AttemptsOf(a.channel_listing_id))
});
load!(ChannelKey => Channel, |batch, ids| {
    // Its owner sees all of a channel; others whose listings it carries see its name and state through their own push states.
    channels::find_many(&batch.service.store, &ids, &Reach::All).await?.into_iter().map(|c| (ChannelKey(c.id), c)).collect()
});
