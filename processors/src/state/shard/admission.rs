//! Rows of a decoded batch on their way into a shard.
//!
//! Records are admitted in the order of their rows, so that of two versions of an interaction the later row comes later.
//! What a row's HCP holds lies anywhere in memory; so the rows of a group are gone through once before, only to ask for
//! their memory: look-ups that do not depend on each other wait together, where record by record each would wait for the
//! one before.

use super::{Shard, StateError};
use crate::kernel::{Entry, touches};
use crate::state::hcp::{Hcp, Inserted};
use crate::state::interner::Interner;
use crate::state::waiting::{Queue, Waits};
use arrow::array::{Array, BooleanArray, BooleanBufferBuilder, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::error::ArrowError;
use std::hash::BuildHasher;
use std::hint::black_box;
use touchpoint::log;
use touchpoint::policy::Basis;
use touchpoint::record::{RecordColumns, RecordRow};
use touchpoint::time::{HOUR, Micros, RETENTION};
use touchpoint::{Audience, Policy};

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
            let queue = queue(hcp, &entry, (&self.policy, self.dictionary.words()));
            self.waiting.push(hcp, number, queue);
            admitted.changed += 1;
        }
        if new.rivals[0].is_some() {
            admitted.superseding.push(i);
        }
        Ok(())
    }
}

/// Where an HCP waits that a record changed.
fn queue(hcp: &mut Hcp, entry: &Entry, (policy, words): (&Policy, &Interner)) -> Queue {
    if !entry.is_touch() || policy.budgets.is_empty() || hcp.waits == Waits::In(Queue::AtBorder) {
        return Queue::InTurn;
    }
    let Some(list) = hcp.list() else { return Queue::InTurn };
    // That a request makes it a solicited one is only seen when it is evaluated: it is looked at early for nothing then.
    let texts = list.records(Audience::Full, words).texts;
    let facts = touches::facts(&texts, entry, Basis::Unsolicited);
    let counts = facts.is_some_and(|facts| policy.budgets.iter().any(|b| b.cap.is_some() && b.counts(&facts)));
    if counts && !hcp.takes_place() { Queue::AtBorder } else { Queue::InTurn }
}

#[cfg(test)]
mod tests {
    use crate::sample::Sample;
    use crate::shards::Ownership;
    use crate::state::waiting::Queue;
    use touchpoint::policy::{Budget, NameSet, Scope};
    use touchpoint::record::{RecordBuilder, RecordRow};
    use touchpoint::time::{DAY, HOUR};
    use touchpoint::{Policy, Status};

    const NOW: i64 = 20_000 * DAY;

    #[test]
    fn whoever_a_touch_may_have_taken_over_a_budget_comes_first() {
        let scope = Scope { products: NameSet::of(["x"]), ..Scope::default() };
        let budgets = vec![Budget { scope, ..Budget::new("x", Some(2), 28 * DAY) }];
        let visit = |hcp_id: &'static str, product: &'static str| RecordRow {
            hcp_id,
            product: Some(product),
            ..RecordRow::visit(NOW - HOUR)
        };
        let rows = vec![visit("full", "x"), visit("full", "x"), visit("half", "x"), visit("other", "y")];
        let policy = Policy { budgets, ..Policy::default() };
        let mut shards = Sample { rows, policy, ..Sample::default() }.shards(Ownership::Sole, NOW);
        shards.begin_turn(NOW);
        assert_eq!(shards.turn_some(Queue::AtBorder, 9), [], "two fit");
        assert_eq!(shards.turn_some(Queue::InTurn, 9).len(), 3);

        let next = [
            visit("other", "x"),
            visit("half", "x"),
            visit("full", "y"),
            RecordRow { status: Some(Status::Planned), ..visit("full", "x") },
        ];
        let shard = shards.of_partition(0).expect("a shard");
        shard.apply(&batch(&next, "a"), NOW, None).expect("applied");
        assert_eq!(shard.evaluate_some(Queue::AtBorder, 9), [], "one more fits, and what no budget counts");

        let shard = shards.of_partition(0).expect("a shard");
        shard
            .apply(&batch(&[visit("half", "y"), visit("full", "x"), visit("half", "x")], "b"), NOW, None)
            .expect("applied");
        let first = shard.evaluate_some(Queue::AtBorder, 9);
        let ids: Vec<&str> = first.iter().filter_map(|changed| Some(&*shard.hcp(changed.number)?.id)).collect();
        assert_eq!(ids, ["full", "half"], "in the order in which their touches came");
        assert_eq!(shard.evaluate_some(Queue::InTurn, 9).len(), 1, "nobody is evaluated twice");
        assert_eq!(shard.waiting_count(), 0);
    }

    fn batch(rows: &[RecordRow<'_>], feed: &str) -> arrow::array::RecordBatch {
        let mut builder = RecordBuilder::default();
        for (row, n) in rows.iter().zip(100..) {
            builder.push(&RecordRow { event_id: &format!("{feed}{n}"), kafka_offset: n, ..*row });
        }
        builder.finish().expect("a batch")
    }
}
