//! The `touchload` command: parse, run, and tell how it ended.

use clap::Parser;
use std::process::ExitCode;
use touchload::cli::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    #[cfg(feature = "failpoints")]
    let _armed = arm();
    touchload::command::execute(Cli::parse()).into()
}

/// Arms the crash points that `FAILPOINTS` names. A panic then ends the process on the spot, as a kill would: nothing is
/// unwound, flushed or given back.
#[cfg(feature = "failpoints")]
fn arm() -> fail::FailScenario<'static> {
    if std::env::var_os("FAILPOINTS").is_some() {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            report(panic);
            std::process::abort();
        }));
    }
    fail::FailScenario::setup()
}
