//! Who orchestrates the touches on the subject of an alert.
//!
//! 1. Whoever has the HCP on a panel and is an `orchestrator` among `people`.
//! 2. Else whoever wrote a plan that the HCP, or its account, is on.
//!
//! Of several the first by id. Rules are nobody's.

use processors::alert::Subject;
use std::sync::Arc;
use touchpoint::alert::SubjectKind;
use touchpoint::reference::{PlanRow, Role};
use touchpoint::{Micros, Reference};

/// The owner's id, as of `at`; `None` where reference data name nobody.
pub(super) fn orchestrator(reference: &Reference, subject: &Subject, at: Micros) -> Option<Arc<str>> {
    let author = |run: &'_ PlanRow| run.author_id.clone().filter(|_| run.validity.holds(at));
    let found = match subject.kind {
        SubjectKind::Hcp => {
            let panels = reference.rows().panels(&subject.id).iter().filter(|row| row.validity.holds(at));
            let role = |owner: &str| reference.person(owner, at).and_then(|person| person.role);
            let orchestrating = panels.filter(|row| role(&row.owner_id) == Some(Role::Orchestrator));
            let first = orchestrating.map(|row| row.owner_id.clone()).min();
            first.or_else(|| reference.enrolments(&subject.id, at).filter_map(author).min())
        }
        SubjectKind::Account => reference.runs("", Some(&*subject.id)).into_iter().flatten().filter_map(author).min(),
        SubjectKind::Rule => None,
    };
    found.map(Arc::from)
}

#[cfg(test)]
mod tests {
    use super::orchestrator;
    use processors::alert::Subject;
    use touchpoint::Reference;
    use touchpoint::alert::SubjectKind;
    use touchpoint::reference::{PanelRow, PersonRow, PlanRow, Role, Tables, Validity};

    #[test]
    fn the_panel_decides_and_then_the_plan() {
        let person = |owner: &str, role| PersonRow { owner_id: owner.into(), role: Some(role), ..PersonRow::default() };
        let panel = |owner: &str, hcp: &str| PanelRow {
            owner_id: owner.into(),
            hcp_id: hcp.into(),
            is_target: true,
            min_touches: None,
            max_touches: None,
            validity: Validity::ALWAYS,
        };
        let plan = |hcp: Option<&str>, account: Option<&str>, author: &str| PlanRow {
            plan_id: "p".into(),
            hcp_id: hcp.map(str::to_owned),
            account_id: account.map(str::to_owned),
            author_id: Some(author.into()),
            ..PlanRow::default()
        };
        let reference = Reference::try_new(Tables {
            people: Some(vec![person("o", Role::Orchestrator), person("r", Role::Rep)]),
            panels: Some(vec![panel("r", "both"), panel("o", "both"), panel("r", "planned"), panel("r", "bare")]),
            plans: Some(vec![
                plan(Some("both"), None, "w"),
                plan(Some("planned"), None, "w"),
                plan(None, Some("a"), "v"),
            ]),
            ..Tables::default()
        })
        .expect("no faults");
        let of = |kind, id: &str| orchestrator(&reference, &Subject { kind, id: id.into() }, 0);
        let hcp = |id| of(SubjectKind::Hcp, id).map(|owner| owner.to_string());
        assert_eq!(hcp("both").as_deref(), Some("o"));
        assert_eq!(hcp("planned").as_deref(), Some("w"));
        assert_eq!((hcp("bare"), hcp("nobody"), of(SubjectKind::Rule, "both")), (None, None, None));
        assert_eq!(of(SubjectKind::Account, "a").as_deref(), Some("v"));
    }
}
