//! The rules of `dashboards/prometheus`: sound, tested, explained, and about metrics that exist.

use crate::prometheus_tools::Promtool;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&folder).expect("the folder of the rules");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(!files.is_empty(), "no rules in {}", folder.display());
    files
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a text file")
}

/// The words of a text that begin with `prefix`.
fn words<'a>(text: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    text.split(|c| !is_part(c)).filter(|word| word.starts_with(prefix)).collect()
}

#[test]
fn rules_are_sound_and_fire_when_they_should() {
    let Some(promtool) = Promtool::find() else { return };
    assert_eq!(
        promtool.on_rules(&["check", "rules", "--lint=all", "--lint-fatal"], &files("dashboards/prometheus")),
        Ok(())
    );
    assert_eq!(promtool.on_rules(&["test", "rules"], &files("dashboards/prometheus/tests")), Ok(()));
}

#[test]
fn every_alert_has_a_test_and_a_section_in_the_runbook() {
    let tests: String = files("dashboards/prometheus/tests").iter().map(|path| text(path)).collect();
    let runbook = text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATING.md"));
    let mut alerts = 0;
    for file in files("dashboards/prometheus") {
        let rules = text(&file);
        for name in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
            alerts += 1;
            assert!(tests.contains(&format!("alertname: {name}\n")), "{name} has no test");
            assert!(runbook.contains(&format!("\n### {name}\n")), "{name} has no section in the runbook");
            let link = format!("runbook_url: docs/OPERATING.md#{}", name.to_lowercase());
            assert!(rules.contains(&link), "{name} does not link to its section");
        }
    }
    assert!(alerts >= 14, "only {alerts} alerts were found");
}

#[test]
fn rules_name_metrics_that_the_page_has() {
    let documented = text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATING.md"));
    let known = words(&documented, "touchload_");
    for file in files("dashboards/prometheus") {
        let rules: String = text(&file).lines().filter(|line| !line.trim_start().starts_with('#')).collect();
        for name in words(&rules, "touchload_") {
            let family = name.trim_end_matches("_bucket");
            assert!(known.contains(family), "{} names {name}, which docs/OPERATING.md does not", file.display());
        }
    }
}
