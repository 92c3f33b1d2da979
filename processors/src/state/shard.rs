//! All HCPs of one partition number, or of a whole process that owns every partition.

mod admission;

pub use admission::{Admitted, Applied};

use super::days::Days;
use super::dictionary::{Dictionary, untimely};
use super::hcp::{Changed, Hcp};
use super::interner::Interner;
use super::list::List;
use super::live::{Headline, Headlines, Live, LiveSnapshot};
use super::waiting::{Queue, Waiting, Waits};
use super::wheel::Wheel;
use crate::kernel::{self, Entry, Evaluation, Instant, Scratch, Standing, WindowValues};
use arrow::error::ArrowError;
use hashbrown::{DefaultHashBuilder, HashTable, hash_table};
use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::hint::black_box;
use std::sync::Arc;
use touchpoint::reference::Changes;
use touchpoint::time::Micros;
use touchpoint::{Audience, Policy, Reference};

/// HCPs that are looked up together: enough to fill the memory's queues, few enough to stay in the first cache.
const GROUP: usize = 16;

/// Why a shard cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The batch does not have the columns of a decoded batch: a bug of the caller, a retry does not help.
    #[error("the batch is not a decoded batch")]
    Columns(#[from] ArrowError),
    /// The ids of the shard outgrew its arena: give the process fewer HCPs, a retry does not help.
    #[error("the window state holds more than 16 GiB of event ids; spread the HCPs over more processes")]
    Full,
}

/// See the module.
#[derive(Debug)]
pub struct Shard {
    policy: Arc<Policy>,
    reference: Arc<Reference>,
    hcps: Vec<Hcp>,
    by_id: HashTable<u32>,
    hasher: DefaultHashBuilder,
    dictionary: Dictionary,
    wheel: Wheel,
    live: Live,
    pub(super) days: Days,
    waiting: Waiting,
    scratch: Scratch,
    now: Micros,
}

impl Shard {
    /// An empty shard. Its time starts at the first [`Shard::advance`].
    pub fn new(policy: Arc<Policy>, reference: Arc<Reference>) -> Self {
        Self {
            policy,
            reference,
            hcps: Vec::new(),
            by_id: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            dictionary: Dictionary::default(),
            wheel: Wheel::default(),
            live: Live::default(),
            days: Days::default(),
            waiting: Waiting::default(),
            scratch: Scratch::default(),
            // The epoch: before any record, and spans can be taken off it. Readers may come before the first advance.
            now: 0,
        }
    }

    /// Moves time to `now` (never back) and marks the HCPs that ageing changed.
    pub fn advance(&mut self, now: Micros) {
        self.now = self.now.max(now);
        let (now, hcps, waiting) = (self.now, &mut self.hcps, &mut self.waiting);
        let mut again = Vec::new();
        self.wheel.take_until(now, |number| {
            let Some(hcp) = hcps.get_mut(number as usize) else { return };
            if hcp.due <= now {
                hcp.due = Micros::MAX;
                waiting.push(hcp, number, Queue::InTurn);
            } else if hcp.due.div_euclid(60_000_000) == now.div_euclid(60_000_000) {
                again.push((number, hcp.due));
            }
        });
        for (number, due) in again {
            self.wheel.set(number, due);
        }
    }

    /// Brings the cached headline values of every changed HCP to the present time. Returns who they are.
    pub fn evaluate(&mut self) -> Vec<Changed> {
        let mut evaluated = self.evaluate_some(Queue::AtBorder, usize::MAX);
        evaluated.extend(self.evaluate_some(Queue::InTurn, usize::MAX));
        evaluated
    }

    /// As [`Shard::evaluate`], of one queue and of at most so many; the others follow with the next calls.
    pub fn evaluate_some(&mut self, queue: Queue, most: usize) -> Vec<Changed> {
        let mut refreshed = Vec::with_capacity(most.min(self.waiting.count()));
        while refreshed.len() < most {
            if refreshed.len().is_multiple_of(GROUP) {
                self.warm_next(queue);
            }
            let Some(number) = self.waiting.pop(queue, &mut self.hcps) else { break };
            let from = self.hcps.get_mut(number as usize).map(|h| std::mem::replace(&mut h.changed_from, Micros::MAX));
            self.refresh(number);
            refreshed.push(Changed { number, from: from.filter(|from| *from != Micros::MAX) });
        }
        refreshed
    }

    /// How many HCPs changed and are still to be evaluated.
    pub fn waiting_count(&self) -> usize {
        self.waiting.count()
    }

    /// Reads what evaluating the next HCPs will read first: see [`admission`].
    fn warm_next(&self, queue: Queue) {
        let hcps = || self.waiting.next(queue, GROUP).filter_map(|number| self.hcps.get(number as usize));
        black_box(hcps().map(|hcp| hcp.due as u64).fold(0, u64::wrapping_add));
        black_box(hcps().map(Hcp::warm_header).fold(0, u64::wrapping_add));
        black_box(hcps().map(Hcp::warm_window).fold(0, u64::wrapping_add));
    }

    fn refresh(&mut self, number: u32) {
        let now = self.now;
        let Some(hcp) = self.hcps.get_mut(number as usize) else { return };
        hcp.changed_since_midnight = true;
        hcp.purge(now);
        let id = hcp.id.clone();
        let instant = Instant::new(now, &self.policy, &self.reference, &id);
        let [older_full, older_commercial] = hcp.older_loads(&instant, self.dictionary.words());
        // A target has a row although nothing was heard of it.
        let nothing = List::default();
        let list = hcp.list().unwrap_or(&nothing);
        let mut run = |audience, older| {
            let records = list.records(audience, self.dictionary.words());
            let (values, overall) = kernel::evaluate_headline_after(older, records, &instant, &mut self.scratch)?;
            Some(Headline::new(values, overall, now))
        };
        let full = run(Audience::Full, older_full);
        let room = full.map_or_else(Default::default, |h| h.standing()).sure_room(&self.policy);
        let mut standings = [full.map(|h| h.standing()), None];
        let texts = list.records(Audience::Full, self.dictionary.words()).texts;
        let is_shared = list.entries().iter().all(Entry::is_commercial)
            && !kernel::plans::tell_audiences_apart(list.entries(), texts, &instant.known);
        let headlines = if is_shared {
            full.map(Headlines::Shared)
        } else {
            let commercial = run(Audience::Commercial, older_commercial);
            standings[1] = commercial.map(|h| h.standing());
            (full.is_some() || commercial.is_some()).then_some(Headlines::Apart { full, commercial })
        };
        let next = kernel::next_change(list.entries(), &instant, standings.iter().flatten());
        let kept_until = hcp.list().map_or(Micros::MAX, List::kept_until);
        let due = next.unwrap_or(Micros::MAX).min(kept_until);
        if let Some(cell) = self.live.cell_mut(number) {
            cell.set(headlines);
        }
        hcp.room = room;
        if due < hcp.due {
            hcp.due = due;
            self.wheel.set(number, due);
        }
    }

    /// Puts another policy in force. Every HCP is evaluated anew, and has a row at the next midnight.
    pub fn set_policy(&mut self, policy: Arc<Policy>) {
        let (reference, waiting) = (&self.reference, &mut self.waiting);
        for (number, hcp) in self.hcps.iter_mut().enumerate() {
            if policy.working_hours != self.policy.working_hours {
                hcp.revise(|entry, id| entry.set_untimely(untimely(entry, id, reference, &policy)));
            }
            hcp.forget_sums();
            waiting.push(hcp, number as u32, Queue::InTurn);
        }
        self.policy = policy;
        self.days.expect_everyone();
    }

    /// Puts other reference data in force. Every HCP that they bear on otherwise is evaluated anew, and has a row at the
    /// next midnight. Days before keep what was known of them. [`Shard::seed_targets`] comes next.
    pub fn set_reference(&mut self, reference: Arc<Reference>) {
        let (policy, waiting) = (&self.policy, &mut self.waiting);
        let changes = Changes::between(&self.reference, &reference);
        for (number, hcp) in self.hcps.iter_mut().enumerate().filter(|(_, hcp)| changes.bear_on(&hcp.id)) {
            hcp.revise(|entry, id| entry.set_untimely(untimely(entry, id, &reference, policy)));
            waiting.push(hcp, number as u32, Queue::InTurn);
            let before = self.live.cell(number as u32).and_then(|cell| cell.headline(Audience::Full));
            self.days.expect(number as u32, before);
        }
        self.reference = reference;
    }

    /// A consistent view of the cached headline values at the present time; call [`Shard::evaluate`] first.
    pub fn snapshot(&self) -> LiveSnapshot {
        self.live.snapshot(self.now)
    }

    /// As [`Shard::snapshot`] of the HCPs of these ids alone.
    pub fn snapshot_of(&self, ids: &BTreeSet<String>) -> LiveSnapshot {
        let cells = ids.iter().filter_map(|id| self.live.cell(self.number_of(id)?));
        LiveSnapshot { as_of: self.now, chunks: vec![Arc::new(cells.cloned().collect())] }
    }

    /// Whether the cached headline values of an HCP are those of `at`: it is the present time, and no record and no date
    /// that came meanwhile is still to be taken in.
    pub fn is_cached_at(&self, number: u32, at: Micros) -> bool {
        at == self.now && self.hcps.get(number as usize).is_some_and(|hcp| hcp.waits == Waits::Not)
    }

    /// The cached headline values of an HCP; `None` while it has no row for the audience.
    pub fn cached_headline(&self, number: u32, audience: Audience) -> Option<&Headline> {
        self.live.cell(number)?.headline(audience)
    }

    /// Every window of one HCP at `at`, with today's knowledge.
    pub fn evaluate_at(
        &self,
        number: u32,
        audience: Audience,
        at: Micros,
        scratch: &mut Scratch,
    ) -> Option<Evaluation> {
        let hcp = self.hcps.get(number as usize)?;
        let instant = Instant::new(at, &self.policy, &self.reference, &hcp.id);
        let nothing = List::default();
        let list = hcp.list().unwrap_or(&nothing);
        kernel::evaluate(list.records(audience, self.dictionary.words()), &instant, scratch)
    }

    /// As [`Shard::evaluate_at`], of windows of these lengths alone, shortest first, without load and budgets.
    pub fn fill_windows_at(
        &self,
        number: u32,
        (audience, at): (Audience, Micros),
        windows: (&[Micros], &mut [WindowValues]),
        scratch: &mut Scratch,
    ) -> Option<()> {
        let hcp = self.hcps.get(number as usize)?;
        let instant = Instant::new(at, &self.policy, &self.reference, &hcp.id);
        let nothing = List::default();
        let list = hcp.list().unwrap_or(&nothing);
        kernel::fill_windows(list.records(audience, self.dictionary.words()), &instant, windows, scratch)
    }

    /// Number of HCPs of whom something was heard, as far as it is remembered.
    pub fn heard_of_count(&self) -> usize {
        self.hcps.iter().filter(|hcp| hcp.list().is_some()).count()
    }

    /// The source system that entries know by a number.
    pub fn source(&self, number: u32) -> &str {
        self.dictionary.source(number)
    }

    /// The number by which entries know a source system; `None` when no record is of it.
    pub fn number_of_source(&self, source: &str) -> Option<u32> {
        self.dictionary.number_of_source(source)
    }

    /// Number of HCPs known, also those without a row.
    pub fn hcp_count(&self) -> usize {
        self.hcps.len()
    }

    /// Entries held.
    pub fn entry_count(&self) -> usize {
        self.hcps.iter().map(|h| h.entries().len()).sum()
    }

    /// The HCP of a number.
    pub fn hcp(&self, number: u32) -> Option<&Hcp> {
        self.hcps.get(number as usize)
    }

    /// The HCP's number by id.
    pub fn number_of(&self, hcp_id: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(hcp_id);
        let same = |n: &u32| self.hcps.get(*n as usize).is_some_and(|h| &*h.id == hcp_id);
        self.by_id.find(hash, same).copied()
    }

    pub(super) fn hcp_mut(&mut self, number: u32) -> Option<&mut Hcp> {
        self.hcps.get_mut(number as usize)
    }

    pub(crate) fn words(&self) -> &Interner {
        self.dictionary.words()
    }

    /// The present time of the shard.
    pub fn now(&self) -> Micros {
        self.now
    }

    /// The policy in force.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// Reference data in force.
    pub fn reference(&self) -> &Arc<Reference> {
        &self.reference
    }

    /// Bytes held, roughly: lists, ids, cached values, indexes.
    pub fn bytes(&self) -> usize {
        let lists: usize = self.hcps.iter().map(Hcp::bytes).sum();
        let cells = self.hcps.len() * std::mem::size_of::<super::live::Cell>();
        lists + cells + self.dictionary.bytes() + self.wheel.len() * 4
    }

    /// Makes an HCP known of whom nothing was heard; evaluation tells whether it has a row.
    pub fn make_known(&mut self, hcp_id: &str) {
        let known = self.hcps.len();
        let number = self.number_or_new(self.hasher.hash_one(hcp_id), hcp_id);
        if self.hcps.len() > known {
            self.days.expect(number, None);
        }
        if let Some(hcp) = self.hcps.get_mut(number as usize) {
            self.waiting.push(hcp, number, Queue::InTurn);
        }
    }

    /// The HCP's number by its id and the hash of that.
    fn number_or_new(&mut self, hash: u64, hcp_id: &str) -> u32 {
        let (hcps, hasher) = (&self.hcps, &self.hasher);
        let same = |n: &u32| hcps.get(*n as usize).is_some_and(|h| &*h.id == hcp_id);
        let rehash = |n: &u32| hcps.get(*n as usize).map_or(0, |h| hasher.hash_one(&*h.id));
        let new = match self.by_id.entry(hash, same, rehash) {
            hash_table::Entry::Occupied(found) => return *found.get(),
            hash_table::Entry::Vacant(vacant) => *vacant.insert(self.hcps.len() as u32).get(),
        };
        let id: Arc<str> = hcp_id.into();
        self.live.push(id.clone());
        self.hcps.push(Hcp::new(id, Standing::default().sure_room(&self.policy)));
        new
    }
}
