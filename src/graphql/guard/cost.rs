//! The cost of a field, as the published limits count it.
//!
//! A leaf costs 0, an object 1, a page `2 + rows × row`. A list of a page (`edges`, `nodes`, `changes`) has as many rows as
//! its page, which is written on the field above it; any other list is taken for [`PLAIN_LIST`] rows. So a selection set
//! has a cost in two parts: what is paid once, and what is paid for each row of the page around it. That keeps the cost of
//! a fragment independent of where it is spread, and it need be weighed only once.

use crate::graphql::guard::shape::FieldShape;
use crate::graphql::guard::variables::{Bindings, Given};
use async_graphql::parser::types::Field;

/// How many rows a list is taken for that has no stated size.
const PLAIN_LIST: u64 = 10;

/// Provinces of either era (63 before 2025-07-01, 34 since); communes of a province since, and before (at most 500 are told).
const PROVINCES: u64 = 63;
const COMMUNES: u64 = 200;
const FORMER_COMMUNES: u64 = 500;

/// Criteria sets of both rulebooks, 26 each, with some new editions; of one rulebook or group.
const RUBRICS: u64 = 60;
const RUBRICS_OF_ONE: u64 = 29;

/// Other lists that are longer than [`PLAIN_LIST`] for everybody: facets, what a rulebook asks for, states and attempts.
const LONG: [(&str, u64); 7] =
    [("communes", 50), ("seasons", 12), ("checklist", 30), ("stages", 20), ("attempts", 20), ("authorities", 20), ("dossiers", 20)];

/// Criteria of a set: 28 to 33 by Decision 781/QĐ-TTg, fewer by Decision 148/QĐ-TTg. The sets of one rulebook with them can just be asked for at once.
const CRITERIA: u64 = 33;

/// How many rows a page is taken for whose size is no number.
const UNREADABLE_PAGE: u64 = 100;

const PAGE: u64 = 2;
const SEARCH: u64 = 5;
const TOTAL_COUNT: u64 = 3;
const FACETS: u64 = 10;
/// It may ask the marketplace for its limits.
const PREVIEW: u64 = 20;
/// Rows of the feed that cost as one.
pub const FEED_ROWS_PER_UNIT: u64 = 10;

/// What a selection set costs. All arithmetic saturates: a cost too large to write is still over the limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cost {
    once: u64,
    per_row: u64,
}

/// How many times a field's rows are paid.
enum Rows {
    Page(u64),
    Ids(u64),
    /// A list without pages, known to be longer than others.
    Long(u64),
    Unstated,
}

impl Cost {
    /// The cost of two selections beside each other.
    pub(super) fn plus(self, other: Self) -> Self {
        Self { once: self.once.saturating_add(other.once), per_row: self.per_row.saturating_add(other.per_row) }
    }

    /// The cost where no page is around.
    pub(super) fn unpaged(self) -> u64 {
        self.paged(PLAIN_LIST)
    }

    fn paged(self, rows: u64) -> u64 {
        self.once.saturating_add(rows.saturating_mul(self.per_row))
    }

    fn once(once: u64) -> Self {
        Self { once, per_row: 0 }
    }
}

/// The cost of `field`, whose selection set costs `child`. A field the schema does not know is left for validation to
/// refuse, and counted as if it returned one object.
pub(super) fn of_field(field: &Field, shape: Option<&FieldShape>, child: Cost, variables: &Bindings<'_>) -> Cost {
    let leaf = shape.map_or(field.selection_set.node.items.is_empty(), |shape| !shape.composite);
    let list = shape.is_some_and(|shape| shape.list);
    let below = child.unpaged();
    let row = if shape.is_some_and(FieldShape::edge) { below.max(1) } else { below.saturating_add(1) };
    let own = match (leaf, list, rows(field, shape, variables)) {
        (true, _, Rows::Unstated | Rows::Long(_)) => Cost::default(),
        (true, _, _) => Cost::once(PAGE),
        (false, true, Rows::Page(rows) | Rows::Ids(rows)) => Cost::once(rows.saturating_mul(row).saturating_add(PAGE)),
        (false, true, Rows::Long(rows)) => Cost::once(rows.saturating_mul(row)),
        (false, true, Rows::Unstated) if is_facets(field) => Cost::once(row.saturating_mul(PLAIN_LIST)),
        (false, true, Rows::Unstated) => Cost { once: 0, per_row: row },
        (false, false, Rows::Page(rows)) => Cost::once(child.paged(rows).saturating_add(PAGE)),
        (false, false, Rows::Ids(rows)) => Cost::once(child.paged(rows).saturating_add(PAGE).saturating_add(rows)),
        (false, false, Rows::Unstated | Rows::Long(_)) => Cost::once(row),
    };
    own.plus(Cost::once(extras(field, variables)))
}

fn is_facets(field: &Field) -> bool {
    field.name.node == "facets"
}

fn extras(field: &Field, variables: &Bindings<'_>) -> u64 {
    let searched = field.get_argument("search").is_some_and(|value| variables.resolve(&value.node) != Given::Nothing);
    let named = match field.name.node.as_str() {
        "totalCount" => TOTAL_COUNT,
        "facets" => FACETS,
        "suggest" => SEARCH,
        "preview" | "channelListingPreview" => PREVIEW,
        _ => 0,
    };
    named + if searched { SEARCH } else { 0 }
}

/// The rows a field pays for: the page asked for, else as many as there are ids, else the page the schema states.
fn rows(field: &Field, shape: Option<&FieldShape>, variables: &Bindings<'_>) -> Rows {
    let (mut page, mut ids) = (None, None::<u64>);
    for (name, value) in &field.arguments {
        match (name.node.as_str(), variables.resolve(&value.node)) {
            ("first" | "last", Given::Count(rows)) => page = page.max(Some(rows)),
            ("first" | "last", Given::List(_) | Given::Other) => page = page.max(Some(UNREADABLE_PAGE)),
            (name, Given::List(length)) if name == "ids" || name.ends_with("Ids") => {
                ids = Some(ids.map_or(length, |others| others.saturating_mul(length)));
            }
            _ => {}
        }
    }
    let stated = page.or_else(|| if ids.is_none() { shape?.default_page } else { None });
    match (stated, ids) {
        (Some(rows), _) if shape.is_some_and(FieldShape::feed) => Rows::Page(rows.div_ceil(FEED_ROWS_PER_UNIT)),
        (Some(rows), _) => Rows::Page(rows),
        (None, Some(rows)) => Rows::Ids(rows),
        (None, None) => long(field, variables).map_or(Rows::Unstated, Rows::Long),
    }
}

/// Reference data is told whole: how many rows of it there are.
fn long(field: &Field, variables: &Bindings<'_>) -> Option<u64> {
    let given = |name| field.get_argument(name).is_some_and(|value| variables.resolve(&value.node) != Given::Nothing);
    match field.name.node.as_str() {
        "adminUnits" if !given("province") => Some(PROVINCES),
        "adminUnits" => Some(if given("era") { FORMER_COMMUNES } else { COMMUNES }),
        "rubrics" if given("number") => None,
        "rubrics" => Some(if given("rulebook") || given("group") { RUBRICS_OF_ONE } else { RUBRICS }),
        "criteria" | "marks" | "missing" => Some(CRITERIA),
        "byCommune" => Some(COMMUNES),
        name => LONG.iter().find(|(long, _)| *long == name).map(|(_, rows)| *rows),
    }
}
