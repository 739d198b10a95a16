//! Finding a marketplace's category for a product group by the names in its tree.

use std::collections::HashMap;

use crate::domain::{fold, product::ProductGroup};

/// A category of a marketplace's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Category {
    id: String,
    parent: String,
    /// Folded.
    name: String,
    leaf: bool,
}

impl Category {
    pub(super) fn new(id: String, parent: String, name: &str, leaf: bool) -> Self {
        Self { id, parent, name: fold::fold(name), leaf }
    }
}

/// A leaf for a group: one whose own name, or that of a category above it, speaks of the group.
pub(super) fn leaf(tree: &[Category], group: ProductGroup) -> Option<String> {
    let words: &[&str] = match group {
        ProductGroup::Food => &["thuc pham", "food", "mat ong", "tra"],
        ProductGroup::Drink => &["do uong", "ruou", "beverage"],
        ProductGroup::Herbal => &["duoc lieu", "thao duoc", "suc khoe", "health"],
        ProductGroup::Handicraft => &["thu cong", "handicraft", "handmade"],
        ProductGroup::Ornamental => &["cay canh", "hoa", "sinh vat canh", "plant"],
        ProductGroup::Tourism => &["du lich", "dich vu", "voucher", "travel"],
    };
    let by_id: HashMap<&str, &Category> = tree.iter().map(|c| (c.id.as_str(), c)).collect();
    let says = |category: &Category, word: &str| format!(" {} ", category.name).contains(&format!(" {word} "));
    let speaks = |category: &Category, word: &str| {
        let mut at = Some(category);
        // A tree is at most five deep; the bound keeps a broken one from being walked for ever.
        for _ in 0..10 {
            let Some(here) = at else { return false };
            if says(here, word) {
                return true;
            }
            at = by_id.get(here.parent.as_str()).copied();
        }
        false
    };
    let leaves = || tree.iter().filter(|c| c.leaf);
    words.iter().find_map(|word| leaves().find(|c| says(c, word)).or_else(|| leaves().find(|c| speaks(c, word)))).map(|c| c.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_is_found_by_its_name_or_its_parents() {
        let category = |id: &str, parent: &str, name, leaf| Category::new(id.into(), parent.into(), name, leaf);
        let tree = [
            category("1", "0", "Thực phẩm & Đồ uống", false),
            category("2", "1", "Bánh kẹo", true),
            category("3", "1", "Đồ uống", true),
            category("4", "0", "Hàng thủ công", true),
        ];
        assert_eq!(leaf(&tree, ProductGroup::Food).as_deref(), Some("2"));
        assert_eq!(leaf(&tree, ProductGroup::Drink).as_deref(), Some("3"));
        assert_eq!(leaf(&tree, ProductGroup::Handicraft).as_deref(), Some("4"));
        assert_eq!(leaf(&tree, ProductGroup::Tourism), None);
    }

    #[test]
    fn a_tree_that_turns_in_circles_ends() {
        let circle = [Category::new("1".into(), "2".into(), "a", true), Category::new("2".into(), "1".into(), "b", false)];
        assert_eq!(leaf(&circle, ProductGroup::Food), None);
    }
}
