//! Following what happens over a WebSocket and as server-sent events.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;

use ocop_catalog::config::Config;

use crate::harness::{Events, Socket, World, both, program, text};

const FOLLOW: &str = "subscription($since: FeedCursor, $scope: FeedScopeInput) { listingChanges(since: $since, scope: $scope) { __typename
    ... on ListingUpserted { cursor listingId version causes listing { price { amount } } }
    ... on ListingRemoved { cursor listingId version reason } ... on FeedHeartbeat { cursor at } ... on FeedRestart { horizon } } }";
const UNPUBLISH: &str = "mutation($id: ID!) { listingUnpublish(id: $id) { userErrors { code } } }";
const REVOKE: &str = "mutation($id: ID!) { apiKeyRevoke(id: $id) { userErrors { code } } }";

both! {
    /// First what was committed since the cursor, then what is committed, from any cursor on, over both transports.
    async fn replayed_then_live(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        let before = integrator.data("{ listingChanges { endCursor } }", Value::Null).await["listingChanges"]["endCursor"].clone();
        let (one, two) = (world.on_sale(&lan, &admin, "Mật ong").await, world.on_sale(&lan, &admin, "Trà").await);
        let mut socket = Socket::open(&world.url, Some(integrator.token())).await;
        socket.subscribe("a", FOLLOW, json!({ "since": before })).await;
        let mut events = Events::open(&world.url, Some(integrator.token()), FOLLOW, json!({ "since": before })).await;
        let first = socket.event("listingChanges").await;
        assert_eq!((&first["__typename"], &first["listingId"]), (&json!("ListingUpserted"), &json!(one.listing)));
        assert_eq!(socket.event("listingChanges").await["listingId"], json!(two.listing));
        let caught_up = socket.next().await["payload"]["data"]["listingChanges"].clone();
        assert_eq!(caught_up["__typename"], "FeedHeartbeat");
        lan.set_price(&one.listing, 90_000).await;
        let live = socket.event("listingChanges").await;
        assert_eq!((&live["listing"]["price"]["amount"], &live["causes"]), (&json!("90000"), &json!(["PRICE_CHANGED"])));
        assert!(live["version"].as_i64() > first["version"].as_i64());
        lan.caller.done(UNPUBLISH, json!({ "id": two.listing })).await;
        let gone = socket.event("listingChanges").await;
        assert_eq!((&gone["__typename"], &gone["reason"]), (&json!("ListingRemoved"), &json!("UNPUBLISHED")));
        // Another connection goes on from any of these cursors.
        let mut again = Socket::open(&world.url, Some(integrator.token())).await;
        again.subscribe("a", FOLLOW, json!({ "since": live["cursor"] })).await;
        assert_eq!(again.event("listingChanges").await, gone);
        let mut told = Vec::new();
        while told.last() != Some(&gone) {
            let (name, data) = events.next().await.expect("an event");
            assert_eq!(name, "next");
            told.push(data["data"]["listingChanges"].clone());
        }
        assert!(told.len() <= 6 && told.iter().any(|event| event["__typename"] == "FeedHeartbeat"), "{told:#?}");
        // Completed, it is told nothing more, and its id is free.
        socket.say(json!({ "id": "a", "type": "complete" })).await;
        socket.subscribe("b", "{ serviceInfo { version } }", Value::Null).await;
        assert_eq!(socket.next().await, json!({ "id": "b", "type": "next", "payload": { "data": { "serviceInfo": { "version": env!("CARGO_PKG_VERSION") } } } }));
        assert_eq!(socket.next().await, json!({ "id": "b", "type": "complete" }));
    }
}

both! {
    /// A part of the catalog, without a cursor from now on; nobody else is told of it.
    async fn parts_and_permission(world: World) {
        let (admin, lan, hoa) = (world.admin().await, world.seller("lan").await, world.seller("hoa").await);
        let integrator = world.integrator(&admin).await;
        world.on_sale(&lan, &admin, "Mật ong").await;
        let mut socket = Socket::open(&world.url, Some(integrator.token())).await;
        socket.subscribe("a", FOLLOW, json!({ "scope": { "producer": hoa.producer } })).await;
        assert_eq!(socket.next().await["payload"]["data"]["listingChanges"]["__typename"], "FeedHeartbeat");
        world.on_sale(&lan, &admin, "Trà").await;
        let sale = world.on_sale(&hoa, &admin, "Thịt").await;
        assert_eq!(socket.event("listingChanges").await["listingId"], json!(sale.listing));
        for (token, query, variables, code) in [
            (None, FOLLOW, Value::Null, "UNAUTHENTICATED"),
            (Some(lan.caller.token()), FOLLOW, Value::Null, "FORBIDDEN"),
            (Some(integrator.token()), FOLLOW, json!({ "since": "rubbish" }), "CURSOR_INVALID"),
            (Some(integrator.token()), "subscription { nothing }", Value::Null, "GRAPHQL_VALIDATION_FAILED"),
            (Some(integrator.token()), "subscription { a: listingChanges { __typename } b: listingChanges { __typename } }", Value::Null, "BAD_USER_INPUT"),
            (Some(integrator.token()), "subscription {", Value::Null, "GRAPHQL_PARSE_FAILED"),
            (Some(integrator.token()), "subscription { dossierChanges { id } }", Value::Null, "FORBIDDEN"),
        ] {
            let mut socket = Socket::open(&world.url, token).await;
            socket.subscribe("x", query, variables.clone()).await;
            let told = socket.next().await;
            assert_eq!((&told["type"], &told["payload"][0]["extensions"]["code"]), (&json!("error"), &json!(code)), "{query} {told}");
            let mut events = Events::open(&world.url, token, query, variables).await;
            let (name, data) = events.next().await.expect("an event");
            assert_eq!((name.as_str(), &data["errors"][0]["extensions"]["code"]), ("next", &json!(code)), "{query} {data}");
            assert_eq!(events.next().await.map(|(name, _)| name).as_deref(), Some("complete"));
            assert_eq!(events.next().await, None);
        }
    }
}

both! {
    /// Every breach of the protocol has its code, and costs the others nothing.
    async fn breaches_of_the_protocol(world: World) {
        let integrator = world.integrator(&world.admin().await).await;
        let offered = [("sec-websocket-protocol", "graphql-transport-ws")];
        let init = json!({ "type": "connection_init" }).to_string();
        let subscribe = json!({ "id": "a", "type": "subscribe", "payload": { "query": "subscription { listingChanges { __typename } }" } }).to_string();
        let token = |token: &str| json!({ "type": "connection_init", "payload": { "Authorization": token } }).to_string();
        let good = token(&format!("Bearer {}", integrator.token()));
        for (messages, code) in [
            (vec!["rubbish"], 4400),
            (vec![r#"{"type":"start"}"#], 4400),
            (vec![&init, r#"{"type":"subscribe","payload":{"query":"{ a }"}}"#], 4400),
            (vec![&subscribe], 4401),
            (vec![&token("Bearer ocop_rubbish_token")], 4403),
            (vec![&token("rubbish")], 4403),
            (vec![], 4408),
            (vec![&good, &subscribe, &subscribe], 4409),
            (vec![&init, &init], 4429),
        ] {
            let mut socket = Socket::connect(&world.url, &offered).await.expect("connects");
            for message in &messages {
                socket.say_text(message).await;
            }
            assert_eq!(socket.closed().await, code, "{messages:?}");
        }
        let mut large = Socket::connect(&world.url, &offered).await.expect("connects");
        large.say_text(&format!(r#"{{"type":"ping","payload":{{"x":"{}"}}}}"#, "x".repeat(70_000))).await;
        assert_eq!(large.closed().await, 4400);
        for (headers, status) in [
            (vec![], 400),
            (vec![("sec-websocket-protocol", "graphql-ws")], 400),
            (vec![offered[0], ("origin", "https://evil.example")], 403),
            (vec![offered[0], ("authorization", "rubbish")], 401),
        ] {
            match Socket::connect(&world.url, &headers).await {
                Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status().as_u16(), status, "{headers:?}"),
                other => panic!("{headers:?}: {:?}", other.err()),
            }
        }
    }
}

both! {
    /// A close arrives whatever the client still says, and a client's own is answered.
    async fn closes_arrive(world: World) {
        let integrator = world.integrator(&world.admin().await).await;
        let mut socket = Socket::open(&world.url, Some(integrator.token())).await;
        socket.say_text("rubbish").await;
        let more = format!(r#"{{"type":"ping","payload":{{"x":"{}"}}}}"#, "x".repeat(60_000));
        for _ in 0..40 {
            socket.say_text(&more).await;
        }
        assert_eq!(socket.closed().await, 4400);
        let mut socket = Socket::open(&world.url, Some(integrator.token())).await;
        socket.subscribe("a", FOLLOW, Value::Null).await;
        socket.next().await;
        assert_eq!(socket.close().await, 1000);
    }
}

both! {
    /// A thousand operations on one connection: twenty run, the others are refused one by one.
    async fn a_thousand_operations(world: World) {
        let integrator = world.integrator(&world.admin().await).await;
        let mut socket = Socket::open(&world.url, Some(integrator.token())).await;
        let (mut told, mut refused) = (0, 0);
        for id in 0..1_000 {
            socket.subscribe(&id.to_string(), "subscription { listingChanges { __typename } }", Value::Null).await;
            if id >= 20 {
                let message = loop {
                    let message = socket.next().await;
                    if message["type"] == "error" {
                        break message;
                    }
                    told += 1;
                };
                assert_eq!((text(&message["id"]), &message["payload"][0]["extensions"]["code"]), (id.to_string(), &json!("RATE_LIMITED")));
                refused += 1;
            }
        }
        assert_eq!(refused, 980);
        assert!(told <= 20);
        socket.say(json!({ "type": "ping", "payload": { "x": 1 } })).await;
        let pong = loop {
            let message = socket.next().await;
            if message["type"] != "next" {
                break message;
            }
        };
        assert_eq!(pong, json!({ "type": "pong", "payload": { "x": 1 } }));
    }
}

both! {
    /// A key that is revoked in the middle of a stream ends it, and an access token that runs out.
    async fn revoked_in_the_middle(world: World) {
        let admin = world.admin().await;
        let created = admin.done("mutation { apiKeyCreate(input: { name: \"Sàn\", scopes: [FEED_READ] }) { apiKey { id } secret userErrors { code } } }", Value::Null).await;
        let secret = text(&created["secret"]);
        let mut socket = Socket::open(&world.url, Some(&secret)).await;
        socket.subscribe("a", FOLLOW, Value::Null).await;
        socket.next().await;
        let mut events = Events::open(&world.url, Some(&secret), FOLLOW, Value::Null).await;
        events.next().await;
        let mut own = Socket::open(&world.url, Some(admin.token())).await;
        own.subscribe("a", FOLLOW, Value::Null).await;
        own.next().await;
        admin.done(REVOKE, json!({ "id": created["apiKey"]["id"] })).await;
        assert_eq!(socket.closed().await, 4403);
        assert_eq!(events.next().await.map(|(name, _)| name).as_deref(), Some("complete"));
        world.clock.set(world.clock.now() + chrono::Duration::minutes(16));
        assert_eq!(own.closed().await, 4403);
    }
}

both! {
    /// A cursor of another life of the feed is answered by asking for a snapshot; nothing comes after that.
    async fn begin_anew(world: World) {
        let integrator = world.integrator(&world.admin().await).await;
        let place = ocop_catalog::domain::cursor::FeedPosition { epoch: 1, seq: 5, after: None, from: 0, closed: false };
        let mut socket = Socket::open(&world.url, Some(integrator.token())).await;
        socket.subscribe("a", FOLLOW, json!({ "since": world.service.cursors.seal("feed:all", &place) })).await;
        let restart = socket.next().await["payload"]["data"]["listingChanges"].clone();
        assert_eq!((&restart["__typename"], restart["horizon"].is_string()), (&json!("FeedRestart"), true));
        assert_eq!(socket.next().await, json!({ "id": "a", "type": "complete" }));
    }
}

both! {
    /// What another process commits is told here too.
    async fn of_another_process(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        let replica = world.replica().await;
        let url = format!("http://{}/graphql", replica.address().expect("an address"));
        let mut socket = Socket::open(&url, Some(integrator.token())).await;
        socket.subscribe("a", FOLLOW, Value::Null).await;
        socket.next().await;
        let sale = world.on_sale(&lan, &admin, "Mật ong").await;
        assert_eq!(socket.event("listingChanges").await["listingId"], json!(sale.listing));
        replica.stop().await;
        assert_eq!(socket.closed().await, 1012);
    }
}

both! {
    /// An import is watched from another process, to its end.
    async fn imports(world: World) {
        let admin = world.admin().await;
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/data/products/ocop_ha_giang.csv");
        let mut importing = program(world.database_url(), &["import", file]).stdout(std::process::Stdio::null()).spawn().expect("starts");
        let job = loop {
            let jobs = admin.data("{ importJobs { id file rows state } }", Value::Null).await["importJobs"].clone();
            if jobs[0]["id"].is_string() {
                break jobs[0].clone();
            }
        };
        assert_eq!((&job["file"], &job["rows"]), (&json!("ocop_ha_giang.csv"), &json!(67)));
        let mut socket = Socket::open(&world.url, Some(admin.token())).await;
        socket.subscribe("a", "subscription($job: ID!) { importProgress(job: $job) { state done rows refused } }", json!({ "job": job["id"] })).await;
        let (mut done, mut last) = (0, Value::Null);
        loop {
            let message = socket.next().await;
            if message["type"] == "complete" {
                break;
            }
            last = message["payload"]["data"]["importProgress"].clone();
            assert!(last["done"].as_i64() >= Some(done), "it never goes back: {last}");
            done = last["done"].as_i64().expect("a number");
        }
        assert_eq!(last, json!({ "state": "FINISHED", "done": 67, "rows": 67, "refused": 0 }));
        assert!(importing.wait().expect("ends").success());
        let lan = world.person("lan").await;
        assert_eq!(lan.error("{ importJobs { id } }", Value::Null).await, "FORBIDDEN");
    }
}

both! {
    /// Dossiers are told to those who may see them, the state of listings on a channel to whose they are.
    async fn dossiers_and_channels(world: World) {
        let (admin, lan, hoa) = (world.admin().await, world.seller("lan").await, world.seller("hoa").await);
        let channel = world.connect(&admin).await;
        let query = "subscription { dossierChanges { id state } }";
        let mut mine = Socket::open(&world.url, Some(lan.caller.token())).await;
        mine.subscribe("a", query, Value::Null).await;
        let mut board = Socket::open(&world.url, Some(admin.token())).await;
        board.subscribe("a", "subscription($c: ID!) { channelSync(channel: $c) { id state } }", json!({ "c": channel })).await;
        let mut states = Vec::new();
        hoa.dossier(&hoa.product("Trà").await).await;
        world.clock.set(world.clock.now() + chrono::Duration::seconds(1));
        let sale = world.on_sale(&lan, &admin, "Mật ong").await;
        while states.last().map(String::as_str) != Some("RECOGNISED") {
            let told = mine.next().await["payload"]["data"]["dossierChanges"].clone();
            states.push(text(&told["state"]));
        }
        assert!(!sale.listing.is_empty());
        world.later(chrono::Duration::seconds(1)).await;
        loop { let told = board.next().await; if told["payload"]["data"]["channelSync"]["state"] == "LIVE" { break; } }
        let mut other = Socket::open(&world.url, Some(hoa.caller.token())).await;
        other.subscribe("a", "subscription($c: ID!) { channelSync(channel: $c) { id } }", json!({ "c": channel })).await;
        assert_eq!(other.next().await["type"], "error", "a channel of the province");
    }
}

both! {
    /// A process holds so many sockets and streams; one more is refused at once, and has a place when another leaves.
    async fn places_are_counted(world: World) {
        let admin = world.admin().await;
        let token = world.integrator(&admin).await;
        let config = Config { max_sockets: 1, max_streams: 1, ..world.config() };
        let small = world.replica_with(&config).await;
        let url = format!("http://{}/graphql", small.address().expect("an address"));
        let offer = [("sec-websocket-protocol", "graphql-transport-ws")];
        let mut first = Socket::open(&url, Some(token.token())).await;
        let Err(tungstenite::Error::Http(refused)) = Socket::connect(&url, &offer).await else { panic!("a second socket has no place") };
        assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().ok()), (503, Some("5")));
        let events = Events::open(&url, Some(token.token()), FOLLOW, Value::Null).await;
        let refused = Events::ask(&url, Some(token.token()), FOLLOW, Value::Null).await;
        assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().ok()), (503, Some("5")));
        // Those who are in notice nothing; whoever leaves makes room.
        first.subscribe("a", "{ serviceInfo { version } }", Value::Null).await;
        assert_eq!(first.next().await["type"], "next");
        drop((first, events));
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while Socket::connect(&url, &offer).await.is_err() || Events::ask(&url, Some(token.token()), FOLLOW, Value::Null).await.status() != 200 {
            assert!(std::time::Instant::now() < until, "places come back");
        }
        small.stop().await;
    }
}
