//! The options of each command. Structs say what was typed; nothing here opens a file, a socket or a clock.
//!
//! Counts are records or HCPs, rates are records per second, shares lie in 0..=1, `--data` is a folder or a URL.

mod amend;

pub use amend::{Amendment, EraseArgs, RetractArgs};

use crate::cli::{ReferenceArgs, value};
use crate::policy::template::TEMPLATES;
use chrono::NaiveDate;
use clap::builder::{PossibleValuesParser, RangedI64ValueParser};
use clap::{Args, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use touchpoint::{Kind, Micros};

/// As many HCPs as the simulation can make.
fn hcps() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=5_000_000)
}

/// More records per second than any cluster takes from one producer.
fn rate() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=10_000_000)
}

/// The working pattern of the simulated field force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Independent channels that each chase reach
    Coverage,
    /// Channels that steer towards each other's content
    Navigation,
    /// One plan with order and gaps across channels
    Orchestration,
}

impl Scenario {
    /// The text on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Coverage => "coverage",
            Self::Navigation => "navigation",
            Self::Orchestration => "orchestration",
        }
    }
}

impl From<Scenario> for simulate::Scenario {
    fn from(scenario: Scenario) -> Self {
        match scenario {
            Scenario::Coverage => Self::Coverage,
            Scenario::Navigation => Self::Navigation,
            Scenario::Orchestration => Self::Orchestration,
        }
    }
}

/// Whether `demo` takes over the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewChoice {
    /// The full-screen view, if standard output is a terminal.
    Terminal,
    /// Plain lines.
    Lines,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder or object-store URL for the tables; must be empty or made by a demo
    #[arg(long, value_name = "DIR", default_value = "./data")]
    pub data: PathBuf,
    /// Address of the HTTP endpoints
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8080", value_parser = value::address)]
    pub http: SocketAddr,
    /// Address that Postgres clients connect to
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:5433", value_parser = value::address)]
    pub sql: SocketAddr,
    /// Stop by itself after this long
    #[arg(long = "for", value_name = "DURATION", value_parser = value::positive_duration)]
    pub run_for: Option<Duration>,
    /// Records per second
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate: u32,
    /// Simulated HCPs
    #[arg(long, value_name = "N", default_value_t = 650, value_parser = hcps())]
    pub hcps: u32,
    /// The same seed gives the same records
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How the field force works
    #[arg(long, value_enum, default_value_t = Scenario::Coverage)]
    pub scenario: Scenario,
    /// Share of bad records, to watch rejection
    #[arg(long, value_name = "SHARE", default_value = "0.002", value_parser = value::share)]
    pub poison: f64,
    /// Reference data instead of the simulated ones.
    #[command(flatten)]
    pub reference: ReferenceArgs,
    /// Weights, budgets, gaps and quiet hours (TOML) instead of the demo's own; read again when it changes
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Tell this Alertmanager of alerts; may be given several times, once for each replica
    #[arg(long, value_name = "URL", value_parser = value::url)]
    pub alertmanager: Vec<String>,
    /// Print plain lines instead of the terminal view (as it does when standard output is no terminal)
    #[arg(long)]
    no_view: bool,
}

impl DemoArgs {
    /// What `--no-view` asks for.
    pub fn view(&self) -> ViewChoice {
        if self.no_view { ViewChoice::Lines } else { ViewChoice::Terminal }
    }
}

/// Options of `run`. Overrides win over the config file.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Folder or object-store URL of the tables, instead of the file's store.data
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
    /// Address of the HTTP endpoints, instead of the file's http.listen
    #[arg(long, value_name = "IP:PORT", value_parser = value::address)]
    pub http: Option<SocketAddr>,
    /// Let Postgres clients ask at this address, instead of the file's sql.listen
    #[arg(long, value_name = "IP:PORT", value_parser = value::address)]
    pub sql: Option<SocketAddr>,
    /// Reference data: a folder with a table by its name, instead of the file's [reference]
    #[arg(long, value_name = "DIR")]
    pub reference: Option<PathBuf>,
}

/// Where `simulate` puts its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimulateTarget<'a> {
    /// One NDJSON file per topic in this folder, and reference files in its folder `reference`.
    Folder(&'a PathBuf),
    /// A Kafka cluster, by its bootstrap servers.
    Kafka(&'a str),
}

/// Options of `simulate`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("target").required(true).args(["out", "kafka"]))]
pub struct SimulateArgs {
    /// Write NDJSON files into this folder, and reference files into its folder `reference`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Publish to this Kafka cluster
    #[arg(long, value_name = "BOOTSTRAP")]
    kafka: Option<String>,
    /// Simulated HCPs
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = hcps())]
    pub hcps: u32,
    /// Days of history
    #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3_660))]
    pub days: u32,
    /// First day [default: as many days before today as --days says]
    #[arg(long, value_name = "DATE", value_parser = value::date)]
    pub from: Option<NaiveDate>,
    /// The same seed gives the same records
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How the field force works
    #[arg(long, value_enum, default_value_t = Scenario::Coverage)]
    pub scenario: Scenario,
    /// Records per second; without it as fast as Kafka takes them
    #[arg(long, value_name = "N", conflicts_with = "out", value_parser = rate())]
    pub rate: Option<u32>,
    /// Share of bad records
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = value::share)]
    pub poison: f64,
    /// Instead of a field force: this many records as fast as they can be made, for load tests
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub firehose: Option<u64>,
    /// Instead of history: so many records of the present per second, until Ctrl-C
    #[arg(long, value_name = "N", conflicts_with_all = ["out", "rate", "firehose"], value_parser = rate())]
    pub live: Option<u32>,
    /// Create missing topics with this many partitions
    #[arg(long, value_name = "N", conflicts_with = "out", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub partitions: Option<u32>,
    /// Publish the reference data too, each table to the topic of this prefix and its name (`PREFIXhcps`, `PREFIXplan-steps`);
    /// missing topics are made, compacted
    #[arg(long, value_name = "PREFIX", conflicts_with = "out")]
    pub reference_topics: Option<String>,
}

impl SimulateArgs {
    /// Where the records go. `None` cannot be typed: `clap` demands exactly one of the two.
    pub fn target(&self) -> Option<SimulateTarget<'_>> {
        let folder = self.out.as_ref().map(SimulateTarget::Folder);
        folder.or_else(|| self.kafka.as_deref().map(SimulateTarget::Kafka))
    }
}

/// Which final rows `import` writes to `hcp_metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportDays {
    /// The final day only.
    Final,
    /// Every day of the imported span.
    Daily,
}

/// Options of `import`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("files").required(true).multiple(true)
    .args(["calls", "emails", "congress_invitations", "medical_requests"]))]
pub struct ImportArgs {
    /// Folder or object-store URL of the tables
    #[arg(long, value_name = "DIR")]
    pub data: String,
    /// Calls (NDJSON); may be given several times
    #[arg(long, value_name = "FILE")]
    calls: Vec<PathBuf>,
    /// E-mails (NDJSON); may be given several times
    #[arg(long, value_name = "FILE")]
    emails: Vec<PathBuf>,
    /// Congress invitations (NDJSON); may be given several times
    #[arg(long, value_name = "FILE")]
    congress_invitations: Vec<PathBuf>,
    /// Medical requests (NDJSON); may be given several times
    #[arg(long, value_name = "FILE")]
    medical_requests: Vec<PathBuf>,
    /// Reference data.
    #[command(flatten)]
    pub reference: ReferenceArgs,
    /// Weights, budgets, gaps and quiet hours (TOML) instead of the defaults
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Write a metrics row for every day instead of the final day only
    #[arg(long)]
    daily: bool,
    /// The final instant of the metrics [default: 00:00 UTC after the last record]
    #[arg(long, value_name = "INSTANT", value_parser = value::instant)]
    pub as_of: Option<Micros>,
}

impl ImportArgs {
    /// Every file with its kind, kinds in their own order, files of a kind as typed. At least one.
    pub fn files(&self) -> Vec<(Kind, &PathBuf)> {
        let kinds = [
            (Kind::Calls, &self.calls),
            (Kind::Emails, &self.emails),
            (Kind::Congress, &self.congress_invitations),
            (Kind::Requests, &self.medical_requests),
        ];
        kinds.into_iter().flat_map(|(kind, files)| files.iter().map(move |file| (kind, file))).collect()
    }

    /// What `--daily` asks for.
    pub fn days(&self) -> ImportDays {
        if self.daily { ImportDays::Daily } else { ImportDays::Final }
    }
}

/// What `config` can do.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Print the effective configuration with secrets masked, or every problem of the file
    #[command(after_help = "Example:\n  touchload config check touchload.toml")]
    Check {
        /// The configuration (TOML)
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// What `policy` can do.
#[derive(Debug, Subcommand)]
pub enum PolicyAction {
    /// Say in plain words what a policy file does, or every problem of it
    #[command(after_help = "Example:\n  touchload policy check policy.toml")]
    Check {
        /// The policy (TOML)
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print a shipped policy to begin with; without a name, the list of them
    #[command(after_help = "Examples:\n  touchload policy template\n  \
                            touchload policy template rep-email > policy.toml")]
    Template {
        /// Which one
        #[arg(value_name = "NAME", value_parser = template_names())]
        name: Option<String>,
    },
}

fn template_names() -> PossibleValuesParser {
    PossibleValuesParser::new(TEMPLATES.iter().map(|template| template.name))
}
