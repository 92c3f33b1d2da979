//! Which touches an alert names as having done it.

use super::header::length;
use processors::kernel::evidence::Witness;
use touchpoint::policy::{Basis, Budget, Per, Policy};
use touchpoint::time::RETENTION;
use touchpoint::{BusinessFunction, Micros};

/// Which touches of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Every touch.
    All,
    /// Those that nobody asked for.
    Unsolicited,
    /// Those of sales or marketing that carry the id of a request.
    OnRequest,
}

/// What a rule's alerts name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// What the binding budget counts, of the group that has the most.
    Budget,
    /// Touches of a trailing span.
    Trailing(Which, Micros),
    /// Of planned touches the one to move.
    Forecast,
}

impl Evidence {
    /// What a header says: `budget`, `forecast`, `unsolicited 7d`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "budget" => return Some(Self::Budget),
            "forecast" => return Some(Self::Forecast),
            _ => {}
        }
        let (which, span) = text.split_once(' ')?;
        let which = match which {
            "all" => Which::All,
            "unsolicited" => Which::Unsolicited,
            "on_request" => Which::OnRequest,
            _ => return None,
        };
        let span = length(span.trim()).filter(|span| (1..=RETENTION).contains(span))?;
        Some(Self::Trailing(which, span))
    }

    /// How far back it looks, the binding budget being called `binding`; `None` when there is no such budget, and where it
    /// looks ahead.
    pub fn span(&self, policy: &Policy, binding: Option<&str>) -> Option<Micros> {
        match self {
            Self::Budget => budget(policy, binding).map(|budget| budget.window),
            Self::Trailing(_, span) => Some(*span),
            Self::Forecast => None,
        }
    }

    /// Whether it takes in this touch, and into which group.
    pub fn takes(&self, witness: &Witness<'_>, policy: &Policy, binding: Option<&str>) -> Option<Group> {
        let facts = &witness.facts;
        let taken = match self {
            Self::Budget => return group(budget(policy, binding)?, witness),
            Self::Trailing(Which::All, _) => true,
            Self::Trailing(Which::Unsolicited, _) => facts.basis == Basis::Unsolicited,
            Self::Trailing(Which::OnRequest, _) => {
                let is_promoting = matches!(facts.function, BusinessFunction::Sales | BusinessFunction::Marketing);
                witness.carries_request && is_promoting
            }
            Self::Forecast => false,
        };
        taken.then_some(Group::default())
    }
}

/// Touches that a budget counts together.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    owner: Option<u32>,
    product: Option<String>,
}

fn budget<'p>(policy: &'p Policy, binding: Option<&str>) -> Option<&'p Budget> {
    policy.budgets.iter().find(|budget| Some(budget.name.as_str()) == binding)
}

fn group(budget: &Budget, witness: &Witness<'_>) -> Option<Group> {
    let group = match budget.per {
        Per::Hcp => Group::default(),
        Per::Owner => Group { owner: Some(witness.owner), product: None },
        Per::Product => Group { owner: None, product: Some(witness.facts.product.unwrap_or_default().to_owned()) },
    };
    budget.counts(&witness.facts).then_some(group)
}
