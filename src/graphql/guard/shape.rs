//! What the measurement needs to know of the schema: which field returns what, and how many.

use async_graphql::parser::types::{BaseType, FieldDefinition, OperationType, Type, TypeDefinition, TypeKind, TypeSystemDefinition};
use async_graphql_value::ConstValue;
use std::collections::{HashMap, HashSet};

/// The page a paged field gives when neither the client nor the schema states its size.
const UNSTATED_PAGE: u64 = 20;

/// The same for pages of the feed, see [`FieldShape::feed`].
const UNSTATED_FEED_PAGE: u64 = 100;

/// The fields of every type that has fields.
#[derive(Debug, Default)]
pub struct SchemaShape {
    fields: HashMap<String, HashMap<String, FieldShape>>,
    roots: [String; 3],
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldShape {
    /// The type returned, without list and non-null.
    pub(super) type_name: String,
    /// It returns a list, of whatever depth.
    pub(super) list: bool,
    /// It returns something with fields of its own.
    pub(super) composite: bool,
    /// It takes `first` or `last`: how many rows when the client gives neither.
    pub(super) default_page: Option<u64>,
}

/// The text is not a schema.
#[derive(Debug, thiserror::Error)]
#[error("the schema does not parse: {0}")]
pub struct SdlError(#[from] async_graphql::parser::Error);

impl SchemaShape {
    /// Reads the schema. Done once, at start.
    ///
    /// # Errors
    /// Fails when `sdl` is not a schema document.
    pub fn from_sdl(sdl: &str) -> Result<Self, SdlError> {
        let document = async_graphql::parser::parse_schema(sdl)?;
        let mut shape = Self { roots: ["Query", "Mutation", "Subscription"].map(String::from), ..Self::default() };
        let mut types = Vec::new();
        for definition in document.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => {
                    let named = [schema.node.query, schema.node.mutation, schema.node.subscription];
                    for (root, name) in shape.roots.iter_mut().zip(named) {
                        *root = name.map_or_else(|| root.clone(), |name| name.node.to_string());
                    }
                }
                TypeSystemDefinition::Type(definition) => types.push(definition.node),
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        shape.read_types(&types);
        Ok(shape)
    }

    pub(super) fn field(&self, parent: &str, name: &str) -> Option<&FieldShape> {
        self.fields.get(parent)?.get(name)
    }

    pub(super) fn root(&self, operation: OperationType) -> &str {
        match operation {
            OperationType::Query => &self.roots[0],
            OperationType::Mutation => &self.roots[1],
            OperationType::Subscription => &self.roots[2],
        }
    }

    fn read_types(&mut self, types: &[TypeDefinition]) {
        let composites: HashSet<&str> =
            types.iter().filter(|definition| is_composite(definition)).map(|definition| &*definition.name.node).collect();
        for definition in types {
            let known = self.fields.entry(definition.name.node.to_string()).or_default();
            for field in fields(definition) {
                known.insert(field.name.node.to_string(), FieldShape::read(field, &composites));
            }
        }
        for definition in types {
            let TypeKind::Object(object) = &definition.kind else { continue };
            for interface in &object.implements {
                self.raise(&interface.node, &definition.name.node);
            }
        }
    }

    /// Takes the larger page of a field of an interface and the same field of a type behind it: any of them may answer.
    fn raise(&mut self, interface: &str, object: &str) {
        let Some(behind) = self.fields.get(object).cloned() else { return };
        for (name, field) in self.fields.entry(interface.to_owned()).or_default() {
            if let Some(other) = behind.get(name) {
                field.list |= other.list;
                field.default_page = field.default_page.max(other.default_page);
            }
        }
    }
}

impl FieldShape {
    fn read(field: &FieldDefinition, composites: &HashSet<&str>) -> Self {
        let (type_name, list) = named_type(&field.ty.node);
        let feed = type_name.ends_with("ChangePage") || type_name.ends_with("SnapshotPage");
        let unstated = if feed { UNSTATED_FEED_PAGE } else { UNSTATED_PAGE };
        let sizes =
            field.arguments.iter().map(|argument| &argument.node).filter(|argument| matches!(&*argument.name.node, "first" | "last"));
        let stated = |value: &ConstValue| if let ConstValue::Number(number) = value { number.as_u64() } else { None };
        let pages = sizes.map(|argument| argument.default_value.as_ref().and_then(|value| stated(&value.node)));
        let default_page = pages.reduce(Option::max).map(|page| page.unwrap_or(unstated));
        Self { type_name: type_name.to_owned(), list, composite: composites.contains(type_name), default_page }
    }

    /// A page of the change feed or of a snapshot. Ten of its rows cost as one: they are read in one sweep without joins,
    /// and integrators must be able to take pages of 500.
    pub(super) fn feed(&self) -> bool {
        self.type_name.ends_with("ChangePage") || self.type_name.ends_with("SnapshotPage")
    }

    /// A wrapper round one row, which costs nothing beside the row, and as much as the row without it.
    pub(super) fn edge(&self) -> bool {
        self.type_name.ends_with("Edge")
    }
}

fn is_composite(definition: &TypeDefinition) -> bool {
    matches!(definition.kind, TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_))
}

fn fields(definition: &TypeDefinition) -> impl Iterator<Item = &FieldDefinition> {
    let fields = match &definition.kind {
        TypeKind::Object(object) => object.fields.as_slice(),
        TypeKind::Interface(interface) => interface.fields.as_slice(),
        _ => &[],
    };
    fields.iter().map(|field| &field.node)
}

fn named_type(ty: &Type) -> (&str, bool) {
    match &ty.base {
        BaseType::Named(name) => (name, false),
        BaseType::List(inner) => (named_type(inner).0, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_with_their_pages() {
        let shape = SchemaShape::from_sdl(
            r#"
            schema { query: Root }
            "A document" directive @cost(weight: Int! = 1) on FIELD_DEFINITION
            type Root {
                plain: String!
                things(first: Int = 15, last: Int): ThingConnection! @cost(weight: 2)
                others(first: Int, after: String): [[Thing!]!]
                changes(first: Int): ThingChangePage!
                found: Found
            }
            type ThingConnection { edges: [ThingEdge!]! } type ThingEdge { node: Thing! } type ThingChangePage { a: Int }
            interface Thing { parts(first: Int = 3): [Thing!]! }
            type Rock implements Thing { parts(first: Int = 30): [Thing!]! }
            union Found = Rock
            enum E { A B } input I { a: Int = 3 } scalar S
        "#,
        )
        .unwrap();
        let table = [
            ("Root", "plain", "String", false, false, None),
            ("Root", "things", "ThingConnection", false, true, Some(15)),
            ("Root", "others", "Thing", true, true, Some(20)),
            ("Root", "changes", "ThingChangePage", false, true, Some(100)),
            ("Root", "found", "Found", false, true, None),
            ("ThingConnection", "edges", "ThingEdge", true, true, None),
            ("Thing", "parts", "Thing", true, true, Some(30)),
            ("Rock", "parts", "Thing", true, true, Some(30)),
        ];
        for (parent, name, type_name, list, composite, default_page) in table {
            let expected = FieldShape { type_name: type_name.to_owned(), list, composite, default_page };
            assert_eq!(shape.field(parent, name), Some(&expected), "{parent}.{name}");
        }
        assert_eq!((shape.root(OperationType::Query), shape.root(OperationType::Mutation)), ("Root", "Mutation"));
        assert_eq!(shape.field("Root", "unknown"), None);
    }

    #[test]
    fn text_that_is_no_schema_is_an_error() {
        assert!(SchemaShape::from_sdl("type {").is_err());
    }
}
