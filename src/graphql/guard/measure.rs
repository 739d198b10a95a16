//! Weighs an operation with every fragment expanded, each fragment weighed once.
//!
//! The weight of a selection set depends on nothing but its own text (see [`cost`](crate::graphql::guard::cost) for how
//! pages keep to that), so a fragment spread a thousand times is looked up a thousand times and walked once. Spreads and
//! inline fragments count as well as fields: a bomb of fragments that ends in nothing would weigh nothing otherwise.

use crate::graphql::guard::cost::{self, Cost};
use crate::graphql::guard::limits::Limits;
use crate::graphql::guard::rejection::Rejection;
use crate::graphql::guard::shape::SchemaShape;
use crate::graphql::guard::variables::Bindings;
use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet};
use async_graphql::{Pos, Positioned};
use std::collections::HashMap;

/// What a selection set holds, fragments expanded. Counts saturate.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weight {
    pub(super) cost: Cost,
    /// Fields of this very set.
    pub(super) fields: u64,
    pub(super) selections: u64,
    pub(super) aliases: u64,
    pub(super) directives: u64,
    /// Fields inside each other, those below `__schema` and `__type` apart.
    pub(super) depth: u32,
    pub(super) introspection_depth: u32,
    pub(super) introspection_lists: u32,
    pub(super) introspection_roots: u64,
    /// Lists of introspection inside each other, wherever; counted by name, told apart at `__schema` and `__type`.
    lists: u32,
    /// Selection sets inside each other.
    nesting: u32,
}

/// Weighs one operation.
pub(super) struct Meter<'a> {
    shape: &'a SchemaShape,
    document: &'a ExecutableDocument,
    variables: Bindings<'a>,
    max_nesting: u32,
    fragments: HashMap<&'a str, Progress>,
}

enum Progress {
    Weighing,
    Weighed(Weight),
}

impl<'a> Meter<'a> {
    pub(super) fn new(shape: &'a SchemaShape, document: &'a ExecutableDocument, variables: Bindings<'a>, limits: &Limits) -> Self {
        Self { shape, document, variables, max_nesting: limits.selection_nesting, fragments: HashMap::new() }
    }

    /// Weighs an operation.
    ///
    /// # Errors
    /// Refuses fragments that contain themselves and selection sets nested deeper than the engine can walk.
    pub(super) fn operation(&mut self, operation: &'a Positioned<OperationDefinition>) -> Result<Weight, Rejection> {
        let node = &operation.node;
        let mut weight = self.selection_set(Some(self.shape.root(node.ty)), &node.selection_set, 0)?;
        let on_variables: usize = node.variable_definitions.iter().map(|definition| definition.node.directives.len()).sum();
        weight.directives = weight.directives.saturating_add((node.directives.len() + on_variables) as u64);
        Ok(weight)
    }

    /// Weighs the fragments no operation reached: the engine walks them too.
    ///
    /// # Errors
    /// As [`Meter::operation`].
    pub(super) fn unused_fragments(&mut self) -> Result<(), Rejection> {
        let mut names: Vec<&str> = self.document.fragments.keys().map(|name| name.as_str()).collect();
        names.sort_unstable(); // the map has no order, and an answer must not change from one try to the next
        names.into_iter().try_for_each(|name| self.fragment(name, Pos::default(), 0).map(|_| ()))
    }

    fn selection_set(&mut self, parent: Option<&'a str>, set: &'a Positioned<SelectionSet>, level: u32) -> Result<Weight, Rejection> {
        self.check_nesting(level, set.pos)?;
        let mut total = Weight::default();
        for item in &set.node.items {
            let mut weight = match &item.node {
                Selection::Field(field) => self.field(parent, &field.node, level)?,
                Selection::InlineFragment(fragment) => {
                    let narrowed = fragment.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    self.selection_set(narrowed.or(parent), &fragment.node.selection_set, level + 1)?.nested()
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, item.pos, level + 1)?.nested(),
            };
            weight.selections = weight.selections.saturating_add(1);
            weight.directives = weight.directives.saturating_add(item.node.directives().len() as u64);
            total = total.beside(weight);
        }
        Ok(total)
    }

    fn field(&mut self, parent: Option<&'a str>, field: &'a Field, level: u32) -> Result<Weight, Rejection> {
        let name = field.name.node.as_str();
        let shape = self.shape;
        let known = parent.and_then(|parent| shape.field(parent, name));
        let inner = if field.selection_set.node.items.is_empty() {
            Weight::default()
        } else {
            let returned = known.map(|known| known.type_name.as_str());
            self.selection_set(returned, &field.selection_set, level + 1)?.nested()
        };
        let aliases = inner.aliases.saturating_add(u64::from(field.alias.is_some()));
        let lists = inner.lists + u32::from(matches!(name, "fields" | "interfaces" | "possibleTypes" | "inputFields"));
        let weight = Weight { cost: cost::of_field(field, known, inner.cost, &self.variables), fields: 1, aliases, lists, ..inner };
        Ok(if matches!(name, "__schema" | "__type") { weight.as_introspection() } else { weight.one_deeper() })
    }

    fn fragment(&mut self, name: &'a str, spread_at: Pos, level: u32) -> Result<Weight, Rejection> {
        match self.fragments.get(name) {
            Some(Progress::Weighing) => {
                let message = format!("The fragment {name} contains itself. Remove the spread.");
                return Err(Rejection::input(message, Some(spread_at)));
            }
            Some(Progress::Weighed(weight)) => {
                let weight = *weight;
                self.check_nesting(level + weight.nesting, spread_at)?;
                return Ok(weight);
            }
            None => {}
        }
        // A fragment that is not there is for validation to report.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Weight::default()) };
        self.fragments.insert(name, Progress::Weighing);
        let condition = fragment.node.type_condition.node.on.node.as_str();
        let mut weight = self.selection_set(Some(condition), &fragment.node.selection_set, level)?;
        weight.directives = weight.directives.saturating_add(fragment.node.directives.len() as u64);
        self.fragments.insert(name, Progress::Weighed(weight));
        Ok(weight)
    }

    /// Bounds this walk's own recursion, and every walk of the engine's after it.
    fn check_nesting(&self, level: u32, at: Pos) -> Result<(), Rejection> {
        if level <= self.max_nesting {
            return Ok(());
        }
        let message = format!(
            "Selections and fragments nest more than {} deep. Ask for the deeper part by id in a second request.",
            self.max_nesting
        );
        Err(Rejection::input(message, Some(at)))
    }
}

impl Weight {
    fn beside(self, other: Self) -> Self {
        Self {
            cost: self.cost.plus(other.cost),
            fields: self.fields.saturating_add(other.fields),
            selections: self.selections.saturating_add(other.selections),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            depth: self.depth.max(other.depth),
            introspection_depth: self.introspection_depth.max(other.introspection_depth),
            introspection_lists: self.introspection_lists.max(other.introspection_lists),
            introspection_roots: self.introspection_roots.saturating_add(other.introspection_roots),
            lists: self.lists.max(other.lists),
            nesting: self.nesting.max(other.nesting),
        }
    }

    /// The weight of a selection that has this one as its selection set.
    fn nested(self) -> Self {
        Self { nesting: self.nesting + 1, ..self }
    }

    fn one_deeper(self) -> Self {
        let introspection_depth = if self.introspection_depth == 0 { 0 } else { self.introspection_depth + 1 };
        Self { depth: self.depth + 1, introspection_depth, ..self }
    }

    fn as_introspection(self) -> Self {
        Self {
            depth: 0,
            introspection_depth: self.depth + 1,
            introspection_lists: self.lists,
            introspection_roots: self.introspection_roots.saturating_add(1),
            ..self
        }
    }
}
