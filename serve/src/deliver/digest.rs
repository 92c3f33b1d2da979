//! A day, per orchestrator: what began, what ended, and the reports that no pager gets.
//!
//! A digest is made of the transitions of one span of time, from the hour of a digest to that of the next one. An alert goes
//! to whoever orchestrates its subject; those of whom nobody is known to go into one digest without a name. Its id is that of
//! its end and orchestrator, so that one that is sent twice can be told.

use super::document::rfc3339;
use super::naming::Naming;
use processors::alert::{Subject, Transition};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use touchpoint::{Audience, Micros, SecretKey};

/// Alerts that a digest names; of further ones it tells the number.
const NAMED: usize = 200;

/// One digest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Digest {
    /// The same for the same end and orchestrator.
    pub digest_id: String,
    /// When the span began.
    pub from: String,
    /// When it ended, exclusive.
    pub until: String,
    /// Whose; null: nobody's.
    pub orchestrator_ref: Option<String>,
    /// Alerts by rule, then by origin: how many of them had a transition.
    pub counts: BTreeMap<String, BTreeMap<String, usize>>,
    /// The alerts, those open longest first.
    pub alerts: Vec<Line>,
    /// How many more there are.
    pub more: usize,
}

/// One alert of a digest, as it stood at the end of the span.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    alert_id: String,
    rule: String,
    severity: String,
    subject_ref: String,
    origin: String,
    state: String,
    resolution: Option<String>,
    since: String,
    summary: String,
    act: String,
    #[serde(skip)]
    order: (Micros, String),
}

/// The digests of `span`, of audience `audience`, one per orchestrator that has anything. `key` makes
/// the ids; `of` says whose a subject is.
pub fn digests<'t>(
    transitions: impl IntoIterator<Item = &'t Transition>,
    (span, audience): (&Range<Micros>, Audience),
    (naming, key): (&Naming, &SecretKey),
    of: impl Fn(&Subject) -> Option<Arc<str>>,
) -> Vec<Digest> {
    let is_of_span = |t: &&Transition| span.contains(&t.at);
    let may_see = |t: &&Transition| audience == Audience::Full || t.alert.rule.audience == audience;
    let told = transitions.into_iter().filter(is_of_span).filter(may_see).filter(|t| t.is_to_be_told());
    let mut last: BTreeMap<Option<Arc<str>>, BTreeMap<&str, &Transition>> = BTreeMap::new();
    for transition in told {
        let of_orchestrator = last.entry(of(&transition.alert.subject)).or_default();
        let known = of_orchestrator.entry(transition.alert.id.as_str()).or_insert(transition);
        if (known.at, known.state) <= (transition.at, transition.state) {
            *known = transition;
        }
    }
    let digest = |(orchestrator, alerts): (Option<Arc<str>>, BTreeMap<&str, &Transition>)| {
        let whose = orchestrator.as_deref().unwrap_or_default();
        let digest_id = key.pseudonym("digest", &format!("{}\0{whose}\0{}", span.end, audience.as_str()));
        let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for transition in alerts.values() {
            let of_rule = counts.entry(transition.alert.rule.name.to_string()).or_default();
            *of_rule.entry(transition.alert.origin.to_string()).or_default() += 1;
        }
        let mut lines: Vec<Line> = alerts.values().map(|transition| line(transition, naming)).collect();
        lines.sort_by(|a, b| a.order.cmp(&b.order));
        let more = lines.len().saturating_sub(NAMED);
        lines.truncate(NAMED);
        let orchestrator_ref = orchestrator.map(|id| naming.owner(&id));
        let (from, until) = (rfc3339(span.start), rfc3339(span.end));
        Digest { digest_id, from, until, orchestrator_ref, counts, alerts: lines, more }
    };
    last.into_iter().map(digest).collect()
}

impl Digest {
    /// The JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Text, numbers and nothing that can fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Rules that it speaks of.
    pub fn rules(&self) -> BTreeSet<&str> {
        self.counts.keys().map(String::as_str).collect()
    }
}

fn line(transition: &Transition, naming: &Naming) -> Line {
    let alert = &transition.alert;
    Line {
        alert_id: alert.id.to_string(),
        rule: alert.rule.name.to_string(),
        severity: alert.rule.severity.to_string(),
        subject_ref: naming.subject(&alert.subject),
        origin: alert.origin.to_string(),
        state: transition.state.to_string(),
        resolution: transition.resolution.map(|resolution| resolution.to_string()),
        since: rfc3339(alert.since),
        summary: alert.facts.summary.to_string(),
        act: alert.rule.act.to_string(),
        order: (alert.since, alert.id.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::digests;
    use crate::deliver::document::tests::{naming, transition};
    use crate::deliver::naming::Ids;
    use processors::alert::{Subject, Transition};
    use std::sync::Arc;
    use touchpoint::alert::{AlertOrigin, AlertState};
    use touchpoint::time::{DAY, HOUR};
    use touchpoint::{Audience, SecretKey};

    #[test]
    fn a_day_is_told_per_orchestrator_with_reports_and_without_other_days() {
        let key = SecretKey::new(&[3; 32]).expect("long enough");
        let fired = transition("H-1", AlertState::Firing);
        let day = fired.at;
        let ended = Transition { at: day + HOUR, ..transition("H-1", AlertState::Resolved) };
        let mut report = transition("H-2", AlertState::Firing);
        report.alert.origin = AlertOrigin::Retrospective;
        let tomorrow = Transition { at: day + DAY, ..transition("H-3", AlertState::Firing) };
        let of = |subject: &Subject| (&*subject.id == "H-1").then(|| Arc::from("O-secret"));
        let all = [ended, fired, report, tomorrow];
        let span = day..day + DAY;
        let made = digests(&all, (&span, Audience::Commercial), (&naming(Ids::Pseudonyms), &key), of);
        assert_eq!(made.len(), 2);
        let states = |n: usize| made[n].alerts.iter().map(|line| line.state.as_str()).collect::<Vec<_>>();
        assert_eq!((states(0), states(1)), (vec!["firing"], vec!["resolved"]), "as it stood in the evening");
        assert_eq!(made[0].orchestrator_ref, None);
        assert_eq!(made[0].counts["over_budget"]["retrospective"], 1);
        let text = String::from_utf8(made[1].to_bytes()).expect("text");
        assert!(!text.contains("secret") && !text.contains("H-1"), "{text}");
        let again = digests(&all, (&span, Audience::Commercial), (&naming(Ids::Pseudonyms), &key), of);
        assert_eq!(made, again);
        assert_ne!(made[0].digest_id, made[1].digest_id);
    }
}
