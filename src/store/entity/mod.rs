//! Rows as sea-orm sees them; private to the store, no methods.

pub(crate) mod account;
pub(crate) mod admin_mapping;
pub(crate) mod admin_unit;
pub(crate) mod api_key;
pub(crate) mod audit_entry;
pub(crate) mod certification;
pub(crate) mod channel;
pub(crate) mod channel_listing;
pub(crate) mod decision;
pub(crate) mod dossier;
pub(crate) mod idempotency;
pub(crate) mod listing;
pub(crate) mod listing_change;
pub(crate) mod media;
pub(crate) mod producer;
pub(crate) mod producer_invitation;
pub(crate) mod producer_member;
pub(crate) mod product;
pub(crate) mod rating;
pub(crate) mod recognition;
pub(crate) mod refresh_token;
pub(crate) mod role_grant;
pub(crate) mod session;
pub(crate) mod setting;
pub(crate) mod variant;
