//! Sessions, tokens, keys, offices: who gets in, and who doesn't.

use chrono::Duration;
use data_encoding::BASE64URL_NOPAD;
use ocop_catalog::domain::actor::Role;
use serde_json::{Value, json};

use crate::harness::{Caller, World, both, text};

const VIEWER: &str = "{ viewer { kind email roles { role } scopes } }";
const CREATE: &str = "mutation($e: String!, $p: String!) { sessionCreate(input: { email: $e, password: $p }) {
    session { accessToken refreshToken accessExpiresAt } userErrors { code path } } }";
const REFRESH: &str =
    "mutation($t: String!) { sessionRefresh(refreshToken: $t) { session { accessToken refreshToken } userErrors { code path } } }";

both! {
    async fn signing_in_takes_the_right_password(world: World) {
        world.person("lan").await;
        let bad = [("BAD_CREDENTIALS".to_owned(), "input".to_owned())];
        for (email, password) in [("lan@example.vn", "sai mật khẩu rồi"), ("nobody@example.vn", "một mật khẩu dài"), ("", "")] {
            assert_eq!(world.anyone().refused(CREATE, json!({ "e": email, "p": password })).await, bad, "{email}");
        }
        let payload = world.anyone().done(CREATE, json!({ "e": " LAN@example.vn ", "p": "một mật khẩu dài" })).await;
        assert_eq!(payload["session"]["accessExpiresAt"], "2026-11-23T03:15:00+00:00");
        let lan = Caller::new(&world.url, payload["session"]["accessToken"].as_str());
        assert_eq!(lan.data(VIEWER, Value::Null).await["viewer"]["email"], "lan@example.vn");
    }
}

both! {
    async fn accounts_are_checked_and_unique(world: World) {
        world.person("lan").await;
        let register = "mutation($i: AccountRegisterInput!) { accountRegister(input: $i) { session { accessToken } userErrors { code path } } }";
        for (input, expected) in [
            (json!({ "email": "lan", "displayName": " ", "password": "ngắn" }), vec![("INVALID_EMAIL", "input.email"), ("REQUIRED", "input.displayName"), ("TOO_SHORT", "input.password")]),
            (json!({ "email": "Lan@Example.vn", "displayName": "Lan", "password": "một mật khẩu dài" }), vec![("TAKEN", "input.email")]),
        ] {
            let refused = world.anyone().refused(register, json!({ "i": input })).await;
            assert_eq!(refused.iter().map(|(c, p)| (c.as_str(), p.as_str())).collect::<Vec<_>>(), expected);
        }
    }
}

both! {
    /// A refresh token is used once; used twice it was copied, and the whole session ends.
    async fn refresh_tokens_rotate(world: World) {
        world.person("lan").await;
        let first = world.anyone().done(CREATE, json!({ "e": "lan@example.vn", "p": "một mật khẩu dài" })).await["session"].clone();
        let second = world.anyone().done(REFRESH, json!({ "t": first["refreshToken"] })).await["session"].clone();
        let lan = Caller::new(&world.url, second["accessToken"].as_str());
        assert_eq!(lan.data(VIEWER, Value::Null).await["viewer"]["kind"], "PERSON");
        let bad = [("BAD_REFRESH_TOKEN".to_owned(), "refreshToken".to_owned())];
        assert_eq!(world.anyone().refused(REFRESH, json!({ "t": first["refreshToken"] })).await, bad);
        assert_eq!(world.anyone().refused(REFRESH, json!({ "t": second["refreshToken"] })).await, bad, "the family is revoked");
        assert_eq!(lan.send(VIEWER, Value::Null).await.status, 401, "and so is its access token");
        assert_eq!(world.anyone().refused(REFRESH, json!({ "t": "x" })).await, bad);
    }
}

both! {
    async fn a_session_ends_when_it_is_revoked_or_its_time_is_over(world: World) {
        let lan = world.person("lan").await;
        let payload = lan.done("mutation { sessionRevoke { revoked userErrors { code } } }", Value::Null).await;
        assert_eq!(payload["revoked"], true);
        assert_eq!(lan.send(VIEWER, Value::Null).await.status, 401);
        let lan = world.sign_in("lan").await;
        world.clock.set(world.clock.now() + Duration::minutes(15) - Duration::seconds(1));
        assert_eq!(lan.send(VIEWER, Value::Null).await.status, 200);
        world.clock.set(world.clock.now() + Duration::seconds(1));
        assert_eq!(lan.send(VIEWER, Value::Null).await.status, 401);
    }
}

both! {
    /// Forged, foreign and mangled tokens are refused with 401, even for public reads.
    async fn bad_tokens_are_refused(world: World) {
        let token = world.person("lan").await.token().to_owned();
        let parts: Vec<_> = token.split('.').collect();
        let decode = |part: &str| -> Value { serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).expect("base64")).expect("json") };
        let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let (header, claims) = (decode(parts[0]), decode(parts[1]));
        let with = |mut value: Value, name: &str, new: Value| { value[name] = new; encode(&value) };
        let none = format!("{}.{}.", with(header.clone(), "alg", "none".into()), parts[1]);
        let hmac = format!("{}.{}.{}", with(header.clone(), "alg", "HS256".into()), parts[1], parts[2]);
        let crit = format!("{}.{}.{}", with(header.clone(), "crit", json!(["x"])), parts[1], parts[2]);
        let kid = format!("{}.{}.{}", with(header.clone(), "kid", "other".into()), parts[1], parts[2]);
        let sub = format!("{}.{}.{}", parts[0], with(claims.clone(), "sub", "00000000-0000-0000-0000-000000000000".into()), parts[2]);
        let aud = format!("{}.{}.{}", parts[0], with(claims.clone(), "aud", "elsewhere".into()), parts[2]);
        // The token of another deployment: same program, other keys.
        let foreign = World::start(crate::harness::Engine::Sqlite).await.person("lan").await.token().to_owned();
        for bad in [none, hmac, crit, kid, sub, aud, foreign, "ocop_abcdefgh_x".into(), "x.y.z".into(), "x".repeat(5000)] {
            let answer = Caller::new(&world.url, Some(&bad)).send("{ listings { nodes { id } } }", Value::Null).await;
            assert_eq!(answer.status, 401, "{bad}");
            assert_eq!(answer.body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        }
    }
}

both! {
    /// Keys follow the feed and nothing else; a revoked key is refused from the next request on.
    async fn keys_have_scopes_and_an_end(world: World) {
        let admin = world.admin().await;
        let integrator = world.integrator(&admin).await;
        let viewer = integrator.data(VIEWER, Value::Null).await["viewer"].clone();
        assert_eq!((&viewer["kind"], &viewer["scopes"]), (&json!("API_KEY"), &json!(["FEED_READ"])));
        integrator.data("{ listingChanges { endCursor } }", Value::Null).await;
        assert_eq!(integrator.error("mutation { apiKeyCreate(input: { name: \"x\", scopes: [FEED_READ] }) { secret } }", Value::Null).await, "FORBIDDEN");
        let keys = admin.data("{ apiKeys { id prefix revokedAt } }", Value::Null).await["apiKeys"].clone();
        assert_eq!(keys.as_array().map(Vec::len), Some(1));
        assert!(integrator.token().starts_with(&text(&keys[0]["prefix"])), "the prefix is shown, the rest is not");
        admin.done("mutation($id: ID!) { apiKeyRevoke(id: $id) { apiKey { revokedAt } userErrors { code } } }", json!({ "id": keys[0]["id"] })).await;
        assert_eq!(integrator.send(VIEWER, Value::Null).await.status, 401);
    }
}

both! {
    /// No one grants what they lack.
    async fn offices_are_given_by_admins(world: World) {
        let admin = world.admin().await;
        let officer = world.officer("officer", Role::CommuneOfficer).await;
        let lan = world.person("lan").await;
        let grant = "mutation($e: String!, $r: Role!, $c: String) { roleGrant(email: $e, input: { role: $r, commune: $c }) { account userErrors { code path } } }";
        for caller in [&officer, &lan] {
            assert_eq!(caller.error(grant, json!({ "e": "lan@example.vn", "r": "ADMIN" })).await, "FORBIDDEN");
        }
        assert_eq!(world.anyone().error(grant, json!({ "e": "lan@example.vn", "r": "ADMIN" })).await, "UNAUTHENTICATED");
        let refused = |code: &str, path: &str| [(code.to_owned(), path.to_owned())];
        assert_eq!(admin.refused(grant, json!({ "e": "nobody@example.vn", "r": "ADMIN" })).await, refused("NOT_FOUND", "email"));
        assert_eq!(admin.refused(grant, json!({ "e": "lan@example.vn", "r": "COMMUNE_OFFICER" })).await, refused("REQUIRED", "input.commune"));
        assert_eq!(admin.refused(grant, json!({ "e": "lan@example.vn", "r": "COMMUNE_OFFICER", "c": "99999" })).await, refused("UNKNOWN_COMMUNE", "input.commune"));
        admin.done(grant, json!({ "e": "lan@example.vn", "r": "COUNCIL_MEMBER" })).await;
        assert_eq!(lan.data(VIEWER, Value::Null).await["viewer"]["roles"], json!([{ "role": "COUNCIL_MEMBER" }]));
        lan.data("{ reviewQueue { nodes { id } } }", Value::Null).await;
        let revoke = "mutation { roleRevoke(email: \"lan@example.vn\", input: { role: COUNCIL_MEMBER }) { account userErrors { code } } }";
        admin.done(revoke, Value::Null).await;
        assert_eq!(lan.error("{ reviewQueue { nodes { id } } }", Value::Null).await, "FORBIDDEN");
    }
}

both! {
    /// The published keys verify our tokens with a library that is not the one that signs.
    async fn tokens_verify_with_the_published_keys(world: World) {
        let token = world.person("lan").await.token().to_owned();
        let base = world.url.trim_end_matches("/graphql");
        let keys: Value = serde_json::from_str(&reqwest::get(format!("{base}/.well-known/jwks.json")).await.expect("keys").text().await.expect("text")).expect("json");
        let key: [u8; 32] = BASE64URL_NOPAD.decode(text(&keys["keys"][0]["x"]).as_bytes()).expect("base64").try_into().expect("32 bytes");
        let (signed, signature) = token.rsplit_once('.').expect("three parts");
        let signature: [u8; 64] = BASE64URL_NOPAD.decode(signature.as_bytes()).expect("base64").try_into().expect("64 bytes");
        let verifying = ed25519_dalek::VerifyingKey::from_bytes(&key).expect("a key");
        verifying.verify_strict(signed.as_bytes(), &ed25519_dalek::Signature::from_bytes(&signature)).expect("verifies");
    }
}
