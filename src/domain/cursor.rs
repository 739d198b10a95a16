//! Cursors: opaque text signed by the service, so that nobody can make one up or carry it to another query.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const TAG: usize = 16;
const MAX_CHARS: usize = 1024;

/// The key that signs cursors.
#[derive(Clone)]
pub struct CursorKey([u8; 32]);

/// Why a cursor is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// Not one of ours, or changed.
    #[error("not a cursor of this service")]
    Invalid,
    /// Ours, but of another filter, order or scope.
    #[error("a cursor of another query")]
    Mismatch,
    /// Ours, but of a database that was restored since.
    #[error("a cursor of an earlier life of the feed")]
    OtherEpoch,
}

/// A value of the sort column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CursorValue {
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
    /// A calendar day.
    Day(chrono::NaiveDate),
}

/// A place in an ordered list: the sort value of a row and its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Value of the sort column.
    pub value: CursorValue,
    /// Tie-break.
    pub id: Uuid,
}

/// A place in the change feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedPosition {
    /// The life of the feed; changes when a database is restored.
    pub epoch: i64,
    /// Everything up to and including this number was seen.
    pub seq: i64,
    /// In a snapshot: the listing after which it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Uuid>,
    /// What was newest when reading began with nothing: tombstones from before do not concern this reader.
    #[serde(default)]
    pub from: i64,
    /// The channel it is of was disconnected by then.
    #[serde(default)]
    pub closed: bool,
}

#[derive(Serialize, Deserialize)]
struct Scoped<T> {
    scope: String,
    place: T,
}

impl CursorKey {
    /// Takes 32 random bytes.
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Signs a place for a scope.
    pub fn seal<T: Serialize>(&self, scope: &str, place: &T) -> String {
        let mut bytes = serde_json::to_vec(&Scoped { scope: scope.to_owned(), place }).expect("places are plain data");
        let tag = self.tag(&bytes);
        bytes.extend_from_slice(&tag);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Verifies a cursor and reads the place, which must be of this scope.
    pub fn open<T: for<'a> Deserialize<'a>>(&self, scope: &str, cursor: &str) -> Result<T, CursorError> {
        let (found, place) = self.open_any(cursor)?;
        if found == scope { Ok(place) } else { Err(CursorError::Mismatch) }
    }

    /// Verifies a cursor and reads its scope and place.
    pub fn open_any<T: for<'a> Deserialize<'a>>(&self, cursor: &str) -> Result<(String, T), CursorError> {
        if cursor.len() > MAX_CHARS {
            return Err(CursorError::Invalid);
        }
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| CursorError::Invalid)?;
        let (payload, tag) = bytes.split_at_checked(bytes.len().saturating_sub(TAG)).ok_or(CursorError::Invalid)?;
        if !bool::from(subtle::ConstantTimeEq::ct_eq(self.tag(payload).as_slice(), tag)) {
            return Err(CursorError::Invalid);
        }
        let scoped: Scoped<T> = serde_json::from_slice(payload).map_err(|_| CursorError::Mismatch)?;
        Ok((scoped.scope, scoped.place))
    }

    fn tag(&self, payload: &[u8]) -> [u8; TAG] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(payload);
        let full = mac.finalize().into_bytes();
        let mut tag = [0; TAG];
        tag.copy_from_slice(&full[..TAG]);
        tag
    }
}

/// A short name for a query: what it filters by and how it orders. Parts can't run into each other.
pub fn scope(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    HEXLOWER.encode(&hash.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn position() -> impl Strategy<Value = Position> {
        (prop_oneof![any::<i64>().prop_map(CursorValue::Int), ".{0,40}".prop_map(CursorValue::Text)], any::<u128>())
            .prop_map(|(value, id)| Position { value, id: Uuid::from_u128(id) })
    }

    #[test]
    fn scopes_are_injective() {
        assert_ne!(scope(&["ab", "c"]), scope(&["a", "bc"]));
        assert_eq!(scope(&["a"]), scope(&["a"]));
    }

    #[test]
    fn rubbish_is_refused() {
        let key = CursorKey::new([1; 32]);
        for text in ["", "a", "%%%", "AAAA", &"A".repeat(2000), "eyJzY29wZSI6IiJ9"] {
            assert_eq!(key.open::<Position>("s", text), Err(CursorError::Invalid), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(place in position(), scope in "[a-z]{0,8}") {
            let key = CursorKey::new([7; 32]);
            let cursor = key.seal(&scope, &place);
            prop_assert_eq!(key.open::<Position>(&scope, &cursor), Ok(place));
            let other = format!("{scope}x");
            prop_assert_eq!(key.open::<Position>(&other, &cursor), Err(CursorError::Mismatch));
            prop_assert_eq!(CursorKey::new([8; 32]).open::<Position>(&scope, &cursor), Err(CursorError::Invalid));
        }

        #[test]
        fn any_changed_character_is_noticed(place in position(), at: prop::sample::Index, to in "[A-Za-z0-9_-]") {
            let key = CursorKey::new([7; 32]);
            let cursor = key.seal("s", &place);
            let at = at.index(cursor.len());
            let forged = format!("{}{to}{}", &cursor[..at], &cursor[at + 1..]);
            prop_assume!(forged != cursor);
            prop_assert_eq!(key.open::<Position>("s", &forged), Err(CursorError::Invalid));
        }
    }
}
