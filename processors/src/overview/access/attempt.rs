//! The attempts of one HCP in a year, and the calls of which nobody wrote down what became of them.

use super::cohort::Band;
use super::{CLOSED_WITHIN, RATED_FROM, YEAR};
use crate::kernel::touches::Source;
use crate::kernel::{Entry, Texts, within};
use chrono::{DateTime, Datelike};
use touchpoint::time::Micros;
use touchpoint::{BusinessFunction, Channel, Kind, Status, Tz};

/// One owner's day at the HCP's door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Attempt {
    /// Interned, 0 for unknown.
    owner: u32,
    /// Local day.
    day: i32,
    was_refused: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    days: Vec<Attempt>,
    /// Calls still planned long after their time.
    pub(super) unclosed: u64,
}

/// What one owner attempted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owned {
    /// Interned, 0 for unknown.
    pub(super) owner: u32,
    pub(super) attempts: u64,
    pub(super) refused: u64,
}

impl Attempts {
    /// Those of the year until `at`, in place of what was there.
    pub(super) fn take<T: Texts>(&mut self, source: &Source<'_, T>, at: Micros, zone: impl Fn(Micros) -> Option<Tz>) {
        self.days.clear();
        self.unclosed = 0;
        let audience = source.audience;
        let calls = within(source.retained, at - YEAR, at).iter().filter(|entry| entry.counts_for(audience));
        for call in calls.filter(|entry| is_visit(entry)) {
            match call.status() {
                Some(Status::Completed | Status::NoAccess) => self.days.push(Attempt {
                    owner: call.owner,
                    day: day(call.occurred_at, zone(call.occurred_at).unwrap_or(Tz::UTC)),
                    was_refused: call.is_attempt(),
                }),
                Some(Status::Planned) => self.unclosed += u64::from(at - call.occurred_at > CLOSED_WITHIN),
                _ => {}
            }
        }
        // What got through sorts first and stays.
        self.days.sort_unstable();
        self.days.dedup_by_key(|attempt| (attempt.owner, attempt.day));
    }

    /// All of them.
    pub(super) fn count(&self) -> u64 {
        self.days.len() as u64
    }

    /// Those that got through.
    pub(super) fn completed(&self) -> u64 {
        self.days.iter().filter(|attempt| !attempt.was_refused).count() as u64
    }

    /// By owner.
    pub(super) fn by_owner(&self) -> impl Iterator<Item = Owned> {
        self.days.chunk_by(|one, next| one.owner == next.owner).map(|own| Owned {
            owner: own.first().map_or(0, |attempt| attempt.owner),
            attempts: own.len() as u64,
            refused: own.iter().filter(|attempt| attempt.was_refused).count() as u64,
        })
    }

    /// How far the door opens; the rule of the account stands above what was attempted.
    pub(super) fn band(&self, is_closed_by_rule: bool) -> Option<Band> {
        let (all, through) = (self.count(), self.completed());
        if is_closed_by_rule {
            return Some(Band::ClosedByRule);
        }
        // Whole numbers: seven of ten is not more than 0.7.
        (all >= u64::from(RATED_FROM)).then_some(match 10 * through {
            tenths if tenths > 7 * all => Band::Accessible,
            tenths if tenths > 3 * all => Band::Restricted,
            _ => Band::Severe,
        })
    }
}

/// Whether it is a call at the door, of sales, that nobody owes the HCP.
fn is_visit(entry: &Entry) -> bool {
    entry.kind() == Kind::Calls
        && entry.channel() == Some(Channel::FaceToFace)
        && entry.function() == Some(BusinessFunction::Sales)
        && !entry.is_exempt()
}

fn day(at: Micros, zone: Tz) -> i32 {
    DateTime::from_timestamp_micros(at).map_or(0, |at| at.with_timezone(&zone).num_days_from_ce())
}
