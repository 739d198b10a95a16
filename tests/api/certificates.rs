//! Certificates for everybody: the public check, the QR code, the signed attestation, expiry, reminders.

use chrono::Duration;
use data_encoding::BASE64URL_NOPAD;
use jwt_compact::{AlgorithmExt, UntrustedToken, alg::Ed25519, prelude::*};
use ocop_catalog::{sandbox::ItemStatus, service::reminders};
use serde_json::{Value, json};

use crate::harness::{OnSale, World, both, text};

const CERTIFICATE: &str = "query($id: ID!) { node(id: $id) { ... on OcopRating { attestation certificate { number verifyUrl } } } }";

async fn sale(world: &World) -> (OnSale, String, String) {
    let (admin, seller) = (world.admin().await, world.seller("Lùng Tám").await);
    let sale = world.on_sale(&seller, &admin, "Khăn lanh").await;
    let data = world.anyone().data(CERTIFICATE, json!({ "id": sale.rating })).await;
    let certificate = data["node"]["certificate"].clone();
    (sale, text(&certificate["number"]), text(&certificate["verifyUrl"]))
}

#[expect(clippy::disallowed_methods, reason = "tests call their own service")]
async fn get(url: &str, accept: &str) -> (u16, String, String) {
    let answer = reqwest::Client::new().get(url).header("accept", accept).send().await.expect("an answer");
    let kind = answer.headers().get("content-type").map(|v| v.to_str().expect("text").to_owned()).unwrap_or_default();
    (answer.status().as_u16(), kind, answer.text().await.expect("a body"))
}

both! {
    async fn anyone_checks_a_certificate(world: World) {
        let (sale, number, url) = sale(&world).await;
        let check = async || serde_json::from_str::<Value>(&get(&url, "application/json").await.2).expect("json");
        let valid = check().await;
        assert_eq!(valid, json!({ "number": number, "status": "VALID", "mayUseMark": true, "stars": 4, "product": "Khăn lanh",
            "producer": "HTX Lùng Tám", "issuedOn": "2026-11-23", "expiresOn": "2029-11-23" }), "this and no more");
        let (status, kind, page) = get(&url, "text/html").await;
        assert_eq!((status, kind.as_str()), (200, "text/html; charset=utf-8"));
        assert!(page.contains("Còn hiệu lực") && page.contains("Khăn lanh"), "{page}");
        let (status, kind, svg) = get(&format!("{url}/qr.svg"), "*/*").await;
        assert_eq!((status, kind.as_str(), svg.contains("<svg")), (200, "image/svg+xml", true));
        let base = world.url.trim_end_matches("/graphql");
        for unknown in ["NONE", "%27%3B%20DROP%20TABLE%20rating", &"x".repeat(500)] {
            let (status, _, body) = get(&format!("{base}/verify/{unknown}"), "application/json").await;
            let body: Value = serde_json::from_str(&body).expect("json");
            assert_eq!((status, &body["status"], &body["mayUseMark"], body.get("product")), (404, &json!("UNKNOWN"), &json!(false), None));
        }
        let admin = world.sign_in("admin").await;
        let revoke = "mutation($id: ID!) { ratingRevoke(rating: $id, input: { reason: SAMPLE_MISMATCH, legalBasis: \"QĐ 1\" }) { userErrors { code } } }";
        admin.done(revoke, json!({ "id": sale.rating })).await;
        let withdrawn = check().await;
        assert_eq!((&withdrawn["status"], &withdrawn["withdrawnOn"], &withdrawn["withdrawalReason"], &withdrawn["mayUseMark"]),
            (&json!("WITHDRAWN"), &json!("2026-11-23"), &json!("SAMPLE_MISMATCH"), &json!(false)));
    }
}

both! {
    /// Numbers can't be guessed by trying: after thirty checks an address waits.
    async fn checks_are_limited(world: World) {
        let base = world.url.trim_end_matches("/graphql").to_owned();
        let check = async |number: u32| get(&format!("{base}/verify/{number}"), "application/json").await.0;
        for number in 0..30 {
            assert_eq!(check(number).await, 404, "check {number}");
        }
        // One check comes back every two seconds, also between a refusal here and the next question: a second allowance
        // would answer all ten rounds.
        for round in 0..10 {
            while check(round).await != 429 {}
            let answer = world.anyone().send("{ certificateVerify(number: \"1\") { status } }", Value::Null).await;
            if answer.body["errors"][0]["extensions"]["code"] == "RATE_LIMITED" {
                return;
            }
        }
        panic!("the API has an allowance of its own");
    }
}

both! {
    /// Verified with a library that is not the one that signs, and keys from their public address.
    async fn attestations_verify_elsewhere(world: World) {
        let (sale, number, _) = sale(&world).await;
        let jws = text(&world.anyone().data(CERTIFICATE, json!({ "id": sale.rating })).await["node"]["attestation"]);
        let base = world.url.trim_end_matches("/graphql");
        let keys: Value = serde_json::from_str(&get(&format!("{base}/.well-known/jwks.json"), "*/*").await.2).expect("json");
        let bytes = BASE64URL_NOPAD.decode(text(&keys["keys"][0]["x"]).as_bytes()).expect("base64");
        let key = <Ed25519 as jwt_compact::Algorithm>::VerifyingKey::from_slice(&bytes).expect("a key");
        let token = UntrustedToken::new(&jws).expect("a JWS");
        assert_eq!(token.header().token_type.as_deref(), Some("ocop-attestation"));
        assert_eq!(token.header().key_id.as_deref(), keys["keys"][0]["kid"].as_str());
        let verified: Token<Value> = Ed25519.validator(&key).validate(&token).expect("verifies");
        let claims = &verified.claims().custom;
        assert_eq!((&claims["sub"], &claims["stars"], &claims["status"], &claims["mayUseMark"]), (&json!(number), &json!(4), &json!("ACTIVE"), &json!(true)));
        assert_eq!((&claims["product"], &claims["decision"]["number"]), (&json!("Khăn lanh"), &json!("321/QĐ-UBND")));
        let mut forged = jws.clone().into_bytes();
        let middle = jws.find('.').expect("a dot") + 10;
        forged[middle] = if forged[middle] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).expect("ascii");
        let refused = UntrustedToken::new(&forged).map(|t| Ed25519.validator::<Value>(&key).validate(&t).is_err());
        assert!(refused.unwrap_or(true), "a changed one does not verify");
        let as_token = crate::harness::Caller::new(&world.url, Some(&jws)).send("{ viewer { kind } }", Value::Null).await;
        assert_eq!(as_token.status, 401, "and it is no access token");
    }
}

both! {
    /// A certificate that ends takes its listing down and is reminded of before, without anybody's doing.
    async fn what_ends_is_told_before(world: World) {
        let (sale, _, url) = sale(&world).await;
        world.connect(&world.sign_in("admin").await).await;
        world.later(Duration::seconds(1)).await;
        let status = || world.sandbox.items().first().map(|item| item.status);
        assert_eq!(status(), Some(ItemStatus::Normal));
        let expiring = "query($n: Int!) { certificatesExpiring(within: $n) { nodes { id reminders { days via state } } } }";
        let days_before = |days: i64| "2029-11-22T17:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("an instant") - Duration::days(days);
        let remind = async |days: i64| {
            world.clock.set(days_before(days));
            let made = reminders::make(&world.service).await.expect("makes");
            while reminders::deliver_next(&world.service).await.expect("delivers") {}
            made
        };
        assert_eq!((remind(181).await, remind(180).await, remind(179).await), (0, 1, 0), "each once");
        assert_eq!(remind(80).await, 1, "also when nothing ran on the ninetieth day");
        assert_eq!((remind(30).await, remind(1).await), (1, 0));
        let admin = world.sign_in("admin").await;
        let listed = admin.data(expiring, json!({ "n": 30 })).await;
        let reminder = |days: i64| json!({ "days": days, "via": "LOG", "state": "DELIVERED" });
        assert_eq!(listed["certificatesExpiring"]["nodes"], json!([{ "id": sale.rating, "reminders": [reminder(180), reminder(90), reminder(30)] }]));
        let producer = world.sign_in("Lùng Tám").await;
        assert_eq!(producer.data(expiring, json!({ "n": 30 })).await["certificatesExpiring"]["nodes"][0]["id"], sale.rating);
        assert_eq!(world.anyone().error(expiring, json!({ "n": 30 })).await, "UNAUTHENTICATED");
        let visible = async || world.anyone().data("query($id: ID!) { node(id: $id) { id } }", json!({ "id": sale.listing })).await["node"].clone();
        assert_ne!(visible().await, Value::Null);
        world.clock.set(days_before(0));
        assert_eq!(visible().await, Value::Null, "midnight in Vietnam, before anything ran");
        assert!(get(&url, "application/json").await.2.contains("\"EXPIRED\""));
        world.drain().await;
        world.later(Duration::seconds(1)).await;
        assert_eq!(status(), Some(ItemStatus::Unlist), "off the channel by itself");
        assert_eq!(world.sign_in("admin").await.data(expiring, json!({ "n": 30 })).await["certificatesExpiring"]["nodes"], json!([]));
    }
}

both! {
    /// A renewal takes the old dossier over; its rating replaces the one before.
    async fn a_renewal_begins_with_the_old_dossier(world: World) {
        let (sale, number, url) = sale(&world).await;
        world.clock.set(world.clock.now() + Duration::days(1000));
        let producer = world.sign_in("Lùng Tám").await;
        let renew = "mutation($id: ID!) { certificateRenewalStart(rating: $id) { dossier { id kind selfAssessment { total missing { number } } documents { document }
            previousRating { id } } userErrors { code path } } }";
        let stranger = world.seller("Cán Tỷ").await;
        assert_eq!(stranger.caller.refused(renew, json!({ "id": sale.rating })).await, [("NOT_FOUND".to_owned(), "rating".to_owned())]);
        let dossier = producer.done(renew, json!({ "id": sale.rating })).await["dossier"].clone();
        assert_eq!((&dossier["kind"], &dossier["selfAssessment"]), (&json!("RENEWAL"), &json!({ "total": 60, "missing": [] })));
        assert_eq!((dossier["documents"].as_array().map(Vec::len), &dossier["previousRating"]["id"]), (Some(4), &json!(sale.rating)));
        producer.done(crate::procedure::SUBMIT, json!({ "id": dossier["id"] })).await;
        let admin = world.sign_in("admin").await;
        world.approve(&admin, &text(&dossier["id"]), 3).await;
        let old: Value = serde_json::from_str(&get(&url, "application/json").await.2).expect("json");
        assert_eq!((&old["number"], &old["status"]), (&json!(number), &json!("SUPERSEDED")));
    }
}
