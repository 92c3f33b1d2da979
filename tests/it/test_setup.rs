//! What tests need from outside Rust: found by the scripts of `tests/setup`, fetched where they can.
//!
//! A script prints one path and exits 0, or exits 3 when something that it cannot fetch is missing (Java, Maven,
//! Python, …). With `CI=true` a missing thing fails the test; elsewhere the test is skipped, loudly: the message goes
//! past the harness's capture, so that a green run never hides it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Exit code of a script that found a prerequisite missing.
const MISSING: i32 = 3;

/// The path that `tests/setup/<script>` prints, `None` when the test is to be skipped.
///
/// # Panics
/// The script failed, or it found something missing and `CI=true`.
pub(crate) fn provide(script: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/setup").join(script);
    let output = Command::new("bash").arg(&file).output().expect("bash runs the scripts of tests/setup");
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => Some(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())),
        Some(MISSING) => skip(&format!("{script}: {said}")),
        _ => panic!("tests/setup/{script} failed ({}):\n{said}", output.status),
    }
}

/// Says that a test does not run and why; with `CI=true` fails it.
///
/// # Panics
/// `CI=true`: there, everything must run.
pub(crate) fn skip<T>(why: &str) -> Option<T> {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "in CI every test must run, yet {why}");
    let mut console = std::io::stderr().lock();
    writeln!(console, "\n*** SKIPPED: {}\n", why.trim()).expect("standard error is open");
    None
}
