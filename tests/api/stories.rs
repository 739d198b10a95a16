//! The four stories the service exists for, from end to end.

use chrono::Duration;
use ocop_catalog::sandbox::{Fault, FaultMode, Item, ItemStatus};
use serde_json::{Value, json};

use crate::harness::{Caller, World, both, fields, text};

fn live(world: &World) -> Vec<Item> {
    world.sandbox.items().into_iter().filter(|item| item.status == ItemStatus::Normal).collect()
}

fn prices_sent(world: &World) -> Vec<i64> {
    world.sandbox.calls().into_iter().filter(|call| call.path.ends_with("update_price")).filter_map(|call| call.price).collect()
}

both! {
    /// A producer registers, adds a product, submits a dossier; an admin approves; the listing is published and on the marketplace.
    async fn from_a_producer_to_the_marketplace(world: World) {
        let admin = world.admin().await;
        world.connect(&admin).await;
        let seller = world.seller("Phìn Hồ").await;
        let product = seller.product("Trà xanh Shan tuyết").await;
        let listing = seller.listing(&product, 185_000).await;
        let hidden = seller.caller.data(VISIBILITY, json!({ "id": listing })).await;
        assert_eq!(codes(&hidden), ["NOT_PUBLISHED", "NOT_RATED"]);
        let refused = seller.caller.refused("mutation($id: ID!) { listingPublish(id: $id) { userErrors { code path } } }", json!({ "id": listing })).await;
        assert_eq!(refused, [("NOT_RATED".to_owned(), "id".to_owned())]);
        let dossier = seller.dossier(&product).await;
        let rating = world.approve(&admin, &dossier, 4).await;
        let certificate = world.anyone().data(RATING, json!({ "id": rating })).await;
        assert_eq!(certificate["node"]["stars"], 4);
        assert_eq!(certificate["node"]["status"], "ACTIVE");
        assert_eq!(certificate["node"]["certificate"]["issuedOn"], "2026-11-23");
        assert_eq!(certificate["node"]["certificate"]["expiresOn"], "2029-11-23");
        seller.publish(&listing).await;
        world.drain().await;
        let items = live(&world);
        assert_eq!(items.len(), 1);
        assert_eq!((items[0].item_name.as_str(), items[0].price, items[0].stock), ("Trà xanh Shan tuyết 500 g", 185_000, 20));
        let public = world.anyone().data(VISIBILITY, json!({ "id": listing })).await;
        assert_eq!(public["node"]["visibility"], json!({ "isVisible": true, "reasons": [] }));
        assert_eq!(public["node"]["stars"], 4);
        let own = seller.caller.data("query($id: ID!) { node(id: $id) { ... on Listing { externalKey channels { state remoteId } } } }", json!({ "id": listing })).await;
        assert_eq!(own["node"]["channels"], json!([{ "state": "LIVE", "remoteId": items[0].item_id.to_string() }]));
        assert_eq!(own["node"]["externalKey"], items[0].item_sku);
    }
}

both! {
    /// A price change reaches the marketplace; ten quick ones reach it as few pushes; failures never make a second item.
    async fn prices_reach_the_marketplace(world: World) {
        let admin = world.admin().await;
        world.connect(&admin).await;
        let seller = world.seller("Hồng Thái").await;
        let sale = world.on_sale(&seller, &admin, "Chè Shan tuyết").await;
        world.drain().await;
        seller.set_price(&sale.listing, 200_000).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!(live(&world)[0].price, 200_000);
        world.sandbox.clear_calls();
        for step in 1..=10 {
            seller.set_price(&sale.listing, 200_000 + step * 1000).await;
        }
        world.later(Duration::seconds(1)).await;
        assert_eq!(prices_sent(&world), [210_000], "ten quick changes, one push, the last price");
        for mode in [FaultMode::Http500, FaultMode::DropBefore, FaultMode::DropAfter, FaultMode::ErrorServer, FaultMode::Garbage] {
            let price = live(&world)[0].price + 1000;
            world.sandbox.fail_next(Fault { call: "update_price".into(), mode, times: 1, skip: 0 });
            seller.set_price(&sale.listing, price).await;
            world.later(Duration::seconds(1)).await;
            world.later(Duration::seconds(10)).await;
            assert_eq!(live(&world)[0].price, price);
        }
        assert_eq!(world.sandbox.items().len(), 1, "never a second item");
    }
}

both! {
    /// The admin withdraws the rating: the listing leaves the public API and the marketplace, and the feed has its tombstone.
    async fn a_withdrawal_reaches_every_channel(world: World) {
        let admin = world.admin().await;
        world.connect(&admin).await;
        let seller = world.seller("Lùng Tám").await;
        let sale = world.on_sale(&seller, &admin, "Khăn lanh thêu tay").await;
        world.drain().await;
        let integrator = world.integrator(&admin).await;
        let before = integrator.data(CHANGES, json!({})).await;
        let revoke = "mutation($id: ID!, $input: RatingRevokeInput!) {
            ratingRevoke(rating: $id, input: $input) { rating { status withdrawal { reason effectiveOn } } userErrors { code } } }";
        let input = json!({ "reason": "FOOD_SAFETY", "legalBasis": "Quyết định 12/QĐ-UBND" });
        let payload = admin.done(revoke, json!({ "id": sale.rating, "input": input })).await;
        assert_eq!(payload["rating"]["status"], "WITHDRAWN");
        assert_eq!(payload["rating"]["withdrawal"]["effectiveOn"], "2026-11-23");
        assert_eq!(world.anyone().data(VISIBILITY, json!({ "id": sale.listing })).await["node"], Value::Null);
        assert_eq!(codes(&seller.caller.data(VISIBILITY, json!({ "id": sale.listing })).await), ["RATING_REVOKED"]);
        let after = integrator.data(CHANGES, json!({ "since": before["listingChanges"]["endCursor"] })).await;
        let changes = after["listingChanges"]["changes"].as_array().expect("changes");
        assert_eq!(changes.len(), 1);
        assert_eq!((changes[0]["__typename"].as_str(), changes[0]["reason"].as_str()), (Some("ListingRemoved"), Some("RATING_REVOKED")));
        world.later(Duration::seconds(1)).await;
        assert_eq!(live(&world), []);
        assert_eq!(world.sandbox.items()[0].status, ItemStatus::Unlist);
        let state = seller.caller.data("query($id: ID!) { node(id: $id) { ... on Listing { channels { state } } } }", json!({ "id": sale.listing })).await;
        assert_eq!(state["node"]["channels"][0]["state"], "WITHDRAWN");
    }
}

both! {
    /// An integrator pages through everything, then asks for what changed and gets exactly that.
    async fn an_integrator_follows_changes(world: World) {
        let admin = world.admin().await;
        let seller = world.seller("Quản Bạ").await;
        let mut sales = Vec::new();
        for number in 1..=7 {
            sales.push(world.on_sale(&seller, &admin, &format!("Mật ong Bạc hà {number}")).await);
        }
        let integrator = world.integrator(&admin).await;
        let (seen, as_of) = snapshot(&integrator, 3).await;
        let mut expected: Vec<_> = sales.iter().map(|s| s.listing.clone()).collect();
        expected.sort();
        assert_eq!(seen, expected);
        let nothing = integrator.data(CHANGES, json!({ "since": as_of })).await;
        assert_eq!(nothing["listingChanges"]["changes"], json!([]));
        seller.set_price(&sales[2].listing, 99_000).await;
        seller.set_price(&sales[5].listing, 98_000).await;
        seller.set_price(&sales[2].listing, 97_000).await;
        let changed = integrator.data(CHANGES, json!({ "since": nothing["listingChanges"]["endCursor"] })).await;
        let changes = changed["listingChanges"]["changes"].as_array().expect("changes");
        let ids: Vec<_> = changes.iter().map(|c| text(&c["listingId"])).collect();
        assert_eq!(ids, [sales[5].listing.clone(), sales[2].listing.clone()], "each once, at its newest place");
        assert_eq!(changes[1]["listing"]["price"]["amount"], "97000");
        assert_eq!(fields(&changes[1]["causes"]), ["PRICE_CHANGED"]);
        let rest = integrator.data(CHANGES, json!({ "since": changed["listingChanges"]["endCursor"] })).await;
        assert_eq!(rest["listingChanges"]["changes"], json!([]));
    }
}

/// Ids of all listings of a snapshot, sorted, and where to follow changes from.
async fn snapshot(integrator: &Caller, size: usize) -> (Vec<String>, String) {
    let query = "query($after: FeedCursor, $first: Int!) { listingSnapshot(after: $after, first: $first) { listings { id } asOf endCursor hasMore } }";
    let (mut ids, mut after, mut as_of) = (Vec::new(), Value::Null, None);
    loop {
        let page = integrator.data(query, json!({ "after": after, "first": size })).await["listingSnapshot"].clone();
        ids.extend(page["listings"].as_array().expect("listings").iter().map(|l| text(&l["id"])));
        assert_eq!(*as_of.get_or_insert_with(|| text(&page["asOf"])), text(&page["asOf"]), "the same on every page");
        if page["hasMore"] == false {
            ids.sort();
            return (ids, as_of.expect("a cursor"));
        }
        after = page["endCursor"].clone();
    }
}

fn codes(data: &Value) -> Vec<String> {
    data["node"]["visibility"]["reasons"].as_array().expect("reasons").iter().map(|r| text(&r["code"])).collect()
}

const VISIBILITY: &str = "query($id: ID!) { node(id: $id) { ... on Listing { stars visibility { isVisible reasons { code } } } } }";
const RATING: &str = "query($id: ID!) { node(id: $id) { ... on OcopRating { stars status certificate { issuedOn expiresOn } } } }";
const CHANGES: &str = "query($since: FeedCursor) { listingChanges(since: $since) { endCursor hasMore changes {
    __typename listingId version causes ... on ListingUpserted { listing { price { amount } } } ... on ListingRemoved { reason externalKey } } } }";
