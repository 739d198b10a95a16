//! Who may see a listing, kept true: every change of a fact refreshes the windows it decides, and a pass catches the days and
//! instants that are reached while nobody changes anything.

use chrono::{DateTime, Duration, Utc};
use std::collections::{HashMap, hash_map::Entry};
use uuid::Uuid;

use crate::{
    domain::{
        actor::{Actor, Reach},
        admin_unit::{AdminUnit, Era},
        certificate::Validity,
        feed::{FeedScope, places},
        id::{ListingId, ProducerId, ProductId, VariantId},
        listing::{ChangeCause, HiddenReason, Listing, PublicityFacts},
        producer::{Producer, ProducerStatus},
        product::{Product, ProductState, Variant},
        score::Stars,
        search::Findable,
        sync::Priority,
    },
    service::{
        Call, Service, ServiceError, keys,
        producers::{EVERYTHING, saved},
        work::{Begun, Work},
    },
    store::{
        Db, Tx, admin_units,
        changes::NewChange,
        channel_listings::{self, Wanted},
        channels, listings, producers, products, ratings, search, variants,
    },
};

/// Quick edits within this time become one push.
const COALESCE_MILLIS: i64 = 150;
/// Listings in one transaction of the pass.
const PASS: u64 = 200;

/// What decides about a set of listings, loaded with one statement a noun.
#[derive(Default)]
struct Surroundings {
    products: HashMap<ProductId, Product>,
    variants: HashMap<VariantId, Variant>,
    producers: HashMap<ProducerId, Producer>,
    ratings: HashMap<ProductId, (Stars, Validity)>,
    communes: HashMap<String, AdminUnit>,
    /// Communes of before 2025-07-01: people still look for them.
    former: HashMap<String, AdminUnit>,
}

/// Recomputes the windows of listings that the transaction holds locked, writes them, announces the change to the feed when the
/// public sees or saw them, and tells their channels. Call it once in a transaction, after all other writes. Returns them as they are now.
pub(super) async fn refresh(
    service: &Service,
    work: &mut Work,
    mut affected: Vec<Listing>,
    cause: ChangeCause,
) -> Result<Vec<Listing>, ServiceError> {
    if affected.is_empty() {
        return Ok(affected);
    }
    let around = if is_settled(&affected, cause, work.at) { None } else { Some(surroundings(&work.tx, &affected).await?) };
    let mut carrying: HashMap<ProducerId, Vec<_>> = HashMap::new();
    let mut found = Vec::new();
    for listing in &mut affected {
        let facts = around.as_ref().map(|around| around.facts(listing));
        if let (Some(around), Some(facts)) = (&around, &facts) {
            around.place(listing, facts);
            found.push((listing.id, around.words(listing), listing.stars));
        }
        let seen_before = listing.announced;
        let visible = listing.window.is_some_and(|w| w.contains(work.at));
        listing.announced = visible;
        listing.record_version += 1;
        saved(listings::update(&work.tx, listing, &EVERYTHING).await?)?;
        let wanted = Wanted { listing_id: listing.id, producer_id: listing.producer_id, version: listing.record_version };
        let priority = match cause {
            _ if !visible => Priority::Stop,
            ChangeCause::StockChanged => Priority::Stock,
            ChangeCause::PriceChanged => Priority::Price,
            _ => Priority::Content,
        };
        let due = work.at + Duration::milliseconds(COALESCE_MILLIS);
        channel_listings::want(&work.tx, wanted, priority, (work.at, due)).await?;
        if visible && !seen_before {
            let carriers = match carrying.entry(listing.producer_id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(channels::carrying(&work.tx, listing.producer_id).await?),
            };
            for channel in carriers.iter() {
                channel_listings::ensure(&work.tx, service.new_id(), *channel, wanted, work.at).await?;
            }
        }
        if visible || seen_before {
            let hidden = facts.filter(|_| !visible).map(|facts| facts.hidden(work.at));
            let reason = hidden.and_then(|reasons| reasons.first().map(|r| r.removal()));
            // Where it is settled, it was announced there before.
            let places = around.as_ref().map(|_| places(listing.group, listing.commune_code.as_deref())).unwrap_or_default();
            work.announce(NewChange { listing_id: listing.id, version: listing.record_version, causes: vec![cause], reason, places });
        }
    }
    search::put(&work.tx, &found).await?;
    Ok(affected)
}

/// Whether a change leaves everything as it is but what it changes itself: price and stock decide nothing about who sees a listing and no
/// search finds it by them, unless a date was reached meanwhile.
fn is_settled(affected: &[Listing], cause: ChangeCause, at: DateTime<Utc>) -> bool {
    matches!(cause, ChangeCause::PriceChanged | ChangeCause::StockChanged)
        && affected.iter().all(|listing| listing.announced == listing.window.is_some_and(|window| window.contains(at)))
}

/// The words under which listings are found, written anew; changes nothing else.
pub(super) async fn reword(tx: &Tx, listings: &[Listing]) -> Result<(), ServiceError> {
    if listings.is_empty() {
        return Ok(());
    }
    write_words(tx, &surroundings(tx, listings).await?, listings).await
}

/// The words of listings that were made in this transaction with their products, which nobody has rated: nothing is read again but places.
pub(super) async fn word_new(
    tx: &Tx,
    listings: &[Listing],
    products: Vec<Product>,
    producers: impl Iterator<Item = Producer>,
) -> Result<(), ServiceError> {
    if listings.is_empty() {
        return Ok(());
    }
    let around = Surroundings {
        products: products.into_iter().map(|p| (p.id, p)).collect(),
        producers: producers.map(|p| (p.id, p)).collect(),
        ..Surroundings::default()
    };
    write_words(tx, &around.with_places(tx).await?, listings).await
}

async fn write_words(tx: &Tx, around: &Surroundings, listings: &[Listing]) -> Result<(), ServiceError> {
    let words: Vec<_> = listings.iter().map(|listing| (listing.id, around.words(listing), around.stars(listing))).collect();
    Ok(search::put(tx, &words).await?)
}

/// Announces listings whose window opened or closed by itself: a certificate that expired at midnight needs no human. Returns how
/// many; call it again while that is not 0.
pub async fn pass(service: &Service) -> Result<usize, ServiceError> {
    if !listings::any_crossed(&service.store, service.clock.now()).await? {
        return Ok(0);
    }
    let system = Actor::System;
    let Begun::Fresh(mut work) = service.begin(&Call::new(&system)).await? else { return Ok(0) };
    let crossed = listings::crossed_for_update(&work.tx, work.at, PASS).await?;
    let count = crossed.len();
    if count > 0 {
        refresh(service, &mut work, crossed, ChangeCause::DateReached).await?;
        work.commit(keys::uuid_v7(service.clock.now())).await?;
        tracing::info!(count, "listings changed visibility because a date was reached");
    }
    Ok(count)
}

/// Public listings by id after one, for lists of addresses.
pub async fn addresses(service: &Service, after: Option<Uuid>, limit: u64) -> Result<Vec<Listing>, ServiceError> {
    Ok(listings::snapshot(&service.store, service.clock.now(), &FeedScope::default(), after, limit).await?)
}

/// Why these listings are hidden now; a visible one has no reasons.
pub async fn hidden(service: &Service, listings: &[Listing]) -> Result<HashMap<ListingId, Vec<HiddenReason>>, ServiceError> {
    let around = surroundings(&service.store, listings).await?;
    let now = service.clock.now();
    Ok(listings.iter().map(|l| (l.id, around.facts(l).hidden(now))).collect())
}

/// What decides about one listing, as a transaction sees it.
pub(super) async fn facts(db: &impl Db, listing: &Listing) -> Result<PublicityFacts, ServiceError> {
    Ok(surroundings(db, std::slice::from_ref(listing)).await?.facts(listing))
}

async fn surroundings(db: &impl Db, listings: &[Listing]) -> Result<Surroundings, ServiceError> {
    let all = Reach::All;
    let product_ids: Vec<_> = listings.iter().map(|l| l.product_id).collect();
    let variant_ids: Vec<_> = listings.iter().map(|l| l.variant_id).collect();
    let producer_ids: Vec<_> = listings.iter().map(|l| l.producer_id).collect();
    let products: HashMap<_, _> = products::find_many(db, &product_ids, &all).await?.into_iter().map(|p| (p.id, p)).collect();
    let producers: HashMap<_, _> = producers::find_many(db, &producer_ids).await?.into_iter().map(|p| (p.id, p)).collect();
    let mut newest = HashMap::new();
    for rating in ratings::of_products(db, &product_ids).await? {
        newest.entry(rating.product_id).or_insert((rating.stars, rating.validity));
    }
    let around = Surroundings {
        variants: variants::find_many(db, &variant_ids).await?.into_iter().map(|v| (v.id, v)).collect(),
        ratings: newest,
        products,
        producers,
        ..Surroundings::default()
    };
    around.with_places(db).await
}

impl Surroundings {
    /// The same with the places that its products and producers name.
    async fn with_places(mut self, db: &impl Db) -> Result<Self, ServiceError> {
        let of_products = self.products.values().filter_map(|p| p.commune_code.clone());
        let codes: Vec<String> = of_products.chain(self.producers.values().filter_map(|p| p.commune_code.clone())).collect();
        let communes = admin_units::find_many(db, Era::From20250701, &codes).await?;
        let codes: Vec<String> = self.products.values().filter_map(|p| p.legacy_commune_code.clone()).collect();
        let former = if codes.is_empty() { Vec::new() } else { admin_units::find_many(db, Era::Before20250701, &codes).await? };
        self.communes = communes.into_iter().map(|u| (u.code.clone(), u)).collect();
        self.former = former.into_iter().map(|u| (u.code.clone(), u)).collect();
        Ok(self)
    }

    fn facts(&self, listing: &Listing) -> PublicityFacts {
        PublicityFacts {
            state: listing.state,
            product: self.products.get(&listing.product_id).map_or(ProductState::Archived, |p| p.state),
            variant_archived: self.variants.get(&listing.variant_id).is_none_or(|v| v.archived),
            producer: self.producers.get(&listing.producer_id).map_or(ProducerStatus::Suspended, |p| p.status),
            rating: self.ratings.get(&listing.product_id).copied(),
            valid_from: listing.valid_from,
            valid_until: listing.valid_until,
        }
    }

    fn stars(&self, listing: &Listing) -> u8 {
        self.ratings.get(&listing.product_id).map_or(0, |(stars, _)| stars.get())
    }

    /// The product's commune, or the producer's.
    fn commune_code<'a>(&'a self, listing: &Listing) -> Option<&'a String> {
        let product = self.products.get(&listing.product_id).and_then(|p| p.commune_code.as_ref());
        product.or_else(|| self.producers.get(&listing.producer_id)?.commune_code.as_ref())
    }

    /// Sets what public reads filter by.
    fn place(&self, listing: &mut Listing, facts: &PublicityFacts) {
        listing.window = facts.window();
        listing.stars = self.stars(listing);
        listing.group = self.products.get(&listing.product_id).and_then(|p| p.group);
        listing.commune_code = self.commune_code(listing).cloned();
    }

    /// The words the search finds a listing under.
    fn words(&self, listing: &Listing) -> Findable {
        let product = self.products.get(&listing.product_id);
        let producer = self.producers.get(&listing.producer_id);
        let commune = self.commune_code(listing).and_then(|c| self.communes.get(c));
        let before = product.and_then(|p| p.legacy_commune_code.as_ref()).and_then(|c| self.former.get(c));
        let join = |parts: &[Option<&str>]| parts.iter().flatten().copied().collect::<Vec<_>>().join(" ");
        let names = [product.map(|p| p.name_vi.as_str()), Some(listing.title_vi.as_str()), product.and_then(|p| p.name_en.as_deref())];
        let names = join(&[&names[..], &[listing.title_en.as_deref()]].concat());
        let maker = producer.map(|p| p.display_name.as_str()).unwrap_or_default();
        let district = before.and_then(|c| c.district_name.as_deref());
        let place = join(&[commune.map(|c| c.name.as_str()), before.map(|c| c.name.as_str()), district]);
        Findable::of(&[&names, maker, &place, product.and_then(|p| p.description_vi.as_deref()).unwrap_or_default()])
    }
}
