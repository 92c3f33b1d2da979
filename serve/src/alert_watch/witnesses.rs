//! The touches that an alert names as having done it.

use super::AlertWatch;
use crate::alert_rule::{Evidence, RuleFile};
use processors::Shards;
use processors::alert::{Alert, TouchRef, Transition};
use processors::forecast::{Asked, PlannedTouch, forecast};
use std::collections::BTreeMap;
use std::sync::Arc;
use touchpoint::Micros;
use touchpoint::alert::{AlertOrigin, AlertState, SubjectKind};

/// An alert names so many touches, the newest.
const NAMED: usize = 10;

impl AlertWatch {
    /// Names the touches of alerts that have just begun.
    pub(super) fn name_touches(&mut self, shards: &Shards, transitions: &mut [Transition]) {
        let mut named: BTreeMap<String, Arc<[TouchRef]>> = BTreeMap::new();
        for transition in transitions.iter_mut().filter(|t| t.alert.subject.kind == SubjectKind::Hcp) {
            let id = transition.alert.id.as_str().to_owned();
            if transition.from.is_none() && transition.state != AlertState::Resolved {
                let at = match transition.alert.origin {
                    AlertOrigin::Retrospective => transition.alert.since,
                    AlertOrigin::Live | AlertOrigin::PolicyChange => transition.at,
                };
                let touches: Arc<[TouchRef]> = self.touches(shards, &transition.alert, at).into();
                self.machine.attach(&transition.alert.id, &touches);
                named.insert(id.clone(), touches);
            }
            if let Some(touches) = named.get(&id) {
                transition.alert.touches = touches.clone();
            }
        }
    }

    fn touches(&self, shards: &Shards, alert: &Alert, at: Micros) -> Vec<TouchRef> {
        let rule = &alert.rule;
        let files = self.desks.iter().flat_map(|desk| desk.rules.files());
        let mut files = files.filter(|file| file.name() == &*rule.name && file.audience() == rule.audience);
        match files.next().and_then(|file: &Arc<RuleFile>| file.touches()) {
            Some(Evidence::Forecast) => of_forecast(shards, alert, at),
            Some(evidence) => of_evidence(shards, alert, at, evidence),
            None => Vec::new(),
        }
    }
}

/// The one planned touch to move.
fn of_forecast(shards: &Shards, alert: &Alert, at: Micros) -> Vec<TouchRef> {
    let Some((shard, number)) = shards.holder(&alert.subject.id) else { return Vec::new() };
    let horizon = shards.policy().alerts.forecast;
    let found = forecast(shard, number, Asked { audience: alert.rule.audience, at, horizon });
    let touch = found.change.and_then(|change| found.touches.get(change.place));
    let named = |touch: &PlannedTouch| TouchRef {
        kind: touch.record.kind,
        source: touch.source.as_str().into(),
        event_id: touch.record.event_id.as_str().into(),
        occurred_at: touch.record.occurred_at,
    };
    touch.map(named).into_iter().collect()
}

fn of_evidence(shards: &Shards, alert: &Alert, at: Micros, evidence: Evidence) -> Vec<TouchRef> {
    let (policy, binding) = (shards.policy(), alert.facts.binding.as_deref());
    let Some(span) = evidence.span(policy, binding) else { return Vec::new() };
    let place = shards.iter().find_map(|(_, shard)| Some((shard, shard.number_of(&alert.subject.id)?)));
    let Some((shard, number)) = place else { return Vec::new() };
    let mut groups = BTreeMap::<_, Vec<TouchRef>>::new();
    shard.each_touch(number, alert.rule.audience, (at, span), |witness| {
        let Some(group) = evidence.takes(witness, policy, binding) else { return };
        groups.entry(group).or_default().push(TouchRef {
            kind: witness.facts.kind,
            source: shard.source(witness.source).into(),
            event_id: String::from_utf8_lossy(witness.event_id).into(),
            occurred_at: witness.occurred_at,
        });
    });
    // Of groups of one size the first: any of them broke the rule.
    let most = groups.into_values().rev().max_by_key(Vec::len).unwrap_or_default();
    let newest = most.len().saturating_sub(NAMED);
    most.into_iter().skip(newest).collect()
}
