//! Answers to nobody in particular are kept as long as they hold, and no longer: on any replica, and when nobody changes anything.

use chrono::Duration;
use serde_json::{Value, json};

use crate::harness::{Caller, World, both};

const QUERY: &str =
    "{ listings { totalCount { value } nodes { title price { amount } stock stars product { name } producer { displayName } } } }";

#[expect(clippy::disallowed_methods, reason = "a test's own client")]
fn client() -> reqwest::Client {
    reqwest::Client::new()
}

async fn listings(caller: &Caller) -> Value {
    caller.data(QUERY, Value::Null).await["listings"].clone()
}

both! {
    /// Whatever changes what is seen is seen at once, here and by a replica that had kept an answer.
    async fn a_change_is_seen_at_once_on_every_replica(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("Đồng Văn").await);
        let sale = world.on_sale(&seller, &admin, "Rượu ngô").await;
        let replica = world.replica().await;
        let other = Caller::new(&format!("http://{}/graphql", replica.address().expect("an address")), None);
        let anyone = world.anyone();
        let version = |of: &'static str, id: String| {
            let anyone = world.anyone();
            async move { anyone.data(&format!("query($id: ID!) {{ {of}(by: {{ id: $id }}) {{ version }} }}"), json!({ "id": id })).await[of]["version"].clone() }
        };
        let mut last = listings(&anyone).await;
        assert_eq!(listings(&other).await, last);
        for (number, change) in [
            "mutation($id: ID!) { listingSetPrice(id: $id, price: { amount: \"70000\" }) { userErrors { code } } }",
            "mutation($id: ID!) { listingSetAvailability(id: $id, stock: 3) { userErrors { code } } }",
            "mutation($id: ID!, $v: Int!) { productUpdate(id: $id, expectedVersion: $v, input: { nameEn: \"Maize spirit\" }) { userErrors { code path } } }",
            "mutation($id: ID!, $v: Int!) { producerUpdate(id: $id, expectedVersion: $v, input: { displayName: \"HTX mới\" }) { userErrors { code path } } }",
            "mutation($id: ID!) { listingUnpublish(id: $id) { userErrors { code } } }",
        ].into_iter().enumerate() {
            let variables = match number {
                2 => json!({ "id": sale.product, "v": version("product", sale.product.clone()).await }),
                3 => json!({ "id": seller.producer, "v": version("producer", seller.producer.clone()).await }),
                _ => json!({ "id": sale.listing }),
            };
            seller.caller.done(change, variables).await;
            let now = listings(&anyone).await;
            assert_ne!(now, last, "{change}");
            assert_eq!(listings(&other).await, now, "{change}: the replica");
            assert_eq!(listings(&anyone).await, now, "{change}: kept");
            last = now;
        }
        assert_eq!(last["totalCount"]["value"], 0);
        replica.stop().await;
    }
}

both! {
    /// A certificate that ends takes its listing off every kept answer at that instant, before anything notes it.
    async fn a_date_ends_what_is_kept(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("Đồng Văn").await);
        world.on_sale(&seller, &admin, "Rượu ngô").await;
        let anyone = world.anyone();
        let until = anyone.data("{ listings { nodes { visibleUntil } } }", Value::Null).await["listings"]["nodes"][0]["visibleUntil"].clone();
        let until: chrono::DateTime<chrono::Utc> = until.as_str().expect("an instant").parse().expect("an instant");
        world.clock.set(until - Duration::milliseconds(1));
        for _ in 0..2 {
            assert_eq!(listings(&anyone).await["totalCount"]["value"], 1);
        }
        world.clock.set(until);
        assert_eq!(listings(&anyone).await["totalCount"]["value"], 0);
    }
}

both! {
    /// What is kept for nobody is given to nobody else: one's own drafts, and another language.
    async fn what_is_kept_is_for_nobody_in_particular(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("Đồng Văn").await);
        world.on_sale(&seller, &admin, "Rượu ngô").await;
        let draft = seller.product("Trà xanh").await;
        seller.listing(&draft, 90_000).await;
        let anyone = world.anyone();
        for _ in 0..2 {
            assert_eq!(listings(&anyone).await["totalCount"]["value"], 1);
            assert_eq!(listings(&seller.caller).await["totalCount"]["value"], 2);
        }
        let address = url::Url::parse_with_params(&world.url, [("query", QUERY)]).expect("an address");
        let client = client();
        let get = |headers: Vec<(&'static str, String)>| {
            let request = headers.into_iter().fold(client.get(address.clone()), |request, (name, value)| request.header(name, value));
            async move { request.send().await.expect("answers") }
        };
        let first = get(Vec::new()).await;
        let tag = first.headers()["etag"].to_str().expect("text").to_owned();
        assert_eq!(first.headers()["cache-control"], "public, no-cache");
        assert_eq!(get(vec![("if-none-match", tag.clone())]).await.status(), 304);
        let own = get(vec![("authorization", format!("Bearer {}", seller.caller.token())), ("if-none-match", tag.clone())]).await;
        assert_eq!((own.status().as_u16(), own.headers()["cache-control"].to_str().expect("text")), (200, "no-store"));
        for coding in ["gzip", "br", "zstd"] {
            assert_eq!(get(vec![("accept-encoding", coding.to_owned())]).await.headers()["content-encoding"], coding);
        }
        world.on_sale(&seller, &admin, "Mật ong").await;
        let changed = get(vec![("if-none-match", tag)]).await;
        assert_eq!((changed.status().as_u16(), changed.json::<Value>().await.expect("JSON")["data"]["listings"]["totalCount"]["value"].clone()), (200, json!(2)));
    }
}
