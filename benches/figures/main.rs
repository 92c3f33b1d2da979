//! The figures of docs/PERFORMANCE.md, each beside a limit that is measured in the same run.
//!
//! `cargo bench --bench figures -- [--quick] [--only FIGURE,…] [--into FILE]` prints a Markdown table for each figure, and
//! with `--into docs/PERFORMANCE.md` puts it there. Sizes are those of [`Sizes`]; `--quick` takes a minute or two and
//! proves that everything runs, its figures mean little. What a figure holds in memory is measured in a process of its own
//! (the hidden subcommands), so that no figure sees the heap of another.
//!
//! | module | the figure |
//! |---|---|
//! | [`generate`] | records of the simulator, beside copying them |
//! | [`decode`] | bytes into columns, beside a pass over the bytes |
//! | [`state`] | insert, retract, evaluate and memory, beside random access |
//! | [`budgets`] | a touch under many budgets, beside one |
//! | [`sql_hcp_now`] | statements over `hcp_now`, beside a loop over the same state |
//! | [`restore`] | tables to state, beside reading them |
//! | [`import`] | files to tables, beside DuckDB |
//! | [`cookbook`] | the questions of the cookbook, beside DuckDB over the same files |
//! | [`what_if`] | stored history under another policy, beside reading it |
//! | [`end_to_end`] | Kafka to committed tables, beside a bare drain |
//! | [`checks`] | `/v1/check` while the stream runs, beside `/healthz` |
//! | [`alerts`] | a record to its alert, beside a message through a topic |
//! | [`wire`] | rows over the Postgres wire, beside PostgreSQL 15 |
//! | [`analysts`] | ingest while analysts ask, beside ingest alone |
//! | [`pages`] | ingest while pages are open, and one in a browser |
//! | [`scrape`] | the scrape page, beside its bytes from a bare socket |
//!
//! | module | what they share |
//! |---|---|
//! | [`rows`] | synthetic decoded rows, any of them by its number |
//! | [`stage`], [`engine`], [`commits`] | a real Kafka, an engine that reads it, and what it committed |
//! | [`sql_door`], [`postgres_server`] | the SQL server of an engine, and PostgreSQL itself |
//! | [`asking`], [`page_clients`], [`http_client`], [`latencies`] | clients of the engine, and how long they waited |
//! | [`process`] | child processes: cores, CPU time, memory |
//! | [`table`], [`document`] | what is printed, and where it is kept |

mod alerts;
mod analysts;
mod asking;
mod budgets;
mod checks;
mod commits;
mod cookbook;
mod decode;
mod document;
mod end_to_end;
mod engine;
mod generate;
mod http_client;
mod import;
#[path = "../../tests/it/kafka_broker.rs"]
#[expect(dead_code, reason = "the fault tests need more of a broker than a bench")]
mod kafka_broker;
mod latencies;
mod page_clients;
mod pages;
#[path = "../../tests/it/postgres_client.rs"]
#[expect(dead_code, reason = "tests need more of a client than a bench")]
mod postgres_client;
mod postgres_server;
mod process;
mod restore;
mod rows;
mod scrape;
mod sql_door;
mod sql_hcp_now;
mod stage;
mod state;
mod table;
#[path = "../../tests/it/test_setup.rs"]
mod test_setup;
mod what_if;
mod wire;

use asking::AskArgs;
use clap::{Parser, Subcommand, ValueEnum};
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use table::Row;

// As in the product, or memory and allocation would be another's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Prints the figures of docs/PERFORMANCE.md.
#[derive(Debug, Parser)]
struct Options {
    /// Small sizes: seconds instead of minutes
    #[arg(long)]
    quick: bool,
    /// These figures only, with commas between them
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FIGURE")]
    only: Vec<Figure>,
    /// Put each table in its place in this file too
    #[arg(long, value_name = "FILE")]
    into: Option<PathBuf>,
    /// What cargo passes to every bench
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Figure {
    Generate,
    Decode,
    State,
    Budgets,
    SqlHcpNow,
    Restore,
    Import,
    Cookbook,
    CookbookLarge,
    WhatIf,
    EndToEnd,
    Checks,
    Alerts,
    Wire,
    Analysts,
    Pages,
    Scrape,
}

impl Figure {
    /// As on the command line.
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn measure(self, sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
        match self {
            Self::Generate => generate::rows(sizes),
            Self::Decode => decode::rows(sizes),
            Self::State => state::rows(sizes),
            Self::Budgets => budgets::rows(sizes),
            Self::SqlHcpNow => sql_hcp_now::rows(sizes),
            Self::Restore => restore::rows(sizes),
            Self::Import => import::rows(sizes),
            Self::Cookbook => cookbook::rows(sizes.cookbook, sizes.runs),
            // Half an hour as it is.
            Self::CookbookLarge => cookbook::rows(sizes.cookbook_large, 1),
            Self::WhatIf => what_if::rows(sizes),
            Self::EndToEnd => end_to_end::rows(sizes),
            Self::Checks => checks::rows(sizes),
            Self::Alerts => alerts::rows(sizes),
            Self::Wire => wire::rows(sizes),
            Self::Analysts => analysts::rows(sizes),
            Self::Pages => pages::rows(sizes),
            Self::Scrape => scrape::rows(sizes),
        }
    }
}

/// What runs in a process of its own; each that ends by itself prints one JSON object.
#[derive(Debug, Subcommand)]
enum Part {
    #[command(hide = true)]
    State { hcps: u64, per_hcp: u64 },
    #[command(hide = true)]
    Idle { hcps: u64 },
    #[command(hide = true)]
    Drain { servers: String, records: u64 },
    #[command(hide = true)]
    WriteLog { data: PathBuf, hcps: u64, records: u64 },
    #[command(hide = true)]
    Restore { data: PathBuf },
    #[command(hide = true)]
    Budgets { budgets: usize, hcps: u64, per_hcp: u64 },
    #[command(hide = true)]
    SqlHcpNow { hcps: u64 },
    #[command(hide = true)]
    ReadLog { data: PathBuf },
    #[command(hide = true)]
    Cookbook { data: PathBuf, reference: PathBuf, at: String, runs: usize, names: String },
    #[command(hide = true)]
    Stream { servers: String, rate: f64 },
    #[command(hide = true)]
    Look { address: SocketAddr, pages: usize, seconds: f64 },
    #[command(hide = true)]
    Ask(AskArgs),
}

/// How much of everything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    decode_records: u64,
    /// HCPs and records of each.
    states: [(u64, u64); 4],
    idle_hcps: u64,
    kafka_records: u64,
    import_records: u64,
    /// HCPs and records.
    cookbook: (u64, u64),
    cookbook_large: (u64, u64),
    restore: (u64, u64),
    /// HCPs and records of each.
    budget_state: (u64, u64),
    sql_hcps: [u64; 2],
    what_if_records: u64,
    what_if_alert_records: u64,
    /// In Kafka before an engine whose stream is to run at half of its maximum.
    stage_records: u64,
    /// Questions per second, and for how many seconds.
    checks: (f64, f64),
    /// Alerts in each of three phases; a rule that opens a hundred in ten minutes is in a storm and sums up.
    alert_probes: u64,
    /// For how long open pages are looked at while no record comes.
    page_seconds: f64,
    /// HCPs and records.
    scrape: (u64, u64),
    runs: usize,
}

const FULL: Sizes = Sizes {
    decode_records: 400_000,
    states: [(1_000, 50), (100_000, 10), (100_000, 50), (1_000_000, 50)],
    idle_hcps: 1_000_000,
    kafka_records: 3_000_000,
    import_records: 2_000_000,
    cookbook: (100_000, 10_000_000),
    cookbook_large: (1_000_000, 100_000_000),
    restore: (1_000_000, 10_000_000),
    budget_state: (10_000, 50),
    sql_hcps: [10_000, 1_000_000],
    what_if_records: 2_000_000,
    what_if_alert_records: 50_000,
    stage_records: 1_000_000,
    checks: (5_000.0, 20.0),
    alert_probes: 32,
    page_seconds: 30.0,
    scrape: (1_000_000, 2_000_000),
    runs: 2,
};

const QUICK: Sizes = Sizes {
    decode_records: 5_000,
    states: [(50, 50), (200, 10), (200, 50), (400, 50)],
    idle_hcps: 500,
    kafka_records: 20_000,
    import_records: 10_000,
    cookbook: (200, 20_000),
    cookbook_large: (400, 40_000),
    restore: (2_000, 20_000),
    budget_state: (200, 50),
    sql_hcps: [200, 2_000],
    what_if_records: 10_000,
    what_if_alert_records: 2_000,
    stage_records: 20_000,
    checks: (100.0, 1.0),
    alert_probes: 3,
    page_seconds: 3.0,
    scrape: (2_000, 4_000),
    runs: 1,
};

fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    match options.part {
        Some(part) => run_part(part).map(|()| ExitCode::SUCCESS),
        None => run_figures(&options),
    }
}

fn run_part(part: Part) -> anyhow::Result<()> {
    let printed = match part {
        Part::State { hcps, per_hcp } => state::measure(hcps, per_hcp)?,
        Part::Idle { hcps } => state::measure_idle(hcps)?,
        Part::Drain { servers, records } => end_to_end::drain(&servers, records)?,
        Part::WriteLog { data, hcps, records } => restore::write_log(&data, hcps, records)?,
        Part::Restore { data } => restore::measure(&data)?,
        Part::Budgets { budgets, hcps, per_hcp } => budgets::measure(budgets, hcps, per_hcp)?,
        Part::SqlHcpNow { hcps } => sql_hcp_now::measure(hcps)?,
        Part::ReadLog { data } => what_if::read(&data)?,
        Part::Cookbook { data, reference, at, runs, names } => {
            cookbook::measure([&data, &reference], &at, runs, &names)?
        }
        Part::Stream { servers, rate } => return stage::send(&servers, rate),
        Part::Look { address, pages, seconds } => page_clients::measure(address, pages, seconds)?,
        Part::Ask(args) => asking::measure(&args)?,
    };
    writeln!(std::io::stdout(), "{printed}")?;
    Ok(())
}

fn run_figures(options: &Options) -> anyhow::Result<ExitCode> {
    let sizes = if options.quick { QUICK } else { FULL };
    let mut ended = ExitCode::SUCCESS;
    let wanted = |figure: &&Figure| options.only.is_empty() || options.only.contains(figure);
    for figure in Figure::value_variants().iter().filter(wanted) {
        let name = figure.name();
        writeln!(std::io::stderr(), "measuring {name} …")?;
        let rows = match figure.measure(&sizes) {
            Ok(rows) => rows,
            Err(error) => {
                writeln!(std::io::stderr(), "{name} failed: {error:#}")?;
                ended = ExitCode::FAILURE;
                writeln!(std::io::stdout(), "{}", table::of(&[Row::failed(&name)]))?;
                continue;
            }
        };
        let table = table::of(&rows);
        writeln!(std::io::stdout(), "{table}")?;
        if let Some(file) = &options.into {
            document::put(file, &name, &table)?;
        }
    }
    Ok(ended)
}
