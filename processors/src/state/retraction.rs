//! Taking a feed back: the records that, appended to the log, make every interaction what it would be had the feed never
//! been read.
//!
//! An interaction of the feed is restated, not merely deleted: a delete alone would also bury the good version that was
//! live before. What it is to be follows from the records themselves, without those of this feed and of every feed that
//! was taken back before; earlier restatements are no records of their own here. Where that differs from what is live
//! now, for either audience, the wanted version is appended again above every version there is, or, where nothing is
//! left, a delete at the greatest version. So the same retraction again appends nothing, and appends what is right when
//! the source has sent more in between.
//!
//! The two audiences may want different versions ([`touchpoint::Audience`]): the commercial one is appended first, and a
//! medical version, which that audience does not see, above it.
//!
//! What was taken back is remembered by the restatements: their topic says it ([`Selection`]). A retraction that finds
//! nothing to restate appends what is live of one interaction once more. Restatements that were produced to Kafka are
//! remembered by a note of their positions ([`Elsewhere`]).
//!
//! A version that the source sends later must be greater than that of the restatement to count at once; one that is not
//! counts when the same retraction is run again.
//!
//! Used in two passes over the rows of the source: [`Feed::see`] finds out which interactions are meant, then
//! [`Retraction::take`] gathers all records of those. Memory grows with them, and with nothing else.

mod elsewhere;
mod selection;
mod statement;
mod versions;

pub use elsewhere::Elsewhere;
pub use selection::Selection;
pub use statement::Outcome;

use super::position::Positions;
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::error::ArrowError;
use elsewhere::Restatements;
use statement::Statements;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use touchpoint::record::{RecordBuilder, RecordColumns, RecordRow};
use touchpoint::time::{DAY, Micros};
use touchpoint::{Kind, Word};
use versions::{Place, Side, Versions};

/// Rows of an appended batch.
const BATCH_ROWS: usize = 16 * 1024;

/// Why a feed cannot be taken back.
#[derive(Debug, thiserror::Error)]
pub enum RetractionError {
    /// The rows are not those of a decoded batch: a bug of the caller.
    #[error("the rows to take back do not have the columns of a record")]
    Columns(#[from] ArrowError),
    /// A restatement needs a version above all others, and there is none.
    #[error(
        "{interactions} interactions of the feed have the greatest version that there is, so nothing can be stated above \
         it; nothing was taken back. Correct them in their source under another event_id, and erase or keep these"
    )]
    NoVersionAbove {
        /// How many.
        interactions: usize,
    },
}

/// Records of the feed by one property.
pub type Counts<K> = BTreeMap<K, u64>;

/// The feed as it stands in the log: what was counted of it, and which interactions it spoke of.
#[derive(Debug)]
pub struct Feed {
    selection: Selection,
    /// Every retraction of the source so far, with this one.
    taken_back: BTreeSet<Selection>,
    /// Restatements of it that stand in Kafka.
    elsewhere: Restatements,
    is_remembered: bool,
    interactions: HashSet<String>,
    hcps: BTreeSet<String>,
    /// Records of the feed by kind.
    pub by_kind: Counts<Kind>,
    /// Records of the feed by where they came from.
    pub by_topic: Counts<String>,
    /// Records of the feed by 00:00 UTC of the day on which they were accepted.
    pub by_day: Counts<Micros>,
}

impl Feed {
    /// Nothing seen yet.
    pub fn new(selection: Selection) -> Self {
        Self {
            taken_back: BTreeSet::from([selection.clone()]),
            selection,
            elsewhere: Restatements::default(),
            is_remembered: false,
            interactions: HashSet::new(),
            hcps: BTreeSet::new(),
            by_kind: Counts::new(),
            by_topic: Counts::new(),
            by_day: Counts::new(),
        }
    }

    /// The same, knowing the retractions whose restatements went to Kafka.
    #[must_use]
    pub fn knowing(mut self, notes: &[Elsewhere]) -> Self {
        let of_source = notes.iter().filter(|note| note.selection.source == self.selection.source);
        let of_source: Vec<Elsewhere> = of_source.cloned().collect();
        self.is_remembered |= of_source.iter().any(|note| note.selection == self.selection);
        self.taken_back.extend(of_source.iter().map(|note| note.selection.clone()));
        self.elsewhere = Restatements::of(&of_source);
        self
    }

    /// The same, which a note will remember: nothing is restated for that alone.
    #[must_use]
    pub fn remembered(self) -> Self {
        Self { is_remembered: true, ..self }
    }

    /// First pass: looks at rows of the log, as [`touchpoint::log::to_record`] gives them, in any order.
    ///
    /// # Errors
    /// The batch is not a decoded batch.
    pub fn see(&mut self, records: &RecordBatch) -> Result<(), RetractionError> {
        let columns = RecordColumns::try_new(records)?;
        for row in (0..records.num_rows()).filter_map(|i| columns.row(i)) {
            if row.source != self.selection.source {
                continue;
            }
            if let Some(earlier) = Selection::of_topic(row.kafka_topic) {
                self.is_remembered |= earlier == self.selection;
                self.taken_back.insert(earlier);
            } else if self.selection.holds(&row) && !self.elsewhere.hold(&row) {
                *self.by_kind.entry(row.kind).or_default() += 1;
                *self.by_topic.entry(row.kafka_topic.to_owned()).or_default() += 1;
                *self.by_day.entry(row.ingested_at.div_euclid(DAY) * DAY).or_default() += 1;
                self.interactions.insert(key(&row));
                if !self.hcps.contains(row.hcp_id) {
                    self.hcps.insert(row.hcp_id.to_owned());
                }
            }
        }
        Ok(())
    }

    fn side(&self, row: &RecordRow<'_>) -> Side {
        let derived = Selection::is_restatement(row.kafka_topic) || self.elsewhere.hold(row);
        if derived || self.taken_back.iter().any(|feed| feed.holds(row)) { Side::TakenBack } else { Side::Stays }
    }

    /// Whether it was taken back before, or will be noted to have been.
    pub fn is_remembered(&self) -> bool {
        self.is_remembered
    }

    /// What is taken back.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Records of the feed.
    pub fn records(&self) -> u64 {
        self.by_kind.values().sum()
    }

    /// Interactions that they speak of.
    pub fn interactions(&self) -> usize {
        self.interactions.len()
    }

    /// HCPs that they speak of.
    pub fn hcps(&self) -> usize {
        self.hcps.len()
    }
}

/// Identity within a source, unambiguous whatever the ids hold.
fn key(row: &RecordRow<'_>) -> String {
    format!("{}{}:{}{}", row.kind.code(), row.hcp_id.len(), row.hcp_id, row.event_id)
}

/// All records of the interactions of a feed, and what is to be appended.
#[derive(Debug)]
pub struct Retraction {
    feed: Feed,
    positions: Positions,
    interactions: BTreeMap<String, Versions>,
    batches: Vec<RecordBatch>,
}

/// Where and when the restatements stand.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// When the retraction began.
    pub at: Micros,
    /// The first offset that [`Selection::topic`] does not hold yet.
    pub first_offset: i64,
}

/// What a retraction appends, and what it does.
#[derive(Debug)]
pub struct Restated {
    /// Decoded batches, their offsets rising.
    pub batches: Vec<RecordBatch>,
    /// The offset after the last.
    pub next_offset: i64,
    /// Interactions by what becomes of them.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// How many interactions of each HCP change.
    pub changed: BTreeMap<String, u64>,
}

impl Retraction {
    /// The second pass begins.
    pub fn of(feed: Feed) -> Self {
        Self { feed, positions: Positions::default(), interactions: BTreeMap::new(), batches: Vec::new() }
    }

    /// What was counted in the first pass.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Second pass: the same rows as in the first.
    ///
    /// # Errors
    /// The batch is not a decoded batch.
    pub fn take(&mut self, records: &RecordBatch) -> Result<(), RetractionError> {
        let columns = RecordColumns::try_new(records)?;
        let (source, meant) = (&self.feed.selection.source, &self.feed.interactions);
        let wanted = |i: usize| columns.row(i).is_some_and(|row| row.source == source && meant.contains(&key(&row)));
        let mask: BooleanArray = (0..records.num_rows()).map(|i| Some(wanted(i))).collect();
        let kept = filter_record_batch(records, &mask)?;
        let (columns, batch) = (RecordColumns::try_new(&kept)?, self.batches.len());
        for (place, row) in (0..kept.num_rows()).filter_map(|i| Some((Place { batch, row: i }, columns.row(i)?))) {
            let position = self.positions.pack(row.kafka_topic, row.ingested_at, row.kafka_offset);
            let side = self.feed.side(&row);
            self.interactions.entry(key(&row)).or_default().add(&row, (place, position), side, &self.positions);
        }
        if kept.num_rows() > 0 {
            self.batches.push(kept);
        }
        Ok(())
    }

    /// What is to be appended.
    ///
    /// # Errors
    /// [`RetractionError::NoVersionAbove`]; then nothing should be appended.
    pub fn restate(&self, standing: Standing) -> Result<Restated, RetractionError> {
        let columns: Vec<RecordColumns<'_>> =
            self.batches.iter().map(RecordColumns::try_new).collect::<Result<_, _>>()?;
        let row = |place: Place| columns.get(place.batch)?.row(place.row);
        let topic = self.feed.selection.topic();
        let mut writer = Writer { builder: RecordBuilder::default(), batches: Vec::new(), standing, topic: &topic };
        let (mut outcomes, mut changed, mut stuck) = (BTreeMap::new(), BTreeMap::new(), 0);
        for versions in self.interactions.values() {
            let statements = Statements::of(versions, &row);
            *outcomes.entry(statements.outcome).or_default() += 1;
            let Some(any) = versions.any().and_then(&row) else { continue };
            if statements.outcome != Outcome::Unchanged {
                *changed.entry(any.hcp_id.to_owned()).or_default() += 1;
            }
            match statements.rows(&any, versions.greatest) {
                Some(rows) => rows.iter().try_for_each(|row| writer.push(row))?,
                None => stuck += 1,
            }
        }
        if stuck > 0 {
            return Err(RetractionError::NoVersionAbove { interactions: stuck });
        }
        if writer.is_empty() && !self.feed.is_remembered {
            let live = |v: &Versions| Some((v.live_for_all().and_then(&row)?, v.greatest.checked_add(1)?));
            if let Some((row, version)) = self.interactions.values().find_map(live) {
                writer.push(&RecordRow { version, ..row })?;
            }
        }
        let (batches, next_offset) = writer.finish()?;
        Ok(Restated { batches, next_offset, outcomes, changed })
    }
}

/// Rows into batches, each with its position.
struct Writer<'t> {
    builder: RecordBuilder,
    batches: Vec<RecordBatch>,
    standing: Standing,
    topic: &'t str,
}

impl Writer<'_> {
    fn push(&mut self, row: &RecordRow<'_>) -> Result<(), ArrowError> {
        let Standing { at, first_offset } = &mut self.standing;
        self.builder.push(&RecordRow {
            ingested_at: *at,
            kafka_timestamp: *at,
            kafka_topic: self.topic,
            kafka_partition: 0,
            kafka_offset: *first_offset,
            ..*row
        });
        *first_offset += 1;
        if self.builder.len() >= BATCH_ROWS {
            self.batches.push(self.builder.finish()?);
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.batches.is_empty() && self.builder.is_empty()
    }

    fn finish(mut self) -> Result<(Vec<RecordBatch>, i64), ArrowError> {
        if !self.builder.is_empty() {
            self.batches.push(self.builder.finish()?);
        }
        Ok((self.batches, self.standing.first_offset))
    }
}

#[cfg(test)]
mod tests;
