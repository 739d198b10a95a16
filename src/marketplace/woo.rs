//! WooCommerce REST v3 (`/wp-json/wc/v3`): a shop of one's own. Source: the REST documentation and the controller's source.
//!
//! Over HTTPS the keys travel by Basic authentication; over HTTP requests are signed (OAuth 1.0a, HMAC-SHA256, no token). A SKU is
//! unique but races: a create may answer 400 and still exist, so the answer names the item that has the SKU and it is adopted.
//! Prices are text. Pictures are fetched by the shop while it answers, which makes calls slow.

use async_trait::async_trait;
use data_encoding::{BASE64, HEXLOWER};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};
use url::Url;

use crate::{
    domain::{money::Vnd, product::ProductGroup, sync::RemoteState},
    marketplace::{
        Abilities, Limit, Marketplace, Offer, Preview, Problem, PushError, Refusal, RemoteItem,
        client::{Answer, Content, Method, Outgoing, refusal},
        line::Line,
        reading::{Inbound, Message, Notice, Sweep, Swept, id_text, next_page, page_number, rfc3339},
        registry::{ConnectError, Connection, UnixClock},
        settings::Fields,
        sign::hmac,
        units::{kilograms, whole_dong},
    },
};

/// RFC 3986 unreserved characters stay, everything else is encoded (RFC 5849, 3.6).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Products in a page of a sweep.
const PAGE: usize = 100;
const PRODUCTS: &str = "/wp-json/wc/v3/products";

/// One shop.
pub(super) struct Woo {
    line: Line,
    base_url: Url,
    clock: UnixClock,
    consumer_key: String,
    consumer_secret: String,
    /// Signs what the shop pushes; nothing is taken while it is not set.
    webhook_secret: Option<String>,
    categories: HashMap<ProductGroup, String>,
}

impl Woo {
    /// Reads the settings of a shop.
    pub(super) fn connect(connection: Connection<'_>) -> Result<Arc<dyn Marketplace>, ConnectError> {
        let fields = Fields::parse(connection.settings).map_err(ConnectError::BadSettings)?;
        let text = |name: &str| fields.text(name).map_err(ConnectError::BadSettings);
        let (consumer_key, consumer_secret) = (text("consumer_key")?, text("consumer_secret")?);
        let (categories, webhook_secret) = (fields.categories(), fields.given("webhook_secret"));
        Ok(Arc::new(Self {
            line: connection.line,
            base_url: connection.base_url,
            clock: connection.clock,
            consumer_key,
            consumer_secret,
            webhook_secret,
            categories,
        }))
    }

    async fn call(&self, method: Method, path: &str, query: &[(&str, String)], body: Option<&Value>) -> Result<Value, PushError> {
        let mut url = self.base_url.clone();
        url.set_path(&format!("{}{PRODUCTS}{path}", self.base_url.path().trim_end_matches('/')));
        let mut headers = Vec::new();
        let mut pairs: Vec<(&str, String)> = query.to_vec();
        if url.scheme() == "https" {
            headers.push(("authorization", basic(&self.consumer_key, &self.consumer_secret)));
        } else {
            let mut nonce = [0u8; 16];
            getrandom::fill(&mut nonce).map_err(|_| PushError::Transient(refusal("random", "no random numbers for now")))?;
            sign_query(&self.consumer_key, &self.consumer_secret, (&method, &url), &mut pairs, (&HEXLOWER.encode(&nonce), (self.clock)()));
        }
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs.iter().map(|(n, v)| (*n, v.as_str())));
        }
        let content = match body {
            Some(body) => Content::Json(serde_json::to_vec(body).map_err(|e| PushError::Config(refusal("json", &e.to_string())))?),
            None => Content::Empty,
        };
        read(&self.line.send("products", Outgoing { method, url, headers, content }).await?)
    }

    async fn put(&self, remote_id: &str, values: &Value) -> Result<(), PushError> {
        self.call(Method::PUT, &own_path(remote_id)?, &[], Some(values)).await.map(drop)
    }

    fn content(&self, offer: &Offer) -> Value {
        let images: Vec<_> = offer.image_urls.iter().map(|src| json!({ "src": src })).collect();
        let weight = kilograms(offer.weight_grams);
        let mut content = json!({ "name": offer.title, "description": offer.description, "weight": weight, "images": images });
        if let Some(gtin) = &offer.gtin {
            content["global_unique_id"] = json!(gtin.as_str());
        }
        if let Some(category) = self.categories.get(&offer.group).and_then(|id| id.parse::<u64>().ok()) {
            content["categories"] = json!([{ "id": category }]);
        }
        content
    }

    fn whole(&self, offer: &Offer) -> Value {
        let mut content = self.content(offer);
        content["type"] = json!("simple");
        content["status"] = json!("publish");
        content["sku"] = json!(offer.key);
        content["regular_price"] = json!(offer.price.amount().to_string());
        content["manage_stock"] = json!(true);
        content["stock_quantity"] = json!(offer.stock);
        content
    }
}

/// What any shop would refuse.
fn problems(offer: &Offer) -> Vec<Problem> {
    let empty = offer.title.trim().is_empty();
    empty.then_some(Problem { field: "title", limit: Limit::AtLeast(1) }).into_iter().collect()
}

#[async_trait]
impl Marketplace for Woo {
    fn abilities(&self) -> Abilities<'_> {
        Abilities { inbound: Some(self), sweep: Some(self), ..Abilities::default() }
    }

    async fn find_by_key(&self, key: &str) -> Result<Option<RemoteItem>, PushError> {
        let found = self.call(Method::GET, "", &[("sku", key.to_owned()), ("status", "any".to_owned())], None).await?;
        // The SKU is compared again: the parameter takes lists, and old shops ignore it.
        Ok(found.as_array().into_iter().flatten().find(|product| product["sku"] == key).and_then(item))
    }

    async fn read(&self, remote_id: &str) -> Result<RemoteItem, PushError> {
        let product = self.call(Method::GET, &own_path(remote_id)?, &[], None).await?;
        item(&product).ok_or_else(|| PushError::NotFound(refusal("trash", "the product is in the shop's trash")))
    }

    async fn preview(&self, offer: &Offer) -> Result<Preview, PushError> {
        Ok(Preview { payload: self.whole(offer), problems: problems(offer) })
    }

    async fn create(&self, offer: &Offer) -> Result<RemoteItem, PushError> {
        if let Some(problem) = problems(offer).first() {
            return Err(problem.into());
        }
        let product = self.call(Method::POST, "", &[], Some(&self.whole(offer))).await?;
        item(&product).ok_or_else(|| PushError::Unknown(refusal("garbage", "the answer to the create names no product")))
    }

    async fn update_content(&self, remote_id: &str, offer: &Offer) -> Result<(), PushError> {
        self.put(remote_id, &self.content(offer)).await
    }

    async fn set_price(&self, remote_id: &str, price: Vnd) -> Result<(), PushError> {
        self.put(remote_id, &json!({ "regular_price": price.amount().to_string() })).await
    }

    async fn set_stock(&self, remote_id: &str, stock: u32) -> Result<(), PushError> {
        self.put(remote_id, &json!({ "manage_stock": true, "stock_quantity": stock })).await
    }

    async fn set_listed(&self, remote_id: &str, listed: bool) -> Result<(), PushError> {
        self.put(remote_id, &json!({ "status": if listed { "publish" } else { "draft" } })).await
    }

    async fn delete(&self, remote_id: &str) -> Result<(), PushError> {
        match self.call(Method::DELETE, &own_path(remote_id)?, &[("force", "true".to_owned())], None).await {
            Err(PushError::NotFound(_)) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Inbound for Woo {
    fn verify(&self, message: &Message<'_>) -> Option<Notice> {
        let signature = hmac(self.webhook_secret.as_ref()?, &[message.body]);
        if !signature.is_base64(message.header("x-wc-webhook-signature")?) {
            return None;
        }
        let is_product = message.header("x-wc-webhook-topic").is_none_or(|topic| topic.starts_with("product."));
        let delivery = message.header("x-wc-webhook-delivery-id").map(str::to_owned);
        Some(message.notice(delivery, id_text(&message.json()["id"]).filter(|_| is_product)))
    }
}

#[async_trait]
impl Sweep for Woo {
    async fn changed_since(&self, since: i64, page: Option<&str>) -> Result<Swept, PushError> {
        let page = page_number(page, 1);
        let query = [
            ("dates_are_gmt", "true".to_owned()),
            ("modified_after", rfc3339(since)),
            ("page", page.to_string()),
            ("per_page", PAGE.to_string()),
            ("status", "any".to_owned()),
        ];
        let found = self.call(Method::GET, "", &query, None).await?;
        let products = found.as_array().cloned().unwrap_or_default();
        let swept = |product: &Value| Some((id_text(&product["id"])?, product["sku"].as_str().map(str::to_owned)));
        Ok(Swept { items: products.iter().filter_map(swept).collect(), next: next_page(page, products.len(), PAGE) })
    }
}

/// Adds the parameters of OAuth 1.0a and their signature to a query.
fn sign_query(key: &str, secret: &str, (method, url): (&Method, &Url), pairs: &mut Vec<(&str, String)>, (nonce, timestamp): (&str, i64)) {
    pairs.push(("oauth_consumer_key", key.to_owned()));
    pairs.push(("oauth_nonce", nonce.to_owned()));
    pairs.push(("oauth_signature_method", "HMAC-SHA256".to_owned()));
    pairs.push(("oauth_timestamp", timestamp.to_string()));
    pairs.push(("oauth_version", "1.0".to_owned()));
    pairs.sort();
    let encoded = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    let query = pairs.iter().map(|(n, v)| format!("{}={}", encoded(n), encoded(v))).collect::<Vec<_>>().join("&");
    let base = format!("{method}&{}&{}", encoded(url.as_str()), encoded(&query));
    pairs.push(("oauth_signature", hmac(&format!("{}&", encoded(secret)), &[base.as_bytes()]).base64()));
}

fn own_path(remote_id: &str) -> Result<String, PushError> {
    let digits = !remote_id.is_empty() && remote_id.bytes().all(|b| b.is_ascii_digit());
    if digits { Ok(format!("/{remote_id}")) } else { Err(PushError::NotFound(refusal("id", "not a product id of a shop"))) }
}

fn item(product: &Value) -> Option<RemoteItem> {
    let raw_status = product["status"].as_str()?.to_owned();
    let state = match raw_status.as_str() {
        "publish" => RemoteState::Active,
        "pending" => RemoteState::InReview,
        "trash" => return None,
        _ => RemoteState::Hidden,
    };
    let url = product["permalink"].as_str().map(str::to_owned);
    let price = product["regular_price"].as_str().and_then(whole_dong);
    let id = product["id"].as_u64()?.to_string();
    Some(RemoteItem { id, state, raw_status, reasons: Vec::new(), url, price, stock: product["stock_quantity"].as_i64() })
}

/// Reads an answer: the product or list, or what went wrong, in WordPress's words `{code, message, data}`.
fn read(answer: &Answer) -> Result<Value, PushError> {
    let body = serde_json::from_slice::<Value>(&answer.body);
    if (200..300).contains(&answer.status) {
        return body.map_err(|_| PushError::Unknown(refusal("garbage", "the answer is not JSON")));
    }
    let body = body.unwrap_or_default();
    let code = body["code"].as_str().map_or_else(|| format!("http_{}", answer.status), str::to_owned);
    let words = refusal(&code, body["message"].as_str().unwrap_or("the shop did not say why"));
    Err(classify(answer, &body, words))
}

fn classify(answer: &Answer, body: &Value, words: Refusal) -> PushError {
    match (answer.status, words.code.as_str()) {
        (_, "product_invalid_sku" | "woocommerce_rest_product_not_created") if body["data"]["resource_id"].is_u64() => {
            PushError::AlreadyExists(words, body["data"]["resource_id"].as_u64().map(|id| id.to_string()))
        }
        (_, "product_invalid_sku") => PushError::AlreadyExists(words, None),
        (429, _) => PushError::RateLimited(words, answer.retry_after),
        (404, "woocommerce_rest_product_invalid_id") | (410, _) => PushError::NotFound(words),
        (401 | 403, _) => PushError::NeedsReauth(words),
        (404, _) => PushError::Config(words),
        (status, _) if !(400..500).contains(&status) => PushError::Unknown(words),
        _ => {
            let parameters = body["data"]["params"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
            let known = [
                ("name", "title"),
                ("description", "description"),
                ("regular_price", "price"),
                ("stock_quantity", "stock"),
                ("images", "media"),
                ("categories", "group"),
                ("weight", "weightGrams"),
                ("global_unique_id", "gtin"),
            ];
            let mut named = parameters.chain(if words.code.contains("image") { Some("images") } else { None });
            let field = named.find_map(|name| known.iter().find(|(theirs, _)| *theirs == name));
            PushError::Rejected(words, field.map(|(_, ours)| (*ours).to_owned()))
        }
    }
}

/// Basic authentication (RFC 7617).
fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sync::Trouble;

    /// The example of RFC 7617, section 2.
    #[test]
    fn basic_over_https() {
        assert_eq!(basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }

    /// npm `@woocommerce/woocommerce-rest-api` with `oauth-1.0a` agrees.
    #[test]
    fn known_answers() {
        let url = Url::parse("http://shop.example.test/wp-json/wc/v3/products").expect("a url");
        for (method, own, expected) in [
            (
                Method::GET,
                vec![("sku", "OCOP-0001".to_owned()), ("status", "any".to_owned())],
                "J7vXoAbAu2+L6umCF6/snMP5PG3kvWMv9mh0c4v0y10=",
            ),
            (Method::POST, vec![], "Lz6CmcZ/ZcdPGUJjAUKJQWOuMtBNMzhV18n3FkWbtig="),
        ] {
            let mut pairs = own;
            sign_query("ck_ocop0123456789", "cs_ocop9876543210", (&method, &url), &mut pairs, ("nonce0123456789abcdef", 1_732_320_000));
            assert_eq!(pairs.last().map(|(_, v)| v.as_str()), Some(expected), "{method}");
        }
    }

    #[test]
    fn answers_have_their_treatment() {
        let taken = r#"{"code":"product_invalid_sku","message":"Invalid or duplicated SKU.","data":{"status":400,"resource_id":794,"unique_sku":"A-1"}}"#;
        for (status, body, expected) in [
            (400, taken, Trouble::AlreadyExists),
            (400, r#"{"code":"product_invalid_sku","message":"","data":{}}"#, Trouble::AlreadyExists),
            (400, r#"{"code":"rest_invalid_param","message":"","data":{"params":{"regular_price":"x"}}}"#, Trouble::Rejected),
            (401, r#"{"code":"woocommerce_rest_cannot_view","message":""}"#, Trouble::NeedsReauth),
            (404, r#"{"code":"woocommerce_rest_product_invalid_id","message":""}"#, Trouble::NotFound),
            (404, "<html>", Trouble::Config),
            (429, "", Trouble::RateLimited),
            (500, "", Trouble::Unknown),
            (302, "", Trouble::Unknown),
            (200, "<html>", Trouble::Unknown),
        ] {
            let answer = Answer { status, body: body.as_bytes().to_vec(), retry_after: None };
            let error = read(&answer).expect_err(body);
            assert_eq!(error.kind(), expected, "{status} {body}");
            if let PushError::AlreadyExists(_, id) = &error {
                assert_eq!(id.is_some(), body == taken);
            }
            if error.kind() == Trouble::Rejected {
                assert_eq!(error.field(), Some("price"));
            }
        }
    }
}
