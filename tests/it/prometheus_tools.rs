//! promtool, Prometheus's own checker: what it says of a metrics page.
//!
//! The tool comes from `tests/setup/promtool.sh`. A check returns what promtool printed when it objects.

use crate::test_setup;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The checker.
pub(crate) struct Promtool {
    program: PathBuf,
}

impl Promtool {
    /// The checker, `None` when it is missing and the test is to be skipped.
    ///
    /// # Panics
    /// With `CI=true` when it is missing.
    pub(crate) fn find() -> Option<Self> {
        Some(Self { program: test_setup::provide("promtool.sh")? })
    }

    /// Checks a metrics page: its syntax, names, units and help texts.
    ///
    /// # Errors
    /// What promtool found.
    pub(crate) fn check_metrics(&self, page: &str) -> Result<(), String> {
        let mut child = Command::new(&self.program)
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("promtool starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(page.as_bytes()).expect("promtool reads its input to the end before it answers");
        drop(stdin);
        verdict(&child.wait_with_output().expect("promtool ends"))
    }

    /// Runs one of its subcommands on files of rules.
    ///
    /// # Errors
    /// What promtool found.
    pub(crate) fn on_rules(&self, subcommand: &[&str], files: &[PathBuf]) -> Result<(), String> {
        verdict(&Command::new(&self.program).args(subcommand).args(files).output().expect("promtool starts"))
    }
}

fn verdict(output: &Output) -> Result<(), String> {
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&said).into_owned()) }
}

#[test]
fn promtool_tells_a_good_page_from_a_bad_one() {
    let Some(promtool) = Promtool::find() else { return };
    let good = "# HELP touchload_records_total Records read.\n# TYPE touchload_records_total counter\n\
                touchload_records_total{topic=\"a\"} 1\n";
    assert_eq!(promtool.check_metrics(good), Ok(()));
    for bad in [good.replace("1\n", "one\n"), good.replace("_total", "_milliseconds")] {
        assert!(promtool.check_metrics(&bad).is_err(), "{bad}");
    }
}
