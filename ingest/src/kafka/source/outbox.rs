//! Events on their way to the pipeline: a bounded channel, and in front of it what did not fit.
//!
//! The order of events is the order in which they were pushed. The queue in front is bounded by its user, who reads no
//! more messages while it holds something.

use crate::kafka::event::SourceEvent;
use crossbeam_channel::{SendTimeoutError, Sender, TrySendError};
use std::collections::VecDeque;
use std::time::Duration;

/// How a delivery went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// Nothing is waiting.
    Done,
    /// The channel is full.
    Full,
    /// Nobody receives any more.
    Gone,
}

/// The sending side of the channel.
#[derive(Debug)]
pub(super) struct Outbox {
    channel: Sender<SourceEvent>,
    waiting: VecDeque<SourceEvent>,
}

impl Outbox {
    pub(super) fn new(channel: Sender<SourceEvent>) -> Self {
        Self { channel, waiting: VecDeque::new() }
    }

    /// Puts an event behind all others.
    pub(super) fn push(&mut self, event: SourceEvent) {
        self.waiting.push_back(event);
    }

    /// Hands over what fits, waiting up to `patience` for room.
    pub(super) fn deliver(&mut self, patience: Duration) -> Delivery {
        while let Some(event) = self.waiting.pop_front() {
            let (event, outcome) = match self.channel.send_timeout(event, patience) {
                Ok(()) => continue,
                Err(SendTimeoutError::Timeout(event)) => (event, Delivery::Full),
                Err(SendTimeoutError::Disconnected(event)) => (event, Delivery::Gone),
            };
            self.waiting.push_front(event);
            return outcome;
        }
        Delivery::Done
    }

    /// Offers an event that may be left out when there is no room.
    pub(super) fn offer(&mut self, event: SourceEvent) -> Delivery {
        if !self.waiting.is_empty() {
            return Delivery::Full;
        }
        match self.channel.try_send(event) {
            Ok(()) => Delivery::Done,
            Err(TrySendError::Full(_)) => Delivery::Full,
            Err(TrySendError::Disconnected(_)) => Delivery::Gone,
        }
    }

    /// Throws away what waits: it belongs to partitions that are no longer ours.
    pub(super) fn discard(&mut self) {
        self.waiting.clear();
    }

    /// Whether something waits for room.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether the pipeline has taken everything that was delivered.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.channel.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Delivery, Outbox};
    use crate::kafka::SourceEvent;
    use crossbeam_channel::bounded;
    use std::time::Duration;

    fn instant(event: &SourceEvent) -> i64 {
        let SourceEvent::Turn { at } = event else { panic!("{event:?}") };
        *at
    }

    #[test]
    fn order_holds_across_a_full_channel_and_offers_never_overtake() {
        let (sender, receiver) = bounded(2);
        let mut outbox = Outbox::new(sender);
        (0..5).for_each(|at| outbox.push(SourceEvent::Turn { at }));
        assert_eq!(outbox.deliver(Duration::ZERO), Delivery::Full);
        assert_eq!(outbox.offer(SourceEvent::Turn { at: 99 }), Delivery::Full);
        let mut got = Vec::new();
        while got.len() < 5 {
            got.extend(receiver.try_iter().map(|e| instant(&e)));
            outbox.deliver(Duration::ZERO);
        }
        assert_eq!(got, [0, 1, 2, 3, 4]);
        assert_eq!(outbox.offer(SourceEvent::Turn { at: 5 }), Delivery::Done);
        drop(receiver);
        assert_eq!(outbox.offer(SourceEvent::Turn { at: 6 }), Delivery::Gone);
    }
}
