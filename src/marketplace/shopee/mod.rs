//! Shopee Open Platform v2. Sources: the official documentation of each call and the developer guide (push mechanism, signing).
//!
//! The marketplace has no idempotency key and does not refuse a second item with the same SKU, so a create whose answer was
//! lost is looked up by `item_sku`. Errors come with HTTP 200. Prices in Vietnam are whole đồng. Weight is in kilograms.

mod attributes;
mod auth;
mod errors;
mod inbound;
mod offer;
mod sign;

use async_trait::async_trait;
use chrono::Duration;
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

use crate::{
    domain::{channel::RemoteReason, money::Vnd, product::ProductGroup, sync::RemoteState},
    marketplace::{
        Abilities, CATEGORIES, Limit, Marketplace, Offer, Preview, Problem, PushError, RemoteItem,
        attribute::{self, Attribute},
        category,
        client::{Content, Method, Outgoing, refusal},
        line::Line,
        registry::{ConnectError, Connection, UnixClock},
        units::whole_dong,
    },
};
use offer::{Limits, Settings};

/// How long a shop's limits and delivery channels are taken for true.
const LIMITS_AGE: Duration = Duration::days(1);
/// How long the tree of categories is taken for true.
const TREE_AGE: Duration = Duration::days(7);

/// One shop on Shopee.
pub(super) struct Shopee {
    line: Line,
    base_url: Url,
    settings: Settings,
    clock: UnixClock,
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
        Ok(Arc::new(Self { line: connection.line, base_url: connection.base_url, settings, clock: connection.clock }))
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
        let url = self.signed_url(signed, path, query, now)?;
        let answer = self.line.send(path, Outgoing { method, url, headers: Vec::new(), content }).await?;
        errors::read(&answer, now)
    }

    fn signed_url(&self, signed: Signed, path: &str, query: &[(&str, String)], now: i64) -> Result<Url, PushError> {
        let path = format!("/api/v2/{path}");
        let settings = &self.settings;
        let shop = if signed == Signed::Shop { Some(settings.shop()?) } else { None };
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
        Ok(url)
    }

    /// The leaf category of a group: the channel's choice, or the one whose name fits best; `None` when none does.
    async fn category(&self, group: ProductGroup) -> Result<Option<i64>, PushError> {
        if let Some(id) = self.settings.categories.get(&group) {
            return Ok(id.parse().ok());
        }
        let tree = self.line.cached(CATEGORIES, "vi", TREE_AGE, self.get("product/get_category", &[("language", "vi".to_owned())])).await?;
        Ok(category::leaf(&offer::categories(&tree), group).and_then(|id| id.parse().ok()))
    }

    async fn logistics(&self) -> Result<Vec<i64>, PushError> {
        let response = self.line.cached("logistics", "", LIMITS_AGE, self.get("logistics/get_channel_list", &[])).await?;
        let listed = response["logistics_channel_list"].as_array().into_iter().flatten();
        let enabled: Vec<i64> = listed.filter(|c| c["enabled"] == true).filter_map(|c| c["logistics_channel_id"].as_i64()).collect();
        if enabled.is_empty() {
            return Err(PushError::Config(refusal("logistics", "the shop has no delivery channel enabled")));
        }
        Ok(enabled)
    }

    async fn limits(&self, category: i64) -> Result<Limits, PushError> {
        let id = category.to_string();
        let query = [("category_id", id.clone())];
        let asked = self.get("product/get_item_limit", &query);
        Ok(Limits::read(&self.line.cached("limits", &id, LIMITS_AGE, asked).await?))
    }

    async fn upload_one(&self, bytes: Vec<u8>) -> Result<String, PushError> {
        let picture = Content::Picture { field: "image", bytes, beside: Vec::new() };
        let response = self.call(Signed::Public, "media_space/upload_image", &[], picture).await?;
        let id = response["image_info"]["image_id"].as_str();
        id.map(str::to_owned).ok_or_else(|| PushError::Unknown(refusal("garbage", "the answer to the upload names no picture")))
    }

    /// The parts of an item that `add_item` and `update_item` share, within the marketplace's limits.
    async fn content(&self, offer: &Offer) -> Result<Value, PushError> {
        let no_category = Problem { field: "group", limit: Limit::NoCategory };
        let category = self.category(offer.group).await?.ok_or_else(|| PushError::from(&no_category))?;
        let (limits, tree) = (self.limits(category).await?, self.attributes(category).await?);
        let missing = attribute::problems(&tree, &self.settings.attributes);
        if let Some(problem) = limits.problems(offer).first().or(missing.first()) {
            return Err(problem.into());
        }
        let wanted = &offer.image_urls[..offer.image_urls.len().min(limits.images)];
        let pictures = self.line.pictures(wanted, |bytes| self.upload_one(bytes)).await?;
        let mut content = offer::content(offer, category, &pictures);
        content["attribute_list"] = attributes::list(&tree, &self.settings.attributes);
        Ok(content)
    }

    async fn attributes(&self, category: i64) -> Result<Vec<Attribute>, PushError> {
        let id = category.to_string();
        // The language is spelled otherwise than for the tree of categories.
        let query = [("category_id_list", id.clone()), ("language", "vn".to_owned())];
        Ok(attributes::read(&self.line.cached("attributes", &id, LIMITS_AGE, self.get("product/get_attribute_tree", &query)).await?))
    }

    /// The items of a `get_item_base_info` that a seller has not deleted, with why the marketplace does not show them.
    async fn base_info(&self, ids: &str) -> Result<Vec<Value>, PushError> {
        let info = self.get("product/get_item_base_info", &[("item_id_list", ids.to_owned())]).await?;
        let items = info["item_list"].as_array().into_iter().flatten();
        // A deleted item keeps its id and its SKU.
        Ok(items.filter(|i| !matches!(i["item_status"].as_str(), Some("SELLER_DELETE" | "SHOPEE_DELETE"))).cloned().collect())
    }

    async fn reasons(&self, id: &str) -> Result<Vec<RemoteReason>, PushError> {
        let response = self.get("product/get_item_violation_info", &[("item_id_list", id.to_owned())]).await?;
        let details = response["item_list"][0]["item_status_details"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().filter(|t| !t.is_empty()).map(str::to_owned);
        let reason = |detail: &Value| RemoteReason {
            message: [text(&detail["violation_type"]), text(&detail["violation_reason"])]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(": "),
            suggestion: text(&detail["suggestion"]),
            deadline: detail["fix_deadline_time"].as_i64(),
        };
        Ok(details.map(reason).collect())
    }

    /// An item as `get_item_base_info` tells of it.
    fn told(&self, info: &Value) -> Option<RemoteItem> {
        let mut item = self.item(&info["item_id"].as_i64()?.to_string(), info["item_status"].as_str().unwrap_or_default());
        // Prices are decimals for all countries, whole ones in Việt Nam.
        item.price = info["price_info"][0]["original_price"].as_number().and_then(|price| whole_dong(&price.to_string()));
        item.stock = info["stock_info_v2"]["summary_info"]["total_available_stock"].as_i64();
        Some(item)
    }

    fn item(&self, id: &str, status: &str) -> RemoteItem {
        let url = self.settings.shop().ok().map(|(_, shop)| {
            let mut url = self.base_url.clone();
            url.set_path(&format!("/product/{shop}/{id}"));
            url.to_string()
        });
        let raw_status = status.to_owned();
        RemoteItem { id: id.to_owned(), state: state(status), raw_status, reasons: Vec::new(), url, price: None, stock: None }
    }
}

/// `item_status` in the words all channels share.
fn state(status: &str) -> RemoteState {
    match status {
        "NORMAL" => RemoteState::Active,
        "REVIEWING" => RemoteState::InReview,
        "BANNED" => RemoteState::Suspended,
        _ => RemoteState::Hidden,
    }
}

#[async_trait]
impl Marketplace for Shopee {
    fn abilities(&self) -> Abilities<'_> {
        Abilities { renewal: Some(self), inbound: Some(self), sweep: Some(self), ..Abilities::default() }
    }

    async fn find_by_key(&self, key: &str) -> Result<Option<RemoteItem>, PushError> {
        // `offset` is an opaque text of the page before; the first page is asked for without it.
        let query = [("item_sku", key.to_owned()), ("page_size", "50".to_owned())];
        let found = self.get("product/search_item", &query).await?;
        let ids: Vec<String> =
            found["item_id_list"].as_array().into_iter().flatten().filter_map(Value::as_i64).map(|id| id.to_string()).collect();
        if ids.is_empty() {
            return Ok(None);
        }
        // The search may match parts of a SKU.
        let items = self.base_info(&ids.join(",")).await?;
        Ok(items.iter().find(|item| item["item_sku"] == key).and_then(|info| self.told(info)))
    }

    async fn read(&self, remote_id: &str) -> Result<RemoteItem, PushError> {
        item_id(remote_id)?;
        let items = self.base_info(remote_id).await?;
        let gone = || PushError::NotFound(refusal("item_deleted", "the item was deleted on the marketplace"));
        let mut item = self.told(items.first().ok_or_else(gone)?).ok_or_else(gone)?;
        if item.state == RemoteState::Suspended {
            item.reasons = self.reasons(remote_id).await?;
        }
        Ok(item)
    }

    async fn preview(&self, offer: &Offer) -> Result<Preview, PushError> {
        let category = self.category(offer.group).await?;
        let (mut problems, mut tree) = (Vec::new(), Vec::new());
        match category {
            Some(category) => {
                problems.extend(self.limits(category).await?.problems(offer));
                tree = self.attributes(category).await?;
                problems.extend(attribute::problems(&tree, &self.settings.attributes));
            }
            None => problems.push(Problem { field: "group", limit: Limit::NoCategory }),
        }
        let mut content = offer::content(offer, category.unwrap_or_default(), &offer.image_urls);
        content["attribute_list"] = attributes::list(&tree, &self.settings.attributes);
        Ok(Preview { payload: offer::whole(offer, content, &self.logistics().await?), problems })
    }

    async fn create(&self, offer: &Offer) -> Result<RemoteItem, PushError> {
        let body = offer::whole(offer, self.content(offer).await?, &self.logistics().await?);
        let response = self.post("product/add_item", &body).await?;
        let id =
            response["item_id"].as_i64().ok_or_else(|| PushError::Unknown(refusal("garbage", "the answer to the create names no item")))?;
        Ok(self.item(&id.to_string(), response["item_status"].as_str().unwrap_or("NORMAL")))
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

fn item_id(remote_id: &str) -> Result<Value, PushError> {
    remote_id.parse::<i64>().map(Value::from).map_err(|_| PushError::NotFound(refusal("item_id", "not an item id of this marketplace")))
}
