//! Scripts and whole conversations, typed by a list.

use super::{LineSource, Screen, SessionEnd, SqlSession, TypedLine, Vocabulary, converse};
use crate::format::OutputFormat;
use datafusion::prelude::SessionContext;
use futures::future::BoxFuture;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{ErrorKind, Write};
use std::sync::{Arc, OnceLock};

struct Typist {
    lines: VecDeque<TypedLine>,
    prompts: Vec<String>,
    remembered: Vec<String>,
}

impl Typist {
    fn of(lines: &[&str]) -> Self {
        let lines = lines.iter().map(|l| match *l {
            "^C" => TypedLine::Interrupted,
            line => TypedLine::Text(line.to_owned()),
        });
        Self { lines: lines.collect(), prompts: Vec::new(), remembered: Vec::new() }
    }
}

impl LineSource for Typist {
    type Error = Infallible;
    fn read(&mut self, prompt: &str, _: &str) -> Result<TypedLine, Infallible> {
        self.prompts.push(prompt.trim().to_owned());
        Ok(self.lines.pop_front().unwrap_or(TypedLine::End))
    }
    fn remember(&mut self, entry: &str) {
        self.remembered.push(entry.to_owned());
    }
    fn know(&mut self, _: Arc<OnceLock<Vocabulary>>) {}
}

fn never() -> BoxFuture<'static, ()> {
    Box::pin(std::future::pending())
}

/// A session with view `v`: column `n`, one row, 7.
async fn session(format: OutputFormat) -> SqlSession {
    let context = SessionContext::new();
    let view = context.sql("SELECT 7 AS n").await.unwrap().into_view();
    context.register_table("v", view).unwrap();
    SqlSession::new(context, format)
}

fn talk(lines: &[&str]) -> (String, Typist) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let session = runtime.block_on(session(OutputFormat::Csv));
    let (mut typist, mut out) = (Typist::of(lines), Vec::new());
    let end = converse(&session, &mut typist, runtime.handle(), &never, Screen::plain(&mut out)).unwrap();
    assert_eq!(end, SessionEnd::Complete);
    (String::from_utf8(out).unwrap(), typist)
}

#[tokio::test]
async fn a_script_runs_in_order_and_stops_at_its_first_error() {
    let mut out = Vec::new();
    let script = "SELECT n FROM v; SELECT n + 1 AS m FROM v";
    let end = session(OutputFormat::Csv).await.run_script(script, &mut out).await.unwrap();
    assert_eq!((end, String::from_utf8(out).unwrap().as_str()), (SessionEnd::Complete, "n\r\n7\r\nm\r\n8\r\n"));

    let mut out = Vec::new();
    let session = session(OutputFormat::Csv).await;
    let error = session.run_script("SELECT 1 AS a; SELECT nothing; SELECT 2 AS b;", &mut out).await.unwrap_err();
    assert_eq!((error.number, String::from_utf8(out).unwrap().as_str()), (2, "a\r\n1\r\n"));
    assert!(error.to_string().starts_with("statement 2: "), "{error}");
}

#[tokio::test]
async fn nothing_is_changed_and_no_file_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let (written, read) = (folder.path().join("written.csv"), folder.path().join("read.csv"));
    std::fs::write(&read, "n\n666\n").unwrap();
    let session = session(OutputFormat::Csv).await;
    let copy = format!("COPY v TO '{}' STORED AS CSV", written.display());
    let external = format!("CREATE EXTERNAL TABLE e STORED AS CSV LOCATION '{}'", read.display());
    let named = format!("SELECT * FROM '{}'", read.display());
    for change in ["INSERT INTO v VALUES (2)", "DROP VIEW v", "CREATE VIEW w AS SELECT 1", &copy, &external] {
        let error = session.run_script(change, &mut Vec::new()).await.unwrap_err();
        assert!(error.to_string().contains("only reading is possible here"), "{change}: {error}");
    }
    let mut out = Vec::new();
    for unknown in [named.as_str(), "SELECT * FROM e"] {
        let error = session.run_script(unknown, &mut out).await.unwrap_err();
        assert!(error.to_string().contains("not found"), "{unknown}: {error}");
    }
    assert!(!written.exists());
    session.run_script("SELECT n FROM v", &mut out).await.unwrap();
    assert_eq!(out, b"n\r\n7\r\n");
}

struct Gone;
impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_went_away_ends_quietly() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let session = runtime.block_on(session(OutputFormat::Table));
    let end = runtime.block_on(session.run_script("SELECT 1; SELECT 2;", &mut Gone)).unwrap();
    assert_eq!(end, SessionEnd::Closed);
    let mut typist = Typist::of(&["SELECT 1;", "SELECT 2;"]);
    let end = converse(&session, &mut typist, runtime.handle(), &never, Screen::plain(&mut Gone)).unwrap();
    assert_eq!((end, typist.lines.len()), (SessionEnd::Closed, 1));
}

#[test]
fn statements_span_lines_and_share_them() {
    let (text, typist) = talk(&["SELECT", " 1 AS a; SELECT 2 AS b;", "", "SELECT ';'", "AS c;"]);
    assert_eq!(text, "a\r\n1\r\n(1 row)\nb\r\n2\r\n(1 row)\nc\r\n;\r\n(1 row)\n");
    assert_eq!(typist.prompts, ["touchload>", "...>", "touchload>", "touchload>", "...>", "touchload>"]);
    assert_eq!(typist.remembered, ["SELECT\n 1 AS a;", "SELECT 2 AS b;", "SELECT ';'\nAS c;"]);
}

#[test]
fn an_error_is_shown_and_the_prompt_returns() {
    let (text, _) = talk(&["SELECT nothing;", "SELEKT 1;", "SELECT 1 AS a;"]);
    assert_eq!(text.lines().filter(|l| l.starts_with("error: ")).count(), 2, "{text}");
    assert!(text.ends_with("a\r\n1\r\n(1 row)\n"), "{text}");
}

#[test]
fn ctrl_c_drops_what_is_half_typed() {
    let (text, _) = talk(&["SELECT broken", "^C", "SELECT 1 AS a;"]);
    assert_eq!(text, "a\r\n1\r\n(1 row)\n");
}

#[test]
fn commands_describe_time_help_and_quit() {
    let (text, typist) =
        talk(&["\\d", "\\d v;", "\\d nothing", "\\timing", "SELECT 1;", "\\?", "\\what", "\\q", "SELECT 2;"]);
    for expected in [
        "| v ",
        "| view ",
        "table function",
        "| n      | bigint | never |",
        "error: ",
        "time is shown",
        "\ntime ",
        "\\timing",
        "unknown command",
    ] {
        assert!(text.contains(expected), "{expected} is missing in {text}");
    }
    assert_eq!(typist.lines.len(), 1, "nothing runs after \\q");
}

#[test]
fn ctrl_c_cancels_the_running_statement() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let soon = || -> BoxFuture<'static, ()> { Box::pin(tokio::time::sleep(std::time::Duration::from_millis(50))) };
    // A product that no machine finishes within the test.
    let endless = "SELECT count(*) FROM generate_series(1, 10000000) AS a(x), \
                   generate_series(1, 10000000) AS b(y) WHERE x % 7 = y % 5;";
    let session = runtime.block_on(session(OutputFormat::Table));
    let (mut typist, mut out) = (Typist::of(&[endless]), Vec::new());
    let end = converse(&session, &mut typist, runtime.handle(), &soon, Screen::plain(&mut out)).unwrap();
    assert_eq!((end, String::from_utf8(out).unwrap().as_str()), (SessionEnd::Complete, "cancelled\n"));
}
