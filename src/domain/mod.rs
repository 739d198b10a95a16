//! The rules: pure functions and types. No I/O, no clock, no async; time is an argument.

pub mod gtin;
pub mod id;
pub mod money;
pub mod product;
