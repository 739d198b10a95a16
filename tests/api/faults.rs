//! What can go wrong between a push and its record, on both engines: no item twice, none lost, none on sale without a valid rating.

use chrono::Duration;
use ocop_catalog::{
    sandbox::{Fault, FaultMode, ItemStatus},
    service::{ServiceError, pushes, readings},
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    harness::{Caller, World, both, text},
    processes::until,
    readings::{read_back, told},
};

const STATE: &str =
    "query($id: ID!) { node(id: $id) { ... on Listing { channels { state remoteState lastError { kind code message } } } } }";
/// Longer than a claim is kept.
const LEASE: i64 = 21;

async fn state(caller: &Caller, listing: &str) -> Value {
    caller.data(STATE, json!({ "id": listing })).await["node"]["channels"][0].clone()
}

fn fail(world: &World, call: &str, mode: FaultMode) {
    world.sandbox.fail_next(Fault { call: call.into(), mode, times: 1, skip: 0 });
}

/// A worker that pushes what it claims, to be left alone or killed.
async fn worker(world: &World) -> JoinHandle<Result<(), ServiceError>> {
    let claim = pushes::claim(&world.service, 1).await.expect("claims").pop().expect("something due");
    let service = world.service.clone();
    tokio::spawn(async move { pushes::run(&service, claim).await })
}

fn slow(millis: u64) -> FaultMode {
    FaultMode::Slow { millis }
}

/// Everything that is due by then, several times: look-ups wait between them.
async fn settle(world: &World) {
    for seconds in [1, LEASE, 10, 10, 10] {
        world.later(Duration::seconds(seconds)).await;
    }
}

both! {
    /// A worker dies at each step of a create and of a change: the next one ends it, and there is one item.
    async fn a_worker_dies_at_each_step(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        // Before the call: what it claimed is taken over when the claim ends.
        drop(pushes::claim(&world.service, 1).await.expect("claims").pop().expect("something due"));
        assert_eq!(world.later(Duration::seconds(1)).await, 0, "claimed by the dead one");
        world.clock.set(world.clock.now() + Duration::seconds(LEASE));
        // While the picture is sent: nothing was created.
        fail(&world, "upload_image", slow(20_000));
        let dying = worker(&world).await;
        until("the upload", || world.sandbox.calls().iter().any(|call| call.path.ends_with("upload_image"))).await;
        dying.abort();
        world.clock.set(world.clock.now() + Duration::seconds(LEASE));
        // After the call, before the answer; first the item is looked for, twice, that the dead one may have made.
        for _ in 0..2 {
            worker(&world).await.await.expect("joins").expect("ends");
            assert_eq!(state(&seller.caller, &sale.listing).await["lastError"]["code"], "look_up");
            world.clock.set(world.clock.now() + Duration::seconds(10));
        }
        fail(&world, "add_item", slow(20_000));
        let dying = worker(&world).await;
        until("the create", || world.sandbox.items().len() == 1).await;
        dying.abort();
        settle(&world).await;
        assert_eq!((world.sandbox.items().len(), state(&seller.caller, &sale.listing).await["state"].clone()), (1, json!("LIVE")));
        // After a change, before its record.
        seller.set_price(&sale.listing, 90_000).await;
        world.clock.set(world.clock.now() + Duration::seconds(1));
        fail(&world, "update_price", slow(20_000));
        let dying = worker(&world).await;
        until("the change", || world.sandbox.items()[0].price == 90_000).await;
        dying.abort();
        settle(&world).await;
        assert_eq!((world.sandbox.items().len(), world.sandbox.items()[0].price), (1, 90_000));
        assert_eq!(state(&seller.caller, &sale.listing).await["state"], "LIVE");
    }
}

both! {
    /// A worker is still at it when its claim ends and another takes over: one item, and the late answer changes nothing.
    async fn two_workers_and_one_claim_that_ends(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        fail(&world, "add_item", slow(2_000));
        let late = worker(&world).await;
        until("the create", || world.sandbox.items().len() == 1).await;
        world.clock.set(world.clock.now() + Duration::seconds(LEASE));
        seller.set_price(&sale.listing, 90_000).await;
        settle(&world).await;
        let taken_over = state(&seller.caller, &sale.listing).await;
        late.await.expect("joins").expect("ends");
        settle(&world).await;
        assert_eq!((&taken_over["state"], &state(&seller.caller, &sale.listing).await["state"]), (&json!("LIVE"), &json!("LIVE")));
        assert_eq!((world.sandbox.items().len(), world.sandbox.items()[0].price), (1, 90_000));
    }
}

/// Something happens while a create is under way after which nothing may be on sale.
async fn ends_off_sale(world: World, expires: bool) {
    let (admin, seller) = (world.admin().await, world.seller("lan").await);
    world.connect(&admin).await;
    let sale = world.on_sale(&seller, &admin, "Mật ong").await;
    fail(&world, "add_item", slow(1_000));
    let creating = worker(&world).await;
    until("the create", || world.sandbox.items().len() == 1).await;
    if expires {
        world.clock.set(world.clock.now() + Duration::days(36 * 31));
    } else {
        let stop = "mutation($id: ID!) { listingUnpublish(id: $id) { userErrors { code } } }";
        seller.caller.done(stop, json!({ "id": sale.listing })).await;
    }
    creating.await.expect("joins").expect("ends");
    settle(&world).await;
    assert_eq!(world.sandbox.items().iter().map(|item| item.status).collect::<Vec<_>>(), [ItemStatus::Unlist]);
}

both! {
    async fn a_certificate_ends_during_a_create(world: World) { ends_off_sale(world, true).await; }
}
both! {
    async fn a_listing_is_withdrawn_during_a_create(world: World) { ends_off_sale(world, false).await; }
}

both! {
    /// The marketplace speaks of an item before it has answered the create: the item is read back at once.
    async fn a_message_before_the_answer(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        world.on_sale(&seller, &admin, "Mật ong").await;
        let callback = text(&admin.data("{ channels { hookUrl } }", Value::Null).await["channels"][0]["hookUrl"]);
        fail(&world, "add_item", slow(1_500));
        let creating = worker(&world).await;
        until("the create", || world.sandbox.items().len() == 1).await;
        let item = world.sandbox.items()[0].item_id;
        let body = format!(r#"{{"code":16,"data":{{"item_id":{item}}}}}"#);
        assert_eq!(told(&world.url, &callback, crate::harness::PARTNER_KEY, &body).await, 200);
        creating.await.expect("joins").expect("ends");
        world.sandbox.clear_calls();
        read_back(&world, Duration::milliseconds(1)).await;
        let calls: Vec<_> = world.sandbox.calls().iter().map(|call| call.path.clone()).collect();
        assert!(calls.iter().any(|path| path.ends_with("get_item_base_info")), "{calls:?}");
        assert_eq!(world.sandbox.items().len(), 1);
        assert_eq!(readings::make_due(&world.service).await.expect("made due"), 0);
    }
}

both! {
    /// A success that lists the item as failed is a failure, in the marketplace's words; what must be off sale is tried until it is.
    async fn a_success_that_failed_in_part(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        world.drain().await;
        let partial = || FaultMode::Partial { reason: "the price is frozen by an audit".into() };
        fail(&world, "update_price", partial());
        seller.set_price(&sale.listing, 90_000).await;
        world.later(Duration::seconds(1)).await;
        let told = state(&seller.caller, &sale.listing).await;
        assert_eq!((&told["state"], &told["lastError"]["message"]), (&json!("REMOTE_REJECTED"), &json!("the price is frozen by an audit")));
        fail(&world, "unlist_item", partial());
        let stop = "mutation($id: ID!) { listingUnpublish(id: $id) { userErrors { code } } }";
        seller.caller.done(stop, json!({ "id": sale.listing })).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!((state(&seller.caller, &sale.listing).await["state"].clone(), world.sandbox.items()[0].status), (json!("WITHDRAWING"), ItemStatus::Normal));
        world.later(Duration::hours(1)).await;
        assert_eq!(world.sandbox.items()[0].status, ItemStatus::Unlist);
    }
}

both! {
    /// A marketplace that takes longer than anybody waits has done it all the same: it is found, not made again.
    async fn an_answer_that_never_comes_in_time(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        fail(&world, "add_item", slow(30_000));
        world.drain().await;
        let told = state(&seller.caller, &sale.listing).await;
        assert_eq!((&told["state"], &told["lastError"]["code"]), (&json!("RETRYING"), &json!("timeout")), "{told}");
        settle(&world).await;
        assert_eq!((world.sandbox.items().len(), state(&seller.caller, &sale.listing).await["state"].clone()), (1, json!("LIVE")));
    }
}
