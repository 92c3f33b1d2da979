//! A decoded batch on its way into a shard, slice by slice, so that readers need not wait for the whole of it.

use super::hcp::Inserted;
use super::shard::{Shard, StateError};
use arrow::array::{BooleanArray, BooleanBuilder, RecordBatch};
use touchpoint::log;
use touchpoint::record::RecordColumns;
use touchpoint::time::{HOUR, Micros, RETENTION};

/// How far behind the watermark a record may lie before it is flagged `late` (metrics.md §2).
const LATE_AFTER: Micros = HOUR;

/// What a batch came to.
#[derive(Debug)]
pub struct Applied {
    /// Rows of `touchpoint_log`, one per record of the batch, in its order.
    pub log: RecordBatch,
    /// Records behind the watermark by more than an hour.
    pub late: usize,
    /// Records whose event time was already outside retention: stored, seen by SQL, not held live.
    pub too_late: usize,
    /// Records that changed a live result.
    pub changed: usize,
}

/// See the module. What was taken in stays; [`Applying::finish`] comes when nothing is left.
#[derive(Debug)]
pub struct Applying<'a> {
    batch: &'a RecordBatch,
    supersedes: BooleanBuilder,
    /// The first row that was not taken in.
    next: usize,
    changed: usize,
}

impl<'a> Applying<'a> {
    /// A batch of which nothing was taken in.
    pub fn new(batch: &'a RecordBatch) -> Self {
        Self { batch, supersedes: BooleanBuilder::with_capacity(batch.num_rows()), next: 0, changed: 0 }
    }

    /// Whether every row was taken in.
    pub fn is_done(&self) -> bool {
        self.next >= self.batch.num_rows()
    }

    /// The log rows of the batch that arrived at `now`, and what it came to. Needs no shard, and so no lock.
    ///
    /// # Errors
    /// Rows are left: a bug of the caller.
    pub fn finish(mut self, now: Micros, watermark: Option<Micros>) -> Result<Applied, StateError> {
        let occurred_at = RecordColumns::try_new(self.batch)?.occurred_at;
        let before = |instant: Micros| occurred_at.iter().map(move |at| at.is_some_and(|at| at < instant));
        let late: BooleanArray = before(watermark.map_or(Micros::MIN, |w| w - LATE_AFTER)).map(Some).collect();
        let too_late = before(now - RETENTION + 1).filter(|is_before| *is_before).count();
        let late_rows = late.true_count();
        let log = log::from_record(self.batch, late, self.supersedes.finish())?;
        Ok(Applied { log, late: late_rows, too_late, changed: self.changed })
    }
}

impl Shard {
    /// Takes in a decoded batch at `now` and gives its log rows.
    ///
    /// # Errors
    /// [`StateError`]; the shard must then be discarded and restored.
    pub fn apply(
        &mut self,
        batch: &RecordBatch,
        now: Micros,
        watermark: Option<Micros>,
    ) -> Result<Applied, StateError> {
        let mut applying = Applying::new(batch);
        self.apply_some(&mut applying, usize::MAX)?;
        applying.finish(now, watermark)
    }

    /// Takes in the next rows of a batch, at most `most`.
    ///
    /// # Errors
    /// [`StateError`]; the shard must then be discarded and restored.
    pub fn apply_some(&mut self, applying: &mut Applying<'_>, most: usize) -> Result<(), StateError> {
        let Applying { batch, supersedes, next, changed } = applying;
        let rows = *next..next.saturating_add(most).min(batch.num_rows());
        *next = rows.end;
        self.admit_rows(&RecordColumns::try_new(batch)?, rows, |_, admitted| {
            supersedes.append_value(admitted.supersedes);
            *changed += usize::from(admitted.inserted == Inserted::Changed);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Applying;
    use crate::state::Shard;
    use std::sync::Arc;
    use touchpoint::record::{RecordBuilder, RecordRow};
    use touchpoint::time::{DAY, HOUR};
    use touchpoint::{Channel, Kind, Policy, Reference, Status};

    #[test]
    fn slices_come_to_what_the_whole_comes_to() {
        let now = 20_000 * DAY;
        let mut builder = RecordBuilder::default();
        for n in 0..7_i64 {
            let (hcp_id, event_id) = (format!("h-{}", n % 3), format!("e-{}", n % 5));
            builder.push(&RecordRow {
                hcp_id: &hcp_id,
                event_id: &event_id,
                kind: Kind::Calls,
                status: Some(Status::Completed),
                channel: Some(Channel::Chat),
                occurred_at: Some(now - n * HOUR),
                ingested_at: now,
                kafka_offset: n,
                ..RecordRow::BARE
            });
        }
        let batch = builder.finish().expect("a batch");
        let shard = || Shard::new(Arc::new(Policy::default()), Arc::new(Reference::default()));
        let whole = shard().apply(&batch, now, Some(now)).expect("applied");
        assert_eq!((whole.late, whole.log.num_rows()), (5, 7));
        for most in 1..=8 {
            let (mut shard, mut applying) = (shard(), Applying::new(&batch));
            let mut slices = 0;
            while !applying.is_done() {
                shard.apply_some(&mut applying, most).expect("applied");
                slices += 1;
            }
            let applied = applying.finish(now, Some(now)).expect("every row");
            assert_eq!(slices, 7_usize.div_ceil(most));
            assert_eq!(applied.log, whole.log, "{most}");
            assert_eq!((applied.late, applied.too_late, applied.changed), (whole.late, whole.too_late, whole.changed));
        }
    }

    #[test]
    fn what_was_not_taken_in_whole_has_no_log_rows() {
        let mut builder = RecordBuilder::default();
        builder.push(&RecordRow { hcp_id: "h", event_id: "e", ..RecordRow::BARE });
        let batch = builder.finish().expect("a batch");
        assert!(Applying::new(&batch).finish(0, None).is_err());
    }
}
