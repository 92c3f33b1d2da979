//! The options that name reference data, the same for every command that takes them.

use crate::reference::ReferenceInput;
use clap::Args;
use ingest::reference_files::{ReferenceFiles, ReferenceTable};
use std::path::{Path, PathBuf};

/// `--reference`, `--hcps-file`, `--accounts-file`, `--reference-config`.
#[derive(Debug, Clone, Args)]
pub struct ReferenceArgs {
    /// Reference data: a folder with a table by its name, such as hcps.csv, plans.ndjson or consents.parquet
    #[arg(long = "reference", value_name = "DIR")]
    folder: Option<PathBuf>,
    /// HCPs (.csv, .ndjson or .parquet), in place of the folder's
    #[arg(long, value_name = "FILE")]
    hcps_file: Option<PathBuf>,
    /// Accounts (.csv, .ndjson or .parquet), in place of the folder's
    #[arg(long, value_name = "FILE")]
    accounts_file: Option<PathBuf>,
    /// Reference data of this configuration of `run` (TOML): the files and the topics that its [reference] names
    #[arg(long, value_name = "FILE", conflicts_with_all = ["folder", "hcps_file", "accounts_file"])]
    reference_config: Option<PathBuf>,
}

impl ReferenceArgs {
    /// The configuration that names them.
    pub fn config(&self) -> Option<&Path> {
        self.reference_config.as_deref()
    }

    /// The files that were named.
    pub fn input(&self) -> ReferenceInput {
        let mut files = ReferenceFiles::default();
        let own = [(ReferenceTable::Hcps, &self.hcps_file), (ReferenceTable::Accounts, &self.accounts_file)];
        for (table, path) in own {
            path.iter().for_each(|path| files.set(table, path.clone()));
        }
        ReferenceInput { folder: self.folder.clone(), files, ..ReferenceInput::default() }
    }
}
