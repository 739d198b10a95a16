//! The limits, and the comparison of what was measured with them.

use crate::graphql::guard::measure::Weight;
use crate::graphql::guard::rejection::Rejection;
use async_graphql::Positioned;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType};

/// What one mutation at the root costs beside what it returns.
const ROOT_MUTATION_COST: u64 = 10;

/// How large one request may be. The numbers of [`Limits::default`] are the service's published limits.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Lexical tokens in the document.
    pub tokens: u64,
    /// Brackets (`{`, `[`, `(`) open at once, of whatever kind.
    pub nesting: u32,
    /// Operations in the document, of which one runs.
    pub operations: u64,
    /// Fragment definitions in the document.
    pub fragments: u64,
    /// Selection sets inside each other, fragments included. async-graphql refuses more than 32.
    pub selection_nesting: u32,
    /// Fields, spreads and inline fragments of an operation with every fragment expanded: bounds the engine's own walks.
    pub selections: u64,
    /// Fields inside each other.
    pub depth: u32,
    /// Fields inside each other below `__schema` and `__type`. The standard introspection query needs 15.
    pub introspection_depth: u32,
    /// `fields`, `interfaces`, `possibleTypes` and `inputFields` inside each other (the `MaxIntrospectionDepthRule` of graphql-js).
    pub introspection_lists: u32,
    /// `__schema` and `__type` in an operation.
    pub introspection_roots: u64,
    /// Aliases of an operation with every fragment expanded.
    pub aliases: u64,
    /// Directives of an operation with every fragment expanded.
    pub directives: u64,
    /// Fields at the root of an operation.
    pub root_fields: u64,
    /// Fields at the root of a mutation.
    pub root_mutations: u64,
    /// Scalars, lists and objects in the variables.
    pub variable_values: u64,
    /// Lists and objects inside each other in the variables.
    pub variable_depth: u32,
    /// The estimated cost of the operation that runs.
    pub cost: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tokens: 2_000,
            nesting: 64,
            operations: 10,
            fragments: 50,
            selection_nesting: 32,
            selections: 2_000,
            depth: 12,
            introspection_depth: 15,
            introspection_lists: 2,
            introspection_roots: 2,
            aliases: 30,
            directives: 30,
            root_fields: 20,
            root_mutations: 5,
            variable_values: 1_000,
            variable_depth: 16,
            cost: 1_000,
        }
    }
}

impl Limits {
    /// Checks what can be counted without measuring.
    pub(super) fn check_document(&self, document: &ExecutableDocument) -> Result<(), Rejection> {
        let operations = document.operations.iter().count() as u64;
        if operations > self.operations {
            let message =
                format!("The document has {operations} operations; at most {} are allowed. Send only those you use.", self.operations);
            return Err(Rejection::input(message, None));
        }
        let fragments = document.fragments.len() as u64;
        if fragments > self.fragments {
            let message =
                format!("The document has {fragments} fragments; at most {} are allowed. Send only those you use.", self.fragments);
            return Err(Rejection::input(message, None));
        }
        Ok(())
    }

    /// Checks what one operation was measured to hold, its cost apart.
    pub(super) fn check_operation(&self, operation: &Positioned<OperationDefinition>, weight: Weight) -> Result<(), Rejection> {
        let root_limit = match operation.node.ty {
            OperationType::Mutation => self.root_mutations,
            OperationType::Query => self.root_fields,
            // GraphQL specification 5.2.3.1: a subscription has one root field; async-graphql 7.2.1 would run several.
            OperationType::Subscription => 1,
        };
        let measured = [
            ("selected fields and fragments, with fragments expanded", weight.selections, self.selections, "Ask for less at once."),
            ("levels of fields", weight.depth.into(), self.depth.into(), "Ask for the deeper part by id in a second request."),
            (
                "levels of introspection",
                weight.introspection_depth.into(),
                self.introspection_depth.into(),
                "Use the standard introspection query.",
            ),
            (
                "introspection lists inside each other",
                weight.introspection_lists.into(),
                self.introspection_lists.into(),
                "Ask for types one by one, by __type(name:).",
            ),
            ("introspection roots", weight.introspection_roots, self.introspection_roots, "Introspect once and keep the answer."),
            ("aliases, with fragments expanded", weight.aliases, self.aliases, "Ask for a list instead of many aliases."),
            ("directives, with fragments expanded", weight.directives, self.directives, "Leave fields out instead of skipping them."),
            ("root fields", weight.fields, root_limit, "Split the operation into several requests."),
        ];
        match measured.into_iter().find(|(_, count, limit, _)| count > limit) {
            Some((what, _, limit, advice)) => {
                Err(Rejection::input(format!("The operation has more than {limit} {what}. {advice}"), Some(operation.pos)))
            }
            None => Ok(()),
        }
    }

    /// Returns the cost of the operation that runs, if it may run.
    pub(super) fn check_cost(&self, operation: &Positioned<OperationDefinition>, weight: Weight) -> Result<u64, Rejection> {
        let mutations = if operation.node.ty == OperationType::Mutation { weight.fields } else { 0 };
        let cost = weight.cost.unpaged().saturating_add(mutations.saturating_mul(ROOT_MUTATION_COST));
        if cost <= self.cost {
            return Ok(cost);
        }
        let message = format!("The operation costs {cost}; the limit is {}. Ask for smaller pages or fewer nested lists.", self.cost);
        Err(Rejection::cost(message, Some(operation.pos)))
    }
}
