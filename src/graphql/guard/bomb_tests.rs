//! Requests known to end or freeze a process running async-graphql, each of a few kilobytes. None may pass, and refusing
//! one must not itself recurse or expand: a test that does not return is a failure.

use crate::graphql::guard::toy::{check, check_with, guard};
use crate::graphql::guard::{Limits, RejectionCode, prescan};
use proptest::prelude::*;
use serde_json::{Value, json};

fn refused(query: &str) -> RejectionCode {
    check(query).map(|checked| checked.cost).unwrap_err().code
}

#[test]
fn deep_literals_never_reach_the_parser() {
    let (open, close) = ("[".repeat(3_000), "]".repeat(3_000));
    let (objects, ends) = ("{a:".repeat(3_000), "}".repeat(3_000));
    let bombs = [
        format!("{{ product(id: {open}1{close}) {{ id }} }}"),
        format!("{{ product(id: {objects}1{ends}) {{ id }} }}"),
        format!("query($x: [Int] = {open}1{close}) {{ product(id: $x) {{ id }} }}"),
        format!("query($x: {open}Int{close}) {{ product(id: $x) {{ id }} }}"),
        format!("{{ product(id: 1) @skip(if: {open}1{close}) {{ id }} }}"),
        format!("{{ product(id: [\"\"\" \"{open}1{close}]) {{ id }} }}"),
        format!("{{ a{} }}", "{a".repeat(3_000) + &ends),
        format!("{{ a(x:{open}"),
    ];
    for bomb in bombs {
        let refusal = prescan(&bomb, &Limits::default()).unwrap_err();
        assert!(matches!(refusal.code, RejectionCode::BadUserInput | RejectionCode::ParseFailed), "{}", &bomb[..60]);
    }
}

/// `levels` fragments, each spreading the next one twice.
fn doubling(levels: u32, end: &str) -> String {
    let body = |level: u32| format!(" fragment f{level} on Query {{ ...f{0} ...f{0} }}", level + 1);
    let fragments: String = (0..levels).map(body).collect();
    format!("{{ ...f0 }}{fragments} fragment f{levels} on Query {{ {end} }}")
}

#[test]
fn fragments_that_double_are_weighed_not_expanded() {
    let roomy = Limits { fragments: 1_000, selection_nesting: 100, ..Limits::default() };
    for levels in [12, 24, 60] {
        for end in ["__typename", "...missing", "... on Query { __typename }"] {
            let bomb = doubling(levels, end);
            assert_eq!(refused(&bomb), RejectionCode::BadUserInput, "{levels} {end}");
            let refusal = guard(roomy.clone()).check(&bomb, None, &serde_json::Map::new()).map(|checked| checked.cost).unwrap_err();
            assert!(refusal.message.contains("2000 selected fields"), "{levels} {end}: {}", refusal.message);
        }
    }
    assert!(check(&doubling(4, "__typename")).is_ok());
}

#[test]
fn a_long_chain_of_nested_fragments_does_not_recurse_far() {
    let body = |level: u32| {
        let (open, close) = ("... {".repeat(4), "}".repeat(4));
        format!(" fragment f{level} on Query {{ {open} ...f{} {close} }}", level + 1)
    };
    let chain: String = (0..49).map(body).collect();
    assert_eq!(refused(&format!("{{ __typename }} {chain} fragment f49 on Query {{ __typename }}")), RejectionCode::BadUserInput);
    assert_eq!(refused(&format!("{{ ...f0 }} {chain} fragment f49 on Query {{ __typename }}")), RejectionCode::BadUserInput);
}

#[test]
fn fragments_that_contain_themselves_are_refused_even_unused() {
    let table = [
        "{ ...a } fragment a on Query { ...a }",
        "{ ...a } fragment a on Query { ...b } fragment b on Query { product(id: 1) { ...a } }",
        "{ __typename } fragment a on Query { ... { ...b } } fragment b on Query { ...a }",
    ];
    for query in table {
        let refusal = check(query).map(|checked| checked.cost).unwrap_err();
        assert!(refusal.message.contains("contains itself"), "{query}: {}", refusal.message);
    }
}

#[test]
fn sixty_four_kilobytes_of_one_thing_are_refused() {
    let aliases: String = (0..4_000).map(|n| format!("a{n}:__typename ")).collect();
    let directives = "@skip(if:false)".repeat(4_000);
    let bombs = [
        format!("{{ {aliases} }}"),
        format!("{{ __typename {directives} }}"),
        format!("{{ {} }}", "__typename ".repeat(5_900)),
        format!("{{ product(id: [{}]) {{ id }} }}", "0".repeat(64_000)),
        format!("{{ product(id: [{}]) {{ id }} }}", "1-".repeat(32_000)),
        "{ __typename } ".repeat(4_000),
        "đ".repeat(32_000),
        "\u{1}".repeat(64_000),
    ];
    for bomb in bombs {
        assert_eq!(refused(&bomb), RejectionCode::BadUserInput, "{:.40}", bomb);
    }
}

#[test]
fn huge_variables_are_refused() {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let deep_members = (0..100).fold(json!(1), |inner, _| json!({"a": inner}));
    for value in [Value::from((0..5_000).collect::<Vec<_>>()), deep, deep_members] {
        let refusal = check_with("{ __typename }", json!({"x": value})).map(|checked| checked.cost).unwrap_err();
        assert_eq!(refusal.code, RejectionCode::BadUserInput, "{}", refusal.message);
    }
}

#[test]
fn introspection_that_multiplies_is_refused() {
    let table = [
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
        "{ __type(name: \"Query\") { possibleTypes { interfaces { possibleTypes { name } } } } }",
        "{ __schema { ...s } } fragment s on __Schema { types { ...t } } fragment t on __Type { fields { type { ...u } } }
           fragment u on __Type { fields { type { ...v } } } fragment v on __Type { inputFields { name } }",
        "{ a: __schema { __typename } b: __schema { __typename } c: __schema { __typename } }",
    ];
    for query in table {
        assert_eq!(refused(query), RejectionCode::BadUserInput, "{query}");
    }
}

/// Text near enough to GraphQL to get past the first character.
fn near_graphql() -> impl Strategy<Value = String> {
    let pieces = [
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "...",
        " on ",
        "@skip",
        "$a",
        "=",
        "!",
        "\"",
        "\"\"\"",
        "\\",
        "#",
        "\n",
        "query ",
        "mutation ",
        "fragment ",
        "product",
        "products",
        "first",
        "id",
        "__schema",
        "1",
        "-",
        "0",
        ".5",
        "e9",
        "null",
        "true",
        "đ",
        ",",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..80).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_panics(query in ".{0,300}") {
        let _ = check(&query);
    }

    #[test]
    fn no_text_like_graphql_panics(query in near_graphql()) {
        let _ = check(&query);
    }
}
