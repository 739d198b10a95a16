//! The built program, as a user starts it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use crate::harness::database::SECRET;

/// A command of the built program over a database.
pub(crate) fn program(database_url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ocop-catalog"));
    command
        .args(arguments)
        .env("OCOP_DATABASE_URL", database_url)
        .env("OCOP_SECRET_KEY", SECRET)
        .env("OCOP_FILES", std::env::temp_dir().join("ocop-catalog-tests"))
        .env("OCOP_LISTEN", "127.0.0.1:0")
        .env("OCOP_OUTBOUND_ALLOW_PRIVATE", "true")
        // Tests and benchmarks ask faster than people.
        .env("OCOP_POINTS_PER_SECOND", "10000000")
        .env("OCOP_LOG", "warn");
    command
}

/// A running `serve`; killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) url: String,
}

impl Program {
    /// Starts the program and waits for the line that says where it listens.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some(url) = line.strip_prefix("listening on ") {
                    // The test may have ended already.
                    let _ = tell.send(url.to_owned());
                }
            }
        });
        let url = told.recv_timeout(Duration::from_secs(60)).expect("it listens");
        Self { child, url }
    }

    /// Starts a program that says elsewhere where it listens.
    pub(crate) fn begin(mut command: Command) -> Self {
        Self { child: command.stdout(Stdio::null()).spawn().expect("starts"), url: String::new() }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("kills");
        self.child.wait().expect("ends");
    }

    /// Asks it to end, and waits; whether it ended well.
    pub(crate) fn terminate(self) -> bool {
        self.end("-TERM")
    }

    /// Sends it a signal that ends it, and waits; whether it ended well.
    pub(crate) fn end(mut self, signal: &str) -> bool {
        let id = self.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("sends").success());
        self.child.wait().expect("ends").success()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails when it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
