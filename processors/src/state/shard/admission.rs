//! Rows of a decoded batch on their way into a shard.
//!
//! Records are admitted in the order of their rows, so that of two versions of an interaction the later row comes later.
//! What a row's HCP holds lies anywhere in memory; so the rows of a group are gone through once before, only to ask for
//! their memory: look-ups that do not depend on each other wait together, where record by record each would wait for the
//! one before.

use super::{Shard, StateError, mark};
use crate::state::hcp::{Hcp, Inserted};
use arrow::array::{Array, BooleanArray, BooleanBufferBuilder, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::error::ArrowError;
use std::hash::BuildHasher;
use std::hint::black_box;
use touchpoint::log;
use touchpoint::record::{RecordColumns, RecordRow};
use touchpoint::time::{HOUR, Micros, RETENTION};

/// How far behind the watermark a record may lie before it is flagged `late` (metrics.md §2).
const LATE_AFTER: Micros = HOUR;

/// Records that are looked up together: enough to fill the memory's queues, few enough to stay in the first cache.
const GROUP: usize = 32;

/// What [`Shard::apply`] gives back.
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

/// What admitting rows of a batch came to.
#[derive(Debug, Default)]
pub struct Admitted {
    /// Rows with an earlier record of their identity.
    superseding: Vec<usize>,
    /// How many changed a live result.
    changed: usize,
}

impl Admitted {
    /// Of other rows of the same batch, too.
    pub fn join(&mut self, other: &Self) {
        self.superseding.extend(&other.superseding);
        self.changed += other.changed;
    }

    /// What becomes of the batch, all of whose rows these are, at `now`.
    ///
    /// # Errors
    /// The batch is not a decoded batch.
    pub fn applied(&self, batch: &RecordBatch, now: Micros, watermark: Option<Micros>) -> Result<Applied, ArrowError> {
        let (columns, rows) = (RecordColumns::try_new(batch)?, batch.num_rows());
        let occurred_before = |instant: Micros| {
            BooleanBuffer::collect_bool(rows, |i| {
                columns.occurred_at.value(i) < instant && columns.occurred_at.is_valid(i)
            })
        };
        let late = watermark.map_or_else(|| BooleanBuffer::new_unset(rows), |w| occurred_before(w - LATE_AFTER));
        let mut supersedes = BooleanBufferBuilder::new(rows);
        supersedes.append_n(rows, false);
        self.superseding.iter().for_each(|row| supersedes.set_bit(*row, true));
        Ok(Applied {
            late: late.count_set_bits(),
            too_late: occurred_before(now - RETENTION + 1).count_set_bits(),
            changed: self.changed,
            log: log::from_record(batch, late.into(), BooleanArray::from(supersedes.finish()))?,
        })
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
        let admitted = self.admit_rows(&RecordColumns::try_new(batch)?, 0..batch.num_rows())?;
        Ok(admitted.applied(batch, now, watermark)?)
    }

    /// Takes in rows of `touchpoint_log`, in any order.
    ///
    /// # Errors
    /// [`StateError`]; the shard must then be discarded.
    pub fn restore(&mut self, log_rows: &RecordBatch) -> Result<usize, StateError> {
        self.restore_decoded(&log::to_record(log_rows)?, |_| true)
    }

    /// As [`Shard::restore`], of rows that [`log::to_record`] has decoded, those whose HCP id is wanted. Returns how many.
    ///
    /// # Errors
    /// [`StateError`]; the shard must then be discarded.
    pub fn restore_decoded(
        &mut self,
        decoded: &RecordBatch,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<usize, StateError> {
        let columns = RecordColumns::try_new(decoded)?;
        let mut taken = 0;
        let rows = (0..decoded.num_rows()).filter(|i| wanted(columns.hcp_id.value(*i)));
        self.admit_rows(&columns, rows.inspect(|_| taken += 1))?;
        Ok(taken)
    }

    /// Admits the given rows in their order.
    pub(in crate::state) fn admit_rows(
        &mut self,
        columns: &RecordColumns<'_>,
        mut rows: impl Iterator<Item = usize>,
    ) -> Result<Admitted, StateError> {
        let mut admitted = Admitted::default();
        let mut group = Vec::with_capacity(GROUP);
        loop {
            group.clear();
            let hashed = |row| (row, self.hasher.hash_one(columns.hcp_id.value(row)));
            group.extend(rows.by_ref().take(GROUP).map(hashed));
            if group.is_empty() {
                return Ok(admitted);
            }
            self.warm(&group);
            for (i, hash) in &group {
                let row = columns.live_row(*i).ok_or_else(|| ArrowError::ParseError("unknown word code".into()))?;
                let number = self.number_or_new(*hash, row.hcp_id);
                self.admit(number, (*i, &row), &mut admitted)?;
            }
        }
    }

    /// Reads what admitting the rows will read first, one step for all of them before the next. An HCP is taken by a few
    /// bits of its hash here, so it may be another one; nothing follows from it.
    fn warm(&self, group: &[(usize, u64)]) {
        let mut guesses: [Option<&Hcp>; GROUP] = [None; GROUP];
        for (guess, (_, hash)) in guesses.iter_mut().zip(group) {
            *guess = self.by_id.find(*hash, |_| true).and_then(|number| self.hcps.get(*number as usize));
        }
        let guesses = || guesses.iter().flatten();
        black_box(guesses().map(|hcp| hcp.due as u64).fold(0, u64::wrapping_add));
        black_box(guesses().map(|hcp| hcp.warm_header()).fold(0, u64::wrapping_add));
        black_box(guesses().map(|hcp| hcp.warm_records()).fold(0, u64::wrapping_add));
    }

    fn admit(
        &mut self,
        number: u32,
        (i, row): (usize, &RecordRow<'_>),
        admitted: &mut Admitted,
    ) -> Result<(), StateError> {
        let entry = self.dictionary.entry(row, &self.reference, &self.policy);
        let Some(hcp) = self.hcps.get(number as usize) else { return Err(StateError::Full) };
        let new = hcp.candidate(entry, self.dictionary.identity(row), row.event_id.as_bytes());
        let earliest = hcp.list().and_then(|l| l.earliest(new.rivals));
        let from = earliest.into_iter().chain(row.occurred_at).min().unwrap_or(Micros::MAX);
        self.remember_before(number, from);
        let Some(hcp) = self.hcps.get_mut(number as usize) else { return Err(StateError::Full) };
        if hcp.insert(new, row, &self.dictionary).ok_or(StateError::Full)? == Inserted::Changed {
            hcp.changed_from = hcp.changed_from.min(from);
            mark(hcp, number, &mut self.changed);
            admitted.changed += 1;
        }
        if new.rivals[0].is_some() {
            admitted.superseding.push(i);
        }
        Ok(())
    }
}
