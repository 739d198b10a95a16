//! The JSON body of `add_item` and `update_item`, field by field as the reference lists them.

use serde::Deserialize;
use serde_json::{Map, Number, Value};

use crate::sandbox::{item::Brand, reply::Refusal, request::Received};

/// Listed by the reference for other countries or for features that the sandbox has not: accepted, and not looked at.
const IGNORED: [&str; 12] = [
    "authorised_brand_id",
    "certification_info",
    "compatibility_info",
    "complaint_policy",
    "description_info",
    "ds_cat_rcmd_id",
    "item_dangerous",
    "promotion_images",
    "purchase_limit_info",
    "size_chart_info",
    "tax_info",
    "wholesale",
];

/// What may be sent. A field that is not listed is refused (Shopee ignores it): a misspelt field must not pass unseen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemBody {
    pub(crate) item_id: Option<i64>,
    pub(crate) original_price: Option<Number>,
    pub(crate) seller_stock: Option<Vec<StockEntry>>,
    pub(crate) item_name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) description_type: Option<String>,
    pub(crate) weight: Option<Number>,
    pub(crate) dimension: Option<Dimension>,
    pub(crate) item_status: Option<String>,
    pub(crate) category_id: Option<i64>,
    pub(crate) attribute_list: Option<Vec<Attribute>>,
    pub(crate) image: Option<Images>,
    pub(crate) video_upload_id: Option<Vec<String>>,
    pub(crate) logistic_info: Option<Vec<Logistic>>,
    pub(crate) pre_order: Option<PreOrder>,
    pub(crate) item_sku: Option<String>,
    pub(crate) condition: Option<String>,
    pub(crate) brand: Option<Brand>,
    pub(crate) gtin_code: Option<String>,
    pub(crate) scheduled_publish_time: Option<i64>,
}

/// `seller_stock[]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StockEntry {
    pub(crate) location_id: Option<String>,
    pub(crate) stock: i64,
}

/// Centimetres.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dimension {
    pub(crate) package_height: i32,
    pub(crate) package_length: i32,
    pub(crate) package_width: i32,
}

/// `attribute_list[]`; the values are not looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attribute {
    pub(crate) attribute_id: i64,
    #[serde(rename = "attribute_value_list")]
    pub(crate) _values: Option<Value>,
}

/// `image`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Images {
    pub(crate) image_id_list: Vec<String>,
    pub(crate) image_ratio: Option<String>,
}

/// `logistic_info[]`; fees and sizes are for channels that the sandbox has not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Logistic {
    pub(crate) logistic_id: i64,
    pub(crate) enabled: bool,
    #[serde(rename = "is_free")]
    pub(crate) _is_free: Option<bool>,
    #[serde(rename = "shipping_fee")]
    pub(crate) _shipping_fee: Option<Number>,
    #[serde(rename = "size_id")]
    pub(crate) _size_id: Option<i64>,
}

/// `pre_order`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreOrder {
    pub(crate) is_pre_order: bool,
    pub(crate) days_to_ship: Option<i64>,
}

impl ItemBody {
    pub(crate) fn read(received: &Received) -> Result<Self, Refusal> {
        let mut fields: Map<String, Value> = received.json()?;
        fields.retain(|name, _| !IGNORED.contains(&name.as_str()));
        serde_json::from_value(Value::Object(fields)).map_err(Refusal::unreadable)
    }
}
