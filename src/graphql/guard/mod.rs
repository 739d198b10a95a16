//! Refuses a request that could hurt the process before the engine sees it.
//!
//! async-graphql 7.2.1 has no cure of its own for two kinds of request. Its parser recurses over list and object literals
//! without a cap, so 6 kB of `[` overflow the stack and end the process; and its walks expand every fragment spread anew,
//! so 1 kB of fragments that spread each other twice keeps a thread busy for minutes. So a document passes, in this order:
//! [`prescan`] (bytes, before any parser), the limits on variables, one parse, and one measurement in which each fragment
//! is weighed once. The parsed document is handed on, so nothing is parsed twice.

mod cost;
mod limits;
mod measure;
mod passed;
mod prescan;
mod rejection;
mod shape;
mod variables;

#[cfg(test)]
mod bomb_tests;
#[cfg(test)]
mod cost_tests;
#[cfg(test)]
mod limit_tests;
#[cfg(test)]
mod toy;

use crate::graphql::guard::measure::{Meter, Weight};
use crate::graphql::guard::passed::Passed;
use crate::graphql::guard::variables::Bindings;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::{Name, Positioned, Value, Variables};
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use cost::FEED_ROWS_PER_UNIT;
pub use limits::Limits;
pub use passed::Pass;
pub use prescan::prescan;
pub use rejection::{Rejection, RejectionCode};
pub use shape::{SchemaShape, SdlError};
pub use variables::check_variables;

/// The checks of every request, built once from the schema.
#[derive(Debug)]
pub struct Guard {
    shape: SchemaShape,
    limits: Limits,
    /// Documents that passed, parsed, by their text.
    known: Mutex<LruCache<Box<str>, Known>>,
}

/// Documents kept parsed. With [`KEPT_BYTES`] each they are at most 1 MiB of text, and some tens of MiB parsed.
const KEPT: NonZeroUsize = NonZeroUsize::new(128).expect("not zero");
/// The longest document kept, in bytes; clients' own are far shorter.
const KEPT_BYTES: usize = 8 * 1024;

/// A document that passed.
#[derive(Debug, Clone)]
struct Known {
    document: Arc<ExecutableDocument>,
    passed: Arc<Passed>,
}

/// A request that may run.
#[derive(Debug)]
pub struct Checked {
    /// The parsed document; give it to `Request::set_parsed_query`.
    pub document: ExecutableDocument,
    /// The kind of the operation that will run.
    pub operation: OperationType,
    /// The estimated cost of that operation.
    pub cost: u64,
    /// How deep its fields nest.
    pub depth: u32,
    /// Whether the engine has validated the same before; `None` when that can't be told.
    pub pass: Option<Pass>,
    boolean_defaults: Vec<(Name, Value)>,
}

impl Guard {
    /// Builds the guard of the schema written in `sdl`.
    ///
    /// # Errors
    /// Fails when `sdl` is not a schema document.
    pub fn new(sdl: &str, limits: Limits) -> Result<Self, SdlError> {
        Ok(Self { shape: SchemaShape::from_sdl(sdl)?, limits, known: Mutex::new(LruCache::new(KEPT)) })
    }

    /// The limits this guard holds requests to.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Checks one request. Takes time linear in its length, whatever it says.
    ///
    /// # Errors
    /// Says which limit is passed and what to do, or where the document does not parse, or that the operation to run is unclear.
    pub fn check(
        &self,
        query: &str,
        operation_name: Option<&str>,
        variables: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Checked, Rejection> {
        check_variables(variables, &self.limits)?;
        let known = self.known().get(query).cloned();
        let is_known = known.is_some();
        let known = known.map_or_else(|| self.read(query), Ok)?;
        let operation = selected(&known.document, operation_name)?;
        let weight = self.weigh(&known.document, operation, variables)?;
        let cost = self.limits.check_cost(operation, weight)?;
        let (kind, boolean_defaults) = (operation.node.ty, boolean_defaults(&operation.node));
        let pass = Pass::of(&known.passed, operation_name, &operation.node, variables);
        if !is_known && query.len() <= KEPT_BYTES {
            self.known().put(query.into(), known.clone());
        }
        Ok(Checked {
            document: Arc::unwrap_or_clone(known.document),
            operation: kind,
            cost,
            depth: weight.depth.max(weight.introspection_depth),
            pass,
            boolean_defaults,
        })
    }

    fn known(&self) -> MutexGuard<'_, LruCache<Box<str>, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Parses a document that nobody has sent before.
    fn read(&self, query: &str) -> Result<Known, Rejection> {
        prescan(query, &self.limits)?;
        let document = async_graphql::parser::parse_query(query).map_err(|error| Rejection::unparsable(&error))?;
        self.limits.check_document(&document)?;
        Ok(Known { document: Arc::new(document), passed: Arc::default() })
    }

    /// Weighs every operation and fragment, because the engine walks them all, and returns what the operation to run weighs.
    fn weigh(
        &self,
        document: &ExecutableDocument,
        selected: &Positioned<OperationDefinition>,
        variables: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Weight, Rejection> {
        let mut meter = Meter::new(&self.shape, document, Bindings::new(variables, &selected.node), &self.limits);
        let weight = meter.operation(selected)?;
        meter.unused_fragments()?;
        self.limits.check_operation(selected, weight)?;
        let nothing = serde_json::Map::new();
        for (_, other) in document.operations.iter().filter(|(_, operation)| !std::ptr::eq(*operation, selected)) {
            let mut meter = Meter::new(&self.shape, document, Bindings::new(&nothing, &other.node), &self.limits);
            self.limits.check_operation(other, meter.operation(other)?)?;
        }
        Ok(weight)
    }
}

impl Checked {
    /// Gives every Boolean variable the client left out the default its definition states.
    ///
    /// async-graphql 7.2.1 evaluates `@skip` and `@include` on the variables as sent and takes a missing one for `false`
    /// (its pull request 1827 is open), so `query($x: Boolean = true) { a @skip(if: $x) }` would answer `a`. Only Boolean
    /// variables can stand in these directives, and the engine applies defaults everywhere else.
    pub fn fill_defaults(&self, variables: &mut Variables) {
        for (name, value) in &self.boolean_defaults {
            if !variables.contains_key(name) {
                variables.insert(name.clone(), value.clone());
            }
        }
    }
}

fn boolean_defaults(operation: &OperationDefinition) -> Vec<(Name, Value)> {
    let definitions = operation.variable_definitions.iter().map(|definition| &definition.node);
    definitions
        .filter(|definition| definition.var_type.node.base.to_string() == "Boolean")
        .filter_map(|definition| Some((definition.name.node.clone(), definition.default_value.as_ref()?.node.clone())))
        .collect()
}

/// The operation to run, as `GetOperation` of the specification finds it.
fn selected<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Result<&'a Positioned<OperationDefinition>, Rejection> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(operation),
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => {
            operations.values().next().ok_or_else(|| Rejection::input("The document has no operation.", None))
        }
        (DocumentOperations::Multiple(_), None) => {
            Err(Rejection::input("The document has several operations: say which one to run in operationName.", None))
        }
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name).ok_or_else(unknown_operation),
        (DocumentOperations::Single(_), Some(_)) => Err(unknown_operation()),
    }
}

fn unknown_operation() -> Rejection {
    Rejection::input("The document has no operation with the name given in operationName.", None)
}
