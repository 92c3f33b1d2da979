//! Engagement plans: who is on one from when, and its steps.

use super::Validity;
use crate::time::Micros;
use crate::words::{BusinessFunction, Channel};

/// A row of `plans`: an enrolment; key `plan_id`, `hcp_id` and `account_id`. Runs from `validity.from` on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanRow {
    /// The plan.
    pub plan_id: String,
    /// The HCP that is on it.
    pub hcp_id: Option<String>,
    /// The account whose HCPs are on it.
    pub account_id: Option<String>,
    /// Who wrote it.
    pub author_id: Option<String>,
    /// When it was last revised.
    pub revised_at: Option<Micros>,
    /// The decision it works towards.
    pub decision_id: Option<String>,
    /// When the row holds; due spans are counted from its start.
    pub validity: Validity,
}

/// The span after the start of a plan in which a step is to be done: `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Start, inclusive, after the start of the run.
    pub from: Micros,
    /// End, exclusive, after the start of the run.
    pub to: Micros,
}

/// A row of `plan_steps`; key `plan_id` and `step`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanStepRow {
    /// The plan.
    pub plan_id: String,
    /// The step, as `plan_step` of a touch names it.
    pub step: String,
    /// Place in the plan, from 1.
    pub position: u32,
    /// Who acts.
    pub function: Option<BusinessFunction>,
    /// How.
    pub channel: Option<Channel>,
    /// Which colleague.
    pub owner_id: Option<String>,
    /// Steps that may come before it; empty: that of the next lower position.
    pub after: Vec<String>,
    /// Least time after the touch before.
    pub min_gap: Option<Micros>,
    /// Most time after the touch before.
    pub max_gap: Option<Micros>,
    /// When it is due; `None`: never.
    pub due: Option<Due>,
    /// When the row holds.
    pub validity: Validity,
}
