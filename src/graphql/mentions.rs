//! Which columns a request needs, by the names of the fields that stand anywhere in it: what is read once in a request serves all of it.

use async_graphql::{
    Context,
    parser::types::{Selection, SelectionSet},
};
use std::collections::HashSet;

use crate::store::listings::Unasked;

/// What no field of the request is made of.
pub(super) fn unasked(context: &Context<'_>) -> Unasked {
    let mut names = HashSet::new();
    read(&context.query_env.operation.node.selection_set.node, &mut names);
    context.query_env.fragments.values().for_each(|fragment| read(&fragment.node.selection_set.node, &mut names));
    let none = |fields: &[&str]| fields.iter().all(|field| !names.contains(field));
    Unasked {
        keys: none(&["externalKey"]),
        slugs: none(&["slug"]),
        descriptions: none(&["description"]),
        seasons: none(&["seasonMonths"]),
        communes: none(&["commune", "formerCommune"]),
        contacts: none(&["address", "phone", "email", "story", "taxCode"]),
        legal_names: none(&["legalName"]),
        alts: none(&["alt"]),
        offers: none(&["stock", "minOrder", "availability", "validFrom", "validUntil"]),
        groups: none(&["group"]),
        stamps: none(&["version", "feedVersion", "publishedAt", "createdAt", "updatedAt"]),
        // By what a list is sorted, no field tells.
        sort_names: false,
    }
}

fn read<'a>(set: &'a SelectionSet, names: &mut HashSet<&'a str>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                names.insert(field.node.name.node.as_str());
                read(&field.node.selection_set.node, names);
            }
            Selection::InlineFragment(fragment) => read(&fragment.node.selection_set.node, names),
            Selection::FragmentSpread(_) => {}
        }
    }
}
