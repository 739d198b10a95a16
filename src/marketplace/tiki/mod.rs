//! Tiki, open API. Sources: open.tiki.vn, guides "Create new product request", "Manage product request", "Update product information",
//! "Event queues", "OAuth 2.0".
//!
//! A product is asked for, not created: a request is tracked until people at Tiki approve it, and only then there is a product, hidden
//! until it is shown. Price, stock and visibility are changed under the seller's SKU, content by another request. A product that was
//! approved can't be deleted, only hidden. An item's id here is the seller's SKU, which both the request and the product carry.

mod answer;
mod auth;
mod events;

use async_trait::async_trait;
use chrono::Duration;
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};
use url::Url;

use crate::{
    domain::{advice::IN_REVIEW, money::Vnd, product::ProductGroup, sync::RemoteState},
    marketplace::{
        Abilities, CATEGORIES, Limit, Marketplace, Offer, Preview, Problem, PushError, RemoteItem, attribute,
        category::{self, Category},
        client::{Content, Method, Outgoing, refusal},
        line::Line,
        registry::{ConnectError, Connection, UnixClock},
        settings::Fields,
        units::kilograms_number,
    },
};

/// How long the tree of categories and their attributes are taken for true.
const TREE_AGE: Duration = Duration::days(7);
/// How long the list of warehouses is taken for true.
const WAREHOUSE_AGE: Duration = Duration::days(1);
/// How long a request is remembered; people decide within days.
const REQUEST_AGE: Duration = Duration::days(365);
/// What the number of a request is remembered as.
const REQUEST: &str = "request";
/// Requests looked through for one whose number was lost with the answer.
const RECENT: usize = 20;

/// One shop on Tiki.
pub(super) struct Tiki {
    line: Line,
    base_url: Url,
    auth_url: Url,
    clock: UnixClock,
    client_id: String,
    client_secret: String,
    access_token: Option<String>,
    categories: HashMap<ProductGroup, String>,
    /// Attributes by their code, for what categories require.
    attributes: HashMap<String, String>,
}

/// Where a request stands.
enum Asked {
    /// By the number that the answer to it brought.
    Track(String),
    /// By its own id.
    Request(String),
}

impl Tiki {
    /// Reads the settings of a shop.
    pub(super) fn connect(connection: Connection<'_>) -> Result<Arc<dyn Marketplace>, ConnectError> {
        Self::read_settings(connection).map(|shop| Arc::new(shop) as Arc<dyn Marketplace>).map_err(ConnectError::BadSettings)
    }

    fn read_settings(connection: Connection<'_>) -> Result<Self, String> {
        let fields = Fields::parse(connection.settings)?;
        let auth_url = fields.given("auth_url").unwrap_or_else(|| "https://api.tiki.vn".to_owned());
        let mut attributes = fields.attributes();
        attributes.entry("brand".to_owned()).or_insert_with(|| "OEM".to_owned());
        attributes.entry("origin".to_owned()).or_insert_with(|| "Việt Nam".to_owned());
        Ok(Self {
            client_id: fields.text("client_id")?,
            client_secret: fields.text("client_secret")?,
            access_token: fields.given("access_token"),
            auth_url: Url::parse(&auth_url).map_err(|_| "auth_url must be an address".to_owned())?,
            categories: fields.categories(),
            attributes,
            line: connection.line,
            base_url: connection.base_url,
            clock: connection.clock,
        })
    }

    async fn call(&self, method: Method, path: &str, query: &[(&str, String)], body: Option<&Value>) -> Result<Value, PushError> {
        let missing = || PushError::NeedsReauth(refusal("not_authorised", "the seller has not authorised this app yet"));
        let token = self.access_token.as_deref().ok_or_else(missing)?;
        if token == auth::NONE_YET {
            return Err(PushError::TokenExpired(refusal("token", "the app has no access token yet")));
        }
        let mut url = self.base_url.clone();
        url.set_path(&format!("{}/integration/{path}", self.base_url.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query.iter().map(|(name, value)| (*name, value.as_str())));
        }
        let content = body.map_or(Content::Empty, |body| Content::Json(body.to_string().into_bytes()));
        let headers = vec![("authorization", format!("Bearer {token}"))];
        // Numbers in a path are not endpoints of their own.
        let endpoint = path.split('/').take(2).collect::<Vec<_>>().join("/");
        answer::read(&self.line.send(&endpoint, Outgoing { method, url, headers, content }).await?)
    }

    async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, PushError> {
        self.call(Method::GET, path, query, None).await
    }

    /// The product with a SKU of the seller's; only approved requests have one.
    async fn product(&self, key: &str) -> Result<Option<Value>, PushError> {
        match self.get("v2/products/findBy", &[("original_sku", plain(key)?.to_owned())]).await {
            Ok(found) => Ok(answer::product(&found, key).cloned()),
            Err(PushError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The request for a product with a SKU, as it stands.
    async fn request(&self, key: &str) -> Result<Option<Value>, PushError> {
        let Some(noted) = self.line.recall(REQUEST, key, REQUEST_AGE).await? else { return Ok(None) };
        let found = match noted.split_once(' ') {
            Some(("track", id)) => self.get(&format!("v2/tracking/{}", plain(id)?), &[]).await,
            Some((_, id)) => self.get(&format!("v2/requests/{}", plain(id)?), &[]).await,
            None => return Ok(None),
        };
        match found {
            Ok(request) => Ok(Some(request)),
            Err(PushError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn remember(&self, key: &str, asked: &Asked) -> Result<(), PushError> {
        let noted = match asked {
            Asked::Track(id) => format!("track {id}"),
            Asked::Request(id) => format!("request {id}"),
        };
        self.line.note(REQUEST, key, &noted).await
    }

    /// A request under way for a SKU whose number we lost with the answer.
    async fn lost_request(&self, key: &str) -> Result<Option<Value>, PushError> {
        let recent = self.get("v2/requests", &[("limit", RECENT.to_string())]).await?;
        for request in recent["data"].as_array().into_iter().flatten().take(RECENT).filter(|r| answer::is_open(r)) {
            let Some(id) = request["request_id"].as_str() else { continue };
            let whole = self.get(&format!("v2/requests/{}", plain(id)?), &[]).await?;
            if answer::asks_for(&whole, key) {
                self.remember(key, &Asked::Request(id.to_owned())).await?;
                return Ok(Some(whole));
            }
        }
        Ok(None)
    }

    async fn category(&self, group: ProductGroup) -> Result<Option<String>, PushError> {
        if let Some(id) = self.categories.get(&group) {
            return Ok(Some(id.clone()));
        }
        let tree = self.line.cached(CATEGORIES, "", TREE_AGE, self.get("v2/categories", &[])).await?;
        let tree: Vec<Category> = answer::categories(&tree);
        Ok(category::leaf(&tree, group))
    }

    /// The seller's warehouse that stock is kept in.
    async fn warehouse(&self) -> Result<i64, PushError> {
        let list =
            self.line.cached("warehouses", "", WAREHOUSE_AGE, self.get("v2/sellers/me/warehouses", &[("status", "1".into())])).await?;
        let none = || PushError::Config(refusal("warehouse", "the shop has no warehouse"));
        answer::warehouse(&list).ok_or_else(none)
    }

    /// What categories require and nobody told us.
    async fn missing_attributes(&self, category: &str, known: &Value) -> Result<Vec<Problem>, PushError> {
        let path = format!("v2/categories/{}/attributes", plain(category)?);
        let list = self.line.cached("attributes", category, TREE_AGE, self.get(&path, &[])).await?;
        let unknown: Vec<_> = answer::attributes(&list).into_iter().filter(|attribute| known[&attribute.code].is_null()).collect();
        Ok(attribute::problems(&unknown, &self.attributes))
    }

    /// The body of the request, and what is known to be wrong with it.
    async fn whole(&self, offer: &Offer) -> Result<(Value, Vec<Problem>), PushError> {
        let mut problems = answer::problems(offer);
        let category = self.category(offer.group).await?;
        let attributes = self.attributes_of(offer);
        match &category {
            Some(category) => problems.extend(self.missing_attributes(category, &attributes).await?),
            None => problems.push(Problem { field: "group", limit: Limit::NoCategory }),
        }
        let warehouse = self.warehouse().await?;
        let mut variant = json!({
            "sku": offer.key, "price": offer.price.amount(), "market_price": offer.price.amount(), "inventory_type": "instock",
            "seller_warehouse": warehouse.to_string(),
            "warehouse_stocks": [{ "warehouseId": warehouse, "qtyAvailable": offer.stock }],
        });
        if let Some(gtin) = &offer.gtin {
            variant["min_code"] = json!(gtin.as_str());
        }
        let body = json!({
            "category_id": category.and_then(|id| id.parse::<i64>().ok()), "name": offer.title, "description": offer.description,
            "market_price": offer.price.amount(), "attributes": attributes, "image": offer.image_urls.first(),
            "images": offer.image_urls.get(1..).unwrap_or_default(), "option_attributes": [], "variants": [variant],
        });
        Ok((body, problems))
    }

    fn attributes_of(&self, offer: &Offer) -> Value {
        let mut all = json!(self.attributes);
        all["product_weight_kg"] = kilograms_number(offer.weight_grams);
        if !offer.about.net_content.is_empty() {
            all["product_top_features"] = json!(offer.about.net_content);
        }
        all
    }

    /// Changes price, stock or visibility of the product; while it is not approved there is none.
    async fn change(&self, key: &str, mut change: Value) -> Result<(), PushError> {
        change["original_sku"] = json!(plain(key)?);
        match self.call(Method::PUT, "v2/products/updateSku", &[], Some(&change)).await {
            Err(PushError::NotFound(words)) => match self.request(key).await? {
                Some(request) if answer::is_open(&request) => Err(in_review()),
                _ => Err(PushError::NotFound(words)),
            },
            done => done.map(drop),
        }
    }

    /// Takes back a request that is not decided; true when there was one.
    async fn take_back(&self, key: &str) -> Result<bool, PushError> {
        let Some(request) = self.request(key).await?.filter(answer::is_open) else { return Ok(false) };
        let not_yet = || PushError::Transient(refusal("request", "the request has no number yet by which it could be taken back"));
        let id = request["request_id"].as_str().ok_or_else(not_yet)?;
        self.call(Method::DELETE, &format!("v2/requests/{}", plain(id)?), &[], None).await.map(|_| true)
    }
}

#[async_trait]
impl Marketplace for Tiki {
    fn abilities(&self) -> Abilities<'_> {
        Abilities { renewal: Some(self), sweep: Some(self), ..Abilities::default() }
    }

    async fn find_by_key(&self, key: &str) -> Result<Option<RemoteItem>, PushError> {
        match self.read(key).await {
            Ok(item) => Ok(Some(item)),
            Err(PushError::NotFound(_)) => Ok(self.lost_request(key).await?.map(|request| answer::asked(&request, key))),
            Err(error) => Err(error),
        }
    }

    async fn read(&self, remote_id: &str) -> Result<RemoteItem, PushError> {
        if let Some(product) = self.product(remote_id).await? {
            return Ok(answer::item(&product, remote_id));
        }
        let gone = || PushError::NotFound(refusal("original_sku", "there is no product and no request with this SKU"));
        let item = answer::asked(&self.request(remote_id).await?.ok_or_else(gone)?, remote_id);
        if item.state == RemoteState::None { Err(gone()) } else { Ok(item) }
    }

    async fn preview(&self, offer: &Offer) -> Result<Preview, PushError> {
        let (payload, problems) = self.whole(offer).await?;
        Ok(Preview { payload, problems })
    }

    async fn create(&self, offer: &Offer) -> Result<RemoteItem, PushError> {
        // Two requests under one SKU are both taken, and the second is refused by a person days later.
        let there =
            |id: &str| PushError::AlreadyExists(refusal("original_sku", "a product or a request has this SKU"), Some(id.to_owned()));
        match self.read(&offer.key).await {
            Ok(item) if item.state != RemoteState::Rejected => return Err(there(&item.id)),
            Ok(_) | Err(PushError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        let (body, problems) = self.whole(offer).await?;
        if let Some(problem) = problems.first() {
            return Err(problem.into());
        }
        let answer = self.call(Method::POST, "v2/requests", &[], Some(&body)).await?;
        let garbage = || PushError::Unknown(refusal("garbage", "the answer to the request has no number"));
        let track = answer["track_id"].as_str().filter(|id| plain(id).is_ok()).ok_or_else(garbage)?;
        self.remember(&offer.key, &Asked::Track(track.to_owned())).await.map_err(|error| PushError::Unknown(error.words().clone()))?;
        Ok(answer::asked(&answer, &offer.key))
    }

    async fn update_content(&self, remote_id: &str, offer: &Offer) -> Result<(), PushError> {
        let Some(product) = self.product(remote_id).await? else {
            let request = self.request(remote_id).await?;
            let words = refusal("request", "a request can't be changed once it was sent");
            return match request.map(|request| answer::asked(&request, remote_id).state) {
                // A request that was refused is followed by a new one.
                Some(RemoteState::Rejected) | None => Err(PushError::NotFound(words)),
                Some(_) => Err(in_review()),
            };
        };
        let body = json!({
            "product_id": answer::product_id(&product), "name": offer.title, "description": offer.description,
            "attributes": self.attributes_of(offer), "image": offer.image_urls.first(),
            "images": offer.image_urls.get(1..).unwrap_or_default(),
        });
        self.call(Method::POST, "v2/requests/updateProductInfo", &[], Some(&body)).await.map(drop)
    }

    async fn set_price(&self, remote_id: &str, price: Vnd) -> Result<(), PushError> {
        self.change(remote_id, json!({ "price": price.amount() })).await
    }

    async fn set_stock(&self, remote_id: &str, stock: u32) -> Result<(), PushError> {
        let warehouse = self.warehouse().await?;
        let quantities = json!([{ "warehouse_id": warehouse, "qty_available": stock }]);
        self.change(remote_id, json!({ "seller_warehouse": warehouse.to_string(), "warehouse_quantities": quantities })).await
    }

    async fn set_listed(&self, remote_id: &str, listed: bool) -> Result<(), PushError> {
        if !listed && self.product(remote_id).await?.is_none() && self.take_back(remote_id).await? {
            return Ok(());
        }
        self.change(remote_id, json!({ "active": i32::from(listed) })).await
    }

    async fn delete(&self, remote_id: &str) -> Result<(), PushError> {
        match self.set_listed(remote_id, false).await {
            Err(PushError::NotFound(_)) => Ok(()),
            done => done,
        }
    }
}

fn in_review() -> PushError {
    PushError::Locked(refusal(IN_REVIEW, "the request is under review and can't be changed"))
}

/// An id that can stand in a path: everything else leads nowhere.
fn plain(id: &str) -> Result<&str, PushError> {
    let plain = !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if plain { Ok(id) } else { Err(PushError::NotFound(refusal("id", "not an id of this marketplace"))) }
}
