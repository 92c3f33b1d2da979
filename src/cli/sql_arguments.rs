//! The options of `sql`.

use crate::cli::ReferenceArgs;
use crate::cli::value;
use crate::format::{Look, OutputFormat, Style};
use clap::Args;
use std::path::{Path, PathBuf};

/// Where `sql` takes its statements from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlInput<'a> {
    /// The text behind `-c`.
    Text(&'a str),
    /// The file behind `-f`.
    File(&'a PathBuf),
    /// A prompt, or standard input when that is no terminal.
    Prompt,
}

/// Where the statements of `sql` run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlPlace<'a> {
    /// Over the tables of this folder or object-store URL.
    Data(&'a str),
    /// On the server of this URL.
    Server(&'a str),
}

/// Options of `sql`.
#[derive(Debug, Args)]
pub struct SqlArgs {
    /// Folder or object-store URL of the tables
    #[arg(long, value_name = "DIR", required_unless_present = "server", conflicts_with = "server")]
    data: Option<String>,
    /// A server instead: postgres://USER@HOST:PORT?sslmode=MODE&sslrootcert=FILE; the password comes from PGPASSWORD,
    /// ~/.pgpass or the keyboard
    #[arg(
        long,
        value_name = "URL",
        conflicts_with_all = ["folder", "hcps_file", "accounts_file", "reference_config", "policy"]
    )]
    server: Option<String>,
    /// Run these statements, separated by semicolons, and end
    #[arg(short = 'c', long = "command", value_name = "SQL", conflicts_with = "file")]
    command: Option<String>,
    /// Run the statements of this file and end
    #[arg(short = 'f', long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// How results are written [default: table, or what the name of --output says]; all but table stream any number of
    /// rows
    #[arg(long, value_enum)]
    format: Option<OutputFormat>,
    /// Write the results to this file, which is there whole or not at all
    #[arg(short = 'o', long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// A block per row instead of a line, for wide rows
    #[arg(short = 'x', long)]
    expanded: bool,
    /// Memory that a statement may use before it goes to the disk [default: half of the machine's, or of the container's]
    #[arg(long, value_name = "SIZE", value_parser = at_least_64_mib, conflicts_with = "server")]
    pub memory: Option<u64>,
    /// Reference data.
    #[command(flatten)]
    pub reference: ReferenceArgs,
    /// Weights, budgets, gaps and quiet hours (TOML) instead of the defaults
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
}

/// With less, no statement could sort anything.
fn at_least_64_mib(text: &str) -> Result<u64, String> {
    match value::size(text).map_err(|error| error.to_string())? {
        size if size < 64 << 20 => Err("expected at least 64MiB".to_owned()),
        size => Ok(size),
    }
}

impl SqlArgs {
    /// Where the statements come from.
    pub fn input(&self) -> SqlInput<'_> {
        match (&self.command, &self.file) {
            (Some(text), _) => SqlInput::Text(text),
            (None, Some(file)) => SqlInput::File(file),
            (None, None) => SqlInput::Prompt,
        }
    }

    /// Where they run.
    pub fn place(&self) -> SqlPlace<'_> {
        match &self.server {
            Some(url) => SqlPlace::Server(url),
            None => SqlPlace::Data(self.data.as_deref().unwrap_or_default()),
        }
    }

    /// The file of the results, if it is not standard output.
    pub fn output(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    /// How results are written.
    pub fn style(&self) -> Style {
        let by_name = || self.output().and_then(OutputFormat::of_file);
        let format = self.format.or_else(by_name).unwrap_or(OutputFormat::Table);
        Style { look: if self.expanded { Look::Blocks } else { Look::Rows }, ..format.into() }
    }
}
