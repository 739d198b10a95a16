//! Behaviour through the public interface: GraphQL over real HTTP, on SQLite and on PostgreSQL, against a real sandbox marketplace.

mod access;
mod bad_input;
mod catalog;
mod feed;
mod harness;
mod idempotency;
mod migrations;
mod pages;
mod procedure;
mod processes;
mod push;
mod queries;
mod roles;
mod search;
mod stories;
