//! The checklist of a dossier: every document of its rulebook, and what is missing.

use crate::domain::{
    code::coded,
    producer::ProducerKind,
    product::ProductGroup,
    rulebook::{DocumentRule, Mandatory, Rulebook},
};

coded! {
    /// How a document of a checklist stands.
    ItemState {
        /// Attached.
        Attached = "ATTACHED",
        /// Must be attached before the dossier is handed in.
        Missing = "MISSING",
        /// May be attached, as proof for points and conditions.
        Optional = "OPTIONAL",
        /// Is handed over in hand, not as a file.
        OnPaper = "ON_PAPER",
    }
}

/// One line of a checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChecklistItem {
    /// The document.
    pub document: DocumentRule,
    /// Whether this producer must hand it in.
    pub is_mandatory: bool,
    /// How it stands.
    pub state: ItemState,
}

/// The checklist of a producer's dossier, given the codes of attached documents.
pub fn checklist(book: &Rulebook, kind: ProducerKind, group: Option<ProductGroup>, attached: &[String]) -> Vec<ChecklistItem> {
    let item = |document: &DocumentRule| {
        let is_mandatory = match document.mandatory {
            Mandatory::Always => true,
            Mandatory::Registered => matches!(kind, ProducerKind::Cooperative | ProducerKind::Enterprise),
            Mandatory::Goods => group != Some(ProductGroup::Tourism),
            Mandatory::Never => false,
        };
        let state = match (attached.contains(&document.code), document.on_paper, is_mandatory) {
            (true, ..) => ItemState::Attached,
            (false, true, _) => ItemState::OnPaper,
            (false, false, true) => ItemState::Missing,
            (false, false, false) => ItemState::Optional,
        };
        ChecklistItem { document: document.clone(), is_mandatory, state }
    };
    book.documents.iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(kind: ProducerKind, group: ProductGroup, attached: &[&str]) -> Vec<String> {
        let book = Rulebook::parse(include_str!("../../data/rulebook/rulebook_148_2023.json")).expect("a rulebook");
        let attached: Vec<String> = attached.iter().map(|s| (*s).to_owned()).collect();
        let items = checklist(&book, kind, Some(group), &attached);
        items.into_iter().filter(|i| i.state == ItemState::Missing).map(|i| i.document.code).collect()
    }

    #[test]
    fn what_is_missing_depends_on_who_applies() {
        let all = ["REGISTRATION_FORM", "BUSINESS_PLAN", "ORGANISATION_PROFILE", "BUSINESS_REGISTRATION"];
        assert_eq!(missing(ProducerKind::Cooperative, ProductGroup::Food, &[]), all);
        assert_eq!(missing(ProducerKind::CooperativeGroup, ProductGroup::Food, &[]), all[..3], "no legal personality, no registration");
        assert_eq!(missing(ProducerKind::Cooperative, ProductGroup::Food, &all), [""; 0]);
        assert_eq!(missing(ProducerKind::Enterprise, ProductGroup::Tourism, &all[1..]), ["REGISTRATION_FORM"]);
    }
}
