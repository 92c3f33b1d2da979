//! Live traffic: the world's interactions at a chosen rate, around the instants that the caller hands in.
//!
//! Every record arrives now and tells of something that happened a moment, hours or days before, by the world's
//! lateness. What follows an interaction (delivered, opened, completed, answered, corrected) would take days; it is
//! brought forward by `follow_up_speed`, so that a demo sees whole lives in minutes. Planned calls keep their
//! appointment; when they are held they are held early. Calls lie in local working hours when eight draws of their
//! lateness find some, at night or on a weekend otherwise.

mod spawn;

use crate::calendar::day_of;
use crate::config::Span;
use crate::draft::{Dispatch, Occurred};
use crate::history::Waiting;
use crate::poison::Emitter;
use crate::produced::Produced;
use crate::scribe::KINDS;
use crate::seed::Purpose;
use crate::world::{Congress, World};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp};
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use touchpoint::Micros;
use touchpoint::time::{DAY, SECOND};
use touchpoint::words::Status;

/// How live traffic runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiveConfig {
    /// Mean records per second, bad ones not counted; between 0.001 and 1,000,000 (clamped).
    pub rate: f64,
    /// Instant of the first record. Ids of one world are unique as long as no two runs start in the same millisecond.
    pub start: Micros,
    /// How much faster than life follow-ups come; at least 1. Default 720: a day in two minutes.
    pub follow_up_speed: f64,
}

impl LiveConfig {
    /// Traffic at `rate` from `start` on.
    pub fn new(rate: f64, start: Micros) -> Self {
        Self { rate, start, follow_up_speed: 720.0 }
    }
}

/// An endless stream of records; asked with the present instant, it gives what is due.
#[derive(Debug)]
pub struct Live {
    world: Arc<World>,
    config: LiveConfig,
    rng: ChaCha8Rng,
    numbers: [u32; KINDS],
    /// When the next good record is due.
    slot: Micros,
    waiting: BinaryHeap<Waiting>,
    written: u64,
    /// Per enrolled HCP: the number of the next step of its plan.
    steps: HashMap<u32, u32>,
    congresses: Vec<Congress>,
    emitter: Emitter,
}

impl Live {
    pub(crate) fn new(world: Arc<World>, config: LiveConfig) -> Self {
        let config = LiveConfig {
            rate: config.rate.clamp(0.001, 1e6),
            follow_up_speed: config.follow_up_speed.max(1.0),
            ..config
        };
        let ahead = Span { from: config.start + 42 * DAY, to: config.start + 42 * DAY + 366 * DAY };
        Self {
            rng: world.seed().generator(Purpose::Live, config.start),
            numbers: [0; KINDS],
            slot: config.start,
            waiting: BinaryHeap::new(),
            written: 0,
            steps: HashMap::new(),
            congresses: world.congresses(ahead),
            emitter: Emitter::new(&world, config.start),
            world,
            config,
        }
    }

    /// The next record that is due at `now`; `None` until the next one is. Ask again until `None`: after a pause the
    /// records that were due in it come at once.
    pub fn next_due(&mut self, now: Micros) -> Option<Produced> {
        if let Some(bad) = self.emitter.take_bad() {
            return Some(bad);
        }
        if self.slot > now {
            return None;
        }
        let arrival = self.slot;
        if self.waiting.peek().is_none_or(|w| w.dispatch.arrival > arrival) {
            self.spawn(arrival);
        }
        let dispatch = Dispatch { arrival, ..self.waiting.pop()?.dispatch };
        let gap = Exp::new(self.config.rate).map_or(1.0, |d| d.sample(&mut self.rng));
        self.slot += (gap * SECOND as f64) as Micros;
        Some(self.emitter.emit(&self.world, &dispatch))
    }

    /// When the next record is due, for a caller that sleeps.
    pub fn next_due_at(&self) -> Micros {
        self.slot
    }

    /// Takes the records of one new interaction, written as if it happened at `now`, moves them so that the first
    /// arrives `now`, and brings the others forward.
    fn enqueue(&mut self, mut records: Vec<Dispatch>, now: Micros) {
        records.sort_by_key(|d| d.arrival);
        let Some(first) = records.first().map(|d| d.arrival) else { return };
        let squeeze = Squeeze { shift: now - first, now, speed: self.config.follow_up_speed };
        for record in records {
            self.written += 1;
            self.waiting.push(Waiting { dispatch: squeeze.dispatch(&record), written: self.written });
        }
    }
}

/// Moves instants: by a shift, and closer to now where they lie ahead of it. Order is kept, and equal instants stay
/// equal, so that a duplicate stays a duplicate.
#[derive(Debug, Clone, Copy)]
struct Squeeze {
    shift: Micros,
    now: Micros,
    speed: f64,
}

impl Squeeze {
    fn instant(self, at: Micros) -> Micros {
        let at = at + self.shift;
        if at <= self.now { at } else { self.now + ((at - self.now) as f64 / self.speed) as Micros }
    }

    fn dispatch(self, dispatch: &Dispatch) -> Dispatch {
        let mut draft = dispatch.draft;
        // An appointment stays where it is; what failed or was dropped has happened.
        let happened = matches!(draft.status, Status::Failed | Status::Dropped);
        let ahead = draft.status.may_lie_ahead(draft.kind) && !happened;
        draft.occurred = match draft.occurred {
            Occurred::Instant(at) if ahead => Occurred::Instant(at + self.shift),
            Occurred::Instant(at) => Occurred::Instant(self.instant(at)),
            Occurred::Date(day) if ahead => Occurred::Date(day),
            Occurred::Date(day) => Occurred::Date(day_of(self.instant(day * DAY + DAY / 2))),
        };
        draft.recorded_at = self.instant(draft.recorded_at);
        draft.status_at = draft.status_at.map(|at| self.instant(at));
        draft.answered_at = draft.answered_at.map(|at| self.instant(at));
        Dispatch { arrival: self.instant(dispatch.arrival), draft }
    }
}
