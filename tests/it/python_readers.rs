//! The independent readers: Python programs of `tests/python`, run in the environment of `tests/setup/python.sh`.

use crate::test_setup;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python that has the pinned readers.
pub(crate) struct PythonReaders {
    python: PathBuf,
}

impl PythonReaders {
    /// The environment, `None` when Python is missing and the test is to be skipped.
    ///
    /// # Panics
    /// With `CI=true` when it is missing.
    pub(crate) fn find() -> Option<Self> {
        Some(Self { python: test_setup::provide("python.sh")? })
    }

    /// What `read_tables.py` prints for tables under `data`: table → reader → `rows`, `positions`, `groups`.
    ///
    /// # Panics
    /// A table cannot be opened, or two readers see different things.
    pub(crate) fn read_tables(&self, data: &Path, tables: &[&str]) -> serde_json::Value {
        let arguments = std::iter::once(data.as_os_str()).chain(tables.iter().map(std::ffi::OsStr::new));
        let printed = self.run("read_tables.py", arguments);
        serde_json::from_str(&printed).expect("read_tables.py prints JSON")
    }

    /// Computes answers of the cookbook from the records below `files`, and compares with those below `answers`.
    ///
    /// # Panics
    /// They differ.
    pub(crate) fn cookbook_peer(&self, files: &Path, answers: &Path, at: &str) {
        let arguments = [files.as_os_str(), answers.as_os_str(), OsStr::new("--at"), OsStr::new(at)];
        let compared: serde_json::Value =
            serde_json::from_str(&self.run("cookbook_peer.py", arguments.into_iter())).expect("it prints JSON");
        let questions = compared.as_object().expect("cells by question");
        assert!(questions.len() >= 8 && questions.values().all(|cells| cells.as_u64() > Some(0)), "{compared}");
    }

    /// Asks DuckDB the questions of the cookbook over tables below `data`, and compares with answers below `answers`.
    ///
    /// # Panics
    /// They differ.
    pub(crate) fn cookbook_duckdb(&self, [data, reference, answers]: [&Path; 3], at: &str) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let flags = [OsStr::new("--at"), OsStr::new(at), OsStr::new("--answers"), answers.as_os_str()];
        let arguments = [data, reference, root].map(Path::as_os_str).into_iter().chain(flags);
        let seconds: serde_json::Value =
            serde_json::from_str(&self.run("cookbook_duckdb.py", arguments)).expect("it prints JSON");
        assert!(seconds.as_object().expect("seconds by question").len() >= 10, "{seconds}");
    }

    /// What a program prints.
    ///
    /// # Panics
    /// It failed.
    pub(crate) fn run<'a>(&self, program: &str, arguments: impl Iterator<Item = &'a std::ffi::OsStr>) -> String {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(program);
        let output = Command::new(&self.python).arg(file).args(arguments).output().expect("python starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} ended with {}:\n{said}", output.status);
        String::from_utf8(output.stdout).expect("it prints UTF-8")
    }
}
