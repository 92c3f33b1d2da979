//! Transitions that are durable in the topics and not yet in table `alerts`.

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use processors::alert::{Transition, rows};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::alerts::AlertMarks;
use touchpoint::{Micros, NextOffsets};

/// Everything that happened before it is in the table, as far as this process is concerned. Cloning shares it.
#[derive(Debug, Clone)]
pub struct WrittenUntil(Arc<AtomicI64>);

impl Default for WrittenUntil {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(Micros::MIN)))
    }
}

impl WrittenUntil {
    /// The instant; [`Micros::MIN`] while nothing is known.
    pub fn get(&self) -> Micros {
        self.0.load(Ordering::Acquire)
    }

    /// Nothing that happened before `at` waits for a commit.
    pub fn set(&self, at: Micros) {
        self.0.store(at, Ordering::Release);
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    transitions: Vec<Transition>,
    /// The marks of the owned partition numbers, as the last cycle has them.
    marks: AlertMarks,
}

/// What a cycle takes along.
#[derive(Debug, Default)]
pub struct AlertRows {
    /// The rows; none without a transition.
    pub rows: Vec<RecordBatch>,
    /// The marks that go with them.
    pub next: NextOffsets,
}

impl Unwritten {
    /// With the marks as the table has them.
    pub(super) fn new(marks: AlertMarks) -> Self {
        Self { transitions: Vec::new(), marks }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.transitions.is_empty()
    }

    pub(super) fn extend(&mut self, transitions: impl IntoIterator<Item = Transition>) {
        self.transitions.extend(transitions);
    }

    /// Hands over what waits. Every mark moves: to the newest transition, and further than it was.
    pub(super) fn take(&mut self) -> Result<AlertRows, ArrowError> {
        let Some(newest) = self.transitions.iter().map(|transition| transition.at).max() else {
            return Ok(AlertRows::default());
        };
        let rows = vec![rows::to_rows(&self.transitions)?];
        self.transitions.clear();
        for mark in self.marks.values_mut() {
            *mark = Some(mark.map_or(newest, |last| newest.max(last + 1)));
        }
        let next = self.marks.iter().filter_map(|(name, mark)| Some((name.clone(), (*mark)?))).collect();
        Ok(AlertRows { rows, next })
    }
}

#[cfg(test)]
pub(crate) mod tests;
