//! The steps of plans, by plan.

use super::index::Index;
use super::plan::PlanStepRow;
use super::plan_rows::PlanRows;
use crate::metric::Audience;
use crate::time::Micros;

/// All steps. An audience that may not know of medical activity knows no step of function medical.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanSteps {
    steps: Index<PlanStepRow>,
}

impl PlanSteps {
    pub(super) fn new(rows: Vec<PlanStepRow>) -> Self {
        Self { steps: Index::new(rows, |r| &r.plan_id) }
    }

    /// The steps of a plan, as the audience knows them.
    pub fn plan(&self, plan_id: &str, audience: Audience) -> PlanRows<'_> {
        PlanRows::new(self.steps.of(plan_id), audience)
    }

    /// The rows of a plan as they were given, of any time.
    pub(super) fn all_rows(&self) -> impl Iterator<Item = &PlanStepRow> {
        self.steps.iter().flat_map(|(_, rows)| rows)
    }

    pub(super) fn rows(&self, plan_id: &str) -> &[PlanStepRow] {
        self.steps.of(plan_id)
    }

    /// The steps of a plan that hold at `at`, as the audience knows them, in no order.
    pub fn of(&self, plan_id: &str, at: Micros, audience: Audience) -> impl Iterator<Item = &PlanStepRow> {
        self.plan(plan_id, audience).at(at)
    }

    /// The step that a touch at `at` is mapped to.
    pub fn find(&self, plan_id: &str, step: &str, at: Micros, audience: Audience) -> Option<&PlanStepRow> {
        self.plan(plan_id, audience).find(step, at)
    }

    /// Whether `step`, which holds at `at`, may follow step `before` of the same plan.
    pub fn allows(&self, before: &str, step: &PlanStepRow, at: Micros, audience: Audience) -> bool {
        self.plan(&step.plan_id, audience).allows(before, step, at)
    }
}
