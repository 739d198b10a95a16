//! Sealing everything under another secret.

use ocop_catalog::{config::Config, service::keys::SecretKey};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

use crate::harness::{Caller, Database, Engine, Program, Receiver, World, both, program, text};

const NEXT: &str = "6eed6eed6eed6eed6eed6eed6eed6eed6eed6eed6eed6eed6eed6eed6eed6eed";

both! {
    /// Sessions, channels and webhooks go on under the next secret; under the old one nothing opens.
    async fn everything_is_sealed_anew(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        let receiver = Receiver::start().await;
        let create = "mutation($url: String!) { webhookEndpointCreate(input: { url: $url }) { secret endpoint { id } userErrors { code } } }";
        let made = integrator.done(create, json!({ "url": receiver.url })).await;
        let rotate = "mutation($id: ID!) { webhookEndpointRotateSecret(id: $id) { secret userErrors { code } } }";
        integrator.done(rotate, json!({ "id": made["endpoint"]["id"] })).await;
        world.connect(&admin).await;
        world.on_sale(&lan, &admin, "Mật ong").await;
        let mut command = program(world.database_url(), &["secret", "rotate"]);
        let output = command.env("OCOP_NEW_SECRET_KEY", NEXT).output().expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout).lines().next(), Some("sealed anew: 4 texts"), "signing key, channel, two secrets");
        // Again, with the old key: nothing opens, nothing changes.
        let again = command.output().expect("runs");
        assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("sealed under another OCOP_SECRET_KEY"), "{again:?}");
        let old = program(world.database_url(), &["serve"]).output().expect("runs");
        assert!(!old.status.success());
        let config = Config { secret_key: SecretKey::parse(NEXT), ..world.config() };
        let app = world.replica_with(&config).await;
        let url = format!("http://{}/graphql", app.address().expect("an address"));
        let viewer = Caller::new(&url, Some(lan.caller.token())).data("{ viewer { kind } }", Value::Null).await;
        assert_eq!(viewer["viewer"]["kind"], "PERSON");
        // The channel's credentials reach the marketplace, and the webhook is signed.
        while let Some(claim) = ocop_catalog::service::pushes::claim(&app.service, 1).await.expect("claims").pop() {
            ocop_catalog::service::pushes::run(&app.service, claim).await.expect("a push");
        }
        assert_eq!(world.sandbox.items().len(), 1);
        app.stop().await;
    }
}

/// With a key file beside the database the file is replaced; a run that was cut after everything was sealed is finished by the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_file_is_replaced() {
    let database = Database::empty(Engine::Sqlite).await;
    let of_file = |arguments: &[&str]| {
        let mut command = program(&database.url, arguments);
        command.env_remove("OCOP_SECRET_KEY");
        command
    };
    Program::start(of_file(&["serve"])).kill();
    let file = PathBuf::from(format!("{}.key", database.url.trim_start_matches("sqlite://")));
    let fresh = PathBuf::from(format!("{}.new", file.display()));
    let first = fs::read_to_string(&file).expect("a key file");
    let output = of_file(&["secret", "rotate"]).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let second = fs::read_to_string(&file).expect("a key file");
    assert!(first != second && !fresh.exists());
    Program::start(of_file(&["serve"])).kill();
    // Cut between the commit and the file: the old key is still in its place.
    fs::write(&fresh, &second).expect("writes");
    fs::write(&file, &first).expect("writes");
    let output = of_file(&["secret", "rotate"]).output().expect("runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "sealed anew: 0 texts\n", "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text(&json!(fs::read_to_string(&file).expect("a key file"))), second);
    Program::start(of_file(&["serve"])).kill();
    let output = program(&database.url, &["secret", "rotate"]).output().expect("runs");
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("OCOP_NEW_SECRET_KEY"));
}
