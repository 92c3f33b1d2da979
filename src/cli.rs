//! What was typed: commands and options, each value parsed strictly, nothing looked up and nothing opened.
//!
//! Exit codes: 0 done, 1 failed, 2 bad usage or bad configuration, 3 a checked touch is denied, 130 ended by Ctrl-C before
//! it was done. `clap` itself answers
//! `--help` and `--version` with 0 and a usage error with 2; [`ExitStatus`] names them for the commands.
//!
//! Defaults of `run` live in `config/default.toml`, not here: its options are overrides, `None` when not typed.

mod alert_arguments;
mod arguments;
mod check_arguments;
mod reference;
mod sql_arguments;
#[cfg(test)]
mod tests;
mod touch_arguments;
mod user_arguments;
pub mod value;
mod what_if_arguments;

pub use alert_arguments::{AckArgs, AlertsArgs};
pub use arguments::{
    Amendment, ConfigAction, DemoArgs, EraseArgs, ImportArgs, ImportDays, PolicyAction, RetractArgs, RunArgs, Scenario,
    SimulateArgs, SimulateTarget, ViewChoice,
};
pub use reference::ReferenceArgs;
pub use sql_arguments::{SqlArgs, SqlInput, SqlPlace};

pub use check_arguments::{CheckArgs, CheckFormat};
pub use touch_arguments::{TRIED_PRODUCT, TouchArgs, TouchChannel};
pub use user_arguments::{NewUser, UserAction};
pub use what_if_arguments::{AlertReplay, ReplayClock, ReportFormat, ShownIds, ViewedBy, WhatIfArgs};

use clap::{Parser, Subcommand, ValueEnum};

/// Live interruption load and cross-channel coherence per healthcare professional.
#[derive(Debug, Parser)]
#[command(
    name = "touchload",
    version,
    about = "How much is each healthcare professional being interrupted, and do the touches add up?",
    long_about = "Touchload reads calls, e-mails, congress invitations and medical requests from Kafka, keeps exact \
                  trailing windows per healthcare professional (HCP), and serves interruption load and cross-channel \
                  coherence to Prometheus, to Delta tables and to SQL.",
    after_help = "Start here:\n  touchload demo\n\nExit status: 0 done, 1 failed, 2 bad usage or bad configuration, \
                  3 a checked touch is denied, 130 ended by Ctrl-C before it was done.",
    propagate_version = true,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub struct Cli {
    /// Say more in the log: -v debug, -vv trace
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet", help_heading = "Log")]
    verbose: u8,

    /// Log errors only, and show no progress
    #[arg(short, long, global = true, help_heading = "Log")]
    quiet: bool,

    /// How log lines are written to standard error [default: text, or what the config file says]
    #[arg(long, global = true, value_name = "FORMAT", value_enum, help_heading = "Log")]
    pub log_format: Option<LogFormat>,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// How much the log says, from `-v` and `-q`.
    pub fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Errors,
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Debug,
            (false, _) => Verbosity::Trace,
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Everything in one process: embedded broker, simulated traffic, tables, endpoints and a terminal view
    #[command(
        long_about = "Runs the whole pipeline in one process: an embedded in-memory Kafka broker, simulated traffic \
                      through the real consumers, Delta tables, HTTP endpoints and a terminal view. Nothing needs to \
                      be installed. Starts only in an empty folder or in one that a demo made.",
        after_help = "Example:\n  touchload demo --for 30s --rate 2000\n\nQuit with q or Ctrl-C."
    )]
    Demo(DemoArgs),

    /// Read the four topics of a Kafka cluster and keep tables and endpoints current
    #[command(
        long_about = "Joins the consumer group, keeps the windows of every HCP of its partitions, commits tables and \
                      offsets together, and serves the endpoints, until it is stopped with Ctrl-C or SIGTERM. A \
                      process that is killed loses nothing: it starts again from its tables.",
        after_help = "Example:\n  touchload run --config touchload.toml\n\n\
                      Check the file first with `touchload config check touchload.toml`."
    )]
    Run(RunArgs),

    /// Generate a seeded workload, into Kafka or into NDJSON files
    #[command(
        long_about = "Generates the same records for the same seed and options: calls, e-mails, congress invitations \
                      and medical requests of a field force, with late, duplicate, edited, deleted and (with --poison) \
                      bad records. They go to Kafka at a rate or as fast as it takes them, or into one NDJSON file per \
                      topic, and all reference tables into the folder `reference` beside them.",
        after_help = "Examples:\n  touchload simulate --out ./workload --hcps 1000 --days 90 --seed 7\n\
                      \x20 touchload simulate --kafka localhost:9092 --rate 5000 --reference-topics reference."
    )]
    Simulate(SimulateArgs),

    /// Load history from NDJSON files into the tables, through the decoder and the windows of `run`
    #[command(
        long_about = "Loads bounded history from NDJSON files through the same decoder, state and tables as `run`. All \
                      files are one batch: the order of files and lines is no time. Importing the same content again \
                      adds nothing. Refuses a folder that a running pipeline owns.",
        after_help = "Examples:\n  touchload import --data ./data --calls calls.ndjson --emails emails.ndjson\n\
                      \x20 touchload import --data ./data --reference ./reference --calls calls.ndjson"
    )]
    Import(ImportArgs),

    /// Query the tables or a server: a prompt, one command line, or a file
    #[command(
        long_about = "Queries the tables of a data folder, also beside a running pipeline, or a server that speaks the \
                      Postgres protocol. Without -c and -f it opens a prompt with history, completion (Tab) and a help \
                      (\\?), or reads statements from standard input when that is no terminal. Statements end with a \
                      semicolon. Over tables they read: what would make, change or copy something is refused, and no \
                      file can be named; each sees the newest committed rows, at most a second old. JSON output is one \
                      object per line. On a terminal, tables are fitted to its width, and what is longer than the \
                      screen is shown by $PAGER, or less -S.",
        after_help = "Examples:\n  touchload sql --data ./data\n  \
                      touchload sql --data ./data -c \"SELECT hcp_id, visits_per_week FROM hcp_now LIMIT 10\"\n  \
                      touchload sql --data ./data -c \"SELECT * FROM touchpoints\" --output touchpoints.parquet\n  \
                      touchload sql --server postgres://ana@sql.example:5432 -f weekly.sql --format csv"
    )]
    Sql(SqlArgs),

    /// Take back a bad feed: what it changed becomes again what it was
    #[command(
        long_about = "Takes back the records of a source that were accepted in a span of time: what only they knew is \
                      deleted, what they replaced is stated again, and every number follows. Appends records to the \
                      log and removes none; with --to-kafka produces them to the input topics instead, beside a running \
                      pipeline. Shows what it would do, and does it with --execute only; without --to-kafka it then \
                      refuses a folder that a running pipeline owns. What the source sends again must have a greater \
                      version, or counts when the same command is run once more.",
        after_help = "Examples:\n  touchload retract --data ./data --source crm \
                      --ingested-between 2026-03-05T00:00:00Z 2026-03-05T06:30:00Z\n\
                      \x20 touchload retract --data ./data --source crm --to-kafka touchload.toml \
                      --ingested-between 2026-03-05T00:00:00Z 2026-03-05T06:30:00Z"
    )]
    Retract(RetractArgs),

    /// Forget an HCP: no byte of the id stays in the data folder
    #[command(
        long_about = "Forgets an HCP beyond recall: rewrites every table without them, deletes old files and log entries \
                      at once, keeps a keyed hash so that neither a replay nor an import brings them back, and looks into \
                      every file for what is left. With --config the alert topics are cleared too, and rows of reference \
                      topics named. Shows what it would do, and does it with --execute only; it then refuses a folder \
                      that a running pipeline owns. Killed half-way it is finished by the same command. What lies \
                      elsewhere is not reached: the four input topics, reference files, backups.",
        after_help = "Example:\n  touchload erase --data ./data --config touchload.toml --hcp hcp-000123"
    )]
    Erase(EraseArgs),

    /// Ask a running touchload whether an HCP may be touched now
    #[command(
        long_about = "Asks a running `run` or `demo` over HTTP whether HCPs may be touched, and tells the verdict, every \
                      reason, when the HCP is free again, and what the touch would do to load and coherence. One touch \
                      is described by options; up to 1,000 by a JSON file as POST /v1/check takes it.",
        after_help = "Examples:\n  touchload check --hcp hcp-000123 --channel email --origin rep --owner rep-0042\n\
                      \x20 touchload check --url https://touchload.example --token-file token -f proposals.json \
                      --format json\n\nExit status: 0 allowed, perhaps with a warning; 3 any touch denied; 1 no \
                      answer; 2 bad usage."
    )]
    Check(CheckArgs),

    /// List the open alerts of a running touchload
    #[command(
        long_about = "Asks a running `run` or `demo` over HTTP for its open alerts, the ones that began last first: what \
                      holds, since when, what did it, and what to do.",
        after_help = "Example:\n  touchload alerts --rule over_budget --state firing"
    )]
    Alerts(AlertsArgs),

    /// Accept an open alert, with a reason
    #[command(
        long_about = "Accepts an open alert of a running `run` or `demo` over HTTP. It stays open until its condition \
                      ends, and no pager rings any more. Reasons are a closed list: agreed_with_hcp, exception, \
                      data_error, handled.",
        after_help = "Example:\n  touchload ack 5f2b9c0e8d1a4b7c6e3f0a9d8c7b6a50 --reason handled"
    )]
    Ack(AckArgs),

    /// Touch an HCP some times, as records in Kafka, to see what follows
    #[command(
        long_about = "Publishes records of touches of one HCP to the topics of a Kafka cluster, for trying things out: a \
                      demo prints the address of its own broker. These are records like any others: do not send them to \
                      a cluster whose numbers matter. Keys are hashed as Java producers do (murmur2).",
        after_help = "Example:\n  touchload touch --brokers 127.0.0.1:41231 --hcp hcp-000042 --channel rep_email"
    )]
    Touch(TouchArgs),

    /// Replay stored history under another policy, or with a plan on top, and say what would have been otherwise
    #[command(
        long_about = "Replays stored history HCP by HCP under another policy, or with planned touches put on top of it, \
                      and tells which touches would have been held and when they would have gone, what load and \
                      coherence would be, and which alerts would have fired. Reads the tables, also beside a running \
                      pipeline, and changes nothing. Needs no clock: every instant is a record's own.",
        after_help = "Examples:\n  touchload what-if --data ./data --policy stricter.toml --html what-if.html\n\
                      \x20 touchload what-if --data ./data --policy stricter.toml --from 2026-01-01 --to 2026-04-01 \
                      --format csv\n\
                      \x20 touchload what-if --data ./data --baseline policy.toml --plan calendar.csv"
    )]
    WhatIf(WhatIfArgs),

    /// Look at configuration
    #[command(
        long_about = "Looks at the configuration of `run` without starting anything.",
        after_help = "Example:\n  touchload config check touchload.toml"
    )]
    Config {
        /// What to do with it.
        #[command(subcommand)]
        action: ConfigAction,
    },

    /// Let people log in to the SQL server, and out
    #[command(
        long_about = "Writes the users file of the SQL server ([sql] users): who may log in, and as what. It holds \
                      verifiers, from which no password can be read. The password is asked for twice on a terminal, or \
                      read as one line from standard input. A running process takes the file within seconds.",
        after_help = "Examples:\n  touchload user add anna --role analyst --file users.toml\n\
                      \x20 touchload user add bert --role commercial --territory DE-1 --owner rep-0042 --file users.toml\n\
                      \x20 touchload user list --file users.toml"
    )]
    User {
        /// What to do.
        #[command(subcommand)]
        action: UserAction,
    },

    /// Look at policies: budgets, gaps, quiet hours, weights, alert thresholds
    #[command(
        long_about = "Looks at policy files without starting anything: says in plain words what one does, and prints \
                      shipped ones to begin with.",
        after_help = "Examples:\n  touchload policy template cross-channel > policy.toml\n  \
                      touchload policy check policy.toml"
    )]
    Policy {
        /// What to do with them.
        #[command(subcommand)]
        action: PolicyAction,
    },
}

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object per line
    Json,
}

impl LogFormat {
    /// The text used on the command line and in the config file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// How much the log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Errors only, no progress.
    Errors,
    /// What the configuration says.
    Normal,
    /// Debug lines too.
    Debug,
    /// Everything.
    Trace,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything asked for was done.
    Done,
    /// Something failed while doing it.
    Failed,
    /// The command line or the configuration was wrong; nothing was done.
    BadUsage,
    /// It was done, and its answer is no: `check` of a touch that is denied.
    Denied,
    /// Ctrl-C ended it before it was done.
    Interrupted,
}

impl ExitStatus {
    /// The number that the caller sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::BadUsage => 2,
            Self::Denied => 3,
            Self::Interrupted => 130,
        }
    }
}

impl From<ExitStatus> for std::process::ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}
