//! Which columns a request needs, by the names of the fields that stand anywhere in it: what is read once in a request serves all of it.

use async_graphql::{
    Context,
    parser::types::{Selection, SelectionSet},
};

use crate::store::Unasked;

/// What no field of the request is made of.
pub(super) fn unasked(context: &Context<'_>) -> Unasked {
    let mut left = Unasked::EVERYTHING;
    read(&context.query_env.operation.node.selection_set.node, &mut left);
    context.query_env.fragments.values().for_each(|fragment| read(&fragment.node.selection_set.node, &mut left));
    left
}

fn read(set: &SelectionSet, left: &mut Unasked) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                need(&field.node.name.node, left);
                read(&field.node.selection_set.node, left);
            }
            Selection::InlineFragment(fragment) => read(&fragment.node.selection_set.node, left),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Marks what fields of a name are made of, whatever they are fields of.
fn need(field: &str, left: &mut Unasked) {
    match field {
        "externalKey" => left.keys = false,
        "slug" => left.slugs = false,
        "title" => left.titles = false,
        "name" | "text" => left.names = false,
        "displayName" => left.display_names = false,
        "legalName" => left.legal_names = false,
        "description" => left.descriptions = false,
        "seasonMonths" => left.seasons = false,
        "commune" | "formerCommune" => left.communes = false,
        "provinceCode" | "districtName" => left.provinces = false,
        "address" | "phone" | "email" | "story" | "taxCode" => left.contacts = false,
        "url" => left.urls = false,
        "alt" => left.alts = false,
        "sku" | "gtin" => left.codes = false,
        "weightGrams" => left.weights = false,
        "stock" | "minOrder" | "availability" | "validFrom" | "validUntil" => left.offers = false,
        "stars" => left.stars = false,
        "group" => left.groups = false,
        "score" => left.scores = false,
        "certificate" => left.certificates = false,
        "withdrawal" => left.withdrawals = false,
        "decision" => left.decisions = false,
        // It says all of a rating.
        "attestation" => {
            (left.scores, left.certificates, left.withdrawals, left.decisions) = (false, false, false, false);
        }
        "version" | "feedVersion" | "publishedAt" | "createdAt" | "updatedAt" => left.stamps = false,
        _ => {}
    }
}
