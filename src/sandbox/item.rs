//! An item of the shop, and how the calls show it.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

/// An item as the marketplace keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Shopee's id.
    pub item_id: i64,
    /// The seller's own key; *not* unique.
    pub item_sku: String,
    /// The title.
    pub item_name: String,
    /// Plain text.
    pub description: String,
    /// Whether buyers see it, and if not, why.
    pub status: ItemStatus,
    /// Whole đồng.
    pub price: i64,
    /// Units that may be sold.
    pub stock: i64,
    /// A leaf of the category tree.
    pub category_id: i64,
    /// Ids from `upload_image`, in order.
    pub images: Vec<String>,
    /// Kilograms, as sent.
    pub weight: Number,
    /// A GTIN, or `00` for "has none".
    pub gtin_code: Option<String>,
    /// The brand; id 0 is "no brand".
    pub brand: Option<Brand>,
    /// Logistics channels switched on for this item.
    pub logistic_ids: Vec<i64>,
    /// `NEW` or `USED`.
    pub condition: String,
    /// 1 for the first item the shop ever had.
    pub created_order: u64,
    /// Successful changes after the creation.
    pub update_count: u32,
    /// Unix seconds.
    pub create_time: i64,
    /// Unix seconds.
    pub update_time: i64,
}

/// A brand as items carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// From `get_brand_list`, or 0.
    pub brand_id: i64,
    /// Its name.
    pub original_brand_name: String,
}

/// `item_status` of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ItemStatus {
    /// On sale.
    Normal,
    /// Taken off by the platform.
    Banned,
    /// Hidden by the seller.
    Unlist,
    /// Waiting for the platform.
    Reviewing,
    /// Deleted by the seller; final.
    SellerDelete,
    /// Deleted by the platform; final.
    ShopeeDelete,
}

impl ItemStatus {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "NORMAL",
            Self::Banned => "BANNED",
            Self::Unlist => "UNLIST",
            Self::Reviewing => "REVIEWING",
            Self::SellerDelete => "SELLER_DELETE",
            Self::ShopeeDelete => "SHOPEE_DELETE",
        }
    }

    /// Reads the word on the wire.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Normal, Self::Banned, Self::Unlist, Self::Reviewing, Self::SellerDelete, Self::ShopeeDelete]
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    pub(crate) fn is_deleted(self) -> bool {
        matches!(self, Self::SellerDelete | Self::ShopeeDelete)
    }
}

impl Item {
    /// Notes a successful change.
    pub(crate) fn touch(&mut self, now: i64) {
        self.update_count = self.update_count.saturating_add(1);
        self.update_time = now;
    }

    /// `response` of `add_item` and `update_item`: `price_info` is an object, `images` is plural, `weight` is a number.
    pub(crate) fn written(&self, base_url: &str) -> Value {
        json!({
            "item_id": self.item_id, "item_name": self.item_name, "item_sku": self.item_sku, "item_status": self.status,
            "description": self.description, "description_type": "normal", "category_id": self.category_id, "condition": self.condition,
            "weight": self.weight, "brand": self.brand, "logistic_info": self.logistics(), "item_dangerous": 0,
            "images": {"image_id_list": self.images, "image_url_list": self.image_urls(base_url)},
            "price_info": {"current_price": self.price, "original_price": self.price},
            "seller_stock": [{"stock": self.stock}],
            "pre_order": {"is_pre_order": false, "days_to_ship": 2},
        })
    }

    /// An element of `get_item_base_info`: `price_info` is a list, `image` is singular, `weight` is a text.
    pub(crate) fn base_info(&self, base_url: &str) -> Value {
        json!({
            "item_id": self.item_id, "item_name": self.item_name, "item_sku": self.item_sku, "item_status": self.status,
            "description": self.description, "description_type": "normal", "category_id": self.category_id, "condition": self.condition,
            "create_time": self.create_time, "update_time": self.update_time, "weight": self.weight.to_string(),
            "price_info": [{"currency": "VND", "original_price": self.price, "current_price": self.price}],
            "image": {"image_id_list": self.images, "image_url_list": self.image_urls(base_url), "image_ratio": "1:1"},
            "stock_info_v2": {
                "summary_info": {"total_reserved_stock": 0, "total_available_stock": self.stock},
                "seller_stock": [{"location_id": "", "stock": self.stock, "if_saleable": true}],
            },
            "logistic_info": self.logistics(), "brand": self.brand, "gtin_code": self.gtin_code.as_deref().unwrap_or_default(),
            "pre_order": {"is_pre_order": false, "days_to_ship": 2}, "attribute_list": [], "has_model": false, "item_dangerous": 0, "deboost": false,
        })
    }

    fn logistics(&self) -> Value {
        self.logistic_ids.iter().map(|id| json!({"logistic_id": id, "enabled": true, "is_free": false})).collect()
    }

    fn image_urls(&self, base_url: &str) -> Vec<String> {
        self.images.iter().map(|id| format!("{base_url}/file/{id}")).collect()
    }
}
