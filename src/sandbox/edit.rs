//! Changes of an item: `update_item`, `update_price`, `update_stock`, `unlist_item`, `delete_item`.

use serde::Deserialize;
use serde_json::{Map, Number, json};

use crate::sandbox::{
    create::checked_status,
    item::{Item, ItemStatus},
    item_body::{ItemBody, StockEntry},
    reply::{Answer, Refusal, respond},
    request::Received,
    rules::{STOCK, apply, checked_price, checked_stock},
    state::{Server, Shop},
};

/// "Length should be between 1 to 50."
const MAX_LIST: usize = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceBody {
    item_id: Option<i64>,
    price_list: Option<Vec<PriceEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceEntry {
    model_id: Option<i64>,
    original_price: Option<Number>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StockBody {
    item_id: Option<i64>,
    stock_list: Option<Vec<ModelStock>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelStock {
    model_id: Option<i64>,
    seller_stock: Option<Vec<StockEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnlistBody {
    item_list: Option<Vec<UnlistEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnlistEntry {
    item_id: Option<i64>,
    unlist: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteBody {
    item_id: Option<i64>,
}

/// Price and stock have calls of their own; sent here they are refused (Shopee would drop them unseen).
pub(crate) fn update_item(server: &Server, received: &Received) -> Answer {
    let body = ItemBody::read(received)?;
    let item_id = body.item_id.ok_or_else(|| Refusal::absent("ItemId"))?;
    if body.original_price.is_some() || body.seller_stock.is_some() {
        return Err(Refusal::unreadable("update_item changes neither price nor stock, use update_price and update_stock"));
    }
    let changed = edit(server, item_id, |item, shop| {
        if let Some(asked) = body.item_status.as_deref() {
            item.status = checked_status(Some(asked))?;
        }
        apply(&body, item, &shop.image_ids)
    })?;
    respond(changed.written(server.base_url()))
}

pub(crate) fn update_price(server: &Server, received: &Received) -> Answer {
    let body: PriceBody = received.json()?;
    let item_id = body.item_id.ok_or_else(|| Refusal::absent("ItemId"))?;
    let entries = body.price_list.ok_or_else(|| Refusal::absent("PriceList"))?;
    check_models(entries.iter().map(|entry| entry.model_id), "price_list")?;
    let price = entries.first().and_then(|entry| entry.original_price.as_ref()).ok_or_else(|| Refusal::absent("OriginalPrice"))?;
    let price = checked_price(price)?;
    edit(server, item_id, |item, _| {
        item.price = price;
        Ok(())
    })?;
    respond(json!({"failure_list": [], "success_list": [{"model_id": 0, "original_price": price}]}))
}

pub(crate) fn update_stock(server: &Server, received: &Received) -> Answer {
    let body: StockBody = received.json()?;
    let item_id = body.item_id.ok_or_else(|| Refusal::absent("ItemId"))?;
    let entries = body.stock_list.ok_or_else(|| Refusal::absent("StockList"))?;
    check_models(entries.iter().map(|entry| entry.model_id), "stock_list")?;
    let stock = entries.first().and_then(|entry| entry.seller_stock.as_deref()).ok_or_else(|| Refusal::absent("SellerStock"))?;
    let stock = checked_stock(stock)?;
    if stock > STOCK.max {
        let message = "Update stock failed, please check failure_list for detailed reason";
        let failed = json!({"failure_list": [{"model_id": 0, "failed_reason": "stock is bigger than the max limit"}], "success_list": []});
        return Err(Refusal::product("error_busi_update_stock_failed", message).with_response(failed));
    }
    edit(server, item_id, |item, _| {
        item.stock = stock;
        Ok(())
    })?;
    respond(json!({"failure_list": [], "success_list": [{"model_id": 0, "location_id": "", "stock": stock}]}))
}

/// Succeeds in part; only when nothing succeeded is there an error too.
pub(crate) fn unlist_item(server: &Server, received: &Received) -> Answer {
    let body: UnlistBody = received.json()?;
    let entries = body.item_list.ok_or_else(|| Refusal::absent("ItemList"))?;
    check_length(entries.len(), "item_list")?;
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        let item_id = entry.item_id.ok_or_else(|| Refusal::absent("ItemId"))?;
        let unlist = entry.unlist.ok_or_else(|| Refusal::absent("Unlist"))?;
        match edit(server, item_id, |item, _| set_listed(item, !unlist)) {
            Ok(_) => done.push(json!({"item_id": item_id, "unlist": unlist})),
            Err(refusal) => failed.push(json!({"item_id": item_id, "failed_reason": refusal.message})),
        }
    }
    let none_done = done.is_empty();
    let lists = json!({"failure_list": failed, "success_list": done});
    if none_done {
        return Err(Refusal::product("error_unlist_item_all_failed", "Unlist item all failed.").with_response(lists));
    }
    respond(lists)
}

/// Final. The answer has no `response`.
pub(crate) fn delete_item(server: &Server, received: &Received) -> Answer {
    let body: DeleteBody = received.json()?;
    let item_id = body.item_id.ok_or_else(|| Refusal::absent("ItemId"))?;
    edit(server, item_id, |item, _| {
        item.status = ItemStatus::SellerDelete;
        Ok(())
    })?;
    Ok(Map::new())
}

/// Changes a copy and puts it in place when nothing was refused.
fn edit(server: &Server, item_id: i64, change: impl FnOnce(&mut Item, &Shop) -> Result<(), Refusal>) -> Result<Item, Refusal> {
    let now = server.now();
    server.change(|shop| {
        let mut item = shop.items.get(&item_id).filter(|item| !item.status.is_deleted()).cloned().ok_or_else(Refusal::no_item)?;
        change(&mut item, shop)?;
        item.touch(now);
        shop.items.insert(item_id, item.clone());
        Ok(item)
    })
}

fn set_listed(item: &mut Item, listed: bool) -> Result<(), Refusal> {
    if matches!(item.status, ItemStatus::Banned | ItemStatus::Reviewing) {
        let message = "Banned and Reviewing Products cannot be delisted";
        return Err(Refusal::product("error_busi_cannot_delist_reviewing_or_banned_item", message));
    }
    item.status = if listed { ItemStatus::Normal } else { ItemStatus::Unlist };
    Ok(())
}

/// No item here has models: `model_id` is 0 or absent, and there is one entry.
fn check_models(models: impl ExactSizeIterator<Item = Option<i64>>, list: &str) -> Result<(), Refusal> {
    check_length(models.len(), list)?;
    let several = models.len() > 1;
    if models.into_iter().any(|model| model.unwrap_or(0) != 0) {
        return Err(Refusal::product("error_param", "Wrong model_id."));
    }
    if several { Err(Refusal::product("error_param", "Repeat model_id.")) } else { Ok(()) }
}

fn check_length(length: usize, list: &str) -> Result<(), Refusal> {
    if (1..=MAX_LIST).contains(&length) {
        Ok(())
    } else {
        Err(Refusal::constraint(format_args!("{list} length should be between 1 to {MAX_LIST}")))
    }
}
