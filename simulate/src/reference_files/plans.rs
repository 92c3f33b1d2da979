//! Who is on which plan from when, and the steps of the plans.

use super::company::{DISTRICT, orchestrator_id};
use crate::id::{Named, Owner, Role};
use crate::world::{Plan, PlanStep, Run, StepChannel, World};
use touchpoint::reference::{Due, PlanRow, PlanStepRow, Validity};
use touchpoint::time::DAY;
use touchpoint::words::Channel;

/// A step off a weekend waits up to two days, is done before the end of its day, and an HCP that has moved to another zone
/// since the start of the plan may be two thirds of a day ahead or behind.
const EARLY_DAYS: i64 = 1;
const LATE_DAYS: i64 = 4;

/// A row for each enrolled HCP and plan cycle.
pub(super) fn enrolments(world: &World) -> impl Iterator<Item = PlanRow> {
    let row = |hcp: u32, author_id: String, run: Run| PlanRow {
        plan_id: Named::Plan(run.plan + 1).id(),
        hcp_id: Some(Named::Hcp(hcp).id()),
        account_id: None,
        author_id: Some(author_id),
        revised_at: Some(run.validity.from),
        decision_id: None,
        validity: run.validity,
    };
    (0..world.hcps()).flat_map(move |hcp| {
        let author = world.rep_of(hcp).number / DISTRICT;
        world.runs(hcp, world.config().span).map(move |run| row(hcp, orchestrator_id(author), run))
    })
}

/// The steps of every plan, in order.
pub(super) fn steps(world: &World) -> impl Iterator<Item = PlanStepRow> + use<> {
    let brands = (0..world.config().catalogue.brands).map(|brand| (Named::Product(brand + 1).id(), brand));
    let brands: Vec<_> = brands.collect();
    world.plans().into_iter().flat_map(move |plan| {
        let brand = brands.iter().find(|(product, _)| *product == plan.product).map(|(_, brand)| *brand);
        of_plan(&plan, brand)
    })
}

fn of_plan(plan: &Plan, brand: Option<u32>) -> Vec<PlanStepRow> {
    let (mut earliest, mut latest) = (0, 0);
    let row = |step: &PlanStep| {
        let (fewest, slack) = step.drawn();
        earliest += fewest;
        latest += fewest + slack - 1;
        let gap = |days: i64| (days > 0).then_some(days * DAY);
        // Reps and MSLs differ by HCP; the brand team is one.
        let owner = brand.filter(|_| step.role == Role::Hq).map(|number| Owner { role: Role::Hq, number }.id());
        PlanStepRow {
            plan_id: plan.id.clone(),
            step: Named::Step(step.number).id(),
            position: step.number,
            function: Some(step.role.function()),
            channel: Some(match step.channel {
                StepChannel::FaceToFace => Channel::FaceToFace,
                StepChannel::Video => Channel::Video,
                StepChannel::Email => Channel::Email,
            }),
            owner_id: owner,
            after: Vec::new(),
            min_gap: gap(step.min_gap_days),
            max_gap: gap(step.max_gap_days),
            due: Some(Due { from: (earliest - EARLY_DAYS).max(0) * DAY, to: (latest + LATE_DAYS) * DAY }),
            validity: Validity::ALWAYS,
        }
    };
    plan.steps.iter().map(row).collect()
}
