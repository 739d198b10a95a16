//! Parts of the feed: cursors that belong to one, tombstones for what leaves it, forgetting, and how far consumers are.

use chrono::Duration;
use ocop_catalog::{config::Config, service::housekeeping};
use serde_json::{Value, json};

use crate::harness::{Caller, World, both, text};

const CHANGES: &str = "query($since: FeedCursor, $scope: FeedScopeInput) { listingChanges(since: $since, scope: $scope) { endCursor hasMore horizon snapshotRequired
    changes { __typename listingId version ... on ListingRemoved { reason } } } }";
const SNAPSHOT: &str = "query($scope: FeedScopeInput, $after: FeedCursor) { listingSnapshot(scope: $scope, after: $after, first: 1) { asOf endCursor hasMore listings { id } } }";
const ACKNOWLEDGE: &str = "mutation($consumer: String!, $cursor: FeedCursor!) { feedAcknowledge(consumer: $consumer, cursor: $cursor) {
    consumer { name behind behindSince cursor } userErrors { code path } } }";

async fn page(caller: &Caller, since: &Value, scope: &Value) -> Value {
    caller.data(CHANGES, json!({ "since": since, "scope": scope })).await["listingChanges"].clone()
}

/// Kind and reason of each change of a page.
fn told(page: &Value) -> Vec<(String, String)> {
    let changes = page["changes"].as_array().expect("changes").iter();
    changes.map(|c| (text(&c["__typename"]), c["reason"].as_str().unwrap_or_default().to_owned())).collect()
}

fn upserted() -> Vec<(String, String)> {
    vec![("ListingUpserted".to_owned(), String::new())]
}

fn removed(reason: &str) -> Vec<(String, String)> {
    vec![("ListingRemoved".to_owned(), reason.to_owned())]
}

both! {
    /// Whoever follows a commune is told when a listing leaves it, and of no other; whoever follows everything sees it stay.
    async fn leaving_a_scope_is_a_tombstone(world: World) {
        let (admin, lan, hoa) = (world.admin().await, world.seller("lan").await, world.seller("hoa").await);
        let integrator = world.integrator(&admin).await;
        world.on_sale(&lan, &admin, "Mật ong").await;
        world.on_sale(&hoa, &admin, "Trà").await;
        let (here, there) = (json!({ "commune": "01090" }), json!({ "commune": "00694" }));
        let (own, food, drink) = (json!({ "producer": lan.producer }), json!({ "group": "FOOD" }), json!({ "group": "DRINK" }));
        let mut at = Vec::new();
        for (scope, expected) in [(&here, 2), (&there, 0), (&own, 1), (&food, 2), (&drink, 0), (&Value::Null, 2)] {
            let first = page(&integrator, &Value::Null, scope).await;
            assert_eq!(told(&first).len(), expected, "{scope}");
            at.push(first["endCursor"].clone());
        }
        let moves = "mutation($id: ID!) { producerUpdate(id: $id, expectedVersion: 1, input: { commune: \"00694\" }) { userErrors { code path } } }";
        lan.caller.done(moves, json!({ "id": lan.producer })).await;
        assert_eq!(told(&page(&integrator, &at[0], &here).await), removed("LEFT_CHANNEL"));
        assert_eq!(told(&page(&integrator, &at[1], &there).await), upserted());
        assert_eq!(told(&page(&integrator, &at[2], &own).await), upserted());
        assert_eq!(told(&page(&integrator, &at[4], &drink).await), vec![]);
        assert_eq!(told(&page(&integrator, &at[5], &Value::Null).await), upserted());
        let both = json!({ "commune": "01090", "producer": lan.producer });
        assert_eq!(told(&page(&integrator, &Value::Null, &both).await), removed("LEFT_CHANNEL"));
        // A cursor goes on in its own part only.
        assert_eq!(integrator.error(CHANGES, json!({ "since": at[0], "scope": there })).await, "CURSOR_MISMATCH");
        assert_eq!(integrator.error(CHANGES, json!({ "since": at[0] })).await, "CURSOR_MISMATCH");
        assert_eq!(integrator.error(CHANGES, json!({ "scope": { "producer": "rubbish" } })).await, "BAD_USER_INPUT");
        assert_eq!(integrator.error(CHANGES, json!({ "scope": { "channel": lan.producer } })).await, "BAD_USER_INPUT");
        let snapshot = integrator.data(SNAPSHOT, json!({ "scope": there })).await["listingSnapshot"].clone();
        assert_eq!((snapshot["listings"].as_array().map(Vec::len), &snapshot["hasMore"]), (Some(1), &json!(false)));
    }
}

both! {
    /// A channel's part: what it carries while it is connected; afterwards an empty snapshot, once.
    async fn a_channel_that_is_disconnected(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        let channel = world.connect(&admin).await;
        world.on_sale(&lan, &admin, "Mật ong").await;
        let scope = json!({ "channel": channel });
        let first = page(&integrator, &Value::Null, &scope).await;
        assert_eq!(told(&first), upserted());
        admin.done("mutation($id: ID!) { channelDisconnect(id: $id) { userErrors { code } } }", json!({ "id": channel })).await;
        let after = page(&integrator, &first["endCursor"], &scope).await;
        assert_eq!((&after["snapshotRequired"], told(&after)), (&json!(true), vec![]));
        let snapshot = integrator.data(SNAPSHOT, json!({ "scope": scope })).await["listingSnapshot"].clone();
        assert_eq!(snapshot["listings"], json!([]));
        let after = page(&integrator, &snapshot["asOf"], &scope).await;
        assert_eq!((&after["snapshotRequired"], told(&after)), (&json!(false), vec![]));
    }
}

both! {
    /// Whoever was away for longer than tombstones are kept is told so, and recovers by a snapshot.
    async fn away_past_the_horizon(world: World) {
        let (admin, mut lan) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        let (gone, stays) = (world.on_sale(&lan, &admin, "Mật ong").await, world.on_sale(&lan, &admin, "Trà").await);
        let early = page(&integrator, &Value::Null, &Value::Null).await;
        lan.caller.done("mutation($id: ID!) { listingUnpublish(id: $id) { userErrors { code } } }", json!({ "id": gone.listing })).await;
        let late = page(&integrator, &early["endCursor"], &Value::Null).await;
        assert_eq!(told(&late), removed("UNPUBLISHED"));
        world.clock.set(world.clock.now() + Duration::days(180));
        housekeeping::forget(&world.service, Duration::days(1)).await.expect("forgets");
        assert_eq!(told(&page(&integrator, &early["endCursor"], &Value::Null).await), removed("UNPUBLISHED"), "not yet");
        world.clock.set(world.clock.now() + Duration::seconds(1));
        housekeeping::forget(&world.service, Duration::days(1)).await.expect("forgets");
        let now = page(&integrator, &early["endCursor"], &Value::Null).await;
        assert_eq!((&now["snapshotRequired"], told(&now)), (&json!(true), vec![]));
        // So it is where one connection to the database has to do.
        let narrow = world.replica_with(&Config { database_connections: 1, ..world.config() }).await;
        let there = Caller::new(&format!("http://{}/graphql", narrow.address().expect("an address")), Some(integrator.token()));
        assert_eq!(page(&there, &early["endCursor"], &Value::Null).await, now);
        narrow.stop().await;
        let still = page(&integrator, &late["endCursor"], &Value::Null).await;
        assert_eq!((&still["snapshotRequired"], told(&still)), (&json!(false), vec![]), "whoever was told of it goes on");
        let snapshot = integrator.data(SNAPSHOT, Value::Null).await["listingSnapshot"].clone();
        assert_eq!(snapshot["listings"], json!([{ "id": stays.listing }]));
        assert_eq!(page(&integrator, &snapshot["asOf"], &Value::Null).await["snapshotRequired"], false);
        // Numbers are not given again, though the newest row was a tombstone.
        lan.caller = world.sign_in("lan").await;
        lan.set_price(&stays.listing, 90_000).await;
        assert_eq!(told(&page(&integrator, &late["endCursor"], &Value::Null).await), upserted());
        // Reading from nothing needs no tombstones, page by page.
        let query = "query($s: FeedCursor) { listingChanges(since: $s, first: 1) { endCursor hasMore snapshotRequired changes { listingId } } }";
        world.on_sale(&world.seller("hoa").await, &admin_again(&world).await, "Thịt").await;
        let one = integrator.data(query, Value::Null).await["listingChanges"].clone();
        let two = integrator.data(query, json!({ "s": one["endCursor"] })).await["listingChanges"].clone();
        assert_eq!((&one["hasMore"], &two["hasMore"], &two["snapshotRequired"]), (&json!(true), &json!(true), &json!(false)));
        assert_ne!(one["changes"], two["changes"]);
    }
}

/// Tokens end after fifteen minutes.
async fn admin_again(world: &World) -> Caller {
    world.sign_in("admin").await
}

both! {
    /// How far a consumer is behind is seen by it and by admins; an older acknowledgement changes nothing.
    async fn acknowledgements(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let (integrator, other) = (world.integrator(&admin).await, world.integrator(&admin).await);
        let sale = world.on_sale(&lan, &admin, "Mật ong").await;
        let first = page(&integrator, &Value::Null, &Value::Null).await;
        let noted = integrator.done(ACKNOWLEDGE, json!({ "consumer": "kho", "cursor": first["endCursor"] })).await["consumer"].clone();
        assert_eq!((&noted["behind"], &noted["behindSince"]), (&json!(0), &Value::Null));
        lan.set_price(&sale.listing, 90_000).await;
        let query = "{ feedConsumers { name behind behindSince cursor } }";
        let mine = integrator.data(query, Value::Null).await["feedConsumers"].clone();
        assert_eq!((&mine[0]["name"], &mine[0]["behind"], mine[0]["behindSince"].is_string()), (&json!("kho"), &json!(1), true));
        assert_eq!(other.data(query, Value::Null).await["feedConsumers"], json!([]));
        assert_eq!(admin.data(query, Value::Null).await["feedConsumers"], mine);
        let second = page(&integrator, &mine[0]["cursor"], &Value::Null).await;
        assert_eq!(told(&second), upserted(), "what was acknowledged can be gone on from");
        for cursor in [&second["endCursor"], &first["endCursor"]] {
            let noted = integrator.done(ACKNOWLEDGE, json!({ "consumer": "kho", "cursor": cursor })).await["consumer"].clone();
            assert_eq!(noted["behind"], 0, "never back");
        }
        let refused = integrator.refused(ACKNOWLEDGE, json!({ "consumer": "tên lạ", "cursor": first["endCursor"] })).await;
        assert_eq!(refused, [("INVALID_NAME".to_owned(), "consumer".to_owned())]);
        let why = |code: &str| vec![(code.to_owned(), "cursor".to_owned())];
        assert_eq!(integrator.refused(ACKNOWLEDGE, json!({ "consumer": "kho", "cursor": "rubbish" })).await, why("CURSOR_INVALID"));
        let unfinished = integrator.data(SNAPSHOT, Value::Null).await["listingSnapshot"]["endCursor"].clone();
        assert_eq!(integrator.refused(ACKNOWLEDGE, json!({ "consumer": "kho", "cursor": unfinished })).await, why("CURSOR_MISMATCH"));
        assert_eq!(lan.caller.error(ACKNOWLEDGE, json!({ "consumer": "kho", "cursor": first["endCursor"] })).await, "FORBIDDEN");
    }
}

both! {
    /// A read that names a change waits for it: at once here, never where the change will not come.
    async fn reads_after_a_change(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        let sale = world.on_sale(&lan, &admin, "Mật ong").await;
        let seen = page(&integrator, &Value::Null, &Value::Null).await["endCursor"].clone();
        let read = "query($id: ID!, $c: FeedCursor) { listing(by: { id: $id }, minCursor: $c) { id } listings(minCursor: $c) { nodes { id } }
            nodes(ids: [$id], minCursor: $c) { id } }";
        let data = integrator.data(read, json!({ "id": sale.listing, "c": seen })).await;
        let id = json!({ "id": sale.listing });
        assert_eq!(data, json!({ "listing": id, "listings": { "nodes": [id] }, "nodes": [id] }));
        let query = "query($c: FeedCursor) { listings(minCursor: $c) { nodes { id } } }";
        assert_eq!(integrator.error(query, json!({ "c": "rubbish" })).await, "CURSOR_INVALID");
        let ahead = world.service.cursors.seal(
            "feed:all",
            &ocop_catalog::domain::cursor::FeedPosition { epoch: world.service.feed_epoch, seq: 1_000_000, after: None, from: 0, closed: false },
        );
        assert_eq!(integrator.error(query, json!({ "c": ahead })).await, "BAD_USER_INPUT", "it does not come");
        assert_eq!(page(&integrator, &json!(ahead), &Value::Null).await["snapshotRequired"], true, "an older copy was put back");
    }
}
