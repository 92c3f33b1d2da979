//! Who waits to be evaluated, and who comes first.
//!
//! Where everybody who changed cannot be evaluated at once, the order decides how late an alert comes. First come HCPs whose
//! new touches may have exceeded a budget: they make the alerts that somebody has to act on. All others are taken in the
//! order in which they changed, so that nobody waits for ever. The order changes nobody's numbers.
//!
//! Whether a budget may be exceeded is told without counting: the last evaluation says how many touches are sure to fit
//! ([`Standing::sure_room`](crate::kernel::budgets::Standing::sure_room)), and each new touch that some budget counts takes
//! one of these places. What this does not see, a touch that turns out to be unsolicited because its request was taken back,
//! waits for its turn.

use super::hcp::Hcp;
use std::collections::VecDeque;

/// In which of the two queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// New touches may have exceeded a budget.
    AtBorder,
    /// Anything else has changed.
    InTurn,
}

/// Whether an HCP waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Waits {
    /// Its values are those of the last evaluation.
    #[default]
    Not,
    /// In this queue.
    In(Queue),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    at_border: VecDeque<u32>,
    /// Who has moved to the other queue since stays in this one, and is passed over.
    in_turn: VecDeque<u32>,
    count: usize,
}

impl Waiting {
    /// The HCP changed. Who waits already may move up, never down.
    pub(super) fn push(&mut self, hcp: &mut Hcp, number: u32, queue: Queue) {
        match (hcp.waits, queue) {
            (Waits::In(Queue::AtBorder), _) | (Waits::In(Queue::InTurn), Queue::InTurn) => return,
            (Waits::Not, _) => self.count += 1,
            (Waits::In(Queue::InTurn), Queue::AtBorder) => {}
        }
        hcp.waits = Waits::In(queue);
        self.queue(queue).push_back(number);
    }

    /// Takes the next one out of a queue.
    pub(super) fn pop(&mut self, queue: Queue, hcps: &mut [Hcp]) -> Option<u32> {
        loop {
            let number = self.queue(queue).pop_front()?;
            let Some(hcp) = hcps.get_mut(number as usize) else { continue };
            if hcp.waits == Waits::In(queue) {
                hcp.waits = Waits::Not;
                self.count -= 1;
                return Some(number);
            }
        }
    }

    /// The HCPs that come next in a queue, and perhaps some that are no longer in it.
    pub(super) fn next(&self, queue: Queue, most: usize) -> impl Iterator<Item = u32> {
        let queue = match queue {
            Queue::AtBorder => &self.at_border,
            Queue::InTurn => &self.in_turn,
        };
        queue.iter().take(most).copied()
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    fn queue(&mut self, queue: Queue) -> &mut VecDeque<u32> {
        match queue {
            Queue::AtBorder => &mut self.at_border,
            Queue::InTurn => &mut self.in_turn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Hcp, Queue, Waiting};

    fn taken(waiting: &mut Waiting, queue: Queue, hcps: &mut [Hcp]) -> Vec<u32> {
        std::iter::from_fn(|| waiting.pop(queue, hcps)).collect()
    }

    #[test]
    fn each_waits_once_in_the_queue_that_comes_first() {
        let mut hcps: Vec<Hcp> = (0..4).map(|n| Hcp::new(n.to_string().into(), 0)).collect();
        let mut waiting = Waiting::default();
        let push = |waiting: &mut Waiting, hcps: &mut [Hcp], number: u32, queue| {
            waiting.push(&mut hcps[number as usize], number, queue);
        };
        for number in [2, 0, 1, 2, 3] {
            push(&mut waiting, &mut hcps, number, Queue::InTurn);
        }
        push(&mut waiting, &mut hcps, 1, Queue::AtBorder);
        push(&mut waiting, &mut hcps, 1, Queue::InTurn);
        push(&mut waiting, &mut hcps, 1, Queue::AtBorder);
        assert_eq!(waiting.count(), 4);
        assert_eq!(taken(&mut waiting, Queue::AtBorder, &mut hcps), [1]);
        assert_eq!((waiting.count(), taken(&mut waiting, Queue::InTurn, &mut hcps)), (3, vec![2, 0, 3]));
        assert_eq!(waiting.count(), 0);
        push(&mut waiting, &mut hcps, 1, Queue::InTurn);
        assert_eq!(
            taken(&mut waiting, Queue::InTurn, &mut hcps),
            [1],
            "who was taken waits again when it changes again"
        );
    }
}
