//! HCPs that somebody has as a target have a row without any record.

use super::tables::reference;
use super::{HCP, HOUR, T, answer, check, story};
use crate::reference::{Question, ReferenceRow, metrics, subjects};
use touchpoint::policy::Budget;
use touchpoint::{Audience, Policy, WindowLength};

fn silent(tables: &str) -> Option<ReferenceRow> {
    answer(&[], &reference(tables), T, WindowLength::FourWeeks, Audience::Full)
}

#[test]
fn an_untouched_target_has_counts_of_0_and_no_rates() {
    for audience in Audience::ALL {
        for window in WindowLength::ALL {
            let row = answer(&[], &reference("panels x"), T, window, audience).expect("a row");
            check(
                &row,
                "touches=0 unsolicited=0 calls=0 emails=0 invitations=0 requests=0 attempts=0 declared=0
                 interruption_load=0 visits_per_week=0 collisions=0 follow_ups=0 collision_rate=NULL
                 chance_collision_rate=NULL burstiness=NULL peak_24h=0 unsolicited_share=NULL access_rate=NULL
                 untimely=NULL theme_coverage=NULL support=0 theme_continuity=NULL cross_channel_agreement=NULL
                 cross_function_agreement=NULL sequential_continuity=NULL voices=NULL function_voices=NULL
                 sequence_coherence=NULL plan_precision=NULL plan_recall=NULL plan_fit=NULL responsiveness=NULL
                 talked_past=0 consent_conflicts=NULL channel_fit=NULL coherence=NULL coherence_basis=NULL
                 fragmentation=NULL budget_use=NULL binding_budget=NULL headroom=NULL next_free_at=NULL zone=NULL",
            );
        }
    }
}

#[test]
fn its_columns_follow_their_definitions() {
    let owing = "panels x
        plan_steps p a 1 due=0h..48h
        plans p hcp=hcp-1 from=-100h
        preferences email 1
        consents";
    let columns = "plan_recall=0 plan_precision=NULL plan_fit=NULL channel_fit=NULL consent_conflicts=0";
    check(&silent(owing).expect("a row"), columns);
    let policy = Policy { budgets: vec![Budget::new("b", Some(2), HOUR)], ..Policy::default() };
    let (reference, window) = (reference("panels x"), WindowLength::Day);
    let question =
        Question { hcp_id: HCP, at: T, window, audience: Audience::Commercial, policy: &policy, reference: &reference };
    let row = metrics(&[], &question).expect("a row");
    check(&row, &format!("budget_use=0 binding_budget=b headroom=2 next_free_at={T} zone=clear"));
}

#[test]
fn it_is_a_target_while_a_row_says_so() {
    for (tables, exists) in [
        ("panels x", true),
        ("panels x target=false", false),
        ("panels x target=false\n panels y", true),
        ("panels x from=0h", true),
        ("panels x from=1h", false),
        ("panels x to=1h", true),
        ("panels x to=0h", false),
        ("panels x to=0h\n panels x target=false from=0h", false),
        ("panels x hcp=hcp-2", false),
        ("hcps country=DE\n plans p hcp=hcp-1 from=-9h", false),
        ("", false),
    ] {
        assert_eq!(silent(tables).is_some(), exists, "{tables}");
    }
}

#[test]
fn records_that_are_not_known_leave_the_row_of_a_target() {
    let target = reference("panels x");
    for (text, audience) in [
        ("calls a -9600h", Audience::Full),
        ("calls a 1h", Audience::Full),
        ("calls a -1h\n calls a -1h op=delete", Audience::Full),
        ("requests r -1h\n calls a -1h business_function=medical", Audience::Commercial),
        ("calls a -1h hcp_id=hcp-2", Audience::Full),
    ] {
        let records = story(text);
        let row = |reference| answer(&records, reference, T, WindowLength::FourWeeks, audience);
        check(&row(&target).expect("a row"), "touches=0 requests=0 interruption_load=0");
        assert_eq!(row(&reference("panels x target=false")), None, "{text}");
    }
}

#[test]
fn subjects_are_those_with_a_record_and_those_who_are_ever_a_target() {
    let tables = "panels x hcp=hcp-3 from=9h
        panels x hcp=hcp-4 target=false
        panels y hcp=hcp-1
        panels z hcp=hcp-3";
    let subjects = subjects(&story("calls a -1h\n calls b -1h hcp_id=hcp-2"), &reference(tables));
    let subjects: Vec<_> = subjects.iter().map(|(hcp_id, records)| (hcp_id.as_str(), records.len())).collect();
    assert_eq!(subjects, [("hcp-1", 1), ("hcp-2", 1), ("hcp-3", 0)]);
}
