use super::*;
use chrono::{Duration, NaiveDate};
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn valid() -> PublicityFacts {
    PublicityFacts {
        state: ListingState::Published,
        product: ProductState::Active,
        variant_archived: false,
        producer: ProducerStatus::Active,
        rating: Some((
            Stars::try_from_u8(4).expect("stars"),
            Validity { issued_on: day("2026-01-15"), expires_on: day("2029-01-15"), withdrawn_on: None, superseded_on: None },
        )),
        valid_from: None,
        valid_until: None,
    }
}

#[test]
fn a_rated_published_listing_is_visible_for_36_months_of_legal_days() {
    let window = valid().window().expect("visible");
    assert_eq!(window.from, at("2026-01-14T17:00:00Z"), "midnight in Vietnam");
    assert_eq!(window.until, at("2029-01-14T17:00:00Z"));
    assert_eq!(valid().hidden(at("2029-01-14T16:59:59Z")), []);
    assert_eq!(valid().hidden(at("2029-01-14T17:00:00Z")), [HiddenReason::CertificateExpired]);
    assert_eq!(valid().hidden(at("2026-01-14T16:59:59Z")), [HiddenReason::CertificateNotYetValid]);
}

#[test]
fn each_condition_hides_and_says_why() {
    let now = at("2026-06-01T00:00:00Z");
    let mut cases: Vec<(PublicityFacts, HiddenReason, RemovalReason)> = Vec::new();
    let mut case = |change: &dyn Fn(&mut PublicityFacts), hidden, removal| {
        let mut facts = valid();
        change(&mut facts);
        cases.push((facts, hidden, removal));
    };
    case(&|f| f.state = ListingState::Draft, HiddenReason::NotPublished, RemovalReason::Unpublished);
    case(&|f| f.state = ListingState::Unpublished, HiddenReason::Unpublished, RemovalReason::Unpublished);
    case(&|f| f.state = ListingState::Archived, HiddenReason::Archived, RemovalReason::Archived);
    case(&|f| f.product = ProductState::Archived, HiddenReason::ProductArchived, RemovalReason::Archived);
    case(&|f| f.variant_archived = true, HiddenReason::VariantArchived, RemovalReason::Archived);
    case(&|f| f.producer = ProducerStatus::Suspended, HiddenReason::ProducerSuspended, RemovalReason::ProducerSuspended);
    case(&|f| f.rating = None, HiddenReason::NotRated, RemovalReason::RatingRevoked);
    case(
        &|f| f.rating.as_mut().expect("rated").0 = Stars::try_from_u8(2).expect("stars"),
        HiddenReason::NotRated,
        RemovalReason::RatingRevoked,
    );
    case(
        &|f| f.rating.as_mut().expect("rated").1.withdrawn_on = Some(day("2026-06-01")),
        HiddenReason::RatingRevoked,
        RemovalReason::RatingRevoked,
    );
    case(&|f| f.valid_from = Some(at("2026-07-01T00:00:00Z")), HiddenReason::NotYetOffered, RemovalReason::Unpublished);
    case(&|f| f.valid_until = Some(now), HiddenReason::OfferEnded, RemovalReason::Unpublished);
    for (facts, hidden, removal) in cases {
        assert_eq!(facts.hidden(now), [hidden]);
        assert_eq!(hidden.removal(), removal, "{hidden:?}");
        assert!(!facts.window().is_some_and(|w| w.contains(now)), "{hidden:?}");
    }
}

#[test]
fn a_withdrawal_announced_for_later_ends_the_window_that_day() {
    let mut facts = valid();
    facts.rating.as_mut().expect("rated").1.withdrawn_on = Some(day("2026-07-01"));
    assert_eq!(facts.window().expect("still visible").until, at("2026-06-30T17:00:00Z"));
    assert_eq!(facts.hidden(at("2026-06-30T16:00:00Z")), []);
    assert_eq!(facts.hidden(at("2026-06-30T17:00:00Z")), [HiddenReason::RatingRevoked]);
}

proptest! {
    /// The window and the reasons are two readings of one rule: they never disagree.
    #[test]
    fn window_and_reasons_agree(
        state in prop::sample::select(ListingState::ALL),
        product in prop::sample::select(ProductState::ALL),
        archived: bool,
        suspended: bool,
        rating in prop::option::of((1u8..=5, 0i64..40, prop::option::of(0i64..40), prop::option::of(0i64..40))),
        from in prop::option::of(0i64..40),
        until in prop::option::of(0i64..40),
        probe in 0i64..40 * 24,
    ) {
        let base = day("2026-01-01");
        let instant = |d: i64| at("2026-01-01T00:00:00Z") + Duration::days(d);
        let facts = PublicityFacts {
            state,
            product,
            variant_archived: archived,
            producer: if suspended { ProducerStatus::Suspended } else { ProducerStatus::Active },
            rating: rating.map(|(stars, issued, withdrawn, superseded)| (
                Stars::try_from_u8(stars).expect("stars"),
                Validity {
                    issued_on: base + Duration::days(issued),
                    expires_on: base + Duration::days(issued + 20),
                    withdrawn_on: withdrawn.map(|d| base + Duration::days(d)),
                    superseded_on: superseded.map(|d| base + Duration::days(d)),
                },
            )),
            valid_from: from.map(instant),
            valid_until: until.map(instant),
        };
        let probe = at("2026-01-01T00:00:00Z") + Duration::hours(probe);
        let visible = facts.window().is_some_and(|w| w.contains(probe));
        // A draft product is hidden by its state alone; the reasons speak of what its producer can change.
        prop_assume!(product != ProductState::Draft);
        prop_assert_eq!(visible, facts.hidden(probe).is_empty(), "{:?}", facts.hidden(probe));
    }
}
