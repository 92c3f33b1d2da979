//! `touchload sql`: a statement, a file, or a prompt over stored tables or on a server. Reads only; may run beside a
//! pipeline. Ctrl-C ends the running statement: at the prompt that is all, elsewhere it is the end, and no file is left.

use super::{named, reference};
use crate::cli::value::UsageError;
use crate::cli::{ExitStatus, SqlArgs, SqlInput, SqlPlace};
use crate::clock::SystemClock;
use crate::format::WholeFile;
use crate::policy;
use crate::prompt::server::{Address, ServerError, password};
use crate::prompt::{STALENESS, Screen, Server, SessionEnd, SqlSession, Terminal, TerminalLines, converse, ctrl_c};
use crate::session::{Facts, StoredTables, half_of_memory};
use anyhow::Context;
use std::io::{IsTerminal, Read, Write};
use std::sync::Arc;
use std::time::Duration;
use store::{OpenMode, Store};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

pub(super) fn sql(args: &SqlArgs, runtime: &Runtime, out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    let session = match args.place() {
        SqlPlace::Data(data) => over_tables(args, data, runtime)?,
        SqlPlace::Server(url) => on_server(args, url, runtime)?,
    };
    let session = session.in_style(args.style());
    match args.input() {
        SqlInput::Text(text) => script(args, &session, text, runtime, out),
        SqlInput::File(path) => script(args, &session, &named::text(path)?, runtime, out),
        SqlInput::Prompt if !std::io::stdin().is_terminal() => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("reading SQL from standard input")?;
            script(args, &session, &text, runtime, out)
        }
        SqlInput::Prompt if args.output().is_some() => {
            Err(UsageError("--output goes with -c or -f; at the prompt, \\o FILE takes the next result".to_owned())
                .into())
        }
        SqlInput::Prompt => {
            // From here on Ctrl-C ends statements, also the first one, and never the process.
            let _heard = interrupts(runtime)?;
            let mut lines = TerminalLines::open()?;
            let terminal = Terminal::of_standard_output();
            if terminal.is_some() {
                writeln!(out, "touchload {}: \\? for help, \\d for tables, \\q to quit", env!("CARGO_PKG_VERSION"))?;
            }
            converse(&session, &mut lines, runtime.handle(), &ctrl_c, Screen::on(out, terminal))?;
            Ok(ExitStatus::Done)
        }
    }
}

fn over_tables(args: &SqlArgs, data: &str, runtime: &Runtime) -> anyhow::Result<SqlSession> {
    let reference = reference::given(&args.reference)?;
    let facts = Facts { policy: policy::in_force(args.policy.as_deref())?, reference, clock: Arc::new(SystemClock) };
    let store = Arc::new(runtime.block_on(Store::open(data, OpenMode::MustExist))?);
    let memory = args.memory.map_or_else(half_of_memory, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    let tables = StoredTables::new(store, facts, STALENESS).with_memory(memory);
    Ok(SqlSession::over(tables, args.style().format)?)
}

fn on_server(args: &SqlArgs, url: &str, runtime: &Runtime) -> anyhow::Result<SqlSession> {
    let address = Address::read(url).map_err(|error| UsageError(error.to_string()))?;
    let known = password::known(&address);
    let server = match runtime.block_on(Server::connect(address.clone(), known)) {
        Err(ServerError::NoPassword) if std::io::stdin().is_terminal() => {
            let typed = password::ask(&address, &mut std::io::stderr())?;
            runtime.block_on(Server::connect(address, Some(typed)))?
        }
        connected => connected?,
    };
    Ok(SqlSession::with(server, args.style().format))
}

/// Hears Ctrl-C from now on.
fn interrupts(runtime: &Runtime) -> std::io::Result<Signal> {
    let _inside = runtime.enter();
    signal(SignalKind::interrupt())
}

/// Runs a text to its end, or until Ctrl-C.
fn script(
    args: &SqlArgs,
    session: &SqlSession,
    text: &str,
    runtime: &Runtime,
    out: &mut dyn Write,
) -> anyhow::Result<ExitStatus> {
    let mut interrupted = interrupts(runtime)?;
    let mut run = |mut screen: Screen<'_>| -> anyhow::Result<Option<SessionEnd>> {
        runtime.block_on(async {
            tokio::select! {
                ended = session.run_script_on(text, &mut screen) => Ok(Some(ended?)),
                _ = interrupted.recv() => {
                    session.cancel().await;
                    Ok(None)
                }
            }
        })
    };
    let ended = match args.output() {
        None => run(Screen::on(out, Terminal::of_standard_output()))?,
        Some(file) => {
            let mut whole = WholeFile::named(file).context("--output")?;
            let ended = run(Screen::plain(&mut whole))?;
            if ended.is_some() {
                whole.finish().context("--output")?;
            }
            ended
        }
    };
    Ok(if ended.is_some() { ExitStatus::Done } else { ExitStatus::Interrupted })
}

/// Ends the runtime of statements. One that was cancelled may compute on without a pause: whoever quits does not wait for it.
pub(super) fn leave<T>(ended: T, runtime: Runtime) -> T {
    runtime.shutdown_timeout(Duration::from_millis(200));
    ended
}
