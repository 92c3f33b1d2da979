//! One HCP: its list of records, and which version of each counts for which audience.

use super::dictionary::Dictionary;
use super::interner::Interner;
use super::list::{List, Rivals};
use super::waiting::Waits;
use crate::kernel::{Entry, Instant};
use std::sync::Arc;
use touchpoint::Audience;
use touchpoint::record::RecordRow;
use touchpoint::time::Micros;

/// One HCP.
#[derive(Debug)]
pub struct Hcp {
    /// Its id.
    pub id: Arc<str>,
    /// Winners of every identity still remembered; `None` while there is none: most HCPs of a large universe are idle.
    list: Option<Box<List>>,
    /// When the timer wheel will look at it, `Micros::MAX` for never.
    pub due: Micros,
    /// Whether it waits for evaluation.
    pub waits: Waits,
    /// How many more touches are sure to fit every budget: as of the last evaluation, less those that came since.
    pub room: u8,
    /// The earliest event time that a record changed since the last evaluation; `Micros::MAX` when none did.
    pub changed_from: Micros,
    /// Whether its entries changed since the last day row.
    pub changed_since_midnight: bool,
}

/// An HCP whose values may be others than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Its number in the shard.
    pub number: u32,
    /// The earliest event time that a record changed; `None` when only time passed, or the policy is another one.
    pub from: Option<Micros>,
}

/// What an insert did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// The record is live for some audience and was not before: results may change.
    Changed,
    /// An earlier record of its identity outranks or equals it: nothing changes.
    Unchanged,
}

/// A record on its way into the list.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// The record, its ids not yet stored.
    pub entry: Entry,
    /// Hash of its identity.
    pub identity: u32,
    /// What the list holds of the same identity.
    pub rivals: Rivals,
}

impl Hcp {
    /// An HCP without records, whose first touches have so much room.
    pub fn new(id: Arc<str>, room: u8) -> Self {
        Self {
            id,
            list: None,
            due: Micros::MAX,
            waits: Waits::Not,
            room,
            changed_from: Micros::MAX,
            changed_since_midnight: false,
        }
    }

    /// Its entries in window order.
    pub fn entries(&self) -> &[Entry] {
        self.list.as_ref().map_or(&[], |l| l.entries())
    }

    /// Its list, `None` while it has no records.
    pub fn list(&self) -> Option<&List> {
        self.list.as_deref()
    }

    /// The candidate for a record of this HCP.
    pub fn candidate(&self, entry: Entry, identity: u32, event_id: &[u8]) -> Candidate {
        let rivals = self.list.as_ref().map_or([None; 2], |l| l.rivals(identity, &entry, event_id));
        Candidate { entry, identity, rivals }
    }

    /// Resolves a candidate against its rivals and keeps whatever still wins for some audience. `None` when there is no
    /// room for its ids.
    pub fn insert(&mut self, new: Candidate, row: &RecordRow<'_>, dictionary: &Dictionary) -> Option<Inserted> {
        let list = self.list.get_or_insert_default();
        let Candidate { mut entry, identity, rivals } = new;
        let kept = resolve(&mut entry, rivals, list, dictionary);
        if !wins_any(&entry) {
            return Some(Inserted::Unchanged);
        }
        list.set_ids(&mut entry, row, rivals)?;
        if only_position_differs(&entry, rivals, kept, list) {
            return Some(Inserted::Unchanged);
        }
        for rival in rivals.into_iter().flatten().rev() {
            list.remove(rival);
        }
        for entry in kept.into_iter().flatten().chain([entry]) {
            list.place(entry, identity, dictionary);
        }
        list.pack_if_grown();
        Some(Inserted::Changed)
    }

    /// Changes what its entries say of themselves.
    pub fn revise(&mut self, mut change: impl FnMut(&mut Entry, &str)) {
        if let Some(list) = &mut self.list {
            list.revise(|entry| change(entry, &self.id));
        }
    }

    /// Takes one of the places that are sure to fit; `false` when none is left.
    pub fn takes_place(&mut self) -> bool {
        let left = self.room.checked_sub(1);
        self.room = left.unwrap_or(0);
        left.is_some()
    }

    /// Forgets what lies outside retention at `now`, by event time and by ingestion. That the HCP unsubscribed is never
    /// forgotten: the metrics do not look beyond retention, the check before a touch does.
    pub fn purge(&mut self, now: Micros) {
        let Some(list) = &mut self.list else { return };
        list.purge(now);
        if list.entries().is_empty() {
            self.list = None;
        }
    }

    /// The loads at T of what is older than the headline window, in the order of [`Audience::ALL`].
    pub fn older_loads(&mut self, instant: &Instant<'_>, words: &Interner) -> [f64; Audience::ALL.len()] {
        self.list.as_mut().map_or_else(Default::default, |list| list.older_loads(instant, words))
    }

    /// Forgets sums that were made by another policy.
    pub fn forget_sums(&mut self) {
        if let Some(list) = &mut self.list {
            list.forget_sums();
        }
    }

    /// Reads what an insert will read first, so that it is in the cache by then: its id, and where its records are. The
    /// value means nothing.
    pub fn warm_header(&self) -> u64 {
        let id = self.id.as_bytes().first().copied().map_or(0, u64::from);
        self.list.as_ref().map_or(id, |l| id ^ l.entries().len() as u64)
    }

    /// As [`Hcp::warm_header`], of what an insert will read next.
    pub fn warm_records(&self) -> u64 {
        self.list.as_ref().map_or(0, |l| l.warm())
    }

    /// As [`Hcp::warm_header`], of what an evaluation will read next.
    pub fn warm_window(&self) -> u64 {
        self.list.as_ref().map_or(0, |l| l.warm_window())
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.list.as_ref().map_or(0, |l| l.bytes()) + self.id.len() + 16
    }
}

/// Decides for each audience whether `new` or its rival wins. Gives the rivals that still win for some audience.
fn resolve(new: &mut Entry, rivals: Rivals, list: &List, dictionary: &Dictionary) -> [Option<Entry>; 2] {
    new.set_wins(Audience::Full, true);
    new.set_wins(Audience::Commercial, new.is_commercial());
    rivals.map(|rival| {
        let mut old = *list.entries().get(rival?)?;
        for audience in Audience::ALL {
            if old.wins_for(audience) && new.wins_for(audience) {
                let later = outranks(new, &old, dictionary);
                old.set_wins(audience, !later);
                new.set_wins(audience, later);
            }
        }
        wins_any(&old).then_some(old)
    })
}

/// A repeated record replaces its equal: only the position moves, in place.
fn only_position_differs(new: &Entry, rivals: Rivals, kept: [Option<Entry>; 2], list: &mut List) -> bool {
    let ([Some(rival), None], [None, None]) = (rivals, kept) else { return false };
    let Some(mut aligned) = list.entries().get(rival).copied() else { return false };
    (aligned.position, aligned.ingested_day) = (new.position, new.ingested_day);
    if aligned == *new {
        list.replace(rival, aligned);
        return true;
    }
    false
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
