//! What a rule said of a subject at an instant.

use std::collections::HashMap;
use std::sync::Arc;
use touchpoint::Micros;
use touchpoint::policy::Verdict;

/// What an alert tells of its condition.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// The number that the rule looks at; `None` when there is none.
    pub value: Option<f64>,
    /// What binds: the budget's name, say.
    pub binding: Option<Arc<str>>,
    /// Until when to hold, for rules whose act that is; `None`: no end is known.
    pub hold_until: Option<Micros>,
    /// One sentence. It names nobody.
    pub summary: Arc<str>,
}

/// A subject of which the condition fires or stays at an instant. What ends has no finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Id of the HCP or account.
    pub subject: Arc<str>,
    /// The instant, one of those at which the subject was examined.
    pub as_of: Micros,
    /// Fires, or stays as it was.
    pub verdict: Verdict,
    /// The details.
    pub facts: Facts,
}

/// A subject, and the instants at which the rules looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Id of the HCP or account.
    pub subject: Arc<str>,
    /// Rising; the last one is T. Where records changed it, the beginnings of its open alerts are among them.
    pub instants: Vec<Micros>,
    /// The earliest event time that records changed since the last turn: what was over before it is no news. `None`: no
    /// record changed anything.
    pub changed_from: Option<Micros>,
}

/// Which subjects a rule looked at.
#[derive(Debug, Clone, Copy)]
pub enum Coverage<'a> {
    /// These; of others nothing was learnt.
    Some(&'a [Examined]),
    /// These, and there are no others: an open alert of another one is about nobody.
    Every(&'a [Examined]),
}

impl<'a> Coverage<'a> {
    /// The subjects.
    pub fn examined(self) -> &'a [Examined] {
        match self {
            Self::Some(examined) | Self::Every(examined) => examined,
        }
    }
}

/// What one rule said in a turn.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Place of the rule among those that the machine was made with.
    pub rule: usize,
    /// What it looked at.
    pub coverage: Coverage<'a>,
    /// What it found, in any order.
    pub findings: &'a [Finding],
}

/// The findings of an answer by subject and instant.
pub(super) struct Said<'a>(HashMap<(&'a str, Micros), &'a Finding>);

impl<'a> Said<'a> {
    pub(super) fn new(findings: &'a [Finding]) -> Self {
        Self(findings.iter().map(|finding| ((&*finding.subject, finding.as_of), finding)).collect())
    }

    pub(super) fn verdict(&self, subject: &str, at: Micros) -> Verdict {
        self.0.get(&(subject, at)).map_or(Verdict::Ends, |finding| finding.verdict)
    }

    pub(super) fn facts(&self, subject: &str, at: Micros) -> Facts {
        self.0.get(&(subject, at)).map(|finding| finding.facts.clone()).unwrap_or_default()
    }
}
