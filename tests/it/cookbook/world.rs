//! The cookbook's world: three simulated companies and what is planted beside them, imported into one folder.
//!
//! Each scenario of `simulate` gives one territory of five reps; ids of customers and field force are told apart by a
//! letter in front, headquarters is one for all. Nothing depends on the day on which the test runs.

use super::planted::Planted;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every question is asked at this instant.
pub(crate) const INSTANT: &str = "2026-06-02T00:00:00Z";
/// The same, as SQL.
pub(crate) const NOW: &str = "TIMESTAMPTZ '2026-06-02T00:00:00Z'";

const SCENARIOS: [(&str, &str, &str); 3] =
    [("coverage", "c", "31"), ("navigation", "n", "32"), ("orchestration", "o", "33")];
const KINDS: [(&str, &str); 4] = [
    ("--calls", "calls.ndjson"),
    ("--emails", "emails.ndjson"),
    ("--congress-invitations", "congress-invitations.ndjson"),
    ("--medical-requests", "medical-requests.ndjson"),
];
/// Ids that each company has for itself.
const OWN: [&str; 9] = ["hcp-0", "acc-0", "rep-0", "mgr-0", "msl-0", "orc-0", "acm-0", "psv-0", "dis-0"];

pub(crate) const POLICY: &str = r#"version = "cookbook-1"

[[budgets]]
name = "cross-channel"
cap = 4
window = "28d"

[[budgets]]
name = "hq-email"
cap = 2
window = "7d"
scope = { kinds = ["emails"], origins = ["hq"] }
"#;

/// A folder with `files` (records, `reference`, `policy.toml`) and `data` (the tables).
pub(crate) struct CookbookWorld {
    folder: PathBuf,
}

impl CookbookWorld {
    /// Builds it below `folder`.
    pub(crate) fn build(folder: &Path) -> Self {
        let world = Self { folder: folder.to_owned() };
        fs::create_dir_all(world.reference()).expect("a folder");
        fs::write(world.policy(), POLICY).expect("written");
        for (scenario, letter, seed) in SCENARIOS {
            let raw = folder.join(scenario);
            let mut simulate = touchload();
            simulate.args(["simulate", "--hcps", "420", "--days", "200", "--from", "2025-11-14"]);
            finish(simulate.args(["--seed", seed, "--scenario", scenario, "--out"]).arg(&raw));
            for (_, file) in KINDS {
                world.add(Path::new(file), &renamed(&read(&raw.join(file)), letter, scenario));
            }
            for entry in fs::read_dir(raw.join("reference")).expect("reference files") {
                let name = entry.expect("an entry").file_name();
                let text = renamed(&read(&raw.join("reference").join(&name)), letter, scenario);
                world.add_rows(&Path::new("reference").join(name), &text);
            }
        }
        for (file, text) in &Planted::new().files {
            let folder = if file.ends_with(".csv") { "reference" } else { "" };
            world.add(&Path::new(folder).join(file), text);
        }
        world.import();
        world
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(crate) fn files(&self) -> PathBuf {
        self.folder.join("files")
    }

    pub(crate) fn reference(&self) -> PathBuf {
        self.files().join("reference")
    }

    pub(crate) fn policy(&self) -> PathBuf {
        self.files().join("policy.toml")
    }

    fn add(&self, file: &Path, text: &str) {
        let path = self.files().join(file);
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, before + text).expect("written");
    }

    /// Rows that are not there yet, below one header.
    fn add_rows(&self, file: &Path, text: &str) {
        let path = self.files().join(file);
        let before = fs::read_to_string(&path).unwrap_or_default();
        let known: BTreeSet<&str> = before.lines().collect();
        let new: String = text.lines().filter(|line| !known.contains(line)).map(|line| format!("{line}\n")).collect();
        fs::write(&path, before.clone() + &new).expect("written");
    }

    fn import(&self) {
        let mut import = touchload();
        import.args(["import", "--as-of", INSTANT, "--data"]).arg(self.data());
        import.arg("--reference").arg(self.reference()).arg("--policy").arg(self.policy());
        for (option, file) in KINDS {
            import.arg(option).arg(self.files().join(file));
        }
        finish(&mut import);
    }
}

fn touchload() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchload"));
    command.arg("-q");
    command
}

fn finish(command: &mut Command) {
    let output = command.output().expect("touchload starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a file")
}

/// The text with a company's ids told apart; its territory has the scenario's name.
fn renamed(text: &str, letter: &str, scenario: &str) -> String {
    let mut text = text.to_owned();
    for id in OWN {
        text = text.replace(id, &format!("{letter}-{id}"));
    }
    text.replace("ter-000", &format!("ter-{scenario}")).replace("ter-001", &format!("ter-{scenario}"))
}
