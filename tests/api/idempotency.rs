//! A request sent twice is done once.

use serde_json::json;
use uuid::Uuid;

use crate::harness::{World, both};

const CREATE: &str = "mutation($i: ListingCreateInput!, $k: UUID) { listingCreate(input: $i, idempotencyKey: $k) { listing { id } userErrors { code path } } }";

both! {
    async fn a_replayed_request_answers_as_before(world: World) {
        let seller = world.seller("lan").await;
        let product = seller.product("Mật ong").await;
        let input = |price: &str| json!({ "product": product, "price": { "amount": price }, "stock": 5 });
        let key = Uuid::from_u128(7);
        let first = seller.caller.done(CREATE, json!({ "i": input("50000"), "k": key })).await;
        let again = seller.caller.done(CREATE, json!({ "i": input("50000"), "k": key })).await;
        assert_eq!(first, again);
        let other = seller.caller.refused(CREATE, json!({ "i": input("60000"), "k": key })).await;
        assert_eq!(other, [("IDEMPOTENCY_KEY_REUSED".to_owned(), "idempotencyKey".to_owned())]);
        let mai = world.seller("mai").await;
        let theirs = mai.product("Mật ong").await;
        let theirs = json!({ "product": theirs, "price": { "amount": "1000" }, "stock": 1 });
        mai.caller.done(CREATE, json!({ "i": theirs, "k": key })).await;
        let listed = seller.caller.data("{ listings { totalCount { value } } }", json!({})).await;
        assert_eq!(listed["listings"]["totalCount"]["value"], 1);
    }
}

both! {
    /// Twenty copies of one request at once: one is done, all answer the same or say that it is under way.
    async fn copies_at_once_are_done_once(world: World) {
        let seller = world.seller("lan").await;
        let product = seller.product("Mật ong").await;
        let variables = json!({ "i": { "product": product, "price": { "amount": "50000" }, "stock": 5 }, "k": Uuid::from_u128(8) });
        let copies = (0..20).map(|_| {
            let (caller, variables) = (seller.caller.clone(), variables.clone());
            tokio::spawn(async move { caller.send(CREATE, variables).await.body })
        });
        let mut answers = Vec::new();
        for copy in copies.collect::<Vec<_>>() {
            answers.push(copy.await.expect("an answer"));
        }
        let mut ids: Vec<_> = answers.iter().filter_map(|a| a["data"]["listingCreate"]["listing"]["id"].as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 1, "{answers:?}");
        let listed = seller.caller.data("{ listings { totalCount { value } } }", json!({})).await;
        assert_eq!(listed["listings"]["totalCount"]["value"], 1);
    }
}

both! {
    /// A refused request leaves its key free: it can be mended and sent again.
    async fn a_refusal_keeps_no_key(world: World) {
        let seller = world.seller("lan").await;
        let product = seller.product("Mật ong").await;
        let key = Uuid::from_u128(9);
        let input = |price: &str| json!({ "i": { "product": product, "price": { "amount": price }, "stock": 5 }, "k": key });
        assert_eq!(seller.caller.refused(CREATE, input("-1")).await[0].0, "PRICE_NOT_POSITIVE");
        seller.caller.done(CREATE, input("50000")).await;
    }
}

both! {
    /// Two writers from one version: one wins, the other is told the current version.
    async fn two_writers_from_one_version(world: World) {
        let seller = world.seller("lan").await;
        let listing = seller.listing(&seller.product("Mật ong").await, 50_000).await;
        let query = "mutation($id: ID!, $n: Int!) { listingUpdate(id: $id, expectedVersion: 1, input: { minOrder: $n }) { listing { version minOrder } userErrors { code message } } }";
        let send = |n: i32| {
            let (caller, variables) = (seller.caller.clone(), json!({ "id": listing, "n": n }));
            tokio::spawn(async move { caller.data(query, variables).await["listingUpdate"].clone() })
        };
        let (a, b) = (send(2), send(3));
        let answers = [a.await.expect("an answer"), b.await.expect("an answer")];
        let won: Vec<_> = answers.iter().filter(|a| a["userErrors"] == json!([])).collect();
        let lost: Vec<_> = answers.iter().filter(|a| a["userErrors"][0]["code"] == "STALE_VERSION").collect();
        assert_eq!((won.len(), lost.len()), (1, 1), "{answers:?}");
        assert_eq!(won[0]["listing"]["version"], 2);
        assert!(lost[0]["userErrors"][0]["message"].as_str().is_some_and(|m| m.contains("current version 2")));
    }
}
