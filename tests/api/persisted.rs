//! Documents that are named instead of sent.

use data_encoding::HEXLOWER;
use ocop_catalog::config::Config;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;

use crate::harness::{Caller, Socket, World, both, text};

const QUERY: &str = "query($first: Int!) { listings(first: $first) { nodes { title } } }";

fn hash(document: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(document.as_bytes()))
}

fn code(body: &Value) -> &str {
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "tests call their own service")]
async fn get(url: &str, id: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let mut request = reqwest::Client::new().get(format!("{url}?documentId=sha256:{id}&variables=%7B%22first%22%3A5%7D"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("an answer")
}

both! {
    /// A hash alone asks for the document; hash and document leave it; then the hash is enough, by POST, GET and socket, and cached.
    async fn left_once_then_named(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let sale = world.on_sale(&lan, &admin, "Mật ong").await;
        let (anyone, id) = (world.anyone(), hash(QUERY));
        let variables = json!({ "first": 5 });
        let apollo = json!({ "persistedQuery": { "version": 1, "sha256Hash": id } });
        let unknown = anyone.post(json!({ "extensions": apollo, "variables": variables })).await;
        assert_eq!((unknown.status, code(&unknown.body)), (404, "PERSISTED_QUERY_NOT_FOUND"));
        let wrong = anyone.post(json!({ "query": "{ __typename }", "extensions": apollo })).await;
        assert_eq!((wrong.status, code(&wrong.body)), (400, "BAD_USER_INPUT"));
        let left = anyone.post(json!({ "query": QUERY, "extensions": apollo, "variables": variables })).await;
        for body in [json!({ "extensions": apollo, "variables": variables }), json!({ "documentId": format!("sha256:{id}"), "variables": variables })] {
            let named = anyone.post(body).await;
            assert_eq!((named.status, &named.body), (200, &left.body));
        }
        let mut socket = Socket::open(&world.url, None).await;
        socket.say(json!({ "id": "a", "type": "subscribe", "payload": { "documentId": format!("sha256:{id}"), "variables": variables } })).await;
        assert_eq!(socket.next().await["payload"]["data"], left.body["data"]);
        let first = get(&world.url, &id, &[]).await;
        assert_eq!(first.headers()["cache-control"], "public, no-cache");
        let tag = first.headers()["etag"].to_str().expect("text").to_owned();
        assert_eq!(first.json::<Value>().await.expect("JSON")["data"], left.body["data"]);
        assert_eq!(get(&world.url, &id, &[("if-none-match", &tag)]).await.status(), 304);
        lan.caller.done("mutation($id: ID!) { listingUnpublish(id: $id) { userErrors { code } } }", json!({ "id": sale.listing })).await;
        let changed = get(&world.url, &id, &[("if-none-match", &tag)]).await;
        assert_eq!(changed.status(), 200);
        assert_eq!(changed.json::<Value>().await.expect("JSON")["data"]["listings"]["nodes"], json!([]));
        let own = get(&world.url, &id, &[("authorization", &format!("Bearer {}", lan.caller.token()))]).await;
        assert_eq!(own.headers()["cache-control"], "no-store", "what one alone may see is kept by nobody");
        for body in [json!({ "documentId": "rubbish" }), json!({ "documentId": 1 }), json!({ "extensions": { "persistedQuery": { "version": 2, "sha256Hash": id } } })] {
            let refused = anyone.post(body).await;
            assert_eq!((refused.status, code(&refused.body)), (400, "BAD_USER_INPUT"));
        }
    }
}

both! {
    /// A deployment may let its own documents run and no others.
    async fn trusted_documents_only(world: World) {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("listings.graphql"), QUERY).expect("writes");
        let config = Config { trusted_documents: Some(folder.path().to_owned()), trusted_only: true, ..world.config() };
        let strict = world.replica_with(&config).await;
        let caller = Caller::new(&format!("http://{}/graphql", strict.address().expect("an address")), None);
        let variables = json!({ "first": 5 });
        let named = caller.post(json!({ "documentId": format!("sha256:{}", hash(QUERY)), "variables": variables })).await;
        assert_eq!((named.status, &named.body["data"]["listings"]["nodes"]), (200, &json!([])));
        assert_eq!(caller.post(json!({ "query": QUERY, "variables": variables })).await.status, 200);
        for body in [json!({ "query": "{ serviceInfo { version } }" }), json!({ "documentId": format!("sha256:{}", hash("{ a }")) })] {
            let refused = caller.post(body).await;
            assert_eq!((refused.status, text(&refused.body["errors"][0]["extensions"]["code"])), (403, "DOCUMENT_NOT_TRUSTED".to_owned()));
        }
        strict.stop().await;
    }
}
