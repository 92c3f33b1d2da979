//! Where HCPs work.

use super::columns::Columns;
use touchpoint::Reference;
use touchpoint::reference::AffiliationRow;

pub(super) fn affiliations(reference: &Reference) -> Columns {
    let mut rows: Vec<&AffiliationRow> = reference.rows().all_affiliations().collect();
    rows.sort_by(|a, b| (&a.hcp_id, &a.account_id, a.validity).cmp(&(&b.hcp_id, &b.account_id, b.validity)));
    let each = || rows.iter();
    Columns::default()
        .text("hcp_id", each().map(|r| Some(r.hcp_id.as_str())))
        .text("account_id", each().map(|r| Some(r.account_id.as_str())))
        .flag("is_primary", each().map(|r| r.is_primary))
        .validity(each().map(|r| r.validity))
}
