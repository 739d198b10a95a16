//! Every limit at its edge, and what the refusals say.

use crate::graphql::guard::toy::{check, guard};
use crate::graphql::guard::{Limits, RejectionCode};
use async_graphql::parser::types::OperationType;
use async_graphql::{Pos, Variables, value};

/// `n` copies of `text`, numbered.
fn times(n: u64, text: impl Fn(u64) -> String) -> String {
    (0..n).map(text).collect()
}

#[test]
fn each_limit_allows_its_number_and_refuses_one_more() {
    type Build = fn(u64) -> String;
    let table: [(&str, u64, Build); 9] = [
        ("tokens", 2_000, |n| {
            format!("{{ product(id: 1) {{ related(first: 1) {{ nodes {{ {} }} }} }} }}", "id ".repeat(usize::try_from(n).unwrap() - 21))
        }),
        ("operations", 10, |n| times(n, |i| format!("query q{i} {{ __typename }} "))),
        ("fragments", 50, |n| format!("query q0 {{ __typename }} {}", times(n, |i| format!("fragment f{i} on Query {{ __typename }} ")))),
        ("levels of fields", 12, |n| format!("query q0 {{ product(id: 1) {} }}", chain(n - 1, "{ producer ", "{ name ", " }"))),
        ("aliases", 30, |n| format!("query q0 {{ product(id: 1) {{ {} }} }}", times(n, |i| format!("a{i}: id ")))),
        ("directives", 30, |n| format!("query q0 {{ product(id: 1) {{ {} }} }}", times(n, |_| "id @include(if: true) ".to_owned()))),
        ("root fields", 20, |n| format!("query q0 {{ {} }}", "__typename ".repeat(usize::try_from(n).unwrap()))),
        ("root fields", 5, |n| format!("mutation q0 {{ {} }}", "rename(id: 1, name: \"\") { id } ".repeat(usize::try_from(n).unwrap()))),
        ("introspection roots", 2, |n| format!("query q0 {{ {} }}", "__type(name: \"A\") { name } ".repeat(usize::try_from(n).unwrap()))),
    ];
    let guard = guard(Limits::default());
    let name = |query: &str| query.contains("q0").then_some("q0");
    for (limit, number, build) in table {
        let (most, over) = (build(number), build(number + 1));
        let allowed = guard.check(&most, name(&most), &serde_json::Map::new()).map(|checked| checked.operation);
        assert!(allowed.is_ok(), "{limit}: {allowed:?}");
        let refusal = guard.check(&over, name(&over), &serde_json::Map::new()).map(|checked| checked.operation).unwrap_err();
        assert_eq!(refusal.code, RejectionCode::BadUserInput, "{limit}");
        assert!(refusal.message.contains(limit) && refusal.message.contains(&number.to_string()), "{limit}: {}", refusal.message);
    }
}

/// `depth` selection sets inside each other.
fn chain(depth: u64, step: &str, last: &str, close: &str) -> String {
    let depth = usize::try_from(depth).unwrap();
    format!("{}{last}{}", step.repeat(depth - 1), close.repeat(depth))
}

#[test]
fn fragments_count_wherever_they_are_spread() {
    let aliases = times(6, |i| format!("a{i}: name "));
    let spread_in = |products: u64| {
        let products = times(products, |_| "product(id: 1) { ...f } ".to_owned());
        check(&format!("{{ {products} }} fragment f on Product {{ {aliases} }}")).map(|checked| checked.cost)
    };
    assert_eq!(spread_in(5), Ok(5));
    assert_eq!(spread_in(6).unwrap_err().code, RejectionCode::BadUserInput);
}

#[test]
fn operations_that_do_not_run_are_held_to_the_limits_too() {
    let aliases = times(31, |i| format!("a{i}: name "));
    let query = format!("query a {{ __typename }} query b {{ product(id: 1) {{ {aliases} }} }}");
    let refusal = guard(Limits::default()).check(&query, Some("a"), &serde_json::Map::new()).map(|checked| checked.cost).unwrap_err();
    assert_eq!(refusal.code, RejectionCode::BadUserInput);
}

#[test]
fn the_standard_introspection_query_passes() {
    let of_type = (0..9).fold(String::new(), |inner, _| format!("ofType {{ kind name {inner} }}"));
    let query = format!(
        "query IntrospectionQuery {{ __schema {{ description queryType {{ name kind }} mutationType {{ name kind }} subscriptionType {{ name kind }}
            types {{ ...FullType }} directives {{ name description isRepeatable locations args(includeDeprecated: true) {{ ...InputValue }} }} }} }}
        fragment FullType on __Type {{ kind name description specifiedByURL isOneOf
            fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) {{ ...InputValue }} type {{ ...TypeRef }} isDeprecated deprecationReason }}
            inputFields(includeDeprecated: true) {{ ...InputValue }} interfaces {{ ...TypeRef }}
            enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }} possibleTypes {{ ...TypeRef }} }}
        fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue isDeprecated deprecationReason }}
        fragment TypeRef on __Type {{ kind name {of_type} }}"
    );
    let checked = check(&query).unwrap();
    assert_eq!(checked.depth, 15);
    assert!(checked.cost < 200, "{}", checked.cost);
}

#[test]
fn the_operation_to_run_must_be_clear() {
    let two = "query a { __typename } mutation b { rename(id: 1, name: \"\") { id } }";
    let table = [
        ("{ __typename }", None, Some(OperationType::Query)),
        ("query a { __typename }", None, Some(OperationType::Query)),
        ("query a { __typename }", Some("a"), Some(OperationType::Query)),
        (two, Some("b"), Some(OperationType::Mutation)),
        (two, None, None),
        (two, Some("c"), None),
        ("{ __typename }", Some("a"), None),
    ];
    for (query, name, expected) in table {
        let checked = guard(Limits::default()).check(query, name, &serde_json::Map::new());
        assert_eq!(checked.map(|checked| checked.operation).ok(), expected, "{query} {name:?}");
    }
}

#[test]
fn a_document_that_does_not_parse_says_where() {
    for query in ["", "{", "{ a(", "query {", "{ a } { b }", "\u{0}", "query a { b } query a { b }", "fragment f on Query { a }"] {
        let refusal = check(query).map(|checked| checked.cost).unwrap_err();
        assert_eq!(refusal.code, RejectionCode::ParseFailed, "{query}");
        assert!(!refusal.message.is_empty() && !refusal.message.contains('\n') && refusal.message.len() <= 800, "{}", refusal.message);
    }
    assert_eq!(check("{\n  a(\n").map(|checked| checked.cost).unwrap_err().location, Some(Pos { line: 3, column: 1 }));
}

#[test]
fn boolean_defaults_are_filled_where_nothing_was_given() {
    let checked =
        check("query($a: Boolean = true, $b: Boolean! = false, $c: Boolean, $n: Int = 3, $s: Boolean = true) { __typename }").unwrap();
    let mut variables = Variables::from_value(value!({"s": null}));
    checked.fill_defaults(&mut variables);
    assert_eq!(variables, Variables::from_value(value!({"a": true, "b": false, "s": null})));
}
