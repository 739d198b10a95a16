//! Shopee Open Platform v2. Sources: the official documentation of each call and the developer guide (push mechanism, signing).
//!
//! The marketplace has no idempotency key and does not refuse a second item with the same SKU, so a create whose answer was
//! lost is looked up by `item_sku`. Errors come with HTTP 200. Prices in Vietnam are whole đồng. Weight is in kilograms.

mod errors;
mod offer;
mod sign;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::{Mutex, OnceCell};
use url::Url;

use crate::{
    domain::{money::Vnd, product::ProductGroup},
    marketplace::{
        Marketplace, Offer, PushError, RemoteItem,
        client::{Client, Content, refusal},
        registry::{ConnectError, Connection, UnixClock},
    },
};
use offer::{Category, Limits, Settings};

/// One shop on Shopee.
pub(super) struct Shopee {
    client: Client,
    base_url: Url,
    settings: Settings,
    clock: UnixClock,
    categories: OnceCell<Vec<Category>>,
    logistics: OnceCell<Vec<i64>>,
    limits: Mutex<HashMap<i64, Limits>>,
    /// Pictures that the shop has, by the hash of their bytes.
    pictures: Mutex<HashMap<String, String>>,
}

/// Which of the two signatures a call carries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signed {
    Public,
    Shop,
}

impl Shopee {
    /// Reads the settings of a shop.
    pub(super) fn connect(connection: Connection<'_>) -> Result<Arc<dyn Marketplace>, ConnectError> {
        let settings = Settings::parse(connection.settings).map_err(ConnectError::BadSettings)?;
        Ok(Arc::new(Self {
            client: connection.client,
            base_url: connection.base_url,
            settings,
            clock: connection.clock,
            categories: OnceCell::new(),
            logistics: OnceCell::new(),
            limits: Mutex::default(),
            pictures: Mutex::default(),
        }))
    }

    async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, PushError> {
        self.call(Signed::Shop, path, query, Content::Empty).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, PushError> {
        let bytes = serde_json::to_vec(body).map_err(|e| PushError::Config(refusal("json", &e.to_string())))?;
        self.call(Signed::Shop, path, &[], Content::Json(bytes)).await
    }

    async fn call(&self, signed: Signed, path: &str, query: &[(&str, String)], content: Content) -> Result<Value, PushError> {
        let now = (self.clock)();
        let method = if matches!(content, Content::Empty) { Method::GET } else { Method::POST };
        let url = self.signed_url(signed, path, query, now);
        let answer = self.client.send(method, url, content).await?;
        errors::read(&answer, now)
    }

    fn signed_url(&self, signed: Signed, path: &str, query: &[(&str, String)], now: i64) -> Url {
        let path = format!("/api/v2/{path}");
        let settings = &self.settings;
        let shop = (signed == Signed::Shop).then_some((settings.access_token.as_str(), settings.shop_id));
        let sign = sign::sign(&settings.partner_key, settings.partner_id, &path, now, shop);
        let mut url = self.base_url.clone();
        url.set_path(&path);
        let mut pairs = url.query_pairs_mut();
        pairs
            .clear()
            .append_pair("partner_id", &settings.partner_id.to_string())
            .append_pair("timestamp", &now.to_string())
            .append_pair("sign", &sign);
        if let Some((token, shop_id)) = shop {
            pairs.append_pair("access_token", token).append_pair("shop_id", &shop_id.to_string());
        }
        pairs.extend_pairs(query.iter().map(|(name, value)| (*name, value.as_str())));
        drop(pairs);
        url
    }

    async fn category(&self, group: ProductGroup) -> Result<i64, PushError> {
        if let Some(id) = self.settings.categories.get(&group) {
            return Ok(*id);
        }
        let tree = self.categories.get_or_try_init(|| async {
            let response = self.get("product/get_category", &[("language", "vi".to_owned())]).await?;
            Ok::<_, PushError>(offer::categories(&response))
        });
        offer::leaf(tree.await?, group).ok_or_else(|| {
            let words =
                format!("no category of the marketplace fits the group {}; set category_{}", group.code(), group.code().to_lowercase());
            PushError::Rejected(refusal("category", &words), Some("group".to_owned()))
        })
    }

    async fn logistics(&self) -> Result<&[i64], PushError> {
        let channels = self.logistics.get_or_try_init(|| async {
            let response = self.get("logistics/get_channel_list", &[]).await?;
            let listed = response["logistics_channel_list"].as_array().into_iter().flatten();
            let enabled: Vec<i64> = listed.filter(|c| c["enabled"] == true).filter_map(|c| c["logistics_channel_id"].as_i64()).collect();
            if enabled.is_empty() {
                return Err(PushError::Config(refusal("logistics", "the shop has no delivery channel enabled")));
            }
            Ok(enabled)
        });
        Ok(channels.await?)
    }

    async fn limits(&self, category: i64) -> Result<Limits, PushError> {
        if let Some(limits) = self.limits.lock().await.get(&category) {
            return Ok(limits.clone());
        }
        let response = self.get("product/get_item_limit", &[("category_id", category.to_string())]).await?;
        let limits = Limits::read(&response);
        self.limits.lock().await.insert(category, limits.clone());
        Ok(limits)
    }

    async fn upload(&self, addresses: &[String]) -> Result<Vec<String>, PushError> {
        let mut ids = Vec::with_capacity(addresses.len());
        for address in addresses {
            let bytes = self.client.picture(address).await?;
            let hash = HEXLOWER.encode(&Sha256::digest(&bytes));
            let known = self.pictures.lock().await.get(&hash).cloned();
            let id = match known {
                Some(id) => id,
                None => self.upload_one(bytes).await?,
            };
            self.pictures.lock().await.insert(hash, id.clone());
            ids.push(id);
        }
        Ok(ids)
    }

    async fn upload_one(&self, bytes: Vec<u8>) -> Result<String, PushError> {
        let response = self.call(Signed::Public, "media_space/upload_image", &[], Content::Picture(bytes)).await?;
        let id = response["image_info"]["image_id"].as_str();
        id.map(str::to_owned).ok_or_else(|| PushError::Unknown(refusal("garbage", "the answer to the upload names no picture")))
    }

    /// The parts of an item that `add_item` and `update_item` share, within the marketplace's limits.
    async fn content(&self, offer: &Offer) -> Result<Value, PushError> {
        let category = self.category(offer.group).await?;
        let limits = self.limits(category).await?;
        limits.check(offer)?;
        let pictures = self.upload(&offer.image_urls[..offer.image_urls.len().min(limits.images)]).await?;
        Ok(offer::content(offer, category, &pictures, self.logistics().await?))
    }
}

#[async_trait]
impl Marketplace for Shopee {
    async fn find_by_key(&self, key: &str) -> Result<Option<RemoteItem>, PushError> {
        // `offset` is an opaque text of the page before; the first page is asked for without it.
        let query = [("item_sku", key.to_owned()), ("page_size", "50".to_owned())];
        let found = self.get("product/search_item", &query).await?;
        let ids: Vec<String> =
            found["item_id_list"].as_array().into_iter().flatten().filter_map(Value::as_i64).map(|id| id.to_string()).collect();
        if ids.is_empty() {
            return Ok(None);
        }
        let info = self.get("product/get_item_base_info", &[("item_id_list", ids.join(","))]).await?;
        let items = info["item_list"].as_array().into_iter().flatten();
        // The search may match parts of a SKU and remembers deleted items: only the same SKU of a living item counts.
        Ok(items.filter(|i| i["item_sku"] == key).find_map(|i| {
            let status = i["item_status"].as_str().unwrap_or_default();
            let deleted = matches!(status, "SELLER_DELETE" | "SHOPEE_DELETE");
            let id = i["item_id"].as_i64().filter(|_| !deleted)?;
            Some(self.item(id, status))
        }))
    }

    async fn create(&self, offer: &Offer) -> Result<RemoteItem, PushError> {
        let mut body = self.content(offer).await?;
        body["original_price"] = json!(offer.price.amount());
        body["seller_stock"] = json!([{ "stock": offer.stock }]);
        body["item_sku"] = json!(offer.key);
        body["item_status"] = json!("NORMAL");
        let response = self.post("product/add_item", &body).await?;
        let id =
            response["item_id"].as_i64().ok_or_else(|| PushError::Unknown(refusal("garbage", "the answer to the create names no item")))?;
        Ok(self.item(id, response["item_status"].as_str().unwrap_or("NORMAL")))
    }

    async fn update_content(&self, remote_id: &str, offer: &Offer) -> Result<(), PushError> {
        let mut body = self.content(offer).await?;
        body["item_id"] = item_id(remote_id)?;
        self.post("product/update_item", &body).await.map(drop)
    }

    async fn set_price(&self, remote_id: &str, price: Vnd) -> Result<(), PushError> {
        let body = json!({ "item_id": item_id(remote_id)?, "price_list": [{ "model_id": 0, "original_price": price.amount() }] });
        errors::all_done(&self.post("product/update_price", &body).await?)
    }

    async fn set_stock(&self, remote_id: &str, stock: u32) -> Result<(), PushError> {
        let body = json!({ "item_id": item_id(remote_id)?, "stock_list": [{ "model_id": 0, "seller_stock": [{ "stock": stock }] }] });
        errors::all_done(&self.post("product/update_stock", &body).await?)
    }

    async fn set_listed(&self, remote_id: &str, listed: bool) -> Result<(), PushError> {
        let body = json!({ "item_list": [{ "item_id": item_id(remote_id)?, "unlist": !listed }] });
        errors::all_done(&self.post("product/unlist_item", &body).await?)
    }

    async fn delete(&self, remote_id: &str) -> Result<(), PushError> {
        match self.post("product/delete_item", &json!({ "item_id": item_id(remote_id)? })).await {
            Err(PushError::NotFound(_)) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Shopee {
    fn item(&self, id: i64, status: &str) -> RemoteItem {
        let mut url = self.base_url.clone();
        url.set_path(&format!("/product/{}/{id}", self.settings.shop_id));
        RemoteItem { id: id.to_string(), raw_status: status.to_owned(), listed: status == "NORMAL", url: Some(url.to_string()) }
    }
}

fn item_id(remote_id: &str) -> Result<Value, PushError> {
    remote_id.parse::<i64>().map(Value::from).map_err(|_| PushError::NotFound(refusal("item_id", "not an item id of this marketplace")))
}
