//! Everything malformed gets a code, a path and a sentence, and changes nothing.

use serde_json::{Value, json};

use crate::harness::{Caller, Seller, World, both, connect_query, council};

const PRODUCT: &str = "mutation($i: ProductCreateInput!) { productCreate(input: $i) { product { id } userErrors { code path message } } }";
const LISTING: &str = "mutation($i: ListingCreateInput!) { listingCreate(input: $i) { listing { id } userErrors { code path message } } }";
const APPROVE: &str =
    "mutation($d: ID!, $i: RatingApproveInput!) { ratingApprove(dossier: $d, input: $i) { rating { id } userErrors { code path } } }";

fn refusal(code: &str, path: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), path.to_owned())]
}

fn product(seller: &Seller, change: impl FnOnce(&mut Value)) -> Value {
    let variant = json!({ "sku": "A-1", "netContent": { "value": "500", "unit": "GRAM" } });
    let mut input = json!({ "producer": seller.producer, "name": "Mật ong", "group": "FOOD", "variants": [variant] });
    change(&mut input);
    json!({ "i": input })
}

both! {
    async fn products(world: World) {
        let seller = world.seller("lan").await;
        let other = world.seller("mai").await;
        let cases: Vec<(Value, &str, &str)> = vec![
            (product(&seller, |p| p["name"] = " ".into()), "REQUIRED", "input.name"),
            (product(&seller, |p| p["name"] = "x".repeat(121).into()), "TOO_LONG", "input.name"),
            (product(&seller, |p| p["commune"] = "99999".into()), "UNKNOWN_COMMUNE", "input.commune"),
            (product(&seller, |p| p["seasonMonths"] = json!([13])), "INVALID_MONTHS", "input.seasonMonths"),
            (product(&seller, |p| p["variants"][0]["gtin"] = "4006381333932".into()), "GTIN_CHECK_DIGIT", "input.variants.0.gtin"),
            (product(&seller, |p| p["variants"][0]["gtin"] = "123".into()), "INVALID_GTIN", "input.variants.0.gtin"),
            (product(&seller, |p| p["variants"][0]["sku"] = "mã số".into()), "INVALID_SKU", "input.variants.0.sku"),
            (product(&seller, |p| p["variants"][0]["netContent"]["value"] = "0".into()), "INVALID_QUANTITY", "input.variants.0.netContent.value"),
            (product(&seller, |p| p["producer"] = other.producer.clone().into()), "NOT_FOUND", "input.producer"),
            (product(&seller, |p| p["producer"] = "rubbish".into()), "NOT_FOUND", "input.producer"),
        ];
        for (variables, code, path) in cases {
            assert_eq!(seller.caller.refused(PRODUCT, variables.clone()).await, refusal(code, path), "{variables}");
        }
        let both = product(&seller, |p| { p["name"] = "".into(); p["variants"][0]["sku"] = "".into(); });
        let all = seller.caller.refused(PRODUCT, both).await;
        assert_eq!(all, [refusal("REQUIRED", "input.name"), refusal("REQUIRED", "input.variants.0.sku")].concat(), "a form is answered once");
        let known = seller.caller.data("{ products { nodes { id } } }", Value::Null).await;
        assert_eq!(known["products"]["nodes"], json!([]), "nothing was changed");
        for (query, code) in [
            ("mutation { productCreate(input: {}) { product { id } } }", "GRAPHQL_VALIDATION_FAILED"),
            ("mutation { productCreate(input: { producer: \"x\", name: \"y\", group: FRUIT }) { product { id } } }", "GRAPHQL_VALIDATION_FAILED"),
            ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
            ("{", "GRAPHQL_PARSE_FAILED"),
        ] {
            assert_eq!(seller.caller.error(query, Value::Null).await, code, "{query}");
        }
    }
}

both! {
    async fn prices_and_listings(world: World) {
        let (admin, seller, other) = (world.admin().await, world.seller("lan").await, world.seller("mai").await);
        let product = seller.product("Mật ong").await;
        let listing = |price: Value, stock: i64| json!({ "i": { "product": product, "price": price, "stock": stock } });
        for (variables, code, path) in [
            (listing(json!({ "amount": "-1" }), 1), "PRICE_NOT_POSITIVE", "input.price.amount"),
            (listing(json!({ "amount": "0" }), 1), "PRICE_NOT_POSITIVE", "input.price.amount"),
            (listing(json!({ "amount": "1000.5" }), 1), "FRACTIONAL_VND", "input.price.amount"),
            (listing(json!({ "amount": "một nghìn" }), 1), "INVALID_NUMBER", "input.price.amount"),
            (listing(json!({ "amount": "100000000001" }), 1), "PRICE_TOO_LARGE", "input.price.amount"),
            (listing(json!({ "amount": "1000", "currency": "USD" }), 1), "UNSUPPORTED_CURRENCY", "input.price.currency"),
            (listing(json!({ "amount": "1000" }), -1), "OUT_OF_RANGE", "input.stock"),
        ] {
            assert_eq!(seller.caller.refused(LISTING, variables.clone()).await, refusal(code, path), "{variables}");
        }
        assert_eq!(other.caller.refused(LISTING, listing(json!({ "amount": "1000" }), 1)).await, refusal("NOT_FOUND", "input.product"));
        let draft = seller.listing(&product, 50_000).await;
        let publish = "mutation($id: ID!) { listingPublish(id: $id) { listing { id } userErrors { code path } } }";
        assert_eq!(seller.caller.refused(publish, json!({ "id": draft })).await, refusal("NOT_RATED", "id"));
        assert_eq!(other.caller.refused(publish, json!({ "id": draft })).await, refusal("NOT_FOUND", "id"), "someone else's looks like none");
        assert_eq!(world.anyone().error(publish, json!({ "id": draft })).await, "UNAUTHENTICATED");
        let node = "query($id: ID!) { node(id: $id) { id } }";
        for caller in [&other.caller, &world.anyone()] {
            assert_eq!(caller.data(node, json!({ "id": draft })).await["node"], Value::Null);
        }
        assert_eq!(admin.data(node, json!({ "id": draft })).await["node"]["id"], draft.as_str());
        let stale = "mutation($id: ID!) { listingUpdate(id: $id, expectedVersion: 7, input: { minOrder: 2 }) { listing { id } userErrors { code path } } }";
        assert_eq!(seller.caller.refused(stale, json!({ "id": draft })).await, refusal("STALE_VERSION", "expectedVersion"));
    }
}

both! {
    async fn decisions(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let product = seller.product("Mật ong").await;
        let dossier = seller.dossier(&product).await;
        let decision = |on: &str| json!({ "issuer": "UBND tỉnh", "number": "1/QĐ", "signedOn": on });
        let today = "2026-11-23";
        assert_eq!(admin.refused(APPROVE, json!({ "d": dossier, "i": { "decision": decision(today) } })).await, refusal("WRONG_STATE", "id"), "no council yet");
        council::rate(&world.service, council::identity(&dossier).into(), 82).await;
        for (input, code, path) in [
            (json!({ "stars": 5, "decision": decision(today) }), "NATIONAL_DECISION_NEEDED", "input.nationalDecision"),
            (json!({ "stars": 6, "decision": decision(today) }), "INVALID_STARS", "input.stars"),
            (json!({ "stars": 2, "decision": decision(today) }), "STARS_NOT_CERTIFIED", "input.stars"),
            (json!({ "stars": 4, "decision": decision("2026-11-24") }), "DATE_IN_FUTURE", "input.decision.signedOn"),
            (json!({ "stars": 4, "decision": decision(today), "issuedOn": "2026-11-24" }), "DATE_IN_FUTURE", "input.issuedOn"),
            (json!({ "stars": 4, "decision": decision("2025-07-03") }), "NO_AUTHORITY_ON_DATE", "input.stars"),
            (json!({ "stars": 3, "decision": decision("2024-08-06") }), "AUTHORITY_MAY_NOT_GRANT", "input.stars"),
        ] {
            let refused = admin.refused(APPROVE, json!({ "d": dossier, "i": input })).await;
            assert!(refused.contains(&refusal(code, path)[0]), "{input} {refused:?}");
        }
        let good = json!({ "d": dossier, "i": { "stars": 4, "decision": decision(today) } });
        assert_eq!(seller.caller.error(APPROVE, good.clone()).await, "FORBIDDEN", "producers don't decide");
        let state = seller.caller.data("query($id: ID!) { dossier(id: $id) { state } }", json!({ "id": dossier })).await;
        assert_eq!(state["dossier"]["state"], "RATED", "nothing was changed");
        admin.done(APPROVE, good.clone()).await;
        assert_eq!(admin.refused(APPROVE, good).await, refusal("WRONG_STATE", "id"), "decided once");
    }
}

both! {
    /// An admin who belongs to the producer can't decide on it.
    async fn nobody_rates_their_own(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let invite = "mutation($id: ID!) { producerMemberInvite(id: $id, input: { email: \"admin@example.vn\", role: EDITOR }) { invitation { id } userErrors { code path } } }";
        let invitation = seller.caller.done(invite, json!({ "id": seller.producer })).await["invitation"]["id"].clone();
        let accept = "mutation($id: ID!) { producerMemberAccept(invitation: $id) { producer { id } userErrors { code path } } }";
        assert_eq!(world.person("mai").await.refused(accept, json!({ "id": invitation })).await, refusal("INVITATION_FOR_OTHER", "id"));
        admin.done(accept, json!({ "id": invitation })).await;
        let dossier = seller.dossier(&seller.product("Mật ong").await).await;
        let decision = json!({ "issuer": "UBND tỉnh", "number": "1/QĐ", "signedOn": "2026-11-23" });
        assert_eq!(admin.refused(APPROVE, json!({ "d": dossier, "i": { "stars": 4, "decision": decision } })).await, refusal("OWN_PRODUCT", "id"));
    }
}

both! {
    async fn channels(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let query = connect_query();
        let with = |change: &dyn Fn(&mut Value)| { let mut shop = world.shop(); change(&mut shop); json!({ "input": shop }) };
        for (variables, code, path) in [
            (with(&|s| s["adapter"] = "sendo".into()), "UNKNOWN_ADAPTER", "input.adapter"),
            (with(&|s| s["baseUrl"] = "ftp://x".into()), "INVALID_URL", "input.baseUrl"),
            (with(&|s| s["settings"] = json!([])), "INVALID_SETTINGS", "input.settings"),
            (with(&|s| s["name"] = "".into()), "REQUIRED", "input.name"),
        ] {
            assert_eq!(admin.refused(&query, variables).await, refusal(code, path));
        }
        assert_eq!(seller.caller.error(&query, with(&|_| {})).await, "FORBIDDEN", "the province's shop is the admins'");
        let mut theirs = world.shop();
        theirs["producer"] = seller.producer.clone().into();
        seller.caller.done(&query, json!({ "input": theirs })).await;
        let answer = seller.caller.send("{ channels { name baseUrl state } }", Value::Null).await;
        assert_eq!(answer.body["data"]["channels"][0]["state"], "ACTIVE");
        let stranger: &Caller = &world.seller("mai").await.caller;
        assert_eq!(stranger.data("{ channels { id } }", Value::Null).await["channels"], json!([]));
    }
}

both! {
    /// Sentences are in the caller's language; Vietnamese when it is not said.
    async fn sentences_are_in_the_users_language(world: World) {
        let seller = world.seller("lan").await;
        let blank = product(&seller, |p| p["name"] = "".into());
        for (language, sentence) in [("vi", "Cần nhập trường này."), ("en-GB,en;q=0.9", "This field is required."), ("fr", "Cần nhập trường này.")] {
            let answer = seller.caller.clone().in_language(language).send(PRODUCT, blank.clone()).await;
            assert_eq!(answer.body["data"]["productCreate"]["userErrors"][0]["message"], sentence, "{language}");
        }
    }
}

both! {
    /// Requests that could hurt the process are refused before anything runs.
    async fn requests_over_the_limits(world: World) {
        let anyone = world.anyone();
        let nested = format!("{{ listing(by: {{ id: {}1{} }}) {{ id }} }}", "[".repeat(3000), "]".repeat(3000));
        let bomb: String = (0..30).map(|n| format!("fragment f{n} on Query {{ ...f{0} ...f{0} }} ", n + 1)).collect();
        let bomb = format!("{{ ...f0 }} {bomb} fragment f30 on Query {{ __typename }}");
        let deep = format!("{{ listings {{ nodes {{ product {{ {} id {} }} }} }} }}", "producer { commune { name } } variants { product { ".repeat(6), "} }".repeat(6));
        for (query, code) in [
            (nested, "BAD_USER_INPUT"),
            (bomb, "BAD_USER_INPUT"),
            (deep, "BAD_USER_INPUT"),
            ("{ a: listings(first: 100) { nodes { product { variants { id } } } } }".into(), "COST_LIMIT"),
            (format!("{{ {} }}", "__typename ".repeat(2001)), "BAD_USER_INPUT"),
            ("{ listings(first: 0) { nodes { id } } }".into(), "BAD_USER_INPUT"),
            ("{ listings(first: 101) { nodes { id } } }".into(), "BAD_USER_INPUT"),
            ("{ listings(first: 1, last: 1) { nodes { id } } }".into(), "BAD_USER_INPUT"),
            ("{ listings(after: \"rubbish\") { nodes { id } } }".into(), "CURSOR_INVALID"),
        ] {
            assert_eq!(anyone.error(&query, Value::Null).await, code, "{}", &query[..query.len().min(80)]);
        }
        let whole = anyone.data("{ __schema { types { name } } }", Value::Null).await;
        assert!(whole["__schema"]["types"].as_array().map(Vec::len) > Some(50), "introspection is allowed");
    }
}

both! {
    async fn a_document_that_passed_is_judged_by_its_variables_again(world: World) {
        let caller = Caller::new(&world.url, None);
        let document = "query($s: String!, $n: Int, $g: [OcopGroup!]) { product(by: { slug: $s }) { id } listings(first: $n, filter: { group: $g }) { nodes { id } } }";
        let cases = [
            json!({ "s": "x" }),
            json!({ "s": "x", "n": 5, "g": ["FOOD"] }),
            json!({ "s": "x", "n": 5, "g": ["FRUIT"] }),
            json!({ "s": "x", "n": 0 }),
            json!({ "s": "x", "n": 4_294_967_296_i64 }),
            json!({ "s": "x", "n": "5" }),
            json!({ "s": "x", "n": 1.5 }),
            json!({ "s": "x", "n": true }),
            json!({ "s": "x", "n": u64::MAX }),
            json!({ "s": 7 }),
            json!({ "s": null }),
            json!({}),
        ];
        for (number, variables) in cases.iter().enumerate() {
            for (passing, given) in [(json!({ "s": "y", "n": 1 }), "s, n"), (json!({ "s": "y" }), "s")] {
                // A document of its own for each, so that nothing is known of the first.
                let (new, known) = (format!("{document} # {number} {given}"), format!("{document} # {number} {given} known"));
                for _ in 0..2 {
                    caller.data(&known, passing.clone()).await;
                }
                let (first, again) = (caller.send(&new, variables.clone()).await, caller.send(&known, variables.clone()).await);
                assert_eq!((first.status, &first.body["data"], &first.body["errors"]), (again.status, &again.body["data"], &again.body["errors"]), "{variables} after {given}");
            }
        }
    }
}
