//! The decision log: who did what when, each entry bound to the one before it. An entry's hash is SHA-256 over the previous hash and
//! the canonical form (RFC 8785) of its facts; changing, removing or reordering any entry breaks the chain at that place.

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The hash before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What one entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Place in the log, from 1.
    pub seq: i64,
    /// Identity.
    pub id: Uuid,
    /// When, in whole microseconds.
    pub at: DateTime<Utc>,
    /// Who.
    pub principal: String,
    /// What, for example `ratingApprove`.
    pub action: String,
    /// Kind of the object, for example `rating`.
    pub object_kind: String,
    /// The object.
    pub object_id: Uuid,
    /// Its version after the change; 0 where it has none.
    pub object_version: i32,
    /// What was decided.
    pub facts: Value,
}

/// An entry in its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it says.
    pub entry: Entry,
    /// Hash of the entry before it.
    pub previous_hash: String,
    /// Its own hash.
    pub hash: String,
    /// Signature over place and hash by the key of the time: a JWS in compact form.
    pub signature: String,
}

/// How a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// An entry is missing, or one too many.
    Sequence,
    /// It does not name the hash of the entry before it.
    Previous,
    /// Its contents do not have its hash.
    Contents,
    /// Its signature is not of this service.
    Signature,
}

impl Entry {
    /// The text that is hashed: JSON in canonical form.
    pub fn canonical(&self) -> String {
        let value = json!({
            "seq": self.seq,
            "id": self.id.to_string(),
            "at": self.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            "principal": self.principal,
            "action": self.action,
            "object": { "kind": self.object_kind, "id": self.object_id.to_string(), "version": self.object_version },
            "facts": self.facts,
        });
        serde_json_canonicalizer::to_string(&value).expect("JSON without floats has a canonical form")
    }

    /// The hash that binds it to the entry before it.
    pub fn hash(&self, previous: &str) -> String {
        HEXLOWER.encode(&Sha256::digest(format!("{previous}\n{}", self.canonical()).as_bytes()))
    }
}

/// Checks a link against the place and hash of the one before it; the signature is checked elsewhere.
pub fn follows(link: &Link, (seq, hash): (i64, &str)) -> Result<(), Broken> {
    if link.entry.seq != seq + 1 {
        Err(Broken::Sequence)
    } else if link.previous_hash != hash {
        Err(Broken::Previous)
    } else if link.entry.hash(hash) != link.hash {
        Err(Broken::Contents)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chain(length: i64) -> Vec<Link> {
        let mut links: Vec<Link> = Vec::new();
        for seq in 1..=length {
            let previous = links.last().map_or(GENESIS.to_owned(), |l| l.hash.clone());
            let entry = Entry {
                seq,
                id: Uuid::from_u128(u128::try_from(seq).expect("positive")),
                at: "2026-11-23T03:00:00.000001Z".parse().expect("an instant"),
                principal: "person:1".into(),
                action: "ratingApprove".into(),
                object_kind: "rating".into(),
                object_id: Uuid::from_u128(7),
                object_version: 1,
                facts: json!({ "stars": 4, "decision": "321/QĐ-UBND", "list": [seq] }),
            };
            let hash = entry.hash(&previous);
            links.push(Link { entry, previous_hash: previous, hash, signature: String::new() });
        }
        links
    }

    fn first_broken(links: &[Link]) -> Option<(usize, Broken)> {
        let mut before = (0, GENESIS.to_owned());
        for (index, link) in links.iter().enumerate() {
            if let Err(broken) = follows(link, (before.0, &before.1)) {
                return Some((index, broken));
            }
            before = (link.entry.seq, link.hash.clone());
        }
        None
    }

    #[test]
    fn keys_are_in_canonical_order() {
        let text = chain(1)[0].entry.canonical();
        assert!(text.starts_with(r#"{"action":"ratingApprove","at":"2026-11-23T03:00:00.000001Z","facts":{"decision":"#), "{text}");
    }

    proptest! {
        /// Any single change of any field of any entry is found, at that entry or the one after it.
        #[test]
        fn any_single_change_is_found(length in 1i64..12, at in 0usize..12, field in 0usize..9, removed: bool) {
            let mut links = chain(length);
            prop_assert_eq!(first_broken(&links), None);
            let at = at % links.len();
            if removed && at + 1 < links.len() {
                links.remove(at);
            } else {
                let link = &mut links[at];
                match field {
                    0 => link.entry.seq += 1,
                    1 => link.entry.id = Uuid::from_u128(99),
                    2 => link.entry.at += chrono::Duration::microseconds(1),
                    3 => link.entry.principal.push('x'),
                    4 => link.entry.facts["stars"] = 5.into(),
                    5 => link.entry.object_version += 1,
                    6 => link.previous_hash = GENESIS.replace('0', "1"),
                    7 => link.hash = GENESIS.to_owned(),
                    _ => link.entry.object_id = Uuid::from_u128(8),
                }
            }
            let (index, _) = first_broken(&links).expect("a broken link");
            prop_assert!(index == at || index == at + 1);
        }
    }
}
