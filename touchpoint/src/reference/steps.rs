//! The steps of plans, by plan.

use super::index::Index;
use super::plan::PlanStepRow;
use crate::metric::Audience;
use crate::time::Micros;
use crate::words::BusinessFunction;

/// All steps. An audience that may not know of medical activity knows no step of function medical.
#[derive(Debug, Clone, Default)]
pub struct PlanSteps {
    steps: Index<PlanStepRow>,
}

impl PlanSteps {
    pub(super) fn new(rows: Vec<PlanStepRow>) -> Self {
        Self { steps: Index::new(rows, |r| &r.plan_id) }
    }

    /// The rows of a plan as they were given, of any time.
    pub(super) fn rows(&self, plan_id: &str) -> &[PlanStepRow] {
        self.steps.of(plan_id)
    }

    /// The steps of a plan that hold at `at`, as the audience knows them, in no order.
    pub fn of(&self, plan_id: &str, at: Micros, audience: Audience) -> impl Iterator<Item = &PlanStepRow> {
        self.steps.of(plan_id).iter().filter(move |row| row.validity.holds(at) && is_known(row, audience))
    }

    /// The step that a touch at `at` is mapped to.
    pub fn find(&self, plan_id: &str, step: &str, at: Micros, audience: Audience) -> Option<&PlanStepRow> {
        self.of(plan_id, at, audience).find(|row| row.step == step)
    }

    /// Whether `step`, which holds at `at`, may follow step `before` of the same plan.
    pub fn allows(&self, before: &str, step: &PlanStepRow, at: Micros, audience: Audience) -> bool {
        if !step.after.is_empty() {
            return step.after.iter().any(|allowed| allowed == before);
        }
        let lower = self.of(&step.plan_id, at, audience).filter(|row| row.position < step.position);
        lower.max_by_key(|row| row.position).is_some_and(|row| row.step == before)
    }
}

fn is_known(row: &PlanStepRow, audience: Audience) -> bool {
    audience == Audience::Full || row.function != Some(BusinessFunction::Medical)
}
