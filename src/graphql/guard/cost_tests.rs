//! What operations cost, and that no number makes the arithmetic wrap.

use crate::graphql::guard::toy::{check, check_with, guard};
use crate::graphql::guard::{Limits, RejectionCode};
use proptest::prelude::*;
use serde_json::json;

#[test]
fn costs_follow_the_published_table() {
    let table = [
        ("{ __typename }", 0),
        ("{ product(id: 1) { id name kind tags } }", 1),
        ("{ product(id: 1) { producer { name } } }", 2),
        ("{ products { nodes { id } } }", 2 + 20),
        ("{ products(first: 100) { nodes { id } } }", 2 + 100),
        ("{ products(last: 5) { nodes { id } } }", 2 + 5),
        ("{ products(first: 3, last: 5) { nodes { id } } }", 2 + 5),
        ("{ products(first: 0) { nodes { id } } }", 2),
        ("{ products(first: -1) { nodes { id } } }", 2 + 100),
        ("{ products(first: 1.5) { nodes { id } } }", 2 + 100),
        ("{ products(first: null) { nodes { id } } }", 2 + 20),
        ("{ products(first: 10) { edges { cursor node { id } } } }", 2 + 10),
        ("{ products(first: 10) { edges { cursor } } }", 2 + 10),
        ("{ products(first: 10) { pageInfo { hasNextPage } totalCount nodes { id } } }", 2 + 1 + 3 + 10),
        ("{ products(first: 50) { facets { count } } }", 2 + 10 + 10),
        ("{ products(first: 2, search: \"ca\") { nodes { id } } }", 2 + 5 + 2),
        ("{ products(first: 2, search: null) { nodes { id } } }", 2 + 2),
        ("{ product(id: 1) { preview { id } } }", 1 + 1 + 20),
        ("{ featured { id } }", 10),
        ("{ featured { producer { name } } }", 10 * 2),
        ("{ adminUnits { name } }", 63),
        ("{ adminUnits(province: \"08\") { name } }", 200),
        ("{ adminUnits(era: \"OLD\", province: \"01\") { name } }", 500),
        ("{ rubrics { __typename } }", 60),
        ("{ rubrics(group: FOOD) { criteria { name } } }", 29 * 34),
        ("{ rubrics(number: 4) { criteria { name } } }", 10 * 34),
        ("{ product(id: 1) { variants { sku } } }", 1 + 10),
        ("{ products(first: 5) { nodes { variants { sku } } } }", 2 + 5 * 11),
        ("{ products(first: 5) { nodes { related(first: 3) { nodes { id } } } } }", 2 + 5 * (1 + 2 + 3)),
        ("{ nodes(ids: [1, 2, 3]) { id } }", 2 + 3),
        ("{ nodes(ids: 1) { id } }", 10),
        ("{ node(id: 1) { ... on Product { producer { name } } } }", 2),
        ("{ listingChanges { endCursor changes { id } } }", 2 + 10),
        ("{ listingChanges(first: 500) { changes { id listing { name producer { name } } } } }", 2 + 50 * 3),
        ("{ listingChanges(first: 1) { changes { id } } }", 2 + 1),
        ("mutation { rename(id: 1, name: \"x\") { id } }", 10 + 1),
        ("mutation { a: rename(id: 1, name: \"x\") { id } b: rename(id: 1, name: \"x\") { id } }", 2 * (10 + 1)),
        ("mutation { archive(listingIds: [1, 2]) { count } }", 10 + 2 + 2),
        ("mutation { archive(listingIds: [1, 2]) { products { id } } }", 10 + 2 + 2 + 2),
    ];
    for (query, cost) in table {
        assert_eq!(check(query).map(|checked| checked.cost), Ok(cost), "{query}");
    }
}

#[test]
fn variables_set_the_page() {
    let query = "query($n: Int = 7) { products(first: $n) { nodes { id } } }";
    let table = [
        (json!({}), 2 + 7),
        (json!({"n": 30}), 2 + 30),
        (json!({"n": null}), 2 + 20),
        (json!({"n": -5}), 2 + 100),
        (json!({"n": "30"}), 2 + 100),
        (json!({"n": [1]}), 2 + 100),
        (json!({"n": 1e300}), 2 + 100),
    ];
    for (variables, cost) in table {
        assert_eq!(check_with(query, variables.clone()).map(|checked| checked.cost), Ok(cost), "{variables}");
    }
    let ids = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    assert_eq!(check_with(ids, json!({"ids": ["a", "b"]})).map(|checked| checked.cost), Ok(2 + 2));
}

#[test]
fn a_fragment_costs_what_its_text_costs_in_its_place() {
    let spread = "query { products(first: 30) { ...page } product(id: 1) { related(first: 4) { ...page } } }
        fragment page on ProductConnection { nodes { ...row } } fragment row on Product { producer { name } }";
    let written = "query { products(first: 30) { nodes { producer { name } } } product(id: 1) { related(first: 4) { nodes { producer { name } } } } }";
    let expected = (2 + 30 * 2) + (1 + 2 + 4 * 2);
    assert_eq!(check(spread).map(|checked| checked.cost), Ok(expected));
    assert_eq!(check(written).map(|checked| checked.cost), Ok(expected));
}

#[test]
fn only_the_operation_that_runs_is_charged() {
    let query = "query A { product(id: 1) { id } } query B { products(first: 900) { nodes { producer { name } } } }";
    let guard = guard(Limits::default());
    let run = |name| guard.check(query, Some(name), &serde_json::Map::new());
    assert_eq!(run("A").map(|checked| checked.cost), Ok(1));
    assert_eq!(run("B").map(|checked| checked.cost).unwrap_err().code, RejectionCode::CostLimit);
}

#[test]
fn the_limit_itself_is_allowed() {
    for (first, accepted) in [(998, true), (999, false)] {
        let query = format!("{{ products(first: {first}) {{ nodes {{ id }} }} }}");
        assert_eq!(check(&query).is_ok(), accepted, "{first}");
    }
}

#[test]
fn multiplied_pages_do_not_wrap_round() {
    for first in ["65536", "4294967296", "18446744073709551615", "99999999999999999999999999"] {
        let mut query = "{ id }".to_owned();
        for _ in 0..4 {
            query = format!("{{ related(first: {first}) {{ nodes {query} }} }}");
        }
        let refused = check(&format!("{{ product(id: 1) {query} }}")).map(|checked| checked.cost).unwrap_err();
        assert_eq!(refused.code, RejectionCode::CostLimit, "{first}");
        assert!(refused.message.contains("the limit is 1000"), "{}", refused.message);
    }
}

proptest! {
    #[test]
    fn a_larger_page_never_costs_less(small in any::<u32>(), more in any::<u32>(), inner in 0u32..200) {
        let guard = guard(Limits { cost: u64::MAX, ..Limits::default() });
        let cost = |first: u64| {
            let query = format!("{{ products(first: {first}) {{ totalCount nodes {{ related(first: {inner}) {{ nodes {{ id }} }} }} }} }}");
            guard.check(&query, None, &serde_json::Map::new()).map(|checked| checked.cost).unwrap()
        };
        prop_assert!(cost(u64::from(small)) <= cost(u64::from(small) + u64::from(more)));
    }
}
