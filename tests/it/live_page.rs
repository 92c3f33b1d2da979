//! The live page of a demo in a real browser: `tests/python/live_page.py` says what is looked at, `live_page_goldens.py` compares
//! pictures over kept answers. Screenshots are left in the build folder, for a person.

use crate::embedded::Demo;
use crate::python_readers::PythonReaders;
use crate::test_setup;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

#[test]
fn the_page_answers_in_a_browser() {
    let Some(python) = PythonReaders::find() else { return };
    let Some(chromium) = test_setup::provide("chromium.sh") else { return };
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/policy/templates/cross-channel.toml");
    let policy = policy.to_str().expect("UTF-8");
    let mut demo = Demo::start_with(11, &["--policy", policy]);
    demo.wait_for("/readyz", |_| true);
    demo.wait_busy();
    // What the page is about: somebody is over, and told so.
    demo.wait_for("/v1/alerts?state=firing", |alerts| !alerts.contains("\"total\":0"));
    demo.wait_for("/v1/overview/hcps?list=over", |over| !over.contains("\"hcps_total\":0"));
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live-page");
    let arguments: [OsString; 3] = [chromium.into(), format!("http://{}", demo.address()).into(), pictures.into()];
    let told = python.run("live_page.py", arguments.iter().map(OsString::as_os_str));
    assert_eq!(told.lines().filter(|line| !line.starts_with(' ')).count(), 10, "{told}");
    let ended = demo.stop();
    assert!(!ended.log.contains("panicked"), "{}", ended.log);
}

#[test]
fn the_page_looks_as_it_did() {
    let Some(python) = PythonReaders::find() else { return };
    let Some(chromium) = test_setup::provide("chromium.sh") else { return };
    // It serves the files of the page; what they ask is answered from what was kept.
    let mut demo = Demo::start(12);
    demo.wait_for("/healthz", |_| true);
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/live_page");
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live-page-goldens");
    let url = format!("http://{}", demo.address());
    let arguments: [OsString; 4] = [chromium.into(), url.into(), goldens.into(), pictures.into()];
    let told = python.run("live_page_goldens.py", arguments.iter().map(OsString::as_os_str));
    if told.starts_with("not compared") {
        // Other fonts are no fault of the page, nor anything that could be installed: said, and no failure.
        writeln!(std::io::stderr().lock(), "\n*** {}\n", told.trim()).expect("standard error is open");
        return;
    }
    assert!(told.contains("pictures"), "{told}");
}
