//! Marks move with every cycle.

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
