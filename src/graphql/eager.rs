//! Objects that answer at once what they know.
//!
//! async-graphql 7.2.1 makes a task for each field of an object, also for those that only copy a value: of a page of listings these tasks cost
//! more than all else in this process (docs/benchmarks.md). Here a field is tried first, and becomes a task only if it has to wait. Values
//! stand in the order of the document from the beginning.

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Name, ObjectType, OutputType, Positioned, ServerResult, Value,
    indexmap::{IndexMap, map::Entry},
    parser::types::{Field, Selection, SelectionSet},
    registry::Registry,
};
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use std::{
    borrow::Cow,
    future::poll_fn,
    ops::Deref,
    pin::pin,
    task::{Context as Task, Poll},
};

/// An object whose fields are resolved eagerly.
#[derive(Clone)]
pub struct Eager<T> {
    fields: T,
}

impl<T> Eager<T> {
    /// The object of a row.
    pub fn of(row: impl Into<T>) -> Self {
        Self { fields: row.into() }
    }
}

impl<T> Deref for Eager<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.fields
    }
}

impl<T: ObjectType> OutputType for Eager<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve(context, &self.fields).await
    }
}

impl<T: ObjectType> ContainerType for Eager<T> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        self.fields.resolve_field(context).await
    }
}

impl<T: ObjectType> ObjectType for Eager<T> {}

async fn resolve<T: ObjectType>(context: &ContextSelectionSet<'_>, object: &T) -> ServerResult<Value> {
    let mut answers = Answers { keys: Vec::new(), values: Vec::new(), waiting: Vec::new() };
    let selected = &context.item.node;
    poll_fn(|task| {
        answers.begin((context, selected), object, task);
        Poll::Ready(())
    })
    .await;
    answers.finish(context).await
}

type Answer = ServerResult<Option<Value>>;

/// The answers of an object's fields in the order of the document.
struct Answers<'a> {
    keys: Vec<&'a Name>,
    values: Vec<Option<Answer>>,
    waiting: Vec<(usize, BoxFuture<'a, Answer>)>,
}

impl<'a> Answers<'a> {
    /// Tries the fields of a selection set and of its fragments.
    fn begin<T: ObjectType>(
        &mut self,
        (context, selected): (&'a ContextSelectionSet<'a>, &'a SelectionSet),
        object: &'a T,
        task: &mut Task<'_>,
    ) {
        self.keys.reserve(selected.items.len());
        self.values.reserve(selected.items.len());
        for selection in &selected.items {
            match &selection.node {
                Selection::Field(field) => self.field(context, field, object, task),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    if applies::<T>(context, condition) {
                        self.begin((context, &fragment.node.selection_set.node), object, task);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    // Names of fragments were checked with the document.
                    let Some(fragment) = context.query_env.fragments.get(&spread.node.fragment_name.node) else { continue };
                    if applies::<T>(context, Some(fragment.node.type_condition.node.on.node.as_str())) {
                        self.begin((context, &fragment.node.selection_set.node), object, task);
                    }
                }
            }
        }
    }

    fn field<T: ObjectType>(
        &mut self,
        context: &'a ContextSelectionSet<'a>,
        field: &'a Positioned<Field>,
        object: &'a T,
        task: &mut Task<'_>,
    ) {
        self.keys.push(&field.node.response_key().node);
        if field.node.name.node == "__typename" {
            self.values.push(Some(Ok(Some(Value::String(T::type_name().into_owned())))));
            return;
        }
        // A leaf hardly ever waits. One that does is asked again from its beginning, like the others: fields of objects only read.
        if field.node.selection_set.node.items.is_empty() {
            let asked = context.with_field(field);
            if let Poll::Ready(known) = pin!(object.resolve_field(&asked)).poll(task) {
                self.values.push(Some(known));
                return;
            }
        }
        let mut answer: BoxFuture<'a, Answer> = Box::pin(async move { object.resolve_field(&context.with_field(field)).await });
        match answer.as_mut().poll(task) {
            Poll::Ready(known) => self.values.push(Some(known)),
            Poll::Pending => {
                self.waiting.push((self.values.len(), answer));
                self.values.push(None);
            }
        }
    }

    /// Waits for the fields that must wait, and makes the object. Fields that failed are left out of it and told of.
    async fn finish(self, context: &ContextSelectionSet<'_>) -> ServerResult<Value> {
        let Self { keys, mut values, waiting } = self;
        if !waiting.is_empty() {
            let mut waiting: FuturesUnordered<_> = waiting.into_iter().map(|(at, answer)| async move { (at, answer.await) }).collect();
            while let Some((at, answer)) = waiting.next().await {
                values[at] = Some(answer);
            }
        }
        let mut found = IndexMap::with_capacity(keys.len());
        for (key, answer) in keys.into_iter().zip(values.into_iter().flatten()) {
            match answer {
                Ok(value) => merge(&mut found, key.clone(), value.unwrap_or_default()),
                Err(error) => context.add_error(error),
            }
        }
        Ok(if found.is_empty() { Value::Null } else { Value::Object(found) })
    }
}

/// Whether a fragment is about this kind of object (GraphQL specification, 6.3.2: `DoesFragmentTypeApply`).
fn applies<T: ObjectType>(context: &ContextSelectionSet<'_>, condition: Option<&str>) -> bool {
    let Some(condition) = condition else { return true };
    let name = T::type_name();
    name == condition || context.schema_env.registry.implements.get(&*name).is_some_and(|kinds| kinds.contains(condition))
}

/// Puts a field into its object; where its key stands already, what is below is put together (GraphQL specification, 6.4.3:
/// `MergeSelectionSets`).
fn merge(object: &mut IndexMap<Name, Value>, key: Name, value: Value) {
    match object.entry(key) {
        Entry::Vacant(place) => {
            place.insert(value);
        }
        Entry::Occupied(mut place) => together(place.get_mut(), value),
    }
}

fn together(one: &mut Value, other: Value) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => other.into_iter().for_each(|(key, value)| merge(one, key, value)),
        (Value::List(one), Value::List(other)) => one.iter_mut().zip(other).for_each(|(one, other)| together(one, other)),
        _ => {}
    }
}

/// Names an eager object of rows that several objects may share: `eager!(Object = Fields(Row))`.
macro_rules! eager {
    ($(#[$doc:meta])* $object:ident = $fields:ident($row:ty)) => {
        $(#[$doc])*
        pub type $object = $crate::graphql::eager::Eager<$fields>;

        impl From<$row> for $fields {
            fn from(row: $row) -> Self {
                Self(std::sync::Arc::new(row))
            }
        }

        impl From<std::sync::Arc<$row>> for $fields {
            fn from(row: std::sync::Arc<$row>) -> Self {
                Self(row)
            }
        }
    };
}
pub(super) use eager;

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::{EmptyMutation, EmptySubscription, Error, Object, Schema, SimpleObject};
    use tokio::task::yield_now;

    #[derive(SimpleObject, Clone)]
    #[graphql(name = "Leaf")]
    struct LeafFields {
        a: i32,
        b: i32,
    }

    #[derive(Clone)]
    struct TreeFields(i32);

    #[Object(name = "Tree")]
    impl TreeFields {
        async fn known(&self) -> i32 {
            self.0
        }

        async fn late(&self) -> i32 {
            yield_now().await;
            self.0
        }

        async fn failed(&self) -> Result<i32, Error> {
            Err("failed".into())
        }

        async fn failed_late(&self) -> Result<i32, Error> {
            yield_now().await;
            Err("failed late".into())
        }

        async fn nothing(&self) -> Option<i32> {
            None
        }

        async fn leaf(&self, #[graphql(default = 1)] by: i32) -> Eager<LeafFields> {
            yield_now().await;
            Eager { fields: LeafFields { a: by, b: 2 } }
        }

        async fn trees(&self) -> Vec<Eager<Self>> {
            (0..self.0).map(|number| Eager { fields: Self(number) }).collect()
        }
    }

    /// The same object, resolved by the engine alone.
    struct Root;

    #[Object]
    impl Root {
        async fn plain(&self) -> TreeFields {
            TreeFields(3)
        }

        async fn eager(&self) -> Eager<TreeFields> {
            Eager { fields: TreeFields(3) }
        }
    }

    /// An eager object answers as the engine does, errors included, in the order of the document.
    #[tokio::test]
    async fn objects_answer_as_the_engine_does() {
        let schema = Schema::new(Root, EmptyMutation, EmptySubscription);
        for (selected, expected) in [
            ("known late nothing", r#"{"known":3,"late":3,"nothing":null}"#),
            ("late known x: known", r#"{"late":3,"known":3,"x":3}"#),
            ("leaf { b a } known", r#"{"leaf":{"b":2,"a":1},"known":3}"#),
            ("leaf(by: 7) { a } leaf(by: 7) { b a }", r#"{"leaf":{"a":7,"b":2}}"#),
            ("...F ... { late } ... on Tree { leaf { a } }", r#"{"known":3,"__typename":"Tree","late":3,"leaf":{"a":1}}"#),
            (
                "trees { known trees { late } } trees { known trees { known } }",
                r#"{"trees":[{"known":0,"trees":[]},{"known":1,"trees":[{"late":0,"known":0}]},{"known":2,"trees":[{"late":0,"known":0},{"late":1,"known":1}]}]}"#,
            ),
            ("known @skip(if: true) late", r#"{"late":3}"#),
            ("failed known failedLate", r#"{"known":3}"#),
            ("failed failedLate", "null"),
        ] {
            let answers = |field: &str| {
                let uses = if selected.contains("...F") { "fragment F on Tree { known __typename }" } else { "" };
                schema.execute(format!("{{ {field} {{ {selected} }} }} {uses}"))
            };
            let (eager, plain) = (answers("eager").await, answers("plain").await);
            let text = |answer: &async_graphql::Response, field: &str| match &answer.data {
                Value::Object(data) => serde_json::to_value(&data[field]).expect("JSON"),
                other => serde_json::to_value(other).expect("JSON"),
            };
            assert_eq!(text(&eager, "eager"), text(&plain, "plain"), "{selected}: the same, but for the order");
            assert_eq!(text(&eager, "eager").to_string(), expected, "{selected}");
            let mut errors = [eager.errors, plain.errors].map(|errors| errors.into_iter().map(|e| e.message).collect::<Vec<_>>());
            errors.iter_mut().for_each(|errors| errors.sort());
            assert_eq!(errors[0], errors[1], "{selected}");
        }
    }
}
