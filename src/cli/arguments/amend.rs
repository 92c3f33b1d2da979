//! The options of what changes stored rows afterwards: `retract` and `erase`.

use crate::cli::{ReferenceArgs, value};
use clap::Args;
use std::path::PathBuf;
use touchpoint::Micros;

/// Whether a command shows what it would do, or does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amendment {
    /// Nothing is changed.
    DryRun,
    /// It is done.
    Executed,
}

/// Options of `retract`.
#[derive(Debug, Args)]
pub struct RetractArgs {
    /// Folder or object-store URL of the tables
    #[arg(long, value_name = "DIR")]
    pub data: String,
    /// The source system whose records are taken back, as they name it (without a name: the default topic of their kind)
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub source: String,
    /// Those that were accepted (`ingested_at`) at or after the first instant and before the second
    #[arg(long, num_args = 2, required = true, value_names = ["FROM", "TO"], value_parser = value::instant)]
    ingested_between: Vec<Micros>,
    /// Only those of this Kafka topic, or of this imported file (`import:<sha256>`)
    #[arg(long, value_name = "TOPIC", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub topic: Option<String>,
    /// Produce the records to the input topics of this configuration of `run`, for a pipeline that runs and for other readers
    /// of the topics, instead of appending them to the log
    #[arg(long, value_name = "CONFIG")]
    pub to_kafka: Option<PathBuf>,
    /// Do it; without this nothing is changed
    #[arg(long)]
    execute: bool,
    /// Reference data.
    #[command(flatten)]
    pub reference: ReferenceArgs,
    /// Weights, budgets, gaps and quiet hours (TOML) instead of the defaults
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
}

impl RetractArgs {
    /// From when, and before when. `clap` demands exactly two instants.
    pub fn span(&self) -> (Micros, Micros) {
        let at = |place: usize| self.ingested_between.get(place).copied().unwrap_or_default();
        (at(0), at(1))
    }

    /// What `--execute` asks for.
    pub fn amendment(&self) -> Amendment {
        if self.execute { Amendment::Executed } else { Amendment::DryRun }
    }
}

/// Options of `erase`.
#[derive(Debug, Args)]
pub struct EraseArgs {
    /// Folder or object-store URL of the tables
    #[arg(long, value_name = "DIR")]
    pub data: String,
    /// The `hcp_id` of the person
    #[arg(long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub hcp: String,
    /// The configuration of `run`: its alert topics are cleared too, and its reference topics looked through
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Do it, beyond recall; without this nothing is changed
    #[arg(long)]
    execute: bool,
}

impl EraseArgs {
    /// What `--execute` asks for.
    pub fn amendment(&self) -> Amendment {
        if self.execute { Amendment::Executed } else { Amendment::DryRun }
    }
}
