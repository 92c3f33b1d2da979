//! A decoded batch on its way into a shard, slice by slice, so that readers need not wait for the whole of it.

use super::hcp::Inserted;
use super::shard::{Shard, StateError};
use arrow::array::{BooleanBuilder, RecordBatch};
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
    now: Micros,
    watermark: Option<Micros>,
    late: BooleanBuilder,
    supersedes: BooleanBuilder,
    /// The first row that was not taken in.
    next: usize,
    late_rows: usize,
    too_late: usize,
    changed: usize,
}

impl<'a> Applying<'a> {
    /// A batch that arrived at `now`, of which nothing was taken in.
    pub fn new(batch: &'a RecordBatch, now: Micros, watermark: Option<Micros>) -> Self {
        let rows = batch.num_rows();
        let (late, supersedes) = (BooleanBuilder::with_capacity(rows), BooleanBuilder::with_capacity(rows));
        Self { batch, now, watermark, late, supersedes, next: 0, late_rows: 0, too_late: 0, changed: 0 }
    }

    /// Whether every row was taken in.
    pub fn is_done(&self) -> bool {
        self.next >= self.batch.num_rows()
    }

    /// The log rows of the batch, and what it came to. Needs no shard, and so no lock.
    ///
    /// # Errors
    /// Rows are left: a bug of the caller.
    pub fn finish(mut self) -> Result<Applied, StateError> {
        let log = log::from_record(self.batch, self.late.finish(), self.supersedes.finish())?;
        Ok(Applied { log, late: self.late_rows, too_late: self.too_late, changed: self.changed })
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
        let mut applying = Applying::new(batch, now, watermark);
        self.apply_some(&mut applying, usize::MAX)?;
        applying.finish()
    }

    /// Takes in the next rows of a batch, at most `most`.
    ///
    /// # Errors
    /// [`StateError`]; the shard must then be discarded and restored.
    pub fn apply_some(&mut self, applying: &mut Applying<'_>, most: usize) -> Result<(), StateError> {
        let Applying { batch, now, watermark, late, supersedes, next, late_rows, too_late, changed } = applying;
        let rows = *next..next.saturating_add(most).min(batch.num_rows());
        *next = rows.end;
        self.admit_rows(&RecordColumns::try_new(batch)?, rows, |row, admitted| {
            supersedes.append_value(admitted.supersedes);
            *changed += usize::from(admitted.inserted == Inserted::Changed);
            let occurred_at = row.occurred_at.unwrap_or(Micros::MAX);
            let is_late = watermark.is_some_and(|w| occurred_at < w - LATE_AFTER);
            late.append_value(is_late);
            *late_rows += usize::from(is_late);
            *too_late += usize::from(occurred_at <= *now - RETENTION);
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
            let (mut shard, mut applying) = (shard(), Applying::new(&batch, now, Some(now)));
            let mut slices = 0;
            while !applying.is_done() {
                shard.apply_some(&mut applying, most).expect("applied");
                slices += 1;
            }
            let applied = applying.finish().expect("every row");
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
        assert!(Applying::new(&batch, 0, None).finish().is_err());
    }
}
