//! SQL. One file a noun, domain types in and out; the only place that knows sea-orm.
//!
//! Functions take `&impl Db`: the [`Store`] for reads outside a transaction, a [`Tx`] inside one. Ownership goes into the WHERE
//! clause of every statement on a producer's rows as a `Reach`.

pub mod accounts;
pub mod admin_units;
pub mod api_keys;
pub mod around;
pub mod attempts;
pub mod audit;
pub mod backup;
pub mod certifications;
pub mod changes;
pub mod channel_board;
pub mod channel_gaps;
pub mod channel_listings;
pub mod channel_memory;
pub mod channel_status;
pub mod channels;
mod connection;
pub mod councils;
pub mod dead_letters;
pub mod documents;
pub mod dossiers;
pub mod ends;
mod entity;
mod error;
pub mod feed_consumers;
pub mod figures;
pub mod files;
pub mod import_jobs;
mod instant;
pub mod journal;
mod kept;
pub mod listings;
pub mod media;
pub mod members;
pub mod notices;
mod packed;
mod page;
pub mod people;
pub mod producers;
pub mod products;
pub mod ratings;
pub mod readings;
pub mod recognitions;
pub mod reminders;
mod rows;
pub mod rubrics;
pub mod rulebooks;
pub mod sealed;
pub mod search;
pub mod sessions;
pub mod settings;
pub mod sheets;
mod transaction;
mod unasked;
pub mod uploads;
pub mod variants;
pub mod webhooks;
pub mod withdrawals;

pub use connection::{Db, Engine, Listener, Store, Topic, Tx};
pub use error::StoreError;
pub use page::{Direction, Page, PageRequest};
pub use unasked::{Sparing, Unasked};

/// A row's last change, without the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp<Id> {
    /// Which row.
    pub id: Id,
    /// When it changed.
    pub at: chrono::DateTime<chrono::Utc>,
    /// What tells this change from others at the same instant.
    pub state: String,
}
