//! What is Tiki's own: requests that people decide, products that are released hidden, an app that authorises itself.

use chrono::Duration;
use serde_json::json;

use crate::{
    harness::{World, both},
    judged::{Market, Scene, TIKI, judge, no_complaints, scene, standing},
    readings::read_back,
};

/// Lets time pass and reads back what is due.
async fn wait(world: &World, scene: &Scene, by: Duration) {
    world.clock.set(world.clock.now() + by);
    scene.judge.tell("clock", json!({ "now": world.clock.now().timestamp() })).await;
    read_back(world, Duration::zero()).await;
}

both! {
    /// A product that was approved is hidden until it is shown; a request whose answer was lost is found, and none is made twice. The
    /// seller's own app gets its tokens by itself.
    async fn tiki_shows_what_was_approved(world: World) {
        let own = Market { settings: &[("client_id", "ocop-client"), ("client_secret", "ocop-tiki-secret"), ("attribute_expiry_time", "1 năm"),
            ("access_token", "none"), ("refresh_token", "client_credentials")], ..TIKI };
        let judge = judge(&world, &own).await;
        let scene = scene(&world, &own, judge).await;
        scene.judge.tell("fault", json!({ "call": own.create, "mode": "cut_after" })).await;
        for seconds in [1, 10, 10, 10] {
            wait(&world, &scene, Duration::seconds(seconds)).await;
        }
        let id = scene.judge.item().await["id"].clone();
        assert_eq!(scene.judge.state().await["renewals"], 1);
        assert_eq!(standing(&scene).await["lastError"]["kind"], "LOCKED", "what it shows is not known, and it can't be changed in review");
        scene.judge.tell("status", json!({ "id": id, "status": "inactive", "price": "1" })).await;
        wait(&world, &scene, Duration::hours(8)).await;
        wait(&world, &scene, Duration::minutes(3)).await;
        let item = scene.judge.item().await;
        assert_eq!((&item["status"], &item["price"]), (&json!("active"), &json!("185000")), "{item}");
        no_complaints(&scene.judge).await;
    }
}
both! {
    /// What waits for approval is taken back when it must not be sold, and asked for again when it may; a refusal is told in its words.
    async fn tiki_takes_requests_back(world: World) {
        let judge = judge(&world, &TIKI).await;
        let scene = scene(&world, &TIKI, judge).await;
        wait(&world, &scene, Duration::seconds(1)).await;
        let id = json!({ "id": scene.sale.listing });
        let call = |name: &str| format!("mutation($id: ID!) {{ {name}(id: $id) {{ userErrors {{ code }} }} }}");
        scene.seller.caller.done(&call("listingUnpublish"), id.clone()).await;
        wait(&world, &scene, Duration::seconds(1)).await;
        assert_eq!(scene.judge.item().await["status"], "deleted");
        wait(&world, &scene, Duration::minutes(3)).await;
        scene.seller.caller.done(&call("listingPublish"), id.clone()).await;
        wait(&world, &scene, Duration::seconds(1)).await;
        let second = scene.judge.items().await.pop().expect("a second request");
        assert_eq!((scene.judge.items().await.len(), &second["status"]), (2, &json!("awaiting_approve")));
        let refused = json!({ "id": second["id"], "status": "rejected", "reason": "Ảnh không rõ nét" });
        scene.judge.tell("status", refused).await;
        wait(&world, &scene, Duration::minutes(3)).await;
        assert_eq!(standing(&scene).await["remoteState"], "REJECTED");
        let query = "query($id: ID!) { node(id: $id) { ... on Listing { channels { remoteReasons { message } } } } }";
        let told = scene.seller.caller.data(query, id.clone()).await["node"]["channels"][0]["remoteReasons"].clone();
        assert_eq!(told[0]["message"], "Ảnh không rõ nét");
        scene.judge.tell("status", json!({ "id": second["id"], "status": "inactive" })).await;
        no_complaints(&scene.judge).await;
    }
}
both! {
    /// What a category requires and nobody gave is told before anything is sent.
    async fn tiki_wants_attributes(world: World) {
        let bare = Market { settings: &[("client_id", "ocop-client"), ("client_secret", "ocop-tiki-secret")], ..TIKI };
        let judge = judge(&world, &bare).await;
        let scene = scene(&world, &bare, judge).await;
        wait(&world, &scene, Duration::seconds(1)).await;
        let told = standing(&scene).await;
        assert_eq!((&told["state"], &told["lastError"]["field"]), (&json!("REMOTE_REJECTED"), &json!("group")), "{told}");
        let query = "query($id: ID!) { node(id: $id) { ... on Listing { channels { preview { problems { code message } } } } } }";
        let told = scene.seller.caller.data(query, json!({ "id": scene.sale.listing })).await["node"]["channels"][0]["preview"].clone();
        assert_eq!(told["problems"][0]["code"], "MISSING_ATTRIBUTE", "{told}");
        assert!(told["problems"][0]["message"].as_str().is_some_and(|text| text.contains("attribute_expiry_time")), "{told}");
        assert!(scene.judge.items().await.is_empty());
    }
}
