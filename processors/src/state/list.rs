//! The retained records of one HCP: entries in window order `(occurred_at, source, event_id, kind)`, deletes last, with
//! the hashes of their identities and their ids beside them.
//!
//! The hashes stand apart so that the search for an identity reads four bytes per record, not a cache line. The ids of
//! records that were forgotten or replaced are dropped when they are most of the buffer, so memory follows what is
//! retained.

use super::arena::Arena;
use super::dictionary::Dictionary;
use super::interner::Interner;
use crate::kernel::load::Past;
use crate::kernel::notes::Notes;
use crate::kernel::{Entry, Instant, Records, Texts, place_from_end};
use std::cmp::Ordering;
use touchpoint::record::RecordRow;
use touchpoint::time::{DAY, Micros, RETENTION};
use touchpoint::{Audience, WindowLength};

/// Below this many bytes a buffer of ids is not worth packing.
const PACKED: usize = 256;

/// Entries that a headline window holds, as a rule.
const WINDOW: usize = 24;

/// See the module.
#[derive(Debug, Default, Clone)]
pub struct List {
    entries: Vec<Entry>,
    identities: Vec<u32>,
    ids: Arena,
    /// Bytes of ids in use when they were last looked through.
    packed: usize,
    /// Before this nothing is to be forgotten.
    kept_until: Micros,
    past: Past,
}

/// The text behind the entries of one HCP.
#[derive(Debug, Clone, Copy)]
pub struct HcpTexts<'a> {
    ids: &'a Arena,
    words: &'a Interner,
}

impl<'a> HcpTexts<'a> {
    /// Ids of the HCP, words of the shard.
    pub fn new(ids: &'a Arena, words: &'a Interner) -> Self {
        Self { ids, words }
    }
}

impl Texts for HcpTexts<'_> {
    fn text(&self, reference: u32) -> &[u8] {
        self.ids.text(reference)
    }

    fn word(&self, number: u32) -> &str {
        self.words.text(number)
    }
}

/// The entries of one identity, in window order: at most two.
pub type Rivals = [Option<usize>; 2];

impl List {
    /// In window order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What an evaluation for `audience` reads, with the words of the shard.
    pub fn records<'a>(&'a self, audience: Audience, words: &'a Interner) -> Records<'a, HcpTexts<'a>> {
        Records { entries: &self.entries, texts: HcpTexts { ids: &self.ids, words }, audience }
    }

    /// Indices of the entries with the identity of `new`, whose hash is `identity`.
    pub fn rivals(&self, identity: u32, new: &Entry, event_id: &[u8]) -> Rivals {
        let mut found = [None; 2];
        for (i, _) in self.identities.iter().enumerate().filter(|(_, hash)| **hash == identity) {
            let Some(entry) = self.entries.get(i) else { continue };
            let same = entry.kind() == new.kind() && entry.source == new.source;
            if same && self.ids.text(entry.event_id) == event_id {
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

    /// Stores the ids of a record, or reuses those of its first rival. `None` when there is no room for them.
    pub fn set_ids(&mut self, entry: &mut Entry, row: &RecordRow<'_>, rivals: Rivals) -> Option<()> {
        let known = rivals[0].and_then(|i| self.entries.get(i)).copied();
        entry.event_id = match known {
            Some(known) => known.event_id,
            None => self.ids.push(row.event_id.as_bytes())?,
        };
        let notes = Notes::of(row);
        let same = known.filter(|k| k.notes(|reference| self.ids.text(reference)) == notes);
        let stored = match same {
            Some(known) => known.notes,
            None => self.ids.push_notes(&notes)?,
        };
        entry.set_notes(stored, &notes);
        Some(())
    }

    /// Puts an entry at its place.
    pub fn place(&mut self, entry: Entry, identity: u32, dictionary: &Dictionary) {
        let before = |e: &Entry| dictionary.window_order(e, &entry, &self.ids) == Ordering::Less;
        let at = place_from_end(&self.entries, before);
        if self.entries.len() == self.entries.capacity() {
            // Doubling would waste up to half of the state's memory; lists are short, so growth by a quarter is cheap.
            let more = (self.entries.len() / 4).max(4);
            self.entries.reserve_exact(more);
            self.identities.reserve_exact(more);
        }
        self.entries.insert(at, entry);
        self.identities.insert(at, identity);
        self.past.changed(entry.occurred_at);
        self.kept_until = self.kept_until.min(kept_until(&entry));
    }

    /// Before this [`List::purge`] finds nothing.
    pub fn kept_until(&self) -> Micros {
        self.kept_until
    }

    /// Overwrites an entry whose place does not change.
    pub fn replace(&mut self, at: usize, entry: Entry) {
        if let Some(old) = self.entries.get_mut(at) {
            *old = entry;
        }
    }

    /// Changes what entries say of themselves, neither their place nor their identity.
    pub fn revise(&mut self, change: impl FnMut(&mut Entry)) {
        self.entries.iter_mut().for_each(change);
    }

    /// Takes an entry out.
    pub fn remove(&mut self, at: usize) {
        if at < self.entries.len() {
            let removed = self.entries.remove(at);
            self.identities.remove(at);
            self.past.changed(removed.occurred_at);
        }
    }

    /// See [`Hcp::purge`](super::hcp::Hcp::purge).
    pub fn purge(&mut self, now: Micros) {
        if now < self.kept_until {
            return;
        }
        self.retain(|entry| now < kept_until(entry));
        self.kept_until = self.entries.iter().map(kept_until).min().unwrap_or(Micros::MAX);
    }

    fn retain(&mut self, keep: impl Fn(&Entry) -> bool) {
        if self.entries.iter().all(&keep) {
            return;
        }
        let mut kept = self.entries.iter().map(&keep);
        self.identities.retain(|_| kept.next().unwrap_or(true));
        self.entries.retain(keep);
        // What is forgotten lies before all that is in it.
        self.past = Past::default();
        self.pack();
        if self.entries.capacity() >= 2 * self.entries.len() {
            self.entries.shrink_to_fit();
            self.identities.shrink_to_fit();
        }
    }

    /// The loads at T of what is older than the headline window, in the order of [`Audience::ALL`].
    pub fn older_loads(&mut self, instant: &Instant<'_>, words: &Interner) -> [f64; Audience::ALL.len()] {
        let texts = HcpTexts { ids: &self.ids, words };
        self.past.loads((&self.entries, texts), instant, instant.at - WindowLength::HEADLINE.micros())
    }

    /// Forgets sums that were made by another policy.
    pub fn forget_sums(&mut self) {
        self.past = Past::default();
    }

    /// As [`List::pack`], if the ids have doubled since they were last looked through: for the path of every record.
    pub fn pack_if_grown(&mut self) {
        if self.ids.used() >= 2 * self.packed.max(PACKED) {
            self.pack();
        }
    }

    /// Drops the ids that no entry refers to, if they are most of the buffer.
    pub fn pack(&mut self) {
        if self.ids.used() > PACKED.max(2 * self.live_id_bytes()) {
            let mut packed = Arena::default();
            for entry in &mut self.entries {
                for reference in [&mut entry.event_id, &mut entry.notes] {
                    if *reference != 0 {
                        // What came out of a buffer fits into a smaller one.
                        *reference = packed.push(self.ids.text(*reference)).unwrap_or(0);
                    }
                }
            }
            self.ids = packed;
        }
        self.packed = self.ids.used();
    }

    fn live_id_bytes(&self) -> usize {
        let bytes = |reference: u32| if reference == 0 { 0 } else { self.ids.text(reference).len() + 1 };
        self.entries.iter().map(|e| bytes(e.event_id) + bytes(e.notes)).sum()
    }

    /// Event time of the earliest entry among `rivals`, `None` without any.
    pub fn earliest(&self, rivals: Rivals) -> Option<Micros> {
        rivals.into_iter().flatten().filter_map(|i| self.entries.get(i)).map(|e| e.occurred_at).min()
    }

    /// Reads where an insert will begin; the value means nothing.
    pub fn warm(&self) -> u64 {
        let newest = self.entries.last().map_or(0, |e| e.occurred_at as u64);
        newest ^ u64::from(self.identities.first().copied().unwrap_or(0)) ^ self.ids.used() as u64
    }

    /// Reads what an evaluation will read first; the value means nothing.
    pub fn warm_window(&self) -> u64 {
        self.entries.iter().rev().take(WINDOW).fold(0, |sum, entry| sum ^ entry.occurred_at as u64)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let per_entry = size_of::<Entry>() + size_of::<u32>();
        size_of::<Self>() + self.entries.capacity() * per_entry + self.ids.bytes()
    }
}

/// From when on an entry may be forgotten. A version is remembered as long after its ingestion, so that a late repetition
/// cannot win; that the HCP unsubscribed, for ever.
fn kept_until(entry: &Entry) -> Micros {
    if entry.is_unsubscribed() {
        return Micros::MAX;
    }
    let ingested = (i64::from(entry.ingested_day) + 1) * DAY + RETENTION;
    if entry.is_delete() { ingested } else { ingested.max(entry.occurred_at.saturating_add(RETENTION)) }
}

#[cfg(test)]
mod tests {
    use super::{List, PACKED};
    use crate::kernel::Entry;
    use crate::kernel::entry::Words;
    use touchpoint::Kind;

    fn entry(list: &mut List, at: i64, id: &str) -> Entry {
        let words = Words {
            kind: Kind::Calls,
            status: None,
            channel: None,
            origin: None,
            meeting: None,
            function: None,
            purpose: None,
        };
        let event_id = list.ids.push(id.as_bytes()).expect("room");
        let mut entry = Entry::new(words);
        (entry.occurred_at, entry.event_id) = (at, event_id);
        entry
    }

    #[test]
    fn ids_of_the_forgotten_go_and_those_of_the_kept_stay() {
        let (mut list, dictionary) = (List::default(), super::Dictionary::default());
        for n in 0..1_000_i64 {
            let new = entry(&mut list, n, &format!("event-{n}"));
            list.place(new, n as u32, &dictionary);
            list.pack_if_grown();
        }
        let full = list.ids.used();
        list.retain(|e| e.occurred_at % 100 == 7);
        assert!(list.ids.used() < full / 50, "{} of {full} bytes are left", list.ids.used());
        let left: Vec<String> =
            list.entries().iter().map(|e| String::from_utf8_lossy(list.ids.text(e.event_id)).into_owned()).collect();
        let expected: Vec<String> = (0..10).map(|n| format!("event-{}", n * 100 + 7)).collect();
        assert_eq!(left, expected);
        assert_eq!(list.identities, (0..10).map(|n| n * 100 + 7).collect::<Vec<u32>>());
    }

    #[test]
    fn versions_that_replace_each_other_do_not_pile_up_ids() {
        let (mut list, dictionary) = (List::default(), super::Dictionary::default());
        for n in 0..10_000_i64 {
            let new = entry(&mut list, n, &format!("event-{n}"));
            list.remove(0);
            list.place(new, 0, &dictionary);
            list.pack_if_grown();
        }
        assert!(list.ids.used() < 4 * PACKED, "{} bytes for one entry", list.ids.used());
    }

    #[test]
    fn the_place_is_found_from_the_end() {
        for late in 0..40_i64 {
            let (mut list, dictionary) = (List::default(), super::Dictionary::default());
            for n in (0..40_i64).filter(|n| *n != late).chain([late]) {
                let new = entry(&mut list, n, &n.to_string());
                list.place(new, 0, &dictionary);
            }
            assert!(list.entries().is_sorted_by_key(|e| e.occurred_at), "{late} came last");
        }
    }
}
