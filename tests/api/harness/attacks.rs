//! What a scanner or an attacker sends: documents that cost more to answer than to write, and requests that two servers read differently.

use serde_json::{Value, json};

/// Fragments of which each spreads the next twice.
fn doubling(levels: usize, end: &str) -> String {
    let fragments: String = (0..levels).map(|n| format!("fragment f{n} on Query {{ ...f{} ...f{} }} ", n + 1, n + 1)).collect();
    format!("{{ ...f0 }} {fragments} fragment f{levels} on Query {{ {end} }}")
}

/// Bodies for `POST /graphql` by what they try.
pub(crate) fn bodies() -> Vec<(&'static str, String)> {
    let document = |query: String| json!({ "query": query }).to_string();
    let times = |number: usize, text: &str| text.repeat(number);
    let pages = (0..4).fold("id".to_owned(), |inner, _| format!("products(first: 65536) {{ nodes {{ {inner} }} }}"));
    vec![
        ("lists without end", document(format!("{{ product(by: {}1{}) {{ id }} }}", times(3_000, "["), times(3_000, "]")))),
        ("objects without end", document(format!("{{ product(by: {}1{}) {{ id }} }}", times(3_000, "{a:"), times(3_000, "}")))),
        (
            "lists in a default",
            document(format!("query($x: [ID!] = {}{}) {{ nodes(ids: $x) {{ id }} }}", times(3_000, "["), times(3_000, "]"))),
        ),
        ("selections without end", document(format!("{}id{}", times(3_000, "{ viewer "), times(3_000, "}")))),
        ("brackets alone", document(times(60_000, "["))),
        ("fragments that double", document(doubling(24, "__typename"))),
        ("fragments that double into nothing", document(doubling(40, "...nowhere"))),
        ("fragments in a circle", document("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".into())),
        ("aliases", document(format!("{{ {} }}", (0..4_000).map(|n| format!("a{n}: serviceInfo {{ version }} ")).collect::<String>()))),
        ("aliases of __typename", document(format!("{{ {} }}", (0..5_000).map(|n| format!("a{n}: __typename ")).collect::<String>()))),
        ("directives", document(format!("{{ __typename {} }}", times(3_000, "@include(if: true) ")))),
        ("unknown directives", document(format!("{{ __typename {} }}", times(9_000, "@a ")))),
        ("one field many times", document(format!("{{ {} }}", times(10_000, "viewer ")))),
        ("operations", document((0..3_000).map(|n| format!("query q{n} {{ __typename }} ")).collect())),
        ("pages in pages", document(format!("{{ {pages} }}"))),
        (
            "pages that overflow",
            document("{ products(first: 2147483647) { nodes { variants { product { variants { product { id } } } } } } }".into()),
        ),
        (
            "introspection that multiplies",
            document(format!(
                "{{ __schema {{ types {{ {} name {} }} }} }}",
                times(12, "fields { type { fields { name "),
                times(12, "} } }")
            )),
        ),
        ("a long comment", document(format!("# {}\n{{ __typename }}", times(60_000, "x")))),
        ("a long string", document(format!("{{ products(search: \"{}\") {{ nodes {{ id }} }} }}", times(60_000, "đ")))),
        ("a long number", document(format!("{{ products(first: {}) {{ nodes {{ id }} }} }}", times(30_000, "9")))),
        ("escapes", document(format!("{{ products(search: \"{}\") {{ nodes {{ id }} }} }}", times(9_000, "\\u0000")))),
        ("a string without end", document("{ products(search: \"\"\"".into())),
        ("bytes of no language", document("\u{0}\u{1}\u{feff}\u{202e}{".into())),
        (
            "variables without end",
            format!("{{\"query\":\"query($x: ID) {{ __typename }}\",\"variables\":{}1{}}}", times(9_000, "{\"a\":"), times(9_000, "}")),
        ),
        (
            "a list of ids",
            json!({ "query": "query($i: [ID!]!) { nodes(ids: $i) { id } }", "variables": { "i": vec!["x"; 9_000] } }).to_string(),
        ),
        ("a batch", Value::Array(vec![json!({ "query": "{ __typename }" }); 1_000]).to_string()),
        ("no JSON", times(60_000, "{\"query\":")),
        ("too large", format!("{{\"query\":\"{}\"}}", times(70_000, "x"))),
        (
            "search for everything",
            document("{ listings(search: \"% _ ' \\\" * ( ) NEAR( & | ! : <-> ; DROP TABLE listing --\") { nodes { id } } }".into()),
        ),
        ("search of many words", document(format!("{{ listings(search: \"{}\") {{ nodes {{ id }} }} }}", times(300, "a b c ")))),
    ]
}

/// Bytes on a connection by what they try. `GET /smuggled` stands where a server that reads them wrongly would find a second request.
pub(crate) fn requests() -> Vec<(&'static str, String)> {
    let smuggled = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
    let post =
        |headers: &str, body: &str| format!("POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{headers}\r\n{body}");
    vec![
        ("length and chunks", post("content-length: 4\r\ntransfer-encoding: chunked\r\n", &format!("0\r\n\r\n{smuggled}"))),
        ("two lengths", post("content-length: 0\r\ncontent-length: 44\r\n", smuggled)),
        ("a list of lengths", post("content-length: 0, 44\r\n", smuggled)),
        ("a signed length", post("content-length: +44\r\n", smuggled)),
        ("chunks hidden by a space", post("transfer-encoding : chunked\r\ncontent-length: 3\r\n", &format!("0\r\n{smuggled}"))),
        ("chunks of another name", post("transfer-encoding: xchunked\r\n", smuggled)),
        ("chunks twice", post("transfer-encoding: chunked, chunked\r\n", &format!("0\r\n\r\n{smuggled}"))),
        ("a chunk of too many digits", post("transfer-encoding: chunked\r\n", &format!("fffffffffffffffff\r\n{smuggled}"))),
        ("a chunk of a negative size", post("transfer-encoding: chunked\r\n", &format!("-1\r\n{smuggled}"))),
        ("a folded header", post("content-length: 0\r\nx: a\r\n transfer-encoding: chunked\r\n", "")),
        ("a header without a name", post(": x\r\n", "")),
        ("a zero in a header", post("x: a\0b\r\n", "")),
        ("bare line feeds", "GET / HTTP/1.1\nhost: x\n\nGET /smuggled HTTP/1.1\nhost: x\n\n".replace("\n\nGET", "\n \nGET")),
        ("no version", "GET /smuggled\r\n\r\n".into()),
        ("another protocol", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into()),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}".into()),
        (
            "a thousand headers",
            format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", (0..1_000).map(|n| format!("x{n}: y\r\n")).collect::<String>()),
        ),
        ("a path of 60 kB", format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(60_000))),
    ]
}
