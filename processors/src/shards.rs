//! The shards of a process, behind one lock.
//!
//! The pipeline is the only writer; readers (gauges, SQL) take the lock to clone chunk lists or to evaluate a slice of
//! HCPs. A process that owns every partition keeps one shard for all of them, since then records of one HCP may come from
//! partitions of different numbers; one that owns some keeps a shard per partition number, and may know by a [`Placement`]
//! which partition the records of an HCP would come from of whom it holds none.

use crate::state::{LiveSnapshot, Shard, hcp::Changed, waiting::Queue};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::{Arc, RwLock};
use touchpoint::time::Micros;
use touchpoint::{Policy, Reference};

/// What a process owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// Every partition of every topic.
    Sole,
    /// Some partition numbers; equal numbers of the four topics go together.
    Shared,
}

/// Where producers put the records of an HCP.
#[derive(Debug, Clone, Copy)]
pub struct Placement {
    /// The partition of a key among a number of partitions.
    pub partition_of: fn(&[u8], i32) -> i32,
    /// Number of partitions of each topic.
    pub count: i32,
}

/// All shards.
#[derive(Debug)]
pub struct Shards {
    ownership: Ownership,
    placement: Option<Placement>,
    shards: BTreeMap<i32, Shard>,
    policy: Arc<Policy>,
    reference: Arc<Reference>,
    /// The shard of which HCPs were refreshed last.
    turned: i32,
}

/// Shards that readers share with the pipeline.
pub type SharedShards = Arc<RwLock<Shards>>;

/// The only shard of a sole owner.
const SOLE: i32 = 0;

impl Shards {
    /// No shards.
    pub fn new(policy: Arc<Policy>, reference: Arc<Reference>) -> Self {
        let shards = BTreeMap::new();
        Self { ownership: Ownership::Sole, placement: None, shards, policy, reference, turned: SOLE }
    }

    /// Whether the process holds every HCP, or those of some partitions.
    pub fn ownership(&self) -> Ownership {
        self.ownership
    }

    /// Replaces all shards by empty ones for the partition numbers of an assignment. [`Shards::seed_targets`] comes next,
    /// as soon as the partition of an HCP is known. No placement is known any more.
    pub fn assign(&mut self, ownership: Ownership, numbers: impl IntoIterator<Item = i32>) {
        self.ownership = ownership;
        self.placement = None;
        let new = || Shard::new(self.policy.clone(), self.reference.clone());
        self.shards = match ownership {
            Ownership::Sole => BTreeMap::from([(SOLE, new())]),
            Ownership::Shared => numbers.into_iter().map(|n| (n, new())).collect(),
        };
    }

    /// Makes every target known to its shard. `owns` tells whether the records of an HCP belong to a partition number; a
    /// sole owner has them all.
    pub fn seed_targets(&mut self, owns: impl Fn(&str, i32) -> bool) {
        let sole = self.ownership == Ownership::Sole;
        for (number, shard) in &mut self.shards {
            shard.seed_targets(|hcp_id| sole || owns(hcp_id, *number));
        }
    }

    /// Says where producers put records; `None`: nobody can vouch for it (any more).
    pub fn set_placement(&mut self, placement: Option<Placement>) {
        self.placement = placement;
    }

    /// Whether every record of the HCP would be here, so that holding none means that there is none. False when that is
    /// not known.
    pub fn is_home_of(&self, hcp_id: &str) -> bool {
        let is_ours = |placement: Placement| {
            self.shards.contains_key(&(placement.partition_of)(hcp_id.as_bytes(), placement.count))
        };
        match self.ownership {
            Ownership::Sole => true,
            Ownership::Shared => self.placement.is_some_and(is_ours),
        }
    }

    /// The shard that records of a partition number belong to.
    pub fn of_partition(&mut self, partition: i32) -> Option<&mut Shard> {
        let key = match self.ownership {
            Ownership::Sole => SOLE,
            Ownership::Shared => partition,
        };
        self.shards.get_mut(&key)
    }

    /// Every shard with its partition number (0 for a sole owner).
    pub fn iter(&self) -> impl Iterator<Item = (i32, &Shard)> {
        self.shards.iter().map(|(n, s)| (*n, s))
    }

    /// Every shard with its partition number, for writing.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (i32, &mut Shard)> {
        self.shards.iter_mut().map(|(n, s)| (*n, s))
    }

    /// The shard of a partition number, as listed by [`Shards::iter`].
    pub fn get(&self, number: i32) -> Option<&Shard> {
        self.shards.get(&number)
    }

    /// The shard that holds records of an HCP, and the HCP's number there.
    pub fn holder(&self, hcp_id: &str) -> Option<(&Shard, u32)> {
        self.shards.values().find_map(|shard| Some((shard, shard.number_of(hcp_id)?)))
    }

    /// Moves every shard to `now` and refreshes what changed. Returns the HCPs that were evaluated, with the numbers of
    /// their shards.
    pub fn turn(&mut self, now: Micros) -> Vec<(i32, Changed)> {
        self.begin_turn(now);
        let mut evaluated = self.turn_some(Queue::AtBorder, usize::MAX);
        evaluated.extend(self.turn_some(Queue::InTurn, usize::MAX));
        evaluated
    }

    /// Moves every shard to `now`. Call [`Shards::turn_some`] next: cached values of those who are left are as they were, like
    /// those of an HCP whose record has just arrived.
    pub fn begin_turn(&mut self, now: Micros) {
        self.shards.values_mut().for_each(|shard| shard.advance(now));
    }

    /// How many HCPs changed and are still to be refreshed.
    pub fn waiting_count(&self) -> usize {
        self.shards.values().map(Shard::waiting_count).sum()
    }

    /// Refreshes HCPs of a queue, at most so many, so that a reader need not wait for all of them. Returns them with the
    /// numbers of their shards; none when nobody is left. Every shard has its turn, however many of another wait.
    pub fn turn_some(&mut self, queue: Queue, most: usize) -> Vec<(i32, Changed)> {
        let mut evaluated = Vec::new();
        let after = (Excluded(self.turned), Unbounded);
        let later: Vec<i32> = self.shards.range(after).map(|(number, _)| *number).collect();
        let earlier: Vec<i32> = self.shards.range(..=self.turned).map(|(number, _)| *number).collect();
        for number in later.into_iter().chain(earlier) {
            if evaluated.len() == most {
                break;
            }
            let Some(shard) = self.shards.get_mut(&number) else { continue };
            let some = shard.evaluate_some(queue, most - evaluated.len());
            if !some.is_empty() {
                self.turned = number;
            }
            evaluated.extend(some.into_iter().map(|changed| (number, changed)));
        }
        evaluated
    }

    /// Puts another policy in force, for shards of later assignments too. Call [`Shards::turn`] next.
    pub fn set_policy(&mut self, policy: Arc<Policy>) {
        self.shards.values_mut().for_each(|shard| shard.set_policy(policy.clone()));
        self.policy = policy;
    }

    /// Puts other reference data in force, for shards of later assignments too. Call [`Shards::seed_targets`] and
    /// [`Shards::turn`] next.
    pub fn set_reference(&mut self, reference: Arc<Reference>) {
        self.shards.values_mut().for_each(|shard| shard.set_reference(reference.clone()));
        self.reference = reference;
    }

    /// A consistent view of each shard's headline values.
    pub fn snapshots(&self) -> Vec<LiveSnapshot> {
        self.shards.values().map(Shard::snapshot).collect()
    }

    /// As [`Shards::snapshots`] of the HCPs of these ids alone.
    pub fn snapshots_of(&self, ids: &BTreeSet<String>) -> Vec<LiveSnapshot> {
        self.shards.values().map(|shard| shard.snapshot_of(ids)).collect()
    }

    /// The policy in force.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// Reference data in force.
    pub fn reference(&self) -> &Arc<Reference> {
        &self.reference
    }
}

#[cfg(test)]
mod tests {
    use super::{Ownership, Placement, Shards};
    use crate::state::{Shard, waiting::Queue};
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use touchpoint::reference::{PanelRow, Tables, Validity};
    use touchpoint::{Policy, Reference};

    /// Shards that know of ten targets.
    fn shards() -> Shards {
        let panel = |hcp_id: String| PanelRow {
            owner_id: "rep".into(),
            hcp_id,
            is_target: true,
            min_touches: None,
            max_touches: None,
            validity: Validity::ALWAYS,
        };
        let panels = Some((0..10).map(|n| panel(n.to_string())).collect());
        let reference = Reference::try_new(Tables { panels, ..Tables::default() }).expect("no faults");
        Shards::new(Arc::new(Policy::default()), Arc::new(reference))
    }

    #[test]
    fn a_turn_in_slices_evaluates_everybody_once_and_every_shard_has_its_turn() {
        let slices = |most: usize| {
            let mut shards = shards();
            shards.assign(Ownership::Shared, [0, 1, 2]);
            shards.seed_targets(|hcp_id, number| hcp_id.parse::<i32>().is_ok_and(|id| id % 3 == number));
            shards.begin_turn(1);
            assert_eq!((shards.waiting_count(), shards.turn_some(Queue::AtBorder, most).len()), (10, 0));
            let some = || Some(shards.turn_some(Queue::InTurn, most)).filter(|some| !some.is_empty());
            let slices: Vec<_> = std::iter::from_fn(some).collect();
            assert_eq!(shards.waiting_count(), 0);
            slices
        };
        let whole: BTreeSet<_> =
            slices(usize::MAX).concat().into_iter().map(|(s, changed)| (s, changed.number)).collect();
        assert_eq!(whole.len(), 10);
        for most in 1..=10 {
            let slices = slices(most);
            assert!(slices.iter().all(|slice| slice.len() <= most));
            assert_eq!(slices.len(), 10_usize.div_ceil(most), "{most}");
            let all = slices.concat();
            assert_eq!(all.len(), 10, "everybody once");
            assert_eq!(all.into_iter().map(|(s, changed)| (s, changed.number)).collect::<BTreeSet<_>>(), whole);
        }
        let first: BTreeSet<i32> = slices(1).iter().take(3).flatten().map(|(number, _)| *number).collect();
        assert_eq!(first.len(), 3, "no shard waits until another is done");
    }

    #[test]
    fn a_target_is_known_to_the_shard_that_owns_it_and_to_a_sole_owner() {
        let mut shards = shards();
        let mut known = |ownership, numbers: &[i32]| {
            shards.assign(ownership, numbers.iter().copied());
            shards.seed_targets(|hcp_id, number| hcp_id.parse::<i32>().is_ok_and(|id| id % 3 == number));
            shards.iter().map(|(number, shard)| (number, Shard::hcp_count(shard))).collect::<Vec<_>>()
        };
        assert_eq!(known(Ownership::Shared, &[0, 2]), [(0, 4), (2, 3)]);
        assert_eq!(known(Ownership::Sole, &[0, 1, 2]), [(0, 10)]);
    }

    #[test]
    fn a_part_is_home_to_whom_it_can_be_shown_to_be_and_a_sole_owner_to_everybody() {
        let mut shards = Shards::new(Arc::new(Policy::default()), Arc::new(Reference::default()));
        let placement = Placement { partition_of: |key, count| key.len() as i32 % count, count: 3 };
        let homes = |shards: &Shards| ["a", "bb", "ccc"].map(|hcp_id| shards.is_home_of(hcp_id));
        shards.assign(Ownership::Shared, [0, 1]);
        assert_eq!(homes(&shards), [false; 3], "nobody vouches for a placement");
        shards.set_placement(Some(placement));
        assert_eq!(homes(&shards), [true, false, true]);
        shards.assign(Ownership::Shared, [2]);
        assert_eq!(homes(&shards), [false; 3], "another assignment, perhaps of other counts");
        shards.assign(Ownership::Sole, []);
        assert_eq!(homes(&shards), [true; 3]);
    }
}
