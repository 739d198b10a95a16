//! What every marketplace adapter does, in the words of this project; one file a marketplace.

pub mod client;
pub mod registry;
mod shopee;

use async_trait::async_trait;
use std::{fmt, time::Duration};

use crate::domain::{gtin::Gtin, money::Vnd, product::ProductGroup};

/// What a channel is asked to show: the current, valid state of one listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Our key on the channel, unique for each listing: sent as the seller's SKU and used for look-up. ASCII, no spaces, at most 50.
    pub key: String,
    /// Title in Vietnamese, NFC.
    pub title: String,
    /// Description in Vietnamese, plain text, NFC.
    pub description: String,
    /// Product group, mapped to the channel's category.
    pub group: ProductGroup,
    /// Price in whole đồng.
    pub price: Vnd,
    /// Units that may be sold.
    pub stock: u32,
    /// GTIN-13 where the variant has one.
    pub gtin: Option<Gtin>,
    /// Weight of one packed unit in grams.
    pub weight_grams: u32,
    /// Picture addresses in order; at most 12.
    pub image_urls: Vec<String>,
}

/// An item as the channel knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteItem {
    /// The channel's id of the item.
    pub id: String,
    /// The channel's own word for the item's state, verbatim.
    pub raw_status: String,
    /// Whether the channel shows the item to buyers.
    pub listed: bool,
    /// Where a buyer sees it, when the channel tells.
    pub url: Option<String>,
}

/// Why a call did not do what was asked. Closed: each variant has one fixed treatment in `domain::sync`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushError {
    /// Certainly not done; worth trying again (`error_server` and the like, a connection that was refused).
    Transient(Refusal),
    /// Too many calls; try again after the wait, when the channel tells one.
    RateLimited(Refusal, Option<Duration>),
    /// Daily quota used up: no call before this long has passed.
    QuotaFor(Refusal, Duration),
    /// The access token is no longer accepted; refresh it and try again.
    TokenExpired(Refusal),
    /// The seller must authorise again; no retry helps.
    NeedsReauth(Refusal),
    /// The channel has no such item.
    NotFound(Refusal),
    /// The item can't be changed now (promotion, holiday); try much later.
    Locked(Refusal),
    /// The channel refuses the data; the seller must change `field`.
    Rejected(Refusal, Option<String>),
    /// Our configuration is wrong (signature, partner, permission); an operator must act.
    Config(Refusal),
    /// Sent, but no usable answer: it may or may not have been done. Never re-send a create before a look-up.
    Unknown(Refusal),
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Transient(refusal)
        | Self::RateLimited(refusal, _)
        | Self::QuotaFor(refusal, _)
        | Self::TokenExpired(refusal)
        | Self::NeedsReauth(refusal)
        | Self::NotFound(refusal)
        | Self::Locked(refusal)
        | Self::Rejected(refusal, _)
        | Self::Config(refusal)
        | Self::Unknown(refusal)) = self;
        write!(f, "{}: {}", refusal.code, refusal.message)
    }
}

/// The channel's own words, kept verbatim for the person who must act on them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusal {
    /// The channel's error code, or ours where no answer came (`timeout`, `connection`, `http_500`, `garbage`).
    pub code: String,
    /// The channel's message, at most 500 characters.
    pub message: String,
    /// The channel's request id.
    pub request_id: Option<String>,
}

/// A connection to one shop on one marketplace.
#[async_trait]
pub trait Marketplace: Send + Sync {
    /// Looks an item up by our key; deleted items don't count.
    async fn find_by_key(&self, key: &str) -> Result<Option<RemoteItem>, PushError>;
    /// Creates the item, listed. Uploads its pictures first.
    async fn create(&self, offer: &Offer) -> Result<RemoteItem, PushError>;
    /// Sends title, description, category, pictures; neither price nor stock.
    async fn update_content(&self, remote_id: &str, offer: &Offer) -> Result<(), PushError>;
    /// Sets the price, absolute.
    async fn set_price(&self, remote_id: &str, price: Vnd) -> Result<(), PushError>;
    /// Sets the stock, absolute.
    async fn set_stock(&self, remote_id: &str, stock: u32) -> Result<(), PushError>;
    /// Shows the item to buyers or hides it.
    async fn set_listed(&self, remote_id: &str, listed: bool) -> Result<(), PushError>;
    /// Deletes the item; an item already gone is success.
    async fn delete(&self, remote_id: &str) -> Result<(), PushError>;
}
