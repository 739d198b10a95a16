//! Few connections to the database and many who want them: everybody is answered, also beside those who leave in the middle.

use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

use crate::harness::{Caller, World, both, text};
use ocop_catalog::config::Config;

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
