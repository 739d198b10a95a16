//! The published rulebooks at every edge.

use proptest::prelude::*;

use super::*;

fn books() -> Vec<Rulebook> {
    [
        include_str!("../../data/rulebook/rulebook_1048_2019.json"),
        include_str!("../../data/rulebook/rulebook_781_2020.json"),
        include_str!("../../data/rulebook/rulebook_148_2023.json"),
    ]
    .map(|text| Rulebook::parse(text).expect("a rulebook"))
    .to_vec()
}

fn newest() -> Rulebook {
    books().pop().expect("a rulebook")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn stars(number: u8) -> Stars {
    Stars::try_from_u8(number).expect("stars")
}

#[test]
fn band_edges() {
    for (score, expected) in [
        ("0", 1),
        ("29.99", 1),
        ("30", 2),
        ("49.99", 2),
        ("50", 3),
        ("69.99", 3),
        ("70", 4),
        ("82.33", 4),
        ("89.99", 4),
        ("90", 5),
        ("100", 5),
    ] {
        for book in books() {
            assert_eq!(book.stars_for(Score::parse(score).expect(score)).get(), expected, "{score} under {}", book.code);
        }
    }
}

#[test]
fn deciding_authority_by_date() {
    use Authority::{District, Ministry, Province};
    let gap = Err(NoAuthority::OnDay);
    for (on, book, three, four, five) in [
        ("2019-08-21", Some("1048/QĐ-TTg"), Ok(Province), Ok(Province), Ok(Ministry)),
        ("2020-06-07", Some("1048/QĐ-TTg"), Ok(Province), Ok(Province), Ok(Ministry)),
        ("2020-06-08", Some("781/QĐ-TTg"), Ok(Province), Ok(Province), Ok(Ministry)),
        ("2023-02-23", Some("781/QĐ-TTg"), Ok(Province), Ok(Province), Ok(Ministry)),
        ("2023-02-24", Some("148/QĐ-TTg"), Ok(District), Ok(Province), Ok(Ministry)),
        ("2025-06-30", Some("148/QĐ-TTg"), Ok(District), Ok(Province), Ok(Ministry)),
        ("2025-07-01", Some("148/QĐ-TTg"), gap, gap, gap),
        ("2025-07-05", Some("148/QĐ-TTg"), gap, gap, gap),
        ("2025-07-06", Some("148/QĐ-TTg"), Ok(Province), Ok(Province), Ok(Ministry)),
        ("2026-11-23", Some("148/QĐ-TTg"), Ok(Province), Ok(Province), Ok(Ministry)),
    ] {
        let books = books();
        let found = in_force(&books, day(on));
        assert_eq!(found.map(|b| b.code.as_str()), book, "{on}");
        let found = found.expect("a rulebook");
        for (number, expected) in [(3, three), (4, four), (5, five)] {
            assert_eq!(found.authority(stars(number), day(on)), expected, "{number} stars on {on}");
        }
        assert_eq!(found.authority(stars(2), day(on)), Err(NoAuthority::NotCertified));
    }
    assert_eq!(in_force(&books(), day("2019-08-20")), None);
    assert_eq!(newest().authority(stars(4), day("2020-01-01")), gap, "a rulebook says nothing of the time before it");
}

#[test]
fn certificates_hold_36_calendar_months() {
    for (issued, expires) in [
        ("2024-08-06", "2027-08-06"),
        ("2024-02-29", "2027-02-28"),
        ("2025-02-28", "2028-02-28"),
        ("2026-12-31", "2029-12-31"),
        ("2025-03-31", "2028-03-31"),
    ] {
        assert_eq!(newest().expires_on(day(issued)), day(expires), "{issued}");
    }
}

#[test]
fn parts_by_rulebook() {
    let maxima: Vec<_> = books().iter().map(|b| Part::ALL.iter().map(|p| b.part_maximum(*p)).collect::<Vec<_>>()).collect();
    assert_eq!(maxima, [[35, 25, 40], [35, 25, 40], [40, 25, 35]]);
}

#[test]
fn a_rulebook_that_does_not_hold_together_is_refused() {
    let good: serde_json::Value = serde_json::to_value(newest()).expect("json");
    let broken = |path: &str, value: serde_json::Value| {
        let mut book = good.clone();
        *book.pointer_mut(path).expect(path) = value;
        Rulebook::parse(&book.to_string()).expect_err(path)
    };
    assert!(broken("/partMaxima/A", 41.into()).contains("101"));
    assert!(broken("/bands/0/from", 1.into()).contains("bands"));
    assert!(broken("/bands/3/from", 40.into()).contains("bands"));
    assert!(broken("/bands/4/stars", 6.into()).contains("stars are 1 to 5"));
    assert!(broken("/validUntil", "2023-02-24".into()).contains("ends before"));
    assert!(broken("/conditions/1/code", "MANDATORY_CRITERIA".into()).contains("twice"));
    assert!(broken("/documents/1/code", "REGISTRATION_FORM".into()).contains("twice"));
    assert!(broken("/authorities/1/from", "2025-06-30".into()).contains("same stars"));
    assert!(Rulebook::parse("{}").is_err());
}

proptest! {
    #[test]
    fn every_score_has_one_star_and_more_points_never_fewer_stars(a in 0u16..=10_000, b in 0u16..=10_000) {
        let book = newest();
        let score = |h: u16| Score::try_from_hundredths(h).expect("a score");
        let (low, high) = (score(a.min(b)), score(a.max(b)));
        prop_assert!(book.stars_for(low) <= book.stars_for(high));
        let fitting = |s: Score| book.bands.iter().enumerate().filter(|(i, band)| {
            let above = book.bands.get(i + 1).is_none_or(|next| s.hundredths() < next.from * 100);
            s.hundredths() >= band.from * 100 && above
        }).map(|(_, band)| band.stars).collect::<Vec<_>>();
        prop_assert_eq!(fitting(low), vec![book.stars_for(low)]);
        prop_assert_eq!(Score::parse(&low.to_string()), Some(low));
    }
}
