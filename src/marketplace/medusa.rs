//! Medusa v2, admin REST: a shop of one's own. Source: the admin API reference; every call here is run against a real server.
//!
//! SKU and handle are unique, so a create that got through is told by its duplicate being refused. Answers use real HTTP codes.
//! Amounts are in whole đồng. Stock lives apart from products, at a location.

use async_trait::async_trait;
use chrono::Duration;
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};
use url::Url;

use crate::{
    domain::{money::Vnd, product::ProductGroup, sync::RemoteState},
    marketplace::{
        Abilities, Limit, Marketplace, Offer, Preview, Problem, PushError, Refusal, RemoteItem,
        client::{Answer, Content, Method, Outgoing, refusal},
        line::Line,
        reading::{Sweep, Swept, next_page, page_number, rfc3339},
        registry::{ConnectError, Connection},
        settings::Fields,
    },
};

/// Products in a page of a sweep.
const PAGE: usize = 50;
const SHOP_AGE: Duration = Duration::days(1);

/// One shop.
pub(super) struct Medusa {
    line: Line,
    base_url: Url,
    /// A secret API key of the shop's admin.
    secret_key: String,
    categories: HashMap<ProductGroup, String>,
}

impl Medusa {
    /// Reads the settings of a shop.
    pub(super) fn connect(connection: Connection<'_>) -> Result<Arc<dyn Marketplace>, ConnectError> {
        let fields = Fields::parse(connection.settings).map_err(ConnectError::BadSettings)?;
        let secret_key = fields.text("secret_key").map_err(ConnectError::BadSettings)?;
        Ok(Arc::new(Self { line: connection.line, base_url: connection.base_url, secret_key, categories: fields.categories() }))
    }

    async fn call(&self, method: Method, path: &str, query: &[(&str, &str)], body: Option<&Value>) -> Result<Value, PushError> {
        let mut url = self.base_url.clone();
        url.set_path(&format!("{}/admin/{path}", self.base_url.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        // A secret key is a user name without a password.
        let headers =
            vec![("authorization", format!("Basic {}", data_encoding::BASE64.encode(format!("{}:", self.secret_key).as_bytes())))];
        let content = match body {
            Some(body) => Content::Json(serde_json::to_vec(body).map_err(|e| PushError::Config(refusal("json", &e.to_string())))?),
            None => Content::Empty,
        };
        let endpoint = path.split('/').next().unwrap_or_default();
        read(&self.line.send(endpoint, Outgoing { method, url, headers, content }).await?)
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, PushError> {
        self.call(Method::GET, path, query, None).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, PushError> {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    /// The first of a kind of thing that the shop has: its sales channel, its stock location, its way of shipping.
    async fn first(&self, path: &str, field: &str) -> Result<Option<String>, PushError> {
        let answer = self.line.cached("first", path, SHOP_AGE, self.get(path, &[("limit", "1")])).await?;
        Ok(answer[field][0]["id"].as_str().map(str::to_owned))
    }

    fn content(&self, offer: &Offer) -> Value {
        let images: Vec<_> = offer.image_urls.iter().map(|url| json!({ "url": url })).collect();
        let mut content = json!({ "title": offer.title, "description": offer.description, "weight": offer.weight_grams, "images": images });
        if let Some(picture) = offer.image_urls.first() {
            content["thumbnail"] = json!(picture);
        }
        if let Some(category) = self.categories.get(&offer.group) {
            content["categories"] = json!([{ "id": category }]);
        }
        content
    }

    fn whole(&self, offer: &Offer, sales_channel: Option<&str>, shipping: Option<&str>) -> Value {
        let mut content = self.content(offer);
        content["handle"] = json!(offer.key.to_lowercase());
        content["external_id"] = json!(offer.key);
        content["status"] = json!("published");
        content["options"] = json!([{ "title": "Quy cách", "values": [NET] }]);
        let mut variant = json!({ "title": NET, "sku": offer.key, "manage_inventory": true, "options": { "Quy cách": NET },
            "prices": [{ "amount": offer.price.amount(), "currency_code": "vnd" }] });
        if let Some(gtin) = &offer.gtin {
            variant["ean"] = json!(gtin.as_str());
        }
        content["variants"] = json!([variant]);
        content["sales_channels"] = sales_channel.map_or_else(|| json!([]), |id| json!([{ "id": id }]));
        if let Some(shipping) = shipping {
            content["shipping_profile_id"] = json!(shipping);
        }
        content
    }

    /// The product with its variants; a deleted one is not found.
    async fn product(&self, id: &str) -> Result<Value, PushError> {
        Ok(self.get(&format!("products/{}", plain(id)?), &[]).await?["product"].take())
    }

    async fn variant(&self, id: &str) -> Result<String, PushError> {
        let gone = || PushError::NotFound(refusal("variant", "the product has no variant any more"));
        self.product(id).await?["variants"][0]["id"].as_str().map(str::to_owned).ok_or_else(gone)
    }

    /// Sets what the shop's location has of a SKU.
    async fn stock(&self, sku: &str, stock: u32) -> Result<(), PushError> {
        let no_location = || PushError::Config(refusal("stock_location", "the shop has no stock location"));
        let location = self.first("stock-locations", "stock_locations").await?.ok_or_else(no_location)?;
        let found = self.get("inventory-items", &[("sku", sku), ("limit", "1")]).await?;
        let no_item = || PushError::NotFound(refusal("inventory_item", "the shop keeps no stock of the product"));
        let item = found["inventory_items"][0]["id"].as_str().ok_or_else(no_item)?;
        let levels = self.get(&format!("inventory-items/{item}/location-levels"), &[]).await?;
        let levels = levels["inventory_levels"].as_array().into_iter().flatten();
        let path = format!("inventory-items/{item}/location-levels");
        if levels.into_iter().any(|level| level["location_id"] == location.as_str()) {
            self.post(&format!("{path}/{location}"), &json!({ "stocked_quantity": stock })).await.map(drop)
        } else {
            self.post(&path, &json!({ "location_id": location, "stocked_quantity": stock })).await.map(drop)
        }
    }
}

/// The one choice of the one option: a product needs options.
const NET: &str = "Mặc định";

#[async_trait]
impl Marketplace for Medusa {
    fn abilities(&self) -> Abilities<'_> {
        Abilities { sweep: Some(self), ..Abilities::default() }
    }

    async fn find_by_key(&self, key: &str) -> Result<Option<RemoteItem>, PushError> {
        let found = self.get("product-variants", &[("sku", key), ("limit", "2"), ("fields", "id,sku,product_id")]).await?;
        let variant = found["variants"].as_array().into_iter().flatten().find(|variant| variant["sku"] == key);
        match variant.and_then(|variant| variant["product_id"].as_str()) {
            Some(id) => self.read(id).await.map(Some),
            None => Ok(None),
        }
    }

    async fn read(&self, remote_id: &str) -> Result<RemoteItem, PushError> {
        let product = self.product(remote_id).await?;
        item(&product).ok_or_else(|| PushError::Unknown(refusal("garbage", "the answer names no product")))
    }

    async fn preview(&self, offer: &Offer) -> Result<Preview, PushError> {
        let sales_channel = self.first("sales-channels", "sales_channels").await?;
        let shipping = self.first("shipping-profiles", "shipping_profiles").await?;
        let empty = offer.title.trim().is_empty();
        let problems = empty.then_some(Problem { field: "title", limit: Limit::AtLeast(1) }).into_iter().collect();
        Ok(Preview { payload: self.whole(offer, sales_channel.as_deref(), shipping.as_deref()), problems })
    }

    async fn create(&self, offer: &Offer) -> Result<RemoteItem, PushError> {
        let sales_channel = self.first("sales-channels", "sales_channels").await?;
        let shipping = self.first("shipping-profiles", "shipping_profiles").await?;
        let created = self.post("products", &self.whole(offer, sales_channel.as_deref(), shipping.as_deref())).await?;
        let garbage = || PushError::Unknown(refusal("garbage", "the answer to the create names no product"));
        let item = item(&created["product"]).ok_or_else(garbage)?;
        // The product exists from here on: whatever fails now must not make a second one.
        self.stock(&offer.key, offer.stock).await.map_err(|error| PushError::Unknown(error.words().clone()))?;
        Ok(item)
    }

    async fn update_content(&self, remote_id: &str, offer: &Offer) -> Result<(), PushError> {
        self.post(&format!("products/{}", plain(remote_id)?), &self.content(offer)).await.map(drop)
    }

    async fn set_price(&self, remote_id: &str, price: Vnd) -> Result<(), PushError> {
        let variant = self.variant(remote_id).await?;
        let prices = json!({ "prices": [{ "amount": price.amount(), "currency_code": "vnd" }] });
        self.post(&format!("products/{}/variants/{variant}", plain(remote_id)?), &prices).await.map(drop)
    }

    async fn set_stock(&self, remote_id: &str, stock: u32) -> Result<(), PushError> {
        let product = self.product(remote_id).await?;
        let gone = || PushError::NotFound(refusal("variant", "the product has no variant any more"));
        let sku = product["variants"][0]["sku"].as_str().ok_or_else(gone)?;
        self.stock(sku, stock).await
    }

    async fn set_listed(&self, remote_id: &str, listed: bool) -> Result<(), PushError> {
        let status = json!({ "status": if listed { "published" } else { "draft" } });
        self.post(&format!("products/{}", plain(remote_id)?), &status).await.map(drop)
    }

    async fn delete(&self, remote_id: &str) -> Result<(), PushError> {
        match self.call(Method::DELETE, &format!("products/{}", plain(remote_id)?), &[], None).await {
            Err(PushError::NotFound(_)) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Sweep for Medusa {
    async fn changed_since(&self, since: i64, page: Option<&str>) -> Result<Swept, PushError> {
        let page = page_number(page, 0);
        let offset = (page * PAGE as u64).to_string();
        let (since, limit) = (rfc3339(since), PAGE.to_string());
        let query = [("updated_at[$gte]", since.as_str()), ("limit", &limit), ("offset", &offset), ("fields", "id,variants.sku")];
        let found = self.get("products", &query).await?;
        let products = found["products"].as_array().cloned().unwrap_or_default();
        let swept = |product: &Value| Some((product["id"].as_str()?.to_owned(), product["variants"][0]["sku"].as_str().map(str::to_owned)));
        Ok(Swept { items: products.iter().filter_map(swept).collect(), next: next_page(page, products.len(), PAGE) })
    }
}

fn plain(id: &str) -> Result<&str, PushError> {
    let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { Ok(id) } else { Err(PushError::NotFound(refusal("id", "not a product id of a shop"))) }
}

fn item(product: &Value) -> Option<RemoteItem> {
    let raw_status = product["status"].as_str()?.to_owned();
    let state = match raw_status.as_str() {
        "published" => RemoteState::Active,
        "proposed" => RemoteState::InReview,
        "rejected" => RemoteState::Rejected,
        _ => RemoteState::Hidden,
    };
    let prices = product["variants"][0]["prices"].as_array().into_iter().flatten();
    let price = prices.filter(|price| price["currency_code"] == "vnd").find_map(|price| price["amount"].as_i64());
    let id = product["id"].as_str()?.to_owned();
    // The stock is an inventory item's, which a product does not name.
    Some(RemoteItem { id, state, raw_status, reasons: Vec::new(), url: None, price, stock: None })
}

/// Reads an answer: what was asked for, or what went wrong, in the shop's words `{type, message}`.
fn read(answer: &Answer) -> Result<Value, PushError> {
    let body = serde_json::from_slice::<Value>(&answer.body);
    if (200..300).contains(&answer.status) {
        return body.map_err(|_| PushError::Unknown(refusal("garbage", "the answer is not JSON")));
    }
    let body = body.unwrap_or_default();
    let code = body["type"].as_str().map_or_else(|| format!("http_{}", answer.status), str::to_owned);
    let words = refusal(&code, body["message"].as_str().unwrap_or("the shop did not say why"));
    Err(classify(answer, words))
}

fn classify(answer: &Answer, words: Refusal) -> PushError {
    let message = words.message.to_lowercase();
    match answer.status {
        401 | 403 => PushError::NeedsReauth(words),
        404 => PushError::NotFound(words),
        409 => PushError::Transient(words),
        429 => PushError::RateLimited(words, answer.retry_after),
        400 | 422 if message.contains("already exists") => PushError::AlreadyExists(words, None),
        400..500 => {
            let known = [
                ("title", "title"),
                ("description", "description"),
                ("price", "price"),
                ("stocked_quantity", "stock"),
                ("image", "media"),
                ("categor", "group"),
            ];
            let field = known.iter().find(|(word, _)| message.contains(word)).map(|(_, field)| (*field).to_owned());
            PushError::Rejected(words, field)
        }
        _ => PushError::Unknown(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sync::Trouble;

    #[test]
    fn answers_have_their_treatment() {
        for (status, body, expected) in [
            (400, r#"{"type":"invalid_data","message":"Product variant with sku: A, already exists."}"#, Trouble::AlreadyExists),
            (400, r#"{"type":"invalid_data","message":"Invalid request: Field 'title' is required"}"#, Trouble::Rejected),
            (401, r#"{"message":"Unauthorized"}"#, Trouble::NeedsReauth),
            (404, r#"{"type":"not_found","message":"Product with id: x was not found"}"#, Trouble::NotFound),
            (409, r#"{"type":"conflict","message":"in progress"}"#, Trouble::Transient),
            (429, "", Trouble::RateLimited),
            (500, "", Trouble::Unknown),
            (200, "<html>", Trouble::Unknown),
        ] {
            let answer = Answer { status, body: body.as_bytes().to_vec(), retry_after: None };
            assert_eq!(read(&answer).expect_err(body).kind(), expected, "{status} {body}");
        }
    }

    #[test]
    fn ids_that_would_lead_elsewhere_are_not_found() {
        for id in ["", "../users", "prod_1?x=1", "prod 1"] {
            assert!(plain(id).is_err(), "{id}");
        }
        assert_eq!(plain("prod_01JABC"), Ok("prod_01JABC"));
    }
}
