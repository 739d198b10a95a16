//! Many listings at once, for tests of the built program.

use ocop_catalog::{
    app,
    domain::{
        actor::{Actor, Role},
        id::ListingId,
        product::ProductGroup,
        quantity::Unit,
    },
    service::{
        Call, Clock, PriceData, Service,
        accounts::{self, NewAccount},
        channels::{self, ChannelData},
        dossiers,
        listings::{self, ListingData},
        media::{self, MediaData},
        producers::{self, ProducerData},
        products::{self, ProductData},
        ratings::{self, Approval, DecisionData},
        sessions,
        variants::VariantData,
    },
    store,
};

use crate::harness::{Database, PARTNER, PARTNER_KEY, SHOP, SHOP_TOKEN, config, council};

pub(crate) const VARIANTS: usize = 50;

/// The use cases over a database, with the system's clock.
pub(crate) async fn service(database: &Database) -> Service {
    let config = config(database);
    let store = app::open(&config).await.expect("opens");
    app::service(&config, store, Clock::System).await.expect("a service")
}

/// Publishes listings of rated products: `products` times fifty.
pub(crate) async fn publish(service: &Service, products: usize, pictures: &str) -> Vec<ListingId> {
    publish_variants(service, (products, VARIANTS), pictures).await
}

/// The same with so many variants a product.
pub(crate) async fn publish_variants(service: &Service, (products, variants): (usize, usize), pictures: &str) -> Vec<ListingId> {
    let mut published = Vec::new();
    let system = Actor::System;
    let call = Call::new(&system);
    let data = ProducerData { legal_name: "HTX lớn".into(), commune_code: Some("01090".into()), ..ProducerData::default() };
    let producer = producers::register(service, &call, data).await.expect("registers");
    for number in 0..products {
        let variants = (0..variants).map(|variant| VariantData {
            id: None,
            sku: format!("P{number}-V{variant}"),
            gtin: None,
            net_value: "500".into(),
            net_unit: Unit::Gram,
            weight_grams: None,
        });
        let data =
            ProductData { group: Some(ProductGroup::Food), name_vi: format!("Sản phẩm số {number}"), ..ProductData::default() };
        let product = products::create(service, &call, producer, data, variants.collect()).await.expect("creates");
        let picture =
            MediaData { url: Some(format!("{pictures}/pictures/p{number}.png")), upload: None, alt_vi: "Ảnh".into(), alt_en: None };
        media::attach(service, &call, product, picture).await.expect("attaches");
        let dossier = dossiers::create(service, &call, product, None).await.expect("opens");
        council::fill_in(service, dossier).await;
        dossiers::submit(service, &call, dossier).await.expect("submits");
        council::rate(service, dossier, council::points(4)).await;
        let decision = DecisionData { issuer: "UBND tỉnh".into(), number: "1/QĐ".into(), signed_on: service.clock.today() };
        let approval = Approval { stars: Some(4), decision, national_decision: None, certificate_number: None, issued_on: None };
        ratings::approve(service, &call, dossier, approval).await.expect("approves");
        for variant in store::variants::of_products(&service.store, &[product]).await.expect("reads") {
            let data = ListingData {
                product,
                variant: Some(variant.id),
                title_vi: Some(format!("Sản phẩm số {number} loại {}", variant.sku)),
                title_en: None,
                price: PriceData { amount: "50000".into(), currency: "VND".into() },
                stock: 10,
                min_order: 1,
                valid_from: None,
                valid_until: None,
            };
            let listing = listings::create(service, &call, data).await.expect("creates").id();
            listings::publish(service, &call, listing).await.expect("publishes");
            published.push(listing);
        }
    }
    published
}

/// Dossiers of as many products, filled in.
pub(crate) async fn dossiers(service: &Service, count: usize) {
    let system = Actor::System;
    let call = Call::new(&system);
    let data = ProducerData { legal_name: "HTX hồ sơ".into(), commune_code: Some("01090".into()), ..ProducerData::default() };
    let producer = producers::register(service, &call, data).await.expect("registers");
    for number in 0..count {
        let data = ProductData { group: Some(ProductGroup::Food), name_vi: format!("Hồ sơ số {number}"), ..ProductData::default() };
        let product = products::create(service, &call, producer, data, Vec::new()).await.expect("creates");
        let dossier = dossiers::create(service, &call, product, None).await.expect("opens");
        council::fill_in(service, dossier).await;
    }
}

/// Connects a sandbox as a shop of the province.
pub(crate) async fn connect(service: &Service, url: &str) {
    connect_at(service, url, 1000).await;
}

/// The same, with so many calls a second allowed.
pub(crate) async fn connect_at(service: &Service, url: &str, calls_per_second: u32) {
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let data = ChannelData {
        adapter: "shopee".into(),
        name: "Sandbox".into(),
        base_url: url.to_owned(),
        settings: vec![
            setting("partner_id", &PARTNER.to_string()),
            setting("partner_key", PARTNER_KEY),
            setting("shop_id", &SHOP.to_string()),
            setting("access_token", SHOP_TOKEN),
            setting("calls_per_second", &calls_per_second.to_string()),
        ],
        producer: None,
    };
    channels::connect(service, &Call::new(&Actor::System), data).await.expect("connects");
}

/// An admin's token.
pub(crate) async fn admin(service: &Service) -> String {
    let system = Actor::System;
    let new = NewAccount { email: "admin@example.vn".into(), display_name: "Admin".into(), password: "một mật khẩu dài".into() };
    let account = accounts::register(service, &Call::new(&system), new).await.expect("registers");
    let grant = ocop_catalog::domain::actor::Grant { role: Role::Admin, commune_code: None };
    accounts::grant(service, &Call::new(&system), "admin@example.vn", grant).await.expect("grants");
    sessions::issue(service, account, chrono::Duration::hours(1)).await.expect("signs in").access
}
