//! Load by `wrk`, and what it cost.

use std::{io::Write, process::Command, time::Duration};

use crate::cpu;
use crate::harness::Program;

/// Seconds of one measurement.
const SECONDS: u32 = 3;

/// Who is asked what.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    url: String,
    script: tempfile::NamedTempFile,
    process: u32,
}

/// What a measurement found.
#[derive(Clone, Copy)]
pub(crate) struct Figures {
    /// Milliseconds of processor a request.
    pub(crate) cpu: f64,
    /// Requests a second.
    pub(crate) rate: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Target {
    pub(crate) fn get(name: &'static str, url: &str, process: u32) -> Self {
        Self::of(name, url, "wrk.method = \"GET\"\n", process)
    }

    pub(crate) fn post(name: &'static str, url: &str, body: &str, process: u32) -> Self {
        let script = format!(
            "wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.headers[\"Cache-Control\"] = \"no-cache\"\nwrk.body = [==[{body}]==]\n"
        );
        Self::of(name, url, &script, process)
    }

    fn of(name: &'static str, url: &str, script: &str, process: u32) -> Self {
        let mut file = tempfile::Builder::new().suffix(".lua").tempfile().expect("a file");
        file.write_all(script.as_bytes()).expect("writes");
        Self { name, url: url.to_owned(), script: file, process }
    }
}

impl Figures {
    /// The median of each figure.
    pub(crate) fn median(rounds: Vec<Self>) -> Self {
        let middle = |figure: fn(&Self) -> f64| {
            let mut values: Vec<f64> = rounds.iter().map(figure).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        Self { cpu: middle(|f| f.cpu), rate: middle(|f| f.rate), p50: middle(|f| f.p50), p99: middle(|f| f.p99) }
    }
}

/// Waits until a process and its database have done what others asked them before and no longer wait for: a database goes on with its
/// statements.
fn settle(process: u32) {
    let step = Duration::from_millis(250);
    for _ in 0..400 {
        let before = cpu::seconds(process);
        std::thread::sleep(step);
        if cpu::seconds(process) - before < step.as_secs_f64() / 10.0 {
            return;
        }
    }
    println!("(the database is still busy with something else)");
}

/// Asks as fast as is answered.
pub(crate) fn run(target: &Target, connections: usize) -> Figures {
    settle(target.process);
    let before = cpu::seconds(target.process);
    let done = Command::new("wrk")
        .args(["--latency", "--timeout", "15s", "-t1", "-c", &connections.to_string(), "-d", &format!("{SECONDS}s"), "-s"])
        .arg(target.script.path())
        .arg(&target.url)
        .output()
        .expect("wrk is installed");
    let spent = cpu::seconds(target.process) - before;
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && !text.contains("Non-2xx") && !text.contains("Socket errors"), "{}: {text}", target.url);
    let word = |line: &str, at: usize| {
        let line = text.lines().find(|l| l.trim_start().starts_with(line)).unwrap_or_else(|| panic!("{line}: {text}"));
        line.split_whitespace().nth(at).expect("a word").to_owned()
    };
    let line = text.lines().find(|l| l.contains(" requests in ")).expect("a count");
    let requests: f64 = line.split_whitespace().next().and_then(|n| n.parse().ok()).expect("a number");
    Figures {
        cpu: spent * 1000.0 / requests,
        rate: word("Requests/sec:", 1).parse().expect("a rate"),
        p50: millis(&word("50%", 1)),
        p99: millis(&word("99%", 1)),
    }
}

fn millis(text: &str) -> f64 {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "us" => 0.001,
        "s" => 1000.0,
        _ => 1.0,
    };
    number.parse::<f64>().expect("a number") * factor
}

/// An anonymous read that is answered from the cache, by GET.
pub(crate) fn table_of_cached(server: &Program, document: &str) {
    let url = url::Url::parse_with_params(&server.url, [("query", document.trim())]).expect("an address");
    let target = Target::get("this service, cached", url.as_str(), server.id());
    let figures = Figures::median((0..3).map(|_| run(&target, 16)).collect());
    println!(
        "W1 by GET, 16 connections: {:.3} CPU ms, {:.0} a second, p50 {:.2} ms, p99 {:.2} ms",
        figures.cpu, figures.rate, figures.p50, figures.p99
    );
}
