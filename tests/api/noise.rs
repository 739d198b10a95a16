//! Noise of the kind that scanners send, where people type and programs post: each is answered, none finds a fault.

use serde_json::{Value, json};

use crate::harness::{Random, World, both};

const SEED: u64 = 20_261_128;
/// What means something to a parser or a database: GraphQL, SQL, LIKE, FTS5, tsquery, JSON, Unicode's corners.
const PIECES: [&str; 36] = [
    "mật ong",
    "MAT ONG",
    "cá",
    "đ",
    "Đ",
    "%",
    "_",
    "'",
    "\"",
    "\\",
    ";",
    "--",
    "/*",
    "*/",
    "*",
    "(",
    ")",
    "NEAR(",
    "AND",
    "OR",
    "NOT",
    "&",
    "|",
    "!",
    ":*",
    "<->",
    "DROP TABLE listing",
    "\u{0}",
    "\u{1}",
    "\u{7f}",
    "\u{200b}",
    "\u{202e}",
    "\u{301}",
    "\u{feff}",
    "🍯",
    "\u{10ffff}",
];

fn below(random: &mut Random, limit: usize) -> usize {
    usize::try_from(random.below(limit as u64)).expect("a small number")
}

fn noise(random: &mut Random) -> String {
    (0..below(random, 12))
        .map(|_| format!("{}{}", PIECES[below(random, PIECES.len())], if below(random, 2) == 0 { " " } else { "" }))
        .collect()
}

both! {
    /// Searches in every list: an answer or a clear refusal, never a fault of the database; and as many rows as are counted, in whatever
    /// order and however few are asked for.
    async fn searches(world: World) {
        let (admin, seller, anyone) = (world.admin().await, world.seller("lan").await, world.anyone());
        for name in ["Mật ong cá", "Mật ong đ", "Cá and or not near drop table listing"] {
            world.on_sale(&seller, &admin, name).await;
        }
        let (mut random, query) = (Random(SEED), "query($s: String!) { listings(search: $s, first: 2) { matchMode totalCount { value } nodes { id } } cheap: listings(search: $s, first: 2, orderBy: { field: PRICE }) { totalCount { value } nodes { id } } suggest(prefix: $s) { text } products(search: $s) { nodes { id } } producers(search: $s) { nodes { id } } }");
        let mut texts: Vec<String> = (0..150).map(|_| noise(&mut random)).collect();
        texts.extend(PIECES.map(str::to_owned));
        texts.extend([String::new(), " ".repeat(5_000), "a".repeat(10_000), "mật ong ".repeat(1_200), "🍯".repeat(2_000)]);
        let mut found = [0; 3];
        for text in texts {
            let answer = anyone.send(query, json!({ "s": text })).await;
            let code = answer.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
            assert!(answer.status == 200 && matches!(code, "" | "BAD_USER_INPUT"), "{text:?}: {} {:#}", answer.status, answer.body);
            for list in ["listings", "cheap"].map(|name| &answer.body["data"][name]).into_iter().filter(|list| !list.is_null()) {
                let (count, shown) = (list["totalCount"]["value"].as_u64().expect("a count"), list["nodes"].as_array().expect("rows").len());
                assert_eq!(shown as u64, count.min(2), "{text:?}: {:#}", answer.body);
                found[shown] += 1;
            }
        }
        assert!(found.iter().all(|times| *times > 0), "nothing, one and more are found: {found:?}");
    }
}

both! {
    /// Cursors and ids that nobody was given.
    async fn cursors_and_ids(world: World) {
        let admin = world.admin().await;
        let integrator = world.integrator(&admin).await;
        let mut random = Random(SEED);
        let real = integrator.data("{ listingChanges { endCursor } }", Value::Null).await["listingChanges"]["endCursor"].as_str().expect("a cursor").to_owned();
        for number in 0..150 {
            let mut cursor: Vec<char> = real.chars().collect();
            let (at, letter) = (below(&mut random, cursor.len()), char::from(b'a' + u8::try_from(below(&mut random, 26)).expect("small")));
            let is_same = cursor[at] == letter;
            cursor[at] = letter;
            let text = if number % 3 == 0 { noise(&mut random) } else { cursor.into_iter().collect() };
            for query in ["query($c: FeedCursor) { listingChanges(since: $c) { endCursor } }", "query($c: FeedCursor) { listingSnapshot(after: $c) { endCursor } }"] {
                let answer = integrator.send(query, json!({ "c": text })).await;
                let code = answer.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
                assert!(answer.status == 200 && (is_same || matches!(code, "CURSOR_INVALID" | "CURSOR_MISMATCH")), "{text:?}: {:#}", answer.body);
            }
            let answer = admin.send("query($i: ID!, $c: String) { node(id: $i) { id } listings(after: $c) { nodes { id } } }", json!({ "i": text, "c": text })).await;
            assert!(answer.status < 500, "{text:?}: {:#}", answer.body);
        }
    }
}

both! {
    /// Messages to the address of a channel that no marketplace sent: refused as forged, whatever they hold.
    async fn messages_of_nobody(world: World) {
        let admin = world.admin().await;
        world.connect(&admin).await;
        let hook = admin.data("{ channels { hookUrl } }", Value::Null).await["channels"][0]["hookUrl"].as_str().expect("an address").to_owned();
        let path = url::Url::parse(&hook).expect("an address").path().to_owned();
        let address = format!("{}{path}", world.url.trim_end_matches("/graphql"));
        let mut random = Random(SEED);
        for number in 0..150 {
            let body = match number % 3 {
                0 => noise(&mut random).into_bytes(),
                1 => json!({ "code": below(&mut random, 40), "shop_id": noise(&mut random), "data": { "item_id": -1 }, "timestamp": u64::MAX }).to_string().into_bytes(),
                _ => (0..below(&mut random, 400)).map(|_| u8::try_from(below(&mut random, 256)).expect("a byte")).collect(),
            };
            let signature = ["", "0", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"][below(&mut random, 3)];
            let status = post(&address, signature, body.clone()).await;
            assert!(matches!(status, 401 | 404), "{status} {:?}", String::from_utf8_lossy(&body));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "tests call their own service")]
async fn post(address: &str, signature: &str, body: Vec<u8>) -> u16 {
    let request = reqwest::Client::new().post(address).header("authorization", signature).body(body);
    request.send().await.expect("an answer").status().as_u16()
}
