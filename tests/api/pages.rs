//! Lists: every row once in every order, forwards and backwards; cursors belong to their list.

use ocop_catalog::{
    domain::{actor::Actor, id::ListingId},
    service::{Call, PriceData, listings},
};
use serde_json::{Value, json};

use crate::harness::{Caller, Random, Seller, World, both, council::identity, text};

async fn many(world: &World) -> (Caller, Seller) {
    let (admin, seller) = (world.admin().await, world.seller("lan").await);
    for (name, price) in
        [("Cà phê", 90_000), ("Cá hồ", 50_000), ("Ếch", 50_000), ("Đậu", 70_000), ("Dưa", 50_000), ("áo lanh", 90_000), ("Zíp", 10_000)]
    {
        let sale = world.on_sale(&seller, &admin, name).await;
        seller.set_price(&sale.listing, price).await;
    }
    (admin, seller)
}

async fn walk(caller: &Caller, order: &str, size: usize, backwards: bool) -> Vec<String> {
    let (count, cursor) = if backwards { ("last", "before") } else { ("first", "after") };
    let (mut all, mut at) = (Vec::new(), Value::Null);
    loop {
        let query = format!(
            "query($at: String) {{ listings(orderBy: {order}, {count}: {size}, {cursor}: $at) {{
                nodes {{ title price {{ amount }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
        );
        let page = caller.data(&query, json!({ "at": at })).await["listings"].clone();
        let rows: Vec<_> = page["nodes"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|n| format!("{} {}", text(&n["title"]), text(&n["price"]["amount"])))
            .collect();
        let (more, next) = if backwards { ("hasPreviousPage", "startCursor") } else { ("hasNextPage", "endCursor") };
        if backwards {
            all.splice(0..0, rows);
        } else {
            all.extend(rows);
        }
        if page["pageInfo"][more] == false {
            return all;
        }
        at = page["pageInfo"][next].clone();
    }
}

both! {
    async fn every_row_once_in_every_order(world: World) {
        many(&world).await;
        let anyone = world.anyone();
        for field in ["CREATED_AT", "PRICE", "STARS", "TITLE"] {
            let mut both_ways = Vec::new();
            for direction in ["ASC", "DESC"] {
                let order = format!("{{ field: {field}, direction: {direction} }}");
                let whole = walk(&anyone, &order, 100, false).await;
                assert_eq!(whole.len(), 7);
                for size in [1, 2, 3, 7] {
                    assert_eq!(walk(&anyone, &order, size, false).await, whole, "{order} {size}");
                    assert_eq!(walk(&anyone, &order, size, true).await, whole, "{order} {size} backwards");
                }
                both_ways.push(whole);
            }
            both_ways[1].reverse();
            assert_eq!(both_ways[0], both_ways[1], "{field}");
        }
        let titles = walk(&anyone, "{ field: TITLE }", 100, false).await;
        let expected = ["áo lanh 500 g 90000", "Cá hồ 500 g 50000", "Cà phê 500 g 90000", "Dưa 500 g 50000", "Đậu 500 g 70000", "Ếch 500 g 50000", "Zíp 500 g 10000"];
        let folded = |text: &str| ocop_catalog::domain::collation::sort_key(text);
        let mut sorted = expected.map(str::to_owned).to_vec();
        sorted.sort_by_key(|t| folded(t));
        assert_eq!(titles, sorted, "alike on both engines");
    }
}

both! {
    async fn cursors_belong_to_their_list(world: World) {
        many(&world).await;
        let anyone = world.anyone();
        let page = anyone.data("{ listings(first: 2) { pageInfo { endCursor } } }", Value::Null).await;
        let cursor = text(&page["listings"]["pageInfo"]["endCursor"]);
        let with = |arguments: &str| format!("query($c: String) {{ listings(first: 2, after: $c {arguments}) {{ nodes {{ id }} }} }}");
        let variables = json!({ "c": cursor });
        assert_eq!(anyone.data(&with(""), variables.clone()).await["listings"]["nodes"].as_array().map(Vec::len), Some(2));
        for other in [", orderBy: { field: PRICE }", ", filter: { price: { gte: 1 } }", ", search: \"ca\""] {
            assert_eq!(anyone.error(&with(other), variables.clone()).await, "CURSOR_MISMATCH", "{other}");
        }
        assert_eq!(anyone.error("query($c: String) { products(after: $c) { nodes { id } } }", variables).await, "CURSOR_MISMATCH");
        let mut forged = cursor.clone().into_bytes();
        forged[3] = if forged[3] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).expect("ascii");
        assert_eq!(anyone.error(&with(""), json!({ "c": forged })).await, "CURSOR_INVALID");
    }
}

both! {
    async fn counts_are_opt_in_and_capped(world: World) {
        many(&world).await;
        let count = world.anyone().data("{ listings(first: 1) { exact: totalCount { value isExact } capped: totalCount(cap: 3) { value isExact } } }", Value::Null).await;
        assert_eq!(count["listings"], json!({ "exact": { "value": 7, "isExact": true }, "capped": { "value": 3, "isExact": false } }));
        for cap in [0, 1001, -1] {
            let query = "query($cap: Int!) { listings { nodes { id } totalCount(cap: $cap) { value } } }";
            assert_eq!(world.anyone().error(query, json!({ "cap": cap })).await, "BAD_USER_INPUT", "{cap}");
        }
    }
}

both! {
    /// Counted by the statement of a page or by one of its own, on the first page and on one beyond the last.
    async fn counts_are_the_same_with_a_page_and_alone(world: World) {
        many(&world).await;
        let anyone = world.anyone();
        for (arguments, all) in [
            ("first: 7", 7),
            ("first: 2, orderBy: { field: TITLE }", 7),
            ("last: 2, orderBy: { field: PRICE, direction: DESC }", 7),
            ("filter: { price: { lte: 50000 } }", 4),
            ("filter: { price: { lte: 1 } }", 0),
            ("search: \"ca\"", 2),
            ("search: \"nothing\"", 0),
            ("filter: { stars: { gte: 4 }, group: [FOOD] }, search: \"d\"", 0),
        ] {
            let query = format!(
                "query($cap: Int!) {{ alone: listings({arguments}) {{ totalCount {{ value isExact }} }}
                    paged: listings({arguments}) {{ at: totalCount(cap: $cap) {{ value isExact }} ... on ListingConnection {{ totalCount {{ value }} }}
                        nodes {{ title product {{ name }} }} pageInfo {{ startCursor endCursor }} }} }}"
            );
            for cap in [1, 3, 1000] {
                let found = anyone.data(&query, json!({ "cap": cap })).await;
                assert_eq!(found["alone"]["totalCount"], json!({ "value": all, "isExact": true }), "{arguments}");
                assert_eq!(found["paged"]["at"], json!({ "value": all.min(cap), "isExact": all <= cap }), "{arguments}, {cap}");
                assert_eq!(found["paged"]["totalCount"]["value"], all, "{arguments}");
            }
        }
        let counted = "query($after: String, $cap: Int = 1000) { listings(first: 4, after: $after) { totalCount(cap: $cap) { value } nodes { id } pageInfo { endCursor } } }";
        let (mut after, mut rows) = (Value::Null, Vec::new());
        for expected in [4, 3, 0] {
            let page = anyone.data(counted, json!({ "after": after })).await["listings"].clone();
            rows.push(page["nodes"].as_array().expect("rows").len());
            assert_eq!((rows.last(), &page["totalCount"]["value"]), (Some(&expected), &json!(7)), "the same on every page");
            after = if expected == 0 { Value::Null } else { page["pageInfo"]["endCursor"].clone() };
        }
    }
}

both! {
    async fn filters_narrow_and_ids_keep_their_order(world: World) {
        let (admin, seller) = many(&world).await;
        let anyone = world.anyone();
        let titles = |filter: &str| format!("{{ listings(filter: {filter}, orderBy: {{ field: TITLE }}) {{ nodes {{ id title }} }} }}");
        let names = |data: &Value| -> Vec<String> {
            data["listings"]["nodes"].as_array().expect("rows").iter().map(|n| text(&n["title"]).replace(" 500 g", "")).collect()
        };
        let fifty = anyone.data(&titles("{ price: { gte: 50000, lte: 50000 } }"), Value::Null).await;
        assert_eq!(names(&fifty), ["Cá hồ", "Dưa", "Ếch"]);
        assert_eq!(names(&anyone.data(&titles("{ stars: { gte: 5 } }"), Value::Null).await), [""; 0]);
        assert_eq!(names(&anyone.data(&titles("{ stars: { gte: 4, lte: 4 }, group: [FOOD], commune: [\"01090\"] }"), Value::Null).await).len(), 7);
        assert_eq!(names(&anyone.data(&titles("{ group: [DRINK] }"), Value::Null).await), [""; 0]);
        let of = anyone.data(&titles(&format!("{{ producer: [\"{}\"] }}", seller.producer)), Value::Null).await;
        assert_eq!(names(&of).len(), 7);
        seller.listing(&seller.product("Bí").await, 1_000).await;
        assert_eq!(names(&anyone.data(&titles("{ state: [DRAFT] }"), Value::Null).await), [""; 0], "drafts are not public");
        assert_eq!(names(&admin.data(&titles("{ state: [DRAFT] }"), Value::Null).await), ["Bí"]);
        let ids: Vec<_> = fifty["listings"]["nodes"].as_array().expect("rows").iter().map(|n| text(&n["id"])).rev().collect();
        let asked = json!({ "ids": [ids[0], "rubbish", ids[1]] });
        let nodes = anyone.data("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", asked).await;
        assert_eq!(nodes["nodes"], json!([{ "id": ids[0] }, null, { "id": ids[1] }]));
    }
}

both! {
    /// While rows come and go and change their places, a walk meets every row that nobody touches exactly once, in every order.
    async fn walks_while_rows_come_and_go(world: World) {
        let (admin, seller) = many(&world).await;
        let anyone = world.anyone();
        let untouched = walk(&anyone, "{ field: CREATED_AT, direction: ASC }", 100, false).await;
        let mut moving = Vec::new();
        for name in ["Bưởi", "Gừng", "Nấm"] {
            moving.push(ListingId(identity(&world.on_sale(&seller, &admin, name).await.listing)));
        }
        let orders = ["CREATED_AT", "PRICE", "STARS", "TITLE"].iter().flat_map(|field| ["ASC", "DESC"].map(|direction| (field, direction)));
        for (seed, (field, direction)) in (1u64..).zip(orders) {
            let mut random = Random(seed);
            let (size, mut met, mut at) = (1 + random.below(3), Vec::new(), Value::Null);
            loop {
                let query = format!(
                    "query($at: String) {{ listings(orderBy: {{ field: {field}, direction: {direction} }}, first: {size}, after: $at) {{
                        nodes {{ title price {{ amount }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
                );
                let page = anyone.data(&query, json!({ "at": at })).await["listings"].clone();
                met.extend(page["nodes"].as_array().expect("rows").iter().map(|n| format!("{} {}", text(&n["title"]), text(&n["price"]["amount"]))));
                if page["pageInfo"]["hasNextPage"] == false {
                    break;
                }
                at = page["pageInfo"]["endCursor"].clone();
                disturb(&world, moving[usize::try_from(random.below(3)).expect("small")], &mut random).await;
            }
            let mut kept: Vec<_> = met.into_iter().filter(|row| untouched.contains(row)).collect();
            kept.sort();
            let mut expected = untouched.clone();
            expected.sort();
            assert_eq!(kept, expected, "{field} {direction}, {size} a page, seed {seed}");
        }
    }
}

/// Takes a listing away, puts it back, or moves it in the order of prices.
async fn disturb(world: &World, id: ListingId, random: &mut Random) {
    let call = Call::new(&Actor::System);
    // What is there already is refused, which is as good.
    match random.below(3) {
        0 => drop(listings::unpublish(&world.service, &call, id).await),
        1 => drop(listings::publish(&world.service, &call, id).await),
        _ => {
            let price = PriceData { amount: (10_000 + random.below(90_000)).to_string(), currency: "VND".into() };
            listings::set_price(&world.service, &call, id, None, &price).await.expect("sets the price");
        }
    }
}
