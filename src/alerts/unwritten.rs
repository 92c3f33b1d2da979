//! Transitions that are durable in the topics and not yet in table `alerts`.

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use processors::alert::{Transition, rows};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::alerts::AlertMarks;
use touchpoint::{Micros, NextOffsets};

/// Everything that happened before it is in the table, as far as this process is concerned. Cloning shares it.
#[derive(Debug, Clone)]
pub struct WrittenUntil(Arc<AtomicI64>);

impl Default for WrittenUntil {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(Micros::MIN)))
    }
}

impl WrittenUntil {
    /// The instant; [`Micros::MIN`] while nothing is known.
    pub fn get(&self) -> Micros {
        self.0.load(Ordering::Acquire)
    }

    /// Nothing that happened before `at` waits for a commit.
    pub fn set(&self, at: Micros) {
        self.0.store(at, Ordering::Release);
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    transitions: Vec<Transition>,
    /// The marks of the owned partition numbers, as the last cycle has them.
    marks: AlertMarks,
}

/// What a cycle takes along.
#[derive(Debug, Default)]
pub struct AlertRows {
    /// The rows; none without a transition.
    pub rows: Vec<RecordBatch>,
    /// The marks that go with them.
    pub next: NextOffsets,
}

impl Unwritten {
    /// With the marks as the table has them.
    pub(super) fn new(marks: AlertMarks) -> Self {
        Self { transitions: Vec::new(), marks }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.transitions.is_empty()
    }

    pub(super) fn extend(&mut self, transitions: impl IntoIterator<Item = Transition>) {
        self.transitions.extend(transitions);
    }

    /// Hands over what waits. Every mark moves: to the newest transition, and further than it was.
    pub(super) fn take(&mut self) -> Result<AlertRows, ArrowError> {
        let Some(newest) = self.transitions.iter().map(|transition| transition.at).max() else {
            return Ok(AlertRows::default());
        };
        let rows = vec![rows::to_rows(&self.transitions)?];
        self.transitions.clear();
        for mark in self.marks.values_mut() {
            *mark = Some(mark.map_or(newest, |last| newest.max(last + 1)));
        }
        let next = self.marks.iter().filter_map(|(name, mark)| Some((name.clone(), (*mark)?))).collect();
        Ok(AlertRows { rows, next })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::Unwritten;
    use processors::alert::{Alert, AlertId, AlertRule, Facts, Subject, Transition};
    use std::sync::Arc;
    use touchpoint::alert::{AlertAct, AlertOrigin, AlertState, Severity, SubjectKind};
    use touchpoint::{Audience, TopicPartition};

    pub(crate) fn transition(at: i64) -> Transition {
        let rule = AlertRule {
            name: "r".into(),
            severity: Severity::Info,
            audience: Audience::Commercial,
            subject: SubjectKind::Hcp,
            pending: 0,
            act: AlertAct::Accept,
        };
        let alert = Alert {
            id: AlertId::from_text("a"),
            rule: Arc::new(rule),
            subject: Subject { kind: SubjectKind::Hcp, id: "h".into() },
            since: 0,
            origin: AlertOrigin::Live,
            facts: Facts::default(),
            touches: Arc::from([]),
            policy_version: "p".into(),
        };
        Transition { alert, from: None, state: AlertState::Firing, at, resolution: None, ack_reason: None }
    }

    #[test]
    fn every_cycle_moves_every_mark_also_when_the_clock_was_set_back() {
        let (one, two) = (TopicPartition::new("alerts", 0), TopicPartition::new("alerts", 1));
        let mut unwritten = Unwritten::new([(one.clone(), None), (two.clone(), Some(50))].into());
        assert!(unwritten.take().unwrap().rows.is_empty());
        let mut take = |instants: &[i64]| {
            unwritten.extend(instants.iter().map(|at| transition(*at)));
            let taken = unwritten.take().unwrap();
            assert!(unwritten.is_empty());
            (taken.rows[0].num_rows(), taken.next[&one], taken.next[&two])
        };
        assert_eq!(take(&[7, 9, 8]), (3, 9, 51));
        assert_eq!(take(&[5]), (1, 10, 52));
        assert_eq!(take(&[90]), (1, 90, 90));
    }
}
