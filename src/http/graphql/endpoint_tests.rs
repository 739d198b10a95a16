//! GraphQL over HTTP, row by row, over a real connection.

use crate::http::allowance::Purse;
use crate::http::graphql::Client;
use crate::http::graphql::toy::{Caller, endpoint, purse, serve, serve_from};
use crate::http::wire::{Reply, Server};
use axum::body::Body;
use futures_util::stream;
use serde_json::{Value, json};

const JSON: &str = "content-type: application/json\r\n";
const NEWER: &str = "content-type: application/json\r\naccept: application/graphql-response+json\r\n";

async fn post(server: &Server, headers: &str, body: &Value) -> Reply {
    server.send("POST /graphql", headers, &body.to_string()).await
}

async fn query(server: &Server, query: &str) -> Reply {
    post(server, NEWER, &json!({ "query": query })).await
}

fn code(reply: &Reply) -> String {
    let body = reply.json();
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no code in {body}")).to_owned()
}

#[tokio::test]
async fn an_operation_is_answered_with_its_cost_and_safe_headers() {
    let reply = post(&serve().await, JSON, &json!({"query": "{ zulu alpha z: zulu caller }"})).await;
    assert_eq!(reply.status, 200);
    let start = r#"{"data":{"zulu":"z","alpha":"a","z":"z","caller":"anonymous"},"extensions":{"cost":{"requested":0,"actual":0,"max":1000,"available":"#;
    assert!(reply.text().starts_with(start), "{}", reply.text());
    for (name, value) in [
        ("content-type", "application/json; charset=utf-8"),
        ("cache-control", "no-store"),
        ("vary", "accept, accept-language, authorization"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(reply.header(name), Some(value));
    }
}

#[tokio::test]
async fn the_answer_has_the_type_that_was_asked_for() {
    let server = serve().await;
    for (accept, status, content_type) in [
        ("accept: application/graphql-response+json\r\n", 200, "application/graphql-response+json; charset=utf-8"),
        ("accept: */*\r\n", 200, "application/json; charset=utf-8"),
        ("", 200, "application/json; charset=utf-8"),
        ("accept: text/html\r\n", 406, "application/json; charset=utf-8"),
    ] {
        let reply = post(&server, &format!("{JSON}{accept}"), &json!({"query": "{ alpha }"})).await;
        assert_eq!((reply.status, reply.header("content-type")), (status, Some(content_type)), "{accept}");
    }
}

#[tokio::test]
async fn a_refused_document_has_no_data_and_a_status_by_media_type() {
    let server = serve().await;
    let table = [
        (json!({"query": "{ alpha"}), "GRAPHQL_PARSE_FAILED"),
        (json!({"query": ""}), "GRAPHQL_PARSE_FAILED"),
        (json!({"query": "{ unknown }"}), "GRAPHQL_VALIDATION_FAILED"),
        (json!({"query": "{ double(number: \"x\") }"}), "GRAPHQL_VALIDATION_FAILED"),
        (json!({"query": "query($n: Int!) { double(number: $n) }", "variables": {"n": "x"}}), "GRAPHQL_VALIDATION_FAILED"),
        (json!({"query": "{ alpha }", "operationName": "Other"}), "BAD_USER_INPUT"),
        (json!({"query": "query A { alpha } query B { zulu }"}), "BAD_USER_INPUT"),
        (json!({"query": "{ list(first: 5000) { broken } }"}), "COST_LIMIT"),
        (json!({"query": format!("{{ double(number: {}1{}) }}", "[".repeat(3_000), "]".repeat(3_000))}), "BAD_USER_INPUT"),
        (json!({"query": "{ alpha }", "variables": {"x": vec![0; 1_001]}}), "BAD_USER_INPUT"),
        (json!({"query": "subscription { alpha }"}), "BAD_USER_INPUT"),
    ];
    for (body, expected) in table {
        for (headers, status) in [(NEWER, 400), (JSON, 200)] {
            let reply = post(&server, headers, &body).await;
            assert_eq!((reply.status, code(&reply).as_str()), (status, expected), "{:.90}", body.to_string());
            assert!(reply.json().get("data").is_none(), "{}", reply.text());
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_request_is_refused_whatever_is_accepted() {
    let server = serve().await;
    let deep = format!("{{\"query\":\"{{ alpha }}\",\"variables\":{}1{}}}", "{\"a\":".repeat(500), "}".repeat(500));
    let bodies = [
        "",
        "{",
        "nonsense",
        "1",
        "null",
        "\u{7f}",
        r#"[]"#,
        r#"[{"query":"{ alpha }"}]"#,
        r#"{"qeury":"{ alpha }"}"#,
        r#"{"query":null}"#,
        r#"{"query":0}"#,
        r#"{"query":["{ alpha }"]}"#,
        r#"{"query":"{ alpha }","operationName":{}}"#,
        r#"{"query":"{ alpha }","variables":[]}"#,
        r#"{"query":"{ alpha }","variables":"{}"}"#,
        r#"{"query":"{ alpha }","extensions":0}"#,
        &deep,
    ];
    for body in bodies {
        for headers in [NEWER, JSON] {
            let reply = server.send("POST /graphql", headers, body).await;
            assert_eq!((reply.status, code(&reply).as_str()), (400, "BAD_USER_INPUT"), "{body:.60}");
        }
    }
    let nulls = json!({"query": "{ alpha }", "operationName": null, "variables": null, "extensions": null, "unknown": 1});
    assert_eq!(post(&server, JSON, &nulls).await.status, 200);
}

#[tokio::test]
async fn only_json_is_read() {
    let server = serve().await;
    let table = [
        ("content-type: application/json; charset=utf-8\r\n", 200),
        ("content-type: Application/JSON;charset=\"UTF-8\"\r\n", 200),
        ("content-type: application/json\r\ncontent-encoding: identity\r\n", 200),
        ("", 415),
        ("content-type: text/plain\r\n", 415),
        ("content-type: application/x-www-form-urlencoded\r\n", 415),
        ("content-type: multipart/form-data; boundary=x\r\n", 415),
        ("content-type: application/graphql\r\n", 415),
        ("content-type: application/json; charset=utf-16\r\n", 415),
        ("content-type: application/json\r\ncontent-type: text/plain\r\n", 415),
        ("content-type: application/json\r\ncontent-encoding: gzip\r\n", 415),
    ];
    for (headers, status) in table {
        let reply = post(&server, headers, &json!({"query": "{ alpha }"})).await;
        assert_eq!(reply.status, status, "{headers}");
        assert!(status == 200 || code(&reply) == "BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn get_reads_and_never_writes() {
    let server = serve().await;
    let table = [
        ("query=%7Balpha%7D", 200, None),
        ("query=query+A%7Balpha%7D+mutation+B%7Btouch%7D&operationName=A", 200, None),
        ("query=query(%24n%3AInt!)%7Bdouble(number%3A%24n)%7D&variables=%7B%22n%22%3A2%7D&extensions=%7B%7D", 200, None),
        ("query=mutation%7Btouch%7D", 405, Some("POST")),
        ("query=query+A%7Balpha%7D+mutation+B%7Btouch%7D&operationName=B", 405, Some("POST")),
        ("query=%7Balpha%7D&variables=%7B", 400, None),
        ("query=%7Balpha%7D&variables=1", 400, None),
        ("query=%7Balpha%7D&extensions=1", 400, None),
        ("query=%7Balpha%7D&query=%7Bzulu%7D", 400, None),
        ("", 400, None),
    ];
    for (parameters, status, allow) in table {
        let reply = server.send(&format!("GET /graphql?{parameters}"), "accept: application/json\r\n", "").await;
        assert_eq!((reply.status, reply.header("allow")), (status, allow), "{parameters}");
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let reply = server.send(&format!("{method} /graphql?query=%7Balpha%7D"), "", "").await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, POST")), "{method}");
    }
    assert_eq!(post(&server, JSON, &json!({"query": "mutation { touch }"})).await.json()["data"]["touch"], true);
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read() {
    let server = serve().await;
    let announced = format!("POST /graphql HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{JSON}content-length: 65537\r\n\r\n");
    let reply = server.send_raw(&announced).await;
    assert_eq!((reply.status, code(&reply).as_str()), (413, "BAD_USER_INPUT"));
    let exact = |spaces: usize| format!("{{\"query\":\"{{ alpha }}\"{}}}", " ".repeat(spaces));
    let fitting = exact(64 * 1024 - exact(0).len());
    assert_eq!(server.send("POST /graphql", JSON, &fitting).await.status, 200);
}

#[tokio::test]
async fn a_body_without_announced_length_is_cut_at_the_limit() {
    // It never ends, so only a bounded read returns.
    let chunks = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 4_096]));
    let request = axum::http::Request::post("/graphql").header("content-type", "application/json").body(Body::from_stream(chunks)).unwrap();
    let response = {
        let client = Client { purse: &purse(), nobody: None, prepare: |request: async_graphql::Request| request.data(Caller("")) };
        endpoint().handle(request, client, || None).await
    };
    assert_eq!(response.status(), 413);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_times_out() {
    let reply = serve()
        .await
        .send_raw(&format!("POST /graphql HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{JSON}content-length: 9\r\n\r\n{{"))
        .await;
    assert_eq!((reply.status, code(&reply).as_str()), (408, "TIMEOUT"));
}

#[tokio::test]
async fn an_operation_that_does_not_end_times_out() {
    let reply = query(&serve().await, "{ never }").await;
    assert_eq!((reply.status, code(&reply).as_str()), (504, "TIMEOUT"));
}

#[tokio::test]
async fn a_resolver_that_panics_answers_internal() {
    let reply = query(&serve().await, "{ explode }").await;
    assert_eq!((reply.status, code(&reply).as_str()), (500, "INTERNAL"));
    assert!(!reply.text().contains("purpose"));
}

#[tokio::test]
async fn errors_while_running_keep_data_and_hide_what_has_no_code() {
    let server = serve().await;
    let table = [
        ("{ alpha leaking }", json!({"alpha": "a", "leaking": null}), "INTERNAL", "Internal error"),
        ("{ refused }", Value::Null, "NOT_FOUND", "No such listing."),
    ];
    for (document, data, expected, message) in table {
        let reply = query(&server, document).await;
        assert_eq!((reply.status, code(&reply).as_str()), (200, expected), "{document}");
        let body = reply.json();
        assert_eq!(body.get("data"), Some(&data), "{document} {}", reply.text());
        assert_eq!(body["errors"][0]["message"], message);
        assert!(body["errors"][0]["path"].is_array());
    }
    let wrong = query(&server, "{ parsed(id: \"x\") }").await;
    assert_eq!(code(&wrong), "BAD_USER_INPUT", "{}", wrong.text());
}

#[tokio::test]
async fn at_most_ten_errors_are_told() {
    let reply = query(&serve().await, "{ list(first: 40) { broken } }").await;
    let body = reply.json();
    assert_eq!(body["errors"].as_array().map(Vec::len), Some(10));
    assert_eq!(body["data"]["list"].as_array().map(Vec::len), Some(40));
    let cost = &body["extensions"]["cost"];
    assert_eq!(
        (&cost["requested"], &cost["actual"], &cost["max"]),
        (&json!(42), &json!(0), &json!(1000)),
        "rows that failed are null, and cost nothing"
    );
}

#[tokio::test]
async fn a_dry_run_answers_the_cost_alone() {
    let reply = post(&serve().await, &format!("{JSON}x-cost-dry-run: 1\r\n"), &json!({"query": "mutation { touch }"})).await;
    let body = reply.json();
    assert_eq!((reply.status, &body["data"]), (200, &Value::Null));
    assert_eq!((&body["extensions"]["cost"]["requested"], body["extensions"]["cost"].get("actual")), (&json!(10), None));
}

#[tokio::test]
async fn an_empty_bucket_is_told_with_the_time_to_wait() {
    // Thirty points, one a second.
    let server = serve_from(Purse::full(1)).await;
    let affordable = query(&server, "{ list(first: 20) { broken } }").await.json();
    let cost = &affordable["extensions"]["cost"];
    assert_eq!((&cost["requested"], &cost["bucket"], &cost["restorePerSecond"]), (&json!(22), &json!(30), &json!(1)));
    for headers in [JSON, NEWER] {
        let refused = post(&server, headers, &json!({"query": "{ list(first: 20) { broken } }"})).await;
        assert_eq!((refused.status, code(&refused).as_str()), (429, "RATE_LIMITED"));
        let body = refused.json();
        let wait = body["extensions"]["cost"]["retryAfterMs"].as_u64().expect("a time");
        let seconds: u64 = refused.header("retry-after").expect("a header").parse().expect("seconds");
        assert!((12_000..=15_000).contains(&wait) && (13..=15).contains(&seconds), "{wait} {seconds}");
    }
    // Refused documents are paid too, so that sending them has an end; a client sees the fault as long as it can pay.
    assert_eq!(code(&query(&server, "{").await), "RATE_LIMITED");
}

#[tokio::test]
async fn a_default_of_a_variable_counts_in_skip_and_include() {
    let server = serve().await;
    let document = "query($x: Boolean = true) { alpha @skip(if: $x) zulu @include(if: $x) }";
    for (variables, data) in [(json!({}), json!({"zulu": "z"})), (json!({"x": false}), json!({"alpha": "a"}))] {
        let reply = post(&server, JSON, &json!({"query": document, "variables": variables})).await;
        assert_eq!(reply.json()["data"], data);
    }
}
