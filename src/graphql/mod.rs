//! The GraphQL API: what a client may ask, what it is told, and what is refused before it runs. One file a concept.

#![expect(clippy::too_many_arguments, reason = "each argument of a field is an argument of its resolver")]

pub mod access;
pub mod admin_unit;
pub mod audit;
mod batching;
pub mod certificate;
pub mod channel;
pub mod connection;
pub mod context;
pub mod council;
pub mod dossier;
pub mod eager;
pub mod error;
pub mod feed;
pub mod guard;
mod id;
pub mod import;
pub mod lines;
pub mod listing;
pub mod loader;
mod mentions;
pub mod node;
pub mod order;
pub mod producer;
pub mod product;
pub mod rating;
pub mod records;
mod review_loader;
pub mod rubric;
pub mod scalar;
mod seeds;
pub mod service_info;
pub mod statistics;
pub mod subscription;
pub mod upload;
pub mod webhook;

use async_graphql::{MergedObject, Request, SDLExportOptions, Schema, ValidationMode, dataloader::DataLoader};
use std::{sync::Arc, time::Duration};

use crate::{domain::actor::Actor, service::Service};
pub use batching::execute;
pub use context::{Asked, Visitor, locale};
use loader::Batch;
use subscription::Subscription;

/// The schema with its resolvers.
pub type CatalogSchema = Schema<Query, Mutation, Subscription>;

/// What can be read.
#[derive(MergedObject, Default)]
pub struct Query(
    listing::query::ListingQuery,
    product::query::ProductQuery,
    producer::query::ProducerQuery,
    node::NodeQuery,
    feed::FeedQuery,
    webhook::WebhookQuery,
    import::ImportQuery,
    dossier::query::DossierQuery,
    council::query::CouncilQuery,
    certificate::CertificateQuery,
    audit::AuditQuery,
    statistics::StatisticsQuery,
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
    dossier::mutation::DossierMutation,
    dossier::review::ReviewMutation,
    council::mutation::CouncilMutation,
    rating::mutation::RatingMutation,
    rubric::mutation::RubricMutation,
    upload::UploadMutation,
    listing::mutation::ListingMutation,
    channel::mutation::ChannelMutation,
    channel::portal::PortalMutation,
    feed::FeedMutation,
    webhook::mutation::WebhookMutation,
);

/// The schema.
pub fn schema() -> CatalogSchema {
    build(ValidationMode::Strict)
}

/// The same, for documents that [`schema`] has validated before, and for our own.
pub fn validated() -> CatalogSchema {
    build(ValidationMode::Fast)
}

/// Suggestions are off: they help those who guess names.
fn build(validation: ValidationMode) -> CatalogSchema {
    Schema::build(Query::default(), Mutation::default(), Subscription)
        .register_output_type::<node::Node>()
        .disable_suggestions()
        .validation_mode(validation)
        .finish()
}

/// The schema as text, its fields and arguments sorted: what `schema.graphql` holds.
pub fn sdl() -> String {
    schema().sdl_with_options(SDLExportOptions::new().sorted_fields().sorted_arguments().include_specified_by())
}

/// Gives a request what its resolvers work with.
pub fn prepare(request: Request, service: &Service, actor: Actor, accept_language: &str, visitor: Arc<dyn Visitor>) -> Request {
    let batch = Batch::new(service.clone(), &actor);
    let asked = Asked { service: service.clone(), actor, locale: locale(accept_language), visitor };
    request.data(asked).data(DataLoader::new(batch, batching::later).delay(Duration::ZERO))
}
