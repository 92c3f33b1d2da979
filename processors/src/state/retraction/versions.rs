//! The records of one interaction: which are live now, and which would be without what was taken back.

use crate::state::position::Positions;
use std::cmp::Ordering;
use touchpoint::record::RecordRow;
use touchpoint::{Audience, BusinessFunction, Kind, Op};

/// Where a record is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) batch: usize,
    pub(super) row: usize,
}

/// A record that wins so far, and what it wins by.
#[derive(Debug, Clone, Copy)]
struct Winner {
    version: i64,
    rank: u8,
    position: u64,
    place: Place,
}

/// Whether a record would be there without what was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Stays,
    TakenBack,
}

/// By audience.
#[derive(Debug, Clone, Copy, Default)]
struct Winners([Option<Winner>; Audience::ALL.len()]);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Versions {
    now: Winners,
    wanted: Winners,
    /// The greatest version of any record.
    pub(super) greatest: i64,
    any: Option<Place>,
}

impl Versions {
    /// Adds a record, held at a place and with its packed position.
    pub(super) fn add(
        &mut self,
        row: &RecordRow<'_>,
        (place, position): (Place, u64),
        side: Side,
        positions: &Positions,
    ) {
        self.greatest = if self.any.is_some() { self.greatest.max(row.version) } else { row.version };
        self.any = Some(place);
        let new = Winner { version: row.version, rank: rank(row), position, place };
        for audience in Audience::ALL.into_iter().filter(|audience| is_heard(row, *audience)) {
            self.now.meet(audience, new, positions);
            if side == Side::Stays {
                self.wanted.meet(audience, new, positions);
            }
        }
    }

    /// A record of the interaction: all share its identity.
    pub(super) fn any(&self) -> Option<Place> {
        self.any
    }

    /// What is live now.
    pub(super) fn now(&self, audience: Audience) -> Option<Place> {
        self.now.place(audience)
    }

    /// What would be live.
    pub(super) fn wanted(&self, audience: Audience) -> Option<Place> {
        self.wanted.place(audience)
    }

    /// What is live now for the audience that sees everything.
    pub(super) fn live_for_all(&self) -> Option<Place> {
        self.now(Audience::Full)
    }
}

impl Winners {
    fn meet(&mut self, audience: Audience, new: Winner, positions: &Positions) {
        let Some(slot) = self.0.get_mut(index(audience)) else { return };
        let order = |old: &Winner| {
            let by_version = (new.version, new.rank).cmp(&(old.version, old.rank));
            by_version.then_with(|| positions.compare(new.position, old.position))
        };
        if slot.as_ref().is_none_or(|old| order(old) != Ordering::Less) {
            *slot = Some(new);
        }
    }

    fn place(&self, audience: Audience) -> Option<Place> {
        self.0.get(index(audience))?.map(|winner| winner.place)
    }
}

fn index(audience: Audience) -> usize {
    match audience {
        Audience::Full => 0,
        Audience::Commercial => 1,
    }
}

/// Whether an audience may know of a record (metrics.md §1).
pub(super) fn is_heard(row: &RecordRow<'_>, audience: Audience) -> bool {
    match audience {
        Audience::Full => true,
        Audience::Commercial => row.kind != Kind::Requests && row.business_function != Some(BusinessFunction::Medical),
    }
}

/// A delete outranks every status.
fn rank(row: &RecordRow<'_>) -> u8 {
    match row.op {
        Op::Delete => u8::MAX,
        Op::Upsert => row.status.and_then(|status| status.rank(row.kind)).unwrap_or(0),
    }
}
