//! The HTTP edge: connections, GraphQL over HTTP, health, metrics and the bundled GraphiQL. Decides nothing about OCOP.

pub mod graphiql;
pub mod graphql;
pub mod health;
pub mod observe;
pub mod server;

#[cfg(test)]
mod wire;
