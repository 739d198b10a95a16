//! Shopee, judged by an SDK of others before the sandbox marketplace.

use chrono::Duration;
use ocop_catalog::{sandbox::ItemStatus, service::readings};
use serde_json::json;

use crate::harness::{Judge, PARTNER_KEY, World, both, connect_query};

both! {
    /// Every call of a listing's life is signed and shaped as the SDK would.
    async fn every_call_is_one_the_sdk_would_make(world: World) {
        let judge = Judge::before("shopee", world.sandbox.url().trim_end_matches('/'), PARTNER_KEY);
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let mut input = world.shop();
        input["baseUrl"] = json!(judge.url);
        input["settings"].as_array_mut().expect("settings").push(json!({ "name": "attribute_100037", "value": "Việt Nam" }));
        admin.done(&connect_query(), json!({ "input": input })).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        world.drain().await;
        assert_eq!(world.sandbox.items().len(), 1);
        let id = json!({ "id": sale.listing });
        let call = |name: &str, more: &str| format!("mutation($id: ID!) {{ {name}(id: $id {more}) {{ userErrors {{ code path }} }} }}");
        seller.set_price(&sale.listing, 120_000).await;
        seller.caller.done(&call("listingSetAvailability", ", stock: 7"), id.clone()).await;
        world.later(Duration::seconds(1)).await;
        seller.caller.done(&call("listingUpdate", ", expectedVersion: 4, input: { title: \"Mật ong Bạc hà cao nguyên đá\" }"), id.clone()).await;
        world.later(Duration::seconds(1)).await;
        let item = world.sandbox.items()[0].clone();
        assert_eq!((item.price, item.stock, item.item_name.as_str()), (120_000, 7, "Mật ong Bạc hà cao nguyên đá"));
        world.sandbox.ban(item.item_id, "giấy tờ");
        while readings::sweep_next(&world.service).await.expect("swept") {}
        readings::make_due(&world.service).await.expect("made due");
        world.drain().await;
        world.sandbox.change_by_hand(item.item_id, |item| item.status = ItemStatus::Normal);
        for name in ["listingUnpublish", "listingPublish", "listingArchive"] {
            seller.caller.done(&call(name, ""), id.clone()).await;
            world.later(Duration::seconds(1)).await;
        }
        assert_eq!(world.sandbox.items()[0].status, ItemStatus::SellerDelete);
        let state = judge.state().await;
        assert_eq!(state["complaints"], json!([]));
        let judged = state["judged"].as_u64().expect("a count");
        assert!(judged >= 12, "{judged} different calls: {:?}", state["calls"]);
    }
}
