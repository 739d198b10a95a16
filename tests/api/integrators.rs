//! What integrators are told to do is done: the commands of `docs/integrators.md`, and the examples.

use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::harness::{World, both, sdks, text};

fn base(world: &World) -> &str {
    world.url.trim_end_matches("/graphql")
}

/// The `sh` blocks of a document, as one script.
fn commands(document: &str) -> String {
    let blocks = document.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    blocks.collect::<Vec<_>>().join("\necho\n")
}

both! {
    /// Every command of the guide, in order, in one shell.
    async fn the_guide_holds(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        world.on_sale(&lan, &admin, "Mật ong").await;
        let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/integrators.md")).expect("the guide");
        let folder = tempfile::tempdir().expect("a folder");
        let (script, url, key) = (format!("set -eu\n{}", commands(&guide)), base(&world).to_owned(), integrator.token().to_owned());
        let place = folder.path().to_owned();
        let run = move || Command::new("bash").arg("-c").arg(script).current_dir(place).env("OCOP", url).env("KEY", key).output().expect("runs");
        let done = tokio::task::spawn_blocking(run).await.expect("ends");
        let out = String::from_utf8(done.stdout).expect("UTF-8");
        assert!(done.status.success(), "{out}\n{}", String::from_utf8_lossy(&done.stderr));
        for expected in [
            "\"complete\":true",
            "\"snapshotRequired\":false",
            "\"consumer\":{\"behind\":0}",
            "event: next",
            "FeedHeartbeat",
            "\"secret\":\"whsec_",
        ] {
            assert!(out.contains(expected), "{expected} is missing:\n{out}");
        }
        assert!(!out.contains("\"errors\":[{"), "{out}");
    }
}

both! {
    /// The Python example: the whole once, then what changed, from where it ended.
    async fn the_python_example_keeps_a_copy(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        let (one, two) = (world.on_sale(&lan, &admin, "Mật ong").await, world.on_sale(&lan, &admin, "Trà").await);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("catalog.json");
        let follow = async || {
            let mut command = Command::new("python3");
            command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/python/follow.py")).arg(&file).arg("--once");
            command.env("OCOP_URL", base(&world)).env("OCOP_KEY", integrator.token()).env("PYTHONDONTWRITEBYTECODE", "1");
            let done = tokio::task::spawn_blocking(move || command.output().expect("runs")).await.expect("ends");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            let copy: Value = serde_json::from_slice(&fs::read(&file).expect("a copy")).expect("JSON");
            copy["listings"].clone()
        };
        let copy = follow().await;
        assert_eq!(copy[&one.listing]["listing"]["price"]["amount"], "185000");
        lan.set_price(&one.listing, 90_000).await;
        lan.caller.done("mutation($id: ID!) { listingUnpublish(id: $id) { userErrors { code } } }", json!({ "id": two.listing })).await;
        let copy = follow().await;
        assert_eq!((&copy[&one.listing]["listing"]["price"]["amount"], &copy[&two.listing]["listing"]), (&json!("90000"), &Value::Null));
        let known = integrator.data("{ feedConsumers { name behind } }", Value::Null).await["feedConsumers"][0].clone();
        assert_eq!((text(&known["name"]), &known["behind"]), ("python-example".to_owned(), &json!(0)));
    }
}

/// The TypeScript example where its packages are, with the files of the repository that it reads.
fn typescript(folder: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = folder.join("examples/typescript");
    fs::create_dir_all(&example).expect("a folder");
    fs::create_dir_all(folder.join("docs/queries")).expect("a folder");
    for file in ["schema.graphql", "docs/queries/feed.graphql"] {
        fs::copy(root.join(file), folder.join(file)).expect("copies");
    }
    for file in ["package.json", "codegen.json", "tsconfig.json", "follow.graphql", "follow.ts", "generated.ts"] {
        fs::copy(root.join("examples/typescript").join(file), example.join(file)).expect("copies");
    }
    std::os::unix::fs::symlink(sdks().join("typescript/node_modules"), example.join("node_modules")).expect("links");
    example
}

/// Runs a command of the example to its end.
async fn node(example: &Path, arguments: &[&str], settings: &[(&str, &str)]) {
    let mut command = Command::new(sdks().join("venv/bin/node"));
    command.args(arguments).current_dir(example).envs(settings.iter().copied());
    let done = tokio::task::spawn_blocking(move || command.output().expect("runs")).await.expect("ends");
    assert!(done.status.success(), "{arguments:?}: {}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
}

both! {
    /// The TypeScript example: its types are those of the schema, it type-checks, and its copy is right. Its WebSocket client is `graphql-ws`.
    async fn the_typescript_example_keeps_a_copy(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let integrator = world.integrator(&admin).await;
        let (one, two) = (world.on_sale(&lan, &admin, "Mật ong").await, world.on_sale(&lan, &admin, "Trà").await);
        let folder = tempfile::tempdir().expect("a folder");
        let example = typescript(folder.path());
        let committed = fs::read_to_string(example.join("generated.ts")).expect("types");
        node(&example, &["node_modules/@graphql-codegen/cli/cjs/bin.js", "--config", "codegen.json"], &[]).await;
        assert_eq!(fs::read_to_string(example.join("generated.ts")).expect("types"), committed, "run: npm run generate");
        node(&example, &["node_modules/typescript/bin/tsc", "--noEmit"], &[]).await;
        let settings = [("OCOP_URL", base(&world)), ("OCOP_KEY", integrator.token()), ("NODE_NO_WARNINGS", "1")];
        let copy = || {
            let text = fs::read_to_string(example.join("catalog.json")).expect("a copy");
            serde_json::from_str::<Value>(&text).expect("JSON")["listings"].clone()
        };
        node(&example, &["follow.ts", "catalog.json", "--once"], &settings).await;
        assert_eq!(copy()[&two.listing]["price"], "185000");
        lan.set_price(&one.listing, 90_000).await;
        lan.caller.done("mutation($id: ID!) { listingUnpublish(id: $id) { userErrors { code } } }", json!({ "id": two.listing })).await;
        node(&example, &["follow.ts", "catalog.json", "--once"], &settings).await;
        assert_eq!((&copy()[&one.listing]["price"], &copy()[&two.listing]["price"]), (&json!("90000"), &Value::Null));
    }
}
