//! Marketplaces in memory that are judged by independent SDKs; see `tests/judges`.

use crate::harness::{Database, Engine};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

/// A judge under way; it ends with the test.
pub(crate) struct Judge {
    pub(crate) url: String,
    child: Child,
}

impl Drop for Judge {
    fn drop(&mut self) {
        // It is gone already when its test ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the SDKs are, installed on first use.
pub(crate) fn sdks() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let installed = Command::new("scripts/judges").stderr(Stdio::inherit()).output().expect("scripts/judges runs");
        assert!(installed.status.success(), "scripts/judges could not install the SDKs");
        PathBuf::from(String::from_utf8(installed.stdout).expect("a path").trim())
    })
}

/// Runs a script of `tests/judges` once; its output as JSON.
pub(crate) fn asked(script: &str, arguments: &[&str]) -> Value {
    let mut command = Command::new(sdks().join("venv/bin/python"));
    let done = command.arg(format!("tests/judges/{script}")).args(arguments).env("PYTHONDONTWRITEBYTECODE", "1").output().expect("runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).expect("json")
}

impl Judge {
    /// Starts a shop that keeps its things in a PostgreSQL database of its own.
    pub(crate) async fn over_postgres(name: &str) -> Self {
        let database = Database::empty(Engine::Postgres).await;
        Self::spawn(name, &[("MEDUSA_DATABASE_URL", &database.url)])
    }

    /// Starts a marketplace whose clock stands at an instant, in seconds since 1970.
    pub(crate) async fn start(name: &str, now: i64) -> Self {
        let judge = Self::spawn(name, &[]);
        judge.tell("clock", json!({ "now": now })).await;
        judge
    }

    /// Starts a judge that stands before the sandbox marketplace.
    pub(crate) fn before(name: &str, sandbox: &str, key: &str) -> Self {
        Self::spawn(name, &[("SANDBOX", sandbox), ("SHOPEE_KEY", key)])
    }

    fn spawn(name: &str, environment: &[(&str, &str)]) -> Self {
        let script = format!("tests/judges/{name}");
        let (program, script) = if Path::new(&format!("{script}.py")).exists() {
            ("python", format!("{script}.py"))
        } else {
            ("node", format!("{script}.mjs"))
        };
        let mut command = Command::new(sdks().join("venv/bin").join(program));
        command.arg(script).env("PYTHONDONTWRITEBYTECODE", "1").env("JUDGES", sdks()).envs(environment.iter().copied());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a judge starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("its address");
        let told: Value = serde_json::from_str(&line).expect("json");
        Self { url: told["url"].as_str().expect("an address").to_owned(), child }
    }

    #[expect(clippy::disallowed_methods, reason = "tests talk to their own servers")]
    pub(crate) async fn tell(&self, what: &str, told: Value) -> Value {
        let sent = reqwest::Client::new().post(format!("{}/judge/{what}", self.url)).json(&told).send();
        sent.await.expect("the judge answers").json().await.expect("json")
    }

    /// Items, complaints and calls.
    pub(crate) async fn state(&self) -> Value {
        self.tell("state", json!({})).await
    }

    pub(crate) async fn items(&self) -> Vec<Value> {
        self.state().await["items"].as_array().expect("items").clone()
    }

    /// The only item there is.
    pub(crate) async fn item(&self) -> Value {
        let items = self.items().await;
        assert_eq!(items.len(), 1, "one item: {items:?}");
        items[0].clone()
    }
}
