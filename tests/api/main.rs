//! Behaviour through the public interface: GraphQL over real HTTP, on SQLite and on PostgreSQL, against a real sandbox marketplace.

mod access;
mod audit;
mod bad_input;
mod catalog;
mod certificates;
mod channels;
mod duties;
mod feed;
mod files;
mod harness;
mod idempotency;
mod judged;
mod judged_tiki;
mod migrations;
mod pages;
mod procedure;
mod processes;
mod push;
mod queries;
mod readings;
mod reminders;
mod roles;
mod rubrics;
mod search;
mod stories;
mod tokens;
