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
        // What those spent that are gone.
        ticks += fields(master).map_or(0, |fields| spent(&fields, 13));
    }
    ticks as f64 / TICKS
}

/// Parent of a process, and its ticks in user and kernel.
fn stat(process: u32) -> Option<(u32, u64)> {
    let fields = fields(process)?;
    Some((fields.get(1)?.parse().ok()?, spent(&fields, 11)))
}

/// What `proc(5)` lists behind the name of the program.
fn fields(process: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    Some(text.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect())
}

fn spent(fields: &[String], at: usize) -> u64 {
    fields.iter().skip(at).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}
