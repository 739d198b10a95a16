//! The change feed: which part of the catalog a consumer follows, and when its cursor is too old.

use serde::{Deserialize, Serialize};

use crate::domain::{
    cursor::FeedPosition,
    id::{ChannelId, ProducerId},
    listing::Listing,
    product::ProductGroup,
};

/// What cursors of the feed are signed for begins with this.
const NAME: &str = "feed:";

/// How long tombstones are kept: a consumer that was away for longer takes a snapshot.
pub const KEPT: chrono::Duration = chrono::Duration::days(180);

/// The part of the public catalog that a consumer follows; all given conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedScope {
    /// What this channel carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
    /// Of this producer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub producer: Option<ProducerId>,
    /// In this group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<ProductGroup>,
    /// From this commune of today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commune: Option<String>,
}

impl FeedScope {
    /// What cursors of this scope are signed for.
    pub fn name(&self) -> String {
        if *self == Self::default() {
            return format!("{NAME}all");
        }
        format!("{NAME}{}", serde_json::to_string(self).expect("scopes are plain data"))
    }

    /// The scope that cursors of a name belong to; `None` for cursors of other lists.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.strip_prefix(NAME)? {
            "all" => Some(Self::default()),
            text => serde_json::from_str(text).ok(),
        }
    }

    /// Whether a listing that is public lies in it. The channel is resolved to its producer before.
    pub fn covers(&self, listing: &Listing) -> bool {
        self.producer.is_none_or(|id| id == listing.producer_id)
            && self.group.is_none_or(|group| listing.group == Some(group))
            && self.commune.as_ref().is_none_or(|code| listing.commune_code.as_ref() == Some(code))
    }

    /// The places that can change, as they are noted when a listing is announced.
    pub fn places(&self) -> Vec<String> {
        places(self.group, self.commune.as_deref())
    }
}

/// Names of the places that a listing can leave while it stays public.
pub fn places(group: Option<ProductGroup>, commune: Option<&str>) -> Vec<String> {
    group.map(|group| format!("group:{}", group.code())).into_iter().chain(commune.map(|code| format!("commune:{code}"))).collect()
}

/// Whether a consumer at a place must take a snapshot: it was away for longer than tombstones are kept, or knows of changes that this
/// database does not have, because an older copy of it was put back.
pub fn must_restart(at: &FeedPosition, horizon: i64, latest: i64) -> bool {
    at.seq.max(at.from) < horizon || at.seq > latest
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn names_are_read_back() {
        for scope in [
            FeedScope::default(),
            FeedScope { commune: Some("01090".into()), ..FeedScope::default() },
            FeedScope {
                channel: Some(Uuid::from_u128(1).into()),
                producer: Some(Uuid::from_u128(2).into()),
                group: Some(ProductGroup::Food),
                commune: Some("all".into()),
            },
        ] {
            assert_eq!(FeedScope::of_name(&scope.name()), Some(scope));
        }
        for other in ["", "feed", "feed:", "feed:ALL", "listings:all", "0a1b2c3d"] {
            assert_eq!(FeedScope::of_name(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_cursor_is_too_old_or_of_the_future() {
        for (seq, from, horizon, latest, expected) in [
            (0, 0, 0, 0, false),
            (0, 0, 1, 5, true),
            (1, 0, 1, 5, false),
            // Read from nothing, when 4 was the newest: nothing that was forgotten before concerns it.
            (1, 4, 4, 5, false),
            (1, 4, 5, 5, true),
            (5, 0, 0, 5, false),
            (6, 0, 0, 5, true),
        ] {
            let at = FeedPosition { epoch: 1, seq, after: None, from, closed: false };
            assert_eq!(must_restart(&at, horizon, latest), expected, "{seq} {from} {horizon} {latest}");
        }
    }
}
