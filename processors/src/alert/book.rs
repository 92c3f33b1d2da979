//! The alerts of one rule: those that are open, and those that were of late.

use super::episode::{Episode, episodes};
use super::finding::Said;
use super::machine::{Desk, Occasion};
use super::storm::Storm;
use super::{Alert, AlertId, AlertRule, Coverage, Examined, Facts, Subject, Transition};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use touchpoint::Micros;
use touchpoint::alert::{AckReason, AlertOrigin, AlertState, Resolution, SubjectKind};
use touchpoint::time::DAY;

/// How long it is remembered that a span had its alert, so that it is not told again as retrospective. Longer than late
/// records reach back.
const REMEMBERED: Micros = 40 * DAY;

/// See the module.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) rule: Arc<AlertRule>,
    open: HashMap<Arc<str>, Open>,
    closed: HashMap<Arc<str>, Vec<Closed>>,
    storm: Storm,
}

#[derive(Debug)]
struct Open {
    alert: Alert,
    state: AlertState,
    ack_reason: Option<AckReason>,
    at: Micros,
}

/// A span that had its alert, and the alert's last transition.
#[derive(Debug)]
struct Closed {
    episode: Episode,
    last: Transition,
}

impl Book {
    pub(super) fn new(rule: Arc<AlertRule>) -> Self {
        Self { rule, open: HashMap::new(), closed: HashMap::new(), storm: Storm::default() }
    }

    /// Takes in what the rule said.
    pub(super) fn turn(&mut self, coverage: Coverage<'_>, said: &Said<'_>, desk: &mut Desk<'_>) {
        for examined in coverage.examined() {
            self.examine(examined, said, desk);
        }
        if let Coverage::Every(examined) = coverage {
            let known: HashSet<&str> = examined.iter().map(|e| &*e.subject).collect();
            let gone: BTreeSet<Arc<str>> = self.open.keys().filter(|s| !known.contains(&***s)).cloned().collect();
            for subject in gone {
                self.resolve(&subject, Resolution::Vanished, desk);
            }
            self.storm.retain(|subject| known.contains(subject));
        }
    }

    /// Tells of the storm, if there is one. Comes last in a turn.
    pub(super) fn end_of_turn(&mut self, desk: &mut Desk<'_>) {
        self.storm.tell(&self.rule, desk);
    }

    fn examine(&mut self, examined: &Examined, said: &Said<'_>, desk: &mut Desk<'_>) {
        let (Some(first), Some(last)) = (examined.instants.first(), examined.instants.last()) else { return };
        let held = self.open.get(&examined.subject).map(|open| open.alert.since);
        let verdicts = examined.instants.iter().map(|at| (*at, said.verdict(&examined.subject, *at)));
        let spans = episodes(held.filter(|since| since < first), verdicts);
        let holding = spans.last().filter(|span| span.until.is_none());
        let facts = said.facts(&examined.subject, *last);
        match (held, holding) {
            (Some(_), Some(_)) => self.goes_on(&examined.subject, facts, desk),
            (Some(since), None) => {
                // Whether it held at its beginning is only known where that instant was looked at again.
                let disproved = first <= &since && !spans.iter().any(|span| span.holds_at(since));
                let resolution = match desk.turn.occasion {
                    _ if disproved => Resolution::Corrected,
                    Occasion::PolicyChange => Resolution::PolicyChange,
                    Occasion::Stream | Occasion::Start => Resolution::Cleared,
                };
                self.resolve(&examined.subject, resolution, desk);
            }
            (None, Some(span)) if !self.storm.is_capped(&examined.subject) => {
                self.open(&examined.subject, *span, facts, desk);
            }
            (None, Some(_)) => {}
            (None, None) => self.storm.release(&examined.subject),
        }
        let Some(from) = examined.changed_from.filter(|_| desk.turn.occasion == Occasion::Stream) else { return };
        for span in spans.iter().filter(|span| span.until.is_some_and(|until| until > from)) {
            self.report(&examined.subject, *span, said.facts(&examined.subject, span.since), desk);
        }
    }

    fn open(&mut self, subject: &Arc<str>, span: Episode, facts: Facts, desk: &mut Desk<'_>) {
        let origin = match desk.turn.occasion {
            Occasion::PolicyChange => AlertOrigin::PolicyChange,
            Occasion::Stream | Occasion::Start => AlertOrigin::Live,
        };
        // Whom an earlier process summed up, nobody knows any more: they go back into the storm, not counted again.
        let is_taken_back = desk.turn.occasion == Occasion::Start && self.storm.state().is_some();
        if is_taken_back || !self.storm.admits(desk, origin) {
            self.storm.cap(subject.clone());
            return;
        }
        let alert = self.alert(subject, span.since, desk);
        let alert = Alert { origin, facts, ..alert };
        let state = self.state_at(span.since, desk.turn.now);
        let open = Open { alert, state, ack_reason: None, at: desk.turn.now };
        desk.out.push(open.transition(None));
        self.open.insert(subject.clone(), open);
    }

    fn state_at(&self, since: Micros, now: Micros) -> AlertState {
        if now - since >= self.rule.pending { AlertState::Firing } else { AlertState::Pending }
    }

    fn goes_on(&mut self, subject: &str, facts: Facts, desk: &mut Desk<'_>) {
        let now = desk.turn.now;
        let due = self.open.get(subject).map(|open| self.state_at(open.alert.since, now));
        let Some(open) = self.open.get_mut(subject) else { return };
        open.alert.facts = facts;
        if open.state == AlertState::Pending && due == Some(AlertState::Firing) {
            (open.state, open.at) = (AlertState::Firing, now);
            desk.out.push(open.transition(Some(AlertState::Pending)));
        }
    }

    fn resolve(&mut self, subject: &str, resolution: Resolution, desk: &mut Desk<'_>) {
        let Some((subject, open)) = self.open.remove_entry(subject) else { return };
        let Open { alert, state, ack_reason, .. } = open;
        let (from, at) = (Some(state), desk.turn.now);
        let last =
            Transition { alert, from, state: AlertState::Resolved, at, resolution: Some(resolution), ack_reason };
        desk.out.push(last.clone());
        if resolution != Resolution::Corrected {
            self.remember(subject, last);
        }
    }

    /// Tells of a span that is over, unless an alert is known of some part of it.
    fn report(&mut self, subject: &Arc<str>, span: Episode, facts: Facts, desk: &mut Desk<'_>) {
        let until = span.until.unwrap_or(desk.turn.now);
        let known = self.closed.get(subject).is_some_and(|closed| closed.iter().any(|c| c.episode.overlaps(&span)));
        let open = self.open.get(subject).map(|open| Episode { since: open.alert.since, until: None });
        if known || open.is_some_and(|open| open.overlaps(&span)) || until - span.since < self.rule.pending {
            return;
        }
        if !self.storm.admits(desk, AlertOrigin::Retrospective) {
            return;
        }
        let alert = self.alert(subject, span.since, desk);
        let alert = Alert { origin: AlertOrigin::Retrospective, facts, ..alert };
        let open = Open { alert, state: AlertState::Firing, ack_reason: None, at: desk.turn.now };
        desk.out.push(open.transition(None));
        let last = Transition {
            state: AlertState::Resolved,
            resolution: Some(Resolution::Cleared),
            ..open.transition(Some(AlertState::Firing))
        };
        desk.out.push(last.clone());
        self.remember(subject.clone(), last);
    }

    fn alert(&self, subject: &Arc<str>, since: Micros, desk: &Desk<'_>) -> Alert {
        let subject = Subject { kind: self.rule.subject, id: subject.clone() };
        Alert {
            id: AlertId::new(desk.key, &self.rule, &subject, since),
            rule: self.rule.clone(),
            subject,
            since,
            origin: AlertOrigin::Live,
            facts: Facts::default(),
            touches: Arc::from([]),
            policy_version: desk.turn.policy_version.clone(),
        }
    }

    fn remember(&mut self, subject: Arc<str>, last: Transition) {
        let episode = Episode { since: last.alert.since, until: Some(last.at) };
        self.closed.entry(subject).or_default().push(Closed { episode, last });
    }

    /// Forgets spans that no late record reaches any more.
    pub(super) fn forget(&mut self, now: Micros) {
        self.closed.retain(|_, closed| {
            closed.retain(|c| c.last.at > now - REMEMBERED);
            !closed.is_empty()
        });
    }

    /// Subjects of open alerts: all of them, or those whose pending time is over.
    pub(super) fn due(&self, now: Micros, all: Look) -> impl Iterator<Item = &Arc<str>> {
        let waited =
            move |open: &Open| open.state == AlertState::Pending && now - open.alert.since >= self.rule.pending;
        let due = move |open: &Open| all == Look::AtAll || waited(open);
        self.open.iter().filter(move |(_, open)| due(open)).map(|(subject, _)| subject)
    }

    /// When the open alert of `subject` began.
    pub(super) fn since(&self, subject: &str) -> Option<Micros> {
        self.open.get(subject).map(|open| open.alert.since)
    }

    /// Whether `subject` has an open alert, or is summed up.
    pub(super) fn knows(&self, subject: &str) -> bool {
        self.open.contains_key(subject) || self.storm.is_capped(subject)
    }

    pub(super) fn acknowledge(&mut self, id: &AlertId, reason: AckReason, at: Micros) -> Option<Transition> {
        if let Some(open) = self.open.values_mut().find(|open| open.alert.id == *id) {
            let from = Some(std::mem::replace(&mut open.state, AlertState::Acknowledged));
            (open.ack_reason, open.at) = (Some(reason), at);
            return Some(open.transition(from));
        }
        self.storm.acknowledge(id, reason, at)
    }

    /// The state of the open alert with this id.
    pub(super) fn alert_mut(&mut self, id: &AlertId) -> Option<&mut Alert> {
        self.open.values_mut().map(|open| &mut open.alert).find(|alert| alert.id == *id)
    }

    /// Takes up the last transition of an alert of this rule.
    pub(super) fn restore(&mut self, mut last: Transition) {
        last.alert.rule = self.rule.clone();
        let subject = last.alert.subject.id.clone();
        match (last.alert.subject.kind, last.state) {
            (SubjectKind::Rule, _) => self.storm.restore(last),
            (_, AlertState::Resolved) if last.resolution == Some(Resolution::Corrected) => {}
            (_, AlertState::Resolved) => self.remember(subject, last),
            (_, state) => {
                let Transition { alert, ack_reason, at, .. } = last;
                self.open.insert(subject, Open { alert, state, ack_reason, at });
            }
        }
    }

    /// The last transition of every alert that is open or remembered.
    pub(super) fn export(&self) -> impl Iterator<Item = Transition> {
        let closed = self.closed.values().flatten().map(|closed| closed.last.clone());
        self.open.values().map(|open| open.transition(None)).chain(closed).chain(self.storm.export())
    }

    /// The states of open alerts, the storm's among them.
    pub(super) fn states(&self) -> impl Iterator<Item = AlertState> {
        self.open.values().map(|open| open.state).chain(self.storm.state())
    }
}

/// Which open alerts are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    AtAll,
    AtThoseWhosePendingTimeIsOver,
}

impl Open {
    fn transition(&self, from: Option<AlertState>) -> Transition {
        let (alert, ack_reason) = (self.alert.clone(), self.ack_reason);
        Transition { alert, from, state: self.state, at: self.at, resolution: None, ack_reason }
    }
}
