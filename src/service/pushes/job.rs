//! One claimed row: what the channel should show, and the calls that get it there.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::{
    domain::{
        actor::Reach,
        channel::{Attempt, AttemptCall, Channel, ChannelListing, SyncError},
        drift::{self, Drift, DriftKind, DriftPolicy, Shown},
        listing::ListingState,
        sync::{self, Acknowledged, Aim, Call, Desired, Intent, RemoteState, Trouble},
    },
    marketplace::{Marketplace, Offer, PushError, Refusal, RemoteItem},
    service::{
        Service, ServiceError,
        access::{self, Shop},
        producers::EVERYTHING,
        publicity,
        pushes::{
            LEASE,
            offer::{content_hash, offer},
        },
    },
    store::{StoreError, channel_listings, channels, listings},
};

/// Look-ups that must miss before a create whose answer was lost is sent again: a marketplace's search may lag behind.
const LOOK_UPS: u32 = 2;

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
    pub(super) service: &'a Service,
    pub(super) owner: Uuid,
    pub(super) row: ChannelListing,
    pub(super) channel: Channel,
    pub(super) intent: Intent,
    pub(super) version: i32,
    /// The calls made, to be recorded with what they led to.
    pub(super) attempts: Vec<Attempt>,
    /// When the item was to be read back, as the row was claimed.
    pub(super) reread_at: Option<DateTime<Utc>>,
    /// An item was created.
    pub(super) created: bool,
    /// Whether the item is being read back now.
    pub(super) reading: bool,
    offer: Offer,
    shop: Option<Shop>,
}

impl<'a> Job<'a> {
    /// Loads the listing as it is now and decides what the channel should show.
    pub(super) async fn load(service: &'a Service, owner: Uuid, row: ChannelListing) -> Result<Self, ServiceError> {
        let gone = |what: &str| ServiceError::Internal(format!("a push without its {what}"));
        let view = listings::View::new(Reach::All, service.clock.now());
        let channel = channels::find(&service.store, row.channel_id, &EVERYTHING).await?.ok_or_else(|| gone("channel"))?;
        let listing = listings::find(&service.store, row.listing_id, &view).await?.ok_or_else(|| gone("listing"))?;
        let offer = Offer { generation: row.generation, ..offer(service, &listing).await? };
        let visible = publicity::facts(&service.store, &listing).await?.hidden(view.at).is_empty();
        let intent = if visible {
            Intent::Publish(Desired { content: content_hash(&offer), price: offer.price.amount(), stock: offer.stock })
        } else if listing.state == ListingState::Archived {
            Intent::Delete
        } else {
            Intent::Unlist
        };
        Ok(Self {
            service,
            owner,
            channel,
            intent,
            version: listing.record_version,
            attempts: Vec::new(),
            reread_at: row.reread_at,
            created: false,
            reading: false,
            row,
            offer,
            shop: None,
        })
    }

    /// Name of the channel's adapter.
    pub(super) fn adapter(&self) -> &str {
        &self.channel.adapter
    }

    /// Whether the channel is worked by people with a file.
    pub(super) fn is_by_hand(&self) -> bool {
        self.shop.as_ref().is_some_and(|shop| shop.market.abilities().portal.is_some())
    }

    /// Makes the calls that are needed, in order. When the access token ended on the way, it is renewed and the rest goes on.
    pub(super) async fn push(&mut self) -> Result<(), Stop> {
        let shop = access::open(self.service, &self.channel).await?;
        self.shop = Some(shop.clone());
        match self.steps(&shop).await {
            Err(Stop::Push(error)) if error.kind() == Trouble::TokenExpired => {
                let renewed = access::renew(self.service, &self.channel, &shop, error).await?;
                self.shop = Some(renewed.clone());
                self.steps(&renewed).await
            }
            done => done,
        }
    }

    async fn steps(&mut self, shop: &Shop) -> Result<(), Stop> {
        let market = shop.market.as_ref();
        if self.row.create_sent && self.row.remote_id.is_none() {
            self.look_up(market).await?;
        }
        self.read_back(market).await?;
        for call in sync::plan(&self.intent, self.row.remote_id.is_some(), &self.row.acknowledged) {
            self.make(market, call).await?;
        }
        Ok(())
    }

    /// Reads the item back when that is due, and takes what differs as the channel's policies say.
    async fn read_back(&mut self, market: &dyn Marketplace) -> Result<(), Stop> {
        let (began, now) = (self.began(), self.service.clock.now());
        let Some(id) = self.row.remote_id.clone().filter(|_| self.row.reread_at.is_some_and(|at| at <= now)) else { return Ok(()) };
        self.reading = true;
        let read = market.read(&id).await;
        let item = match self.noted(AttemptCall::Read, began, read) {
            Err(PushError::NotFound(_)) => None,
            read => Some(read?),
        };
        self.reading = false;
        self.row.reread_at = None;
        if self.row.remote_state == RemoteState::InReview && item.as_ref().is_some_and(|item| item.state == RemoteState::Hidden) {
            // Some marketplaces release what they checked hidden: it was never shown, so nobody hid it.
            self.row.acknowledged.listed = Some(false);
        }
        let found = self.compare(item.as_ref());
        if found.is_empty() && item.is_some() {
            // Thousands of readings that saw nothing would hide the calls that changed something.
            self.attempts.pop();
        }
        let is_made_anew = found.iter().any(|drift| drift.kind == DriftKind::Missing && drift.done == DriftPolicy::Overwrite);
        drift::forget_overwritten(&mut self.row.acknowledged, &found);
        match item {
            Some(item) => self.seen(item),
            None if is_made_anew || self.intent.aim() != Aim::Publish => self.row.forget_item(),
            None => self.row.remote_state = RemoteState::None,
        }
        self.row.drift = found;
        Ok(())
    }

    /// What the channel shows otherwise than we left it; each difference that is new is counted and logged.
    fn compare(&self, item: Option<&RemoteItem>) -> Vec<Drift> {
        let shown = item.map(|item| Shown {
            price: item.price,
            stock: item.stock,
            on_sale: item.state.on_sale(),
            hidden_by_seller: item.state == RemoteState::Hidden,
        });
        let (row, now, may_show) = (&self.row, self.service.clock.now(), self.intent.aim() == Aim::Publish);
        let found = drift::compare(&row.acknowledged, shown, may_show, &self.channel.drift_policies, (&row.drift, now));
        for drift in found.iter().filter(|drift| drift.since == now) {
            let (kind, done) = (drift.kind.code(), drift.done.code());
            tracing::warn!(listing = %row.listing_id, channel = %row.channel_id, kind, done, "a channel shows something else");
            metrics::counter!("ocop_drift_total", "adapter" => self.adapter().to_owned(), "kind" => kind, "done" => done).increment(1);
        }
        found
    }

    /// After a create whose answer was lost: adopts the item if the channel has it. One miss proves nothing.
    async fn look_up(&mut self, market: &dyn Marketplace) -> Result<(), Stop> {
        let began = self.began();
        let key = self.offer.key.clone();
        let found = market.find_by_key(&key).await;
        if let Some(item) = self.noted(AttemptCall::LookUp, began, found)? {
            self.adopt(item);
            return Ok(());
        }
        if self.row.failures < LOOK_UPS {
            let message = "no item was found under our key; looking once more before creating it".to_owned();
            return Err(PushError::Transient(Refusal { code: "look_up".into(), message, request_id: None }).into());
        }
        self.row.create_sent = false;
        Ok(())
    }

    /// Takes an item that the channel has for ours; what it shows is not known, so everything is sent again.
    fn adopt(&mut self, item: RemoteItem) {
        self.row.acknowledged = Acknowledged { listed: Some(item.state.on_sale()), ..Acknowledged::default() };
        self.seen(item);
    }

    fn seen(&mut self, item: RemoteItem) {
        self.row.remote_id = Some(item.id);
        self.row.remote_state = item.state;
        self.row.remote_status = Some(item.raw_status);
        self.row.remote_reasons = item.reasons;
        self.row.remote_seen_at = Some(self.service.clock.now());
        self.row.remote_url = item.url;
    }

    async fn make(&mut self, market: &dyn Marketplace, call: Call) -> Result<(), Stop> {
        if call == Call::Create {
            return self.create(market).await;
        }
        let (id, began) = (self.row.remote_id.clone().unwrap_or_default(), self.began());
        let done = match call {
            Call::Create => Ok(()),
            Call::SetStock => market.set_stock(&id, self.offer.stock).await,
            Call::SetPrice => market.set_price(&id, self.offer.price).await,
            Call::UpdateContent => market.update_content(&id, &self.offer).await,
            // An item that is gone is as hidden as can be.
            Call::SetListed(false) => unless_gone(market.set_listed(&id, false).await),
            Call::SetListed(true) => market.set_listed(&id, true).await,
            Call::Delete => unless_gone(market.delete(&id).await),
        };
        self.noted(call.into(), began, done)?;
        self.acknowledge(call);
        if call == Call::SetListed(true) && self.is_by_hand() {
            self.row.remote_state = RemoteState::InReview;
        }
        Ok(())
    }

    /// Notes that the channel did what a call asked for.
    fn acknowledge(&mut self, call: Call) {
        let known = &mut self.row.acknowledged;
        match call {
            Call::Create => {}
            Call::SetStock => known.stock = Some(self.offer.stock),
            Call::SetPrice => known.price = Some(self.offer.price.amount()),
            Call::UpdateContent => known.content = Some(content_hash(&self.offer)),
            Call::SetListed(listed) => {
                known.listed = Some(listed);
                self.row.remote_state = if listed { RemoteState::Active } else { RemoteState::Hidden };
            }
            Call::Delete => {
                self.row.forget_item();
            }
        }
    }

    async fn create(&mut self, market: &dyn Marketplace) -> Result<(), Stop> {
        self.row.create_sent = true;
        let until = self.service.clock.now() + Duration::seconds(LEASE);
        let tx = self.service.store.begin().await?;
        let held = channel_listings::record(&tx, &self.row, self.owner, Some(until)).await?;
        tx.commit().await?;
        if !held {
            return Err(Stop::Lost);
        }
        let began = self.began();
        let created = market.create(&self.offer).await;
        match self.noted(AttemptCall::Create, began, created) {
            Ok(item) => {
                self.row.acknowledged = Acknowledged {
                    content: Some(content_hash(&self.offer)),
                    price: Some(self.offer.price.amount()),
                    stock: Some(self.offer.stock),
                    listed: Some(item.state.on_sale()),
                };
                self.seen(item);
                self.created = true;
                Ok(())
            }
            Err(PushError::AlreadyExists(words, id)) => self.adopt_existing(market, words, id).await,
            Err(error) => {
                // Any answer but silence says that nothing was created.
                self.row.create_sent = matches!(error, PushError::Unknown(_));
                Err(error.into())
            }
        }
    }

    /// The channel says that our key is taken: an earlier create of ours got through. What it shows is brought up to date.
    async fn adopt_existing(&mut self, market: &dyn Marketplace, words: Refusal, id: Option<String>) -> Result<(), Stop> {
        let began = self.began();
        let found = match id {
            Some(id) => market.read(&id).await.map(Some),
            None => market.find_by_key(&self.offer.key.clone()).await,
        };
        let Some(item) = self.noted(AttemptCall::LookUp, began, found)? else {
            return Err(PushError::AlreadyExists(words, None).into());
        };
        self.adopt(item);
        for call in sync::plan(&self.intent, true, &self.row.acknowledged) {
            Box::pin(self.make(market, call)).await?;
        }
        Ok(())
    }

    fn began(&self) -> (DateTime<Utc>, tokio::time::Instant) {
        (self.service.clock.now(), tokio::time::Instant::now())
    }

    /// Notes a call, to be recorded with the row.
    fn noted<T>(
        &mut self,
        call: AttemptCall,
        (at, started): (DateTime<Utc>, tokio::time::Instant),
        result: Result<T, PushError>,
    ) -> Result<T, PushError> {
        let outcome = result.as_ref().err().map_or("OK", |error| error.kind().code());
        let labels = [("channel", self.channel.id.to_string()), ("call", call.code().to_owned()), ("outcome", outcome.to_owned())];
        metrics::counter!("ocop_channel_calls_total", &labels).increment(1);
        self.attempts.push(Attempt {
            id: self.service.new_id(),
            channel_listing_id: self.row.id,
            call,
            error: result.as_ref().err().map(|error| self.told(error)),
            millis: u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX),
            at,
        });
        result
    }

    /// A failure as its owner reads it: the channel's words, without our secrets should the channel repeat them.
    pub(super) fn told(&self, error: &PushError) -> SyncError {
        access::told(error, self.shop.as_ref())
    }
}

fn unless_gone(done: Result<(), PushError>) -> Result<(), PushError> {
    if let Err(PushError::NotFound(_)) = done { Ok(()) } else { done }
}
