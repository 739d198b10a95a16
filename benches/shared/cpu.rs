//! The processor's time of processes, as the kernel counts it.

use std::fs;

/// Ticks a second of `/proc` on Linux (`getconf CLK_TCK`).
const TICKS: f64 = 100.0;

/// Seconds of a process and, with `OCOP_BENCH_POSTMASTER` set to its number, of PostgreSQL with all its processes.
pub(crate) fn seconds(process: u32) -> f64 {
    let database: Option<u32> = std::env::var("OCOP_BENCH_POSTMASTER").ok().and_then(|number| number.parse().ok());
    let mut ticks = stat(process).map_or(0, |s| s.1);
    if let Some(master) = database {
        let entries = fs::read_dir("/proc").expect("Linux").filter_map(Result::ok);
        let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        ticks += numbers.filter_map(stat).filter(|(parent, _)| *parent == master).map(|(_, ticks)| ticks).sum::<u64>();
    }
    ticks as f64 / TICKS
}

/// Parent of a process, and its ticks in user and kernel.
fn stat(process: u32) -> Option<(u32, u64)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    Some((fields.get(1)?.parse().ok()?, fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?))
}
