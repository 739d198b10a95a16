//! A portal without an API: a provincial exchange, Postmart, Voso. What it should show is kept as a list; a person carries it there as a
//! file and says what the portal made of it. Nothing counts as shown or taken off before a person has said so.
//!
//! Both halves of an item are notes of the channel's: what is wanted, written by pushes alone, and what a person said, written by
//! people alone, so neither ever overwrites the other.

use async_trait::async_trait;
use chrono::Duration;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::Arc;

use crate::{
    domain::{
        advice::BY_HAND,
        channel::RemoteReason,
        money::Vnd,
        sync::{ByHand, RemoteState},
    },
    marketplace::{
        Abilities, Limit, Marketplace, Offer, Preview, Problem, PushError, RemoteItem,
        client::refusal,
        line::Line,
        registry::{ConnectError, Connection},
        settings::Fields,
    },
};

const WANTED: &str = "wanted";
const SAID: &str = "said";
/// Nothing here grows old.
const ALWAYS: Duration = Duration::days(36_500);

/// One portal.
pub(super) struct FilePortal {
    line: Line,
}

/// What a portal should show of one listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Our key.
    pub key: String,
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// Code of the product group.
    pub group: String,
    /// Price in đồng.
    pub price: i64,
    /// Units for sale.
    pub stock: u32,
    /// GTIN-13, where there is one.
    pub gtin: Option<String>,
    /// Weight of a packed unit in grams.
    pub weight_grams: u32,
    /// Addresses of the pictures.
    pub pictures: Vec<String>,
    /// Who makes it.
    pub producer: String,
    /// Stars of its certificate.
    pub stars: u8,
    /// Whether buyers should see it.
    pub shown: bool,
}

/// What a person said that the portal made of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its state there.
    pub state: ByHand,
    /// The version that was carried there.
    pub version: String,
    /// Where buyers see it.
    pub url: Option<String>,
    /// The portal's words.
    pub note: Option<String>,
}

/// What a person has to do about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Todo {
    /// Put it up.
    PutUp,
    /// Change what is there.
    Change,
    /// Take it off.
    TakeOff,
    /// Nothing.
    Nothing,
}

impl Wanted {
    fn of(offer: &Offer) -> Self {
        Self {
            key: offer.key.clone(),
            title: offer.title.clone(),
            description: offer.description.clone(),
            group: offer.group.code().to_owned(),
            price: offer.price.amount(),
            stock: offer.stock,
            gtin: offer.gtin.as_ref().map(|gtin| gtin.as_str().to_owned()),
            weight_grams: offer.weight_grams,
            pictures: offer.image_urls.clone(),
            producer: offer.about.producer.clone(),
            stars: offer.about.stars,
            shown: true,
        }
    }

    /// Tells what was carried to the portal from what is wanted now.
    pub fn version(&self) -> String {
        let hash = Sha256::digest(json!(self).to_string());
        HEXLOWER.encode(hash.get(..4).unwrap_or_default())
    }

    /// What is to be done, after what a person said last.
    pub fn todo(&self, said: Option<&Said>) -> Todo {
        let is_current = said.is_some_and(|said| said.version == self.version());
        match (self.shown, said.map(|said| said.state)) {
            (true, None | Some(ByHand::Gone)) => Todo::PutUp,
            (true, Some(ByHand::Hidden | ByHand::Refused)) if !is_current => Todo::PutUp,
            (true, Some(ByHand::Shown)) if !is_current => Todo::Change,
            (false, Some(ByHand::Shown)) => Todo::TakeOff,
            _ => Todo::Nothing,
        }
    }
}

/// An item of a portal, both halves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalItem {
    /// What is wanted.
    pub wanted: Wanted,
    /// What a person said.
    pub said: Option<Said>,
}

impl PortalItem {
    fn told(&self) -> Option<RemoteItem> {
        let (said, todo) = (self.said.as_ref(), self.wanted.todo(self.said.as_ref()));
        let state = match said.map(|said| said.state) {
            Some(ByHand::Gone) => return None,
            Some(ByHand::Shown) => RemoteState::Active,
            Some(ByHand::Refused) if todo == Todo::Nothing => RemoteState::Rejected,
            Some(ByHand::Hidden) if todo == Todo::Nothing => RemoteState::Hidden,
            _ if self.wanted.shown => RemoteState::InReview,
            _ => RemoteState::Hidden,
        };
        let raw_status = said.map_or("WAITING", |said| said.state.code()).to_owned();
        let note = said.and_then(|said| said.note.clone()).filter(|_| state == RemoteState::Rejected);
        let reasons = note.map(|message| RemoteReason { message, suggestion: None, deadline: None }).into_iter().collect();
        let url = said.and_then(|said| said.url.clone());
        Some(RemoteItem { id: self.wanted.key.clone(), state, raw_status, reasons, url, price: None, stock: None })
    }
}

/// The ability to be worked by people with a file.
#[async_trait]
pub trait Portal: Send + Sync {
    /// Items by key, after a key; at most `limit`.
    async fn items(&self, after: &str, limit: u64) -> Result<Vec<PortalItem>, PushError>;
    /// One item.
    async fn item(&self, key: &str) -> Result<Option<PortalItem>, PushError>;
    /// Takes down what a person says of an item.
    async fn say(&self, key: &str, said: &Said) -> Result<(), PushError>;
}

impl FilePortal {
    /// Reads the settings of a portal: it has none of its own.
    pub(super) fn connect(connection: Connection<'_>) -> Result<Arc<dyn Marketplace>, ConnectError> {
        Fields::parse(connection.settings).map_err(ConnectError::BadSettings)?;
        Ok(Arc::new(Self { line: connection.line }))
    }

    async fn wanted(&self, key: &str) -> Result<Option<Wanted>, PushError> {
        self.line.recall(WANTED, key, ALWAYS).await?.filter(|text| !text.is_empty()).map(|text| read(&text)).transpose()
    }

    async fn said(&self, key: &str) -> Result<Option<Said>, PushError> {
        self.line.recall(SAID, key, ALWAYS).await?.filter(|text| !text.is_empty()).map(|text| read(&text)).transpose()
    }

    async fn change(&self, key: &str, change: impl FnOnce(&mut Wanted) + Send) -> Result<(), PushError> {
        let mut wanted = self.wanted(key).await?.ok_or_else(gone)?;
        change(&mut wanted);
        self.line.note(WANTED, key, &json!(wanted).to_string()).await
    }
}

fn read<T: for<'a> Deserialize<'a>>(text: &str) -> Result<T, PushError> {
    serde_json::from_str(text).map_err(|error| PushError::Config(refusal("note", &error.to_string())))
}

fn gone() -> PushError {
    PushError::NotFound(refusal("key", "the list has no such item"))
}

#[async_trait]
impl Portal for FilePortal {
    async fn items(&self, after: &str, limit: u64) -> Result<Vec<PortalItem>, PushError> {
        let mut items = Vec::new();
        for (key, text) in self.line.noted(WANTED, after, limit).await? {
            if !text.is_empty() {
                items.push(PortalItem { wanted: read(&text)?, said: self.said(&key).await? });
            }
        }
        Ok(items)
    }

    async fn item(&self, key: &str) -> Result<Option<PortalItem>, PushError> {
        let Some(wanted) = self.wanted(key).await? else { return Ok(None) };
        Ok(Some(PortalItem { wanted, said: self.said(key).await? }))
    }

    async fn say(&self, key: &str, said: &Said) -> Result<(), PushError> {
        self.line.note(SAID, key, &json!(said).to_string()).await
    }
}

#[async_trait]
impl Marketplace for FilePortal {
    fn abilities(&self) -> Abilities<'_> {
        Abilities { portal: Some(self), ..Abilities::default() }
    }

    async fn find_by_key(&self, key: &str) -> Result<Option<RemoteItem>, PushError> {
        Ok(self.item(key).await?.and_then(|item| item.told()))
    }

    async fn read(&self, remote_id: &str) -> Result<RemoteItem, PushError> {
        self.find_by_key(remote_id).await?.ok_or_else(gone)
    }

    async fn preview(&self, offer: &Offer) -> Result<Preview, PushError> {
        let missing = offer.image_urls.is_empty().then_some(Problem { field: "media", limit: Limit::AtLeast(1) });
        Ok(Preview { payload: json!(Wanted::of(offer)), problems: missing.into_iter().collect() })
    }

    async fn create(&self, offer: &Offer) -> Result<RemoteItem, PushError> {
        if let Some(problem) = self.preview(offer).await?.problems.first() {
            return Err(problem.into());
        }
        let item = PortalItem { wanted: Wanted::of(offer), said: self.said(&offer.key).await? };
        self.line.note(WANTED, &offer.key, &json!(item.wanted).to_string()).await?;
        // One that is gone waits to be put up again, so it is there.
        Ok(item.told().unwrap_or_else(|| RemoteItem { state: RemoteState::InReview, ..waiting(&offer.key) }))
    }

    async fn update_content(&self, remote_id: &str, offer: &Offer) -> Result<(), PushError> {
        let new = Wanted::of(offer);
        self.change(remote_id, |wanted| *wanted = Wanted { price: wanted.price, stock: wanted.stock, shown: wanted.shown, ..new }).await
    }

    async fn set_price(&self, remote_id: &str, price: Vnd) -> Result<(), PushError> {
        self.change(remote_id, |wanted| wanted.price = price.amount()).await
    }

    async fn set_stock(&self, remote_id: &str, stock: u32) -> Result<(), PushError> {
        self.change(remote_id, |wanted| wanted.stock = stock).await
    }

    /// What must go stays a task, and no success, until a person says that it is off.
    async fn set_listed(&self, remote_id: &str, listed: bool) -> Result<(), PushError> {
        self.change(remote_id, |wanted| wanted.shown = listed).await?;
        let item = self.item(remote_id).await?.ok_or_else(gone)?;
        if item.wanted.todo(item.said.as_ref()) == Todo::TakeOff {
            let words = "a person must take it off the portal and say so; it is in the channel's file";
            return Err(PushError::Locked(refusal(BY_HAND, words)));
        }
        Ok(())
    }

    async fn delete(&self, remote_id: &str) -> Result<(), PushError> {
        match self.set_listed(remote_id, false).await {
            Err(PushError::NotFound(_)) => return Ok(()),
            done => done?,
        }
        self.line.note(WANTED, remote_id, "").await
    }
}

fn waiting(key: &str) -> RemoteItem {
    let raw_status = "WAITING".to_owned();
    RemoteItem { id: key.to_owned(), state: RemoteState::InReview, raw_status, reasons: Vec::new(), url: None, price: None, stock: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_what_to_do() {
        let wanted = |shown| Wanted {
            key: "K".into(),
            title: "Mật ong".into(),
            description: String::new(),
            group: "FOOD".into(),
            price: 1,
            stock: 1,
            gtin: None,
            weight_grams: 1,
            pictures: Vec::new(),
            producer: String::new(),
            stars: 3,
            shown,
        };
        let now = |shown| wanted(shown).version();
        for (shown, said, todo, state) in [
            (true, None, Todo::PutUp, Some(RemoteState::InReview)),
            (true, Some((ByHand::Shown, now(true))), Todo::Nothing, Some(RemoteState::Active)),
            (true, Some((ByHand::Shown, "old".into())), Todo::Change, Some(RemoteState::Active)),
            (true, Some((ByHand::Refused, now(true))), Todo::Nothing, Some(RemoteState::Rejected)),
            (true, Some((ByHand::Refused, "old".into())), Todo::PutUp, Some(RemoteState::InReview)),
            (true, Some((ByHand::Hidden, now(true))), Todo::Nothing, Some(RemoteState::Hidden)),
            (true, Some((ByHand::Gone, now(true))), Todo::PutUp, None),
            (false, None, Todo::Nothing, Some(RemoteState::Hidden)),
            (false, Some((ByHand::Shown, now(true))), Todo::TakeOff, Some(RemoteState::Active)),
            (false, Some((ByHand::Shown, now(false))), Todo::TakeOff, Some(RemoteState::Active)),
            (false, Some((ByHand::Hidden, now(false))), Todo::Nothing, Some(RemoteState::Hidden)),
            (false, Some((ByHand::Gone, now(false))), Todo::Nothing, None),
        ] {
            let said = said.map(|(state, version)| Said { state, version, url: None, note: None });
            let item = PortalItem { wanted: wanted(shown), said };
            assert_eq!((item.wanted.todo(item.said.as_ref()), item.told().map(|item| item.state)), (todo, state), "{item:?}");
        }
    }
}
