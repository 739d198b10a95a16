//! Few connections to the database and many who want them: everybody is answered, also beside those who leave in the middle.

use ocop_catalog::{
    config::Config,
    domain::{feed::FeedScope, id::ListingId, listing::ChangeCause},
    store::{
        Store,
        changes::{self, NewChange},
        listings,
    },
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

use crate::harness::{Caller, World, append, both, text};

const READ: &str = "{ listings(first: 5) { totalCount { value } nodes { id title price { amount } stars } } }";
const PRICE: &str = "mutation($id: ID!, $price: MoneyInput!) { listingSetPrice(id: $id, price: $price) { userErrors { code } } }";

both! {
    async fn few_connections_serve_many(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let sale = world.on_sale(&lan, &admin, "Mật ong").await;
        for connections in [1, 2, 5] {
            let few = world.replica_with(&Config { database_connections: connections, ..world.config() }).await;
            let url = format!("http://{}/graphql", few.address().expect("an address"));
            let mut all = JoinSet::new();
            for number in 0..60_u64 {
                let (anyone, seller) = (Caller::new(&url, None), Caller::new(&url, Some(lan.caller.token())));
                let id = sale.listing.clone();
                all.spawn(async move {
                    match number % 4 {
                        // Gone before the answer.
                        0 => drop(tokio::time::timeout(Duration::from_millis(number / 4), seller.try_send(READ, Value::Null)).await),
                        1 => {
                            let price = json!({ "amount": (10_000 + number).to_string() });
                            let answer = seller.send(PRICE, json!({ "id": id, "price": price })).await;
                            assert_eq!((answer.status, &answer.body["data"]["listingSetPrice"]["userErrors"]), (200, &json!([])), "{:#}", answer.body);
                        }
                        _ => {
                            let reader = if number % 4 == 2 { anyone } else { seller };
                            let found = reader.data(READ, Value::Null).await;
                            assert_eq!(found["listings"]["totalCount"]["value"], 1);
                        }
                    }
                });
            }
            while let Some(done) = all.join_next().await {
                done.expect("is answered");
            }
            let shown = Caller::new(&url, Some(lan.caller.token())).data(READ, Value::Null).await;
            let amount: u64 = text(&shown["listings"]["nodes"][0]["price"]["amount"]).parse().expect("a number");
            assert!((10_001..10_060).contains(&amount), "the last price of those that were set: {amount}");
            // It waits until every connection has come back.
            few.stop().await;
        }
    }
}

fn price_change(listing_id: ListingId) -> NewChange {
    NewChange { listing_id, version: 1, causes: vec![ChangeCause::PriceChanged], reason: None, places: Vec::new() }
}

both! {
    /// Dropped anywhere, its beginning included, a transaction leaves nothing behind, and the one connection serves the next.
    async fn a_dropped_transaction_leaves_nothing(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        world.on_sale(&lan, &admin, "Mật ong").await;
        let store = Store::connect(world.database_url(), 1).await.expect("connects");
        let before = changes::latest(&store).await.expect("reads");
        let listing = changes::after(&store, &FeedScope::default(), 0, 1).await.expect("reads")[0].listing_id;
        for round in 0..150_u64 {
            let unfinished = async {
                let tx = store.begin().await.expect("begins");
                append(&tx, price_change(listing), world.clock.now()).await;
                append(&tx, price_change(listing), world.clock.now()).await;
                std::future::pending::<()>().await;
            };
            assert!(tokio::time::timeout(Duration::from_micros(round * 40), unfinished).await.is_err(), "it never ends");
            assert_eq!(changes::latest(&store).await.expect("reads"), before, "after round {round}");
        }
        let tx = store.begin().await.expect("begins");
        append(&tx, price_change(listing), world.clock.now()).await;
        tx.commit().await.expect("commits");
        assert_eq!(changes::latest(&store).await.expect("reads"), before + 1);
        store.close().await.expect("closes: every connection has come back");
    }
}

both! {
    /// A commit after a statement that failed says so on both engines: PostgreSQL itself would answer as if all were well, and keep nothing.
    async fn a_transaction_that_failed_is_not_committed(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        world.on_sale(&lan, &admin, "Mật ong").await;
        let store = &world.service.store;
        let before = changes::latest(store).await.expect("reads");
        let listing = changes::after(store, &FeedScope::default(), 0, 1).await.expect("reads")[0].listing_id;
        let everyone = listings::View::new(ocop_catalog::domain::actor::Reach::All, world.clock.now());
        let listing = listings::find(store, listing, &everyone).await.expect("reads").expect("a listing");
        let tx = store.begin().await.expect("begins");
        append(&tx, price_change(listing.id), world.clock.now()).await;
        listings::insert(&tx, &listing).await.expect_err("there is one with this id");
        tx.commit().await.expect_err("not committed");
        assert_eq!(changes::latest(store).await.expect("reads"), before);
    }
}
