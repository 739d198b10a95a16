//! The products of one transaction of an import: what its rows name is read at once, and what is new is written at once.

use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

use crate::{
    domain::{
        actor::Reach,
        gtin::Gtin,
        id::{ProducerId, ProductId},
        listing::Listing,
        producer::Producer,
        product::{Media, Product, ProductState, Recognition, Variant},
    },
    service::{
        Service, ServiceError,
        imports::row::Row,
        listings::draft,
        producers::{distinct, handle},
    },
    store::{Tx, listings, media, producers, products, ratings, recognitions, variants},
};

/// What begins the key of a product that was not imported.
const OWN: &str = "ocop:";

/// The key under which a product that was not imported goes out, so that it is found again when it comes in.
pub(in crate::service) fn own_key(id: ProductId) -> String {
    format!("{OWN}{}", id.0)
}

fn own_id(key: &str) -> Option<ProductId> {
    key.strip_prefix(OWN)?.parse::<Uuid>().ok().map(Into::into)
}

/// A row with its number in the file and the codes of its commune, of before 2025-07-01 and of today.
pub(super) struct Placed {
    pub(super) number: usize,
    pub(super) row: Row,
    pub(super) legacy: Option<String>,
    pub(super) current: Option<String>,
}

/// What the rows of a transaction name that is there already, or was made by an earlier one of them.
pub(super) struct Known {
    pub(super) producers: HashMap<String, Producer>,
    products: HashMap<String, Product>,
    /// Products whose name and group are locked by a certificate.
    rated: HashSet<ProductId>,
    slugs: HashSet<String>,
    skus: HashSet<(ProducerId, String)>,
    gtins: HashSet<String>,
}

/// What a row leads to.
pub(super) enum Step {
    /// It is there as the row has it.
    Unchanged,
    /// It is there with other data.
    Changed(Box<Product>),
    /// It is to be made.
    New,
    /// It can't be: the column, and why.
    Refused(&'static str, String),
}

impl Known {
    /// Reads what the rows name.
    pub(super) async fn read(tx: &Tx, rows: &[Placed], today: chrono::NaiveDate) -> Result<Self, ServiceError> {
        let makers = || rows.iter().filter_map(|placed| placed.row.producer.as_ref());
        let maker_keys: Vec<&str> = makers().filter_map(|maker| maker.external_key.as_deref()).collect();
        let producers: HashMap<_, _> =
            producers::by_external_keys(tx, &maker_keys).await?.into_iter().filter_map(|p| Some((p.external_key.clone()?, p))).collect();
        let keys: Vec<&str> = rows.iter().map(|placed| placed.row.external_key.as_str()).collect();
        let mut products: HashMap<_, _> =
            products::by_external_keys(tx, &keys).await?.into_iter().filter_map(|p| Some((p.external_key.clone()?, p))).collect();
        let own: Vec<ProductId> = keys.iter().filter_map(|key| own_id(key)).collect();
        products.extend(products::find_many(tx, &own, &Reach::All).await?.into_iter().map(|p| (own_key(p.id), p)));
        let ids: Vec<ProductId> = products.values().map(|p| p.id).collect();
        let mut newest = HashMap::new();
        for rating in ratings::of_products(tx, &ids).await? {
            newest.entry(rating.product_id).or_insert(rating.validity);
        }
        let mut slugs: HashSet<String> =
            products::slugs_taken(tx, rows.iter().map(|placed| handle(&placed.row.product.name_vi, "")).collect())
                .await?
                .into_iter()
                .collect();
        slugs.extend(
            producers::slugs_taken(tx, makers().map(|maker| handle(&maker.display_name, "")).collect()).await?.iter().map(maker_slug),
        );
        let wanted = || rows.iter().filter_map(|placed| placed.row.variant.as_ref());
        let owners: Vec<ProducerId> = producers.values().map(|p| p.id).collect();
        let skus = variants::with_skus(tx, &owners, wanted().map(|v| v.sku.clone()).collect()).await?;
        let gtins = variants::gtins_taken(tx, wanted().filter_map(|v| v.gtin.as_ref()).map(|g| g.as_str().to_owned()).collect()).await?;
        Ok(Self {
            rated: newest.into_iter().filter(|(_, validity)| validity.counts_on(today)).map(|(id, _)| id).collect(),
            skus: skus.into_iter().collect(),
            gtins: gtins.into_iter().collect(),
            producers,
            products,
            slugs,
        })
    }

    /// What a row leads to.
    pub(super) fn step(&self, placed: &Placed) -> Step {
        let row = &placed.row;
        let Some(known) = self.products.get(&row.external_key) else {
            let is_own = own_id(&row.external_key).is_some();
            return if is_own { Step::Refused("external_key", "no product here has this key".to_owned()) } else { self.sellable(row) };
        };
        let mut next = known.clone();
        next.name_vi.clone_from(&row.product.name_vi);
        // What a file leaves empty stays: it need not have every column.
        next.group = row.product.group.or(known.group);
        next.description_vi = row.product.description_vi.clone().or(next.description_vi);
        if placed.legacy.is_some() {
            (next.commune_code, next.legacy_commune_code) = (placed.current.clone(), placed.legacy.clone());
        }
        let is_renamed = (&next.name_vi, next.group) != (&known.name_vi, known.group);
        if is_renamed && self.rated.contains(&known.id) {
            let column = if next.name_vi == known.name_vi { "product_group" } else { "product_name" };
            return Step::Refused(column, "name and group are locked while the product's certificate is valid".to_owned());
        }
        if next == *known { Step::Unchanged } else { Step::Changed(Box::new(next)) }
    }

    /// Whether a new row's variant may be stored.
    fn sellable(&self, row: &Row) -> Step {
        let Some(variant) = &row.variant else { return Step::New };
        let owner = row.producer.as_ref().and_then(|p| self.producers.get(p.external_key.as_deref()?));
        if owner.is_some_and(|owner| self.skus.contains(&(owner.id, variant.sku.clone()))) {
            return Step::Refused("sku", format!("another product of this producer has the SKU {}", variant.sku));
        }
        match variant.gtin.as_ref().map(Gtin::as_str).filter(|gtin| self.gtins.contains(*gtin)) {
            Some(gtin) => Step::Refused("gtin", format!("another product has the GTIN {gtin}")),
            None => Step::New,
        }
    }

    /// Remembers what a product became; false when it is one of those that are still to be written.
    pub(super) fn changed(&mut self, fresh: &mut Fresh, next: &Product) -> bool {
        self.products.insert(next.external_key.clone().unwrap_or_else(|| own_key(next.id)), next.clone());
        match fresh.products.iter_mut().find(|p| p.id == next.id) {
            Some(waiting) => {
                waiting.clone_from(next);
                false
            }
            None => true,
        }
    }

    /// A slug that nobody has.
    fn slug(&mut self, name: &str, fallback: &str, key: impl Fn(&String) -> String) -> String {
        let slug = handle(name, fallback);
        let slug = if self.slugs.contains(&key(&slug)) { distinct(&slug) } else { slug };
        self.slugs.insert(key(&slug));
        slug
    }
}

/// Slugs of producers among those of products.
fn maker_slug(slug: &String) -> String {
    format!("producer/{slug}")
}

/// Rows that are still to be written.
#[derive(Default)]
pub(super) struct Fresh {
    producers: Vec<Producer>,
    pub(super) products: Vec<Product>,
    recognitions: Vec<(Uuid, ProductId, Recognition)>,
    pictures: Vec<Media>,
    variants: Vec<Variant>,
    pub(super) listings: Vec<Listing>,
}

impl Fresh {
    /// Makes what a new row says: its producer where that is new, the product, and what is sold.
    pub(super) fn add(&mut self, service: &Service, known: &mut Known, placed: Placed, at: DateTime<Utc>) {
        let Placed { row, legacy, current, .. } = placed;
        let maker = row
            .producer
            .map(|draft| self.producer(service, known, Producer { created_at: at, updated_at: at, ..draft }, (&legacy, &current)));
        let product = Product {
            id: service.new_id().into(),
            producer_id: maker,
            slug: known.slug(&row.product.name_vi, "san-pham", String::clone),
            external_key: Some(row.external_key.clone()),
            state: ProductState::Active,
            legacy_commune_code: legacy,
            commune_code: current,
            created_at: at,
            updated_at: at,
            ..row.product
        };
        self.recognitions.extend(row.recognition.map(|recognition| (service.new_id(), product.id, recognition)));
        if let Some(maker) = maker {
            let picture = row.picture.map(|picture| Media { id: service.new_id().into(), product_id: product.id, ..picture });
            self.pictures.extend(picture);
            if let Some(described) = row.variant {
                let variant = Variant { id: service.new_id().into(), product_id: product.id, producer_id: maker, ..described };
                known.skus.insert((maker, variant.sku.clone()));
                known.gtins.extend(variant.gtin.as_ref().map(|gtin| gtin.as_str().to_owned()));
                let words = || (product.name_vi.clone(), distinct(&product.slug));
                self.listings.extend(row.offer.map(|offer| draft(service, (&product, &variant), words(), offer, product.updated_at)));
                self.variants.push(variant);
            }
        }
        known.products.insert(row.external_key, product.clone());
        self.products.push(product);
    }

    fn producer(
        &mut self,
        service: &Service,
        known: &mut Known,
        draft: Producer,
        (legacy, current): (&Option<String>, &Option<String>),
    ) -> ProducerId {
        let key = draft.external_key.clone().unwrap_or_default();
        if let Some(known) = known.producers.get(&key) {
            return known.id;
        }
        let id: ProducerId = service.new_id().into();
        let slug = known.slug(&draft.display_name, "chu-the", maker_slug);
        let producer = Producer { id, slug, legacy_commune_code: legacy.clone(), commune_code: current.clone(), ..draft };
        self.producers.push(producer.clone());
        known.producers.insert(key, producer);
        id
    }

    /// Writes all rows.
    pub(super) async fn write(&self, tx: &Tx) -> Result<(), ServiceError> {
        producers::insert_many(tx, &self.producers).await?;
        products::insert_many(tx, &self.products).await?;
        recognitions::insert_many(tx, &self.recognitions).await?;
        media::insert_many(tx, &self.pictures).await?;
        variants::put(tx, &self.variants).await?;
        Ok(listings::insert_many(tx, &self.listings).await?)
    }
}
