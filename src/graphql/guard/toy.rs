//! A small schema for the tests of the guard.

use crate::graphql::guard::{Checked, Guard, Limits, Rejection};
use serde_json::{Value, json};

pub(super) const SDL: &str = r#"
    schema { query: Query mutation: Mutation }
    interface Node { id: ID! }
    type Query {
        node(id: ID!): Node
        nodes(ids: [ID!]!): [Node]!
        product(id: ID!): Product
        products(search: String, first: Int = 20, last: Int): ProductConnection!
        featured: [Product!]!
        adminUnits(era: String = "NEW", province: String): [Unit!]!
        rubrics(rulebook: String, number: Int, group: Kind): [Rubric!]!
        listingChanges(since: String, first: Int = 100): ListingChangePage!
    }
    type Mutation { rename(id: ID!, name: String!): Product archive(listingIds: [ID!]!): Archived! }
    type Product implements Node {
        id: ID! name: String! kind: Kind! tags: [String!]! producer: Producer!
        variants: [Variant!]! related(first: Int = 20): ProductConnection!
    }
    type Producer { name: String! products(first: Int = 20): ProductConnection! }
    type Unit { name: String! } type Rubric { criteria: [Unit!]! }
    type Variant { sku: String! }
    type ProductConnection {
        nodes: [Product!]! edges: [ProductEdge!]! pageInfo: PageInfo! totalCount: Int! facets: [Facet!]!
    }
    type ProductEdge { cursor: String! node: Product! }
    type PageInfo { hasNextPage: Boolean! }
    type Facet { name: String! count: Int! }
    type ListingChangePage { changes: [ListingChange!]! endCursor: String! }
    type ListingChange { id: ID! listing: Product }
    type Archived { count: Int! products: [Product!]! }
    enum Kind { FOOD DRINK }
"#;

pub(super) fn guard(limits: Limits) -> Guard {
    Guard::new(SDL, limits).unwrap()
}

/// Checks a document without variables under the published limits.
pub(super) fn check(query: &str) -> Result<Checked, Rejection> {
    check_with(query, json!({}))
}

pub(super) fn check_with(query: &str, variables: Value) -> Result<Checked, Rejection> {
    guard(Limits::default()).check(query, None, variables.as_object().unwrap())
}
