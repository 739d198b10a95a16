//! One claimed row: what the channel should show, the calls that get it there, and what is recorded afterwards.

use chrono::Duration;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

use crate::{
    domain::{
        actor::Reach,
        channel::{Channel, ChannelListing, ChannelState, SyncError},
        listing::{Listing, ListingState},
        product::ProductGroup,
        sync::{self, Acknowledged, Call, Desired, Failure, Intent, Step, SyncState},
    },
    marketplace::{Marketplace, Offer, PushError, Refusal},
    service::{Service, ServiceError, channels::open, keys, producers::EVERYTHING, publicity, pushes::LEASE},
    store::{StoreError, channel_listings, channels, listings, media, producers, products, variants},
};

/// Look-ups that must miss before a create whose answer was lost is sent again: a marketplace's search may lag behind.
const LOOK_UPS: u32 = 2;
/// Quick edits that came in while a push was under way are pushed together after this long.
const COALESCE_MILLIS: i64 = 150;

/// What stopped a push.
pub(super) enum Stop {
    /// The channel, in its words.
    Push(PushError),
    /// The lease was lost; another worker goes on.
    Lost,
    /// The database, or a fault of ours.
    Service(ServiceError),
}

impl From<PushError> for Stop {
    fn from(error: PushError) -> Self {
        Self::Push(error)
    }
}

impl From<ServiceError> for Stop {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}

/// One claimed row with what it takes to push it.
pub(super) struct Job<'a> {
    service: &'a Service,
    worker: Uuid,
    row: ChannelListing,
    channel: Channel,
    intent: Intent,
    offer: Offer,
    version: i32,
}

impl<'a> Job<'a> {
    /// Loads the listing as it is now and decides what the channel should show.
    pub(super) async fn load(service: &'a Service, worker: Uuid, row: ChannelListing) -> Result<Self, ServiceError> {
        let gone = |what: &str| ServiceError::Internal(format!("a push without its {what}"));
        let view = listings::View { reach: Reach::All, at: service.clock.now() };
        let channel = channels::find(&service.store, row.channel_id, &EVERYTHING).await?.ok_or_else(|| gone("channel"))?;
        let listing = listings::find(&service.store, row.listing_id, &view).await?.ok_or_else(|| gone("listing"))?;
        let offer = offer(service, &listing).await?;
        let visible = publicity::facts(&service.store, &listing).await?.hidden(view.at).is_empty();
        let intent = if visible {
            Intent::Publish(Desired { content: content_hash(&offer), price: offer.price.amount(), stock: offer.stock })
        } else if listing.state == ListingState::Archived {
            Intent::Delete
        } else {
            Intent::Unlist
        };
        Ok(Self { service, worker, row, channel, intent, offer, version: listing.record_version })
    }

    /// Name of the channel's adapter.
    pub(super) fn adapter(&self) -> &str {
        &self.channel.adapter
    }

    /// Makes the calls that are needed, in order.
    pub(super) async fn push(&mut self) -> Result<(), Stop> {
        let shop = self.connect()?;
        if self.row.create_sent && self.row.remote_id.is_none() {
            self.look_up(shop.as_ref()).await?;
        }
        for call in sync::plan(&self.intent, self.row.remote_id.is_some(), &self.row.acknowledged) {
            self.make(shop.as_ref(), call).await?;
        }
        Ok(())
    }

    /// Records that the channel shows what was wanted when the job was loaded.
    pub(super) async fn succeeded(mut self) -> Result<(), ServiceError> {
        let now = self.service.clock.now();
        let tx = self.service.store.begin().await?;
        let Some(current) = channel_listings::held_for_update(&tx, self.row.id, self.worker).await? else { return Ok(()) };
        let behind = current.desired_version > self.version;
        self.row.acknowledged_version = self.version;
        self.row.state = match self.intent {
            _ if behind => SyncState::Queued,
            Intent::Publish(_) => SyncState::Live,
            Intent::Unlist | Intent::Delete => SyncState::Withdrawn,
        };
        self.row.next_attempt_at = behind.then(|| now + Duration::milliseconds(COALESCE_MILLIS));
        self.row.failures = 0;
        self.row.error = None;
        self.row.pushed_at = Some(now);
        self.row.updated_at = now;
        channel_listings::record(&tx, &self.row, self.worker, None).await?;
        Ok(tx.commit().await?)
    }

    /// Records why the push stopped and when it is tried again.
    pub(super) async fn failed(mut self, error: PushError) -> Result<(), ServiceError> {
        let now = self.service.clock.now();
        if matches!(error, PushError::NotFound(_)) {
            self.row.remote_id = None;
            self.row.create_sent = false;
            self.row.acknowledged = Acknowledged::default();
        }
        let (failure, refusal, field) = classify(error);
        let jitter = u32::from(u16::from_le_bytes(keys::random())) % 1001;
        match sync::next_step(failure, self.row.failures, jitter) {
            Step::RetryAfter(wait) => {
                self.row.state = SyncState::Retrying;
                self.row.next_attempt_at = Some(now + Duration::from_std(wait).unwrap_or(Duration::hours(6)));
            }
            Step::GiveUp(state) => {
                self.row.state = state;
                self.row.next_attempt_at = None;
            }
        }
        self.row.failures = self.row.failures.saturating_add(1);
        tracing::warn!(listing = %self.row.listing_id, channel = %self.channel.id, code = refusal.code, state = self.row.state.code(), "push failed");
        self.row.error = Some(SyncError { code: refusal.code, message: refusal.message, request_id: refusal.request_id, field });
        self.row.updated_at = now;
        let tx = self.service.store.begin().await?;
        // What changed meanwhile is not lost: a refused push is tried again when the listing is newer than what was refused.
        let current = channel_listings::held_for_update(&tx, self.row.id, self.worker).await?;
        if current.is_some_and(|c| c.desired_version > self.version) && self.row.state == SyncState::RemoteRejected {
            self.row.state = SyncState::Queued;
            self.row.next_attempt_at = Some(now);
        }
        channel_listings::record(&tx, &self.row, self.worker, None).await?;
        if failure == Failure::Connection && self.channel.state == ChannelState::Active {
            self.channel.state = ChannelState::NeedsAttention;
            self.channel.updated_at = now;
            channels::update(&tx, &self.channel, &EVERYTHING).await?;
        }
        Ok(tx.commit().await?)
    }

    fn connect(&self) -> Result<Arc<dyn Marketplace>, Stop> {
        Ok(open(self.service, &self.channel)?)
    }

    /// After a create whose answer was lost: adopts the item if the channel has it. One miss proves nothing.
    async fn look_up(&mut self, shop: &dyn Marketplace) -> Result<(), Stop> {
        if let Some(item) = shop.find_by_key(&self.offer.key).await? {
            self.row.remote_id = Some(item.id);
            self.row.remote_status = Some(item.raw_status);
            self.row.remote_url = item.url;
            self.row.acknowledged = Acknowledged { listed: Some(item.listed), ..Acknowledged::default() };
            return Ok(());
        }
        if self.row.failures < LOOK_UPS {
            let message = "no item was found under our key; looking once more before creating it".to_owned();
            return Err(PushError::Transient(Refusal { code: "look_up".into(), message, request_id: None }).into());
        }
        self.row.create_sent = false;
        Ok(())
    }

    async fn make(&mut self, shop: &dyn Marketplace, call: Call) -> Result<(), Stop> {
        let id = self.row.remote_id.clone().unwrap_or_default();
        match call {
            Call::Create => return self.create(shop).await,
            Call::SetStock => {
                shop.set_stock(&id, self.offer.stock).await?;
                self.row.acknowledged.stock = Some(self.offer.stock);
            }
            Call::SetPrice => {
                shop.set_price(&id, self.offer.price).await?;
                self.row.acknowledged.price = Some(self.offer.price.amount());
            }
            Call::UpdateContent => {
                shop.update_content(&id, &self.offer).await?;
                self.row.acknowledged.content = Some(content_hash(&self.offer));
            }
            Call::SetListed(listed) => {
                match shop.set_listed(&id, listed).await {
                    // An item that is gone is as hidden as can be.
                    Err(PushError::NotFound(_)) if !listed => {}
                    done => done?,
                }
                self.row.acknowledged.listed = Some(listed);
            }
            Call::Delete => {
                match shop.delete(&id).await {
                    Err(PushError::NotFound(_)) => {}
                    done => done?,
                }
                self.row.remote_id = None;
                self.row.create_sent = false;
                self.row.acknowledged = Acknowledged::default();
            }
        }
        Ok(())
    }

    async fn create(&mut self, shop: &dyn Marketplace) -> Result<(), Stop> {
        self.row.create_sent = true;
        let until = self.service.clock.now() + Duration::seconds(LEASE);
        let tx = self.service.store.begin().await?;
        let held = channel_listings::record(&tx, &self.row, self.worker, Some(until)).await?;
        tx.commit().await?;
        if !held {
            return Err(Stop::Lost);
        }
        let item = match shop.create(&self.offer).await {
            Err(error) => {
                // Any answer but silence says that nothing was created.
                self.row.create_sent = matches!(error, PushError::Unknown(_));
                return Err(error.into());
            }
            Ok(item) => item,
        };
        self.row.remote_id = Some(item.id);
        self.row.remote_status = Some(item.raw_status);
        self.row.remote_url = item.url;
        self.row.acknowledged = Acknowledged {
            content: Some(content_hash(&self.offer)),
            price: Some(self.offer.price.amount()),
            stock: Some(self.offer.stock),
            listed: Some(item.listed),
        };
        Ok(())
    }
}

/// Splits a failure into its treatment, the channel's words and the field of ours that must change.
fn classify(error: PushError) -> (Failure, Refusal, Option<String>) {
    match error {
        // An item that was deleted by hand is created again at once, through the ordinary schedule.
        PushError::Transient(refusal) | PushError::NotFound(refusal) => (Failure::Transient, refusal, None),
        PushError::RateLimited(refusal, wait) => (Failure::RateLimited(wait), refusal, None),
        PushError::QuotaFor(refusal, wait) => (Failure::QuotaFor(wait), refusal, None),
        PushError::Locked(refusal) => (Failure::Locked, refusal, None),
        PushError::Unknown(refusal) => (Failure::Unknown, refusal, None),
        PushError::Rejected(refusal, field) => (Failure::Rejected, refusal, field),
        PushError::TokenExpired(refusal) | PushError::NeedsReauth(refusal) | PushError::Config(refusal) => {
            (Failure::Connection, refusal, None)
        }
    }
}

/// What the channel is told of a listing: the state of the catalog now.
async fn offer(service: &Service, listing: &Listing) -> Result<Offer, ServiceError> {
    let gone = |what: &str| ServiceError::Internal(format!("a push without its {what}"));
    let product = products::find(&service.store, listing.product_id, &EVERYTHING).await?.ok_or_else(|| gone("product"))?;
    let variant = variants::find_many(&service.store, &[listing.variant_id]).await?.pop().ok_or_else(|| gone("variant"))?;
    let producer = producers::find(&service.store, listing.producer_id).await?.ok_or_else(|| gone("producer"))?;
    let pictures = media::of_products(&service.store, &[listing.product_id]).await?;
    // Marketplaces want a description; where none was written, who makes it says more than the name alone.
    let description = product.description_vi.unwrap_or_else(|| format!("{} – {}", product.name_vi, producer.display_name));
    Ok(Offer {
        key: listing.external_key.clone(),
        title: listing.title_vi.clone(),
        description,
        group: listing.group.unwrap_or(ProductGroup::Food),
        price: listing.price,
        stock: listing.stock,
        gtin: variant.gtin,
        weight_grams: variant.weight_grams,
        image_urls: pictures.into_iter().map(|m| m.url).collect(),
    })
}

fn content_hash(offer: &Offer) -> String {
    let mut hash = Sha256::new();
    let gtin = offer.gtin.as_ref().map(crate::domain::gtin::Gtin::as_str).unwrap_or_default();
    let weight = offer.weight_grams.to_string();
    let parts = [offer.title.as_str(), &offer.description, offer.group.code(), gtin, &weight];
    for part in parts.into_iter().chain(offer.image_urls.iter().map(String::as_str)) {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    HEXLOWER.encode(&hash.finalize()[..16])
}
