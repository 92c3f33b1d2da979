//! Who acts for the company, and whom they look after.

use super::columns::Columns;
use touchpoint::reference::{PanelRow, PersonRow, Validity};
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

/// Who is anybody's target, and in which spans: spans that meet or overlap are one, and nobody is told whose target.
pub(super) fn targets(reference: &Reference) -> Columns {
    let targets = reference.rows().all_panels().filter(|row| row.is_target);
    let mut rows: Vec<(&str, Validity)> = targets.map(|row| (row.hcp_id.as_str(), row.validity)).collect();
    rows.sort_unstable();
    rows.dedup_by(|(next_id, next), (hcp_id, span)| {
        let is_one = next_id == hcp_id && next.from <= span.to;
        if is_one {
            span.to = span.to.max(next.to);
        }
        is_one
    });
    Columns::default()
        .text("hcp_id", rows.iter().map(|(hcp_id, _)| Some(*hcp_id)))
        .validity(rows.iter().map(|(_, span)| *span))
}

#[cfg(test)]
mod tests {
    use super::targets;
    use arrow::array::AsArray;
    use arrow::datatypes::TimestampMicrosecondType;
    use touchpoint::Reference;
    use touchpoint::reference::{PanelRow, Tables, Validity};

    fn panel(owner: &str, hcp: &str, is_target: bool, (from, to): (i64, i64)) -> PanelRow {
        PanelRow {
            owner_id: owner.to_owned(),
            hcp_id: hcp.to_owned(),
            is_target,
            min_touches: None,
            max_touches: None,
            validity: Validity { from, to },
        }
    }

    #[test]
    fn spans_of_a_target_that_meet_are_one_whosever_target_it_is() {
        let panels = vec![
            panel("b", "h2", true, (5, 9)),
            panel("a", "h1", true, (1, 4)),
            panel("b", "h1", true, (3, 6)),
            panel("c", "h1", true, (6, 8)),
            panel("a", "h1", true, (10, 12)),
            panel("d", "h1", true, (2, 3)),
            panel("d", "h1", false, (8, 10)),
        ];
        let reference = Reference::try_new(Tables { panels: Some(panels), ..Tables::default() }).unwrap();
        let batch = targets(&reference).batch().unwrap();
        let ids: Vec<&str> = batch["hcp_id"].as_string::<i32>().iter().flatten().collect();
        let instants = |name: &str| batch[name].as_primitive::<TimestampMicrosecondType>().values().to_vec();
        assert_eq!(ids, ["h1", "h1", "h2"]);
        assert_eq!((instants("valid_from"), instants("valid_to")), (vec![1, 10, 5], vec![8, 12, 9]));
    }
}
