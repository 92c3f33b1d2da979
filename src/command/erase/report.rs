//! What `erase` tells: what it would rewrite; what it did, and that nothing is left. Never the id.

use crate::summary::grouped;
use std::collections::BTreeMap;
use std::io::{Result, Write};
use store::erase::RowsReport;
use store::{Erasure, Table};

const LABEL: usize = 34;
const NUMBER: usize = 15;

const ELSEWHERE: &str = "not reached from here: the topics in Kafka until their retention ends, reference files \
                         (hcps.csv), backups, and files that were imported";

/// Writes what an erasure would do.
///
/// # Errors
/// The output refuses bytes.
pub(super) fn write_plan(named: &BTreeMap<Table, RowsReport>, out: &mut dyn Write) -> Result<()> {
    for (table, rows) in named {
        write_rows(*table, rows, out)?;
    }
    writeln!(out, "dry run: nothing was changed; --execute removes these for good, with every old file and log entry")?;
    writeln!(out, "{ELSEWHERE}")?;
    out.flush()
}

/// Writes what an erasure did, and how many lines of the audit log it changed.
///
/// # Errors
/// The output refuses bytes.
pub(super) fn write_done(done: &Erasure, audited: u64, out: &mut dyn Write) -> Result<()> {
    for (table, erased) in &done.tables {
        write_rows(*table, &erased.rows, out)?;
        row(out, "  old files deleted", erased.traces.files)?;
        row(out, "  log entries deleted", erased.traces.log_entries)?;
    }
    writeln!(out, "{:<LABEL$}{:>NUMBER$}", "lines of the audit log changed", grouped(audited))?;
    row(out, "unfinished files deleted", done.unfinished_files)?;
    let scan = &done.scan;
    row(out, "files looked into, decompressed", scan.files)?;
    writeln!(out, "{:<LABEL$}{:>NUMBER$}", "  their bytes", grouped(scan.bytes))?;
    row(out, "  places where the id still stands", scan.mentions.len())?;
    for mention in &scan.mentions {
        writeln!(out, "    {}, {}: {} times", mention.file, mention.part, grouped(mention.times))?;
    }
    if scan.mentions.is_empty() {
        writeln!(out, "erased: nothing of the id is left, and records that come again are skipped")?;
    } else {
        writeln!(
            out,
            "these stand in rows of others or in files that are not ours: look at them, and remove them there"
        )?;
    }
    if scan.within_longer > 0 {
        writeln!(
            out,
            "(as a part of longer texts, which are other ids, it stands {} times)",
            grouped(scan.within_longer)
        )?;
    }
    writeln!(out, "{ELSEWHERE}")?;
    out.flush()
}

fn write_rows(table: Table, rows: &RowsReport, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{table}")?;
    match table {
        Table::DeadLetters => row(out, "  key, payload and hash removed of", rows.blanked)?,
        Table::TouchpointLog | Table::HcpMetrics | Table::Alerts => row(out, "  rows removed", rows.removed)?,
    }
    row(out, "  files written anew", rows.files)
}

fn row(out: &mut dyn Write, label: &str, number: usize) -> Result<()> {
    writeln!(out, "{label:<LABEL$}{:>NUMBER$}", grouped(number as u64))
}
