//! The alerts of both policies, side by side.
//!
//! Two alerts are the same when rule, subject and beginning are. Of those that are left, two of one rule and subject whose
//! spans share an instant are one alert that begins or ends otherwise. Time counts inside the span that was asked for.

use super::BothHistories;
use super::alert_lane::{AlertHistory, AlertSpan};
use processors::alert::Subject;
use std::collections::BTreeMap;
use std::sync::Arc;
use touchpoint::{Audience, Micros};

/// What became of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difference {
    /// It fires under both, from the same instant to the same instant.
    Same,
    /// It fires under both, and begins or ends otherwise.
    Changed,
    /// Only under the baseline.
    Gone,
    /// Only under the policy that is tried.
    New,
}

impl Difference {
    /// The text in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::New => "new",
        }
    }
}

/// An alert under one policy or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Under the baseline.
    pub before: Option<AlertSpan>,
    /// Under the policy that is tried.
    pub after: Option<AlertSpan>,
}

impl Pair {
    /// What became of it.
    pub fn difference(&self) -> Difference {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) if (before.since, before.ended) == (after.since, after.ended) => {
                Difference::Same
            }
            (Some(_), Some(_)) => Difference::Changed,
            (Some(_), None) => Difference::Gone,
            (None, _) => Difference::New,
        }
    }

    /// The alert under the baseline, if it is there, else the other.
    pub fn either(&self) -> Option<&AlertSpan> {
        self.before.as_ref().or(self.after.as_ref())
    }
}

/// The alerts of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RuleCount {
    /// Alerts under the baseline.
    pub before: u64,
    /// Alerts under the policy that is tried.
    pub after: u64,
    /// Of both: the same.
    pub same: u64,
    /// Of both: otherwise.
    pub changed: u64,
    /// Only under the baseline.
    pub gone: u64,
    /// Only under the other.
    pub new: u64,
    /// Microseconds for which alerts of the baseline were open.
    pub open_before: Micros,
    /// The same of the other.
    pub open_after: Micros,
}

type Key = (Arc<str>, Audience, Subject);

/// Every alert of both, in the order of rule, subject and time.
pub fn pairs(histories: &BothHistories) -> Vec<Pair> {
    let (mut before, mut after) = (by_subject(&histories.before), by_subject(&histories.after));
    let mut keys: Vec<Key> = before.keys().chain(after.keys()).cloned().collect();
    keys.sort_by(|a, b| (&a.0, a.1.as_str(), &a.2).cmp(&(&b.0, b.1.as_str(), &b.2)));
    keys.dedup();
    let mut pairs = Vec::new();
    for key in keys {
        pairs.extend(of_subject(before.remove(&key).unwrap_or_default(), after.remove(&key).unwrap_or_default()));
    }
    pairs
}

/// Numbers by rule.
pub fn count(pairs: &[Pair], (from, to): (Micros, Micros)) -> BTreeMap<Arc<str>, RuleCount> {
    let open = |span: &AlertSpan| (span.ended.unwrap_or(to).min(to) - span.told_at.max(from)).max(0);
    let mut counts = BTreeMap::<Arc<str>, RuleCount>::new();
    for pair in pairs {
        let Some(rule) = pair.either().map(|span| span.rule.clone()) else { continue };
        let count = counts.entry(rule).or_default();
        if let Some(span) = &pair.before {
            count.before += 1;
            count.open_before += open(span);
        }
        if let Some(span) = &pair.after {
            count.after += 1;
            count.open_after += open(span);
        }
        match pair.difference() {
            Difference::Same => count.same += 1,
            Difference::Changed => count.changed += 1,
            Difference::Gone => count.gone += 1,
            Difference::New => count.new += 1,
        }
    }
    counts
}

fn by_subject(history: &AlertHistory) -> BTreeMap<Key, Vec<AlertSpan>> {
    let mut found = BTreeMap::<Key, Vec<AlertSpan>>::new();
    for span in history.spans() {
        found.entry((span.rule.clone(), span.audience, span.subject.clone())).or_default().push(span.clone());
    }
    found.values_mut().for_each(|spans| spans.sort_by_key(|span| (span.since, span.told_at)));
    found
}

/// One rule, one subject: the same first, then what overlaps, then what is left.
fn of_subject(before: Vec<AlertSpan>, mut after: Vec<AlertSpan>) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = before.into_iter().map(|span| Pair { before: Some(span), after: None }).collect();
    let fits: [fn(&AlertSpan, &AlertSpan) -> bool; 2] = [|one, other| one.since == other.since, overlap];
    for fits in fits {
        for pair in pairs.iter_mut().filter(|pair| pair.after.is_none()) {
            let Some(span) = &pair.before else { continue };
            let place = after.iter().position(|other| fits(span, other));
            pair.after = place.map(|place| after.remove(place));
        }
    }
    pairs.extend(after.into_iter().map(|span| Pair { before: None, after: Some(span) }));
    pairs.sort_by_key(|pair| pair.either().map(|span| (span.since, span.told_at)));
    pairs
}

fn overlap(one: &AlertSpan, other: &AlertSpan) -> bool {
    let ends_after = |a: &AlertSpan, b: &AlertSpan| a.ended.is_none_or(|end| end > b.since);
    ends_after(one, other) && ends_after(other, one)
}

#[cfg(test)]
mod tests {
    use super::{AlertSpan, Difference, count, of_subject};
    use processors::alert::{AlertId, Subject};
    use touchpoint::Audience;
    use touchpoint::alert::{AlertOrigin, SubjectKind};

    fn span(since: i64, ended: Option<i64>) -> AlertSpan {
        AlertSpan {
            id: AlertId::from_text(&format!("{since}")),
            rule: "over_budget".into(),
            audience: Audience::Commercial,
            subject: Subject { kind: SubjectKind::Hcp, id: "h".into() },
            since,
            told_at: since,
            ended,
            origin: AlertOrigin::Live,
            resolution: None,
        }
    }

    #[test]
    fn alerts_pair_by_beginning_and_then_by_what_they_share() {
        let before = vec![span(10, Some(20)), span(30, Some(40)), span(50, Some(60)), span(70, None)];
        let after = vec![span(10, Some(20)), span(25, Some(35)), span(61, Some(65)), span(70, Some(80))];
        let pairs = of_subject(before, after);
        let found: Vec<_> = pairs.iter().map(|pair| (pair.either().map(|s| s.since), pair.difference())).collect();
        let expected = [
            (Some(10), Difference::Same),
            (Some(30), Difference::Changed),
            (Some(50), Difference::Gone),
            (Some(61), Difference::New),
            (Some(70), Difference::Changed),
        ];
        assert_eq!(found, expected);
        let counts = &count(&pairs, (0, 100))["over_budget"];
        assert_eq!((counts.before, counts.after, counts.same, counts.changed), (4, 4, 1, 2));
        assert_eq!((counts.gone, counts.new, counts.open_before, counts.open_after), (1, 1, 60, 34));
    }
}
