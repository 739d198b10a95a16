//! Shopify Admin GraphQL: a shop of one's own. Source: the Admin API's schema, against which every document here is validated.
//!
//! `productSet` by handle is an upsert, so a create sent twice makes one product. Errors come in three places: the HTTP status,
//! `errors` (with `THROTTLED`), and `userErrors` within a success. Stock is set by compare-and-set under an idempotency key.

use async_trait::async_trait;
use chrono::Duration;
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

use crate::{
    domain::{money::Vnd, sync::RemoteState},
    marketplace::{
        Abilities, Limit, Marketplace, Offer, Preview, Problem, PushError, Refusal, RemoteItem,
        client::{Answer, Content, Method, Outgoing, refusal},
        line::Line,
        reading::{Inbound, Message, Notice, Sweep, Swept, rfc3339},
        registry::{ConnectError, Connection},
        settings::Fields,
        sign::hmac,
        units::whole_dong,
    },
};

/// The version of the API that the documents are written for.
const VERSION: &str = "2026-10";
const SHOP_AGE: Duration = Duration::days(1);
const TITLE: usize = 255;

const SHOP: &str = "query Shop { locations(first: 1) { nodes { id } } publications(first: 20) { nodes { id } } }";
const BY_HANDLE: &str = "query ByHandle($handle: String!) { productByIdentifier(identifier: { handle: $handle }) {
    id status onlineStoreUrl variants(first: 1) { nodes { id sku price inventoryQuantity inventoryItem { id } } } } }";
const BY_ID: &str = "query ById($id: ID!) { product(id: $id) {
    id status onlineStoreUrl variants(first: 1) { nodes { id sku price inventoryQuantity inventoryItem { id } } } } }";
const CHANGED: &str = "query Changed($query: String!, $after: String) { products(first: 100, query: $query, after: $after) {
    nodes { id variants(first: 1) { nodes { sku } } } pageInfo { hasNextPage endCursor } } }";
const SET: &str = "mutation Set($identifier: ProductSetIdentifiers, $input: ProductSetInput!) {
    productSet(identifier: $identifier, input: $input, synchronous: true) {
        product { id status onlineStoreUrl } userErrors { field message code } } }";
const PUBLISH: &str = "mutation Publish($id: ID!, $input: [PublicationInput!]!) {
    publishablePublish(id: $id, input: $input) { userErrors { field message } } }";
const UPDATE: &str = "mutation Update($product: ProductUpdateInput!, $media: [CreateMediaInput!]) {
    productUpdate(product: $product, media: $media) { userErrors { field message } } }";
const PRICE: &str = "mutation Price($id: ID!, $variants: [ProductVariantsBulkInput!]!) {
    productVariantsBulkUpdate(productId: $id, variants: $variants) { userErrors { field message } } }";
const LEVEL: &str = "query Level($item: ID!, $location: ID!) { inventoryItem(id: $item) {
    inventoryLevel(locationId: $location) { quantities(names: [\"available\"]) { quantity } } } }";
const STOCK: &str = "mutation Stock($input: InventorySetQuantitiesInput!, $key: String!) {
    inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { field message code } } }";
const DELETE: &str = "mutation Delete($input: ProductDeleteInput!) {
    productDelete(input: $input, synchronous: true) { deletedProductId userErrors { field message } } }";

/// One shop.
pub(super) struct Shopify {
    line: Line,
    base_url: Url,
    access_token: String,
    /// Signs what the shop pushes: the app's secret; nothing is taken while it is not set.
    webhook_secret: Option<String>,
}

/// What a product needs to be sold: where its stock is, and where it is shown.
struct Shop {
    location: String,
    publications: Vec<String>,
}

impl Shopify {
    /// Reads the settings of a shop.
    pub(super) fn connect(connection: Connection<'_>) -> Result<Arc<dyn Marketplace>, ConnectError> {
        let fields = Fields::parse(connection.settings).map_err(ConnectError::BadSettings)?;
        let access_token = fields.text("access_token").map_err(ConnectError::BadSettings)?;
        let webhook_secret = fields.given("webhook_secret");
        Ok(Arc::new(Self { line: connection.line, base_url: connection.base_url, access_token, webhook_secret }))
    }

    async fn ask(&self, document: &str, variables: Value) -> Result<Value, PushError> {
        let mut url = self.base_url.clone();
        url.set_path(&format!("/admin/api/{VERSION}/graphql.json"));
        let body = json!({ "query": document, "variables": variables });
        let bytes = serde_json::to_vec(&body).map_err(|e| PushError::Config(refusal("json", &e.to_string())))?;
        let headers = vec![("x-shopify-access-token", self.access_token.clone())];
        read(&self.line.send("graphql", Outgoing { method: Method::POST, url, headers, content: Content::Json(bytes) }).await?)
    }

    /// Runs a mutation: its payload, or the first of its `userErrors`.
    async fn change(&self, name: &str, document: &str, variables: Value) -> Result<Value, PushError> {
        let mut payload = self.ask(document, variables).await?[name].take();
        match payload["userErrors"].as_array().and_then(|errors| errors.first()) {
            Some(error) => Err(user_error(error)),
            None => Ok(payload.take()),
        }
    }

    async fn shop(&self) -> Result<Shop, PushError> {
        let answer = self.line.cached("shop", VERSION, SHOP_AGE, self.ask(SHOP, json!({}))).await?;
        let no_location = || PushError::Config(refusal("location", "the shop has no location"));
        let location = answer["locations"]["nodes"][0]["id"].as_str().map(str::to_owned).ok_or_else(no_location)?;
        let publications = answer["publications"]["nodes"].as_array().into_iter().flatten();
        Ok(Shop { location, publications: publications.filter_map(|p| p["id"].as_str().map(str::to_owned)).collect() })
    }

    async fn product(&self, id: &str) -> Result<Value, PushError> {
        let product = self.ask(BY_ID, json!({ "id": id })).await?["product"].take();
        if product.is_null() { Err(PushError::NotFound(refusal("product", "the shop has no such product"))) } else { Ok(product) }
    }

    fn input(&self, offer: &Offer, location: &str) -> Value {
        let weight = json!({ "weight": { "value": offer.weight_grams, "unit": "GRAMS" } });
        let mut variant = json!({
            "optionValues": [{ "optionName": "Title", "name": "Default Title" }],
            "sku": offer.key,
            "price": offer.price.amount().to_string(),
            "inventoryItem": { "tracked": true, "measurement": weight },
            "inventoryQuantities": [{ "locationId": location, "name": "available", "quantity": offer.stock }],
        });
        if let Some(gtin) = &offer.gtin {
            variant["barcode"] = json!(gtin.as_str());
        }
        let mut input = content(offer);
        input["handle"] = json!(handle(&offer.key));
        input["status"] = json!("ACTIVE");
        input["productOptions"] = json!([{ "name": "Title", "values": [{ "name": "Default Title" }] }]);
        input["variants"] = json!([variant]);
        input
    }
}

impl Inbound for Shopify {
    fn verify(&self, message: &Message<'_>) -> Option<Notice> {
        let signature = hmac(self.webhook_secret.as_ref()?, &[message.body]);
        if !signature.is_base64(message.header("x-shopify-hmac-sha256")?) {
            return None;
        }
        let is_product = message.header("x-shopify-topic").is_some_and(|topic| topic.starts_with("products/"));
        let id = message.json()["admin_graphql_api_id"].as_str().map(str::to_owned);
        Some(message.notice(message.header("x-shopify-webhook-id").map(str::to_owned), id.filter(|_| is_product)))
    }
}

#[async_trait]
impl Sweep for Shopify {
    async fn changed_since(&self, since: i64, page: Option<&str>) -> Result<Swept, PushError> {
        let variables = json!({ "query": format!("updated_at:>='{}'", rfc3339(since)), "after": page });
        let found = self.ask(CHANGED, variables).await?["products"].take();
        let key = |product: &Value| product["variants"]["nodes"][0]["sku"].as_str().map(str::to_owned);
        let swept = |product: &Value| Some((product["id"].as_str()?.to_owned(), key(product)));
        let (items, pages) = (found["nodes"].as_array().into_iter().flatten().filter_map(swept).collect(), &found["pageInfo"]);
        Ok(Swept { items, next: pages["endCursor"].as_str().filter(|_| pages["hasNextPage"] == true).map(str::to_owned) })
    }
}

/// The parts of a product that creating and editing share.
fn content(offer: &Offer) -> Value {
    let files: Vec<_> = offer.image_urls.iter().map(|url| json!({ "originalSource": url, "contentType": "IMAGE" })).collect();
    json!({ "title": offer.title, "descriptionHtml": html(&offer.description), "vendor": offer.about.producer, "files": files })
}

fn handle(key: &str) -> String {
    key.to_lowercase()
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>")
}

fn problems(offer: &Offer) -> Vec<Problem> {
    let length = offer.title.chars().count();
    let wrong = !(1..=TITLE).contains(&length);
    wrong.then_some(Problem { field: "title", limit: Limit::Length { min: 1, max: TITLE } }).into_iter().collect()
}

#[async_trait]
impl Marketplace for Shopify {
    fn abilities(&self) -> Abilities<'_> {
        Abilities { inbound: Some(self), sweep: Some(self), ..Abilities::default() }
    }

    async fn find_by_key(&self, key: &str) -> Result<Option<RemoteItem>, PushError> {
        Ok(item(&self.ask(BY_HANDLE, json!({ "handle": handle(key) })).await?["productByIdentifier"]))
    }

    async fn read(&self, remote_id: &str) -> Result<RemoteItem, PushError> {
        item(&self.product(remote_id).await?).ok_or_else(|| PushError::Unknown(refusal("garbage", "the answer names no product")))
    }

    async fn preview(&self, offer: &Offer) -> Result<Preview, PushError> {
        let identifier = json!({ "handle": handle(&offer.key) });
        let payload = json!({ "identifier": identifier, "input": self.input(offer, &self.shop().await?.location) });
        Ok(Preview { payload, problems: problems(offer) })
    }

    async fn create(&self, offer: &Offer) -> Result<RemoteItem, PushError> {
        if let Some(problem) = problems(offer).first() {
            return Err(problem.into());
        }
        let shop = self.shop().await?;
        let variables = json!({ "identifier": { "handle": handle(&offer.key) }, "input": self.input(offer, &shop.location) });
        let payload = self.change("productSet", SET, variables).await?;
        let garbage = || PushError::Unknown(refusal("garbage", "the answer to the create names no product"));
        let item = item(&payload["product"]).ok_or_else(garbage)?;
        let input: Vec<_> = shop.publications.iter().map(|id| json!({ "publicationId": id })).collect();
        // The product exists from here on: whatever fails now is found and finished, not made again.
        let published = self.change("publishablePublish", PUBLISH, json!({ "id": item.id, "input": input })).await;
        published.map_err(|error| PushError::Unknown(error.words().clone()))?;
        Ok(item)
    }

    async fn update_content(&self, remote_id: &str, offer: &Offer) -> Result<(), PushError> {
        // Pictures are replaced as a whole; what is left out stays as it is.
        let variables = json!({ "identifier": { "id": remote_id }, "input": content(offer) });
        self.change("productSet", SET, variables).await.map(drop)
    }

    async fn set_price(&self, remote_id: &str, price: Vnd) -> Result<(), PushError> {
        let product = self.product(remote_id).await?;
        let variant = json!({ "id": product["variants"]["nodes"][0]["id"], "price": price.amount().to_string() });
        self.change("productVariantsBulkUpdate", PRICE, json!({ "id": remote_id, "variants": [variant] })).await.map(drop)
    }

    async fn set_stock(&self, remote_id: &str, stock: u32) -> Result<(), PushError> {
        let location = self.shop().await?.location;
        let inventory = self.product(remote_id).await?["variants"]["nodes"][0]["inventoryItem"]["id"].take();
        let level = self.ask(LEVEL, json!({ "item": inventory, "location": location })).await?;
        // Compare and set: a sale between the look and the write is not undone, the push is tried again.
        let before = level["inventoryItem"]["inventoryLevel"]["quantities"][0]["quantity"].clone();
        let quantity = json!({ "inventoryItemId": inventory, "locationId": location, "quantity": stock, "changeFromQuantity": before });
        let input = json!({ "name": "available", "reason": "correction", "quantities": [quantity] });
        // The same change sent twice is one change.
        let key = format!("{remote_id}:{before}:{stock}");
        self.change("inventorySetQuantities", STOCK, json!({ "input": input, "key": key })).await.map(drop)
    }

    async fn set_listed(&self, remote_id: &str, listed: bool) -> Result<(), PushError> {
        let product = json!({ "id": remote_id, "status": if listed { "ACTIVE" } else { "DRAFT" } });
        self.change("productUpdate", UPDATE, json!({ "product": product })).await.map(drop)
    }

    async fn delete(&self, remote_id: &str) -> Result<(), PushError> {
        match self.change("productDelete", DELETE, json!({ "input": { "id": remote_id } })).await {
            Err(PushError::NotFound(_)) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn item(product: &Value) -> Option<RemoteItem> {
    let raw_status = product["status"].as_str()?.to_owned();
    let state = if raw_status == "ACTIVE" { RemoteState::Active } else { RemoteState::Hidden };
    let url = product["onlineStoreUrl"].as_str().map(str::to_owned);
    let variant = &product["variants"]["nodes"][0];
    let price = variant["price"].as_str().and_then(whole_dong);
    let id = product["id"].as_str()?.to_owned();
    Some(RemoteItem { id, state, raw_status, reasons: Vec::new(), url, price, stock: variant["inventoryQuantity"].as_i64() })
}

/// Reads an answer: its `data`, or what went wrong.
fn read(answer: &Answer) -> Result<Value, PushError> {
    let status = |message: &str| refusal(&format!("http_{}", answer.status), message);
    match answer.status {
        401 | 403 => return Err(PushError::NeedsReauth(status("the shop does not accept the token"))),
        402 | 404 | 423 => return Err(PushError::Config(status("the shop is closed, or the address is not a shop's"))),
        429 | 430 => return Err(PushError::RateLimited(status("too many calls"), answer.retry_after)),
        status_code if status_code >= 500 => return Err(PushError::Unknown(status("the shop failed while answering"))),
        _ => {}
    }
    let garbage = || PushError::Unknown(refusal("garbage", "the answer is not GraphQL's"));
    let mut body: Value = serde_json::from_slice(&answer.body).map_err(|_| garbage())?;
    if let Some(error) = body["errors"].as_array().and_then(|errors| errors.first()) {
        let code = error["extensions"]["code"].as_str().unwrap_or("errors");
        let words = Refusal {
            request_id: error["extensions"]["requestId"].as_str().map(str::to_owned),
            ..refusal(code, error["message"].as_str().unwrap_or_default())
        };
        return Err(match code {
            "THROTTLED" => PushError::RateLimited(words, None),
            "ACCESS_DENIED" => PushError::NeedsReauth(words),
            "INTERNAL_SERVER_ERROR" | "TIMEOUT" => PushError::Unknown(words),
            _ => PushError::Config(words),
        });
    }
    if body["data"].is_null() { Err(garbage()) } else { Ok(body["data"].take()) }
}

fn user_error(error: &Value) -> PushError {
    let message = error["message"].as_str().unwrap_or("the shop did not say why");
    let code = error["code"].as_str().unwrap_or("user_error");
    let words = refusal(code, message);
    let path: Vec<&str> = error["field"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let lower = message.to_lowercase();
    if matches!(code, "CHANGE_FROM_QUANTITY_STALE" | "COMPARE_QUANTITY_STALE" | "PRODUCT_SET_IN_PROGRESS") {
        return PushError::Transient(words);
    }
    if lower.contains("does not exist") || lower.contains("not found") {
        return PushError::NotFound(words);
    }
    let known = [
        ("title", "title"),
        ("descriptionHtml", "description"),
        ("price", "price"),
        ("quantity", "stock"),
        ("files", "media"),
        ("originalSource", "media"),
        ("barcode", "gtin"),
        ("weight", "weightGrams"),
    ];
    let field = known.iter().find(|(theirs, _)| path.contains(theirs)).map(|(_, ours)| (*ours).to_owned());
    PushError::Rejected(words, field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sync::Trouble;

    #[test]
    fn errors_in_three_places_have_their_treatment() {
        for (status, body, expected) in [
            (401, "", Trouble::NeedsReauth),
            (404, "", Trouble::Config),
            (429, "", Trouble::RateLimited),
            (502, "", Trouble::Unknown),
            (200, "<html>", Trouble::Unknown),
            (200, "{}", Trouble::Unknown),
            (200, r#"{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}"#, Trouble::RateLimited),
            (200, r#"{"errors":[{"message":"Access denied","extensions":{"code":"ACCESS_DENIED"}}]}"#, Trouble::NeedsReauth),
            (200, r#"{"errors":[{"message":"Field 'x' doesn't exist"}]}"#, Trouble::Config),
        ] {
            let answer = Answer { status, body: body.as_bytes().to_vec(), retry_after: None };
            assert_eq!(read(&answer).expect_err(body).kind(), expected, "{status} {body}");
        }
        for (error, expected, field) in [
            (json!({ "field": ["input", "title"], "message": "Title can't be blank" }), Trouble::Rejected, Some("title")),
            (
                json!({ "field": ["input", "quantities", "0", "changeFromQuantity"], "message": "stale", "code": "CHANGE_FROM_QUANTITY_STALE" }),
                Trouble::Transient,
                None,
            ),
            (json!({ "field": ["id"], "message": "Product does not exist" }), Trouble::NotFound, None),
        ] {
            let error = user_error(&error);
            assert_eq!((error.kind(), error.field()), (expected, field));
        }
    }

    #[test]
    fn descriptions_bring_no_markup() {
        assert_eq!(html("<script>\n& ngon"), "&lt;script&gt;<br>&amp; ngon");
    }
}
