//! One window state in several parts, each with HCPs of its own, so that as many threads can work on it.
//!
//! An HCP belongs to the part that its id's hash falls to. A batch is shared by all parts: each admits the rows of its
//! HCPs in their order, and whichever comes last puts together what became of the batch. What comes out is what one
//! [`Shard`] would have given, since nothing that is known of one HCP depends on another.

use super::days::ClosedDays;
use super::shard::{Admitted, Applied, Shard, StateError};
use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use hashbrown::DefaultHashBuilder;
use std::hash::BuildHasher;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use touchpoint::record::RecordColumns;
use touchpoint::time::Micros;
use touchpoint::{Policy, Reference, log};

/// See the module.
#[derive(Debug)]
pub struct Parts {
    shards: Vec<Shard>,
    division: Division,
}

/// Which part an HCP belongs to.
#[derive(Debug, Clone)]
pub struct Division {
    hasher: DefaultHashBuilder,
    parts: NonZeroUsize,
}

impl Division {
    /// Below the number of parts.
    pub fn part_of(&self, hcp_id: &str) -> usize {
        (self.hasher.hash_one(hcp_id) % self.parts.get() as u64) as usize
    }
}

impl Parts {
    /// Empty parts.
    pub fn new(parts: NonZeroUsize, policy: &Arc<Policy>, reference: &Arc<Reference>) -> Self {
        let shards = (0..parts.get()).map(|_| Shard::new(policy.clone(), reference.clone())).collect();
        Self { shards, division: Division { hasher: DefaultHashBuilder::default(), parts } }
    }

    /// Which HCPs each part has.
    pub fn division(&self) -> &Division {
        &self.division
    }

    /// The parts, for one thread each.
    pub fn shards_mut(&mut self) -> &mut [Shard] {
        &mut self.shards
    }

    /// Makes every target known to its part.
    pub fn seed_targets(&mut self) {
        let division = &self.division;
        for (part, shard) in self.shards.iter_mut().enumerate() {
            shard.seed_targets(|hcp_id| division.part_of(hcp_id) == part);
        }
    }

    /// As [`Shard::restore`].
    ///
    /// # Errors
    /// [`StateError`]; the parts must then be discarded.
    pub fn restore(&mut self, log_rows: &RecordBatch) -> Result<(), StateError> {
        self.restore_decoded(&log::to_record(log_rows)?)
    }

    /// As [`Shard::restore_decoded`], of all rows.
    ///
    /// # Errors
    /// [`StateError`]; the parts must then be discarded.
    pub fn restore_decoded(&mut self, decoded: &RecordBatch) -> Result<(), StateError> {
        let division = &self.division;
        for (part, shard) in self.shards.iter_mut().enumerate() {
            shard.restore_decoded(decoded, |hcp_id| division.part_of(hcp_id) == part)?;
        }
        Ok(())
    }

    /// As [`Shard::start_days`].
    pub fn start_days(&mut self, closed: Option<ClosedDays>, now: Micros) {
        self.shards.iter_mut().for_each(|shard| shard.start_days(closed, now));
    }

    /// As [`Shard::restore_revision`].
    pub fn restore_revision(&mut self, hcp_id: &str, as_of: Micros, revision: i64) {
        if let Some(shard) = self.shards.get_mut(self.division.part_of(hcp_id)) {
            shard.restore_revision(hcp_id, as_of, revision);
        }
    }

    /// As [`Shard::close_days`], every part on a thread of its own.
    ///
    /// # Errors
    /// Never in practice: the columns are built to the schema.
    pub fn close_days(&mut self, now: Micros) -> Result<Vec<RecordBatch>, ArrowError> {
        let mut closed: Vec<_> = self.shards.iter().map(|_| Ok(None)).collect();
        std::thread::scope(|scope| {
            for (shard, closed) in self.shards.iter_mut().zip(&mut closed) {
                scope.spawn(move || *closed = shard.close_days(now));
            }
        });
        closed.into_iter().filter_map(Result::transpose).collect()
    }

    /// Number of HCPs of whom something was heard, as far as it is remembered.
    pub fn heard_of_count(&self) -> usize {
        self.shards.iter().map(Shard::heard_of_count).sum()
    }
}

/// A decoded batch that all parts take their rows from.
#[derive(Debug)]
pub struct SharedBatch {
    records: RecordBatch,
    /// The part of each row.
    parts: Vec<usize>,
    gathered: Mutex<Gathered>,
}

/// What is known of a batch while parts are at it.
#[derive(Debug)]
struct Gathered {
    admitted: Admitted,
    missing: usize,
}

impl SharedBatch {
    /// Tells which part each row belongs to.
    ///
    /// # Errors
    /// The batch is not a decoded batch: a bug of the caller.
    pub fn new(records: RecordBatch, division: &Division) -> Result<Self, ArrowError> {
        let hcp_id = RecordColumns::try_new(&records)?.hcp_id;
        let parts = (0..records.num_rows()).map(|row| division.part_of(hcp_id.value(row))).collect();
        let gathered = Gathered { admitted: Admitted::default(), missing: division.parts.get() };
        Ok(Self { parts, gathered: Mutex::new(gathered), records })
    }

    /// Takes the rows of part number `part` into its shard at `now`, to be called once for each. The call that is the last
    /// to end gives what became of the whole batch.
    ///
    /// # Errors
    /// [`StateError`]; all parts must then be discarded.
    pub fn apply(
        &self,
        part: usize,
        shard: &mut Shard,
        (now, watermark): (Micros, Option<Micros>),
    ) -> Result<Option<Applied>, StateError> {
        let columns = RecordColumns::try_new(&self.records)?;
        let own = self.parts.iter().enumerate().filter(|(_, of)| **of == part).map(|(row, _)| row);
        let admitted = shard.admit_rows(&columns, own)?;
        // A part that panicked is missing for ever, and its thread says so.
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        gathered.admitted.join(&admitted);
        gathered.missing = gathered.missing.saturating_sub(1);
        let complete = (gathered.missing == 0).then(|| std::mem::take(&mut gathered.admitted));
        drop(gathered);
        Ok(complete.map(|admitted| admitted.applied(&self.records, now, watermark)).transpose()?)
    }
}

#[cfg(test)]
mod tests {
    use super::{Parts, SharedBatch};
    use crate::state::{Headline, Shard};
    use arrow::array::RecordBatch;
    use std::collections::{BTreeMap, BTreeSet};
    use std::num::NonZeroUsize;
    use std::sync::Arc;
    use touchpoint::record::{RecordBuilder, RecordRow};
    use touchpoint::time::{DAY, HOUR, Micros};
    use touchpoint::{Audience, BusinessFunction, Channel, Kind, Op, Policy, Precision, Purpose, Reference, Status};

    const NOW: Micros = 20_000 * DAY;

    /// Calls with a version and its repetition, some of them late, on forty HCPs.
    fn batches() -> Vec<RecordBatch> {
        let mut builder = RecordBuilder::default();
        (0..6)
            .map(|batch| {
                for n in 0..200_i64 {
                    let (hcp_id, event_id) = (format!("hcp-{}", n % 40), format!("call-{}", (n + batch * 70) % 300));
                    builder.push(&RecordRow {
                        kind: Kind::Calls,
                        event_id: &event_id,
                        hcp_id: &hcp_id,
                        source: "crm",
                        version: (n * 7 + batch) % 3,
                        op: Op::Upsert,
                        status: Some(Status::Completed),
                        occurred_at: Some(NOW - (n * 5 + batch) * HOUR),
                        precision: Some(Precision::Instant),
                        channel: Some(Channel::FaceToFace),
                        business_function: Some(BusinessFunction::Sales),
                        purpose: Some(Purpose::Promotional),
                        kafka_topic: "engagement.calls",
                        kafka_offset: batch * 1_000 + n,
                        ingested_at: NOW,
                        kafka_timestamp: NOW,
                        ..RecordRow::BARE
                    });
                }
                builder.finish().expect("a batch")
            })
            .collect()
    }

    fn headlines<'s>(shards: impl IntoIterator<Item = &'s mut Shard>) -> BTreeMap<String, Option<Headline>> {
        let mut all = BTreeMap::new();
        for shard in shards {
            shard.advance(NOW);
            shard.evaluate();
            let cells = shard.snapshot();
            all.extend(cells.cells().map(|cell| (cell.id.to_string(), cell.headline(Audience::Full).copied())));
        }
        all
    }

    #[test]
    fn parts_come_to_what_one_shard_comes_to() {
        let (policy, reference) = (Arc::new(Policy::default()), Arc::new(Reference::default()));
        let mut one = Shard::new(policy.clone(), reference.clone());
        let mut parts = Parts::new(NonZeroUsize::new(3).expect("not zero"), &policy, &reference);
        let (now, watermark) = (NOW, Some(NOW - 10 * DAY));
        for batch in batches() {
            let expected = one.apply(&batch, now, watermark).expect("applied");
            let shared = SharedBatch::new(batch, parts.division()).expect("a batch");
            let mut outcomes = Vec::new();
            std::thread::scope(|scope| {
                let shared = &shared;
                let threads: Vec<_> = (parts.shards_mut().iter_mut().enumerate())
                    .map(|(part, shard)| scope.spawn(move || shared.apply(part, shard, (now, watermark))))
                    .collect();
                outcomes.extend(threads.into_iter().map(|thread| thread.join().expect("no panic").expect("applied")));
            });
            let applied: Vec<_> = outcomes.into_iter().flatten().collect();
            let [applied] = applied.as_slice() else { panic!("{} parts were the last", applied.len()) };
            assert_eq!(applied.log, expected.log);
            let counts = |a: &super::Applied| (a.late, a.too_late, a.changed);
            assert_eq!(counts(applied), counts(&expected));
            assert!(counts(applied).0 > 0);
        }
        assert!(parts.shards_mut().iter().all(|shard| shard.hcp_count() > 0), "otherwise nothing was divided");
        assert_eq!(parts.heard_of_count(), one.heard_of_count());
        assert_eq!(headlines(parts.shards_mut()), headlines([&mut one]));
    }

    #[test]
    fn parts_close_the_days_that_one_shard_closes() {
        let (policy, reference) = (Arc::new(Policy::default()), Arc::new(Reference::default()));
        let mut one = Shard::new(policy.clone(), reference.clone());
        let mut parts = Parts::new(NonZeroUsize::new(2).expect("not zero"), &policy, &reference);
        for batch in batches() {
            one.restore_decoded(&batch, |_| true).expect("restored");
            parts.restore_decoded(&batch).expect("restored");
        }
        let closed = Some(super::ClosedDays { first: NOW - 40 * DAY, last: NOW - 41 * DAY });
        one.start_days(closed, NOW);
        parts.start_days(closed, NOW);
        let rows = |batches: Vec<RecordBatch>| {
            let each = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| batch.slice(row, 1)));
            each.map(|row| format!("{:?}", row.columns())).collect::<BTreeSet<String>>()
        };
        let expected = rows(one.close_days(NOW).expect("rows").into_iter().collect());
        assert!(expected.len() > 40, "{} rows", expected.len());
        assert_eq!(rows(parts.close_days(NOW).expect("rows")), expected);
    }
}
