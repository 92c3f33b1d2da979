//! Child processes: on which core, for how long at most, how much CPU time, how much memory. Linux's `/proc`, `taskset` and
//! `timeout`.

use anyhow::{Context, bail};
use serde_json::Value;
use std::fs;
use std::process::{Child, Command, Stdio};

/// Clock ticks per second of `/proc/<id>/stat`: 100 on every Linux that Rust supports.
const TICKS: f64 = 100.0;
const PAGE: u64 = 4_096;
/// A part that takes longer is ended, and its figure is not measured.
const PART_SECONDS: &str = "1200";
/// What `timeout` exits with when it ended a process.
const TIMED_OUT: i32 = 124;

/// Runs this binary again with `arguments`, on `core` if one is given, and parses what it prints.
pub(crate) fn part(core: Option<usize>, arguments: &[&str]) -> anyhow::Result<Value> {
    let mut command = Command::new("timeout");
    command.args(["--foreground", "--kill-after=5", PART_SECONDS]);
    if let Some(core) = core {
        command.args(["taskset", "--cpu-list", &core.to_string()]);
    }
    let output = command.arg(std::env::current_exe()?).args(arguments).stderr(Stdio::inherit()).output()?;
    if output.status.code() == Some(TIMED_OUT) {
        bail!("{} did not end within {PART_SECONDS} s", arguments.join(" "));
    }
    if !output.status.success() {
        bail!("{} ended with {}", arguments.join(" "), output.status);
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("{} printed no JSON", arguments.join(" ")))
}

/// Runs this binary again on `core`, beside whatever is measured. It ends when its standard input does.
pub(crate) fn spawn_part(core: usize, arguments: &[&str]) -> anyhow::Result<Guarded> {
    let mut command = on_core(core, std::env::current_exe()?.as_os_str());
    Ok(Guarded(command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?))
}

/// A number of what a part printed.
pub(crate) fn number(printed: &Value, name: &str) -> anyhow::Result<f64> {
    printed.get(name).and_then(Value::as_f64).with_context(|| format!("no number {name} was printed"))
}

/// `program` on one core. `taskset` becomes the program, so the child's id is the program's.
pub(crate) fn on_core(core: usize, program: &std::ffi::OsStr) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]).arg(program);
    command
}

/// Moves every thread of a running process to one core.
pub(crate) fn pin(id: u32, core: usize) -> anyhow::Result<()> {
    let status = Command::new("taskset")
        .args(["--all-tasks", "--pid", "--cpu-list", &core.to_string(), &id.to_string()])
        .stdout(Stdio::null())
        .status()?;
    if status.success() { Ok(()) } else { bail!("taskset could not pin process {id}") }
}

/// The cores this process may use.
pub(crate) fn cores() -> anyhow::Result<Vec<usize>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let list =
        status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).context("no Cpus_allowed_list")?;
    let mut cores = Vec::new();
    for range in list.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        cores.extend(first.parse::<usize>()?..=last.parse()?);
    }
    Ok(cores)
}

/// CPU seconds of a process so far, all threads.
pub(crate) fn cpu_seconds(id: &str) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name before may hold blanks; the state after it is field 3.
    let (_, rest) = stat.rsplit_once(')').context("no name in stat")?;
    let ticks: u64 = rest.split_whitespace().skip(11).take(2).map(|t| t.parse().unwrap_or(0)).sum();
    Ok(ticks as f64 / TICKS)
}

/// Resident bytes of this process.
pub(crate) fn resident_bytes() -> anyhow::Result<u64> {
    let statm = fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = statm.split_whitespace().nth(1).context("no resident size in statm")?.parse()?;
    Ok(pages * PAGE)
}

/// A child that is killed when it is dropped.
pub(crate) struct Guarded(pub(crate) Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        // An error means that it has ended already.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A stopwatch of the time that this thread spends on a core: what neighbours take does not count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch {
    begun: u64,
}

impl Stopwatch {
    /// Starts.
    pub(crate) fn start() -> anyhow::Result<Self> {
        Ok(Self { begun: thread_nanos()? })
    }

    /// Nanoseconds on a core since the start.
    pub(crate) fn nanos(self) -> anyhow::Result<f64> {
        Ok(thread_nanos()?.saturating_sub(self.begun) as f64)
    }
}

fn thread_nanos() -> anyhow::Result<u64> {
    let schedstat = fs::read_to_string("/proc/thread-self/schedstat")?;
    schedstat.split(' ').next().and_then(|n| n.parse().ok()).context("/proc/thread-self/schedstat has no running time")
}
