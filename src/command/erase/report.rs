//! What `erase` tells: what it would rewrite; what it did, and that nothing is left. Never the id.

use super::topics::Outside;
use crate::summary::{counted, grouped};
use std::collections::BTreeMap;
use std::io::{Result, Write};
use store::erase::RowsReport;
use store::{Erasure, Table};

const LABEL: usize = 34;
const NUMBER: usize = 15;

const ELSEWHERE: &str = "not reached from here: the four topics in Kafka until their retention ends, reference files \
                         (hcps.csv), backups, and files that were imported";
/// Rows of reference topics that are shown one by one.
const SHOWN: usize = 50;

/// What an erasure did.
pub(super) struct Report<'a> {
    pub(super) tables: &'a Erasure,
    /// Lines of the audit log that were changed.
    pub(super) audited: u64,
    /// What stands in Kafka; `None` where no configuration was given.
    pub(super) outside: Option<&'a Outside>,
}

/// Writes what an erasure would do.
///
/// # Errors
/// The output refuses bytes.
pub(super) fn write_plan(
    named: &BTreeMap<Table, RowsReport>,
    outside: Option<&Outside>,
    out: &mut dyn Write,
) -> Result<()> {
    for (table, rows) in named {
        write_rows(*table, rows, out)?;
    }
    if let Some(alerts) = outside.and_then(|outside| outside.alerts) {
        writeln!(out, "alert topics")?;
        row(out, "  alerts about the person", alerts.after.named)?;
    }
    write_outside(outside, out)?;
    writeln!(out, "dry run: nothing was changed; --execute removes these for good, with every old file and log entry")?;
    writeln!(out, "{ELSEWHERE}")?;
    out.flush()
}

/// Writes what an erasure did.
///
/// # Errors
/// The output refuses bytes.
pub(super) fn write_done(report: &Report<'_>, out: &mut dyn Write) -> Result<()> {
    let Report { tables: done, audited, outside } = *report;
    if let Some(alerts) = outside.and_then(|outside| outside.alerts) {
        writeln!(out, "alert topics")?;
        row(out, "  alerts withdrawn", alerts.withdrawn)?;
        row(out, "  read back: alerts that name them", alerts.after.named)?;
        let outdated = grouped(alerts.after.outdated);
        writeln!(out, "{:<LABEL$}{outdated:>NUMBER$}", "  older messages to be compacted")?;
    }
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
        writeln!(out, "    {}, {}: {}", mention.file, mention.part, counted(mention.times, "time", "times"))?;
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
            "(as a part of longer texts, which are other ids, it stands {})",
            counted(scan.within_longer, "time", "times")
        )?;
    }
    write_outside(outside, out)?;
    writeln!(out, "{ELSEWHERE}")?;
    out.flush()
}

/// What is left to somebody else, and what could not be looked at.
fn write_outside(outside: Option<&Outside>, out: &mut dyn Write) -> Result<()> {
    let Some(Outside { alerts, reference }) = outside else {
        return writeln!(
            out,
            "not looked at: the alert topics (touchload.alerts, touchload.alerts.medical). If alerts are or were enabled, run \
             this again with --config and the configuration of the pipeline"
        );
    };
    match alerts {
        None => writeln!(
            out,
            "not looked at: the alert topics, since the configuration has no alerts.key_file and nobody can tell whom they \
             name. If alerts were ever enabled, put the key back and run this again"
        )?,
        Some(alerts) if alerts.after.outdated > 0 => writeln!(
            out,
            "older messages of these alerts name a pseudonym of the person until the cluster compacts the alert topics; \
             their max.compaction.lag.ms and segment.ms say by when"
        )?,
        Some(_) => {}
    }
    match reference {
        Err(why) => writeln!(out, "the topics of reference data could not be looked through: {why}"),
        Ok(rows) if rows.is_empty() => Ok(()),
        Ok(rows) => {
            writeln!(
                out,
                "{} rows of reference topics are about the person, who has them as long as they stand there; whoever writes \
                 these topics withdraws them, by a null value under each key (<ID> is the id):",
                grouped(rows.len() as u64)
            )?;
            rows.iter().take(SHOWN).try_for_each(|row| writeln!(out, "    {row}"))?;
            let more = rows.len().saturating_sub(SHOWN);
            if more > 0 { writeln!(out, "    and {} more", grouped(more as u64)) } else { Ok(()) }
        }
    }
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
