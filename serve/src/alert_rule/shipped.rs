//! The rule files that come with Touchload (`sql/alerts/`), embedded so that the binary needs no folder beside it.

use super::file::{Folder, RuleFile};
use super::refusal::RuleRefusals;

/// Folder, name and text of every file of `sql/alerts/`.
pub(super) const FILES: &[(Folder, &str, &str)] = &[
    (Folder::Alerts, "account_over_touched", include_str!("../../../sql/alerts/account_over_touched.sql")),
    (Folder::Alerts, "budget_full", include_str!("../../../sql/alerts/budget_full.sql")),
    (Folder::Alerts, "collision_burst", include_str!("../../../sql/alerts/collision_burst.sql")),
    (Folder::Alerts, "consent_conflict", include_str!("../../../sql/alerts/consent_conflict.sql")),
    (
        Folder::Alerts,
        "fragmentation_of_a_busy_hcp",
        include_str!("../../../sql/alerts/fragmentation_of_a_busy_hcp.sql"),
    ),
    (Folder::Alerts, "going_over", include_str!("../../../sql/alerts/going_over.sql")),
    (Folder::Alerts, "over_budget", include_str!("../../../sql/alerts/over_budget.sql")),
    (Folder::Medical, "sales_touch_on_request", include_str!("../../../sql/alerts/medical/sales_touch_on_request.sql")),
    (Folder::Medical, "talked_past", include_str!("../../../sql/alerts/medical/talked_past.sql")),
];

/// The files that come with Touchload.
///
/// # Errors
/// A file's name or header is not sound: a bug of this build.
pub fn shipped() -> Result<Vec<RuleFile>, RuleRefusals> {
    let mut refusals = Vec::new();
    let files = FILES.iter().map(|(folder, name, text)| RuleFile::try_new(*folder, name, text));
    let sound = files.filter_map(|file| file.map_err(|refused| refusals.extend(refused)).ok()).collect();
    if refusals.is_empty() { Ok(sound) } else { Err(RuleRefusals(refusals)) }
}
