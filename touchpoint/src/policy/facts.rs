//! What selectors, scopes and rules look at: facts of an HCP and facts of a touch.
//!
//! A fact that is not known is `None`; it matches only what asks for nothing.

use crate::reference::Reference;
use crate::time::Micros;
use crate::words::{BusinessFunction, Channel, Kind, Origin, Purpose, words};

words! {
    /// Why a touch is solicited, or that it is not (metrics.md §1). Where several hold, the last of this list wins.
    Basis in "basis" {
        /// Nothing asked for it: an interruption.
        Unsolicited = "unsolicited",
        /// The record alone says that it was asked for.
        Declared = "declared",
        /// Service or safety.
        Exempt = "exempt",
        /// It answers a medical request that is on record.
        Request = "request",
    }
}

words! {
    /// Whom a call reached at once.
    Meeting in "meeting" {
        /// The HCP alone, or nobody said how many.
        OneToOne = "one_to_one",
        /// Two or more attendees.
        Group = "group",
    }
}

impl Meeting {
    /// The meeting of a record of `kind` with so many attendees; `None` for whatever is no call.
    pub fn of(kind: Kind, attendees: Option<i32>) -> Option<Self> {
        let group = attendees.is_some_and(|attendees| attendees > 1);
        (kind == Kind::Calls).then_some(if group { Self::Group } else { Self::OneToOne })
    }
}

words! {
    /// How an account is worked, as reference data says it of an HCP.
    ExecutionModel in "execution_model" {
        /// Channels that each chase reach.
        Coverage = "coverage",
        /// Dialogue that steers to content.
        Navigation = "navigation",
        /// One plan with order and gaps across channels.
        Orchestration = "orchestration",
    }
}

/// The reference data of an HCP that a [`Selector`](super::Selector) looks at, as of one instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HcpFacts<'a> {
    /// Segment.
    pub segment: Option<&'a str>,
    /// Specialty.
    pub specialty: Option<&'a str>,
    /// ISO 3166 country.
    pub country: Option<&'a str>,
    /// Territory.
    pub territory: Option<&'a str>,
    /// Primary account.
    pub account: Option<&'a str>,
    /// Execution model of the HCP's account.
    pub execution_model: Option<ExecutionModel>,
}

impl<'a> HcpFacts<'a> {
    /// What the rows that hold at `at` say; what none says is unknown.
    pub fn of(reference: &'a Reference, hcp_id: &str, at: Micros) -> Self {
        let row = reference.hcp(hcp_id, at);
        let account = reference.account_of(hcp_id, at);
        Self {
            segment: row.and_then(|r| r.segment.as_deref()),
            specialty: row.and_then(|r| r.specialty.as_deref()),
            country: row.and_then(|r| r.country.as_deref()),
            territory: row.and_then(|r| r.territory.as_deref()),
            account,
            execution_model: account.and_then(|id| reference.account(id, at)?.declared_model),
        }
    }
}

/// What a [`Scope`](super::Scope) looks at: one touch, made or proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TouchFacts<'a> {
    /// Feed.
    pub kind: Kind,
    /// Channel.
    pub channel: Channel,
    /// Who sent an e-mail. Without it an e-mail counts as a rep's, as it does for its weight.
    pub origin: Option<Origin>,
    /// Whom a call reached at once; `None` for whatever is no call.
    pub meeting: Option<Meeting>,
    /// Acting function.
    pub function: BusinessFunction,
    /// Purpose.
    pub purpose: Purpose,
    /// Product.
    pub product: Option<&'a str>,
    /// Whether and why it is solicited.
    pub basis: Basis,
}

impl TouchFacts<'_> {
    /// The hard rule, whatever a policy says: answers to medical requests, service and safety never count against a
    /// budget or a gap and are never held back.
    #[inline]
    pub fn is_beyond_policy(&self) -> bool {
        matches!(self.basis, Basis::Request | Basis::Exempt)
            || matches!(self.purpose, Purpose::Service | Purpose::Safety)
    }

    /// Whether it is an interruption that budgets and gaps look at: unsolicited, and not beyond policy.
    #[inline]
    pub fn is_interruption(&self) -> bool {
        self.basis == Basis::Unsolicited && !self.is_beyond_policy()
    }

    /// Who sent it, an e-mail of unknown origin being a rep's; `None` for whatever is no e-mail.
    #[inline]
    pub fn sender(&self) -> Option<Origin> {
        match self.kind {
            Kind::Emails => Some(self.origin.unwrap_or(Origin::Rep)),
            Kind::Calls | Kind::Congress | Kind::Requests => None,
        }
    }
}
