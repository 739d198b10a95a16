//! Tokens of an external issuer: who they stand for, what is no such token, and an issuer whose keys change or who does not answer.

use axum::{Router, extract::State, response::IntoResponse, routing::get};
use chrono::Duration;
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use ocop_catalog::{
    app::App,
    config::Config,
    domain::actor::{Grant, Role},
    http::server::{ServerLimits, serve},
    service::SsoSettings,
};
use serde_json::{Value, json};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use crate::harness::{Caller, World, both};

const ISSUER: &str = "https://sso.example.vn/realms/tinh";
const RSA: [&[u8]; 2] = [include_bytes!("keys/rsa-1.pem"), include_bytes!("keys/rsa-2.pem")];
const EC: &[u8] = include_bytes!("keys/ec.pem");
const ED: &[u8] = include_bytes!("keys/ed.pem");
const VIEWER: &str = "{ viewer { kind account displayName email roles { role commune } } }";

/// What an issuer answers when it is asked for its keys.
#[derive(Clone)]
enum Answers {
    Keys(Value),
    Fails,
    Never,
}

/// An issuer, which counts how often it is asked.
#[derive(Clone)]
struct Issuer {
    answers: Arc<Mutex<Answers>>,
    asked: Arc<AtomicUsize>,
    url: String,
}

impl Issuer {
    async fn start(keys: Value) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let url = format!("http://{}/keys", listener.local_addr().expect("an address"));
        let issuer = Self { answers: Arc::new(Mutex::new(Answers::Keys(keys))), asked: Arc::default(), url };
        let answer = async |State(issuer): State<Self>| {
            issuer.asked.fetch_add(1, Ordering::SeqCst);
            let answers = issuer.answers.lock().expect("answers").clone();
            match answers {
                Answers::Keys(keys) => axum::Json(keys).into_response(),
                Answers::Fails => axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                Answers::Never => std::future::pending().await,
            }
        };
        let routes = Router::new().route("/keys", get(answer)).with_state(issuer.clone());
        tokio::spawn(async move { axum_serve(listener, routes).await });
        issuer
    }

    fn now_answers(&self, answers: Answers) {
        *self.answers.lock().expect("answers") = answers;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn axum_serve(listener: tokio::net::TcpListener, routes: Router) {
    serve(listener, routes, tokio_util::sync::CancellationToken::new(), ServerLimits::default()).await.expect("serves");
}

fn rsa(number: usize) -> EncodingKey {
    EncodingKey::from_rsa_pem(RSA[number]).expect("a key")
}

fn jwk(key: &EncodingKey, algorithm: Algorithm, kid: &str) -> Value {
    let mut jwk = serde_json::to_value(Jwk::from_encoding_key(key, algorithm).expect("a public key")).expect("json");
    jwk["kid"] = json!(kid);
    jwk["use"] = json!("sig");
    jwk
}

fn header(algorithm: Algorithm, kid: &str) -> Header {
    let mut header = Header::new(algorithm);
    header.kid = Some(kid.to_owned());
    header
}

/// Claims that are good at an instant, changed.
fn claims(world: &World, change: Value) -> Value {
    let now = world.clock.now().timestamp();
    let mut claims = json!({
        "iss": ISSUER, "aud": "ocop", "sub": "an.nguyen", "iat": now, "nbf": now, "exp": now + 300, "name": "Nguyễn An",
        "email": "An@tinh.example.vn", "email_verified": true, "realm_access": { "roles": ["quan-tri", "khac"] },
    });
    for (name, value) in change.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    claims
}

fn signed(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    jsonwebtoken::encode(header, claims, key).expect("signs")
}

/// The service with an issuer of two keys beside its own accounts.
async fn trusting(world: &World) -> (App, Issuer, String) {
    let issuer = Issuer::start(json!({ "keys": [jwk(&rsa(0), Algorithm::RS256, "one")] })).await;
    let office = |role, commune: Option<&str>| Grant { role, commune_code: commune.map(str::to_owned) };
    let settings = SsoSettings {
        issuer: ISSUER.into(),
        audience: "ocop".into(),
        keys: issuer.url.parse().expect("an address"),
        roles_claim: "realm_access.roles".into(),
        roles: vec![("quan-tri".into(), office(Role::Admin, None)), ("xa".into(), office(Role::CommuneOfficer, Some("01090")))],
    };
    let app = world.replica_with(&Config { single_sign_on: Some(settings), ..world.config() }).await;
    let url = format!("http://{}/graphql", app.address().expect("an address"));
    (app, issuer, url)
}

async fn status(url: &str, token: &str) -> u16 {
    Caller::new(url, Some(token)).send(VIEWER, Value::Null).await.status
}

both! {
    /// Roles there are offices here, for as long as the token says so; somebody new gets an account of his own.
    async fn people_of_the_single_sign_on_are_known(world: World) {
        // Someone has signed up with the e-mail that the issuer vouches for.
        let squatter = world.person("an").await;
        let (app, issuer, url) = trusting(&world).await;
        issuer.now_answers(Answers::Keys(json!({ "keys": [
            jwk(&rsa(0), Algorithm::RS256, "one"), jwk(&EncodingKey::from_ec_pem(EC).expect("a key"), Algorithm::ES256, "ec"),
            jwk(&EncodingKey::from_ed_pem(ED).expect("a key"), Algorithm::EdDSA, "ed"),
        ] })));
        let token = signed(&header(Algorithm::RS256, "one"), &claims(&world, json!({ "email": "an@example.vn" })), &rsa(0));
        let viewer = Caller::new(&url, Some(&token)).data(VIEWER, Value::Null).await["viewer"].clone();
        assert_eq!((&viewer["displayName"], &viewer["email"]), (&json!("Nguyễn An"), &json!("an@example.vn")));
        assert_eq!(viewer["roles"], json!([{ "role": "ADMIN", "commune": null }]));
        assert_ne!(viewer["account"], squatter.data(VIEWER, Value::Null).await["viewer"]["account"]);
        let key = "mutation { apiKeyCreate(input: { name: \"Sàn\", scopes: [FEED_READ] }) { apiKey { id } userErrors { code } } }";
        Caller::new(&url, Some(&token)).done(key, Value::Null).await;
        // The next token of the same person says something else; another algorithm does not matter.
        for (key, algorithm, kid) in [
            (EncodingKey::from_ec_pem(EC).expect("a key"), Algorithm::ES256, "ec"),
            (EncodingKey::from_ed_pem(ED).expect("a key"), Algorithm::EdDSA, "ed"),
        ] {
            let changed = json!({ "realm_access": { "roles": ["xa"] }, "email_verified": false });
            let token = signed(&header(algorithm, kid), &claims(&world, changed), &key);
            let now = Caller::new(&url, Some(&token)).data(VIEWER, Value::Null).await["viewer"].clone();
            assert_eq!((&now["account"], &now["roles"]), (&viewer["account"], &json!([{ "role": "COMMUNE_OFFICER", "commune": "01090" }])));
            assert_ne!(now["email"], "an@tinh.example.vn", "nobody has verified it");
            assert_eq!(Caller::new(&url, Some(&token)).error(key_query(), Value::Null).await, "FORBIDDEN");
        }
        assert_eq!(issuer.asked(), 1, "keys are kept");
        assert_eq!(status(&url, squatter.token()).await, 200, "own accounts go on");
        assert_eq!(status(&world.url, &token).await, 401, "where no issuer is configured there is none");
        app.stop().await;
    }
}

fn key_query() -> &'static str {
    "mutation { apiKeyCreate(input: { name: \"Sàn\", scopes: [FEED_READ] }) { userErrors { code } } }"
}

both! {
    /// Every way to forge a token that is known is refused with 401, and none makes the service ask the issuer again and again.
    async fn forged_tokens_are_refused(world: World) {
        let (app, issuer, url) = trusting(&world).await;
        let good = header(Algorithm::RS256, "one");
        let sign = |change: Value| signed(&good, &claims(&world, change), &rsa(0));
        assert_eq!(status(&url, &sign(json!({}))).await, 200);
        let now = world.clock.now().timestamp();
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let unsigned = |head: Value, signature: &str| format!("{}.{}.{signature}", part(&head), part(&claims(&world, json!({}))));
        let parts: Vec<String> = sign(json!({})).split('.').map(str::to_owned).collect();
        let public = jwk(&rsa(0), Algorithm::RS256, "one")["n"].as_str().expect("a modulus").to_owned();
        let shared = |secret: &[u8]| signed(&header(Algorithm::HS256, "one"), &claims(&world, json!({})), &EncodingKey::from_secret(secret));
        let other_alg = signed(&header(Algorithm::RS512, "one"), &claims(&world, json!({})), &rsa(0));
        let mut crit = part(&json!({ "alg": "RS256", "kid": "one", "crit": ["exp"] }));
        crit = format!("{crit}.{}.{}", parts[1], parts[2]);
        for (what, token) in [
            ("none", unsigned(json!({ "alg": "none", "kid": "one" }), "")),
            ("None", unsigned(json!({ "alg": "None", "kid": "one" }), "AAAA")),
            ("no signature", format!("{}.{}.", parts[0], parts[1])),
            ("null signature", format!("{}.{}.{}", parts[0], parts[1], "A".repeat(342))),
            ("HS256 with the public key", shared(public.as_bytes())),
            ("HS256 with the PEM", shared(RSA[0])),
            ("an algorithm that is not the key's", other_alg),
            ("another payload", format!("{}.{}.{}", parts[0], part(&claims(&world, json!({ "sub": "boss" }))), parts[2])),
            ("another key", signed(&good, &claims(&world, json!({})), &rsa(1))),
            ("unknown kid", signed(&header(Algorithm::RS256, "two"), &claims(&world, json!({})), &rsa(1))),
            ("injected kid", signed(&header(Algorithm::RS256, "../../../dev/null' OR 1=1 --"), &claims(&world, json!({})), &rsa(1))),
            ("no kid", signed(&Header::new(Algorithm::RS256), &claims(&world, json!({})), &rsa(0))),
            ("crit", crit),
            ("wrong aud", sign(json!({ "aud": "another" }))),
            ("no aud", sign(json!({ "aud": null }))),
            ("wrong iss", sign(json!({ "iss": "https://sso.example.vn/realms/khac" }))),
            ("iss of several", sign(json!({ "iss": [ISSUER, "x"] }))),
            ("expired", sign(json!({ "exp": now }))),
            ("no exp", sign(json!({ "exp": null }))),
            ("not yet", sign(json!({ "nbf": now + 60 }))),
            ("no sub", sign(json!({ "sub": "" }))),
            ("huge", sign(json!({ "padding": "x".repeat(5_000) }))),
            ("rubbish", "a.b.c".to_owned()),
            ("dots", ".".repeat(4_000)),
        ] {
            assert_eq!(status(&url, &token).await, 401, "{what}");
        }
        assert!(issuer.asked() <= 2, "{}", issuer.asked());
        assert_eq!(status(&url, &sign(json!({ "aud": ["x", "ocop"] }))).await, 200);
        app.stop().await;
    }
}

both! {
    /// Keys change without anybody losing a session; an issuer that does not answer costs nobody who is known already.
    async fn keys_change_and_the_issuer_is_away(world: World) {
        let (app, issuer, url) = trusting(&world).await;
        let token = |number: usize, kid: &str| signed(&header(Algorithm::RS256, kid), &claims(&world, json!({ "exp": world.clock.now().timestamp() + 200_000 })), &rsa(number));
        let (one, two) = (token(0, "one"), token(1, "two"));
        assert_eq!((status(&url, &one).await, status(&url, &two).await), (200, 401));
        let both_keys = json!({ "keys": [jwk(&rsa(0), Algorithm::RS256, "one"), jwk(&rsa(1), Algorithm::RS256, "two")] });
        issuer.now_answers(Answers::Keys(both_keys));
        world.clock.set(world.clock.now() + Duration::seconds(11));
        assert_eq!((status(&url, &two).await, status(&url, &one).await), (200, 200), "the new key is asked for, the old one counts");
        // Down, then silent: who is known goes on, at once; who is not is told to come again.
        for answers in [Answers::Fails, Answers::Never] {
            issuer.now_answers(answers);
            world.clock.set(world.clock.now() + Duration::minutes(11));
            assert_eq!((status(&url, &one).await, status(&url, &two).await), (200, 200));
            assert_eq!(status(&url, &token(0, "three")).await, 503);
        }
        world.clock.set(world.clock.now() + Duration::hours(25));
        assert_eq!(status(&url, &one).await, 503, "for a day, not for ever");
        // The first key is taken back.
        issuer.now_answers(Answers::Keys(json!({ "keys": [jwk(&rsa(1), Algorithm::RS256, "two")] })));
        world.clock.set(world.clock.now() + Duration::seconds(11));
        assert_eq!((status(&url, &two).await, status(&url, &one).await), (200, 401));
        app.stop().await;
    }
}
