//! What the marketplace knows: the shop, which is kept, and the journal, which is not.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::body::Bytes;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use crate::sandbox::{Clock, SandboxSettings, item::Item, journal::Journal, reply::Refusal, tokens::Grants};

/// Beyond 32 bits, as real item ids are.
const FIRST_ITEM_ID: i64 = 24_000_142_341;

/// Picture bytes kept in memory for the page; later pictures are only remembered by id.
const MAX_PICTURE_BYTES: usize = 64 * 1024 * 1024;

/// The shop's content.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shop {
    /// By item id, which is also the order of creation.
    pub(crate) items: BTreeMap<i64, Item>,
    /// Ids given out by `upload_image`.
    pub(crate) image_ids: BTreeSet<String>,
    next_item_id: i64,
    /// Why items were banned, by item id.
    #[serde(default)]
    pub(crate) bans: BTreeMap<i64, String>,
    #[serde(skip)]
    pictures: HashMap<String, Picture>,
}

/// An uploaded picture.
#[derive(Clone)]
pub(crate) struct Picture {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Bytes,
}

impl Default for Shop {
    fn default() -> Self {
        Self {
            items: BTreeMap::new(),
            image_ids: BTreeSet::new(),
            next_item_id: FIRST_ITEM_ID,
            bans: BTreeMap::new(),
            pictures: HashMap::new(),
        }
    }
}

impl Shop {
    /// Gives the item its id and its place in the order of creation.
    pub(crate) fn add(&mut self, mut item: Item) -> Item {
        item.item_id = self.next_item_id;
        item.created_order = u64::try_from(self.items.len()).unwrap_or(u64::MAX).saturating_add(1);
        self.next_item_id = self.next_item_id.saturating_add(1);
        self.items.insert(item.item_id, item.clone());
        item
    }

    /// Remembers a picture; the same bytes have the same id.
    pub(crate) fn add_picture(&mut self, picture: Picture) -> String {
        let digest = HEXLOWER.encode(&Sha256::digest(&picture.bytes));
        let id = format!("vn-11134207-{}", digest.get(..32).unwrap_or_default());
        let kept: usize = self.pictures.values().map(|picture| picture.bytes.len()).sum();
        if kept.saturating_add(picture.bytes.len()) <= MAX_PICTURE_BYTES {
            self.pictures.insert(id.clone(), picture);
        }
        self.image_ids.insert(id.clone());
        id
    }

    /// The bytes of a picture, if they are still there.
    pub(crate) fn picture(&self, id: &str) -> Option<&Picture> {
        self.pictures.get(id)
    }
}

/// Everything the handlers share.
pub(crate) struct Server {
    settings: SandboxSettings,
    clock: Clock,
    base_url: String,
    shop: Mutex<Shop>,
    journal: Mutex<Journal>,
    grants: Mutex<Grants>,
    requests: AtomicU64,
    /// Rung after each change of the shop.
    pub(crate) changed: Notify,
}

impl Server {
    pub(crate) fn new(settings: SandboxSettings, clock: Clock, base_url: String, shop: Shop) -> Self {
        let (shop, journal) = (Mutex::new(shop), Mutex::new(Journal::default()));
        Self { settings, clock, base_url, shop, journal, grants: Mutex::default(), requests: AtomicU64::new(0), changed: Notify::new() }
    }

    pub(crate) fn settings(&self) -> &SandboxSettings {
        &self.settings
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        (self.clock)()
    }

    /// Thirty-two hexadecimal digits, never twice the same from one server.
    pub(crate) fn next_request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        format!("{:016x}{number:016x}", self.now())
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&Shop) -> T) -> T {
        look(&self.shop.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the shop in one step; `edit` must leave it alone when it refuses.
    pub(crate) fn change<T>(&self, edit: impl FnOnce(&mut Shop) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let done = edit(&mut self.shop.lock().unwrap_or_else(PoisonError::into_inner))?;
        self.changed.notify_one();
        Ok(done)
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
