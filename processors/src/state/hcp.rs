//! The entries of one HCP: a list in window order `(occurred_at, source, event_id, kind)`, deletes last.

use super::arena::Arena;
use super::dictionary::Dictionary;
use crate::kernel::{Entry, Texts};
use std::cmp::Ordering;
use std::sync::Arc;
use touchpoint::Audience;
use touchpoint::time::{DAY, Micros, RETENTION};

/// One HCP.
#[derive(Debug)]
pub struct Hcp {
    /// Its id.
    pub id: Arc<str>,
    /// Winners of every identity still remembered, in window order.
    pub entries: Vec<Entry>,
    /// When the timer wheel will look at it, `Micros::MAX` for never.
    pub due: Micros,
    /// Whether it waits for evaluation.
    pub changed: bool,
    /// Whether its entries changed since the last day row.
    pub changed_since_midnight: bool,
}

/// What an insert did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// The record is live for some audience and was not before: results may change.
    Changed,
    /// An earlier record of its identity outranks or equals it: nothing changes.
    Unchanged,
}

impl Hcp {
    /// An HCP without records.
    pub fn new(id: Arc<str>) -> Self {
        Self { id, entries: Vec::new(), due: Micros::MAX, changed: false, changed_since_midnight: false }
    }

    /// Indices of the entries with the identity of `(identity hash, kind, source, event id)`: at most two.
    pub fn of_identity(&self, new: &Entry, event_id: &[u8], arena: &Arena) -> [Option<usize>; 2] {
        let mut found = [None; 2];
        for (i, entry) in self.entries.iter().enumerate().filter(|(_, e)| e.identity == new.identity) {
            if entry.kind() == new.kind() && entry.source == new.source && arena.text(entry.event_id) == event_id {
                if found[0].is_none() {
                    found[0] = Some(i);
                } else {
                    found[1] = Some(i);
                    break;
                }
            }
        }
        found
    }

    /// Resolves `new` against the entries of its identity (`rivals`) and keeps whatever still wins for some audience.
    pub fn insert(&mut self, mut new: Entry, rivals: [Option<usize>; 2], dictionary: &Dictionary) -> Inserted {
        new.set_wins(Audience::Full, true);
        new.set_wins(Audience::Commercial, new.is_commercial());
        let mut kept: [Option<Entry>; 2] = [None; 2];
        for (rival, slot) in rivals.into_iter().flatten().zip(&mut kept) {
            let Some(mut old) = self.entries.get(rival).copied() else { continue };
            for audience in Audience::ALL {
                if old.wins_for(audience) && new.wins_for(audience) {
                    let later = outranks(&new, &old, dictionary);
                    old.set_wins(audience, !later);
                    new.set_wins(audience, later);
                }
            }
            *slot = wins_any(&old).then_some(old);
        }
        if !wins_any(&new) {
            return Inserted::Unchanged;
        }
        if self.only_position_differs(&new, rivals, kept) {
            return Inserted::Unchanged;
        }
        for rival in rivals.into_iter().flatten().rev() {
            self.entries.remove(rival);
        }
        for entry in kept.into_iter().flatten().chain([new]) {
            self.place(entry, dictionary);
        }
        Inserted::Changed
    }

    /// A repeated record replaces its equal: only the position moves, in place.
    fn only_position_differs(&mut self, new: &Entry, rivals: [Option<usize>; 2], kept: [Option<Entry>; 2]) -> bool {
        let [Some(rival), None] = rivals else { return false };
        if kept.iter().any(Option::is_some) {
            return false;
        }
        let Some(old) = self.entries.get_mut(rival) else { return false };
        let mut aligned = *old;
        (aligned.position, aligned.ingested_day) = (new.position, new.ingested_day);
        let same = aligned == *new;
        if same {
            *old = aligned;
        }
        same
    }

    fn place(&mut self, entry: Entry, dictionary: &Dictionary) {
        let at = self.entries.partition_point(|e| dictionary.window_order(e, &entry) == Ordering::Less);
        if self.entries.len() == self.entries.capacity() {
            // Doubling would waste up to half of the state's memory; lists are short, so growth by a quarter is cheap.
            self.entries.reserve_exact((self.entries.len() / 4).max(4));
        }
        self.entries.insert(at, entry);
    }

    /// Forgets what lies outside retention at `now`, by event time and by ingestion.
    pub fn purge(&mut self, now: Micros) {
        let horizon = now - RETENTION;
        let forgotten = |e: &Entry| {
            let past = e.is_delete() || e.occurred_at <= horizon;
            past && (i64::from(e.ingested_day) + 1) * DAY <= horizon
        };
        if self.entries.iter().any(forgotten) {
            self.entries.retain(|e| !forgotten(e));
            if self.entries.capacity() >= 2 * self.entries.len() {
                self.entries.shrink_to_fit();
            }
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        std::mem::size_of::<Self>() + self.entries.capacity() * std::mem::size_of::<Entry>() + self.id.len() + 16
    }
}

fn wins_any(entry: &Entry) -> bool {
    Audience::ALL.into_iter().any(|a| entry.wins_for(a))
}

/// Whether `new` is live over `old`: greater version, then rank, then position. A record read twice equals itself and
/// stays.
fn outranks(new: &Entry, old: &Entry, dictionary: &Dictionary) -> bool {
    let order = (new.version, new.rank()).cmp(&(old.version, old.rank()));
    order.then_with(|| dictionary.compare_positions(new, old)).is_ge()
}
