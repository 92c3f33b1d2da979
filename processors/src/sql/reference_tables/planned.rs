//! Who is on which plan, and its steps.

use super::columns::Columns;
use touchpoint::reference::{PlanRow, PlanStepRow};
use touchpoint::time::{DAY, HOUR};
use touchpoint::{Micros, Reference, Word};

pub(super) fn plans(reference: &Reference) -> Columns {
    let mut rows: Vec<&PlanRow> = reference.rows().all_plans().collect();
    rows.sort_by(|a, b| {
        (&a.plan_id, &a.hcp_id, &a.account_id, a.validity).cmp(&(&b.plan_id, &b.hcp_id, &b.account_id, b.validity))
    });
    let each = || rows.iter();
    Columns::default()
        .text("plan_id", each().map(|r| Some(r.plan_id.as_str())))
        .text("hcp_id", each().map(|r| r.hcp_id.as_deref()))
        .text("account_id", each().map(|r| r.account_id.as_deref()))
        .text("author_id", each().map(|r| r.author_id.as_deref()))
        .instant("revised_at", each().map(|r| r.revised_at))
        .text("decision_id", each().map(|r| r.decision_id.as_deref()))
        .validity(each().map(|r| r.validity))
}

pub(super) fn plan_steps(reference: &Reference) -> Columns {
    let mut rows: Vec<&PlanStepRow> = reference.rows().all_plan_steps().collect();
    rows.sort_by(|a, b| (&a.plan_id, a.position, a.validity).cmp(&(&b.plan_id, b.position, b.validity)));
    let each = || rows.iter();
    let before = |row: &PlanStepRow| (!row.after.is_empty()).then(|| row.after.join(";"));
    Columns::default()
        .text("plan_id", each().map(|r| Some(r.plan_id.as_str())))
        .text("step", each().map(|r| Some(r.step.as_str())))
        .number("position", each().map(|r| Some(r.position)))
        .text("function", each().map(|r| r.function.map(|function| function.as_str())))
        .text("channel", each().map(|r| r.channel.map(|channel| channel.as_str())))
        .text("owner_id", each().map(|r| r.owner_id.as_deref()))
        .owned_text("after", each().map(|r| before(r)))
        .real("min_gap_h", each().map(|r| r.min_gap.map(|gap| in_units(gap, HOUR))))
        .real("max_gap_h", each().map(|r| r.max_gap.map(|gap| in_units(gap, HOUR))))
        .real("due_from_d", each().map(|r| r.due.map(|due| in_units(due.from, DAY))))
        .real("due_to_d", each().map(|r| r.due.map(|due| in_units(due.to, DAY))))
        .validity(each().map(|r| r.validity))
}

fn in_units(span: Micros, unit: Micros) -> f64 {
    span as f64 / unit as f64
}
