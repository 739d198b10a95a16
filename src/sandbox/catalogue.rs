//! What the marketplace tells about itself: categories, brands, logistics channels, limits, the shop.

use serde_json::{Map, Value, json};

use crate::sandbox::{
    reply::{Answer, Refusal, respond},
    request::Received,
    rules::{DESCRIPTION, IMAGES, Limit, NAME, PRE_ORDER_DAYS, PRICE, STOCK},
};

const MAX_CATEGORY_IDS: usize = 20;
const YEAR_SECONDS: i64 = 365 * 86_400;

/// A node of the category tree.
pub(crate) struct Category {
    id: i64,
    parent: i64,
    vi: &'static str,
    en: &'static str,
    /// Whether items in it must have a brand, be it "no brand".
    pub(crate) brand_mandatory: bool,
}

/// A way of sending parcels.
pub(crate) struct Channel {
    id: i64,
    name: &'static str,
    /// For the shop.
    pub(crate) enabled: bool,
    /// Kilograms.
    pub(crate) max_weight: i32,
}

/// "Xuất xứ": in every leaf, optional.
const ORIGIN_ATTRIBUTE: i64 = 100_037;
/// "Loại hoa": of flowers, mandatory.
const FLOWER_ATTRIBUTE: i64 = 100_999;
const FLOWERS: i64 = 100_502;

/// Brands of every category.
pub(crate) const BRANDS: [(i64, &str); 3] =
    [(1_146_301, "OCOP Việt Nam"), (1_146_302, "Hợp tác xã Mẫu Sơn"), (1_146_303, "Làng nghề Bát Tràng")];

const CHANNELS: [Channel; 3] = [
    Channel { id: 50_021, name: "Nhanh", enabled: true, max_weight: 30 },
    Channel { id: 50_022, name: "Tiết kiệm", enabled: true, max_weight: 50 },
    Channel { id: 50_010, name: "Hỏa tốc", enabled: false, max_weight: 20 },
];

const CATEGORIES: [Category; 29] = [
    node(100_001, 0, "Thực phẩm", "Food"),
    node(100_101, 100_001, "Bánh kẹo", "Confectionery"),
    node(100_102, 100_001, "Mật ong", "Honey"),
    node(100_103, 100_001, "Gạo, miến, bún khô", "Rice and dried noodles"),
    node(100_104, 100_001, "Thịt và hải sản chế biến", "Processed meat and seafood"),
    node(100_105, 100_001, "Gia vị và nước chấm", "Spices and sauces"),
    node(100_106, 100_001, "Rau củ và trái cây sấy", "Dried vegetables and fruit"),
    node(100_199, 100_001, "Thực phẩm khác", "Other food"),
    node(100_002, 0, "Đồ uống", "Drinks"),
    node(100_201, 100_002, "Trà & chè", "Tea"),
    node(100_202, 100_002, "Cà phê & ca cao", "Coffee and cocoa"),
    node(100_203, 100_002, "Nước ép & nước giải khát", "Juice and soft drinks"),
    node(100_204, 100_002, "Đồ uống có cồn", "Alcoholic drinks"),
    node(100_003, 0, "Sức khỏe & Dược liệu", "Health and herbs"),
    node(100_301, 100_003, "Dược liệu & thảo dược", "Medicinal herbs"),
    node(100_302, 100_003, "Tinh dầu & mỹ phẩm thiên nhiên", "Essential oils and natural cosmetics"),
    node(100_004, 0, "Nhà cửa & Đời sống", "Home and living"),
    node(100_401, 100_004, "Hàng thủ công mỹ nghệ", "Handicrafts"),
    node(100_411, 100_401, "Gốm sứ mỹ nghệ", "Ceramics"),
    node(100_412, 100_401, "Mây tre đan", "Bamboo and rattan"),
    node(100_413, 100_401, "Thêu, dệt, thổ cẩm", "Embroidery and weaving"),
    node(100_419, 100_401, "Hàng thủ công mỹ nghệ khác", "Other handicrafts"),
    unbranded(100_005, 0, "Sinh vật cảnh", "Ornamental plants and animals"),
    unbranded(100_501, 100_005, "Cây cảnh", "Ornamental plants"),
    unbranded(100_502, 100_005, "Hoa", "Flowers"),
    unbranded(100_503, 100_005, "Động vật cảnh", "Ornamental animals"),
    unbranded(100_006, 0, "Du lịch & Dịch vụ", "Tourism and services"),
    unbranded(100_601, 100_006, "Tour & điểm du lịch cộng đồng", "Community tours and sights"),
    unbranded(100_602, 100_006, "Homestay & lưu trú", "Homestay and lodging"),
];

const fn node(id: i64, parent: i64, vi: &'static str, en: &'static str) -> Category {
    Category { id, parent, vi, en, brand_mandatory: true }
}

const fn unbranded(id: i64, parent: i64, vi: &'static str, en: &'static str) -> Category {
    Category { brand_mandatory: false, ..node(id, parent, vi, en) }
}

/// The leaf of that id.
pub(crate) fn leaf(id: i64) -> Result<&'static Category, Refusal> {
    let category = known_category(id)?;
    if has_children(id) { Err(Refusal::product("error_invalid_category", "Invalid category.")) } else { Ok(category) }
}

/// The channel of that id, enabled or not.
pub(crate) fn channel(id: i64) -> Option<&'static Channel> {
    CHANNELS.iter().find(|channel| channel.id == id)
}

pub(crate) fn get_category(received: &Received) -> Answer {
    let english = match received.query.get("language") {
        None | Some("en") => true,
        Some("vi") => false,
        Some(_) => return Err(Refusal::product("error_invalid_language", "Invalid language.")),
    };
    let list: Vec<Value> = CATEGORIES
        .iter()
        .map(|category| {
            json!({
                "category_id": category.id, "parent_category_id": category.parent, "has_children": has_children(category.id),
                "original_category_name": category.en, "display_category_name": if english { category.en } else { category.vi },
            })
        })
        .collect();
    respond(json!({"category_list": list}))
}

/// The language codes differ from those of `get_category`.
pub(crate) fn get_attribute_tree(received: &Received) -> Answer {
    if !matches!(received.query.get("language"), None | Some("vn" | "en")) {
        return Err(Refusal::product("error_invalid_language", "Invalid language."));
    }
    let ids = received.query.all("category_id_list").flat_map(|list| list.split(',')).map(|id| id.trim().parse::<i64>());
    let ids: Vec<i64> = ids.collect::<Result<_, _>>().map_err(|_| Refusal::unreadable("category_id_list should be integers"))?;
    if ids.is_empty() {
        return Err(Refusal::absent("CategoryIdList"));
    }
    if ids.len() > MAX_CATEGORY_IDS {
        return Err(Refusal::constraint("category_id_list max count is 20"));
    }
    let list = ids.iter().map(|id| leaf(*id).map(attributes)).collect::<Result<Vec<Value>, Refusal>>()?;
    respond(json!({"list": list}))
}

pub(crate) fn get_brand_list(received: &Received) -> Answer {
    let query = &received.query;
    let (offset, size) = (query.offset()?, query.page_size()?);
    let category = leaf(query.required("category_id", "CategoryId")?)?;
    let brands: &[(i64, &str)] = match query.required("status", "Status")? {
        1 => &BRANDS,
        2 => &[],
        _ => return Err(Refusal::constraint("status should be 1 or 2")),
    };
    let brand_json = |(id, name): &(i64, &str)| json!({"brand_id": id, "original_brand_name": name, "display_brand_name": name});
    let page: Vec<Value> = brands.iter().skip(offset).take(size).map(brand_json).collect();
    let end = offset.saturating_add(page.len());
    let more = end < brands.len();
    respond(json!({
        "brand_list": page, "has_next_page": more, "next_offset": if more { end } else { 0 },
        "is_mandatory": category.brand_mandatory, "input_type": "DROP_DOWN",
    }))
}

pub(crate) fn get_channel_list() -> Answer {
    let list: Vec<Value> = CHANNELS
        .iter()
        .map(|channel| {
            json!({
                "logistics_channel_id": channel.id, "logistics_channel_name": channel.name, "enabled": channel.enabled,
                "cod_enabled": true, "fee_type": "SIZE_INPUT", "size_list": [], "mask_channel_id": 0, "logistics_description": "",
                "weight_limit": {"item_max_weight": channel.max_weight, "item_min_weight": 0},
                "item_max_dimension": {"height": 0, "width": 0, "length": 0, "unit": "cm", "dimension_sum": 0},
                "volume_limit": {"item_max_volume": 0, "item_min_volume": 0},
                "force_enable": false, "block_seller_cover_shipping_fee": false, "support_cross_border": false,
                "seller_logistic_has_configuration": null, "logistics_capability": {"seller_logistics": false}, "preprint": false,
            })
        })
        .collect();
    respond(json!({"logistics_channel_list": list}))
}

/// The numbers by which `add_item` judges. `gtin_limit` stands beside `response`, where the reference has it.
pub(crate) fn get_item_limit(received: &Received) -> Answer {
    if let Some(id) = received.query.number("category_id")? {
        known_category(id)?;
    }
    let limits = json!({
        "price_limit": limit(&PRICE),
        "wholesale_price_threshold_percentage": {"min_limit": 30, "max_limit": 100},
        "stock_limit": limit(&STOCK),
        "item_name_length_limit": limit(&NAME),
        "item_image_count_limit": limit(&IMAGES),
        "item_description_length_limit": limit(&DESCRIPTION),
        "tier_variation_name_length_limit": {"min_limit": 0, "max_limit": 14},
        "tier_variation_option_length_limit": {"min_limit": 0, "max_limit": 20},
        "item_count_limit": {"max_limit": 50_001},
        "dts_limit": {"days_to_ship_limit": limit(&PRE_ORDER_DAYS), "non_pre_order_days_to_ship": 2},
        "weight_limit": {"weight_mandatory": true},
        "dimension_limit": {"dimension_mandatory": false},
        "size_chart_limit": {"size_chart_mandatory": false, "support_image_size_chart": false, "support_template_size_chart": false},
    });
    Ok(Map::from_iter([("response".to_owned(), limits), ("gtin_limit".to_owned(), json!({"gtin_validation_rule": "Optional"}))]))
}

/// Flat: the fields stand beside `request_id`, there is no `response`.
pub(crate) fn shop_info(now: i64) -> Map<String, Value> {
    let fields = [
        ("shop_name", json!("Gian hàng OCOP thử nghiệm")),
        ("region", json!("VN")),
        ("status", json!("NORMAL")),
        ("auth_time", json!(now.saturating_sub(86_400))),
        ("expire_time", json!(now.saturating_add(YEAR_SECONDS))),
        ("shop_fulfillment_flag", json!("Others")),
        ("is_cb", json!(false)),
        ("is_upgraded_cbsc", json!(false)),
        ("merchant_id", Value::Null),
        ("is_sip", json!(false)),
        ("is_main_shop", json!(false)),
        ("is_direct_shop", json!(false)),
        ("linked_direct_shop_list", json!([])),
        ("linked_main_shop_id", json!(0)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn known_category(id: i64) -> Result<&'static Category, Refusal> {
    let found = CATEGORIES.iter().find(|category| category.id == id);
    found.ok_or_else(|| Refusal::product("error_invalid_category", format!("Invalid category ID {id}")))
}

fn has_children(id: i64) -> bool {
    CATEGORIES.iter().any(|category| category.parent == id)
}

/// The attributes that items in a category may have, and whether they must.
pub(crate) fn attributes_of(category: i64) -> Vec<(i64, bool)> {
    let mut known = vec![(ORIGIN_ATTRIBUTE, false)];
    known.extend((category == FLOWERS).then_some((FLOWER_ATTRIBUTE, true)));
    known
}

fn attributes(category: &Category) -> Value {
    let attribute = |(id, mandatory): (i64, bool)| {
        let (name, value) = if id == ORIGIN_ATTRIBUTE { ("Xuất xứ", "Việt Nam") } else { ("Loại hoa", "Hoa lan") };
        json!({
            "attribute_id": id, "mandatory": mandatory, "name": name,
            "attribute_value_list": [{"value_id": 541, "name": value, "value_unit": "", "child_attribute_list": [], "multi_lang": []}],
            "attribute_info": {
                "input_type": 2, "input_validation_type": 2, "format_type": 1, "date_format_type": 0, "attribute_unit_list": [],
                "max_value_count": 1,
            },
            "multi_lang": [],
        })
    };
    json!({"category_id": category.id, "attribute_tree": attributes_of(category.id).into_iter().map(attribute).collect::<Vec<_>>()})
}

fn limit(limit: &Limit) -> Value {
    json!({"min_limit": limit.min, "max_limit": limit.max})
}
