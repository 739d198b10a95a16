//! Behaviour through the public interface: GraphQL over real HTTP, on SQLite and on PostgreSQL, against a real sandbox marketplace.

mod access;
mod bad_input;
mod catalog;
mod feed;
mod harness;
mod idempotency;
mod migrations;
mod pages;
mod processes;
mod push;
mod queries;
mod search;
mod stories;
