//! What the repository promises about itself: layers, fences, sizes, names, documents, settings. No database, no network.

mod docs;
mod env_example;
mod layers;
mod reading;
mod rules;
mod samples;
mod schema;
mod tree;
