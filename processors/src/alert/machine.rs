//! All rules together: turns in, transitions out.

use super::book::{Book, Look};
use super::finding::Said;
use super::storm::StormLimit;
use super::transition::TouchRef;
use super::{AlertId, AlertRule, Answer, Transition};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use touchpoint::alert::{AckReason, AlertState, Resolution, SubjectKind};
use touchpoint::time::{HOUR, SECOND};
use touchpoint::{Micros, SecretKey};

/// How often open alerts of rules that age are looked at, whether or not a record changed their subjects: loads decay by
/// themselves.
const LOOK_AGAIN: Micros = 60 * SECOND;

/// Why a turn comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Records came, or time passed.
    Stream,
    /// Another policy took force: what begins now did not happen now.
    PolicyChange,
    /// The first turn after a start or an assignment: everybody is looked at once.
    Start,
}

/// One turn.
#[derive(Debug, Clone)]
pub struct Turn {
    /// T.
    pub now: Micros,
    /// Why.
    pub occasion: Occasion,
    /// The policy in force.
    pub policy_version: Arc<str>,
}

/// Somebody accepts an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Why.
    pub reason: AckReason,
    /// When.
    pub at: Micros,
}

/// Whoever acknowledges has an old view; looking again helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AckError {
    /// No open alert has this id: it was resolved meanwhile, or never was.
    #[error("no open alert has this id; it may have been resolved meanwhile")]
    NotOpen,
}

/// What a turn works with.
pub(super) struct Desk<'a> {
    pub(super) turn: &'a Turn,
    pub(super) key: &'a SecretKey,
    pub(super) limit: StormLimit,
    pub(super) out: Vec<Transition>,
}

/// See [`crate::alert`].
#[derive(Debug)]
pub struct Machine {
    books: Vec<Book>,
    key: SecretKey,
    limit: StormLimit,
    /// Last transitions of alerts whose rule is not there.
    orphans: Vec<Transition>,
    looked_at: Option<Micros>,
    forgot_at: Micros,
}

impl Machine {
    /// A machine without alerts.
    pub fn new(rules: impl IntoIterator<Item = AlertRule>, key: SecretKey, limit: StormLimit) -> Self {
        let books = rules.into_iter().map(|rule| Book::new(Arc::new(rule))).collect();
        Self { books, key, limit, orphans: Vec::new(), looked_at: None, forgot_at: Micros::MIN / 2 }
    }

    /// The rules, in the order they were given in.
    pub fn rules(&self) -> impl Iterator<Item = &Arc<AlertRule>> {
        self.books.iter().map(|book| &book.rule)
    }

    /// Takes in what the rules said and gives what follows, rule by rule. The same answers in the same order give the same
    /// transitions.
    pub fn turn(&mut self, turn: &Turn, answers: &[Answer<'_>]) -> Vec<Transition> {
        let mut desk = Desk { turn, key: &self.key, limit: self.limit, out: Vec::new() };
        for last in self.orphans.drain(..) {
            desk.out.push(Transition {
                from: Some(last.state),
                state: AlertState::Resolved,
                at: turn.now,
                resolution: Some(Resolution::RuleRemoved),
                ..last
            });
        }
        for answer in answers {
            if let Some(book) = self.books.get_mut(answer.rule) {
                book.turn(answer.coverage, &Said::new(answer.findings), &mut desk);
            }
        }
        for book in &mut self.books {
            book.end_of_turn(&mut desk);
        }
        let out = desk.out;
        if turn.now - self.forgot_at >= HOUR {
            self.forgot_at = turn.now;
            self.books.iter_mut().for_each(|book| book.forget(turn.now));
        }
        out
    }

    /// The HCPs that the next turn must look at, changed or not: those whose pending time is over, and now and then all
    /// with an open alert of a rule that `ages`: whose answer may change by time alone.
    pub fn due(&mut self, now: Micros, ages: impl Fn(usize) -> bool) -> BTreeSet<Arc<str>> {
        let is_time = !self.looked_at.is_some_and(|at| (at..at + LOOK_AGAIN).contains(&now));
        if is_time {
            self.looked_at = Some(now);
        }
        let look = |rule| if is_time && ages(rule) { Look::AtAll } else { Look::AtThoseWhosePendingTimeIsOver };
        let books = self.books.iter().enumerate();
        let of_hcps = books.filter(|(_, book)| book.rule.subject == SubjectKind::Hcp);
        of_hcps.flat_map(|(rule, book)| book.due(now, look(rule))).cloned().collect()
    }

    /// The subjects of a rule's open alerts.
    pub fn open_subjects(&self, rule: usize) -> BTreeSet<Arc<str>> {
        self.books.get(rule).into_iter().flat_map(|book| book.due(Micros::MIN, Look::AtAll)).cloned().collect()
    }

    /// When the open alerts about `subject` began: where its records changed, these instants are looked at again.
    pub fn beginnings(&self, subject: &str) -> BTreeSet<Micros> {
        self.books.iter().filter_map(|book| book.since(subject)).collect()
    }

    /// Whether `rule` has an open alert about `subject`, or has summed it up. What it does not know of may begin.
    pub fn knows(&self, rule: usize, subject: &str) -> bool {
        self.books.get(rule).is_some_and(|book| book.knows(subject))
    }

    /// Accepts an alert.
    ///
    /// # Errors
    /// It is not open.
    pub fn acknowledge(&mut self, id: &AlertId, accepted: Acknowledgement) -> Result<Transition, AckError> {
        let mut books = self.books.iter_mut();
        books.find_map(|book| book.acknowledge(id, accepted.reason, accepted.at)).ok_or(AckError::NotOpen)
    }

    /// The records that did an open alert, once they are known.
    pub fn attach(&mut self, id: &AlertId, touches: &Arc<[TouchRef]>) {
        if let Some(alert) = self.books.iter_mut().find_map(|book| book.alert_mut(id)) {
            alert.touches = touches.clone();
        }
    }

    /// Takes up what an earlier process left: the last transition of each alert. Call it before the first turn, which
    /// looks at everybody and resolves what has vanished.
    pub fn restore(&mut self, last: impl IntoIterator<Item = Transition>) {
        for transition in last {
            let of = |book: &&mut Book| {
                let (rule, of) = (&book.rule, &transition.alert.rule);
                rule.name == of.name && rule.audience == of.audience
            };
            match self.books.iter_mut().find(of) {
                Some(book) => book.restore(transition),
                None if transition.state != AlertState::Resolved => self.orphans.push(transition),
                None => {}
            }
        }
    }

    /// Forgets every alert: another process looks after them from now on.
    pub fn clear(&mut self) {
        for book in &mut self.books {
            *book = Book::new(book.rule.clone());
        }
        self.orphans.clear();
        self.looked_at = None;
    }

    /// The last transition of every alert that is open or was of late, in no order; of open ones with the facts of the
    /// last look. `from` is left out.
    pub fn export(&self) -> Vec<Transition> {
        self.books.iter().flat_map(Book::export).collect()
    }

    /// Open alerts by place of their rule and state.
    pub fn census(&self) -> BTreeMap<(usize, AlertState), usize> {
        let mut census = BTreeMap::new();
        for (rule, book) in self.books.iter().enumerate() {
            for state in book.states() {
                *census.entry((rule, state)).or_default() += 1;
            }
        }
        census
    }
}
