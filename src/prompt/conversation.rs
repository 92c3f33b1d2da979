//! The prompt's loop: read lines, gather a statement, run it so that Ctrl-C can end it, say what happened, repeat.
//!
//! Blocks the calling thread, which must not be one of the runtime's own: lines are read synchronously, statements run
//! on the runtime handed in. The only clock read is the stopwatch of `\timing`.

use crate::format::{Delivered, FormatError};
use crate::prompt::{SessionEnd, SqlError, SqlSession, catalog, statements};
use futures::future::BoxFuture;
use std::io::Write;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

const PROMPT: &str = "touchload> ";
const CONTINUED: &str = "      ...> ";
const HELP: &str = "\
Statements end with ; and may span lines. They read; each sees the newest committed rows.
  \\d         tables, views and table functions
  \\d NAME    the columns of one
  \\timing    show how long statements take, or stop showing
  \\q         quit (or Ctrl-D)
  Ctrl-C     cancel the running statement, or drop the half-typed one";

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

    /// Shows the prompt and waits for a line.
    ///
    /// # Errors
    /// The source broke; the conversation is over.
    fn read(&mut self, prompt: &str) -> Result<TypedLine, Self::Error>;

    /// Keeps a statement for later sessions.
    fn remember(&mut self, entry: &str);
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

enum Timing {
    Shown,
    Hidden,
}

enum Order<'a> {
    Quit,
    Names,
    Columns(&'a str),
    Timing,
    Help,
    Unknown,
}

fn order(line: &str) -> Option<Order<'_>> {
    let words = line.trim().trim_end_matches(';').trim_end().strip_prefix('\\')?;
    let (word, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    Some(match (word, rest.trim()) {
        ("q", "") => Order::Quit,
        ("d", "") => Order::Names,
        ("d", name) => Order::Columns(name),
        ("timing", "") => Order::Timing,
        ("?", "") => Order::Help,
        _ => Order::Unknown,
    })
}

enum Next {
    Go,
    Quit,
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
    out: &mut dyn Write,
) -> Result<SessionEnd, L::Error> {
    let mut talk = Conversation { session, runtime, interrupt, out, timing: Timing::Hidden };
    let mut typed = String::new();
    loop {
        let line = match lines.read(if typed.is_empty() { PROMPT } else { CONTINUED })? {
            TypedLine::Text(line) => line,
            TypedLine::Interrupted => {
                typed.clear();
                continue;
            }
            TypedLine::End => return Ok(SessionEnd::Complete),
        };
        let next = match order(&line).filter(|_| typed.is_empty()) {
            Some(order) => {
                lines.remember(line.trim());
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

struct Conversation<'a> {
    session: &'a SqlSession,
    runtime: &'a Handle,
    interrupt: &'a Interrupt<'a>,
    out: &'a mut dyn Write,
    timing: Timing,
}

impl Conversation<'_> {
    fn obey(&mut self, order: &Order<'_>) -> std::io::Result<Next> {
        let context = &self.session.context;
        let outcome = match order {
            Order::Quit => return Ok(Next::Quit),
            Order::Names => self.runtime.block_on(async {
                self.session.begin_statement().await?;
                catalog::write_names(context, self.out).await
            }),
            Order::Columns(name) => self.runtime.block_on(async {
                self.session.begin_statement().await?;
                catalog::write_table_columns(context, name, self.out).await
            }),
            Order::Timing => {
                self.timing = match self.timing {
                    Timing::Shown => Timing::Hidden,
                    Timing::Hidden => Timing::Shown,
                };
                let state = if matches!(self.timing, Timing::Shown) { "shown" } else { "hidden" };
                writeln!(self.out, "time is {state}")?;
                Ok(())
            }
            Order::Help => {
                writeln!(self.out, "{HELP}")?;
                Ok(())
            }
            Order::Unknown => {
                writeln!(self.out, "unknown command; \\? lists them")?;
                Ok(())
            }
        };
        self.tell(outcome)
    }

    /// Runs the finished statements of what was typed and leaves the rest.
    fn run_complete<L: LineSource>(&mut self, typed: &mut String, lines: &mut L) -> std::io::Result<Next> {
        let split = statements::split(typed);
        for statement in &split.complete {
            lines.remember(&format!("{statement};"));
            self.run_one(statement)?;
        }
        *typed = split.unfinished.map(|rest| format!("{rest}\n")).unwrap_or_default();
        Ok(Next::Go)
    }

    fn run_one(&mut self, statement: &str) -> std::io::Result<()> {
        let started = Instant::now();
        let (session, interrupt) = (self.session, self.interrupt);
        let out = &mut *self.out;
        let outcome = self.runtime.block_on(async {
            tokio::select! {
                delivered = session.run_statement(statement, out) => Some(delivered),
                () = interrupt() => None,
            }
        });
        match outcome {
            None => writeln!(self.out, "cancelled")?,
            Some(Ok(Delivered::Closed)) => return Err(std::io::ErrorKind::BrokenPipe.into()),
            Some(Ok(Delivered::Complete(1))) => writeln!(self.out, "(1 row)")?,
            Some(Ok(Delivered::Complete(rows) | Delivered::Cut(rows))) => writeln!(self.out, "({rows} rows)")?,
            Some(Err(error)) => {
                self.tell(Err(error))?;
            }
        }
        if matches!(self.timing, Timing::Shown) {
            writeln!(self.out, "time {}", show_time(started.elapsed()))?;
        }
        self.out.flush()
    }

    fn tell(&mut self, outcome: Result<(), SqlError>) -> std::io::Result<Next> {
        match outcome {
            Ok(()) => {}
            Err(SqlError::Run(FormatError::Write(error))) => return Err(error),
            Err(error) => writeln!(self.out, "error: {error}")?,
        }
        self.out.flush()?;
        Ok(Next::Go)
    }
}

fn show_time(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(1) {
        format!("{:.1} ms", elapsed.as_secs_f64() * 1e3)
    } else {
        format!("{:.2} s", elapsed.as_secs_f64())
    }
}
