//! A PostgreSQL server of one test's own, to be ended and started under it.

use std::{net::TcpListener, path::PathBuf, process::Command};
use tempfile::TempDir;

/// A server on loopback that keeps what it acknowledges; stopped and removed when dropped.
pub(crate) struct Cluster {
    folder: TempDir,
    port: u16,
}

/// One of PostgreSQL's programs, of the newest version that is here.
pub(crate) fn postgres_tool(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut versions: Vec<_> = versions.filter_map(|entry| Some(entry.ok()?.path())).collect();
    versions.sort();
    versions.last().map_or_else(|| PathBuf::from(name), |version| version.join("bin").join(name))
}

impl Cluster {
    pub(crate) fn start() -> Self {
        // PostgreSQL refuses to run as root, and another user may not reach a temporary folder of root's own.
        let parent = if is_root() { PathBuf::from("/tmp") } else { std::env::temp_dir() };
        let folder = TempDir::with_prefix_in("ocop-test-pg.", parent).expect("a folder");
        if is_root() {
            done(Command::new("chown").arg(user()).arg(folder.path()));
        }
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let cluster = Self { folder, port };
        done(cluster.tool("initdb").args(["-U", "ocop", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]));
        cluster.run();
        cluster
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://ocop@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts the server, and waits until it takes connections.
    pub(crate) fn run(&self) {
        let sockets = self.folder.path().display();
        let options = format!("-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories={sockets}", self.port);
        done(self.tool("pg_ctl").args(["-w", "-l"]).arg(self.folder.path().join("log")).args(["-o", &options, "start"]));
    }

    /// Ends it without letting it write anything more.
    pub(crate) fn crash(&self) {
        done(self.tool("pg_ctl").args(["-m", "immediate", "-w", "stop"]));
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn tool(&self, name: &str) -> Command {
        let path = postgres_tool(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", user(), "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.arg("-D").arg(self.data()).current_dir(self.folder.path());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Fails when it is stopped, which is what is wanted.
        let _ = self.tool("pg_ctl").args(["-m", "immediate", "-w", "stop"]).output();
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").expect("this process").uid() == 0
}

/// Whom the server runs as where the tests run as root.
fn user() -> &'static str {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    if users.lines().any(|line| line.starts_with("postgres:")) { "postgres" } else { "nobody" }
}

/// Runs a command to its end. Its output goes to a file: a server that goes on would hold a pipe open.
fn done(command: &mut Command) {
    let output = tempfile::tempfile().expect("a file");
    let (told, also) = (output.try_clone().expect("a file"), output.try_clone().expect("a file"));
    let status = command.stdout(told).stderr(also).status().expect("runs");
    assert!(status.success(), "{command:?}: {}", read(output));
}

fn read(mut file: std::fs::File) -> String {
    use std::io::{Read, Seek};
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).expect("reads");
    text
}
