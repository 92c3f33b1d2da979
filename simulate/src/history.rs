//! Bounded history in order of arrival: days are written one by one, their records wait in a heap until it is their turn.
//!
//! What arrives in `[from, to)` is in the stream, whole interactions only at its beginning; what would arrive later has
//! not arrived yet, so planned calls lie ahead of `to` and the latest of the late records are missing, as they are in
//! any real log. Memory is that of the waiting records: about 300 bytes for each that is still on its way.

use crate::calendar::{Day, day_of};
use crate::config::Span;
use crate::day::{EARLIEST_ARRIVAL, write_day};
use crate::draft::Dispatch;
use crate::poison::Emitter;
use crate::produced::Produced;
use crate::world::World;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;
use touchpoint::Micros;
use touchpoint::time::DAY;

/// A record on its way; the earliest is the greatest, so that a max-heap gives it first.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) dispatch: Dispatch,
    /// Order of writing, to decide between equal instants.
    pub(crate) written: u64,
}

impl Waiting {
    fn rank(&self) -> (Micros, u64) {
        (self.dispatch.arrival, self.written)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}
impl Eq for Waiting {}
impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        other.rank().cmp(&self.rank())
    }
}

/// The records of a span, in order of arrival.
#[derive(Debug, Clone)]
pub struct History {
    world: Arc<World>,
    span: Span,
    next_day: Day,
    waiting: BinaryHeap<Waiting>,
    written: u64,
    emitter: Emitter,
}

impl History {
    pub(crate) fn new(world: Arc<World>, span: Span) -> Self {
        let emitter = Emitter::new(&world, span.from);
        // In the far west the day before `from` (UTC) has not ended at `from`.
        let next_day = day_of(span.from) - 1;
        Self { world, span, next_day, waiting: BinaryHeap::new(), written: 0, emitter }
    }

    /// The span whose arrivals this is.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Records written and not yet given out: what memory depends on.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Writes days until the earliest waiting record can no longer be overtaken.
    fn write_ahead(&mut self) {
        loop {
            let sealed = self.next_day * DAY - EARLIEST_ARRIVAL;
            let earliest = self.waiting.peek().map(|w| w.dispatch.arrival);
            if sealed >= self.span.to || earliest.is_some_and(|at| at < sealed) {
                return;
            }
            for dispatch in write_day(&self.world, self.next_day, self.span.from) {
                // What arrives after the span is never given out, so it need not wait.
                if dispatch.arrival < self.span.to {
                    self.written += 1;
                    self.waiting.push(Waiting { dispatch, written: self.written });
                }
            }
            self.next_day += 1;
        }
    }
}

impl Iterator for History {
    type Item = Produced;

    fn next(&mut self) -> Option<Produced> {
        if let Some(bad) = self.emitter.take_bad() {
            return Some(bad);
        }
        self.write_ahead();
        let next = self.waiting.pop()?;
        Some(self.emitter.emit(&self.world, &next.dispatch))
    }
}
