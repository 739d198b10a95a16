//! What a channel shows otherwise than we left it, and what is done about it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{code::coded, sync::Acknowledged};

coded! {
    /// What differs.
    DriftKind {
        /// The price.
        Price = "PRICE",
        /// The stock.
        Stock = "STOCK",
        /// It is hidden, though we showed it, or shown, though we hid it.
        Status = "STATUS",
        /// The item is gone.
        Missing = "MISSING",
    }
}

coded! {
    /// What is done about a difference.
    DriftPolicy {
        /// It is shown to the owner, and nothing is sent.
        Report = "REPORT",
        /// What the catalog says is sent again.
        Overwrite = "OVERWRITE",
    }
}

/// What is done about each kind of difference on a channel. An item that must not be on sale is always taken off, whatever they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DriftPolicies {
    /// The price; overwritten by default.
    pub price: DriftPolicy,
    /// The stock; reported by default, because it falls with each sale on the channel.
    pub stock: DriftPolicy,
    /// Hidden by hand on the channel; reported by default, because somebody there had a reason.
    pub status: DriftPolicy,
    /// Deleted on the channel; created again by default.
    pub missing: DriftPolicy,
}

impl Default for DriftPolicies {
    fn default() -> Self {
        let (report, overwrite) = (DriftPolicy::Report, DriftPolicy::Overwrite);
        Self { price: overwrite, stock: report, status: report, missing: overwrite }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// What differs.
    pub kind: DriftKind,
    /// What we left there.
    pub ours: String,
    /// What the channel shows.
    pub theirs: String,
    /// What was done about it.
    pub done: DriftPolicy,
    /// When it was first seen, in a row of readings that all saw it.
    pub since: DateTime<Utc>,
}

/// What the channel shows now, as far as it tells; `None` for an item that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Price in đồng.
    pub price: Option<i64>,
    /// Units for sale.
    pub stock: Option<i64>,
    /// Whether it is on sale, or will be without anything that we do.
    pub on_sale: bool,
    /// Whether the seller hid it, as against the channel.
    pub hidden_by_seller: bool,
}

/// The differences between what a channel acknowledged and what it shows. `may_show` says whether it may be on sale at all.
pub fn compare(
    known: &Acknowledged,
    shown: Option<Shown>,
    may_show: bool,
    policies: &DriftPolicies,
    (before, at): (&[Drift], DateTime<Utc>),
) -> Vec<Drift> {
    let since = |kind| before.iter().find(|drift| drift.kind == kind).map_or(at, |drift| drift.since);
    let drift = |kind, ours: String, theirs: String, done| Drift { kind, ours, theirs, done, since: since(kind) };
    let Some(shown) = shown else {
        let done = if may_show { policies.missing } else { DriftPolicy::Report };
        let gone = may_show.then(|| drift(DriftKind::Missing, "there".into(), "gone".into(), done));
        return gone.into_iter().collect();
    };
    let mut found = Vec::new();
    if let (Some(ours), Some(theirs)) = (known.price, shown.price)
        && ours != theirs
    {
        found.push(drift(DriftKind::Price, ours.to_string(), theirs.to_string(), policies.price));
    }
    if let (Some(ours), Some(theirs)) = (known.stock, shown.stock)
        && i64::from(ours) != theirs
    {
        found.push(drift(DriftKind::Stock, ours.to_string(), theirs.to_string(), policies.stock));
    }
    if shown.on_sale && (known.listed == Some(false) || !may_show) {
        let done = if may_show { policies.status } else { DriftPolicy::Overwrite };
        found.push(drift(DriftKind::Status, "hidden".into(), "shown".into(), done));
    } else if shown.hidden_by_seller && known.listed == Some(true) && may_show {
        found.push(drift(DriftKind::Status, "shown".into(), "hidden".into(), policies.status));
    }
    found
}

/// What is taken for acknowledged after differences were seen: what is to be overwritten is as if it had never been sent.
pub fn forget_overwritten(known: &mut Acknowledged, found: &[Drift]) {
    for drift in found.iter().filter(|drift| drift.done == DriftPolicy::Overwrite) {
        match drift.kind {
            DriftKind::Price => known.price = None,
            DriftKind::Stock => known.stock = None,
            DriftKind::Status => known.listed = Some(drift.theirs == "shown"),
            DriftKind::Missing => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(listed: bool) -> Acknowledged {
        Acknowledged { content: Some("h".into()), price: Some(10), stock: Some(5), listed: Some(listed) }
    }

    const SHOWN: Shown = Shown { price: Some(10), stock: Some(5), on_sale: true, hidden_by_seller: false };
    const HIDDEN: Shown = Shown { on_sale: false, hidden_by_seller: true, ..SHOWN };

    #[test]
    fn every_difference_is_told_with_what_is_done() {
        use DriftKind::{Missing, Price, Status, Stock};
        use DriftPolicy::{Overwrite, Report};
        let policies = DriftPolicies::default();
        for (listed, may_show, shown, expected) in [
            (true, true, Some(SHOWN), vec![]),
            (false, false, Some(HIDDEN), vec![]),
            (true, true, Some(Shown { price: None, stock: None, ..SHOWN }), vec![]),
            (true, true, Some(Shown { price: Some(9), ..SHOWN }), vec![(Price, Overwrite)]),
            (true, true, Some(Shown { stock: Some(4), ..SHOWN }), vec![(Stock, Report)]),
            (true, true, Some(HIDDEN), vec![(Status, Report)]),
            // Taken off by the channel: its state says so, and nothing of ours differs.
            (true, true, Some(Shown { on_sale: false, ..SHOWN }), vec![]),
            (false, false, Some(SHOWN), vec![(Status, Overwrite)]),
            (true, false, Some(SHOWN), vec![(Status, Overwrite)]),
            (true, true, None, vec![(Missing, Overwrite)]),
            (false, false, None, vec![]),
        ] {
            let found = compare(&known(listed), shown, may_show, &policies, (&[], DateTime::UNIX_EPOCH));
            assert_eq!(found.iter().map(|d| (d.kind, d.done)).collect::<Vec<_>>(), expected, "{listed} {may_show} {shown:?}");
        }
    }

    #[test]
    fn a_rating_that_ended_beats_every_policy() {
        let report = DriftPolicy::Report;
        let policies = DriftPolicies { price: report, stock: report, status: report, missing: report };
        let found = compare(&known(false), Some(SHOWN), false, &policies, (&[], DateTime::UNIX_EPOCH));
        let mut after = known(false);
        forget_overwritten(&mut after, &found);
        assert_eq!(after.listed, Some(true), "so the next plan hides it");
    }

    #[test]
    fn what_is_reported_stays_as_acknowledged_and_keeps_its_first_day() {
        let policies = DriftPolicies::default();
        let first = compare(&known(true), Some(Shown { stock: Some(4), ..SHOWN }), true, &policies, (&[], DateTime::UNIX_EPOCH));
        let later = DateTime::UNIX_EPOCH + chrono::Duration::hours(1);
        let second = compare(&known(true), Some(Shown { stock: Some(3), ..SHOWN }), true, &policies, (&first, later));
        assert_eq!((second[0].theirs.as_str(), second[0].since), ("3", DateTime::UNIX_EPOCH));
        let mut after = known(true);
        forget_overwritten(&mut after, &second);
        assert_eq!(after, known(true));
    }
}
