//! Hand-computed examples for the columns of metrics.md §4.

use super::{HCP, T, berlin, check, expect, full, story};
use crate::reference::{Question, ReferenceRow, metrics};
use touchpoint::{Audience, Policy, WindowLength};

const MONTH: WindowLength = WindowLength::FourWeeks;
const CAMPAIGNS: &str = "
    calls    c1 -100h owner_id=a theme=x
    calls    c2  -90h owner_id=a theme=x channel=phone
    emails   e1  -80h owner_id=m theme=x origin=hq
    emails   e2  -70h            theme=y origin=hq
    congress g1  -60h owner_id=m theme=y
    calls    c3  -50h owner_id=k business_function=access
    ";

fn weighted(agreement: f64, coordination: f64) -> ReferenceRow {
    let mut policy = Policy::default();
    (policy.coherence.agreement, policy.coherence.coordination) = (agreement, coordination);
    let reference = berlin();
    let question = Question {
        hcp_id: HCP,
        at: T,
        window: MONTH,
        audience: Audience::Full,
        policy: &policy,
        reference: &reference,
    };
    metrics(&story(CAMPAIGNS), &question).expect("a row")
}

#[test]
fn themes_agree_by_pairs() {
    expect(
        MONTH,
        CAMPAIGNS,
        "touches=6 theme_coverage=5/6 support=5 theme_continuity=2/5 cross_channel_agreement=4/9
         cross_function_agreement=1/3 sequential_continuity=3/4",
    );
}

#[test]
fn voices_are_effective_numbers_over_all_touches() {
    expect(MONTH, CAMPAIGNS, "voices=25/9 function_voices=18/7");
    expect(MONTH, "calls a -1h\n calls b -2h", "voices=NULL function_voices=1");
    expect(MONTH, "calls a -1h status=planned owner_id=a", "voices=NULL function_voices=NULL");
}

#[test]
fn coherence_is_the_mean_of_its_parts() {
    expect(MONTH, CAMPAIGNS, "collisions=3 follow_ups=1 collision_rate=3/4 coherence=7/24 fragmentation=17/24");
    expect(MONTH, CAMPAIGNS, "coherence_basis=agreement+coordination");
    check(&weighted(3.0, 1.0), "coherence=5/16 fragmentation=11/16");
    check(&weighted(0.0, 1.0), "coherence=1/4 coherence_basis=agreement+coordination");
    check(&weighted(0.0, 0.0), "coherence=NULL coherence_basis=NULL fragmentation=NULL");
}

#[test]
fn agreement_falls_back_to_channels_and_needs_coverage() {
    let one_function = "calls a -90h theme=x\n calls b -40h theme=x channel=phone\n calls c -1h theme=y channel=phone";
    expect(MONTH, one_function, "cross_function_agreement=NULL cross_channel_agreement=1/2");
    expect(MONTH, one_function, "collision_rate=0 coherence=3/4 coherence_basis=agreement+coordination");
    let three_of_five = one_function.to_owned() + "\n calls d -150h\n calls e -200h";
    expect(MONTH, &three_of_five, "theme_coverage=0.6 coherence=3/4");
    let three_of_six = three_of_five + "\n calls f -250h";
    expect(MONTH, &three_of_six, "theme_coverage=1/2 coherence=NULL coherence_basis=NULL fragmentation=NULL");
    let one_channel = "calls a -90h theme=x\n calls b -40h theme=x";
    expect(
        MONTH,
        one_channel,
        "cross_channel_agreement=NULL theme_continuity=1 sequential_continuity=1 coherence=NULL",
    );
}

#[test]
fn thin_support_is_null() {
    expect(
        MONTH,
        "calls a -1h theme=x",
        "theme_coverage=1 support=1 theme_continuity=NULL cross_channel_agreement=NULL
         cross_function_agreement=NULL sequential_continuity=NULL voices=NULL function_voices=1 responsiveness=NULL
         talked_past=0 coherence=NULL coherence_basis=NULL fragmentation=NULL",
    );
    expect(MONTH, "calls a -1h status=planned theme=x", "theme_coverage=NULL support=0");
    expect(MONTH, "calls a -1h theme=x\n calls b -2h theme=y", "theme_continuity=0 sequential_continuity=0");
}

#[test]
fn requests_are_judged_in_the_window_in_which_they_fall_due() {
    let records = story(
        "
        requests r1 -240h
        requests r2 -239h status=answered answered_at=-170h
        requests r3  -72h
        requests r4  -71h
        requests r5 -100h status=answered answered_at=-28h
        requests r6 -100h status=closed
        requests r7 -100h status=closed   answered_at=-27h
        requests r8 -100h status=withdrawn answered_at=-99h
        requests r9 -100h status=received answered_at=-90h
        ",
    );
    check(&full(&records, WindowLength::Week), "responsiveness=1/3 requests=6");
    check(&full(&records, MONTH), "responsiveness=2/7 requests=8");
    check(&full(&records, WindowLength::Day), "responsiveness=0 requests=0");
}

#[test]
fn promotion_talks_past_an_open_request() {
    expect(
        MONTH,
        "
        requests r1 -100h product=p status=answered answered_at=-50h
        requests r2  -30h product=q
        requests r3  -29h product=q status=closed
        requests r4  -28h
        requests r5  -27h product=s status=withdrawn
        calls    c1 -100h product=p
        calls    c2  -99h product=p
        calls    c3  -50h product=p
        calls    c4  -49h product=p
        calls    c5  -90h product=q
        calls    c6  -20h
        calls    c7  -90h product=p purpose=scientific
        calls    c8  -90h product=p solicited=true
        calls    c9  -20h product=q
        calls    d1  -10h product=q status=planned
        calls    d2  -10h product=s
        ",
        "talked_past=3",
    );
    let before_the_window = "requests r -200h product=p\n calls c -1h product=p";
    expect(WindowLength::Week, before_the_window, "talked_past=0");
    expect(MONTH, before_the_window, "talked_past=1");
}

#[test]
fn without_tables_and_budgets_their_columns_are_null() {
    expect(
        MONTH,
        CAMPAIGNS,
        "sequence_coherence=NULL plan_precision=NULL plan_recall=NULL plan_fit=NULL consent_conflicts=NULL
         channel_fit=NULL budget_use=NULL binding_budget=NULL headroom=NULL next_free_at=NULL zone=NULL",
    );
}
