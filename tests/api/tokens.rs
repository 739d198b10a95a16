//! Access to marketplaces: a seller's consent, and tokens that are renewed one at a time, ahead of their end.

use chrono::Duration;
use ocop_catalog::{
    sandbox::FaultMode,
    service::{pushes, readings},
};
use serde_json::{Value, json};

use crate::harness::{Caller, World, both, text};

const HEALTH: &str = "{ channels { state health { accessExpiresAt reauthorizeDaysLeft failures restingReason } } }";

/// Connects the sandbox with a pair of tokens that it gave out.
async fn connect_renewing(world: &World, admin: &Caller) -> String {
    let (access, refresh) = world.sandbox.authorise();
    let mut input = world.shop();
    let settings = input["settings"].as_array_mut().expect("settings");
    settings.retain(|setting| setting["name"] != "access_token");
    settings.push(json!({ "name": "access_token", "value": access }));
    settings.push(json!({ "name": "refresh_token", "value": refresh }));
    let query =
        "mutation($input: ChannelConnectInput!) { channelConnect(input: $input) { channel { id } userErrors { code path message } } }";
    text(&admin.done(query, json!({ "input": input })).await["channel"]["id"])
}

/// Works on everything due at once, as a worker does.
async fn all_at_once(world: &World) -> usize {
    let claims = pushes::claim(&world.service, 20).await.expect("claims");
    let count = claims.len();
    let running: Vec<_> = claims
        .into_iter()
        .map(|claim| {
            let service = world.service.clone();
            tokio::spawn(async move { pushes::run(&service, claim).await })
        })
        .collect();
    for push in running {
        push.await.expect("joins").expect("a push");
    }
    count
}

both! {
    /// Twenty listings meet an access token that has ended: one renewal, twenty items, and nobody has to act.
    async fn a_token_that_ended_is_renewed_once(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        connect_renewing(&world, &admin).await;
        let mut sales = Vec::new();
        for number in 0..20 {
            sales.push(world.on_sale(&seller, &admin, &format!("Mật ong số {number}")).await);
        }
        world.sandbox.end_access();
        let mut pushed = 0;
        while pushed < 20 {
            let now = all_at_once(&world).await;
            assert!(now > 0, "{pushed} of 20 pushed");
            pushed += now;
        }
        assert_eq!((world.sandbox.renewals(), world.sandbox.items().len()), (1, 20));
        world.sandbox.end_access();
        seller.set_price(&sales[0].listing, 99_000).await;
        world.later(Duration::seconds(1)).await;
        let changed = world.sandbox.items().iter().filter(|item| item.price == 99_000).count();
        assert_eq!((world.sandbox.renewals(), changed), (2, 1), "the pair that was kept renews again");
    }
}

both! {
    /// Asking for what changed and previewing renew an ended token too: a shop that nothing is pushed to stays connected.
    async fn reading_renews_as_well(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let channel = connect_renewing(&world, &admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        world.drain().await;
        let before = world.sandbox.renewals();
        world.sandbox.end_access();
        assert!(readings::sweep_next(&world.service).await.expect("asked"));
        assert!(!readings::sweep_next(&world.service).await.expect("nothing due"));
        assert_eq!(world.sandbox.renewals(), before + 1);
        // Attributes and limits are remembered for a day; the preview then asks for them anew, with a token that has just ended.
        world.clock.set(world.clock.now() + Duration::hours(25));
        while readings::sweep_next(&world.service).await.expect("asked") {}
        world.sandbox.end_access();
        let query = "query($l: ID!, $c: ID!) { channelListingPreview(listing: $l, channel: $c) { payload error { code } } }";
        let seller = world.sign_in("lan").await;
        let shown = seller.data(query, json!({ "l": sale.listing, "c": channel })).await["channelListingPreview"].clone();
        assert_eq!((shown["payload"].is_string(), &shown["error"]), (true, &Value::Null), "{shown}");
    }
}

both! {
    /// A token that ends within minutes is renewed before it does; days left are told.
    async fn tokens_are_renewed_ahead(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        connect_renewing(&world, &admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        world.sandbox.end_access();
        world.drain().await;
        let known = admin.data(HEALTH, Value::Null).await["channels"][0]["health"].clone();
        assert_eq!((&known["accessExpiresAt"], &known["reauthorizeDaysLeft"]), (&json!("2026-11-23T07:00:00+00:00"), &json!(30)));
        world.clock.set(world.clock.now() + Duration::minutes(235));
        let seller = world.sign_in("lan").await;
        seller.done("mutation($id: ID!) { listingSetPrice(id: $id, price: { amount: \"50000\" }) { userErrors { code } } }", json!({ "id": sale.listing })).await;
        world.sandbox.clear_calls();
        world.later(Duration::seconds(1)).await;
        assert_eq!((world.sandbox.renewals(), world.sandbox.items()[0].price), (2, 50_000));
        let calls: Vec<_> = world.sandbox.calls().iter().map(|call| call.path.clone()).collect();
        assert_eq!(calls, ["/api/v2/auth/access_token/get", "/api/v2/product/get_item_base_info", "/api/v2/product/update_price"], "nothing was refused on the way");
    }
}

both! {
    /// A refresh token that was used elsewhere stops the channel and says that its owner must authorise again; doing so mends it.
    async fn a_consent_that_ended_is_asked_for_again(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let channel = connect_renewing(&world, &admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        world.sandbox.end_access();
        world.sandbox.end_consent();
        world.drain().await;
        assert_eq!(admin.data(HEALTH, Value::Null).await["channels"][0]["state"], "NEEDS_ATTENTION");
        let state = "query($id: ID!) { node(id: $id) { ... on Listing { channels { state lastError { kind code advice }
            attempts { call error { kind message } } } } } }";
        let told = seller.caller.data(state, json!({ "id": sale.listing })).await["node"]["channels"][0].clone();
        assert_eq!((&told["state"], &told["lastError"]["kind"]), (&json!("NEEDS_ATTENTION"), &json!("NEEDS_REAUTH")), "{told}");
        assert!(text(&told["lastError"]["advice"]).contains("must authorise it again"), "{told}");
        let again = "mutation($id: ID!) { channelReauthorize(id: $id) { authorizeUrl userErrors { code } } }";
        let url = text(&admin.done(again, json!({ "id": channel })).await["authorizeUrl"]);
        let page = browse(&url).await;
        assert!(page.0 == 200 && page.1.contains("Đã kết nối"), "{page:?}");
        world.later(Duration::seconds(1)).await;
        assert_eq!((world.sandbox.items().len(), seller.caller.data(state, json!({ "id": sale.listing })).await["node"]["channels"][0]["state"].clone()), (1, json!("LIVE")));
    }
}

/// Follows an address as a browser does.
#[expect(clippy::disallowed_methods, reason = "the seller's browser")]
async fn browse(url: &str) -> (u16, String, String) {
    let answer = reqwest::Client::new().get(url).header("accept-language", "vi").send().await.expect("an answer");
    let at = answer.url().to_string();
    (answer.status().as_u16(), answer.text().await.expect("a page"), at)
}

both! {
    /// A shop without tokens: its seller consents on the marketplace, and the listings go out. Its return address works once.
    async fn a_seller_consents(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.on_sale(&seller, &admin, "Mật ong").await;
        let mut input = world.shop();
        input["settings"].as_array_mut().expect("settings").retain(|s| s["name"] != "access_token" && s["name"] != "shop_id");
        let start = "mutation($input: ChannelConnectInput!) { channelConnectStart(input: $input) { channel { id state } authorizeUrl userErrors { code path } } }";
        let started = admin.done(start, json!({ "input": input })).await;
        assert_eq!(started["channel"]["state"], "CONNECTING");
        world.drain().await;
        assert!(world.sandbox.items().is_empty(), "nothing is pushed before the consent");
        let resume = "mutation($id: ID!) { channelResume(id: $id) { userErrors { code path } } }";
        let refused = admin.refused(resume, json!({ "id": started["channel"]["id"] })).await;
        assert_eq!(refused[0].0, "WRONG_STATE", "only the consent makes it active");
        let (status, page, at) = browse(&text(&started["authorizeUrl"])).await;
        assert!(status == 200 && page.contains("Gian hàng tỉnh") && at.contains("/connect/shopee?state="), "{status} {page} {at}");
        world.drain().await;
        assert_eq!(world.sandbox.items().len(), 1);
        assert_eq!(admin.data(HEALTH, Value::Null).await["channels"][0]["state"], "ACTIVE");
        let (status, page, _) = browse(&at).await;
        assert!(status == 400 && page.contains("đã dùng"), "a replayed return: {status} {page}");
        for forged in [at.replace("state=", "state=x"), at.replace("/connect/shopee", "/connect/lazada"), at.split('?').next().expect("a path").to_owned()] {
            assert_eq!(browse(&forged).await.0, 400, "{forged}");
        }
    }
}

both! {
    /// A consent that ends in a refusal, or comes after half an hour, connects nothing.
    async fn a_consent_can_fail(world: World) {
        let admin = world.admin().await;
        let mut input = world.shop();
        input["settings"].as_array_mut().expect("settings").retain(|s| s["name"] != "access_token" && s["name"] != "shop_id");
        let start = "mutation($input: ChannelConnectInput!) { channelConnectStart(input: $input) { channel { id } authorizeUrl userErrors { code } } }";
        let started = admin.done(start, json!({ "input": input })).await;
        world.sandbox.fail_next(ocop_catalog::sandbox::Fault {
            call: "get".into(),
            mode: FaultMode::Refuse { error: "error_auth".into(), message: "Invalid code.".into() },
            times: 1,
            skip: 0,
        });
        let (status, page, _) = browse(&text(&started["authorizeUrl"])).await;
        assert!(status == 502 && page.contains("Sàn chưa cấp quyền") && page.contains("Invalid code."), "{status} {page}");
        world.clock.set(world.clock.now() + Duration::minutes(31));
        assert_ne!(browse(&text(&started["authorizeUrl"])).await.0, 200, "too late");
        let admin = world.sign_in("admin").await;
        assert_eq!(admin.data(HEALTH, Value::Null).await["channels"][0]["state"], "CONNECTING");
    }
}

both! {
    /// What the marketplace says is kept, but never our credentials, should it repeat them.
    async fn secrets_are_blacked_out(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        let mode = FaultMode::Refuse { error: "error_param".into(), message: format!("bad token {}", crate::harness::SHOP_TOKEN) };
        world.sandbox.fail_next(ocop_catalog::sandbox::Fault { call: "add_item".into(), mode, times: 1, skip: 0 });
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        world.drain().await;
        let query = "query($id: ID!) { node(id: $id) { ... on Listing { channels { lastError { message requestId }
            attempts { call at millis error { kind code message requestId } } } } } }";
        let told = seller.caller.data(query, json!({ "id": sale.listing })).await["node"]["channels"][0].clone();
        assert_eq!((&told["lastError"]["message"], &told["attempts"][0]["error"]["message"]), (&json!("bad token ***"), &json!("bad token ***")));
        assert_eq!((&told["attempts"][0]["call"], &told["attempts"][0]["error"]["kind"]), (&json!("CREATE"), &json!("REJECTED")));
        assert!(told["attempts"][0]["error"]["requestId"].is_string(), "{told}");
    }
}
