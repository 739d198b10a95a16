//! The GraphQL API: what a client may ask, what it is told, and what is refused before it runs. One file a concept.

#![expect(clippy::too_many_arguments, reason = "each argument of a field is an argument of its resolver")]

pub mod access;
pub mod admin_unit;
mod batching;
pub mod channel;
pub mod connection;
pub mod context;
pub mod dossier;
pub mod error;
pub mod feed;
pub mod guard;
mod id;
pub mod listing;
pub mod loader;
pub mod node;
pub mod order;
pub mod producer;
pub mod product;
pub mod rating;
pub mod rubric;
pub mod scalar;
pub mod service_info;

use async_graphql::{EmptySubscription, MergedObject, Request, SDLExportOptions, Schema, dataloader::DataLoader};
use std::time::Duration;

use crate::{domain::actor::Actor, service::Service};
pub use batching::execute;
pub use context::{Asked, locale};
use loader::Batch;

/// The schema with its resolvers.
pub type CatalogSchema = Schema<Query, Mutation, EmptySubscription>;

/// What can be read.
#[derive(MergedObject, Default)]
pub struct Query(
    listing::query::ListingQuery,
    product::query::ProductQuery,
    producer::query::ProducerQuery,
    node::NodeQuery,
    feed::FeedQuery,
    dossier::DossierQuery,
    channel::query::ChannelQuery,
    admin_unit::AdminUnitQuery,
    rubric::RubricQuery,
    access::AccessQuery,
    service_info::ServiceInfoQuery,
);

/// What can be done. Each mutation is one transaction; refusals are told in `userErrors` and change nothing.
#[derive(MergedObject, Default)]
pub struct Mutation(
    access::mutation::AccessMutation,
    producer::mutation::ProducerMutation,
    product::mutation::ProductMutation,
    dossier::DossierMutation,
    rating::RatingMutation,
    listing::mutation::ListingMutation,
    channel::mutation::ChannelMutation,
);

/// The schema. Suggestions are off: they help those who guess names.
pub fn schema() -> CatalogSchema {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .register_output_type::<node::Node>()
        .disable_suggestions()
        .finish()
}

/// The schema as text, its fields and arguments sorted: what `schema.graphql` holds.
pub fn sdl() -> String {
    schema().sdl_with_options(SDLExportOptions::new().sorted_fields().sorted_arguments().include_specified_by())
}

/// Gives a request what its resolvers work with.
pub fn prepare(request: Request, service: &Service, actor: Actor, accept_language: &str) -> Request {
    let batch = Batch::new(service.clone(), &actor);
    let asked = Asked { service: service.clone(), actor, locale: locale(accept_language) };
    request.data(asked).data(DataLoader::new(batch, batching::later).delay(Duration::ZERO))
}
