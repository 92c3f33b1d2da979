//! What exceeds the limit of openings: counted in one alert about the rule.
//!
//! A subject that is summed up has no alert of its own until its condition has ended and holds again. The storm is over
//! when none of them is left and nothing was summed up for a whole span.

use super::machine::Desk;
use super::{Alert, AlertId, AlertRule, Facts, Subject, Transition};
use std::collections::HashSet;
use std::sync::Arc;
use touchpoint::Micros;
use touchpoint::alert::{AckReason, AlertOrigin, AlertState, Resolution, SubjectKind};
use touchpoint::time::SECOND;

/// When openings of one rule become a storm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StormLimit {
    /// So many openings …
    pub openings: u32,
    /// … in such a span are told one by one.
    pub span: Micros,
}

impl Default for StormLimit {
    fn default() -> Self {
        Self { openings: 100, span: 600 * SECOND }
    }
}

/// The openings of one rule.
#[derive(Debug, Default)]
pub(super) struct Storm {
    /// When the span began that is being counted.
    began: Option<Micros>,
    openings: u32,
    /// Subjects whose condition holds and that have no alert of their own.
    capped: HashSet<Arc<str>>,
    /// How many were summed up since the storm began, those whose condition has ended too.
    summed: u64,
    /// The gravest origin among them.
    origin: Option<AlertOrigin>,
    last_excess: Micros,
    alert: Option<Told>,
}

#[derive(Debug)]
struct Told {
    alert: Alert,
    state: AlertState,
    ack_reason: Option<AckReason>,
    at: Micros,
    summed: u64,
}

impl Storm {
    /// Whether one more opening may have an alert of its own. If not, it is summed up.
    pub(super) fn admits(&mut self, desk: &Desk<'_>, origin: AlertOrigin) -> bool {
        let (now, limit) = (desk.turn.now, desk.limit);
        if self.began.is_none_or(|began| !(began..began + limit.span).contains(&now)) {
            (self.began, self.openings) = (Some(now), 0);
        }
        if self.openings < limit.openings {
            self.openings += 1;
            return true;
        }
        self.summed += 1;
        self.last_excess = now;
        // Words are in order of gravity: what pagers may see comes first.
        self.origin = self.origin.into_iter().chain([origin]).min();
        false
    }

    /// `subject` is summed up as long as its condition holds.
    pub(super) fn cap(&mut self, subject: Arc<str>) {
        self.capped.insert(subject);
    }

    pub(super) fn is_capped(&self, subject: &str) -> bool {
        self.capped.contains(subject)
    }

    /// The condition of `subject` has ended.
    pub(super) fn release(&mut self, subject: &str) {
        self.capped.remove(subject);
    }

    /// Only these subjects are left.
    pub(super) fn retain(&mut self, known: impl Fn(&str) -> bool) {
        self.capped.retain(|subject| known(subject));
    }

    /// Tells what has changed in this turn: a beginning, a greater number once a span, the end.
    pub(super) fn tell(&mut self, rule: &Arc<AlertRule>, desk: &mut Desk<'_>) {
        let now = desk.turn.now;
        match &mut self.alert {
            None if self.summed > 0 => {
                let origin = self.origin.unwrap_or(AlertOrigin::Live);
                let alert = beginning(rule, origin, desk);
                let told = Told { alert, state: AlertState::Firing, ack_reason: None, at: now, summed: 0 };
                self.alert = Some(told);
                self.update(None, desk);
            }
            None => {}
            Some(told) => {
                let graver = self.origin.is_some_and(|origin| origin < told.alert.origin);
                let more = self.summed > told.summed && now - told.at >= desk.limit.span;
                let over = self.capped.is_empty() && now - self.last_excess >= desk.limit.span;
                let from = told.state;
                if over {
                    self.end(Resolution::Cleared, desk);
                } else if graver || more {
                    self.update(Some(from), desk);
                }
            }
        }
    }

    fn update(&mut self, from: Option<AlertState>, desk: &mut Desk<'_>) {
        let Some(told) = &mut self.alert else { return };
        (told.at, told.summed) = (desk.turn.now, self.summed);
        told.alert.origin = self.origin.unwrap_or(told.alert.origin);
        told.alert.facts = facts(&told.alert.rule, self.summed, desk.limit);
        let (alert, ack_reason) = (told.alert.clone(), told.ack_reason);
        let transition = Transition { alert, from, state: told.state, at: told.at, resolution: None, ack_reason };
        desk.out.push(transition);
    }

    fn end(&mut self, resolution: Resolution, desk: &mut Desk<'_>) {
        if let Some(told) = self.alert.take() {
            let Told { alert, state, ack_reason, .. } = told;
            let (from, at, resolution) = (Some(state), desk.turn.now, Some(resolution));
            desk.out.push(Transition { alert, from, state: AlertState::Resolved, at, resolution, ack_reason });
        }
        (self.summed, self.origin) = (0, None);
    }

    /// Takes up a storm that an earlier process told of; its subjects are found anew.
    pub(super) fn restore(&mut self, last: Transition) {
        if last.state != AlertState::Resolved {
            self.summed = last.alert.facts.value.map_or(0, |value| value as u64);
            (self.origin, self.last_excess) = (Some(last.alert.origin), last.at);
            let Transition { alert, state, ack_reason, at, .. } = last;
            self.alert = Some(Told { alert, state, ack_reason, at, summed: self.summed });
        }
    }

    /// The last transition, if there is an alert.
    pub(super) fn export(&self) -> Option<Transition> {
        self.alert.as_ref().map(|told| Transition {
            alert: told.alert.clone(),
            from: None,
            state: told.state,
            at: told.at,
            resolution: None,
            ack_reason: told.ack_reason,
        })
    }

    /// Accepts the alert with this id, if it is this storm's.
    pub(super) fn acknowledge(&mut self, id: &AlertId, reason: AckReason, at: Micros) -> Option<Transition> {
        let told = self.alert.as_mut().filter(|told| told.alert.id == *id)?;
        let from = Some(std::mem::replace(&mut told.state, AlertState::Acknowledged));
        told.ack_reason = Some(reason);
        let (alert, ack_reason) = (told.alert.clone(), told.ack_reason);
        Some(Transition { alert, from, state: AlertState::Acknowledged, at, resolution: None, ack_reason })
    }

    /// The state of the storm's alert.
    pub(super) fn state(&self) -> Option<AlertState> {
        self.alert.as_ref().map(|told| told.state)
    }
}

fn beginning(rule: &Arc<AlertRule>, origin: AlertOrigin, desk: &Desk<'_>) -> Alert {
    let subject = Subject { kind: SubjectKind::Rule, id: rule.name.clone() };
    let since = desk.turn.now;
    Alert {
        id: AlertId::new(desk.key, rule, &subject, since),
        rule: rule.clone(),
        subject,
        since,
        origin,
        facts: Facts::default(),
        touches: Arc::from([]),
        policy_version: desk.turn.policy_version.clone(),
    }
}

fn facts(rule: &AlertRule, summed: u64, limit: StormLimit) -> Facts {
    let (openings, minutes) = (limit.openings, limit.span / (60 * SECOND));
    let summary = format!(
        "{summed} more alerts of rule {} are summed up here, beyond {openings} in {minutes} min: look for a changed \
         policy, a backfill or a bad feed before you look at them one by one",
        rule.name
    );
    Facts { value: Some(summed as f64), binding: None, hold_until: None, summary: summary.into() }
}
