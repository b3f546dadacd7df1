//! The operating system's own accounting: what a process used, and whether the machine was ours.

use anyhow::Context as _;
use std::{fs, time::Duration};

/// Seconds of CPU that a process used so far, in user and kernel.
pub fn cpu_seconds(process: u32) -> anyhow::Result<f64> {
    scheduler(process, 0)
}

/// Seconds that a process was ready to run and had to wait for others.
pub fn waited_seconds(process: u32) -> anyhow::Result<f64> {
    scheduler(process, 1)
}

/// The scheduler's account of all threads, to the nanosecond.
fn scheduler(process: u32, field: usize) -> anyhow::Result<f64> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task")).context("the process under test is gone")? {
        // A thread may just have ended.
        let text = fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
        nanoseconds += text.split_whitespace().nth(field).map_or(Ok(0), str::parse::<u64>)?;
    }
    Ok(nanoseconds as f64 / 1e9)
}

/// What a process holds, in MiB.
#[derive(Clone, Copy)]
pub struct Memory {
    /// Now.
    pub resident: f64,
    /// At its highest so far.
    pub peak: f64,
}

/// Memory of a process: `VmRSS` and `VmHWM`.
pub fn memory(process: u32) -> anyhow::Result<Memory> {
    let text =
        fs::read_to_string(format!("/proc/{process}/status")).context("the process under test is gone")?;
    let mebibytes = |name: &str| -> anyhow::Result<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).context("the kernel's account")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    };
    Ok(Memory { resident: mebibytes("VmRSS:")?, peak: mebibytes("VmHWM:")? })
}

/// How many files and connections a process of ours may have open.
pub fn descriptors() -> anyhow::Result<usize> {
    let text = fs::read_to_string("/proc/self/limits")?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap_or_default();
    Ok(line.split_whitespace().next().and_then(|soft| soft.parse().ok()).unwrap_or(1024))
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
