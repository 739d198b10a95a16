//! TikTok Shop, Partner API 202309 and later. Source: the documentation of each operation in Partner Center.
//!
//! Requests are signed over the exact bytes of their body. Errors come with a `code` that is not 0, often under HTTP 200, and
//! some calls list failures beside `code: 0`. A create carries an idempotency key, so sending it twice makes one product. Ids
//! are larger than 2^53: they are read as text or as u64, never as floating point.

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
use answer::text;

/// How long the tree of categories is taken for true: "do not cache categories for long".
const TREE_AGE: Duration = Duration::days(1);
const WAREHOUSE_AGE: Duration = Duration::days(1);

/// One shop on TikTok.
pub(super) struct TikTok {
    line: Line,
    base_url: Url,
    clock: UnixClock,
    app_key: String,
    app_secret: String,
    access_token: Option<String>,
    shop_cipher: Option<String>,
    /// Where sellers authorise: `service_id` of the app in Partner Center.
    service_id: Option<String>,
    auth_url: Url,
    authorise_url: Url,
    categories: HashMap<ProductGroup, String>,
    /// Values for attributes that categories require, by the attribute's id.
    attributes: HashMap<String, String>,
    /// The warehouse that stock is in; the shop's default when left out.
    warehouse: Option<String>,
}

impl TikTok {
    /// Reads the settings of a shop.
    pub(super) fn connect(connection: Connection<'_>) -> Result<Arc<dyn Marketplace>, ConnectError> {
        Self::read(connection).map(|shop| Arc::new(shop) as Arc<dyn Marketplace>).map_err(ConnectError::BadSettings)
    }

    fn read(connection: Connection<'_>) -> Result<Self, String> {
        let fields = Fields::parse(connection.settings)?;
        let url = |name: &str, live: &str| {
            let text = fields.given(name).unwrap_or_else(|| live.to_owned());
            Url::parse(&text).map_err(|_| format!("{name} must be an address"))
        };
        let access_token = fields.given("access_token");
        if access_token.is_some() {
            fields.text("shop_cipher")?;
        }
        Ok(Self {
            app_key: fields.text("app_key")?,
            app_secret: fields.text("app_secret")?,
            access_token,
            shop_cipher: fields.given("shop_cipher"),
            service_id: fields.given("service_id"),
            auth_url: url("auth_url", "https://auth.tiktok-shops.com")?,
            authorise_url: url("authorise_url", "https://services.tiktokshop.com")?,
            categories: fields.categories(),
            attributes: fields.attributes(),
            warehouse: fields.given("warehouse_id"),
            line: connection.line,
            base_url: connection.base_url,
            clock: connection.clock,
        })
    }

    async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, PushError> {
        self.call(Method::GET, path, query, Content::Empty).await
    }

    async fn json(&self, method: Method, path: &str, body: &Value) -> Result<Value, PushError> {
        let bytes = serde_json::to_vec(body).map_err(|e| PushError::Config(refusal("json", &e.to_string())))?;
        self.call(method, path, &[], Content::Json(bytes)).await
    }

    async fn call(&self, method: Method, path: &str, query: &[(&str, String)], content: Content) -> Result<Value, PushError> {
        let missing = || PushError::NeedsReauth(refusal("not_authorised", "the seller has not authorised this app yet"));
        let token = self.access_token.clone().ok_or_else(missing)?;
        let mut pairs: Vec<(&str, String)> = query.to_vec();
        // The upload of a picture belongs to no shop.
        if !matches!(content, Content::Picture { .. }) && !path.starts_with("/authorization/") {
            pairs.push(("shop_cipher", self.shop_cipher.clone().ok_or_else(missing)?));
        }
        let body = if let Content::Json(bytes) = &content { bytes.as_slice() } else { &[] };
        let url = self.signed_url(path, pairs, body);
        let headers = vec![("x-tts-access-token", token)];
        let answer = self.line.send(path, Outgoing { method, url, headers, content }).await?;
        answer::read(&answer)
    }

    fn signed_url(&self, path: &str, mut pairs: Vec<(&str, String)>, body: &[u8]) -> Url {
        pairs.push(("app_key", self.app_key.clone()));
        pairs.push(("timestamp", (self.clock)().to_string()));
        let sign = sign(&self.app_secret, path, &mut pairs, body);
        let mut url = self.base_url.clone();
        url.set_path(path);
        url.query_pairs_mut().clear().extend_pairs(pairs.iter().map(|(n, v)| (*n, v.as_str()))).append_pair("sign", &sign);
        url
    }

    async fn category(&self, group: ProductGroup) -> Result<Option<String>, PushError> {
        if let Some(id) = self.categories.get(&group) {
            return Ok(Some(id.clone()));
        }
        let query = [("locale", "vi-VN".to_owned()), ("category_version", "v2".to_owned())];
        let tree = self.line.cached(CATEGORIES, "v2", TREE_AGE, self.get("/product/202309/categories", &query)).await?;
        Ok(category::leaf(&body::categories(&tree), group))
    }

    async fn warehouse(&self) -> Result<String, PushError> {
        if let Some(id) = &self.warehouse {
            return Ok(id.clone());
        }
        let answer = self.line.cached("warehouses", "", WAREHOUSE_AGE, self.get("/logistics/202309/warehouses", &[])).await?;
        let listed = || answer["warehouses"].as_array().into_iter().flatten();
        let sales = || listed().filter(|w| w["type"] == "SALES_WAREHOUSE" && w["effect_status"] != "DISABLED");
        let found = sales().find(|w| w["is_default"] == true).or_else(|| sales().next());
        found.and_then(|w| text(&w["id"])).ok_or_else(|| PushError::Config(refusal("warehouse", "the shop has no warehouse to sell from")))
    }

    async fn upload(&self, bytes: Vec<u8>) -> Result<String, PushError> {
        let picture = Content::Picture { field: "data", bytes, beside: vec![("use_case", "MAIN_IMAGE".to_owned())] };
        let answer = self.call(Method::POST, "/product/202309/images/upload", &[], picture).await?;
        text(&answer["uri"]).ok_or_else(|| PushError::Unknown(refusal("garbage", "the answer to the upload names no picture")))
    }

    /// The content of an offer, its pictures uploaded, or what the marketplace would refuse.
    async fn content(&self, offer: &Offer) -> Result<(Value, String), PushError> {
        let no_category = Problem { field: "group", limit: Limit::NoCategory };
        let category = self.category(offer.group).await?.ok_or_else(|| PushError::from(&no_category))?;
        let attributes = self.attributes(&category).await?;
        let missing = attribute::problems(&attributes, &self.attributes);
        if let Some(problem) = body::problems(offer).first().or(missing.first()) {
            return Err(problem.into());
        }
        let wanted = &offer.image_urls[..offer.image_urls.len().min(body::MAX_IMAGES)];
        let pictures = self.line.pictures(wanted, |bytes| self.upload(bytes)).await?;
        let mut content = body::content(offer, &pictures);
        content["product_attributes"] = body::product_attributes(&attributes, &self.attributes);
        Ok((content, category))
    }

    async fn attributes(&self, category: &str) -> Result<Vec<Attribute>, PushError> {
        let path = format!("/product/202309/categories/{}/attributes", number(category)?);
        let query = [("category_version", "v2".to_owned()), ("locale", "vi-VN".to_owned())];
        Ok(body::attributes(&self.line.cached("attributes", category, TREE_AGE, self.get(&path, &query)).await?))
    }

    async fn product(&self, id: &str) -> Result<Value, PushError> {
        self.get(&format!("/product/202309/products/{}", number(id)?), &[]).await
    }

    /// The SKU of a product; each of ours has one.
    async fn sku(&self, id: &str) -> Result<String, PushError> {
        let product = self.product(id).await?;
        let gone = || PushError::NotFound(refusal("no_sku", "the product has no SKU any more"));
        text(&product["skus"][0]["id"]).ok_or_else(gone)
    }

    async fn switch(&self, verb: &str, id: &str) -> Result<(), PushError> {
        let answer = self.json(Method::POST, &format!("/product/202309/products/{verb}"), &json!({ "product_ids": [number(id)?] })).await?;
        answer::all_done(&answer)
    }
}

#[async_trait]
impl Marketplace for TikTok {
    fn abilities(&self) -> Abilities<'_> {
        Abilities { renewal: Some(self), inbound: Some(self), sweep: Some(self), ..Abilities::default() }
    }

    async fn find_by_key(&self, key: &str) -> Result<Option<RemoteItem>, PushError> {
        let query = [("page_size", "20".to_owned())];
        let body = serde_json::to_vec(&json!({ "seller_skus": [key] })).unwrap_or_default();
        let found = self.call(Method::POST, "/product/202502/products/search", &query, Content::Json(body)).await?;
        let products = found["products"].as_array().into_iter().flatten();
        let ours = |p: &&Value| p["skus"].as_array().is_some_and(|skus| skus.iter().any(|sku| sku["seller_sku"] == key));
        Ok(products.filter(ours).filter_map(answer::item).find(|item| item.state != RemoteState::None))
    }

    async fn read(&self, remote_id: &str) -> Result<RemoteItem, PushError> {
        let item = answer::item(&self.product(remote_id).await?).filter(|item| item.state != RemoteState::None);
        item.ok_or_else(|| PushError::NotFound(refusal("deleted", "the product was deleted on the marketplace")))
    }

    async fn preview(&self, offer: &Offer) -> Result<Preview, PushError> {
        let mut problems = body::problems(offer);
        let category = self.category(offer.group).await?;
        let mut content = body::content(offer, &offer.image_urls);
        if let Some(category) = &category {
            let attributes = self.attributes(category).await?;
            problems.extend(attribute::problems(&attributes, &self.attributes));
            content["product_attributes"] = body::product_attributes(&attributes, &self.attributes);
        } else {
            problems.push(Problem { field: "group", limit: Limit::NoCategory });
        }
        Ok(Preview { payload: body::whole(offer, content, &category.unwrap_or_default(), &self.warehouse().await?), problems })
    }

    async fn create(&self, offer: &Offer) -> Result<RemoteItem, PushError> {
        let (content, category) = self.content(offer).await?;
        let body = body::whole(offer, content, &category, &self.warehouse().await?);
        answer::checked(&self.json(Method::POST, "/product/202309/products/listing_check", &body::dry_run(&body)).await?)?;
        let created = self.json(Method::POST, "/product/202309/products", &body).await?;
        let id = text(&created["product_id"]);
        let id = id.ok_or_else(|| PushError::Unknown(refusal("garbage", "the answer to the create names no product")))?;
        // A new product is checked before buyers see it.
        Ok(RemoteItem {
            id,
            state: RemoteState::InReview,
            raw_status: "PENDING".into(),
            reasons: Vec::new(),
            url: None,
            price: None,
            stock: None,
        })
    }

    async fn update_content(&self, remote_id: &str, offer: &Offer) -> Result<(), PushError> {
        let (body, _) = self.content(offer).await?;
        let path = format!("/product/202509/products/{}/partial_edit", number(remote_id)?);
        self.json(Method::POST, &path, &body).await.map(drop)
    }

    async fn set_price(&self, remote_id: &str, price: Vnd) -> Result<(), PushError> {
        let sku = json!({ "id": self.sku(remote_id).await?, "price": { "amount": price.amount().to_string(), "currency": "VND" } });
        let path = format!("/product/202309/products/{}/prices/update", number(remote_id)?);
        answer::all_done(&self.json(Method::POST, &path, &json!({ "skus": [sku] })).await?)
    }

    async fn set_stock(&self, remote_id: &str, stock: u32) -> Result<(), PushError> {
        let inventory = json!([{ "warehouse_id": self.warehouse().await?, "quantity": stock }]);
        let sku = json!({ "id": self.sku(remote_id).await?, "inventory": inventory });
        let path = format!("/product/202309/products/{}/inventory/update", number(remote_id)?);
        answer::all_done(&self.json(Method::POST, &path, &json!({ "skus": [sku] })).await?)
    }

    async fn set_listed(&self, remote_id: &str, listed: bool) -> Result<(), PushError> {
        self.switch(if listed { "activate" } else { "deactivate" }, remote_id).await
    }

    async fn delete(&self, remote_id: &str) -> Result<(), PushError> {
        let body = json!({ "product_ids": [number(remote_id)?] });
        match self.json(Method::DELETE, "/product/202309/products", &body).await.and_then(|answer| answer::all_done(&answer)) {
            Err(PushError::NotFound(_)) | Ok(()) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Secret, path, the parameters sorted by name, the body, secret again: HMAC-SHA256 in lower-case hexadecimal.
fn sign(secret: &str, path: &str, pairs: &mut [(&str, String)], body: &[u8]) -> String {
    pairs.sort();
    let query: String =
        pairs.iter().filter(|(name, _)| !matches!(*name, "sign" | "access_token")).map(|(n, v)| format!("{n}{v}")).collect();
    hmac(secret, &[secret.as_bytes(), path.as_bytes(), query.as_bytes(), body, secret.as_bytes()]).hex()
}

/// An id of this marketplace goes into a path: nothing but digits may.
fn number(id: &str) -> Result<&str, PushError> {
    let digits = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
    if digits { Ok(id) } else { Err(PushError::NotFound(refusal("product_id", "not a product id of this marketplace"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the official example, two SDKs' tests, and one of our own that PyPI `tiktok-shop-api` agrees with.
    #[test]
    fn known_answers() {
        let title = r#"{"title":"Mật ong hoa nhãn OCOP 4 sao 500ml","category_id":"600001","idempotency_key":"7b0c1a52-1111-4222-8333-444455556666"}"#;
        let hook = r#"{"address":"https://partner.tiktokshop.com","event_type":"PACKAGE_UPDATE"}"#;
        let cipher = "ROW_xkMbgAAAeVAQra0eZWebFQq5aIK";
        type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, &'a str);
        let cases: [Case<'_>; 5] = [
            (
                "e59af819cc",
                "/authorization/202309/shops",
                &[("app_key", "29a39d"), ("timestamp", "1623812664")],
                "",
                "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
            ),
            (
                "e59af819cc",
                "/event/202309/webhooks",
                &[("timestamp", "1696909648"), ("shop_cipher", cipher), ("app_key", "68xu9ks5p4i8")],
                "",
                "ed58e1b5e59865c22a7b828c1cab65007441f43cc91a6cb2f2cdc638e0995a37",
            ),
            (
                "e59af819cc",
                "/event/202309/webhooks",
                &[("timestamp", "1696909648"), ("shop_cipher", cipher), ("app_key", "68xu9ks5p4i8")],
                hook,
                "cd0d6268252f4ba293bf7ea4c0a2873bf9beec600d22530638564ab301435f7a",
            ),
            (
                "ocop-tts-secret",
                "/product/202309/products",
                &[
                    ("app_key", "ocopkey"),
                    ("shop_cipher", "GCP_ocoptest"),
                    ("timestamp", "1732320000"),
                    ("access_token", "ignored"),
                    ("sign", "ignored"),
                ],
                title,
                "ba2f11e55266297a960c789d163ee74737766683a3a85a6df17ae18dc4a85d88",
            ),
            (
                "ocop-tts-secret",
                "/product/202309/images/upload",
                &[("app_key", "ocopkey"), ("timestamp", "1732320000")],
                "",
                "bd8dc48ac46f54df22a4c533806944b0d32916bb7a450c80821292497f476084",
            ),
        ];
        for (secret, path, pairs, body, expected) in cases {
            let mut pairs: Vec<_> = pairs.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
            assert_eq!(sign(secret, path, &mut pairs, body.as_bytes()), expected, "{path}");
        }
    }
}
