//! OCOP catalog: producers, OCOP-rated products and listings; listings pushed to marketplaces and pulled by them.

pub mod domain;
pub mod marketplace;
pub mod service;
pub mod store;
