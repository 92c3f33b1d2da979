//! Rows that the commits of a table have added, as the Delta log shows them to somebody else.

use anyhow::Context;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each commit is read once.
pub(crate) struct Commits {
    log: PathBuf,
    rows: BTreeMap<PathBuf, u64>,
}

impl Commits {
    /// Of `touchpoint_log` below a folder of tables.
    pub(crate) fn of_log(data: &Path) -> Self {
        Self { log: data.join("touchpoint_log").join("_delta_log"), rows: BTreeMap::new() }
    }

    /// All rows that were ever added.
    pub(crate) fn rows(&mut self) -> anyhow::Result<u64> {
        for entry in fs::read_dir(&self.log)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "json") && !self.rows.contains_key(&path) {
                let added = added_rows(&path)?;
                self.rows.insert(path, added);
            }
        }
        Ok(self.rows.values().sum())
    }
}

fn added_rows(commit: &Path) -> anyhow::Result<u64> {
    let mut rows = 0;
    for line in fs::read_to_string(commit)?.lines() {
        let action: Value = serde_json::from_str(line)?;
        let add = &action["add"];
        if add["dataChange"] == true {
            let stats: Value = serde_json::from_str(add["stats"].as_str().context("a file without statistics")?)?;
            rows += stats["numRecords"].as_u64().context("a file without a number of rows")?;
        }
    }
    Ok(rows)
}
