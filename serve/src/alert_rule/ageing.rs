//! Whether what a rule says of an HCP may change by time alone.
//!
//! The headline values of an HCP change when a record comes or a date is due, and then a turn looks at the HCP. Between such
//! turns only a few columns move: the load decays, and what is computed with T, or with the instant at which an HCP is free
//! again, is another thing a moment later. Other windows, touches and forecasts move without a turn, too. Alerts of rules that
//! read none of these need not be looked at again and again.

use super::plan::Scan;
use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan};
use processors::sql::ChangedTable;

/// Columns of `changed` that are another number at every instant.
const DECAYING: [&str; 2] = ["interruption_load", "visits_per_week"];
/// Columns that stand still as they are, and move when something is computed with them.
const INSTANTS: [&str; 2] = ["as_of", "next_free_at"];

/// What a plan says may change by time alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ageing {
    /// It may.
    Moves,
    /// It changes in turns alone that look at the HCP anyway.
    Stands,
}

/// Of a plan that reads `scans`.
pub(super) fn ageing(plan: &LogicalPlan, scans: &[Scan]) -> Result<Ageing> {
    let moves = !scans.iter().all(reads_what_stands) || computes_with_instants(plan)?;
    Ok(if moves { Ageing::Moves } else { Ageing::Stands })
}

fn reads_what_stands(scan: &Scan) -> bool {
    let schema = ChangedTable::Now.schema();
    let name = |column: &usize| schema.fields().get(*column).map_or("", |field| field.name());
    let decays = |columns: &Vec<usize>| columns.iter().any(|column| DECAYING.contains(&name(column)));
    scan.table == ChangedTable::Now.name() && scan.columns.as_ref().is_some_and(|columns| !decays(columns))
}

fn computes_with_instants(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            found |= !matches!(expr.clone().unalias(), Expr::Column(_)) && moves(expr)?;
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(found)
}

fn moves(expr: &Expr) -> Result<bool> {
    let is_instant = |part: &Expr| matches!(part, Expr::Column(column) if INSTANTS.contains(&column.name.as_str()));
    Ok(expr.is_volatile() || expr.exists(|part| Ok(is_instant(part)))?)
}
