//! Puts recognised products on sale. Their source records a rating but no certificate that is valid today; so the demo's own
//! council rates them again; see `council`. Prices and stock are made up.

use crate::{
    demo::{
        Progress,
        council::{self, Candidate},
        people::People,
    },
    domain::{
        actor::Actor,
        id::ProducerId,
        listing::ListingState,
        product::{Evidence, Product, Recognition},
        quantity::Unit,
    },
    service::{
        Call, PriceData, Service, ServiceError,
        listings::{self, ListingData},
        media::{self, MediaData},
        products,
        search::{self, Wish},
        variants::{self, VariantData},
    },
    store::{
        self, Direction, PageRequest, Unasked,
        listings::{ListingFilter, ListingSort},
        products::ProductFilter,
    },
};

/// Rates and publishes every recognised product of three stars or more that has a producer and a group; returns how many.
/// What an earlier run has done stays as it is.
pub(super) async fn sell(
    service: &Service,
    people: &People,
    pictures: &str,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<usize, ServiceError> {
    let chosen = chosen(service).await?;
    let size = |producer: ProducerId| chosen.iter().filter(|(_, other, _)| *other == producer).count();
    // The largest range of products; the demo's owner acts for it.
    if let Some((_, producer, _)) = chosen.iter().max_by_key(|(_, producer, _)| (size(*producer), producer.0)) {
        people.own(service, *producer).await?;
    }
    let seller = Actor::System;
    for (done, (product, ..)) in chosen.iter().enumerate() {
        pack(service, &seller, product, pictures, done + 1).await?;
    }
    let producers: Vec<_> = chosen.iter().map(|(_, producer, _)| *producer).collect();
    let producers = store::producers::find_many(&service.store, &producers).await?;
    let placed = |id: ProducerId| producers.iter().any(|p| p.id == id && p.commune_code.is_some());
    let candidate = |(product, producer, recognition): &(Product, ProducerId, Recognition)| Candidate {
        product: product.clone(),
        stars: recognition.stars.unwrap_or(3),
        has_commune: product.commune_code.is_some() || placed(*producer),
    };
    let candidates: Vec<_> = chosen.iter().map(candidate).collect();
    council::rate(service, people, &candidates).await?;
    for (done, (product, producer, _)) in chosen.iter().enumerate() {
        let number = done + 1;
        publish(service, &seller, product, *producer, number).await?;
        tell(Progress::OnSale(number, chosen.len()));
    }
    Ok(chosen.len())
}

async fn chosen(service: &Service) -> Result<Vec<(Product, ProducerId, Recognition)>, ServiceError> {
    let all = PageRequest::first(10_000);
    let page = products::page(service, &Actor::System, &ProductFilter::default(), Direction::Ascending, (&all, Unasked::default())).await?;
    let products: Vec<Product> = page.rows.into_iter().map(|(_, product)| product).collect();
    let ids: Vec<_> = products.iter().map(|p| p.id).collect();
    let mut records: std::collections::HashMap<_, _> = store::recognitions::of_products(&service.store, &ids).await?.into_iter().collect();
    let rated = |r: &Recognition| r.evidence == Evidence::Recognised && r.stars.is_some_and(|s| s >= 3);
    let mut fits = |p: Product| {
        let record = records.remove(&p.id).filter(rated)?;
        let producer = p.producer_id.filter(|_| p.group.is_some())?;
        Some((p, producer, record))
    };
    Ok(products.into_iter().filter_map(&mut fits).collect())
}

/// A variant and a picture, which marketplaces ask for.
async fn pack(service: &Service, seller: &Actor, product: &Product, pictures: &str, number: usize) -> Result<(), ServiceError> {
    let call = Call::new(seller);
    if store::variants::of_products(&service.store, &[product.id]).await?.is_empty() {
        let variant = VariantData {
            id: None,
            sku: format!("DEMO-{number:04}"),
            gtin: None,
            net_value: "500".into(),
            net_unit: Unit::Gram,
            weight_grams: Some(600),
        };
        variants::set(service, &call, product.id, vec![variant]).await?;
    }
    let url = format!("{pictures}/pictures/{}.png", product.slug);
    let known = store::media::of_products(&service.store, &[product.id]).await?;
    // Pictures of an earlier run were on a marketplace that is gone.
    for old in known.iter().filter(|m| m.url != url) {
        media::detach(service, &call, product.id, old.id).await?;
    }
    if !known.iter().any(|m| m.url == url) {
        media::attach(
            service,
            &call,
            product.id,
            MediaData { url: Some(url), upload: None, alt_vi: product.name_vi.clone(), alt_en: None },
        )
        .await?;
    }
    Ok(())
}

async fn publish(service: &Service, seller: &Actor, product: &Product, producer: ProducerId, number: usize) -> Result<(), ServiceError> {
    let call = Call::new(seller);
    let filter = ListingFilter { products: Some(vec![product.id]), producers: Some(vec![producer]), ..ListingFilter::default() };
    let wish =
        Wish { filter, sort: (ListingSort::CreatedAt, Direction::Ascending), beside: false, unasked: Unasked::default(), count_to: None };
    let known = search::listings(service, seller, wish, &PageRequest::first(1)).await?.page.rows.into_iter().next();
    let (listing, state) = match known {
        Some((_, listing)) => (listing.id, listing.state),
        None => (listings::create(service, &call, offer(product, number)).await?.id(), ListingState::Draft),
    };
    if state == ListingState::Draft {
        listings::publish(service, &call, listing).await?;
    }
    Ok(())
}

fn offer(product: &Product, number: usize) -> ListingData {
    ListingData {
        product: product.id,
        variant: None,
        // Marketplaces want ten characters or more.
        title_vi: Some(format!("{} (DEMO)", product.name_vi)),
        title_en: None,
        price: PriceData { amount: (45_000 + (number % 40) * 5_000).to_string(), currency: "VND".into() },
        stock: i64::try_from(20 + number % 80).unwrap_or(20),
        min_order: 1,
        valid_from: None,
        valid_until: None,
    }
}
