//! Webhooks: messages that say what pulling says, in order, until they are taken.

use chrono::{Duration, Utc};
use ocop_catalog::{config::Config, service::Clock};
use serde_json::{Value, json};

use crate::harness::{Caller, Received, Receiver, World, asked, both, text};

const CREATE: &str = "mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input) {
    endpoint { id publicKey } secret userErrors { code path } } }";
const ENDPOINTS: &str = "{ webhookEndpoints { id url state stateReason failures dueAt cursor scope { producer } attempts { messageId status error changes } } }";
const UPDATE: &str = "mutation($id: ID!, $input: WebhookEndpointUpdateInput!) { webhookEndpointUpdate(id: $id, input: $input) { endpoint { state } userErrors { code path } } }";
const PULL: &str = include_str!("../../docs/queries/feed.graphql");

async fn create(caller: &Caller, receiver: &Receiver, scope: Value) -> Value {
    caller.done(CREATE, json!({ "input": { "url": receiver.url, "scope": scope } })).await
}

async fn endpoint(caller: &Caller) -> Value {
    caller.data(ENDPOINTS, Value::Null).await["webhookEndpoints"][0].clone()
}

/// One of several: those made at the same instant come in any order.
async fn endpoint_with(caller: &Caller, id: &Value) -> Value {
    let all = caller.data(ENDPOINTS, Value::Null).await["webhookEndpoints"].clone();
    all.as_array().expect("endpoints").iter().find(|endpoint| endpoint["id"] == *id).expect("the endpoint").clone()
}

/// Which of the signatures independent programs accept.
fn verified(message: &Received, secret: &Value, public: &Value) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("message.json");
    let given = json!({ "secret": secret, "publicKey": public, "headers": message.headers, "body": message.body });
    std::fs::write(&file, given.to_string()).expect("writes");
    asked("webhook.py", &[file.to_str().expect("a path")])
}

both! {
    /// The body is the page that pulling answers; both signatures hold; a changed body breaks them; a rotated secret holds for a day.
    async fn told_what_pulling_says(world: World) {
        // Verifiers refuse messages that are old.
        world.clock.set(Clock::System.now());
        let (admin, lan, hoa) = (world.admin().await, world.seller("lan").await, world.seller("hoa").await);
        let integrator = world.integrator(&admin).await;
        let (receiver, narrow) = (Receiver::start().await, Receiver::start().await);
        let created = create(&integrator, &receiver, Value::Null).await;
        create(&integrator, &narrow, json!({ "producer": hoa.producer })).await;
        let before = endpoint_with(&integrator, &created["endpoint"]["id"]).await["cursor"].clone();
        let sale = world.on_sale(&lan, &admin, "Mật ong").await;
        assert_eq!(world.tell().await, 2, "both look, one has something to say");
        let message = receiver.taken().pop().expect("a message");
        let pulled = integrator.operation(PULL, "Changes", json!({ "since": before })).await["listingChanges"].clone();
        assert_eq!(message.page(), pulled);
        assert_eq!(message.body, pulled.to_string(), "fields in the same order");
        assert_eq!(pulled["changes"][0]["listing"]["product"]["rating"]["stars"], 4);
        assert_eq!(message.headers["ocop-feed-cursor"], text(&before));
        let (secret, public) = (&created["secret"], &created["endpoint"]["publicKey"]);
        assert_eq!(verified(&message, secret, public), json!({ "v1": true, "v1a": true }));
        let forged = Received { body: message.body.replace("185000", "185001"), ..message.clone() };
        assert_eq!(verified(&forged, secret, public), json!({ "v1": "No matching signature found", "v1a": false }));
        let rotate = "mutation($id: ID!) { webhookEndpointRotateSecret(id: $id) { secret endpoint { previousSecretUntil } userErrors { code } } }";
        let rotated = integrator.done(rotate, json!({ "id": created["endpoint"]["id"] })).await;
        assert!(rotated["endpoint"]["previousSecretUntil"].is_string());
        lan.caller.done("mutation($id: ID!) { listingUnpublish(id: $id) { userErrors { code } } }", json!({ "id": sale.listing })).await;
        world.tell().await;
        let gone = receiver.taken().pop().expect("a message");
        assert_eq!(gone.page()["changes"][0]["reason"], "UNPUBLISHED");
        for secret in [secret, &rotated["secret"]] {
            assert_eq!(verified(&gone, secret, public)["v1"], true);
        }
        let test = integrator.done("mutation($id: ID!) { webhookTest(id: $id) { isTaken status error userErrors { code } } }", json!({ "id": created["endpoint"]["id"] })).await;
        assert_eq!((&test["isTaken"], &test["status"]), (&json!(true), &json!(204)));
        assert_eq!(receiver.taken().pop().expect("a message").page()["changes"], json!([]));
        let tries = endpoint_with(&integrator, &created["endpoint"]["id"]).await["attempts"].clone();
        assert_eq!(tries.as_array().map(Vec::len), Some(3));
        assert_eq!((narrow.taken().len(), world.tell().await), (0, 0), "nothing more to say, and nothing of others");
    }
}

both! {
    /// What is not taken is tried again by the schedule, with what is true by then; after 72 hours it is given up, and nothing is lost.
    async fn tried_until_taken(world: World) {
        let (admin, mut lan) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        let receiver = Receiver::start().await;
        let created = create(&integrator, &receiver, Value::Null).await;
        let id = created["endpoint"]["id"].clone();
        let sale = world.on_sale(&lan, &admin, "Mật ong").await;
        receiver.answer(&[500, 302]);
        assert_eq!(world.tell().await, 1);
        assert_eq!(world.tell().await, 0, "not before its time");
        world.clock.set(world.clock.now() + Duration::seconds(5));
        assert_eq!(world.tell().await, 1);
        let tries = receiver.taken();
        assert_eq!((tries.len(), tries[0].id() == tries[1].id(), &tries[0].body), (2, true, &tries[1].body), "the same bytes under the same id");
        lan.set_price(&sale.listing, 90_000).await;
        world.clock.set(world.clock.now() + Duration::seconds(25));
        world.tell().await;
        let taken = receiver.taken();
        assert_eq!(taken.len(), 1);
        assert_ne!(taken[0].id(), tries[0].id(), "other bytes, another id");
        assert_eq!(taken[0].page()["changes"][0]["listing"]["price"]["amount"], "90000", "what is true now");
        let seen = endpoint(&integrator).await;
        assert_eq!((&seen["state"], &seen["failures"]), (&json!("ACTIVE"), &json!(0)));
        let statuses: Vec<_> = seen["attempts"].as_array().expect("tries").iter().map(|t| t["status"].clone()).collect();
        assert_eq!(statuses, [204, 302, 500]);
        // Gone: nothing is sent before its owner resumes it, and then everything.
        receiver.answer(&[410]);
        lan.set_price(&sale.listing, 91_000).await;
        world.tell().await;
        assert_eq!(endpoint(&integrator).await["state"], "PAUSED");
        lan.set_price(&sale.listing, 92_000).await;
        assert_eq!((world.tell().await, receiver.taken().len()), (0, 1));
        integrator.done(UPDATE, json!({ "id": id, "input": { "isActive": true } })).await;
        world.tell().await;
        assert_eq!(receiver.taken()[0].page()["changes"][0]["listing"]["price"]["amount"], "92000");
        // Never taken.
        lan.set_price(&sale.listing, 93_000).await;
        receiver.answer(&[503; 9]);
        world.tell().await;
        for seconds in [5, 30, 120, 600, 3_600, 21_600, 86_400, 259_200] {
            assert_eq!(endpoint(&integrator).await["state"], "ACTIVE");
            let due: chrono::DateTime<Utc> = text(&endpoint(&integrator).await["dueAt"]).parse().expect("an instant");
            assert!(due > world.clock.now(), "{seconds}");
            world.clock.set(due);
            assert_eq!(world.tell().await, 1, "{seconds}");
        }
        let given_up = endpoint(&integrator).await;
        assert_eq!(given_up["state"], "DISABLED");
        assert!(text(&given_up["stateReason"]).contains("72 hours"), "{given_up}");
        assert_eq!(receiver.taken().len(), 9);
        integrator.done(UPDATE, json!({ "id": id, "input": { "isActive": true } })).await;
        world.tell().await;
        lan.caller = world.sign_in("lan").await;
        assert_eq!(receiver.taken()[0].page()["changes"][0]["listing"]["price"]["amount"], "93000", "nothing is lost");
    }
}

both! {
    /// A process that ends with a message in hand: another sends it once the lease is over. Replaying tells everything again.
    async fn leases_and_replays(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        let receiver = Receiver::start().await;
        let start = integrator.data("{ listingChanges { endCursor } }", Value::Null).await["listingChanges"]["endCursor"].clone();
        let created = create(&integrator, &receiver, Value::Null).await;
        world.on_sale(&lan, &admin, "Mật ong").await;
        let claimed = ocop_catalog::service::webhook_delivery::claim(&world.service, 10).await.expect("claims").expect("one is active");
        assert_eq!((claimed.len(), world.tell().await), (1, 0), "nobody else gets it");
        world.clock.set(world.clock.now() + Duration::seconds(61));
        assert_eq!((world.tell().await, receiver.taken().len()), (1, 1));
        let replay = "mutation($id: ID!, $since: FeedCursor!) { webhookReplay(id: $id, since: $since) { endpoint { state } userErrors { code path } } }";
        integrator.done(replay, json!({ "id": created["endpoint"]["id"], "since": start })).await;
        world.tell().await;
        assert_eq!(receiver.taken()[0].page()["changes"].as_array().map(Vec::len), Some(1));
        let refused = integrator.refused(replay, json!({ "id": created["endpoint"]["id"], "since": "rubbish" })).await;
        assert_eq!(refused, [("CURSOR_INVALID".to_owned(), "since".to_owned())]);
    }
}

both! {
    /// A revoked key ends it; nobody reaches what is others'; addresses and cursors are checked.
    async fn whose_they_are(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let key = admin.done("mutation { apiKeyCreate(input: { name: \"Sàn\", scopes: [FEED_READ] }) { apiKey { id } secret userErrors { code } } }", Value::Null).await;
        let (mine, other) = (Caller::new(&world.url, Some(&text(&key["secret"]))), world.integrator(&admin).await);
        let receiver = Receiver::start().await;
        let created = create(&mine, &receiver, Value::Null).await;
        let id = json!({ "id": created["endpoint"]["id"] });
        assert_eq!(other.data(ENDPOINTS, Value::Null).await["webhookEndpoints"], json!([]));
        let delete = "mutation($id: ID!) { webhookEndpointDelete(id: $id) { isDeleted userErrors { code path } } }";
        assert_eq!(other.refused(delete, id.clone()).await, [("NOT_FOUND".to_owned(), "id".to_owned())]);
        for (input, path) in [
            (json!({ "url": "rubbish" }), "input.url"),
            (json!({ "url": "ftp://example.vn/x" }), "input.url"),
            (json!({ "url": "https://user:password@example.vn/x" }), "input.url"),
            (json!({ "url": receiver.url, "since": "rubbish" }), "input.since"),
            (json!({ "url": receiver.url, "scope": { "producer": lan.producer }, "since": endpoint(&mine).await["cursor"] }), "input.since"),
        ] {
            let refused = mine.refused(CREATE, json!({ "input": input })).await;
            assert_eq!(refused.iter().map(|(_, path)| path.as_str()).collect::<Vec<_>>(), [path], "{input}");
        }
        for _ in 1..10 {
            create(&mine, &receiver, Value::Null).await;
        }
        assert_eq!(mine.refused(CREATE, json!({ "input": { "url": receiver.url } })).await[0].0, "TOO_MANY");
        world.on_sale(&lan, &admin, "Mật ong").await;
        admin.done("mutation($id: ID!) { apiKeyRevoke(id: $id) { userErrors { code } } }", json!({ "id": key["apiKey"]["id"] })).await;
        world.tell().await;
        assert_eq!(receiver.taken().len(), 0, "told nothing any more");
        let seen = endpoint_with(&admin, &created["endpoint"]["id"]).await;
        assert_eq!(seen["state"], "DISABLED");
        assert_eq!(admin.done(delete, id).await["isDeleted"], true);
    }
}

both! {
    /// Where private addresses are closed, no endpoint is made, nor moved, to one, however it is written; nothing is kept of the try.
    async fn addresses_of_ones_own_network_are_refused(world: World) {
        let strict = world.replica_with(&Config { outbound_allow_private: false, ..world.config() }).await;
        let admin = world.admin().await;
        let integrator = world.integrator(&admin).await;
        let caller = Caller::new(&format!("http://{}/graphql", strict.address().expect("an address")), Some(integrator.token()));
        let made = caller.done(CREATE, json!({ "input": { "url": "https://san.example.vn/ocop" } })).await;
        for url in [
            "http://san.example.vn/ocop", "https://127.0.0.1/x", "https://2130706433/x", "https://0x7f.1/x", "https://[::1]/x",
            "https://[::ffff:10.0.0.1]/x", "https://169.254.169.254/latest/meta-data", "https://[fd00::1]/x", "https://localhost/x", "ftp://san.example.vn/x",
            "https://user:password@san.example.vn/x",
        ] {
            let input = json!({ "input": { "url": url } });
            let refused = caller.data(CREATE, input).await["webhookEndpointCreate"]["userErrors"].clone();
            assert_eq!(refused, json!([{ "code": "INVALID_URL", "path": ["input", "url"] }]), "{url}");
            let input = json!({ "id": made["endpoint"]["id"], "input": { "url": url } });
            let refused = caller.data(UPDATE, input).await["webhookEndpointUpdate"]["userErrors"].clone();
            assert_eq!(refused, json!([{ "code": "INVALID_URL", "path": ["input", "url"] }]), "{url}");
        }
        let kept = caller.data(ENDPOINTS, Value::Null).await["webhookEndpoints"].clone();
        assert_eq!(kept.as_array().map(Vec::len), Some(1));
        assert_eq!(kept[0]["url"], "https://san.example.vn/ocop");
        strict.stop().await;
    }
}
