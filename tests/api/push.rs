//! Pushes: what meets a failure is tried again and never done twice; what is refused says why.

use chrono::Duration;
use ocop_catalog::sandbox::{Fault, FaultMode, ItemStatus};
use serde_json::{Value, json};

use crate::harness::{Caller, World, both, connect_query, text};

const STATE: &str =
    "query($id: ID!) { node(id: $id) { ... on Listing { channels { id state failures nextAttemptAt lastSyncedVersion desiredVersion
    lastError { code message field requestId } } } } }";

async fn state(caller: &Caller, listing: &str) -> Value {
    caller.data(STATE, json!({ "id": listing })).await["node"]["channels"][0].clone()
}

fn fail(world: &World, call: &str, mode: FaultMode, times: u32) {
    world.sandbox.fail_next(Fault { call: call.into(), mode, times, skip: 0 });
}

both! {
    /// Whatever meets the create, the marketplace ends with one item.
    async fn a_create_is_never_doubled(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        let modes = [
            FaultMode::Http500,
            FaultMode::DropBefore,
            FaultMode::DropAfter,
            FaultMode::Garbage,
            FaultMode::HugeBody,
            FaultMode::ErrorServer,
            FaultMode::RateLimit,
            FaultMode::Http429 { retry_after: Some(3) },
            FaultMode::Http429 { retry_after: None },
        ];
        for (number, mode) in modes.into_iter().enumerate() {
            fail(&world, "add_item", mode.clone(), 1);
            let sale = world.on_sale(&seller, &admin, &format!("Mật ong số {number}")).await;
            world.drain().await;
            let waiting = state(&seller.caller, &sale.listing).await;
            assert_eq!(waiting["state"], "RETRYING", "{mode:?} {waiting}");
            assert!(waiting["lastError"]["code"].is_string() && waiting["nextAttemptAt"].is_string());
            for _ in 0..4 {
                world.later(Duration::seconds(15)).await;
            }
            let done = state(&seller.caller, &sale.listing).await;
            assert_eq!((&done["state"], &done["lastError"]), (&json!("LIVE"), &Value::Null), "{mode:?}");
            assert_eq!(world.sandbox.items().len(), number + 1, "{mode:?}: one item, never two");
        }
    }
}

both! {
    /// Data the marketplace refuses is not sent again until it changes; the answer names our field.
    async fn a_refusal_waits_for_a_change(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật").await;
        seller.set_price(&sale.listing, 500).await;
        world.later(Duration::seconds(1)).await;
        let refused = state(&seller.caller, &sale.listing).await;
        assert_eq!((&refused["state"], &refused["lastError"]["field"]), (&json!("REMOTE_REJECTED"), &json!("price")), "{refused}");
        world.sandbox.clear_calls();
        world.later(Duration::hours(10)).await;
        let sent = world.sandbox.calls().iter().filter(|c| c.path.ends_with("add_item")).count();
        assert_eq!((sent, world.sandbox.items().len()), (0, 0));
        let again = world.sign_in("lan").await;
        again.done("mutation($id: ID!) { listingSetPrice(id: $id, price: { amount: \"50000\" }) { userErrors { code } } }", json!({ "id": sale.listing })).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!(state(&again, &sale.listing).await["state"], "LIVE");
    }
}

both! {
    /// A token that is no longer accepted stops the channel, not the data; new settings start it again.
    async fn lost_credentials_stop_the_channel(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let channel = world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        fail(&world, "*", FaultMode::TokenExpired, 1);
        world.drain().await;
        let channels = admin.data("{ channels { state } }", Value::Null).await;
        assert_eq!(channels["channels"][0]["state"], "NEEDS_ATTENTION");
        world.later(Duration::seconds(60)).await;
        assert_eq!(world.sandbox.items().len(), 0, "nothing is sent meanwhile");
        let resume = "mutation($id: ID!, $s: [ChannelSettingInput!]) { channelResume(id: $id, settings: $s) { channel { state } userErrors { code path } } }";
        admin.done(resume, json!({ "id": channel, "s": world.shop()["settings"] })).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!(state(&seller.caller, &sale.listing).await["state"], "LIVE");
    }
}

both! {
    /// Pausing holds changes back; resuming pushes the newest state once.
    async fn a_paused_channel_catches_up(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let channel = world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        world.drain().await;
        let set = |verb: &str| format!("mutation($id: ID!) {{ {verb}(id: $id) {{ channel {{ state }} userErrors {{ code }} }} }}");
        admin.done(&set("channelPause"), json!({ "id": channel })).await;
        seller.set_price(&sale.listing, 90_000).await;
        seller.set_price(&sale.listing, 91_000).await;
        world.later(Duration::seconds(5)).await;
        assert_eq!(world.sandbox.items()[0].price, 185_000);
        admin.done(&set("channelResume"), json!({ "id": channel })).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!(world.sandbox.items()[0].price, 91_000);
    }
}

both! {
    /// Stock, content, unlisting, listing again, deleting: each reaches the marketplace as the call it takes.
    async fn every_change_reaches_the_marketplace(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        world.drain().await;
        let id = json!({ "id": sale.listing });
        let product = json!({ "id": sale.product });
        let item = || world.sandbox.items()[0].clone();
        let call = |name: &str, arguments: &str| format!("mutation($id: ID!) {{ {name}(id: $id {arguments}) {{ userErrors {{ code path }} }} }}");
        seller.caller.done(&call("listingSetAvailability", ", stock: 3"), id.clone()).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!(item().stock, 3);
        seller.caller.done(&call("listingUpdate", ", expectedVersion: 3, input: { title: \"Mật ong Bạc hà mới\" }"), id.clone()).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!(item().item_name, "Mật ong Bạc hà mới");
        let description = ", expectedVersion: 2, input: { description: \"Mật ong từ hoa bạc hà trên cao nguyên đá\" }";
        seller.caller.done(&call("productUpdate", description), product).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!(item().description, "Mật ong từ hoa bạc hà trên cao nguyên đá");
        for (name, status) in [("listingUnpublish", ItemStatus::Unlist), ("listingPublish", ItemStatus::Normal), ("listingArchive", ItemStatus::SellerDelete)] {
            seller.caller.done(&call(name, ""), id.clone()).await;
            world.later(Duration::seconds(1)).await;
            assert_eq!(item().status, status, "{name}");
        }
        assert_eq!(world.sandbox.items().len(), 1);
    }
}

both! {
    /// A push that gave up can be started again by hand, by its owner alone.
    async fn retrying_by_hand(world: World) {
        let (admin, seller, other) = (world.admin().await, world.seller("lan").await, world.seller("mai").await);
        world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        fail(&world, "add_item", FaultMode::ErrorServer, 1);
        world.drain().await;
        let id = text(&state(&seller.caller, &sale.listing).await["id"]);
        let retry = "mutation($id: ID!) { channelListingRetry(id: $id) { channelListing { state } userErrors { code path } } }";
        assert_eq!(other.caller.refused(retry, json!({ "id": id })).await, [("NOT_FOUND".to_owned(), "id".to_owned())]);
        assert_eq!(seller.caller.done(retry, json!({ "id": id })).await["channelListing"]["state"], "QUEUED");
        world.drain().await;
        assert_eq!(state(&seller.caller, &sale.listing).await["state"], "LIVE");
    }
}

both! {
    /// A shop of one producer carries its listings and nobody else's.
    async fn a_producers_shop_carries_its_own(world: World) {
        let (admin, lan, mai) = (world.admin().await, world.seller("lan").await, world.seller("mai").await);
        let mut shop = world.shop();
        shop["producer"] = lan.producer.clone().into();
        lan.caller.done(&connect_query(), json!({ "input": shop })).await;
        world.on_sale(&lan, &admin, "Mật ong của Lan").await;
        world.on_sale(&mai, &admin, "Mật ong của Mai").await;
        world.drain().await;
        let names: Vec<_> = world.sandbox.items().into_iter().map(|i| i.item_name).collect();
        assert_eq!(names, ["Mật ong của Lan 500 g"]);
    }
}

both! {
    /// What a category requires is told before anything is sent, by its name; the shop's settings give it.
    async fn required_attributes_come_from_the_settings(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let setting = |name: &str, value: &str| json!({ "name": name, "value": value });
        let mut input = world.shop();
        input["settings"].as_array_mut().expect("settings").push(setting("category_food", "100502"));
        let channel = text(&admin.done(&connect_query(), json!({ "input": input })).await["channel"]["id"]);
        let sale = world.on_sale(&seller, &admin, "Hoa lan rừng").await;
        world.drain().await;
        let told = state(&seller.caller, &sale.listing).await;
        assert_eq!((&told["state"], &told["lastError"]["field"]), (&json!("REMOTE_REJECTED"), &json!("group")), "{told}");
        assert!(text(&told["lastError"]["message"]).contains("Loại hoa"), "{told}");
        let mut settings = input["settings"].clone();
        settings.as_array_mut().expect("settings").push(setting("attribute_100999", "hoa lan"));
        let resume = "mutation($id: ID!, $s: [ChannelSettingInput!]) { channelResume(id: $id, settings: $s) { userErrors { code path } } }";
        admin.done(resume, json!({ "id": channel, "s": settings })).await;
        seller.caller.done("mutation($id: ID!) { channelListingRetry(id: $id) { userErrors { code } } }", json!({ "id": told["id"] })).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!((state(&seller.caller, &sale.listing).await["state"].clone(), world.sandbox.items().len()), (json!("LIVE"), 1));
    }
}
