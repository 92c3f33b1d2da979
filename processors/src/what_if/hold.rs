//! Which touches of one HCP a policy would have held, and when they would have gone. The order is that of time, so what was
//! made before an instant is known when a touch is proposed for it; see the parent module for the definition.

use super::Scenario;
use super::rules::{HeldBy, Rules};
use crate::kernel::budgets::{Interruption, interruption};
use crate::kernel::entry::NO_INSTANT;
use crate::kernel::touches::Source;
use crate::kernel::{Records, Texts};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use touchpoint::Policy;
use touchpoint::time::{LATEST, Micros};

/// What became of a held touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It would have gone at this instant.
    Later(Micros),
    /// It would not have been made.
    Never,
}

/// A touch that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Place among the entries of the HCP.
    pub entry: usize,
    /// The rule that held it first.
    pub by: HeldBy,
    /// What became of it.
    pub fate: Fate,
}

/// A held touch on its way to its next try. In order of the instant, then of who has waited longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    at: Micros,
    /// Place among the touches.
    touch: usize,
    /// Place among the held.
    held: usize,
}

/// The touches of `records` that `policy` would have held, in the order in which they happened.
pub fn hold<T: Texts + Copy>(scenario: &Scenario, policy: &Policy, hcp_id: &str, records: Records<'_, T>) -> Vec<Held> {
    let spans = policy.budgets.iter().map(|budget| budget.window);
    let Some(reach) =
        spans.chain(policy.minimum_gaps.iter().map(|gap| gap.gap)).max().or(policy.quiet_hours.as_ref().map(|_| 0))
    else {
        return Vec::new();
    };
    let entries = records.entries;
    let begin = entries.partition_point(|entry| entry.occurred_at < scenario.from - reach);
    let end = entries.partition_point(|entry| entry.occurred_at < scenario.to.min(NO_INSTANT));
    let source = Source { retained: entries, texts: records.texts, audience: records.audience };
    let touches: Vec<(usize, Interruption<'_>)> = (begin..end)
        .filter_map(|place| {
            let entry = entries.get(place).filter(|entry| entry.is_touch() && entry.counts_for(records.audience))?;
            Some((place, interruption(&source, entry)?))
        })
        .collect();
    let rules = Rules::new(scenario, policy, hcp_id, scenario.from);
    let made = Vec::with_capacity(touches.len());
    let mut replay = Replay { scenario, policy, hcp_id, rules, made, waiting: BinaryHeap::new(), held: Vec::new() };
    replay.run(&touches);
    replay.held
}

struct Replay<'a, 't> {
    scenario: &'a Scenario,
    policy: &'a Policy,
    hcp_id: &'a str,
    rules: Rules<'a>,
    /// What was let through, in order of time.
    made: Vec<Interruption<'t>>,
    waiting: BinaryHeap<Reverse<Waiting>>,
    held: Vec<Held>,
}

impl<'t> Replay<'_, 't> {
    fn run(&mut self, touches: &[(usize, Interruption<'t>)]) {
        let mut arriving = touches.iter().enumerate().peekable();
        loop {
            let due = self.waiting.peek().map(|Reverse(waiting)| waiting.at);
            let next = arriving.peek().map(|(_, (_, touch))| touch.at);
            let is_a_further_try = match (due, next) {
                (None, None) => return,
                (Some(due), Some(next)) => due <= next,
                (due, None) => due.is_some(),
                (None, Some(_)) => false,
            };
            if is_a_further_try {
                let Some(Reverse(waiting)) = self.waiting.pop() else { return };
                if let Some((_, touch)) = touches.get(waiting.touch) {
                    self.propose_again(touch, waiting);
                }
            } else if let Some((place, (entry, touch))) = arriving.next() {
                self.propose(touch, place, *entry);
            }
        }
    }

    fn propose(&mut self, touch: &Interruption<'t>, place: usize, entry: usize) {
        let hold = if touch.at < self.scenario.from { None } else { self.hold_at(touch, touch.at) };
        match hold {
            None => self.made.push(*touch),
            Some((by, until)) => {
                let held = self.held.len();
                self.held.push(Held { entry, by, fate: Fate::Never });
                self.wait(touch, Waiting { at: until, touch: place, held });
            }
        }
    }

    fn propose_again(&mut self, touch: &Interruption<'t>, waiting: Waiting) {
        match self.hold_at(touch, waiting.at) {
            None => {
                self.made.push(Interruption { at: waiting.at, ..*touch });
                if let Some(held) = self.held.get_mut(waiting.held) {
                    held.fate = Fate::Later(waiting.at);
                }
            }
            Some((_, until)) => self.wait(touch, Waiting { at: until, ..waiting }),
        }
    }

    /// Why the touch is held at `at`, and when it is worth trying again.
    fn hold_at(&mut self, touch: &Interruption<'t>, at: Micros) -> Option<(HeldBy, Micros)> {
        if at >= self.rules.until {
            self.rules = Rules::new(self.scenario, self.policy, self.hcp_id, at);
        }
        let hold = self.rules.hold(touch, at, &self.made)?;
        // Another row of reference data may take a rule away before it ends by itself.
        Some((hold.by, hold.until.min(self.rules.until)))
    }

    /// A touch that would wait too long stays what it is: not made.
    fn wait(&mut self, touch: &Interruption<'t>, waiting: Waiting) {
        let is_too_late = waiting.at > LATEST || waiting.at - touch.at > self.scenario.longest_wait;
        if !is_too_late {
            self.waiting.push(Reverse(waiting));
        }
    }
}
