//! Targets have a row though nothing is known of them.

use super::{Case, DAY, HCP, Sent, T};
use touchpoint::reference::{ConsentRow, PanelRow, Tables, Validity};
use touchpoint::{Audience, BusinessFunction, WindowLength};

fn panel(is_target: bool, validity: Validity) -> Vec<PanelRow> {
    vec![PanelRow {
        owner_id: "rep-1".into(),
        hcp_id: HCP.into(),
        is_target,
        min_touches: None,
        max_touches: None,
        validity,
    }]
}

fn case(panels: Vec<PanelRow>, touches: &[Sent<'_>]) -> Case {
    let consents: Option<Vec<ConsentRow>> = Some(Vec::new());
    Case::new(Tables { panels: Some(panels), consents, ..Tables::default() }, touches)
}

#[test]
fn a_target_has_a_row_of_zeros_for_every_audience_while_the_panel_holds() {
    let case = case(panel(true, Validity { from: T, to: T + DAY }), &[]);
    for audience in Audience::ALL {
        let at = |at| case.at(at, WindowLength::Quarter, audience);
        assert_eq!((at(T - 1), at(T + DAY)), (None, None));
        let row = at(T).expect("a row");
        assert_eq!((row.touches, row.support, row.consent_conflicts), (0, 0, Some(0)));
        let rates = [row.plan_precision, row.channel_fit, row.coherence, row.collision_rate, row.unsolicited_share];
        assert!(rates.iter().all(|rate| rate.get().is_none()), "{row:?}");
    }
    assert_eq!(case.next_change(T - 1), Some(T));
    assert_eq!(case.next_change(T), Some(T + DAY));
}

#[test]
fn whoever_is_looked_after_and_no_target_has_none() {
    assert_eq!(case(panel(false, Validity::ALWAYS), &[]).at(T, WindowLength::Day, Audience::Full), None);
}

#[test]
fn a_target_of_whom_only_medical_knows_is_an_untouched_target_to_others() {
    let medical = Sent::visit(DAY).by(BusinessFunction::Medical);
    let target = case(panel(true, Validity::ALWAYS), &[medical]);
    assert_eq!((target.headline().touches, target.commercial().touches), (1, 0));
    let other = case(Vec::new(), &[medical]);
    assert_eq!(other.at(T, WindowLength::HEADLINE, Audience::Commercial), None);
}
