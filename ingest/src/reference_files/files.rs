//! Which file holds which table.

use super::problem::{Found, Origin, Problems};
use super::source::Format;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A table of reference data. Its name is the name of its file in a folder and of its key in a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceTable {
    /// HCPs.
    Hcps,
    /// Accounts.
    Accounts,
    /// Where HCPs work.
    Affiliations,
    /// Colleagues.
    People,
    /// Whom they look after.
    Panels,
    /// Who is on which plan.
    Plans,
    /// Steps of plans.
    PlanSteps,
    /// Captured consents.
    Consents,
    /// What holds without a capture.
    ConsentRules,
    /// Preferred channels.
    Preferences,
}

impl ReferenceTable {
    /// Every table.
    pub const ALL: [Self; 10] = [
        Self::Hcps,
        Self::Accounts,
        Self::Affiliations,
        Self::People,
        Self::Panels,
        Self::Plans,
        Self::PlanSteps,
        Self::Consents,
        Self::ConsentRules,
        Self::Preferences,
    ];

    /// The name, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hcps => "hcps",
            Self::Accounts => "accounts",
            Self::Affiliations => "affiliations",
            Self::People => "people",
            Self::Panels => "panels",
            Self::Plans => "plans",
            Self::PlanSteps => "plan_steps",
            Self::Consents => "consents",
            Self::ConsentRules => "consent_rules",
            Self::Preferences => "preferences",
        }
    }

    /// The table of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }
}

/// The files to load, at most one for a table; without a file nothing is known of its subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReferenceFiles {
    paths: BTreeMap<ReferenceTable, PathBuf>,
    problems: Problems,
}

impl ReferenceFiles {
    /// The files of a folder, a table by its name: `hcps.csv`, `plans.ndjson`, `consents.parquet`. Files of other endings
    /// and folders are passed over.
    ///
    /// What is wrong with the folder is a problem of loading, beside those of the files: it cannot be read or holds no
    /// table, a name is no table's, two files are of one table.
    pub fn in_folder(folder: &Path) -> Self {
        let mut files = Self::default();
        match listed(folder) {
            Ok(paths) => paths.into_iter().for_each(|path| files.add(path)),
            Err(error) => files.found(folder).unreadable(&error),
        }
        if files.is_empty() && files.problems.count() == 0 {
            let expected = format!("a folder with at least one of the tables {}", names());
            files.found(folder).note(None, None, expected);
        }
        files
    }

    fn add(&mut self, path: PathBuf) {
        let Some(table) = path.file_stem().and_then(|stem| ReferenceTable::named(stem.to_str()?)) else {
            let expected = format!("the name of a table before its ending: {}", names());
            return self.found(&path).note(None, None, expected);
        };
        let Some(other) = self.paths.get(&table) else { return self.set(table, path) };
        let other = other.file_name().unwrap_or_default().to_string_lossy();
        let expected = format!("one file for {}, and {other} is there too", table.name());
        self.found(&path).note(None, None, expected);
    }

    fn found(&mut self, path: &Path) -> Found<'_> {
        Found::new(Origin::File(path.to_owned()), &mut self.problems)
    }

    /// What is wrong with the folder that the files are from.
    pub(super) fn problems(&self) -> &Problems {
        &self.problems
    }

    /// Names the file of a table, in place of another one.
    pub fn set(&mut self, table: ReferenceTable, path: PathBuf) {
        self.paths.insert(table, path);
    }

    /// The file of a table.
    pub fn path(&self, table: ReferenceTable) -> Option<&Path> {
        self.paths.get(&table).map(PathBuf::as_path)
    }

    /// Tables with their files.
    pub fn iter(&self) -> impl Iterator<Item = (ReferenceTable, &Path)> {
        self.paths.iter().map(|(table, path)| (*table, path.as_path()))
    }

    /// Whether no table has a file.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }
}

/// The files of a folder whose endings are those of a format, by name.
fn listed(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if Format::of(&path).is_some() && !path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn names() -> String {
    ReferenceTable::ALL.map(ReferenceTable::name).join(", ")
}
