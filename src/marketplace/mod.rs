//! What every marketplace adapter does, in the words of this project; one file a marketplace.

mod attribute;
mod category;
pub mod client;
pub mod file;
mod lazada;
pub mod line;
mod medusa;
pub mod reading;
pub mod registry;
mod settings;
mod shopee;
mod shopify;
mod sign;
mod tiki;
mod tiktok;
mod units;
mod woo;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::HashMap, fmt, time::Duration};
use url::Url;

use crate::{
    domain::{
        channel::RemoteReason,
        gtin::Gtin,
        money::Vnd,
        product::ProductGroup,
        sync::{RemoteState, Trouble},
    },
    marketplace::{
        file::Portal,
        reading::{Inbound, Sweep},
    },
};

/// Under which kind adapters note the marketplace's category tree.
pub const CATEGORIES: &str = "categories";

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
    /// What else is known, for channels that want longer titles.
    pub about: About,
    /// How many items the channel had of it before: part of the key of a create that channels don't repeat.
    pub generation: i32,
}

/// Facts beside an offer's own words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// Who makes it.
    pub producer: String,
    /// Its net content, for example `500 g`.
    pub net_content: String,
    /// The commune it comes from.
    pub origin: Option<String>,
    /// Its stars while it is on sale.
    pub stars: u8,
}

impl Offer {
    /// The title, lengthened to `least` characters with facts where it is shorter: net content, stars, origin, producer. A fact
    /// that the title has already is left out, and nothing is made up; it may still be too short.
    pub fn title_of_at_least(&self, least: usize) -> String {
        let about = &self.about;
        let stars = (about.stars > 0).then(|| format!("OCOP {} sao", about.stars));
        let facts = [Some(about.net_content.clone()), stars, about.origin.clone(), Some(about.producer.clone())];
        let mut title = self.title.clone();
        for fact in facts.into_iter().flatten().filter(|fact| !fact.is_empty()) {
            if title.chars().count() >= least {
                break;
            }
            if !title.to_lowercase().contains(&fact.to_lowercase()) {
                title = format!("{title} - {fact}");
            }
        }
        title
    }
}

/// An item as the channel knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteItem {
    /// The channel's id of the item.
    pub id: String,
    /// What the channel makes of it.
    pub state: RemoteState,
    /// The channel's own word for the item's state, verbatim.
    pub raw_status: String,
    /// Why the channel does not show it, or soon will not.
    pub reasons: Vec<RemoteReason>,
    /// Where a buyer sees it, when the channel tells.
    pub url: Option<String>,
    /// The price it shows, in đồng, when the channel tells.
    pub price: Option<i64>,
    /// The units it has for sale, when the channel tells.
    pub stock: Option<i64>,
}

/// What a channel would be sent for an offer, and what it would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The body of the create, exactly as it would be sent; pictures stand as their addresses where the channel keeps copies.
    pub payload: Value,
    /// What the channel would refuse; empty when nothing is known to be wrong.
    pub problems: Vec<Problem>,
}

/// Something a channel would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field of ours that must change, as in the API: `title`, `description`, `price`, `stock`, `media`, `group`, `weightGrams`.
    pub field: &'static str,
    /// The rule of the channel that it breaks.
    pub limit: Limit,
}

/// A rule of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    /// So many characters.
    Length {
        /// At least.
        min: usize,
        /// At most.
        max: usize,
    },
    /// A number from and to.
    Range {
        /// At least.
        min: i64,
        /// At most.
        max: i64,
    },
    /// At least so many.
    AtLeast(usize),
    /// The channel has no category for the group.
    NoCategory,
    /// The category requires an attribute that the channel's settings don't give.
    Attribute {
        /// What the marketplace calls it in requests.
        code: String,
        /// What it calls it before people.
        name: String,
    },
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { min, max } => write!(f, "{min} to {max} characters are needed"),
            Self::Range { min, max } => write!(f, "it must be {min} to {max}"),
            Self::AtLeast(count) => write!(f, "at least {count} needed"),
            Self::NoCategory => f.write_str("the channel has no category that fits; choose one for the channel"),
            Self::Attribute { code, name } => {
                write!(f, "the category requires \u{201c}{name}\u{201d}; give it as `attribute_{code}` in the channel's settings")
            }
        }
    }
}

impl From<&Problem> for PushError {
    fn from(problem: &Problem) -> Self {
        let words = client::refusal("limit", &format!("{}: {}", problem.field, problem.limit));
        Self::Rejected(words, Some(problem.field.to_owned()))
    }
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
    /// The channel has an item under our key already; its id, where the channel tells.
    AlreadyExists(Refusal, Option<String>),
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

impl PushError {
    /// Its kind.
    pub const fn kind(&self) -> Trouble {
        match self {
            Self::Transient(_) => Trouble::Transient,
            Self::RateLimited(..) => Trouble::RateLimited,
            Self::QuotaFor(..) => Trouble::QuotaUsed,
            Self::TokenExpired(_) => Trouble::TokenExpired,
            Self::NeedsReauth(_) => Trouble::NeedsReauth,
            Self::AlreadyExists(..) => Trouble::AlreadyExists,
            Self::NotFound(_) => Trouble::NotFound,
            Self::Locked(_) => Trouble::Locked,
            Self::Rejected(..) => Trouble::Rejected,
            Self::Config(_) => Trouble::Config,
            Self::Unknown(_) => Trouble::Unknown,
        }
    }

    /// How long the channel asks to wait.
    pub const fn wait(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(_, wait) => *wait,
            Self::QuotaFor(_, wait) => Some(*wait),
            _ => None,
        }
    }

    /// The channel's words.
    pub const fn words(&self) -> &Refusal {
        let (Self::Transient(refusal)
        | Self::RateLimited(refusal, _)
        | Self::QuotaFor(refusal, _)
        | Self::TokenExpired(refusal)
        | Self::NeedsReauth(refusal)
        | Self::AlreadyExists(refusal, _)
        | Self::NotFound(refusal)
        | Self::Locked(refusal)
        | Self::Rejected(refusal, _)
        | Self::Config(refusal)
        | Self::Unknown(refusal)) = self;
        refusal
    }

    /// The field of ours that must change.
    pub fn field(&self) -> Option<&str> {
        if let Self::Rejected(_, field) = self { field.as_deref() } else { None }
    }
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refusal = self.words();
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

/// The tokens of a shop.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Sent with calls.
    pub access: String,
    /// Brings the next pair; on some marketplaces once only.
    pub refresh: String,
    /// When the access token ends, in seconds since 1970.
    pub access_expires_at: Option<i64>,
    /// When the seller must have authorised again, in seconds since 1970.
    pub reauthorize_by: Option<i64>,
}

/// What a seller's authorisation brings: the tokens, and settings that only now are known, for example the shop's id.
pub struct Authorised {
    /// The first tokens.
    pub tokens: Tokens,
    /// Settings by name.
    pub settings: Vec<(&'static str, String)>,
}

/// The ability to renew access without the seller, and to ask for it.
#[async_trait]
pub trait Renewal: Send + Sync {
    /// Brings the next pair. [`PushError::NeedsReauth`] when the refresh token was used or has ended.
    async fn renew(&self, refresh: &str) -> Result<Tokens, PushError>;
    /// Where the seller is sent to authorise; the marketplace comes back to `callback` with `state`.
    fn authorise_at(&self, callback: &Url, state: &str) -> Result<Url, PushError>;
    /// Redeems what the marketplace brought to the callback.
    async fn redeem(&self, callback: &Url, answer: &HashMap<String, String>) -> Result<Authorised, PushError>;
}

/// What an adapter can do beyond the core. What it can't is absent, never a stub.
#[derive(Clone, Copy, Default)]
pub struct Abilities<'a> {
    /// Renews its tokens.
    pub renewal: Option<&'a dyn Renewal>,
    /// Verifies what the marketplace pushes.
    pub inbound: Option<&'a dyn Inbound>,
    /// Tells what changed.
    pub sweep: Option<&'a dyn Sweep>,
    /// Is worked by people with a file.
    pub portal: Option<&'a dyn Portal>,
}

/// A connection to one shop on one marketplace.
#[async_trait]
pub trait Marketplace: Send + Sync {
    /// What it can do beyond this.
    fn abilities(&self) -> Abilities<'_>;
    /// Looks an item up by our key; deleted items don't count.
    async fn find_by_key(&self, key: &str) -> Result<Option<RemoteItem>, PushError>;
    /// Reads an item back; a deleted one is [`PushError::NotFound`].
    async fn read(&self, remote_id: &str) -> Result<RemoteItem, PushError>;
    /// Renders an offer without sending it.
    async fn preview(&self, offer: &Offer) -> Result<Preview, PushError>;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_titles_are_lengthened_with_facts() {
        let about =
            About { producer: "HTX Lùng Tám".into(), net_content: "500 g".into(), origin: Some("Xã Lùng Tám".into()), stars: 4 };
        let offer = |title: &str| Offer {
            key: "K".into(),
            title: title.into(),
            description: String::new(),
            group: ProductGroup::Food,
            price: Vnd::try_from_i64(1).expect("a price"),
            stock: 1,
            gtin: None,
            weight_grams: 1,
            image_urls: Vec::new(),
            about: about.clone(),
            generation: 0,
        };
        for (title, expected) in [
            ("Mật ong Bạc hà loại đặc biệt", "Mật ong Bạc hà loại đặc biệt"),
            ("Mật ong", "Mật ong - 500 g - OCOP 4 sao"),
            ("Mật ong 500 G", "Mật ong 500 G - OCOP 4 sao"),
            ("Trà", "Trà - 500 g - OCOP 4 sao - Xã Lùng Tám"),
        ] {
            assert_eq!(offer(title).title_of_at_least(25), expected);
        }
        assert_eq!(Offer { about: About::default(), ..offer("Trà") }.title_of_at_least(25), "Trà", "nothing is made up");
    }
}
