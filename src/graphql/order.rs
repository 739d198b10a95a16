//! The order of the fields of an answer: that of the document, as the specification asks (6.4.1, 7.1.1).
//!
//! async-graphql 7.2.1 puts a field into its object when it is resolved, so that fields that load something come last; and it leaves
//! fields out that failed, so that clients which read them by name fail in another way than the one the error explains.

use async_graphql::{
    Name, PathSegment, ServerError, Value,
    indexmap::IndexMap,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

use crate::graphql::guard::FEED_ROWS_PER_UNIT;

/// The response keys of a selection set in the order of the document, fragments expanded, each with those below it.
#[derive(Debug, Default)]
pub struct Order {
    below: IndexMap<Name, Self>,
    /// The key of a page of the feed, of which ten rows cost as one.
    is_feed: bool,
    /// The key of a page's edges, each of which costs as much as its row.
    is_edges: bool,
}

/// Fields whose rows are those of the feed.
const FEED: [&str; 2] = ["listingChanges", "listingSnapshot"];

impl Order {
    /// The order of the operation that runs. The guard has bounded how much its fragments expand to.
    pub fn of(document: &ExecutableDocument, operation: Option<&str>) -> Self {
        let mut order = Self::default();
        let selected = document.operations.iter().find(|(name, _)| operation.is_none() || name.map(Name::as_str) == operation);
        if let Some((_, definition)) = selected {
            order.read(document, &definition.node.selection_set.node);
        }
        order
    }

    /// Names the fields that failed, as null, and puts all fields into order.
    pub fn restore(&self, data: &mut Value, errors: &[ServerError]) {
        errors.iter().for_each(|error| name_failed_field(data, &error.path));
        self.sort(data);
    }

    /// What the rows of an answer cost: an object 1, an edge nothing beside its row, ten rows of the feed 1.
    pub fn rows(&self, data: &Value) -> u64 {
        match data {
            Value::List(items) => items.iter().map(|item| self.rows(item)).fold(0, u64::saturating_add),
            Value::Object(fields) => {
                let below = fields.iter().filter_map(|(key, value)| {
                    let order = self.below.get(key)?;
                    let rows = order.rows(value);
                    Some(if order.is_feed { rows.div_ceil(FEED_ROWS_PER_UNIT) } else { rows })
                });
                let below = below.fold(0, u64::saturating_add);
                if self.is_edges { below.max(1) } else { below.saturating_add(1) }
            }
            _ => 0,
        }
    }

    fn read(&mut self, document: &ExecutableDocument, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let below = self.below.entry(field.node.response_key().node.clone()).or_default();
                    below.is_edges = field.node.name.node == "edges";
                    below.is_feed = FEED.contains(&field.node.name.node.as_str());
                    below.read(document, &field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => self.read(document, &fragment.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                        self.read(document, &fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    /// Fields are moved within their object: building it anew would cost as much as resolving it did.
    fn sort(&self, value: &mut Value) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.sort(item)),
            Value::Object(fields) => {
                let mut place = 0;
                for (key, below) in &self.below {
                    let stands = fields.get_index(place).is_some_and(|(found, _)| found == key);
                    let Some(found) = (if stands { Some(place) } else { fields.get_index_of(key) }) else { continue };
                    fields.swap_indices(place, found);
                    if let Some((_, field)) = fields.get_index_mut(place) {
                        below.sort(field);
                    }
                    place += 1;
                }
            }
            _ => {}
        }
    }
}

fn name_failed_field(data: &mut Value, path: &[PathSegment]) {
    let Some((PathSegment::Field(failed), above)) = path.split_last() else { return };
    let parent = above.iter().try_fold(data, |value, segment| match (value, segment) {
        (Value::Object(object), PathSegment::Field(name)) => object.get_mut(name.as_str()),
        (Value::List(list), PathSegment::Index(index)) => list.get_mut(*index),
        _ => None,
    });
    if let Some(Value::Object(parent)) = parent {
        parent.entry(Name::new(failed)).or_insert(Value::Null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::{parser::parse_query, value};

    #[test]
    fn rows_are_counted_once_and_those_of_the_feed_by_tens() {
        for (query, data, expected) in [
            ("{ a }", value!({ "a": 1 }), 1),
            ("{ o { a } }", value!({ "o": { "a": 1 } }), 2),
            ("{ l { o { a } } }", value!({ "l": [{ "o": { "a": 1 } }, { "o": null }, null] }), 4),
            ("{ x: listingChanges { changes { a } } }", value!({ "x": { "changes": [{ "a": 1 }, { "a": 2 }] } }), 2),
            ("{ hidden: a }", value!({ "a": { "b": 1 } }), 1),
            ("{ a }", Value::Null, 0),
        ] {
            assert_eq!(Order::of(&parse_query(query).expect("a document"), None).rows(&data), expected, "{query}");
        }
    }

    fn restored(query: &str, mut data: Value, errors: &[&[PathSegment]]) -> String {
        let document = parse_query(query).expect("a document");
        let errors: Vec<_> = errors.iter().map(|path| ServerError::new("failed", None).with_path(path.to_vec())).collect();
        Order::of(&document, None).restore(&mut data, &errors);
        data.to_string()
    }

    #[test]
    fn fields_stand_where_the_document_has_them() {
        for (query, data, expected) in [
            ("{ a b c }", value!({ "c": 3, "a": 1, "b": 2 }), "{a: 1, b: 2, c: 3}"),
            ("{ x: a a }", value!({ "a": 1, "x": 1 }), "{x: 1, a: 1}"),
            ("{ l { a b } }", value!({ "l": [{ "b": 2, "a": 1 }, null, { "b": 4, "a": 3 }] }), "{l: [{a: 1, b: 2}, null, {a: 3, b: 4}]}"),
            ("{ ...f a } fragment f on Query { b ... { c } }", value!({ "a": 1, "c": 3, "b": 2 }), "{b: 2, c: 3, a: 1}"),
            ("{ o { b } o { a b } }", value!({ "o": { "a": 1, "b": 2 } }), "{o: {b: 2, a: 1}}"),
            ("{ a @skip(if: true) b }", value!({ "b": 2 }), "{b: 2}"),
        ] {
            assert_eq!(restored(query, data, &[]), expected, "{query}");
        }
    }

    #[test]
    fn failed_fields_are_null_in_their_place() {
        let field = |name: &str| PathSegment::Field(name.to_owned());
        let path = [field("l"), PathSegment::Index(1), field("a")];
        let data = value!({ "l": [{ "b": 2, "a": 1 }, { "b": 4 }] });
        assert_eq!(restored("{ l { a b } }", data, &[&path]), "{l: [{a: 1, b: 2}, {a: null, b: 4}]}");
        assert_eq!(restored("{ a }", Value::Null, &[&[field("a")]]), "null", "an object that is null as a whole stays so");
    }
}
