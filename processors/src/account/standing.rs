//! What reference data say of an account at T.

use super::{Asked, UNASSIGNED};
use touchpoint::Word;
use touchpoint::policy::ExecutionModel;
use touchpoint::reference::AccountRow;

/// Fewest of the six attributes that have to be known.
const KNOWN: usize = 4;
/// From this complexity on an account needs navigation.
const NAVIGATION: f64 = 4.0;
/// From this complexity on an account needs orchestration.
const ORCHESTRATION: f64 = 8.0;

/// An account and those above it; [`UNASSIGNED`] for none.
pub(super) fn lineage(account: Option<&str>, asked: &Asked<'_>) -> Vec<String> {
    let mut above = Some(account.unwrap_or(UNASSIGNED));
    let mut line: Vec<String> = Vec::new();
    // A cycle is refused when reference data are loaded; should one get here, it ends.
    while let Some(account) = above.filter(|account| !line.iter().any(|below| below == account)) {
        line.push(account.to_owned());
        above = asked.reference.account(account, asked.as_of).and_then(|row| row.parent_account_id.as_deref());
    }
    line
}

/// 12 · points / (2 · known), `None` when fewer than four of six attributes are known.
pub fn complexity(row: &AccountRow) -> Option<f64> {
    let sizes = |n: u32, [one, two]: [u32; 2]| u32::from(n > one) + u32::from(n > two);
    let points = [
        row.sites.map(|n| sizes(n, [1, 9])),
        row.decision_makers.map(|n| sizes(n, [1, 5])),
        row.formulary_control,
        row.pathway_control,
        row.access_status.map(|status| u32::from(status.code())),
        row.therapy_complexity,
    ];
    let known: Vec<u32> = points.into_iter().flatten().collect();
    let sum = f64::from(known.iter().sum::<u32>());
    (known.len() >= KNOWN).then(|| 12.0 * sum / (2.0 * known.len() as f64))
}

/// What it says by itself, else what its complexity asks for.
pub fn required_model(row: &AccountRow) -> Option<ExecutionModel> {
    row.required_override.or_else(|| {
        let complexity = complexity(row)?;
        Some(match complexity {
            c if c < NAVIGATION => ExecutionModel::Coverage,
            c if c < ORCHESTRATION => ExecutionModel::Navigation,
            _ => ExecutionModel::Orchestration,
        })
    })
}
