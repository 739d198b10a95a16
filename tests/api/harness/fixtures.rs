//! People and things that many tests begin with, made through the API.

use serde_json::{Value, json};

use chrono::{DateTime, Utc};
use ocop_catalog::{
    service::Service,
    store::{
        Tx,
        changes::{self, NewChange},
        ends::{self, Log},
    },
};

use crate::harness::{Caller, PARTNER, PARTNER_KEY, SHOP, SHOP_TOKEN, World, council};

/// The owner of a producer.
pub(crate) struct Seller {
    pub(crate) caller: Caller,
    pub(crate) producer: String,
    pictures: String,
    service: Service,
}

const ERRORS: &str = "userErrors { code path message }";

impl World {
    /// A person who has registered a producer in Thông Nguyên.
    pub(crate) async fn seller(&self, name: &str) -> Seller {
        let caller = self.person(name).await;
        let query =
            format!("mutation($input: ProducerRegisterInput!) {{ producerRegister(input: $input) {{ producer {{ id }} {ERRORS} }} }}");
        let input = json!({ "legalName": format!("HTX {name}"), "kind": "COOPERATIVE", "commune": "01090" });
        let payload = caller.done(&query, json!({ "input": input })).await;
        Seller { caller, producer: text(&payload["producer"]["id"]), pictures: self.sandbox.url(), service: self.service.clone() }
    }

    /// Takes a submitted dossier through commune and council, then approves it with a decision of today.
    pub(crate) async fn approve(&self, admin: &Caller, dossier: &str, stars: u8) -> String {
        let query = format!(
            "mutation($dossier: ID!, $input: RatingApproveInput!) {{
                ratingApprove(dossier: $dossier, input: $input) {{ rating {{ id }} {ERRORS} }}
            }}"
        );
        council::rate(&self.service, council::identity(dossier).into(), council::points(stars)).await;
        let today = self.clock.today().to_string();
        let decision = json!({ "issuer": "UBND tỉnh Tuyên Quang", "number": "321/QĐ-UBND", "signedOn": today });
        let payload = admin.done(&query, json!({ "dossier": dossier, "input": { "stars": stars, "decision": decision } })).await;
        text(&payload["rating"]["id"])
    }

    /// A listing of a rated product, published; the marketplace is not told yet.
    pub(crate) async fn on_sale(&self, seller: &Seller, admin: &Caller, name: &str) -> OnSale {
        let product = seller.product(name).await;
        let dossier = seller.dossier(&product).await;
        let rating = self.approve(admin, &dossier, 4).await;
        let listing = seller.listing(&product, 185_000).await;
        seller.publish(&listing).await;
        OnSale { product, rating, listing }
    }

    /// Connects the sandbox as a shop of the province.
    pub(crate) async fn connect(&self, admin: &Caller) -> String {
        let payload = admin.done(&connect_query(), json!({ "input": self.shop() })).await;
        text(&payload["channel"]["id"])
    }

    /// What connects the sandbox.
    pub(crate) fn shop(&self) -> Value {
        let settings = [
            ("partner_id", PARTNER.to_string()),
            ("partner_key", PARTNER_KEY.to_owned()),
            ("shop_id", SHOP.to_string()),
            ("access_token", SHOP_TOKEN.to_owned()),
            ("calls_per_second", "1000".to_owned()),
        ];
        let settings: Vec<_> = settings.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        json!({ "adapter": "shopee", "name": "Gian hàng tỉnh", "baseUrl": self.sandbox.url(), "settings": settings })
    }
}

/// A listing on sale with what stands behind it.
pub(crate) struct OnSale {
    pub(crate) product: String,
    pub(crate) rating: String,
    pub(crate) listing: String,
}

pub(crate) fn connect_query() -> String {
    format!("mutation($input: ChannelConnectInput!) {{ channelConnect(input: $input) {{ channel {{ id }} {ERRORS} }} }}")
}

impl Seller {
    /// A product with one variant and a picture.
    pub(crate) async fn product(&self, name: &str) -> String {
        let query = format!("mutation($input: ProductCreateInput!) {{ productCreate(input: $input) {{ product {{ id }} {ERRORS} }} }}");
        let sku = format!("SKU-{}", name.bytes().fold(0u64, |sum, b| sum.wrapping_mul(31).wrapping_add(u64::from(b))));
        let variant = json!({ "sku": sku, "netContent": { "value": "500", "unit": "GRAM" } });
        let input = json!({ "producer": self.producer, "group": "FOOD", "name": name, "variants": [variant] });
        let payload = self.caller.done(&query, json!({ "input": input })).await;
        let product = text(&payload["product"]["id"]);
        let query = format!(
            "mutation($id: ID!, $input: MediaInput!) {{ productMediaAttach(id: $id, input: $input) {{ product {{ id }} {ERRORS} }} }}"
        );
        let picture = json!({ "url": format!("{}/pictures/p.png", self.pictures), "alt": "Ảnh" });
        self.caller.done(&query, json!({ "id": product, "input": picture })).await;
        product
    }

    /// A submitted dossier.
    pub(crate) async fn dossier(&self, product: &str) -> String {
        let query = format!("mutation($product: ID!) {{ dossierCreate(product: $product) {{ dossier {{ id }} {ERRORS} }} }}");
        let payload = self.caller.done(&query, json!({ "product": product })).await;
        let dossier = text(&payload["dossier"]["id"]);
        council::fill_in(&self.service, council::identity(&dossier).into()).await;
        let query = format!("mutation($id: ID!) {{ dossierSubmit(id: $id) {{ dossier {{ state }} {ERRORS} }} }}");
        let payload = self.caller.done(&query, json!({ "id": dossier })).await;
        assert_eq!(payload["dossier"]["state"], "SUBMITTED");
        dossier
    }

    /// A draft listing of a product's only variant.
    pub(crate) async fn listing(&self, product: &str, price: i64) -> String {
        let query = format!("mutation($input: ListingCreateInput!) {{ listingCreate(input: $input) {{ listing {{ id }} {ERRORS} }} }}");
        let input = json!({ "product": product, "price": { "amount": price.to_string() }, "stock": 20 });
        text(&self.caller.done(&query, json!({ "input": input })).await["listing"]["id"])
    }

    pub(crate) async fn publish(&self, listing: &str) {
        let query = format!("mutation($id: ID!) {{ listingPublish(id: $id) {{ listing {{ state }} {ERRORS} }} }}");
        self.caller.done(&query, json!({ "id": listing })).await;
    }

    pub(crate) async fn set_price(&self, listing: &str, price: i64) {
        let query = format!(
            "mutation($id: ID!, $price: MoneyInput!) {{ listingSetPrice(id: $id, price: $price) {{ listing {{ id }} {ERRORS} }} }}"
        );
        self.caller.done(&query, json!({ "id": listing, "price": { "amount": price.to_string() } })).await;
    }
}

/// A JSON text.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Appends a change in a transaction, as a mutation does: others wait from here on.
pub(crate) async fn append(tx: &Tx, change: NewChange, at: DateTime<Utc>) {
    let ends = ends::hold(tx, &[Log::Changes], &[]).await.expect("holds");
    changes::append(tx, &ends, &[change], at).await.expect("appends");
}
