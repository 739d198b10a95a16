//! What channels show otherwise than we left it, and what they would be sent.

use async_graphql::{InputObject, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{
    domain::{channel::Stray, drift, reason::Locale},
    graphql::{
        channel::{
            listing::SyncErrorObject,
            words::{DriftKind, DriftPolicy},
        },
        error::{UserError, told},
    },
    service::{previews::Previewed, readings::PolicyChange},
};

/// A difference between what was left on a channel and what it shows.
#[derive(SimpleObject)]
#[graphql(name = "Drift")]
pub(super) struct DriftObject {
    /// What differs.
    kind: DriftKind,
    /// What was left there: đồng, units, `shown`, `hidden` or `there`.
    ours: String,
    /// What the channel shows: đồng, units, `shown`, `hidden` or `gone`.
    theirs: String,
    /// What was done about it.
    done: DriftPolicy,
    /// When it was first seen, in a row of readings that all saw it.
    since: DateTime<Utc>,
}

impl From<drift::Drift> for DriftObject {
    fn from(d: drift::Drift) -> Self {
        Self { kind: d.kind.into(), ours: d.ours, theirs: d.theirs, done: d.done.into(), since: d.since }
    }
}

/// What is done about each kind of difference on a channel. What must not be on sale is always taken off, whatever they say.
#[derive(SimpleObject)]
#[graphql(name = "DriftPolicies")]
pub(super) struct DriftPoliciesObject {
    /// Another price.
    price: DriftPolicy,
    /// Another stock.
    stock: DriftPolicy,
    /// Hidden there by hand.
    status: DriftPolicy,
    /// Deleted there by hand.
    missing: DriftPolicy,
}

impl From<drift::DriftPolicies> for DriftPoliciesObject {
    fn from(p: drift::DriftPolicies) -> Self {
        Self { price: p.price.into(), stock: p.stock.into(), status: p.status.into(), missing: p.missing.into() }
    }
}

/// What is to be done about each kind of difference; what is left out stays as it is.
#[derive(InputObject)]
pub struct DriftPoliciesInput {
    /// Another price.
    price: Option<DriftPolicy>,
    /// Another stock. Marketplaces lower it with each sale, so overwriting it needs a catalog that is told of sales.
    stock: Option<DriftPolicy>,
    /// Hidden there by hand.
    status: Option<DriftPolicy>,
    /// Deleted there by hand.
    missing: Option<DriftPolicy>,
}

impl From<DriftPoliciesInput> for PolicyChange {
    fn from(p: DriftPoliciesInput) -> Self {
        let [price, stock, status, missing] = [p.price, p.stock, p.status, p.missing].map(|policy| policy.map(Into::into));
        Self { price, stock, status, missing }
    }
}

/// An item on a channel that carries a key of this catalog and belongs to none of its listings: left from before, or copied by hand.
#[derive(SimpleObject)]
#[graphql(name = "StrayItem")]
pub(super) struct StrayItem {
    /// The channel's id of the item.
    remote_id: String,
    /// The key that it carries.
    key: String,
    /// When it was seen last.
    seen_at: DateTime<Utc>,
}

impl From<Stray> for StrayItem {
    fn from(s: Stray) -> Self {
        Self { remote_id: s.remote_id, key: s.key, seen_at: s.seen_at }
    }
}

/// What a channel would be sent for a listing, and what it would refuse.
#[derive(SimpleObject)]
pub(super) struct ChannelPreview {
    /// The body of the create as the channel would get it, as JSON; pictures stand as their addresses where the channel keeps copies.
    /// Null when the channel could not be asked for its limits.
    payload: Option<String>,
    /// What the channel would refuse, by the field of the listing or its product; empty when nothing is known to be wrong.
    problems: Vec<UserError>,
    /// Why the channel could not be asked.
    error: Option<SyncErrorObject>,
}

impl ChannelPreview {
    pub(super) fn of(previewed: Previewed, locale: Locale) -> Self {
        Self {
            payload: previewed.payload.map(|payload| payload.to_string()),
            problems: previewed.problems.into_iter().map(|problem| told(problem, locale)).collect(),
            error: previewed.error.map(|error| SyncErrorObject::of(error, locale)),
        }
    }
}
