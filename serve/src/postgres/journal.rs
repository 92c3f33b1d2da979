//! The audit lines of statements: who asked what, and what came of it. They are on the disk before the client sees a row.
//!
//! A statement whose rows fit into one piece has one line. A longer one has a line `began` before its first row, and
//! another with the same `statement` when it is over, which says how many rows went out. The text stands as its SHA-256,
//! since literals may be ids of persons, or in full where the configuration says so.

use super::fault::{Fault, SqlState};
use crate::access::Reader;
use crate::audit::AuditLog;
use crate::metrics::sql::{SqlMetrics, SqlOutcome};
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use touchpoint::{Clock, Micros};

/// How the text of a statement stands in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditText {
    /// As its SHA-256.
    Hashed,
    /// In full too.
    Full,
}

/// See the module.
pub struct Journal {
    /// Where lines go.
    pub log: AuditLog,
    /// How texts stand there.
    pub text: AuditText,
    /// When.
    pub clock: Arc<dyn Clock>,
    /// What is counted.
    pub metrics: SqlMetrics,
}

/// A statement as its lines tell of it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    id: String,
    text: Arc<str>,
    began: Micros,
    written: bool,
    /// Rows that went out.
    pub(super) rows: u64,
}

impl Entry {
    /// The text of the statement.
    pub(super) fn text(&self) -> Arc<str> {
        self.text.clone()
    }
}

impl Journal {
    /// A statement that begins now; `id` is its own among those of this process.
    pub(super) fn entry(&self, id: String, text: Arc<str>) -> Entry {
        Entry { id, text, began: self.clock.now(), written: false, rows: 0 }
    }

    /// Rows are about to go out, and more may follow: writes that, once.
    ///
    /// # Errors
    /// The log cannot be written: nothing may go out.
    pub(super) async fn begin(&self, entry: &mut Entry, reader: &Reader) -> Result<(), Fault> {
        if entry.written {
            return Ok(());
        }
        self.write(self.line(entry, reader, json!("began"))).await?;
        entry.written = true;
        Ok(())
    }

    /// It is over: writes how.
    ///
    /// # Errors
    /// The log cannot be written: nothing may go out.
    pub(super) async fn end(&self, entry: &Entry, reader: &Reader, ended: Result<(), &Fault>) -> Result<(), Fault> {
        let outcome = SqlOutcome::of(ended.err().map(|fault| fault.state));
        let took = self.clock.now().saturating_sub(entry.began).max(0);
        self.metrics.ended(outcome, took);
        let mut line = self.line(entry, reader, json!(outcome.as_str()));
        if let Value::Object(fields) = &mut line {
            fields.insert("rows".to_owned(), json!(entry.rows));
            fields.insert("duration_ms".to_owned(), json!(took / 1_000));
            if let Err(fault) = ended {
                fields.insert("sqlstate".to_owned(), json!(fault.state.code()));
            }
        }
        self.write(line).await
    }

    fn line(&self, entry: &Entry, reader: &Reader, outcome: Value) -> Value {
        let hash: String = Sha256::digest(entry.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let at = DateTime::from_timestamp_micros(entry.began).unwrap_or_default();
        let mut line = json!({
            "at": at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            "caller": reader.name,
            "role": reader.role.as_str(),
            "action": "sql",
            "statement": entry.id,
            "sha256": hash,
            "outcome": outcome,
        });
        if let (Value::Object(fields), AuditText::Full) = (&mut line, self.text) {
            fields.insert("text".to_owned(), json!(entry.text));
        }
        line
    }

    async fn write(&self, line: Value) -> Result<(), Fault> {
        self.log.write(self.clock.now(), format!("{line}\n")).await.map_err(|error| {
            self.metrics.audit_failed();
            tracing::error!(%error, "an answer was withheld: its audit line could not be written");
            Fault::new(SqlState::IoError, "the audit log cannot be written; nothing is answered without it")
                .with_hint("Try again when the server's disk has room.")
        })
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{AuditText, Journal, Reader};
    use crate::audit::AuditLog;
    use crate::metrics::sql::SqlMetrics;
    use crate::postgres::fault::{Fault, SqlState};
    use std::sync::Arc;
    use touchpoint::{Clock, Micros};

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Micros {
            1_782_820_800_000_000
        }
    }

    #[tokio::test]
    async fn lines_say_who_what_and_how_it_ended_and_no_literal() {
        let folder = tempfile::tempdir().expect("a folder");
        let metrics = SqlMetrics::register(&prometheus::Registry::new()).expect("new");
        let log = AuditLog::start(folder.path().to_path_buf()).expect("a thread");
        let mut journal = Journal { log, text: AuditText::Hashed, clock: Arc::new(Noon), metrics };
        let reader = Reader { name: "anna".into(), ..Reader::loopback() };
        let mut entry = journal.entry("1-1".into(), "SELECT 'hcp-000042'".into());
        journal.begin(&mut entry, &reader).await.expect("written");
        journal.begin(&mut entry, &reader).await.expect("once");
        entry.rows = 7;
        let fault = Fault::new(SqlState::QueryCanceled, "canceled");
        journal.end(&entry, &reader, Err(&fault)).await.expect("written");
        journal.text = AuditText::Full;
        journal.end(&entry, &reader, Ok(())).await.expect("written");
        let text = std::fs::read_to_string(folder.path().join("2026-06-30.ndjson")).expect("lines");
        let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
        let outcomes: Vec<_> = lines.iter().map(|line| line["outcome"].as_str().expect("text")).collect();
        assert_eq!(outcomes, ["began", "canceled", "ok"]);
        assert_eq!((&lines[1]["rows"], &lines[1]["sqlstate"]), (&7.into(), &"57014".into()));
        assert!(lines[..2].iter().all(|line| !line.to_string().contains("hcp-000042")));
        assert_eq!(lines[2]["text"], "SELECT 'hcp-000042'");
        assert_eq!(lines[0]["caller"], "anna");
    }
}
