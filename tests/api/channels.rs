//! Channels as a whole: one that is broken or slow never holds up another, and rests.

use chrono::Duration;
use ocop_catalog::{
    sandbox::{Fault, FaultMode, Sandbox},
    service::{gauges, pushes},
};
use serde_json::{Value, json};

use crate::{
    files::fetch,
    harness::{Caller, World, both, connect_query, marketplace, text},
};

const HEALTH: &str = "{ channels { name state health { failures restingUntil restingReason } } }";

/// A second shop of the province on a marketplace of its own.
async fn second(world: &World, admin: &Caller) -> Sandbox {
    let other = marketplace(&world.clock).await;
    let mut input = world.shop();
    input["name"] = json!("Sàn thứ hai");
    input["baseUrl"] = json!(other.url());
    admin.done(&connect_query(), json!({ "input": input })).await;
    other
}

fn every_call(sandbox: &Sandbox, mode: FaultMode) {
    sandbox.fail_next(Fault { call: "*".into(), mode, times: 10_000, skip: 0 });
}

async fn health(admin: &Caller) -> Value {
    let data = admin.data(HEALTH, Value::Null).await;
    let channels = data["channels"].as_array().expect("channels");
    channels.iter().find(|channel| channel["name"] == "Gian hàng tỉnh").expect("the first shop")["health"].clone()
}

/// Those who run the service see what waits on the first shop, since when, that it rests, and how its calls ended.
async fn shown_as_metrics(world: &World, admin: &Caller) {
    let now = world.clock.now();
    world.clock.set(now + Duration::seconds(20));
    gauges::set(&world.service).await.expect("set");
    world.clock.set(now);
    let channels = admin.data("{ channels { name hookUrl } }", Value::Null).await["channels"].clone();
    let first = channels.as_array().expect("channels").iter().find(|channel| channel["name"] == "Gian hàng tỉnh").expect("the first shop");
    let address = text(&first["hookUrl"]);
    let id = address.rsplit('/').next().expect("an id");
    let shown = fetch(&world.url.replace("/graphql", "/metrics"), None).await.text().await.expect("text");
    let value = |name: &str, more: &str| {
        let line = shown.lines().find(|line| line.starts_with(name) && line.contains(id) && line.contains(more));
        line.and_then(|line| line.rsplit(' ').next()).unwrap_or_else(|| panic!("no {name} of {id}")).parse::<f64>().expect("a number")
    };
    assert_eq!((value("ocop_channel_waiting", ""), value("ocop_channel_resting", "shopee")), (8.0, 1.0));
    assert!(value("ocop_channel_oldest_seconds", "") >= 15.0);
    assert!(value("ocop_channel_calls_total", "outcome=\"UNKNOWN\"") >= 5.0);
}

both! {
    /// A marketplace that fails is left alone after five failures in a row, for longer each time; the other one gets everything.
    async fn a_broken_channel_rests(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        let other = second(&world, &admin).await;
        every_call(&world.sandbox, FaultMode::Http500);
        for number in 0..8 {
            world.on_sale(&seller, &admin, &format!("Mật ong số {number}")).await;
        }
        world.drain().await;
        assert_eq!((other.items().len(), world.sandbox.items().len()), (8, 0));
        shown_as_metrics(&world, &admin).await;
        assert_eq!(world.sandbox.calls().len(), 5, "after five failures nothing more is sent");
        let resting = health(&admin).await;
        assert_eq!((&resting["failures"], &resting["restingReason"]), (&json!(5), &json!("FAILING")), "{resting}");
        world.later(Duration::seconds(29)).await;
        assert_eq!(world.sandbox.calls().len(), 5);
        world.later(Duration::seconds(2)).await;
        assert_eq!(world.sandbox.calls().len(), 6, "one probe, then it rests twice as long");
        world.later(Duration::seconds(40)).await;
        assert_eq!(world.sandbox.calls().len(), 6);
        world.sandbox.heal();
        world.later(Duration::minutes(5)).await;
        world.later(Duration::minutes(5)).await;
        assert_eq!(world.sandbox.items().len(), 8, "when it answers again everything follows, once");
        let admin = world.sign_in("admin").await;
        assert_eq!(health(&admin).await, json!({ "failures": 0, "restingUntil": null, "restingReason": null }));
    }
}

both! {
    /// While every place that a slow marketplace may have is taken by calls that don't end, the other one is served.
    async fn a_slow_channel_holds_nobody_up(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        let other = second(&world, &admin).await;
        every_call(&world.sandbox, FaultMode::Slow { millis: 30_000 });
        for number in 0..12 {
            world.on_sale(&seller, &admin, &format!("Mật ong số {number}")).await;
        }
        // As the worker does: claims until nothing more is given, each run beside the others.
        let mut running = tokio::task::JoinSet::new();
        let mut rounds = 0;
        while other.items().len() < 12 {
            rounds += 1;
            assert!(rounds < 500, "the quick marketplace waits for the slow one");
            for claim in pushes::claim(&world.service, 16).await.expect("claims") {
                let service = world.service.clone();
                running.spawn(async move { pushes::run(&service, claim).await });
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert!(!running.is_empty(), "the slow ones are still under way");
        let stuck = pushes::under_way(&world.service);
        running.shutdown().await;
        pushes::release(&world.service, &stuck).await.expect("given back");
    }
}

both! {
    /// Told to slow down, nothing more is sent until the wait is over; told that the day's allowance is used up, until the day ends.
    async fn waits_that_a_channel_asks_for_are_kept(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.connect(&admin).await;
        for number in 0..3 {
            world.on_sale(&seller, &admin, &format!("Mật ong số {number}")).await;
        }
        world.sandbox.fail_next(Fault { call: "*".into(), mode: FaultMode::Http429 { retry_after: Some(40) }, times: 1, skip: 0 });
        world.drain().await;
        assert_eq!((world.sandbox.calls().len(), health(&admin).await["restingReason"].clone()), (1, json!("RATE_LIMITED")));
        world.later(Duration::seconds(39)).await;
        assert_eq!(world.sandbox.calls().len(), 1);
        let quota = FaultMode::Refuse { error: "error_limit".into(), message: "The daily limit is reached.".into() };
        world.sandbox.fail_next(Fault { call: "*".into(), mode: quota, times: 1, skip: 0 });
        world.later(Duration::seconds(2)).await;
        let resting = health(&admin).await;
        // The marketplace's day ends at midnight in UTC+8.
        assert_eq!((&resting["restingReason"], &resting["restingUntil"]), (&json!("QUOTA_USED"), &json!("2026-11-23T16:00:00+00:00")), "{resting}");
        world.later(Duration::hours(12)).await;
        world.later(Duration::hours(1)).await;
        assert_eq!(world.sandbox.items().len(), 3);
    }
}
