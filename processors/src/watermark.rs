//! How far event time has come: min over assigned, non-idle partitions of the greatest `occurred_at`, capped at the
//! record's Kafka timestamp (metrics.md §2). It only decides the flag `late`.

use std::collections::BTreeMap;
use touchpoint::TopicPartition;
use touchpoint::time::{Micros, SECOND};

/// A partition that gave nothing for this long does not hold the watermark back.
pub const IDLE_AFTER: Micros = 60 * SECOND;

/// See the module. It never goes back while its partitions stay assigned.
#[derive(Debug, Default)]
pub struct Watermark {
    partitions: BTreeMap<TopicPartition, Progress>,
    reached: Option<Micros>,
}

#[derive(Debug, Clone, Copy)]
struct Progress {
    greatest: Micros,
    heard_at: Micros,
}

impl Watermark {
    /// Forgets everything: partitions were assigned anew.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// A batch of `partition` was read at `now`; `greatest` = max over its records of min(occurred_at, Kafka timestamp).
    pub fn observe(&mut self, partition: &TopicPartition, greatest: Micros, now: Micros) {
        match self.partitions.get_mut(partition) {
            Some(progress) => {
                progress.greatest = progress.greatest.max(greatest);
                progress.heard_at = now;
            }
            None => {
                self.partitions.insert(partition.clone(), Progress { greatest, heard_at: now });
            }
        }
    }

    /// The watermark at `now`, `None` before the first record.
    pub fn value(&mut self, now: Micros) -> Option<Micros> {
        let awake = self.partitions.values().filter(|p| p.heard_at > now - IDLE_AFTER);
        self.reached = self.reached.max(awake.map(|p| p.greatest).min());
        self.reached
    }
}

#[cfg(test)]
mod tests {
    use super::{IDLE_AFTER, Watermark};
    use touchpoint::TopicPartition;

    #[test]
    fn slowest_awake_partition_holds_it_and_an_idle_one_does_not() {
        let (a, b) = (TopicPartition::new("calls", 0), TopicPartition::new("calls", 1));
        let mut watermark = Watermark::default();
        assert_eq!(watermark.value(0), None);
        watermark.observe(&a, 100, 0);
        watermark.observe(&b, 40, 0);
        assert_eq!(watermark.value(1), Some(40));
        watermark.observe(&a, 90, IDLE_AFTER);
        assert_eq!(watermark.value(IDLE_AFTER), Some(100), "b sleeps, a stays at its greatest");
        watermark.observe(&b, 50, IDLE_AFTER);
        assert_eq!(watermark.value(IDLE_AFTER), Some(100), "never back");
    }
}
