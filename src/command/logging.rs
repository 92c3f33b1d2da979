//! Where log lines go: standard error, or nowhere while the terminal view draws.

use crate::cli::{LogFormat, Verbosity, ViewChoice};
use std::io::IsTerminal;
use tracing::Level;
use tracing_subscriber::EnvFilter;

/// Whether the screen belongs to something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quiet {
    /// Lines are welcome.
    No,
    /// A terminal view draws: only when it falls back to plain lines.
    ForView(ViewChoice),
}

pub(super) fn start(quiet: Quiet, format: Option<LogFormat>, verbosity: Verbosity) {
    let drawing = quiet == Quiet::ForView(ViewChoice::Terminal) && std::io::stdout().is_terminal();
    start_at(if drawing { Level::ERROR } else { Level::WARN }, format.unwrap_or(LogFormat::Text), verbosity);
}

/// Lines of `normal` and above, unless the command line asks for more or less.
pub(super) fn start_at(normal: Level, format: LogFormat, verbosity: Verbosity) {
    let level = match verbosity {
        Verbosity::Errors => Level::ERROR,
        Verbosity::Normal => normal,
        Verbosity::Debug => Level::DEBUG,
        Verbosity::Trace => Level::TRACE,
    };
    // Libraries may put content into their lines; below warnings only our own crates speak.
    let ours = ["touchload", "ingest", "processors", "store", "serve", "simulate"];
    let directives: Vec<String> = ours.iter().map(|name| format!("{name}={level}")).collect();
    let filter = EnvFilter::new(format!("{},{}", level.min(Level::WARN), directives.join(",")));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    // A second command in one process (tests) keeps the first one's log.
    drop(started);
}
