//! What a producer reads when a channel can't take a listing: the field, the reason and what to do, in Vietnamese; other channels go on.

use chrono::Duration;
use serde_json::{Value, json};

use crate::harness::{Caller, World, both, connect_query, marketplace, text};

const STATES: &str = "query($id: ID!) { node(id: $id) { ... on Listing { channels { id channel { name } state lastError { kind field message advice } } } } }";
const ATTACH: &str = "mutation($id: ID!, $i: MediaInput!) { productMediaAttach(id: $id, input: $i) { userErrors { code path } } }";
const RESUME: &str = "mutation($id: ID!, $s: [ChannelSettingInput!]) { channelResume(id: $id, settings: $s) { userErrors { code path } } }";

/// How a listing stands on the first shop and on the second one.
async fn states(caller: &Caller, listing: &str) -> (Value, Value) {
    let found = caller.clone().in_language("vi").data(STATES, json!({ "id": listing })).await["node"]["channels"].clone();
    let on = |name: &str| found.as_array().expect("channels").iter().find(|row| row["channel"]["name"] == name).expect(name).clone();
    (on("Gian hàng tỉnh"), on("Sàn thứ hai"))
}

both! {
    async fn every_refusal_names_the_field_and_the_fix(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let setting = |name: &str, value: &str| json!({ "name": name, "value": value });
        let (mut first, right) = (world.shop(), world.shop()["settings"].clone());
        first["settings"].as_array_mut().expect("settings").push(setting("category_food", "999"));
        let channel = text(&admin.done(&connect_query(), json!({ "input": first })).await["channel"]["id"]);
        let other = marketplace(&world.clock).await;
        let mut second = world.shop();
        (second["name"], second["baseUrl"]) = (json!("Sàn thứ hai"), json!(other.url()));
        admin.done(&connect_query(), json!({ "input": second })).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        world.drain().await;
        // A category that is not in the marketplace's tree.
        let (refused, fine) = states(&seller.caller, &sale.listing).await;
        let error = &refused["lastError"];
        assert_eq!((&refused["state"], &error["field"], &fine["state"]), (&json!("REMOTE_REJECTED"), &json!("group"), &json!("LIVE")), "{refused}");
        let read_at = admin.data("{ channels { name categoriesReadAt } }", Value::Null).await["channels"].clone();
        assert!(read_at.as_array().expect("channels").iter().any(|c| c["name"] == "Sàn thứ hai" && c["categoriesReadAt"].is_string()), "{read_at}");
        assert!(text(&error["message"]).contains("category") && text(&error["advice"]).contains("nhóm sản phẩm"), "{refused}");
        let retry = "mutation($id: ID!) { channelListingRetry(id: $id) { userErrors { code } } }";
        admin.done(RESUME, json!({ "id": channel, "s": right })).await;
        seller.caller.done(retry, json!({ "id": refused["id"] })).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!(states(&seller.caller, &sale.listing).await.0["state"], "LIVE");
        // A price below the marketplace's lowest.
        seller.set_price(&sale.listing, 1).await;
        world.later(Duration::seconds(1)).await;
        let (refused, _) = states(&seller.caller, &sale.listing).await;
        let error = &refused["lastError"];
        assert_eq!((&refused["state"], &error["field"]), (&json!("REMOTE_REJECTED"), &json!("price")), "{refused}");
        assert!(text(&error["advice"]).contains("giá"), "{refused}");
        assert_eq!((world.sandbox.items()[0].price, other.items()[0].price), (185_000, 185_000), "what is refused changes nothing");
        seller.set_price(&sale.listing, 90_000).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!((world.sandbox.items()[0].price, other.items()[0].price), (90_000, 90_000));
        // A picture that is none.
        let page = json!({ "url": format!("{}/", world.sandbox.url()), "alt": "Trang web" });
        seller.caller.done(ATTACH, json!({ "id": sale.product, "i": page })).await;
        let version = seller.caller.data("query($id: ID!) { node(id: $id) { ... on Listing { version } } }", json!({ "id": sale.listing })).await["node"]["version"].clone();
        let rename = "mutation($id: ID!, $v: Int!) { listingUpdate(id: $id, expectedVersion: $v, input: { title: \"Mật ong hoa nhãn\" }) { userErrors { code path } } }";
        seller.caller.done(rename, json!({ "id": sale.listing, "v": version })).await;
        world.later(Duration::seconds(1)).await;
        let (refused, _) = states(&seller.caller, &sale.listing).await;
        let error = &refused["lastError"];
        assert_eq!((&refused["state"], &error["field"]), (&json!("REMOTE_REJECTED"), &json!("media")), "{refused}");
        assert!(text(&error["advice"]).contains("ảnh"), "{refused}");
    }
}

both! {
    /// The channel's rules are told with the edit that breaks them, before anything is sent.
    async fn an_edit_says_what_channels_will_refuse(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        world.drain().await;
        let edit = "mutation($id: ID!) { listingSetPrice(id: $id, price: { amount: \"1\" }) {
            listing { channels { channel { name } preview { problems { code path message } } } } userErrors { code } } }";
        let told = seller.caller.clone().in_language("vi").done(edit, json!({ "id": sale.listing })).await["listing"]["channels"][0].clone();
        assert_eq!((&told["preview"]["problems"][0]["code"], &told["preview"]["problems"][0]["path"]), (&json!("OUT_OF_RANGE"), &json!(["price"])), "{told}");
        assert!(text(&told["preview"]["problems"][0]["message"]).starts_with("Giá trị phải từ"), "{told}");
    }
}
