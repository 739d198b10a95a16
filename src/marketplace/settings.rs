//! Settings of a shop: names and texts, as an owner enters them.

use serde_json::{Map, Value};
use std::collections::HashMap;

use crate::domain::product::ProductGroup;

/// The settings of a shop, to be read by name. An error names the setting.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map(Self).map_err(|_| "settings must be a JSON object".to_owned())
    }

    /// A setting that is there and not blank.
    pub(super) fn given(&self, name: &str) -> Option<String> {
        self.0.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub(super) fn text(&self, name: &str) -> Result<String, String> {
        self.given(name).ok_or_else(|| format!("{name} is missing"))
    }

    pub(super) fn number(&self, name: &str) -> Result<i64, String> {
        self.text(name)?.parse().map_err(|_| format!("{name} must be a number"))
    }

    /// Whether a setting is named at all, be it blank.
    pub(super) fn names(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The channel's category for each group that has one: `category_food`, `category_drink` …
    pub(super) fn categories(&self) -> HashMap<ProductGroup, String> {
        let named = |group: &ProductGroup| Some((*group, self.given(&format!("category_{}", group.code().to_lowercase()))?));
        ProductGroup::ALL.iter().filter_map(named).collect()
    }

    /// Values for attributes that categories require: `attribute_CODE`.
    pub(super) fn attributes(&self) -> HashMap<String, String> {
        let codes = self.0.keys().filter_map(|name| name.strip_prefix("attribute_"));
        codes.filter_map(|code| Some((code.to_owned(), self.given(&format!("attribute_{code}"))?))).collect()
    }
}
