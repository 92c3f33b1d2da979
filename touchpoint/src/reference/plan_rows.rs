//! The steps of one plan as an audience knows them, looked up once and asked often.

use super::plan::{Due, PlanStepRow};
use crate::metric::Audience;
use crate::time::Micros;
use crate::words::BusinessFunction;

/// See the module. A plan without steps has no rows.
#[derive(Debug, Clone, Copy)]
pub struct PlanRows<'a> {
    rows: &'a [PlanStepRow],
    audience: Audience,
}

impl<'a> PlanRows<'a> {
    pub(super) fn new(rows: &'a [PlanStepRow], audience: Audience) -> Self {
        Self { rows, audience }
    }

    /// Whether the table names no step of the plan, for whatever audience and instant.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether the audiences know different steps.
    pub fn has_medical(&self) -> bool {
        self.rows.iter().any(|row| row.function == Some(BusinessFunction::Medical))
    }

    /// The steps that hold at `at`, in no order.
    pub fn at(self, at: Micros) -> impl Iterator<Item = &'a PlanStepRow> {
        self.known().filter(move |row| row.validity.holds(at))
    }

    /// The step that a touch at `at` is mapped to.
    pub fn find(&self, step: &str, at: Micros) -> Option<&'a PlanStepRow> {
        self.at(at).find(|row| row.step == step)
    }

    /// The steps that are to be done in a span, each with it.
    pub fn due(self) -> impl Iterator<Item = (&'a PlanStepRow, Due)> {
        self.known().filter_map(|row| Some((row, row.due?)))
    }

    /// Whether `step`, which holds at `at`, may follow step `before` of this plan.
    pub fn allows(&self, before: &str, step: &PlanStepRow, at: Micros) -> bool {
        if !step.after.is_empty() {
            return step.after.iter().any(|allowed| allowed == before);
        }
        let lower = self.at(at).filter(|row| row.position < step.position);
        lower.max_by_key(|row| row.position).is_some_and(|row| row.step == before)
    }

    fn known(self) -> impl Iterator<Item = &'a PlanStepRow> {
        let all = self.audience == Audience::Full;
        self.rows.iter().filter(move |row| all || row.function != Some(BusinessFunction::Medical))
    }
}
