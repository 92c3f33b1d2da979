//! The options that name reference data, the same for every command that takes them.

use crate::reference::ReferenceInput;
use clap::Args;
use ingest::reference_files::{ReferenceFiles, ReferenceTable};
use std::path::PathBuf;

/// `--reference`, `--hcps-file`, `--accounts-file`.
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
}

impl ReferenceArgs {
    /// What was named.
    pub fn input(&self) -> ReferenceInput {
        let mut files = ReferenceFiles::default();
        let own = [(ReferenceTable::Hcps, &self.hcps_file), (ReferenceTable::Accounts, &self.accounts_file)];
        for (table, path) in own {
            path.iter().for_each(|path| files.set(table, path.clone()));
        }
        ReferenceInput { folder: self.folder.clone(), files, ..ReferenceInput::default() }
    }
}
