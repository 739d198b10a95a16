//! The rules: pure functions and types. No I/O, no clock, no async; time is an argument.

pub mod actor;
pub mod admin_unit;
pub mod audit;
pub mod certificate;
pub mod channel;
pub mod checklist;
pub(crate) mod code;
pub mod council;
pub mod cursor;
pub mod dossier;
pub mod fold;
pub mod gtin;
pub mod id;
pub mod listing;
pub mod money;
pub mod producer;
pub mod product;
pub mod quantity;
pub mod rating;
pub mod reason;
pub mod rubric;
pub mod rulebook;
pub mod score;
pub mod sheet;
pub mod sync;
pub mod upload;
