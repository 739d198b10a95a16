//! Lazada Open Platform. Source: the platform's documentation of each call and its guides.
//!
//! All parameters are signed; answers come with HTTP 200 and a `code` that is "0" on success. A `SellerSku` is unique in a shop,
//! so a create that got through is told by its duplicate being refused. An item on Lazada is a product with one SKU here; its id
//! is kept as `ITEM-SKU`.

mod answer;
mod auth;
mod body;
mod inbound;

use async_trait::async_trait;
use chrono::Duration;
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};
use url::Url;

use crate::{
    domain::{money::Vnd, product::ProductGroup, sync::RemoteState},
    marketplace::{
        Abilities, CATEGORIES, Limit, Marketplace, Offer, Preview, Problem, PushError, RemoteItem,
        attribute::{self, Attribute},
        category,
        client::{Content, Method, Outgoing, refusal},
        line::Line,
        registry::{ConnectError, Connection, UnixClock},
        settings::Fields,
        sign::hmac,
    },
};

/// How long the tree of categories is taken for true.
const TREE_AGE: Duration = Duration::days(7);

/// One shop on Lazada.
pub(super) struct Lazada {
    line: Line,
    base_url: Url,
    clock: UnixClock,
    app_key: String,
    app_secret: String,
    access_token: Option<String>,
    auth_url: Url,
    categories: HashMap<ProductGroup, String>,
    /// Values for attributes that categories require.
    attributes: HashMap<String, String>,
    /// The brand that items carry.
    brand: String,
}

/// Product and SKU.
struct Ids<'a> {
    item: &'a str,
    sku: &'a str,
}

impl<'a> Ids<'a> {
    fn read(remote_id: &'a str) -> Result<Self, PushError> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let gone = || PushError::NotFound(refusal("item_id", "not an item id of this marketplace"));
        let (item, sku) = remote_id.split_once('-').filter(|(item, sku)| digits(item) && digits(sku)).ok_or_else(gone)?;
        Ok(Self { item, sku })
    }
}

impl Lazada {
    /// Reads the settings of a shop.
    pub(super) fn connect(connection: Connection<'_>) -> Result<Arc<dyn Marketplace>, ConnectError> {
        Self::read_settings(connection).map(|shop| Arc::new(shop) as Arc<dyn Marketplace>).map_err(ConnectError::BadSettings)
    }

    fn read_settings(connection: Connection<'_>) -> Result<Self, String> {
        let fields = Fields::parse(connection.settings)?;
        let auth_url = fields.given("auth_url").unwrap_or_else(|| "https://auth.lazada.com/rest".to_owned());
        Ok(Self {
            app_key: fields.text("app_key")?,
            app_secret: fields.text("app_secret")?,
            access_token: fields.given("access_token"),
            auth_url: Url::parse(&auth_url).map_err(|_| "auth_url must be an address".to_owned())?,
            categories: fields.categories(),
            attributes: fields.attributes(),
            brand: fields.given("brand").unwrap_or_else(|| "No Brand".to_owned()),
            line: connection.line,
            base_url: connection.base_url,
            clock: connection.clock,
        })
    }

    /// A call on the shop. GET parameters travel in the query; a POST is a form.
    async fn call(&self, method: Method, path: &str, own: &[(&str, String)]) -> Result<Value, PushError> {
        let missing = || PushError::NeedsReauth(refusal("not_authorised", "the seller has not authorised this app yet"));
        let token = self.access_token.clone().ok_or_else(missing)?;
        let mut pairs = own.to_vec();
        pairs.push(("access_token", token));
        let (url, pairs) = self.signed(&self.base_url, path, pairs);
        self.send(method, path, url, pairs).await
    }

    async fn send(&self, method: Method, path: &str, mut url: Url, pairs: Vec<(&str, String)>) -> Result<Value, PushError> {
        let content = if method == Method::GET {
            url.query_pairs_mut().extend_pairs(pairs.iter().map(|(n, v)| (*n, v.as_str())));
            Content::Empty
        } else {
            Content::Form(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        };
        answer::read(&self.line.send(path, Outgoing { method, url, headers: Vec::new(), content }).await?)
    }

    /// The address of a call below a base, and its parameters with their signature.
    fn signed<'a>(&self, base: &Url, path: &str, mut pairs: Vec<(&'a str, String)>) -> (Url, Vec<(&'a str, String)>) {
        pairs.push(("app_key", self.app_key.clone()));
        pairs.push(("sign_method", "sha256".to_owned()));
        pairs.push(("timestamp", ((self.clock)() * 1000).to_string()));
        let signature = sign(&self.app_secret, path, &mut pairs);
        pairs.push(("sign", signature));
        let mut url = base.clone();
        url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
        (url, pairs)
    }

    async fn post(&self, path: &str, payload: &Value) -> Result<Value, PushError> {
        self.call(Method::POST, path, &[("payload", payload.to_string())]).await
    }

    async fn category(&self, group: ProductGroup) -> Result<Option<String>, PushError> {
        if let Some(id) = self.categories.get(&group) {
            return Ok(Some(id.clone()));
        }
        let query = [("language_code", "vi_VN".to_owned())];
        let tree = self.line.cached(CATEGORIES, "vi_VN", TREE_AGE, self.call(Method::GET, "/category/tree/get", &query)).await?;
        Ok(category::leaf(&body::categories(&tree), group))
    }

    /// Uploads a picture: descriptions and items take none but the marketplace's own.
    async fn upload(&self, bytes: Vec<u8>) -> Result<String, PushError> {
        let missing = || PushError::NeedsReauth(refusal("not_authorised", "the seller has not authorised this app yet"));
        let token = self.access_token.clone().ok_or_else(missing)?;
        let (mut url, pairs) = self.signed(&self.base_url, "/image/upload", vec![("access_token", token)]);
        url.query_pairs_mut().extend_pairs(pairs.iter().map(|(n, v)| (*n, v.as_str())));
        let content = Content::Picture { field: "image", bytes, beside: Vec::new() };
        let answer = self.line.send("/image/upload", Outgoing { method: Method::POST, url, headers: Vec::new(), content }).await?;
        let data = answer::read(&answer)?;
        let address = data["image"]["url"].as_str().map(str::to_owned);
        address.ok_or_else(|| PushError::Unknown(refusal("garbage", "the answer to the upload names no picture")))
    }

    async fn content(&self, offer: &Offer) -> Result<Value, PushError> {
        if let Some(problem) = body::problems(offer).first() {
            return Err(problem.into());
        }
        let no_category = Problem { field: "group", limit: Limit::NoCategory };
        let category = self.category(offer.group).await?.ok_or_else(|| PushError::from(&no_category))?;
        let attributes = self.attributes(&category).await?;
        if let Some(problem) = attribute::problems(&attributes, &self.attributes).first() {
            return Err(problem.into());
        }
        let wanted = &offer.image_urls[..offer.image_urls.len().min(body::MAX_IMAGES)];
        let pictures = self.line.pictures(wanted, |bytes| self.upload(bytes)).await?;
        let mut content = body::content(offer, &category, &pictures, &self.brand);
        body::fill(&mut content, &attributes, &self.attributes);
        Ok(content)
    }

    async fn attributes(&self, category: &str) -> Result<Vec<Attribute>, PushError> {
        let query = [("primary_category_id", category.to_owned()), ("language_code", "vi_VN".to_owned())];
        let asked = self.call(Method::GET, "/category/attributes/get", &query);
        Ok(body::attributes(&self.line.cached("attributes", category, TREE_AGE, asked).await?))
    }

    /// Sends new values of the one SKU.
    async fn update_sku(&self, path: &str, ids: &Ids<'_>, values: Value) -> Result<(), PushError> {
        let mut sku = json!({ "ItemId": ids.item, "SkuId": ids.sku });
        if let (Some(sku), Value::Object(values)) = (sku.as_object_mut(), values) {
            sku.extend(values);
        }
        self.post(path, &json!({ "Request": { "Product": { "Skus": { "Sku": [sku] } } } })).await.map(drop)
    }
}

#[async_trait]
impl Marketplace for Lazada {
    fn abilities(&self) -> Abilities<'_> {
        Abilities { renewal: Some(self), inbound: Some(self), sweep: Some(self), ..Abilities::default() }
    }

    async fn find_by_key(&self, key: &str) -> Result<Option<RemoteItem>, PushError> {
        let query = [("filter", "all".to_owned()), ("limit", "50".to_owned()), ("sku_seller_list", json!([key]).to_string())];
        let found = self.call(Method::GET, "/products/get", &query).await?;
        let products = found["products"].as_array().into_iter().flatten();
        Ok(products.filter_map(|product| answer::item(product, Some(key))).find(|item| item.state != RemoteState::None))
    }

    async fn read(&self, remote_id: &str) -> Result<RemoteItem, PushError> {
        let ids = Ids::read(remote_id)?;
        let product = self.call(Method::GET, "/product/item/get", &[("item_id", ids.item.to_owned())]).await?;
        let item = answer::item(&product, None).filter(|item| item.state != RemoteState::None && item.id == remote_id);
        item.ok_or_else(|| PushError::NotFound(refusal("deleted", "the item was deleted on the marketplace")))
    }

    async fn preview(&self, offer: &Offer) -> Result<Preview, PushError> {
        let mut problems = body::problems(offer);
        let category = self.category(offer.group).await?;
        if category.is_none() {
            problems.push(Problem { field: "group", limit: Limit::NoCategory });
        }
        let mut attributes = Vec::new();
        if let Some(category) = &category {
            attributes = self.attributes(category).await?;
            problems.extend(attribute::problems(&attributes, &self.attributes));
        }
        let mut content = body::content(offer, &category.unwrap_or_default(), &offer.image_urls, &self.brand);
        body::fill(&mut content, &attributes, &self.attributes);
        Ok(Preview { payload: body::whole(offer, content), problems })
    }

    async fn create(&self, offer: &Offer) -> Result<RemoteItem, PushError> {
        let created = self.post("/product/create", &body::whole(offer, self.content(offer).await?)).await?;
        let (item, sku) = (answer::id(&created["item_id"]), answer::id(&created["sku_list"][0]["sku_id"]));
        let ids = item.zip(sku).ok_or_else(|| PushError::Unknown(refusal("garbage", "the answer to the create names no item")))?;
        let id = format!("{}-{}", ids.0, ids.1);
        // A new item is checked, within a day, before buyers see it.
        Ok(RemoteItem {
            id,
            state: RemoteState::InReview,
            raw_status: "Pending QC".into(),
            reasons: Vec::new(),
            url: None,
            price: None,
            stock: None,
        })
    }

    async fn update_content(&self, remote_id: &str, offer: &Offer) -> Result<(), PushError> {
        let ids = Ids::read(remote_id)?;
        let mut body = self.content(offer).await?;
        body["Request"]["Product"]["ItemId"] = json!(ids.item);
        body["Request"]["Product"]["Skus"]["Sku"][0]["SkuId"] = json!(ids.sku);
        self.post("/product/update", &body).await.map(drop)
    }

    async fn set_price(&self, remote_id: &str, price: Vnd) -> Result<(), PushError> {
        let ids = Ids::read(remote_id)?;
        self.update_sku("/product/price_quantity/update", &ids, json!({ "Price": price.amount().to_string() })).await
    }

    async fn set_stock(&self, remote_id: &str, stock: u32) -> Result<(), PushError> {
        let ids = Ids::read(remote_id)?;
        self.update_sku("/product/price_quantity/update", &ids, json!({ "Quantity": stock.to_string() })).await
    }

    async fn set_listed(&self, remote_id: &str, listed: bool) -> Result<(), PushError> {
        let ids = Ids::read(remote_id)?;
        if listed {
            let product = json!({ "ItemId": ids.item, "Skus": { "Sku": [{ "SkuId": ids.sku, "Status": "active" }] } });
            return self.post("/product/update", &json!({ "Request": { "Product": product } })).await.map(drop);
        }
        let body = json!({ "Request": { "Product": { "ItemId": ids.item } } });
        match self.call(Method::POST, "/product/deactivate", &[("apiRequestBody", body.to_string())]).await {
            // E0004: it is inactive already.
            Err(PushError::Rejected(words, _)) if words.code == "E0004" => Ok(()),
            done => done.map(drop),
        }
    }

    async fn delete(&self, remote_id: &str) -> Result<(), PushError> {
        let ids = Ids::read(remote_id)?;
        let list = json!([format!("SkuId_{}_{}", ids.item, ids.sku)]).to_string();
        match self.call(Method::POST, "/product/remove", &[("sku_id_list", list)]).await {
            Err(PushError::NotFound(_)) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Path and parameters, sorted by name in byte order, empty ones left out: HMAC-SHA256 in upper-case hexadecimal.
fn sign(secret: &str, path: &str, pairs: &mut [(&str, String)]) -> String {
    pairs.sort();
    let base: String = pairs.iter().filter(|(n, v)| *n != "sign" && !v.is_empty()).map(|(n, v)| format!("{n}{v}")).collect();
    hmac(secret, &[path.as_bytes(), base.as_bytes()]).upper_hex()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the documentation and two SDKs, which agree.
    #[test]
    fn known_answers() {
        let payload = r#"{"Request":{"Product":{"PrimaryCategory":"10002019","Attributes":{"name":"Mật ong hoa nhãn OCOP 4 sao","brand_id":"30768"},"Skus":{"Sku":[{"SellerSku":"OCOP-0001","quantity":"12","price":"120000","package_height":"10","package_length":"10","package_width":"10","package_weight":"0.6"}]}}}}"#;
        type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);
        let cases: [Case<'_>; 5] = [
            (
                "helloworld",
                "/order/get",
                &[
                    ("access_token", "test"),
                    ("app_key", "123456"),
                    ("order_id", "1234"),
                    ("sign_method", "sha256"),
                    ("timestamp", "1517820392000"),
                ],
                "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A",
            ),
            (
                "secret",
                "/test/api",
                &[("foo", "1"), ("bar", "2"), ("foo_bar", "3"), ("foobar", "4"), ("empty", "")],
                "C9E42CE09BA9FE95ECCB17111AA4E3F41D1C82F000435219C75936A427D9C945",
            ),
            (
                "test-secret",
                "/order/cancel",
                &[("app_key", "123456"), ("timestamp", "1700000000000"), ("sign_method", "sha256"), ("access_token", "test-token")],
                "91375F42B474CECEE7172759B6400E74F10FBB6E9E9E145EA2A27DFA17556B18",
            ),
            (
                "ocop-lazada-secret",
                "/auth/token/create",
                &[("app_key", "100001"), ("code", "0_100001_abcdef"), ("timestamp", "1732320000000"), ("sign_method", "sha256")],
                "2E261BE8721BDD19C5004C2BB3BA1B2BF6B83CB2914373752347A2F0AFFBA9FA",
            ),
            (
                "ocop-lazada-secret",
                "/product/create",
                &[
                    ("app_key", "100001"),
                    ("access_token", "lz-at-0123456789"),
                    ("timestamp", "1732320000000"),
                    ("sign_method", "sha256"),
                    ("payload", payload),
                ],
                "34EF9D48EB3EA8550D4212838AD48415C1CAEEF9C16C4EA7863DBAD1AA7987B1",
            ),
        ];
        for (secret, path, pairs, expected) in cases {
            let mut pairs: Vec<_> = pairs.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
            assert_eq!(sign(secret, path, &mut pairs), expected, "{path}");
        }
    }
}
