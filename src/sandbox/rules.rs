//! What an item must look like: the numbers of `get_item_limit` and the errors of `add_item`'s reference page.

use std::collections::BTreeSet;

use serde_json::Number;

use crate::sandbox::{
    catalogue::{self, Channel},
    item::{Brand, Item},
    item_body::{Dimension, Images, ItemBody, Logistic, PreOrder, StockEntry},
    reply::Refusal,
};

/// Lowest and highest, both allowed.
pub(crate) struct Limit {
    pub(crate) min: i64,
    pub(crate) max: i64,
}

/// Characters.
pub(crate) const NAME: Limit = Limit { min: 5, max: 120 };
/// Characters.
pub(crate) const DESCRIPTION: Limit = Limit { min: 10, max: 3000 };
/// Whole đồng.
pub(crate) const PRICE: Limit = Limit { min: 1_000, max: 120_000_000 };
/// Units.
pub(crate) const STOCK: Limit = Limit { min: 0, max: 999_999 };
/// Pictures.
pub(crate) const IMAGES: Limit = Limit { min: 1, max: 9 };
/// Days to ship of a pre-order.
pub(crate) const PRE_ORDER_DAYS: Limit = Limit { min: 7, max: 15 };

impl Limit {
    pub(crate) fn allows(&self, value: i64) -> bool {
        (self.min..=self.max).contains(&value)
    }
}

/// Checks the content fields that were sent and puts them into `item`; neither price nor stock.
pub(crate) fn apply(body: &ItemBody, item: &mut Item, image_ids: &BTreeSet<String>) -> Result<(), Refusal> {
    apply_text(body, item)?;
    apply_category(body, item)?;
    apply_parcel(body, item)?;
    if let Some(images) = &body.image {
        item.images = checked_images(images, image_ids)?;
    }
    if body.video_upload_id.as_ref().is_some_and(|ids| !ids.is_empty()) {
        return Err(Refusal::product("error_video_info_not_found", "Video_info not found."));
    }
    if body.scheduled_publish_time.is_some() {
        return Err(Refusal::product("error_busi", "The sandbox does not publish on schedule."));
    }
    Ok(())
}

/// A price in whole đồng.
pub(crate) fn checked_price(price: &Number) -> Result<i64, Refusal> {
    let price = whole(price).ok_or_else(|| Refusal::product("error_invalid_price", "Invalid price, please use the correct format"))?;
    if price < PRICE.min {
        return Err(Refusal::product("error_price_exceed_min_limitt", "Original_price is less than min price limit."));
    }
    if price > PRICE.max {
        return Err(Refusal::product("error_price_exceed_max_limitt", "Original_price is bigger than max price limit."));
    }
    Ok(price)
}

/// The stock of a shop without warehouses: one entry, no location. The upper limit is the caller's business.
pub(crate) fn checked_stock(entries: &[StockEntry]) -> Result<i64, Refusal> {
    let [entry] = entries else {
        return Err(Refusal::constraint("seller_stock should have exactly one entry for a shop without warehouses"));
    };
    if entry.location_id.as_ref().is_some_and(|id| !id.is_empty()) {
        let message = "You do not have right to use seller location_id, please only fill seller_stock filed.";
        return Err(Refusal::product("error_auth", message));
    }
    if entry.stock < STOCK.min {
        return Err(Refusal::constraint("stock should not be negative"));
    }
    Ok(entry.stock)
}

fn apply_text(body: &ItemBody, item: &mut Item) -> Result<(), Refusal> {
    if let Some(name) = &body.item_name {
        check_name(name)?;
        item.item_name.clone_from(name);
    }
    if let Some(description) = &body.description {
        check_description(description)?;
        item.description.clone_from(description);
    }
    if body.description_type.as_deref().is_some_and(|kind| kind != "normal") {
        return Err(Refusal::constraint("description_type extended is for whitelisted sellers"));
    }
    if let Some(sku) = &body.item_sku {
        item.item_sku.clone_from(sku);
    }
    if let Some(gtin) = &body.gtin_code {
        check_gtin(gtin)?;
        item.gtin_code = Some(gtin.clone());
    }
    if let Some(condition) = &body.condition {
        if !["NEW", "USED"].contains(&condition.as_str()) {
            return Err(Refusal::constraint("condition should be NEW or USED"));
        }
        item.condition.clone_from(condition);
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let length = length(name);
    if name.trim().is_empty() {
        Err(Refusal::product("error_item_name_empty", "Item name could not be empty."))
    } else if length < NAME.min {
        Err(Refusal::product("error_item_name_is_too_short", "Item_name length is less than min limit."))
    } else if length > NAME.max {
        Err(Refusal::product("error_title_exceeds_max_length", "The length of item_name is bigger than max limit."))
    } else if name.chars().any(char::is_control) {
        Err(Refusal::product("error_title_character_forbidden", "Item_name contains forbidden characters."))
    } else {
        Ok(())
    }
}

fn check_description(description: &str) -> Result<(), Refusal> {
    let length = length(description);
    if length < DESCRIPTION.min {
        Err(Refusal::product("error_desc_length_min_limit", "Description length is less than the min limit."))
    } else if length > DESCRIPTION.max {
        Err(Refusal::constraint("description length is bigger than the max limit"))
    } else {
        Ok(())
    }
}

/// `00` for "has none", or 8 to 14 digits with the check digit of GS1.
fn check_gtin(code: &str) -> Result<(), Refusal> {
    let digits: Option<Vec<u32>> = code.chars().map(|c| c.to_digit(10)).collect();
    let valid = digits.is_some_and(|digits| {
        let sum: u32 = digits.iter().rev().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
        (8..=14).contains(&digits.len()) && sum.is_multiple_of(10)
    });
    if valid || code == "00" {
        Ok(())
    } else {
        Err(Refusal::product("error_param_validate", "This is not a valid GTIN. Please, inform a valid number."))
    }
}

fn apply_category(body: &ItemBody, item: &mut Item) -> Result<(), Refusal> {
    item.category_id = body.category_id.unwrap_or(item.category_id);
    let category = catalogue::leaf(item.category_id)?;
    let known = catalogue::attributes_of(item.category_id);
    if let Some(attributes) = &body.attribute_list
        && attributes.iter().any(|attribute| known.iter().all(|(id, _)| attribute.attribute_id != *id))
    {
        return Err(Refusal::product("error_invalid_category_attribute", "Category and attribute not match."));
    }
    let given = body.attribute_list.as_deref().unwrap_or_default();
    if known.iter().any(|(id, mandatory)| *mandatory && given.iter().all(|attribute| attribute.attribute_id != *id)) {
        return Err(Refusal::product("error_invalid_category_attribute", "Mandatory attribute is missing."));
    }
    if let Some(brand) = &body.brand {
        check_brand(brand)?;
        item.brand = Some(brand.clone());
    }
    if category.brand_mandatory && item.brand.is_none() {
        return Err(Refusal::product("error_less_required_brand", "Brand information required"));
    }
    Ok(())
}

fn check_brand(brand: &Brand) -> Result<(), Refusal> {
    if brand.original_brand_name.trim().is_empty() {
        return Err(Refusal::product("error_invalid_brand", "Brand name required"));
    }
    if brand.brand_id != 0 && !catalogue::BRANDS.iter().any(|(id, name)| *id == brand.brand_id && *name == brand.original_brand_name) {
        return Err(Refusal::product("error_invalid_brand", "Invalid brand"));
    }
    Ok(())
}

fn apply_parcel(body: &ItemBody, item: &mut Item) -> Result<(), Refusal> {
    if let Some(weight) = &body.weight {
        item.weight = weight.clone();
    }
    let kilograms = item.weight.as_f64().filter(|weight| weight.is_finite() && *weight > 0.0);
    let kilograms = kilograms.ok_or_else(|| Refusal::product("error_param", "Invalid Weight."))?;
    if let Some(entries) = &body.logistic_info {
        item.logistic_ids = checked_logistics(entries)?;
    }
    if item.logistic_ids.iter().filter_map(|id| catalogue::channel(*id)).any(|channel| kilograms > f64::from(channel.max_weight)) {
        return Err(Refusal::product("error_invalid_logistic_info", "invalid logistic info , weight exceeds the limit of the channel"));
    }
    check_dimension(body.dimension.as_ref())?;
    check_pre_order(body.pre_order.as_ref())
}

fn checked_logistics(entries: &[Logistic]) -> Result<Vec<i64>, Refusal> {
    let refuse = |reason: &str| Refusal::product("error_invalid_logistic_info", format!("invalid logistic info , {reason}"));
    for entry in entries {
        match catalogue::channel(entry.logistic_id) {
            None => return Err(refuse("channel is not found")),
            Some(Channel { enabled: false, .. }) if entry.enabled => return Err(refuse("channel is not enabled for the shop")),
            Some(_) => {}
        }
    }
    let ids: Vec<i64> = entries.iter().filter(|entry| entry.enabled).map(|entry| entry.logistic_id).collect();
    if ids.is_empty() { Err(refuse("at least one channel should be enabled")) } else { Ok(ids) }
}

fn check_dimension(dimension: Option<&Dimension>) -> Result<(), Refusal> {
    let wrong = |size: &Dimension| [size.package_height, size.package_length, size.package_width].into_iter().any(|side| side <= 0);
    if dimension.is_some_and(wrong) { Err(Refusal::constraint("dimension should be greater than 0")) } else { Ok(()) }
}

fn check_pre_order(pre_order: Option<&PreOrder>) -> Result<(), Refusal> {
    let wrong = |order: &PreOrder| order.is_pre_order && !order.days_to_ship.is_some_and(|days| PRE_ORDER_DAYS.allows(days));
    if pre_order.is_some_and(wrong) { Err(Refusal::product("error_invalid_days_to_ship", "Invalid days_to_ship.")) } else { Ok(()) }
}

fn checked_images(images: &Images, known: &BTreeSet<String>) -> Result<Vec<String>, Refusal> {
    let ids = &images.image_id_list;
    let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    if count < IMAGES.min {
        return Err(Refusal::product("error_image_num_min", "The number of images is less than the min limit."));
    }
    if count > IMAGES.max {
        return Err(Refusal::constraint("the number of images is bigger than the max limit"));
    }
    if images.image_ratio.as_deref().is_some_and(|ratio| ratio != "1:1") {
        return Err(Refusal::constraint("image_ratio 3:4 is for whitelisted sellers"));
    }
    if ids.iter().any(|id| !known.contains(id)) {
        return Err(Refusal::product("error_param", "Image not exist."));
    }
    Ok(ids.clone())
}

fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// A JSON number without a fraction: `185000` and `185000.0` are the same number.
fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| number.to_string().strip_suffix(".0")?.parse().ok())
}
