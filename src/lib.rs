//! OCOP catalog: producers, OCOP-rated products and listings; listings pushed to marketplaces and pulled by them.

pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub mod graphql;
pub mod http;
pub mod marketplace;
pub mod notify;
pub mod sandbox;
pub mod service;
pub mod store;
pub mod worker;
