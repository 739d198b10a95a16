//! `add_item`. As on the real marketplace, two items may have the same `item_sku`: doubles stay visible.

use serde_json::Number;

use crate::sandbox::{
    item::{Item, ItemStatus},
    item_body::ItemBody,
    reply::{Answer, Refusal, respond},
    request::Received,
    rules::{STOCK, apply, checked_price, checked_stock},
    state::Server,
};

pub(crate) fn add_item(server: &Server, received: &Received) -> Answer {
    let body = ItemBody::read(received)?;
    require_fields(&body)?;
    let mut item = blank(server.now());
    item.price = checked_price(body.original_price.as_ref().ok_or_else(|| Refusal::absent("OriginalPrice"))?)?;
    item.stock = checked_stock(body.seller_stock.as_deref().ok_or_else(|| Refusal::absent("SellerStock"))?)?;
    if item.stock > STOCK.max {
        return Err(Refusal::constraint("stock is bigger than the max limit"));
    }
    item.status = checked_status(body.item_status.as_deref())?;
    let added = server.change(|shop| {
        apply(&body, &mut item, &shop.image_ids)?;
        Ok(shop.add(item))
    })?;
    respond(added.written(server.base_url()))
}

/// The status a seller may ask for.
pub(crate) fn checked_status(asked: Option<&str>) -> Result<ItemStatus, Refusal> {
    match asked.map(ItemStatus::parse) {
        None => Ok(ItemStatus::Normal),
        Some(Some(status @ (ItemStatus::Normal | ItemStatus::Unlist))) => Ok(status),
        Some(_) => Err(Refusal::product("error_param_item_status", "Item status error.")),
    }
}

fn require_fields(body: &ItemBody) -> Result<(), Refusal> {
    if body.item_id.is_some() {
        return Err(Refusal::unreadable("unknown field `item_id`"));
    }
    let given = [
        ("OriginalPrice", body.original_price.is_some()),
        ("Description", body.description.is_some()),
        ("Weight", body.weight.is_some()),
        ("ItemName", body.item_name.is_some()),
        ("LogisticInfo", body.logistic_info.is_some()),
        ("CategoryId", body.category_id.is_some()),
        ("Image", body.image.is_some()),
        ("SellerStock", body.seller_stock.is_some()),
    ];
    given.into_iter().find(|(_, given)| !given).map_or(Ok(()), |(field, _)| Err(Refusal::absent(field)))
}

fn blank(now: i64) -> Item {
    Item {
        item_id: 0,
        item_sku: String::new(),
        item_name: String::new(),
        description: String::new(),
        status: ItemStatus::Normal,
        price: 0,
        stock: 0,
        category_id: 0,
        images: Vec::new(),
        weight: Number::from(0),
        gtin_code: None,
        brand: None,
        logistic_ids: Vec::new(),
        condition: "NEW".to_owned(),
        created_order: 0,
        update_count: 0,
        create_time: now,
        update_time: now,
    }
}
