//! What an offer looks like on the marketplace: settings, categories, limits, the body of an item.

use serde_json::{Value, json};
use std::{collections::HashMap, fmt};

use crate::{
    domain::product::ProductGroup,
    marketplace::{Limit, Offer, Problem, PushError, category::Category, client::refusal, settings::Fields, units::kilograms_number},
};

/// Settings of a shop. Secrets print as `***`.
pub(super) struct Settings {
    pub(super) partner_id: i64,
    pub(super) partner_key: String,
    /// Signs what the marketplace pushes: the console's "Live Push Partner Key", or the partner key of older apps.
    pub(super) push_key: String,
    /// The shop; unknown until its seller has authorised us.
    shop_id: Option<i64>,
    access_token: Option<String>,
    /// Leaf categories by group, from `category_food`, `category_drink` …; the tree decides for groups left out.
    pub(super) categories: HashMap<ProductGroup, String>,
    /// Values for attributes that categories require, by the attribute's id.
    pub(super) attributes: HashMap<String, String>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings {{ partner_id: {}, shop_id: {:?}, partner_key: ***, access_token: *** }}", self.partner_id, self.shop_id)
    }
}

/// Limits of a category as the marketplace tells them; those it leaves out don't bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Limits {
    name: (usize, usize),
    description: (usize, usize),
    price: (i64, i64),
    stock: i64,
    pub(super) images: usize,
}

impl Settings {
    /// Reads `partner_id`, `partner_key`, and once the seller has authorised us `shop_id` and `access_token`; says what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let fields = Fields::parse(text)?;
        let categories = fields.categories();
        for group in categories.keys() {
            fields.number(&format!("category_{}", group.code().to_lowercase()))?;
        }
        let (partner_id, partner_key) = (fields.number("partner_id")?, fields.text("partner_key")?);
        // A token without its shop, or a shop without its token, is a setting left out.
        let authorised = ["shop_id", "access_token"].iter().any(|name| fields.names(name));
        let shop_id = authorised.then(|| fields.number("shop_id")).transpose()?;
        let access_token = authorised.then(|| fields.text("access_token")).transpose()?;
        let push_key = fields.given("push_key").unwrap_or_else(|| partner_key.clone());
        Ok(Self { partner_id, partner_key, push_key, shop_id, access_token, categories, attributes: fields.attributes() })
    }

    /// The shop's token and id.
    pub(super) fn shop(&self) -> Result<(&str, i64), PushError> {
        let missing = || PushError::NeedsReauth(refusal("not_authorised", "the seller has not authorised this app yet"));
        self.access_token.as_deref().zip(self.shop_id).ok_or_else(missing)
    }
}

/// Reads the answer of `get_category`.
pub(super) fn categories(response: &Value) -> Vec<Category> {
    let listed = response["category_list"].as_array().into_iter().flatten();
    let read = |c: &Value| {
        let name = c["display_category_name"].as_str().or(c["original_category_name"].as_str())?;
        let parent = c["parent_category_id"].as_i64().unwrap_or_default();
        Some(Category::new(c["category_id"].as_i64()?.to_string(), parent.to_string(), name, c["has_children"] == false))
    };
    listed.filter_map(read).collect()
}

impl Limits {
    /// Reads the answer of `get_item_limit`.
    pub(super) fn read(response: &Value) -> Self {
        let pair = |name: &str| {
            let bound = |end: &str| response[name][end].as_i64().or_else(|| response[name][end].as_f64().and_then(integer));
            (bound("min_limit").unwrap_or(0), bound("max_limit").unwrap_or(i64::MAX))
        };
        let sizes = |name: &str| {
            let (low, high) = pair(name);
            (usize::try_from(low).unwrap_or(0), usize::try_from(high).unwrap_or(usize::MAX))
        };
        Self {
            name: sizes("item_name_length_limit"),
            description: sizes("item_description_length_limit"),
            price: pair("price_limit"),
            stock: pair("stock_limit").1,
            images: sizes("item_image_count_limit").1,
        }
    }

    /// What the marketplace would refuse of an offer. Nothing is cut silently.
    pub(super) fn problems(&self, offer: &Offer) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut refuse = |broken: bool, field, limit| {
            if broken {
                problems.push(Problem { field, limit });
            }
        };
        let without = |text: &str, (min, max): (usize, usize)| !(min..=max).contains(&text.chars().count());
        let length = |(min, max)| Limit::Length { min, max };
        refuse(without(&offer.title, self.name), "title", length(self.name));
        refuse(without(&offer.description, self.description), "description", length(self.description));
        let (min, max) = self.price;
        refuse(!(min..=max).contains(&offer.price.amount()), "price", Limit::Range { min, max });
        refuse(i64::from(offer.stock) > self.stock, "stock", Limit::Range { min: 0, max: self.stock });
        refuse(offer.image_urls.is_empty(), "media", Limit::AtLeast(1));
        problems
    }
}

/// The body that `add_item` and `update_item` share.
pub(super) fn content(offer: &Offer, category: i64, pictures: &[String]) -> Value {
    json!({
        "item_name": offer.title,
        "description": offer.description,
        "category_id": category,
        "image": { "image_id_list": pictures },
        "weight": kilograms_number(offer.weight_grams),
        "brand": { "brand_id": 0, "original_brand_name": "NoBrand" },
        "condition": "NEW",
        "gtin_code": offer.gtin.as_ref().map_or("00", |g| g.as_str()),
    })
}

/// The body of `add_item`.
pub(super) fn whole(offer: &Offer, mut content: Value, logistics: &[i64]) -> Value {
    content["logistic_info"] = logistics.iter().map(|id| json!({ "logistic_id": id, "enabled": true })).collect();
    content["original_price"] = json!(offer.price.amount());
    content["seller_stock"] = json!([{ "stock": offer.stock }]);
    content["item_sku"] = json!(offer.key);
    content["item_status"] = json!("NORMAL");
    content
}

/// Limits of money come as JSON numbers with a fraction of zero.
#[expect(clippy::cast_possible_truncation, reason = "limits are far below 2^53 and a saturated limit does not bind")]
fn integer(number: f64) -> Option<i64> {
    number.is_finite().then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{gtin::Gtin, money::Vnd},
        marketplace::About,
    };

    fn offer() -> Offer {
        Offer {
            key: "OCOP-ABC".into(),
            title: "Mật ong Bạc hà 500 g".into(),
            description: "Mật ong từ hoa bạc hà".into(),
            group: ProductGroup::Food,
            price: Vnd::try_from_i64(185_000).expect("a price"),
            stock: 12,
            gtin: Some(Gtin::parse("4006381333931").expect("a GTIN")),
            weight_grams: 650,
            image_urls: vec!["https://example.test/1.png".into()],
            about: About::default(),
            generation: 0,
        }
    }

    #[test]
    fn the_body_of_an_item() {
        let body = content(&offer(), 101, &["img-1".into()]);
        let expected = r#"{"item_name":"Mật ong Bạc hà 500 g","description":"Mật ong từ hoa bạc hà","category_id":101,"image":{"image_id_list":["img-1"]},"weight":0.65,"brand":{"brand_id":0,"original_brand_name":"NoBrand"},"condition":"NEW","gtin_code":"4006381333931"}"#;
        assert_eq!(body.to_string(), expected);
    }

    #[test]
    fn limits_name_our_field() {
        let limits = Limits { name: (5, 100), description: (10, 2000), price: (1000, 1_000_000), stock: 100, images: 9 };
        assert_eq!(limits.problems(&offer()), vec![]);
        type Change = fn(&mut Offer);
        let cases: [(Change, &str); 6] = [
            (|o| o.title = "Mật".into(), "title"),
            (|o| o.title = "x".repeat(101), "title"),
            (|o| o.description = "ngắn".into(), "description"),
            (|o| o.price = Vnd::try_from_i64(999).expect("a price"), "price"),
            (|o| o.stock = 101, "stock"),
            (|o| o.image_urls.clear(), "media"),
        ];
        for (change, field) in cases {
            let mut changed = offer();
            change(&mut changed);
            assert_eq!(limits.problems(&changed).iter().map(|p| p.field).collect::<Vec<_>>(), [field]);
        }
        let read = Limits::read(
            &serde_json::json!({ "price_limit": { "min_limit": 1000.0, "max_limit": 120_000_000 }, "item_name_length_limit": { "min_limit": 5, "max_limit": 120 } }),
        );
        assert_eq!((read.price, read.name, read.images), ((1000, 120_000_000), (5, 120), usize::try_from(i64::MAX).expect("64 bits")));
    }

    #[test]
    fn settings_name_what_is_wrong_and_hide_secrets() {
        let asked_to_authorise = Settings::parse(r#"{"partner_id":"1","partner_key":"k"}"#).expect("reads");
        assert!(matches!(asked_to_authorise.shop(), Err(PushError::NeedsReauth(_))));
        for (text, part) in [
            ("[]", "JSON object"),
            ("{}", "partner_id is missing"),
            (r#"{"partner_id":"x"}"#, "partner_id must be a number"),
            (r#"{"partner_id":"1","partner_key":" "}"#, "partner_key is missing"),
            (r#"{"partner_id":"1","partner_key":"k","access_token":"t"}"#, "shop_id is missing"),
            (r#"{"partner_id":"1","partner_key":"k","shop_id":"2"}"#, "access_token is missing"),
            (
                r#"{"partner_id":"1","partner_key":"k","shop_id":"2","access_token":"t","category_food":"x"}"#,
                "category_food must be a number",
            ),
        ] {
            let error = Settings::parse(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
        let settings =
            Settings::parse(r#"{"partner_id":"1","partner_key":"hush","shop_id":"2","access_token":"quiet","category_food":"7"}"#)
                .expect("reads");
        assert_eq!(settings.categories[&ProductGroup::Food], "7");
        let printed = format!("{settings:?}");
        assert!(!printed.contains("hush") && !printed.contains("quiet"), "{printed}");
    }
}
