//! The `touchload` command: parse, run, and tell how it ended.

use clap::Parser;
use std::process::ExitCode;
use touchload::cli::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    touchload::command::execute(Cli::parse()).into()
}
