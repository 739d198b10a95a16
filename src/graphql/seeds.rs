//! What is read for a whole page at once, so that its rows answer without waiting.

use async_graphql::{Context, Lookahead, dataloader::Loader};
use futures_util::try_join;
use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

use crate::{
    domain::{
        admin_unit::AdminUnit,
        listing::Listing,
        producer::Producer,
        product::{Media, Product, Variant},
        rating::Rating,
    },
    graphql::{
        context::loader,
        error::Fault,
        loader::{Batch, BatchError, CommuneKey, CoverOf, ListingsOf, MediaOf, ProducerKey, ProductKey, RatingsOf, VariantKey, VariantsOf},
    },
    store::{around::Around, listings::Beside},
};

/// A key whose value may have been read with a page.
pub(super) trait Seeded: Clone + Eq + Hash + Send + Sync + 'static {
    /// What it names.
    type Value: Clone;

    /// Where the values are.
    fn kept(seeds: &mut Seeds) -> &mut HashMap<Self, Option<Self::Value>>;
}

macro_rules! seeds {
    ($($name:ident: $key:ident => $value:ty),+ $(,)?) => {
        /// What was read with pages of this request; `None` where there is nothing.
        #[derive(Default)]
        pub(super) struct Seeds {
            $($name: HashMap<$key, Option<$value>>,)+
        }

        $(
            impl Seeded for $key {
                type Value = $value;

                fn kept(seeds: &mut Seeds) -> &mut HashMap<Self, Option<$value>> {
                    &mut seeds.$name
                }
            }
        )+
    };
}

seeds! {
    products: ProductKey => Arc<Product>,
    producers: ProducerKey => Arc<Producer>,
    variants: VariantKey => Arc<Variant>,
    forms: VariantsOf => Vec<Arc<Variant>>,
    offers: ListingsOf => Vec<Arc<Listing>>,
    communes: CommuneKey => Arc<AdminUnit>,
    covers: CoverOf => Arc<Media>,
    media: MediaOf => Vec<Arc<Media>>,
    ratings: RatingsOf => Vec<Arc<Rating>>,
}

/// What was read with a page, or else what the next batch finds.
pub(super) async fn find<K: Seeded>(context: &Context<'_>, key: K) -> Result<Option<K::Value>, Fault>
where
    Batch: Loader<K, Value = K::Value, Error = BatchError>,
{
    let loader = loader(context)?;
    let known = K::kept(&mut loader.loader().seeds()).get(&key).cloned();
    match known {
        Some(known) => Ok(known),
        None => Ok(loader.load_one(key).await?),
    }
}

/// Keeps what was read beside the listings of a page.
pub(super) fn beside<'a>(batch: &Batch, page: impl IntoIterator<Item = (&'a Listing, Beside)>) {
    let mut seeds = batch.seeds();
    for (listing, beside) in page {
        seeds.products.insert(ProductKey(listing.product_id), beside.product.map(Arc::new));
        seeds.producers.insert(ProducerKey(listing.producer_id), beside.producer.map(Arc::new));
        seeds.covers.insert(CoverOf(listing.product_id), beside.cover.map(Arc::new));
    }
}

/// Keeps what was read around a product.
pub(super) fn around(batch: &Batch, product: &Product, around: Around) {
    let mut seeds = batch.seeds();
    let id = product.id;
    if let (Some(maker), Some(producer)) = (product.producer_id, around.producer) {
        seeds.producers.insert(ProducerKey(maker), producer.map(Arc::new));
    }
    seeds.media.extend(around.media.map(|found| (MediaOf(id), Some(shared(found)))));
    seeds.forms.extend(around.variants.map(|found| (VariantsOf(id), Some(shared(found)))));
    seeds.offers.extend(around.listings.map(|found| (ListingsOf(id), Some(shared(found)))));
    seeds.ratings.extend(around.ratings.map(|found| (RatingsOf(id), Some(shared(found)))));
}

fn shared<T>(rows: Vec<T>) -> Vec<Arc<T>> {
    rows.into_iter().map(Arc::new).collect()
}

/// Reads what is asked of the listings of a page.
pub(super) async fn gather(context: &Context<'_>, ahead: Lookahead<'_>, page: &[&Listing]) -> Result<(), Fault> {
    let batch = loader(context)?.loader();
    let product = ahead.field("product");
    let has = |field: &str| product.field(field).exists();
    let of_products = |is_asked: bool| page.iter().filter(move |_| is_asked).map(|l| l.product_id);
    let listed = |field: &str| {
        let is_asked = ahead.field(field).exists();
        page.iter().filter(move |_| is_asked)
    };
    try_join!(
        read(batch, listed("product").map(|l| ProductKey(l.product_id)).collect()),
        read(batch, listed("producer").map(|l| ProducerKey(l.producer_id)).collect()),
        read(batch, listed("variant").map(|l| VariantKey(l.variant_id)).collect()),
        read(batch, listed("commune").filter_map(|l| l.commune_code.clone()).map(CommuneKey).collect()),
        read(batch, of_products(has("cover")).map(CoverOf).collect()),
        read(batch, of_products(has("media")).map(MediaOf).collect()),
        read(batch, of_products(has("rating") || has("ratings")).map(RatingsOf).collect()),
    )?;
    Ok(())
}

async fn read<K: Seeded>(batch: &Batch, keys: HashSet<K>) -> Result<(), BatchError>
where
    Batch: Loader<K, Value = K::Value, Error = BatchError>,
{
    if keys.is_empty() {
        return Ok(());
    }
    let keys: Vec<K> = keys.into_iter().collect();
    let mut found = batch.load(&keys).await?;
    let mut seeds = batch.seeds();
    K::kept(&mut seeds).extend(keys.into_iter().map(|key| {
        let value = found.remove(&key);
        (key, value)
    }));
    Ok(())
}
