//! The prompt's loop: read lines, gather a statement, run it so that Ctrl-C can end it, say what happened, repeat.
//!
//! Blocks the calling thread, which must not be one of the runtime's own: lines are read synchronously, statements run
//! on the runtime handed in. The only clock read is the stopwatch of `\timing`.

use crate::format::{Delivered, FormatError, Look, OutputFormat, Style, WholeFile, write_results};
use crate::prompt::functions::Found;
use crate::prompt::orders::{self, Order};
use crate::prompt::vocabulary::learn;
use crate::prompt::{
    Pager, Screen, SessionEnd, SqlError, SqlSession, Vocabulary, catalog, functions, place, statements,
};
use crate::summary::counted;
use clap::ValueEnum;
use datafusion::execution::SendableRecordBatchStream;
use futures::future::BoxFuture;
use std::future::Future;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

const PROMPT: &str = "touchload> ";
const CONTINUED: &str = "      ...> ";

/// What a source of lines gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypedLine {
    /// A line, without its end.
    Text(String),
    /// Ctrl-C.
    Interrupted,
    /// Ctrl-D, or nothing more to read.
    End,
}

/// Where lines come from.
pub trait LineSource {
    /// Why no more lines can come.
    type Error;

    /// Shows the prompt and waits for a line. `before` is what was typed of the statement so far.
    ///
    /// # Errors
    /// The source broke; the conversation is over.
    fn read(&mut self, prompt: &str, before: &str) -> Result<TypedLine, Self::Error>;

    /// Keeps a statement for later sessions.
    fn remember(&mut self, entry: &str);

    /// Takes the names that can be completed; they come a little later.
    fn know(&mut self, vocabulary: Arc<OnceLock<Vocabulary>>);
}

/// A future that ends when the user wants the running statement to stop.
pub type Interrupt<'a> = dyn Fn() -> BoxFuture<'static, ()> + 'a;

/// Waits for Ctrl-C. If signals cannot be had, statements cannot be cancelled.
pub fn ctrl_c() -> BoxFuture<'static, ()> {
    Box::pin(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

enum Next {
    Go,
    Quit,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Timing {
    Shown,
    Hidden,
}

/// Talks until the user quits or the output closes. Errors of statements are shown and the talk goes on.
///
/// # Errors
/// The source of lines broke.
pub fn converse<L: LineSource>(
    session: &SqlSession,
    lines: &mut L,
    runtime: &Handle,
    interrupt: &Interrupt<'_>,
    screen: Screen<'_>,
) -> Result<SessionEnd, L::Error> {
    let known = Arc::new(OnceLock::new());
    lines.know(known.clone());
    let source = session.source.clone();
    // Names for completion are looked up while the first statement is typed.
    let _learning = AbortOnDropHandle::new(runtime.spawn(async move { learn(&source, &known).await }));
    let (style, timing) = (session.style, Timing::Hidden);
    let mut talk = Conversation { session, runtime, interrupt, screen, style, target: None, timing };
    let mut typed = String::new();
    loop {
        let line = match lines.read(if typed.is_empty() { PROMPT } else { CONTINUED }, &typed)? {
            TypedLine::Text(line) => line,
            TypedLine::Interrupted => {
                typed.clear();
                continue;
            }
            TypedLine::End => return Ok(SessionEnd::Complete),
        };
        let next = match orders::read(&line).filter(|_| typed.is_empty()) {
            Some(order) => {
                lines.remember(line.trim_end());
                talk.obey(&order)
            }
            None => {
                typed.push_str(&line);
                typed.push('\n');
                talk.run_complete(&mut typed, lines)
            }
        };
        match next {
            Ok(Next::Go) => {}
            Ok(Next::Quit) => return Ok(SessionEnd::Complete),
            // The output refuses bytes: nobody is listening any more, so there is nobody to tell.
            Err(_) => return Ok(SessionEnd::Closed),
        }
    }
}

struct Conversation<'a, 's> {
    session: &'a SqlSession,
    runtime: &'a Handle,
    interrupt: &'a Interrupt<'a>,
    screen: Screen<'s>,
    style: Style,
    /// Where the result of the next statement goes, if not to the screen.
    target: Option<PathBuf>,
    timing: Timing,
}

impl Conversation<'_, '_> {
    fn obey(&mut self, order: &Order<'_>) -> std::io::Result<Next> {
        match *order {
            Order::Quit => return Ok(Next::Quit),
            Order::Help => writeln!(self.screen, "{}", orders::HELP)?,
            Order::Unknown => writeln!(self.screen, "unknown command; \\? lists them")?,
            Order::Names => self.show(catalog::names(self.session))?,
            Order::Columns(name) => self.describe(name)?,
            Order::Functions(pattern) => self.find(pattern)?,
            Order::Timing(switch) => {
                self.timing = switch.turn(self.timing, Timing::Shown, Timing::Hidden);
                let state = if self.timing == Timing::Shown { "shown" } else { "hidden" };
                writeln!(self.screen, "time is {state}")?;
            }
            Order::Expanded(switch) => {
                self.style.look = switch.turn(self.style.look, Look::Blocks, Look::Rows);
                let shape = if self.style.look == Look::Blocks { "block" } else { "line" };
                writeln!(self.screen, "a {shape} per row")?;
            }
            Order::Pager(switch) => {
                self.screen.pager = switch.turn(self.screen.pager, Pager::IfLong, Pager::Off);
                let state = if self.screen.pager == Pager::IfLong { "on" } else { "off" };
                writeln!(self.screen, "the pager is {state}")?;
            }
            Order::Format(format) => {
                self.style.format = format.unwrap_or(self.style.format);
                let shown = self.style.format.to_possible_value();
                writeln!(self.screen, "format {}", shown.as_ref().map_or("", |value| value.get_name()))?;
            }
            Order::Output(Some(file)) => {
                self.target = Some(PathBuf::from(file));
                writeln!(self.screen, "the next result goes to {file}")?;
            }
            Order::Output(None) => {
                self.target = None;
                writeln!(self.screen, "results are shown here")?;
            }
            Order::Include(file) => self.include(file)?,
        }
        self.screen.flush()?;
        Ok(Next::Go)
    }

    fn describe(&mut self, name: &str) -> std::io::Result<()> {
        match self.wait(catalog::columns(self.session, name)) {
            None => writeln!(self.screen, "cancelled"),
            Some(Err(error)) => self.tell(&error, None),
            Some(Ok((comment, rows))) => {
                if !comment.is_empty() {
                    writeln!(self.screen, "{name}: {comment}")?;
                }
                self.show(async { Ok(rows) })
            }
        }
    }

    fn find(&mut self, pattern: Option<&str>) -> std::io::Result<()> {
        match self.wait(functions::find(self.session, pattern)) {
            None => writeln!(self.screen, "cancelled"),
            Some(Err(error)) => self.tell(&error, None),
            Some(Ok(Found::Nothing)) => writeln!(self.screen, "no such function; \\df lists them"),
            Some(Ok(Found::One(text))) => write!(self.screen, "{text}"),
            Some(Ok(Found::Many(rows))) => self.show(async { Ok(rows) }),
        }
    }

    /// Shows what an order found, as a table on the screen.
    fn show(
        &mut self,
        found: impl Future<Output = Result<SendableRecordBatchStream, SqlError>>,
    ) -> std::io::Result<()> {
        let (interrupt, style) = (self.interrupt, Style { look: self.style.look, ..OutputFormat::Table.into() });
        let screen = &mut self.screen;
        let shown = self.runtime.block_on(async {
            tokio::select! {
                shown = async { Ok::<_, SqlError>(screen.show(found.await?, style).await?) } => Some(shown),
                () = interrupt() => None,
            }
        });
        match shown {
            None => writeln!(self.screen, "cancelled"),
            Some(Ok(Delivered::Closed)) => Err(std::io::ErrorKind::BrokenPipe.into()),
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) => self.tell(&error, None),
        }
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let interrupt = self.interrupt;
        self.runtime.block_on(async {
            tokio::select! {
                value = future => Some(value),
                () = interrupt() => None,
            }
        })
    }

    fn include(&mut self, file: &str) -> std::io::Result<()> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => return writeln!(self.screen, "error: cannot read {file}: {error}"),
        };
        let split = statements::split(&text);
        for (index, statement) in split.complete.iter().chain(split.unfinished.iter()).enumerate() {
            if let Ran::Stopped = self.run_one(statement)? {
                return writeln!(self.screen, "{file} stopped at statement {}", index + 1);
            }
        }
        Ok(())
    }

    /// Runs the finished statements of what was typed and leaves the rest.
    fn run_complete<L: LineSource>(&mut self, typed: &mut String, lines: &mut L) -> std::io::Result<Next> {
        let split = statements::split(typed);
        // What begins with a space is not kept, here as in shells.
        let kept = !typed.starts_with(char::is_whitespace);
        for statement in &split.complete {
            if kept {
                lines.remember(&format!("{statement};"));
            }
            self.run_one(statement)?;
        }
        let rest = split.unfinished.map(|rest| format!("{}{rest}\n", if kept { "" } else { " " }));
        *typed = rest.unwrap_or_default();
        Ok(Next::Go)
    }

    fn run_one(&mut self, statement: &str) -> std::io::Result<Ran> {
        let started = Instant::now();
        let (session, interrupt, style) = (self.session, self.interrupt, self.style);
        let target = self.target.take();
        let screen = &mut self.screen;
        let outcome = self.runtime.block_on(async {
            let run = async {
                let rows = session.start(statement).await?;
                match &target {
                    Some(file) => {
                        let format = OutputFormat::of_file(file).unwrap_or(style.format);
                        Ok(write_file(rows, Style { format, ..style }, file).await?)
                    }
                    None => Ok::<_, SqlError>(screen.show(rows, style).await?),
                }
            };
            tokio::select! {
                delivered = run => Some(delivered),
                () = interrupt() => None,
            }
        });
        let ran = match outcome {
            None => {
                self.runtime.block_on(session.cancel());
                writeln!(self.screen, "cancelled")?;
                Ran::Stopped
            }
            Some(Ok(Delivered::Closed)) => return Err(std::io::ErrorKind::BrokenPipe.into()),
            Some(Ok(Delivered::Left)) => {
                self.runtime.block_on(session.cancel());
                Ran::Whole
            }
            Some(Ok(Delivered::Complete(rows) | Delivered::Cut(rows))) => {
                let rows = counted(rows as u64, "row", "rows");
                match &target {
                    Some(file) => writeln!(self.screen, "({rows} in {})", file.display())?,
                    None => writeln!(self.screen, "({rows})")?,
                }
                Ran::Whole
            }
            Some(Err(error)) => {
                self.tell(&error, Some(statement))?;
                Ran::Stopped
            }
        };
        if self.timing == Timing::Shown {
            writeln!(self.screen, "time {}", show_time(started.elapsed()))?;
        }
        self.screen.flush()?;
        Ok(ran)
    }

    fn tell(&mut self, error: &SqlError, statement: Option<&str>) -> std::io::Result<()> {
        if let SqlError::Run(FormatError::Write(error)) = error
            && error.kind() == std::io::ErrorKind::BrokenPipe
        {
            return Err(error.kind().into());
        }
        writeln!(self.screen, "error: {error}")?;
        if let Some(place) = statement.and_then(|statement| place::shown(statement, error)) {
            writeln!(self.screen, "{place}")?;
        }
        self.screen.flush()
    }
}

enum Ran {
    Whole,
    Stopped,
}

/// A result as a file that is there whole or not at all.
async fn write_file(
    rows: SendableRecordBatchStream,
    style: Style,
    file: &std::path::Path,
) -> Result<Delivered, FormatError> {
    let mut whole = WholeFile::named(file)?;
    let delivered = write_results(rows, style, &mut whole).await?;
    whole.finish()?;
    Ok(delivered)
}

fn show_time(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(1) {
        format!("{:.1} ms", elapsed.as_secs_f64() * 1e3)
    } else {
        format!("{:.2} s", elapsed.as_secs_f64())
    }
}
