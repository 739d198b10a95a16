//! What channels tell: messages, differences, alarms; previews; and what ended without success.

use chrono::Duration;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use ocop_catalog::{
    sandbox::{Fault, FaultMode, ItemStatus},
    service::readings,
};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::harness::{Caller, PARTNER_KEY, World, both, text};

const STATE: &str = "query($id: ID!) { node(id: $id) { ... on Listing { channels { id state remoteState stopSince
    drift { kind ours theirs done since } } } } }";
const POLICY: &str = "mutation($id: ID!, $i: DriftPoliciesInput!) { channelDriftPolicySet(id: $id, input: $i) {
    channel { driftPolicies { price stock status missing } } userErrors { code path } } }";
const REDRIVE: &str = "mutation($f: DeadLetterFilter!) { deadLetterRedrive(filter: $f) { count userErrors { code path } } }";
const DISCARD: &str =
    "mutation($f: DeadLetterFilter!, $r: String!) { deadLetterDiscard(filter: $f, reason: $r) { count userErrors { code path } } }";

async fn state(caller: &Caller, listing: &str) -> Value {
    caller.data(STATE, json!({ "id": listing })).await["node"]["channels"][0].clone()
}

/// Lets time pass, reads back what is due and works on what follows.
pub(crate) async fn read_back(world: &World, by: Duration) {
    world.clock.set(world.clock.now() + by);
    readings::make_due(&world.service).await.expect("made due");
    world.drain().await;
}

/// Sends a message as Shopee does, signed with a key.
pub(crate) async fn told(url: &str, callback: &str, key: &str, body: &str) -> u16 {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key");
    mac.update(format!("{callback}|{body}").as_bytes());
    post(url, callback, ("authorization", &HEXLOWER.encode(&mac.finalize().into_bytes())), body).await
}

/// Sends a message with its signature in a header.
#[expect(clippy::disallowed_methods, reason = "tests call their own service")]
async fn post(url: &str, callback: &str, (header, signature): (&str, &str), body: &str) -> u16 {
    let path = callback.split_once("/hooks/").expect("a path").1;
    let request = reqwest::Client::new().post(format!("{}/hooks/{path}", url.trim_end_matches("/graphql"))).header(header, signature);
    request.body(body.to_owned()).send().await.expect("an answer").status().as_u16()
}

both! {
    /// Messages as each marketplace signs them are taken over HTTP, the same twice; changed by one byte they are not.
    async fn every_marketplace_may_speak(world: World) {
        let admin = world.admin().await;
        let product = r#"{"id":794,"sku":"OCOP-0001","status":"publish","stock_quantity":12}"#;
        let audit = r#"{"type":5,"tts_notification_id":"7327112393057371910","shop_id":"7494049642642441621","timestamp":1644412885,"data":{"product_id":1729592969712207008,"status":"PRODUCT_AUDIT_FAILURE","suspended_reason":"x","update_time":1644412880}}"#;
        let qc = r#"{"seller_id":"1234567","message_type":1,"data":{"itemId":2202832065,"status":"Lock","reason":"x"},"timestamp":1627451616,"site":"lazada_vn"}"#;
        for (adapter, settings, header, signature, body) in [
            ("tiktok", vec![("app_key", "ocopkey"), ("app_secret", "ocop-tts-secret")], "authorization",
                "eb756890a073e5e6172781fa939c552a79fcf3fbd3f790c8b74b2b24c361a37e", audit),
            ("lazada", vec![("app_key", "100001"), ("app_secret", "ocop-lazada-secret")], "authorization",
                "b602301368efb029b87a01f880f61aefee12bda96a1188a5b7be7badb6fe5fc1", qc),
            ("woocommerce", vec![("consumer_key", "ck_1"), ("consumer_secret", "cs_1"), ("webhook_secret", "woo-webhook-secret")],
                "x-wc-webhook-signature", "JoKiHjFaPh+cHgtgG7GOoWhm4WXZsSQ33JXdkDqQiAs=", product),
            ("shopify", vec![("access_token", "t"), ("webhook_secret", "shpss_ocop_secret")],
                "x-shopify-hmac-sha256", "LW3003eoMoe/eUGOWI6NVkWnLIsRRCMjXe3dpCkyB+Y=", product),
        ] {
            let settings: Vec<_> = settings.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
            let input = json!({ "adapter": adapter, "name": adapter, "baseUrl": "https://shop.example.test", "settings": settings });
            let query = "mutation($i: ChannelConnectInput!) { channelConnect(input: $i) { channel { hookUrl } userErrors { code path } } }";
            let callback = text(&admin.done(query, json!({ "i": input })).await["channel"]["hookUrl"]);
            for (body, status) in [(body.to_owned(), 200), (body.to_owned(), 200), (format!("{body} "), 401)] {
                assert_eq!(post(&world.url, &callback, (header, signature), &body).await, status, "{adapter}");
            }
        }
    }
}

both! {
    /// A message that the marketplace signed lets its item be read back; a forged one is refused, and none is believed.
    async fn messages_are_verified_and_never_believed(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        world.drain().await;
        read_back(&world, Duration::minutes(3)).await;
        let item = world.sandbox.items()[0].item_id;
        assert!(world.sandbox.change_by_hand(item, |item| item.price = 1_000));
        let callback = text(&admin.data("{ channels { hookUrl } }", Value::Null).await["channels"][0]["hookUrl"]);
        let body = format!(r#"{{"code":16,"data":{{"item_id":{item},"price":5}}}}"#);
        assert_eq!(told(&world.url, &callback, "another key", &body).await, 401);
        read_back(&world, Duration::seconds(1)).await;
        assert_eq!(world.sandbox.items()[0].price, 1_000, "a forged message does nothing");
        for _ in 0..2 {
            assert_eq!(told(&world.url, &callback, PARTNER_KEY, &body).await, 200);
        }
        let nowhere = callback.rsplit_once('/').expect("a path").0.to_owned() + "/00000000-0000-7000-8000-000000000000";
        assert_eq!(told(&world.url, &nowhere, PARTNER_KEY, &body).await, 404);
        world.sandbox.clear_calls();
        read_back(&world, Duration::seconds(1)).await;
        assert_eq!(world.sandbox.items()[0].price, 185_000, "what the catalog says, not what the message says");
        let drift = state(&seller.caller, &sale.listing).await["drift"].clone();
        assert_eq!((&drift[0]["kind"], &drift[0]["theirs"], &drift[0]["done"]), (&json!("PRICE"), &json!("1000"), &json!("OVERWRITE")), "{drift}");
        assert_eq!(told(&world.url, &callback, PARTNER_KEY, &body).await, 200);
        world.sandbox.clear_calls();
        read_back(&world, Duration::seconds(1)).await;
        assert_eq!(world.sandbox.calls().len(), 0, "the same message a third time reads nothing");
    }
}

both! {
    /// Each kind of difference is reported or overwritten as the channel's policy says.
    async fn differences_follow_the_policies(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let channel = world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        world.drain().await;
        let item = world.sandbox.items()[0].item_id;
        world.sandbox.change_by_hand(item, |item| item.stock = 3);
        read_back(&world, Duration::minutes(3)).await;
        let seen = state(&seller.caller, &sale.listing).await;
        assert_eq!((&seen["drift"][0]["kind"], &seen["drift"][0]["done"], world.sandbox.items()[0].stock), (&json!("STOCK"), &json!("REPORT"), 3), "{seen}");
        let set = admin.done(POLICY, json!({ "id": channel, "i": { "stock": "OVERWRITE", "price": "REPORT" } })).await;
        assert_eq!(set["channel"]["driftPolicies"], json!({ "price": "REPORT", "stock": "OVERWRITE", "status": "REPORT", "missing": "OVERWRITE" }));
        world.sandbox.change_by_hand(item, |item| item.price = 1_000);
        read_back(&world, Duration::days(1)).await;
        let now = world.sandbox.items()[0].clone();
        assert_eq!(now.price, 1_000, "only reported now");
        assert_ne!(now.stock, 3, "overwritten now");
        world.sandbox.change_by_hand(item, |item| item.status = ItemStatus::SellerDelete);
        read_back(&world, Duration::days(1)).await;
        world.later(Duration::seconds(15)).await;
        let on_sale = world.sandbox.items().iter().filter(|item| item.status == ItemStatus::Normal).count();
        assert_eq!(on_sale, 1, "created again: {:#?}", world.sandbox.items());
        let outsider = world.seller("mai").await;
        assert_eq!(outsider.caller.refused(POLICY, json!({ "id": channel, "i": {} })).await, [("NOT_FOUND".into(), "id".into())]);
    }
}

both! {
    /// What a channel can't take off for a quarter of an hour is an alarm, until it is off.
    async fn what_stays_on_sale_raises_an_alarm(world: World) {
        const ALARMS: &str = "{ channelAlarms { stopSince listing { id } } }";
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        world.drain().await;
        world.sandbox.fail_next(Fault { call: "unlist_item".into(), mode: FaultMode::ErrorServer, times: 1000, skip: 0 });
        world.sandbox.fail_next(Fault { call: "delete_item".into(), mode: FaultMode::ErrorServer, times: 1000, skip: 0 });
        admin.done("mutation($id: ID!) { producerSuspend(id: $id, input: { reason: \"kiểm tra\" }) { userErrors { code } } }", json!({ "id": seller.producer })).await;
        world.later(Duration::minutes(1)).await;
        assert_eq!(admin.data(ALARMS, Value::Null).await["channelAlarms"], json!([]), "not yet");
        world.later(Duration::minutes(14)).await;
        world.clock.set(world.clock.now() + Duration::minutes(1));
        let admin = world.sign_in("admin").await;
        let alarms = admin.data(ALARMS, Value::Null).await["channelAlarms"].clone();
        assert_eq!(alarms[0]["listing"]["id"], json!(sale.listing), "{alarms}");
        assert_eq!(readings::raise_alarms(&world.service).await.expect("raised"), 1);
        world.sandbox.heal();
        for _ in 0..4 {
            world.later(Duration::hours(7)).await;
        }
        let admin = world.sign_in("admin").await;
        assert_eq!(admin.data(ALARMS, Value::Null).await["channelAlarms"], json!([]), "off sale");
    }
}

both! {
    /// A preview names what the channel would refuse before anything is sent; what was refused starts again, or is put away with a reason.
    async fn what_ended_is_previewed_restarted_or_put_away(world: World) {
        const PREVIEW: &str = "query($l: ID!, $c: ID!) { channelListingPreview(listing: $l, channel: $c) { payload problems { code path message } error { code } } }";
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let channel = world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        let (asked, which) = (json!({ "l": sale.listing, "c": channel }), json!({ "f": { "channel": channel }, "r": "ngừng bán trên sàn" }));
        let fine = seller.caller.data(PREVIEW, asked.clone()).await["channelListingPreview"].clone();
        let payload: Value = serde_json::from_str(&text(&fine["payload"])).expect("JSON");
        assert_eq!((&payload["original_price"], &fine["problems"], world.sandbox.items().len()), (&json!(185_000), &json!([]), 0), "{fine}");
        seller.set_price(&sale.listing, 1).await;
        let wrong = seller.caller.data(PREVIEW, asked.clone()).await["channelListingPreview"]["problems"].clone();
        assert_eq!((&wrong[0]["code"], &wrong[0]["path"]), (&json!("OUT_OF_RANGE"), &json!(["price"])), "{wrong}");
        let outsider = world.seller("mai").await;
        assert_eq!(outsider.caller.data(PREVIEW, asked).await["channelListingPreview"], Value::Null);
        world.drain().await;
        assert_eq!(state(&seller.caller, &sale.listing).await["state"], "REMOTE_REJECTED");
        let other = json!({ "f": { "channel": channel, "kinds": ["LOCKED"] } });
        assert_eq!(admin.done(REDRIVE, other).await["count"], 0);
        assert_eq!(admin.done(REDRIVE, which.clone()).await["count"], 1);
        assert_eq!(admin.done(REDRIVE, which.clone()).await["count"], 0, "once is enough");
        world.drain().await;
        assert_eq!(admin.refused(DISCARD, json!({ "f": { "channel": channel }, "r": " " })).await, [("REQUIRED".into(), "reason".into())]);
        assert_eq!(seller.caller.error(DISCARD, which.clone()).await, "FORBIDDEN");
        assert_eq!(admin.done(DISCARD, which.clone()).await["count"], 1);
        assert_eq!(state(&seller.caller, &sale.listing).await["state"], "DISCARDED");
        world.later(Duration::days(1)).await;
        let seller_again = world.sign_in("lan").await;
        assert_eq!(state(&seller_again, &sale.listing).await["state"], "DISCARDED", "nothing starts it by itself");
        assert_eq!(outsider_refusal(&world, &channel).await, [("NOT_FOUND".into(), "filter.channel".into())]);
        let price = "mutation($id: ID!) { listingSetPrice(id: $id, price: { amount: \"50000\" }) { userErrors { code } } }";
        seller_again.done(price, json!({ "id": sale.listing })).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!(state(&seller_again, &sale.listing).await["state"], "LIVE", "a change starts it again");
    }
}

async fn outsider_refusal(world: &World, channel: &str) -> Vec<(String, String)> {
    let outsider = world.sign_in("mai").await;
    outsider.refused(REDRIVE, json!({ "f": { "channel": channel } })).await
}

both! {
    /// What a person changed on the marketplace is found by asking it for what changed, once an hour; a channel that can't be asked is
    /// asked again from where it was left.
    async fn changes_are_asked_for_every_hour(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        world.on_sale(&seller, &admin, "Mật ong").await;
        world.drain().await;
        read_back(&world, Duration::minutes(3)).await;
        while readings::sweep_next(&world.service).await.expect("swept") {}
        read_back(&world, Duration::seconds(1)).await;
        let item = world.sandbox.items()[0].item_id;
        assert!(world.sandbox.change_by_hand(item, |item| item.price = 1_000));
        world.clock.set(world.clock.now() + Duration::minutes(59));
        assert!(!readings::sweep_next(&world.service).await.expect("nothing due"));
        world.clock.set(world.clock.now() + Duration::minutes(1));
        world.sandbox.fail_next(Fault { call: "get_item_list".into(), mode: FaultMode::Http500, times: 1, skip: 0 });
        assert!(readings::sweep_next(&world.service).await.expect("asked"));
        assert!(!readings::sweep_next(&world.service).await.expect("not again at once"));
        read_back(&world, Duration::seconds(1)).await;
        assert_eq!(world.sandbox.items()[0].price, 1_000, "not known yet");
        world.clock.set(world.clock.now() + Duration::minutes(90));
        while readings::sweep_next(&world.service).await.expect("swept") {}
        read_back(&world, Duration::seconds(1)).await;
        assert_eq!(world.sandbox.items()[0].price, 185_000, "found in the window that failed before");
    }
}
