//! Who acts for the company, and whom they look after.

use super::columns::Columns;
use touchpoint::reference::{PanelRow, PersonRow};
use touchpoint::{Reference, Word};

pub(super) fn people(reference: &Reference) -> Columns {
    let mut rows: Vec<&PersonRow> = reference.rows().all_people().collect();
    rows.sort_by(|a, b| (&a.owner_id, a.validity).cmp(&(&b.owner_id, b.validity)));
    let each = || rows.iter();
    Columns::default()
        .text("owner_id", each().map(|r| Some(r.owner_id.as_str())))
        .text("function", each().map(|r| r.function.map(|function| function.as_str())))
        .text("role", each().map(|r| r.role.map(|role| role.as_str())))
        .text("manager_id", each().map(|r| r.manager_id.as_deref()))
        .text("district", each().map(|r| r.district.as_deref()))
        .validity(each().map(|r| r.validity))
}

pub(super) fn panels(reference: &Reference) -> Columns {
    let mut rows: Vec<&PanelRow> = reference.rows().all_panels().collect();
    rows.sort_by(|a, b| (&a.owner_id, &a.hcp_id, a.validity).cmp(&(&b.owner_id, &b.hcp_id, b.validity)));
    let each = || rows.iter();
    Columns::default()
        .text("owner_id", each().map(|r| Some(r.owner_id.as_str())))
        .text("hcp_id", each().map(|r| Some(r.hcp_id.as_str())))
        .flag("is_target", each().map(|r| r.is_target))
        .number("min_touches", each().map(|r| r.min_touches))
        .number("max_touches", each().map(|r| r.max_touches))
        .validity(each().map(|r| r.validity))
}
