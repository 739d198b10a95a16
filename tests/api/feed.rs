//! The feed: exact, in the order of commits, with tombstones for whatever stopped being visible.

use chrono::{Duration, Utc};
use ocop_catalog::{
    domain::{feed::FeedScope, id::ListingId, listing::ChangeCause},
    service::{feed::Portion, publicity},
    store::{
        Store,
        changes::{self, NewChange},
    },
};
use sea_orm::{ConnectionTrait, Database as Sea, DatabaseBackend, Statement};
use serde_json::{Value, json};

use crate::harness::{Caller, Database, Engine, World, append, both, council::identity, fields, monday, text};

const CHANGES: &str = "query($since: FeedCursor, $first: Int) { listingChanges(since: $since, first: $first) { endCursor hasMore snapshotRequired changes {
    __typename cursor listingId version causes ... on ListingUpserted { listing { stars price { amount } } } ... on ListingRemoved { reason externalKey } } } }";

async fn changes_since(caller: &Caller, since: &Value) -> (Vec<Value>, Value) {
    let page = caller.data(CHANGES, json!({ "since": since, "first": 100 })).await["listingChanges"].clone();
    (page["changes"].as_array().expect("changes").clone(), page["endCursor"].clone())
}

both! {
    /// Every way of vanishing leaves a tombstone with its reason, and coming back is told.
    async fn tombstones_say_why(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        let (first, mut at) = changes_since(&integrator, &Value::Null).await;
        assert_eq!((first.len(), fields(&first[0]["causes"])), (1, vec!["PUBLISHED".to_owned()]));
        assert_eq!(first[0]["listing"]["stars"], 4);
        let listing = json!({ "id": sale.listing });
        let producer = json!({ "id": seller.producer });
        let steps: [(&Caller, &str, &Value, &str, Value); 6] = [
            (&seller.caller, "mutation($id: ID!) { listingUnpublish(id: $id) { userErrors { code } } }", &listing, "ListingRemoved", "UNPUBLISHED".into()),
            (&seller.caller, "mutation($id: ID!) { listingPublish(id: $id) { userErrors { code } } }", &listing, "ListingUpserted", Value::Null),
            (&admin, "mutation($id: ID!) { producerSuspend(id: $id, input: { reason: \"x\" }) { userErrors { code } } }", &producer, "ListingRemoved", "PRODUCER_SUSPENDED".into()),
            (&admin, "mutation($id: ID!) { producerReinstate(id: $id, input: { reason: \"x\" }) { userErrors { code } } }", &producer, "ListingUpserted", Value::Null),
            (&seller.caller, "mutation($id: ID!) { listingSetAvailability(id: $id, stock: 0) { userErrors { code } } }", &listing, "ListingUpserted", Value::Null),
            (&seller.caller, "mutation($id: ID!) { listingArchive(id: $id) { userErrors { code } } }", &listing, "ListingRemoved", "ARCHIVED".into()),
        ];
        let mut version = first[0]["version"].as_i64();
        for (caller, query, variables, kind, reason) in steps {
            caller.done(query, variables.clone()).await;
            let (changes, end) = changes_since(&integrator, &at).await;
            assert_eq!(changes.len(), 1, "{query}");
            assert_eq!((&changes[0]["__typename"], &changes[0]["reason"]), (&json!(kind), &reason), "{query}");
            assert!(changes[0]["version"].as_i64() > version, "versions grow");
            (version, at) = (changes[0]["version"].as_i64(), end);
        }
        let (all, _) = changes_since(&integrator, &Value::Null).await;
        assert_eq!(all.len(), 1, "each listing once, at its newest place");
    }
}

both! {
    /// A certificate's last day: hidden at midnight in Vietnam on every read, before anything has run; then announced once.
    async fn expiry_needs_no_human(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        world.connect(&admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        world.drain().await;
        let (_, at) = changes_since(&integrator, &Value::Null).await;
        let node = "query($id: ID!) { node(id: $id) { ... on Listing { stars } } }";
        let midnight: chrono::DateTime<Utc> = "2029-11-22T17:00:00Z".parse().expect("an instant");
        world.clock.set(midnight - Duration::microseconds(1));
        assert_eq!(world.anyone().data(node, json!({ "id": sale.listing })).await["node"]["stars"], 4);
        world.clock.set(midnight);
        assert_eq!(world.anyone().data(node, json!({ "id": sale.listing })).await["node"], Value::Null);
        assert_eq!(world.anyone().data("{ listings { nodes { id } } }", Value::Null).await["listings"]["nodes"], json!([]));
        assert_eq!(publicity::pass(&world.service).await.expect("a pass"), 1);
        assert_eq!(publicity::pass(&world.service).await.expect("a pass"), 0, "once");
        let (changes, _) = changes_since(&integrator, &at).await;
        assert_eq!(changes.len(), 1);
        assert_eq!((&changes[0]["reason"], fields(&changes[0]["causes"])), (&json!("CERTIFICATE_EXPIRED"), vec!["DATE_REACHED".to_owned()]));
        world.later(Duration::seconds(1)).await;
        assert_eq!(world.sandbox.items()[0].status.as_str(), "UNLIST");
        let seller = world.sign_in("lan").await;
        let why = seller.data("query($id: ID!) { node(id: $id) { ... on Listing { visibility { reasons { code } } } } }", json!({ "id": sale.listing })).await;
        assert_eq!(why["node"]["visibility"]["reasons"], json!([{ "code": "CERTIFICATE_EXPIRED" }]));
    }
}

both! {
    /// A withdrawal announced for later takes effect on its day by itself.
    async fn a_withdrawal_for_later(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        let revoke = "mutation($id: ID!) { ratingRevoke(rating: $id, input: { reason: OTHER, legalBasis: \"QĐ 1\", effectiveOn: \"2026-12-01\" }) { rating { status validUntil } userErrors { code } } }";
        let rating = admin.done(revoke, json!({ "id": sale.rating })).await["rating"].clone();
        assert_eq!((&rating["status"], &rating["validUntil"]), (&json!("ACTIVE"), &json!("2026-12-01")));
        let node = "query($id: ID!) { node(id: $id) { ... on Listing { stars } } }";
        world.clock.set("2026-11-30T16:59:59Z".parse().expect("an instant"));
        assert_eq!(world.anyone().data(node, json!({ "id": sale.listing })).await["node"]["stars"], 4);
        world.clock.set("2026-11-30T17:00:00Z".parse().expect("an instant"));
        assert_eq!(world.anyone().data(node, json!({ "id": sale.listing })).await["node"], Value::Null);
    }
}

both! {
    async fn cursors_of_the_feed(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        for name in ["Một", "Hai", "Ba"] {
            world.on_sale(&seller, &admin, name).await;
        }
        let query = "query($s: FeedCursor) { listingChanges(since: $s, first: 1) { changes { cursor listingId } endCursor hasMore snapshotRequired } }";
        let (mut at, mut seen) = (Value::Null, Vec::new());
        for more in [true, true, false] {
            let page = integrator.data(query, json!({ "s": at })).await["listingChanges"].clone();
            assert_eq!(page["hasMore"], more);
            assert_eq!(page["changes"][0]["cursor"], page["endCursor"]);
            seen.push(text(&page["changes"][0]["listingId"]));
            at = page["endCursor"].clone();
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 3);
        let list = integrator.data("{ listings(first: 1) { pageInfo { endCursor } } }", Value::Null).await;
        let foreign = json!({ "s": list["listings"]["pageInfo"]["endCursor"] });
        assert_eq!(integrator.error(query, foreign).await, "CURSOR_MISMATCH");
        assert_eq!(integrator.error(query, json!({ "s": "rubbish" })).await, "CURSOR_INVALID");
        assert_eq!(integrator.error("{ listingChanges(first: 501) { endCursor } }", Value::Null).await, "BAD_USER_INPUT");
        assert_eq!(world.anyone().error("{ listingChanges { endCursor } }", Value::Null).await, "UNAUTHENTICATED");
        assert_eq!(seller.caller.error("{ listingSnapshot { asOf } }", Value::Null).await, "FORBIDDEN");
    }
}

/// Two writers that commit in the reverse of the order in which they began: a reader in between misses neither. The number is
/// taken under a lock that is held to the commit, so the second to append waits for the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reversed_commits_lose_nothing_on_postgres() {
    let world = World::start(Engine::Postgres).await;
    let (admin, seller) = (world.admin().await, world.seller("lan").await);
    let (a, b) = (world.on_sale(&seller, &admin, "Một").await, world.on_sale(&seller, &admin, "Hai").await);
    let ids: Vec<ListingId> = [&a.listing, &b.listing].into_iter().map(|id| identity(id).into()).collect();
    let store = &world.service.store;
    let start = changes::latest(store).await.expect("a number");
    let everything = FeedScope::default();
    let change = |index: usize, version| NewChange {
        listing_id: ids[index],
        version,
        causes: vec![ChangeCause::PriceChanged],
        reason: None,
        places: Vec::new(),
    };
    // The slow writer begins first and appends first, but commits last.
    let slow = store.begin().await.expect("begins");
    append(&slow, change(0, 100), monday()).await;
    let (quick_store, quick_change) = (store.clone(), change(1, 100));
    let quick = tokio::spawn(async move {
        let tx = quick_store.begin().await.expect("begins");
        append(&tx, quick_change, monday()).await;
        tx.commit().await.expect("commits");
    });
    waiting_for_the_lock(&world).await;
    let between = changes::after(store, &everything, start, 10).await.expect("reads");
    let at = between.last().map_or(start, |change| change.seq);
    slow.commit().await.expect("commits");
    quick.await.expect("ends");
    let after = changes::after(store, &everything, at, 10).await.expect("reads");
    let mut seen: Vec<_> = between.iter().chain(&after).map(|change| change.listing_id).collect();
    seen.sort();
    let mut expected = ids.clone();
    expected.sort();
    assert_eq!(seen, expected, "a reader between the two commits sees both, each once");
}

/// Returns once a transaction of this database waits for an advisory lock.
async fn waiting_for_the_lock(world: &World) {
    let database = Sea::connect(world.database_url()).await.expect("connects");
    let waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while database.query_one_raw(Statement::from_string(DatabaseBackend::Postgres, waiting)).await.expect("reads").is_none() {
        tokio::task::yield_now().await;
    }
    database.close().await.expect("closes");
}

/// A database that was put back from a copy begins another life of the feed only if it says so: the epoch is in the database.
#[tokio::test]
async fn a_cursor_of_another_database_asks_for_a_snapshot() {
    let (one, two) = (World::start(Engine::Sqlite).await, Database::empty(Engine::Sqlite).await);
    let admin = one.admin().await;
    let integrator = one.integrator(&admin).await;
    let cursor = integrator.data("{ listingChanges { endCursor } }", Value::Null).await["listingChanges"]["endCursor"].clone();
    let store = Store::connect(&two.url, 2).await.expect("connects");
    store.migrate().await.expect("migrates");
    store.close().await.expect("closes");
    // The same secret, another database: the signature holds, the epoch does not.
    let config = crate::harness::config(&two);
    let halves = ocop_catalog::app::Halves { api: true, worker: false };
    let other = ocop_catalog::app::App::start(&config, halves, one.clock.clone()).await.expect("starts");
    one.clock.set(one.clock.now() + Duration::seconds(1));
    let actor = ocop_catalog::domain::actor::Actor::System;
    let page = ocop_catalog::service::feed::changes(&other.service, &actor, &FeedScope::default(), Portion::least(cursor.as_str())).await;
    let page = page.expect("a page");
    assert_eq!((page.snapshot_required, page.changes.len()), (other.service.feed_epoch != one.service.feed_epoch, 0));
    other.stop().await;
}
