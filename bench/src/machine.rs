//! The operating system's own accounting: what a process used, and whether the machine was ours.

use anyhow::Context as _;
use std::{fs, time::Duration};

/// The kernel counts in hundredths of a second.
const TICKS: f64 = 100.0;

/// Seconds of CPU that a process used so far, in user and kernel.
pub fn cpu_seconds(process: u32) -> anyhow::Result<f64> {
    let text =
        fs::read_to_string(format!("/proc/{process}/stat")).context("the process under test is gone")?;
    // The name may have blanks; the fields after it do not.
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks =
        |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    Ok((ticks(11) + ticks(12)) / TICKS)
}

/// Kilobytes of memory that a process holds.
pub fn resident_kib(process: u32) -> anyhow::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches(" kB").parse().unwrap_or_default())
}

/// Which part of the machine others use while we do nothing.
pub async fn busy() -> anyhow::Result<f64> {
    let (busy, all) = processor_time()?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (busy_after, all_after) = processor_time()?;
    Ok((busy_after - busy) / (all_after - all).max(1.0))
}

fn processor_time() -> anyhow::Result<(f64, f64)> {
    let text = fs::read_to_string("/proc/stat")?;
    let first = text.lines().next().unwrap_or_default();
    let fields: Vec<f64> = first.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    let all: f64 = fields.iter().sum();
    // Idle, and waiting for a disk.
    Ok((all - fields.get(3).unwrap_or(&0.0) - fields.get(4).unwrap_or(&0.0), all))
}

/// What it ran on.
pub fn description() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    format!("{} × {}", cores, model.trim_start_matches(['\t', ' ', ':']).trim())
}
