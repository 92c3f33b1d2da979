//! The options of `what-if`.

use crate::cli::{ReferenceArgs, value};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;
use touchpoint::{Audience, Micros};

/// When records count as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReplayClock {
    /// When the pipeline took them, so that late ones are late again; imported ones when they happened
    AsTaken,
    /// When they happened
    OnTime,
}

/// Whose view a what-if takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ViewedBy {
    /// Without medical records, and alerts that commercial people may see
    Commercial,
    /// Every record and every alert: for medical and compliance
    Full,
}

impl From<ViewedBy> for Audience {
    fn from(view: ViewedBy) -> Self {
        match view {
            ViewedBy::Commercial => Self::Commercial,
            ViewedBy::Full => Self::Full,
        }
    }
}

/// Whether the alert rules are replayed, which takes most of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertReplay {
    /// Under both policies.
    Both,
    /// Not at all.
    Skipped,
}

/// What stands for people in what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownIds {
    /// Pseudonyms in lists, nobody on the page.
    Pseudonyms,
    /// The ids as they are.
    Plain,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Sentences and tables, for people
    Table,
    /// One value per line with its part, group and measure
    Csv,
    /// One object
    Json,
}

/// Options of `what-if`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("tried").required(true).multiple(true).args(["policy", "plan"]))]
pub struct WhatIfArgs {
    /// Folder or object-store URL of the tables; they are only read
    #[arg(long, value_name = "DIR")]
    pub data: String,
    /// The policy to try (TOML); without it the one in force, for the touches of --plan
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Planned touches to put on top of what happened (.csv, .ndjson or .parquet)
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// The policy in force (TOML), with which to compare, instead of the defaults
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// First instant of the span [default: the day of the first record]
    #[arg(long, value_name = "INSTANT", value_parser = value::instant)]
    pub from: Option<Micros>,
    /// End of the span [default: the end of the day of the last record or planned touch]
    #[arg(long, value_name = "INSTANT", value_parser = value::instant)]
    pub to: Option<Micros>,
    /// A held touch that would have to wait longer is not made
    #[arg(long, value_name = "DURATION", default_value = "14d", value_parser = value::positive_duration)]
    pub longest_wait: Duration,
    /// Time between two looks of the alert rules
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = value::positive_duration)]
    pub every: Duration,
    /// When alert rules know a record
    #[arg(long, value_enum, default_value_t = ReplayClock::AsTaken)]
    pub clock: ReplayClock,
    /// Leave the alert rules out, which take most of the time
    #[arg(long)]
    skip_alerts: bool,
    /// Whose view
    #[arg(long, value_enum, default_value_t = ViewedBy::Commercial)]
    pub audience: ViewedBy,
    /// How the report is written
    #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
    pub format: ReportFormat,
    /// Write a page with charts, which needs no other file, for a browser or a mail
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write every held touch and when it would have gone (CSV)
    #[arg(long, value_name = "FILE")]
    pub held: Option<PathBuf>,
    /// Write every alert of both policies (CSV)
    #[arg(long, value_name = "FILE", conflicts_with = "skip_alerts")]
    pub alerts: Option<PathBuf>,
    /// Show ids of HCPs and accounts as they are, instead of pseudonyms
    #[arg(long)]
    ids: bool,
    /// File of the key of ids and pseudonyms (`alerts.key_file` of a run), so that they are those of its alerts
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Memory for the records of one pass over the tables; with less there are more passes
    #[arg(long, value_name = "SIZE", default_value = "4GiB", value_parser = value::size)]
    pub memory: u64,
    /// Reference data.
    #[command(flatten)]
    pub reference: ReferenceArgs,
}

impl WhatIfArgs {
    /// What `--skip-alerts` asks for.
    pub fn alert_replay(&self) -> AlertReplay {
        if self.skip_alerts { AlertReplay::Skipped } else { AlertReplay::Both }
    }

    /// What `--ids` asks for.
    pub fn shown_ids(&self) -> ShownIds {
        if self.ids { ShownIds::Plain } else { ShownIds::Pseudonyms }
    }
}
