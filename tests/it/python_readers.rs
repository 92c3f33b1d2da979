//! The independent readers: Python programs of `tests/python`, run in the environment of `tests/setup/python.sh`.

use crate::test_setup;
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
