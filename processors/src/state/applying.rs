//! A decoded batch on its way into a shard, slice by slice, so that readers need not wait for the whole of it.

use super::shard::{Admitted, Applied, Shard, StateError};
use arrow::array::RecordBatch;
use touchpoint::record::RecordColumns;
use touchpoint::time::Micros;

/// See the module. What was taken in stays; [`Applying::finish`] comes when nothing is left.
#[derive(Debug)]
pub struct Applying<'a> {
    batch: &'a RecordBatch,
    admitted: Admitted,
    /// The first row that was not taken in.
    next: usize,
}

impl<'a> Applying<'a> {
    /// A batch of which nothing was taken in.
    pub fn new(batch: &'a RecordBatch) -> Self {
        Self { batch, admitted: Admitted::default(), next: 0 }
    }

    /// Whether every row was taken in.
    pub fn is_done(&self) -> bool {
        self.next >= self.batch.num_rows()
    }

    /// What became of the batch, all of whose rows were taken in at `now`. Needs no shard, and so no lock.
    ///
    /// # Errors
    /// The batch is not a decoded batch.
    pub fn finish(self, now: Micros, watermark: Option<Micros>) -> Result<Applied, StateError> {
        Ok(self.admitted.applied(self.batch, now, watermark)?)
    }
}

impl Shard {
    /// Takes in the next rows of a batch, at most `most`.
    ///
    /// # Errors
    /// [`StateError`]; the shard must then be discarded and restored.
    pub fn apply_some(&mut self, applying: &mut Applying<'_>, most: usize) -> Result<(), StateError> {
        let rows = applying.next..applying.next.saturating_add(most).min(applying.batch.num_rows());
        applying.next = rows.end;
        let admitted = self.admit_rows(&RecordColumns::try_new(applying.batch)?, rows)?;
        applying.admitted.join(&admitted);
        Ok(())
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
}
