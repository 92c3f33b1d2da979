//! The figures of docs/PERFORMANCE.md, each beside a limit that is measured in the same run.
//!
//! `cargo bench --bench figures -- [--quick] [--only FIGURE]` prints one Markdown table. Sizes are those of [`Sizes`];
//! `--quick` takes seconds and proves that everything runs, its figures mean little. What a figure holds in memory is
//! measured in a process of its own (the hidden subcommands), so that no figure sees the heap of another.
//!
//! | module | the figure |
//! |---|---|
//! | [`decode`] | bytes into columns, beside a pass over the bytes |
//! | [`state`] | insert, retract, evaluate and memory, beside random access |
//! | [`end_to_end`] | Kafka to committed tables, beside a bare drain |
//! | [`import`] | files to tables, beside DuckDB |
//! | [`restore`] | tables to state, beside reading them |
//! | [`what_if`] | tables replayed under another policy |
//!
//! | module | what they share |
//! |---|---|
//! | [`rows`] | synthetic decoded rows, any of them by its number |
//! | [`process`] | child processes: cores, CPU time, memory |
//! | [`table`] | what is printed |

mod decode;
mod end_to_end;
mod import;
#[path = "../../tests/it/kafka_broker.rs"]
#[expect(dead_code, reason = "the fault tests need more of a broker than a bench")]
mod kafka_broker;
mod process;
mod restore;
mod rows;
mod state;
mod table;
#[path = "../../tests/it/test_setup.rs"]
mod test_setup;
mod what_if;

use clap::{Parser, Subcommand, ValueEnum};
use std::io::Write;
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
    /// One figure only
    #[arg(long, value_enum)]
    only: Option<Figure>,
    /// What cargo passes to every bench
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Figure {
    Decode,
    State,
    Restore,
    Import,
    EndToEnd,
    WhatIf,
}

/// What runs in a process of its own; each prints one JSON object.
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
    restore: (u64, u64),
    runs: usize,
}

const FULL: Sizes = Sizes {
    decode_records: 400_000,
    states: [(1_000, 50), (100_000, 10), (100_000, 50), (1_000_000, 50)],
    idle_hcps: 1_000_000,
    kafka_records: 3_000_000,
    import_records: 2_000_000,
    restore: (1_000_000, 10_000_000),
    runs: 2,
};

const QUICK: Sizes = Sizes {
    decode_records: 5_000,
    states: [(50, 50), (200, 10), (200, 50), (400, 50)],
    idle_hcps: 500,
    kafka_records: 20_000,
    import_records: 10_000,
    restore: (2_000, 20_000),
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
    };
    writeln!(std::io::stdout(), "{printed}")?;
    Ok(())
}

fn run_figures(options: &Options) -> anyhow::Result<ExitCode> {
    let sizes = if options.quick { QUICK } else { FULL };
    let figures: [(Figure, fn(&Sizes) -> anyhow::Result<Vec<Row>>); 6] = [
        (Figure::Decode, decode::rows),
        (Figure::State, state::rows),
        (Figure::Restore, restore::rows),
        (Figure::Import, import::rows),
        (Figure::EndToEnd, end_to_end::rows),
        (Figure::WhatIf, what_if::rows),
    ];
    let mut rows = Vec::new();
    let mut ended = ExitCode::SUCCESS;
    for (figure, run) in figures.into_iter().filter(|(f, _)| options.only.is_none_or(|only| only == *f)) {
        writeln!(std::io::stderr(), "measuring {figure:?} …")?;
        match run(&sizes) {
            Ok(measured) => rows.extend(measured),
            Err(error) => {
                writeln!(std::io::stderr(), "{figure:?} failed: {error:#}")?;
                rows.push(Row::failed(&format!("{figure:?}")));
                ended = ExitCode::FAILURE;
            }
        }
    }
    table::write(&rows, &mut std::io::stdout().lock())?;
    Ok(ended)
}
