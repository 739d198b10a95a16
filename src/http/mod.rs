//! The HTTP edge: connections, GraphQL over HTTP, health, metrics and the bundled GraphiQL. Decides nothing about OCOP.

mod allowance;
mod auth;
mod bulk;
mod connect;
mod files;
pub mod graphiql;
pub mod graphql;
pub mod health;
mod hooks;
pub mod live;
pub mod observe;
mod open;
mod places;
pub mod router;
pub mod server;
mod verify;
pub mod visitor;

#[cfg(test)]
mod wire;
