//! What `retract` tells: what the feed is, what becomes of its interactions, and what that does to the most affected HCPs.
//!
//! The ids of HCPs stand on standard output, as in any query result, and in no log.

use super::effect::{Effect, Shown};
use crate::summary::{counted, grouped};
use chrono::{DateTime, SecondsFormat};
use processors::state::retraction::{Feed, Outcome, Restated, Selection};
use std::io::{Result, Write};
use touchpoint::{Micros, Word};

const LABEL: usize = 34;
const NUMBER: usize = 15;
/// Days that are told one by one; beyond them the first and the last say enough.
const DAYS: usize = 31;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// Nothing: it is shown what would be.
    Nothing,
    /// Records were appended to the log.
    InTheLog,
    /// Records were produced to the input topics.
    InKafka,
}

/// See the module.
pub(super) struct Report<'a> {
    pub(super) selection: &'a Selection,
    pub(super) feed: &'a Feed,
    pub(super) restated: &'a Restated,
    pub(super) effects: &'a [Effect],
}

impl Report<'_> {
    /// Writes it.
    ///
    /// # Errors
    /// The output refuses bytes.
    pub(super) fn write(&self, done: Done, out: &mut dyn Write) -> Result<()> {
        let Selection { source, from, to, topic } = self.selection;
        write!(out, "records of source {source} accepted from {} before {}", instant(*from), instant(*to))?;
        writeln!(out, "{}", topic.as_ref().map(|topic| format!(", of {topic} alone")).unwrap_or_default())?;
        self.counts(out)?;
        row(out, "interactions", self.feed.interactions() as u64)?;
        for (outcome, label) in [
            (Outcome::Deleted, "  deleted: only the feed knew them"),
            (Outcome::Restored, "  stated as they were without it"),
            (Outcome::Unchanged, "  the same without it"),
        ] {
            row(out, label, self.restated.outcomes.get(&outcome).copied().unwrap_or(0))?;
        }
        row(out, "HCPs", self.feed.hcps() as u64)?;
        row(out, "  with changes", self.restated.changed.len() as u64)?;
        self.affected(out)?;
        let appended = self.restated.batches.iter().map(|batch| batch.num_rows() as u64).sum();
        let records = counted(appended, "record", "records");
        let were = counted(appended, "record was", "records were");
        match (done, self.feed.records(), self.restated.batches.is_empty()) {
            (_, 0, _) => writeln!(out, "there are no such records: nothing to take back")?,
            (Done::Nothing, _, true) => writeln!(out, "dry run: it is taken back already, nothing would be added")?,
            (Done::Nothing, ..) => writeln!(out, "dry run: nothing was changed; --execute appends {records}")?,
            (Done::InTheLog | Done::InKafka, _, true) => writeln!(out, "it was taken back already: nothing was added")?,
            (Done::InTheLog, ..) => writeln!(out, "taken back: {were} appended to touchpoint_log")?,
            (Done::InKafka, ..) => writeln!(
                out,
                "taken back: {were} produced to the input topics. That counts when the pipeline has read it; the same \
                 command without --execute then says that nothing would be added"
            )?,
        }
        out.flush()
    }

    fn counts(&self, out: &mut dyn Write) -> Result<()> {
        row(out, "records", self.feed.records())?;
        for (kind, records) in &self.feed.by_kind {
            row(out, &format!("  {}", kind.as_str()), *records)?;
        }
        for (topic, records) in &self.feed.by_topic {
            row(out, &format!("  from {topic}"), *records)?;
        }
        let days = self.feed.by_day.len();
        let ends = |(place, _): &(usize, _)| days <= DAYS || *place == 0 || *place == days - 1;
        for (_, (day, records)) in self.feed.by_day.iter().enumerate().filter(ends) {
            let text = instant(*day);
            row(out, &format!("  on {}", text.get(..10).unwrap_or(&text)), *records)?;
        }
        if days > DAYS { writeln!(out, "  ({} days in all)", grouped(days as u64)) } else { Ok(()) }
    }

    fn affected(&self, out: &mut dyn Write) -> Result<()> {
        if self.effects.is_empty() {
            return Ok(());
        }
        writeln!(out, "most affected HCPs, 28 days, now → then")?;
        let header = ["interactions", "touches", "unsolicited", "visits/wk", "collisions", "coherence"];
        writeln!(out, "  {:<20}{}", "HCP", header.map(|name| format!("{name:>15}")).concat())?;
        for effect in self.effects {
            let Effect { hcp_id, interactions, now, then } = effect;
            let pair = |of: fn(&Shown) -> String| format!("{:>15}", format!("{} → {}", of(now), of(then)));
            let cells = [
                format!("{:>15}", grouped(*interactions)),
                pair(|s| s.touches.to_string()),
                pair(|s| s.unsolicited.to_string()),
                pair(|s| format!("{:.1}", s.visits_per_week)),
                pair(|s| s.collisions.to_string()),
                pair(|s| s.coherence.map_or_else(|| "–".to_owned(), |c| format!("{c:.2}"))),
            ];
            writeln!(out, "  {hcp_id:<20}{}", cells.concat())?;
        }
        Ok(())
    }
}

fn row(out: &mut dyn Write, label: &str, number: u64) -> Result<()> {
    writeln!(out, "{label:<LABEL$}{:>NUMBER$}", grouped(number))
}

fn instant(at: Micros) -> String {
    let at = DateTime::from_timestamp_micros(at);
    at.map_or_else(|| "–".to_owned(), |at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}
