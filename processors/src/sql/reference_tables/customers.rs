//! HCPs, accounts, and where HCPs work.

use super::columns::Columns;
use touchpoint::reference::{AccountRow, AffiliationRow, HcpRow};
use touchpoint::{Reference, Word};

pub(super) fn hcps(reference: &Reference) -> Columns {
    let mut rows: Vec<&HcpRow> = reference.hcp_rows().collect();
    rows.sort_by(|a, b| (&a.hcp_id, a.validity).cmp(&(&b.hcp_id, b.validity)));
    let each = || rows.iter();
    Columns::default()
        .text("hcp_id", each().map(|r| Some(r.hcp_id.as_str())))
        .text("specialty", each().map(|r| r.specialty.as_deref()))
        .text("segment", each().map(|r| r.segment.as_deref()))
        .text("territory", each().map(|r| r.territory.as_deref()))
        .text("country", each().map(|r| r.country.as_deref()))
        .text("time_zone", each().map(|r| r.time_zone.map(|zone| zone.name())))
        .text("account_id", each().map(|r| r.account_id.as_deref()))
        .validity(each().map(|r| r.validity))
}

pub(super) fn accounts(reference: &Reference) -> Columns {
    let mut rows: Vec<&AccountRow> = reference.account_rows().collect();
    rows.sort_by(|a, b| (&a.account_id, a.validity).cmp(&(&b.account_id, b.validity)));
    let each = || rows.iter();
    Columns::default()
        .text("account_id", each().map(|r| Some(r.account_id.as_str())))
        .text("parent_account_id", each().map(|r| r.parent_account_id.as_deref()))
        .text("kind", each().map(|r| r.kind.as_deref()))
        .text("territory", each().map(|r| r.territory.as_deref()))
        .text("country", each().map(|r| r.country.as_deref()))
        .number("sites", each().map(|r| r.sites))
        .number("decision_makers", each().map(|r| r.decision_makers))
        .number("formulary_control", each().map(|r| r.formulary_control))
        .number("pathway_control", each().map(|r| r.pathway_control))
        .text("access_status", each().map(|r| r.access_status.map(|status| status.as_str())))
        .number("therapy_complexity", each().map(|r| r.therapy_complexity))
        .text("declared_model", each().map(|r| r.declared_model.map(|model| model.as_str())))
        .text("required_override", each().map(|r| r.required_override.map(|model| model.as_str())))
        .validity(each().map(|r| r.validity))
}

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
