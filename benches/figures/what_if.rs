//! `touchload what-if` over stored tables: held touches, load and coherence of every HCP under a policy with a budget over all
//! channels and a gap; and the same with the alert rules of both policies, which look once a day. Whole processes, with the
//! files in the page cache.

use crate::Sizes;
use crate::process::part;
use crate::table::{Row, count};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The policy that is tried.
const POLICY: &str = "src/policy/templates/cross-channel.toml";
/// Records of an HCP, on average.
const PER_HCP: u64 = 20;

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let records = sizes.import_records;
    let hcps = (records / PER_HCP).max(1);
    let folder = tempfile::Builder::new().prefix("touchload-what-if-").tempdir()?;
    let data = folder.path().display().to_string();
    part(None, &["write-log", &data, &hcps.to_string(), &records.to_string()])?;
    let mut best = f64::INFINITY;
    for _ in 0..sizes.runs {
        best = best.min(what_if(&data, &["--skip-alerts"])?);
    }
    let rate = records as f64 / best;
    let with_alerts = records as f64 / what_if(&data, &["--every", "1d"])?;
    let what = format!("what-if, {} records of {} HCPs", count(records as f64), count(hcps as f64));
    Ok(vec![
        Row::new(format!("{what}: holds, load, coherence"), format!("{} records/s", count(rate)))
            .against("≥ 1,000,000/s", rate >= 1e6),
        Row::new(format!("{what}: and alerts, daily"), format!("{} records/s", count(with_alerts)))
            .against("≥ 1,000,000/s", with_alerts >= 1e6),
    ])
}

/// Seconds of the whole process.
fn what_if(data: &str, extra: &[&str]) -> anyhow::Result<f64> {
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join(POLICY);
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchload"));
    command.args(["-q", "what-if", "--data", data, "--clock", "on-time", "--policy"]).arg(policy).args(extra);
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    let seconds = began.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "what-if ended with {}: {said}", output.status);
    Ok(seconds)
}
