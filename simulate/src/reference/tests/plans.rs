//! Hand-computed examples for the columns about engagement plans.

use super::tables::reference;
use super::{T, answer, check, row_of, story};
use touchpoint::{Audience, WindowLength};

const DAY: WindowLength = WindowLength::Day;
const WEEK: WindowLength = WindowLength::Week;
const MONTH: WindowLength = WindowLength::FourWeeks;

/// Three steps in order, none of them due.
const ABC: &str = "plan_steps p a 10\n plan_steps p b 20\n plan_steps p c 30";

fn expect(tables: &str, window: WindowLength, text: &str, expectation: &str) {
    check(&row_of(&story(text), &reference(tables), window, Audience::Full), expectation);
}

fn expect_commercial(tables: &str, text: &str, expectation: &str) {
    check(&row_of(&story(text), &reference(tables), MONTH, Audience::Commercial), expectation);
}

/// Calls that follow `steps` of plan p, `apart` hours from each other, the last one an hour ago.
fn calls(steps: &str, apart: usize) -> String {
    let last = steps.split_whitespace().count();
    let call =
        |(i, step): (usize, &str)| format!("calls c{i} -{}h plan_id=p plan_step={step}\n", 1 + (last - 1 - i) * apart);
    steps.split_whitespace().enumerate().map(call).collect()
}

#[test]
fn a_touch_is_mapped_by_a_row_that_holds_at_its_instant() {
    expect(
        "plan_steps p s1 1
         plan_steps p s2 2 from=-50h to=-20h",
        MONTH,
        "
        calls    a -60h plan_id=p plan_step=s1
        calls    b -55h plan_id=p plan_step=s2
        calls    c -50h plan_id=p plan_step=s2
        calls    d -45h plan_id=p
        calls    e -40h           plan_step=s1
        calls    f -35h plan_id=q plan_step=s1
        calls    g -30h plan_id=p plan_step=s3
        calls    h -20h plan_id=p plan_step=s2
        calls    i -10h plan_id=p plan_step=s1 status=no_access
        requests r -10h plan_id=p plan_step=s1
        ",
        "touches=8 plan_precision=2/8 sequence_coherence=1 plan_recall=NULL plan_fit=NULL",
    );
}

#[test]
fn a_step_maps_whoever_takes_it_on_whatever_channel_also_when_solicited() {
    let step = "plan_steps p a 1 channel=email function=marketing owner=x";
    expect(step, MONTH, "calls c -1h owner_id=y plan_id=p plan_step=a solicited=true", "plan_precision=1");
}

#[test]
fn without_steps_there_is_no_precision() {
    let touch = "calls a -1h plan_id=p plan_step=a";
    expect("", MONTH, touch, "plan_precision=NULL sequence_coherence=NULL plan_recall=NULL plan_fit=NULL");
    expect("plans p hcp=hcp-1 from=-9h", MONTH, touch, "plan_precision=NULL plan_recall=NULL plan_fit=NULL");
    expect("plan_steps", MONTH, touch, "plan_precision=0 sequence_coherence=NULL plan_recall=NULL plan_fit=NULL");
    expect(ABC, MONTH, "calls a -1h status=planned plan_id=p plan_step=a", "plan_precision=NULL");
}

#[test]
fn a_step_follows_the_next_lower_position_or_what_it_lists() {
    let listed = "plan_steps p a 10 after=c\n plan_steps p b 20 after=a;b\n plan_steps p c 30 after=a";
    for (tables, steps, coherence) in [
        (ABC, "a b c", "1"),
        (ABC, "a c", "0"),
        (ABC, "a b b", "1/2"),
        (ABC, "a a", "0"),
        (ABC, "b a", "0"),
        (ABC, "a b c a b", "3/4"),
        (ABC, "a", "NULL"),
        (listed, "a b b b", "1"),
        (listed, "a c a b", "1"),
        (listed, "b c", "0"),
    ] {
        expect(tables, MONTH, &calls(steps, 30), &format!("sequence_coherence={coherence} plan_precision=1"));
    }
}

#[test]
fn the_row_of_the_later_touch_decides() {
    let touches = "calls a -60h plan_id=p plan_step=a\n calls b -50h plan_id=p plan_step=b";
    let from_then = |a: &str, b: &str| format!("plan_steps p a 1 {a}\n plan_steps p b 2 after={b} from=-50h");
    let until_then = "\n plan_steps p b 2 after=x to=-50h";
    expect(&(from_then("", "a") + until_then), MONTH, touches, "sequence_coherence=1");
    expect(&(from_then("", "x") + until_then), MONTH, touches, "sequence_coherence=0");
    // What is listed need not hold any more; what is only lower has to.
    expect(&from_then("to=-55h", "a"), MONTH, touches, "sequence_coherence=1");
    expect("plan_steps p a 1 to=-55h\n plan_steps p b 2", MONTH, touches, "sequence_coherence=0 plan_precision=1");
    expect("plan_steps p a 1\n plan_steps p x 2 to=-50h\n plan_steps p b 3", MONTH, touches, "sequence_coherence=1");
    expect("plan_steps p a 1\n plan_steps p x 2 to=-49h\n plan_steps p b 3", MONTH, touches, "sequence_coherence=0");
}

#[test]
fn plans_are_apart_and_their_pairs_pooled() {
    let two = format!("{ABC}\n plan_steps q a 1\n plan_steps q b 2");
    let mixed = "
        calls a -10h plan_id=p plan_step=a
        calls b  -9h plan_id=q plan_step=b
        calls x  -8h plan_id=p plan_step=x
        calls c  -7h plan_id=p plan_step=b
        calls d  -6h plan_id=q plan_step=a
        calls e  -5h plan_id=p plan_step=c
        ";
    expect(&two, MONTH, mixed, "sequence_coherence=2/3 plan_precision=5/6");
    let one_each = "calls a -10h plan_id=p plan_step=a\n calls b -9h plan_id=q plan_step=b";
    expect(&two, MONTH, one_each, "sequence_coherence=NULL plan_precision=1");
}

#[test]
fn a_pair_lies_in_the_window() {
    expect(ABC, MONTH, &calls("a b c", 100), "sequence_coherence=1 plan_precision=1");
    expect(ABC, WEEK, &calls("a b c", 100), "sequence_coherence=1 touches=2");
    expect(ABC, DAY, &calls("a b c", 100), "sequence_coherence=NULL touches=1 plan_precision=1");
}

#[test]
fn the_gap_lies_in_the_bounds_of_the_later_step() {
    let bounds = |bounds: &str| format!("plan_steps p a 1 min=1h max=2h\n plan_steps p b 2 {bounds}");
    for (step, hours, coherence) in [
        ("min=24h max=48h", "-34", 1),
        ("min=24h max=48h", "-33.999", 0),
        ("min=24h max=48h", "-58", 1),
        ("min=24h max=48h", "-58.001", 0),
        ("min=24h", "-600", 1),
        ("max=48h", "-10", 1),
        ("min=0h max=0h", "-10", 1),
        ("", "-600", 1),
    ] {
        let touches = format!("calls a {hours}h plan_id=p plan_step=a\n calls b -10h plan_id=p plan_step=b");
        expect(&bounds(step), MONTH, &touches, &format!("sequence_coherence={coherence}"));
    }
}

#[test]
fn a_date_is_not_held_to_bounds_below_a_day() {
    // The date is noon in Berlin, 26 h ago.
    let dated = "calls a 0h occurred_at=2026-03-30 plan_id=p plan_step=a\n calls b HOURS plan_id=p plan_step=b";
    let bounds = |bounds: &str| format!("plan_steps p a 1\n plan_steps p b 2 {bounds}");
    for (step, hours, coherence) in [
        ("min=23h", "-25h", 1),
        ("min=24h", "-25h", 0),
        ("max=23h", "-1h", 1),
        ("max=24h", "-1h", 0),
        ("min=23h max=24h", "-25h", 1),
        ("min=23h max=24h", "-1h", 0),
    ] {
        expect(&bounds(step), MONTH, &dated.replace("HOURS", hours), &format!("sequence_coherence={coherence}"));
    }
}

/// The first step is due from 100 h ago to 52 h ago, the second one up to 4 h ago, the third one never.
const RUN: &str = "plan_steps p a 1 due=0h..48h
    plan_steps p b 2 due=48h..96h
    plan_steps p c 3
    plans p hcp=hcp-1 from=-100h";

#[test]
fn recall_is_of_the_steps_that_fell_due_in_the_window() {
    expect(RUN, WEEK, "calls a -60h plan_id=p plan_step=a", "plan_recall=1/2 plan_precision=1 plan_fit=2/3");
    expect(RUN, DAY, "calls a -60h plan_id=p plan_step=a", "plan_recall=0 plan_precision=NULL plan_fit=NULL");
    expect(RUN, WEEK, "calls a -60h", "plan_recall=0 plan_precision=0 plan_fit=0");
    let run = |from: &str| RUN.replace("from=-100h", &format!("from={from}"));
    for (from, day, week) in [
        ("-96h", "0", "0"),
        ("-95.999h", "NULL", "0"),
        ("-119.999h", "0", "0"),
        ("-120h", "NULL", "0"),
        ("-216h", "NULL", "0"),
        ("-264h", "NULL", "NULL"),
        ("10h", "NULL", "NULL"),
    ] {
        expect(&run(from), DAY, "calls x -1h", &format!("plan_recall={day}"));
        expect(&run(from), WEEK, "calls x -1h", &format!("plan_recall={week}"));
    }
}

#[test]
fn a_step_is_done_in_its_span_by_a_mapped_touch() {
    for (touch, recall) in [
        ("-100h plan_id=p plan_step=a", "1/2"),
        ("-100.001h plan_id=p plan_step=a", "0"),
        ("-52.001h plan_id=p plan_step=a", "1/2"),
        ("-52h plan_id=p plan_step=a", "0"),
        ("-52h plan_id=p plan_step=b", "1/2"),
        ("-60h plan_id=p plan_step=b", "0"),
        ("-60h plan_id=q plan_step=a", "0"),
        ("-60h plan_id=p plan_step=a status=no_access", "0"),
        ("-60h plan_id=p plan_step=a solicited=true", "1/2"),
    ] {
        expect(RUN, WEEK, &format!("calls x {touch}"), &format!("plan_recall={recall}"));
    }
    // Twice is no more than once, and the window only asks for the end.
    expect(RUN, WEEK, &(calls("a a a", 1).replace("-", "-6")), "plan_recall=1/2");
    let long = "plan_steps p a 1 due=0h..96h\n plans p hcp=hcp-1 from=-100h";
    expect(long, DAY, "calls x -99h plan_id=p plan_step=a", "plan_recall=1 plan_precision=NULL");
    let unmapped = "plan_steps p a 1 due=0h..96h from=-50h\n plans p hcp=hcp-1 from=-100h";
    expect(unmapped, MONTH, "calls x -60h plan_id=p plan_step=a", "plan_recall=0");
}

#[test]
fn a_touch_does_its_step_for_400_days() {
    let long = "plan_steps p a 1 due=0h..9700h\n plans p hcp=hcp-1 from=-9700h";
    expect(long, DAY, "calls x -9599h plan_id=p plan_step=a", "plan_recall=1");
    expect(long, DAY, "calls y -1h\n calls x -9600h plan_id=p plan_step=a", "plan_recall=0");
}

#[test]
fn rows_hold_at_the_end_of_the_span() {
    let step = |validity: &str| format!("plan_steps p a 1 due=0h..96h {validity}\n plans p hcp=hcp-1 from=-100h");
    expect(&step("to=-3.999h"), WEEK, "calls x -1h", "plan_recall=0");
    expect(&step("to=-4h"), WEEK, "calls x -1h", "plan_recall=NULL");
    expect(&step("from=-4h"), WEEK, "calls x -1h", "plan_recall=0");
    expect(&step("from=-3.999h"), WEEK, "calls x -1h", "plan_recall=NULL");
    // The run may end with the span, and need not last until T.
    let run = |to: &str| format!("plan_steps p a 1 due=0h..96h\n plans p hcp=hcp-1 from=-100h to={to}");
    expect(&run("-4h"), WEEK, "calls x -1h", "plan_recall=0");
    expect(&run("-4.001h"), WEEK, "calls x -1h", "plan_recall=NULL");
    // A revised step is due by each row that holds at its own end, and done by whichever row maps.
    let revised = "plan_steps p a 1 due=0h..40h to=-50h
        plan_steps p a 1 due=60h..96h from=-50h
        plans p hcp=hcp-1 from=-100h";
    expect(revised, WEEK, "calls x -70h plan_id=p plan_step=a", "plan_recall=1/2");
    let spread = revised.replace("60h..96h", "20h..96h");
    expect(&spread, WEEK, "calls x -70h plan_id=p plan_step=a", "plan_recall=1");
    let only_once = revised.replace("0h..40h", "0h..60h");
    expect(&only_once, WEEK, "calls x -70h plan_id=p plan_step=a", "plan_recall=0");
}

#[test]
fn an_hcp_is_enrolled_by_itself_or_by_its_account_at_t() {
    let step = "plan_steps p a 1 due=0h..48h\n";
    let by_account = "plans p account=x from=-100h\n";
    for (facts, recall) in [
        ("", "NULL"),
        ("hcps account=x", "0"),
        ("hcps account=y\n affiliations x primary", "0"),
        ("hcps account=x\n affiliations y primary", "NULL"),
        ("affiliations x other", "NULL"),
        ("hcps account=x\n affiliations y primary to=0h", "0"),
        ("affiliations x primary to=0h", "NULL"),
        // It came after the step was due, and owes it all the same.
        ("affiliations x primary from=0h", "0"),
    ] {
        expect(&format!("{step}{by_account}{facts}"), WEEK, "calls x -1h", &format!("plan_recall={recall}"));
    }
    let of_others = "hcps account=x
        plans p hcp=hcp-2 from=-100h
        plans p hcp=hcp-2 account=x from=-100h
        plans p from=-100h";
    expect(&format!("{step}{of_others}"), WEEK, "calls x -1h", "plan_recall=NULL");
}

#[test]
fn runs_are_apart_but_one_instant_begins_one_run() {
    let at_home = "plan_steps p a 1 due=0h..48h\n hcps account=x\n plans p hcp=hcp-1 from=-100h\n";
    let touch = "calls x -70h plan_id=p plan_step=a";
    expect(&format!("{at_home} plans p account=x from=-100h"), WEEK, touch, "plan_recall=1");
    // One of the two rows is enough to owe it.
    expect(&format!("{at_home} plans p account=x from=-100h to=-90h"), WEEK, touch, "plan_recall=1");
    expect(&format!("{at_home} plans p account=x from=-69h"), WEEK, touch, "plan_recall=1/2");
    expect(&format!("{at_home} plans p hcp=hcp-1 from=-71h"), WEEK, touch, "plan_recall=1");
    let two_plans = format!("{at_home} plan_steps q a 1 due=0h..48h\n plans q hcp=hcp-1 from=-100h");
    expect(&two_plans, WEEK, touch, "plan_recall=1/2");
}

#[test]
fn commercial_readers_know_no_medical_step() {
    let steps = "plan_steps p a 1 due=0h..48h
        plan_steps p m 2 function=medical due=0h..48h
        plan_steps p b 3
        plan_steps p n 4 function=medical
        plans p hcp=hcp-1 from=-100h\n";
    let touches = "
        calls a -90h plan_id=p plan_step=a
        calls m -80h plan_id=p plan_step=m business_function=medical
        calls b -70h plan_id=p plan_step=b
        calls n -60h plan_id=p plan_step=n
        ";
    expect(steps, MONTH, touches, "sequence_coherence=1 plan_precision=1 plan_recall=1 plan_fit=1");
    expect_commercial(steps, touches, "sequence_coherence=1 plan_precision=2/3 plan_recall=1 plan_fit=0.8");
    // What a row lists is taken as it stands.
    let listed = steps.replace("plan_steps p b 3", "plan_steps p b 3 after=m");
    expect(&listed, MONTH, touches, "sequence_coherence=1");
    expect_commercial(&listed, touches, "sequence_coherence=0");
    let only_medical = "plan_steps p m 1 function=medical due=0h..48h\n plans p hcp=hcp-1 from=-100h";
    expect(only_medical, MONTH, "calls x -1h", "plan_recall=0 plan_precision=0");
    expect_commercial(only_medical, "calls x -1h", "plan_recall=NULL plan_precision=0");
}

#[test]
fn sequence_and_plan_are_parts_of_coherence() {
    let replay = "calls a -90h plan_id=p plan_step=a\n calls b -30h plan_id=p plan_step=b";
    expect(RUN, WEEK, replay, "sequence_coherence=1 plan_fit=1 collision_rate=0 coherence=1 fragmentation=0");
    expect(RUN, WEEK, replay, "coherence_basis=coordination+sequence+plan");
    let themed = "calls a -90h plan_id=p plan_step=b theme=x\n emails b -30h plan_id=p plan_step=a theme=x";
    expect(RUN, WEEK, themed, "coherence=1/2 coherence_basis=agreement+coordination+sequence+plan");
    // Agreement and coordination 1, sequence 0, nothing done in time.
    let parts = "cross_channel_agreement=1 sequence_coherence=0 plan_precision=1 plan_recall=0 plan_fit=0";
    expect(RUN, WEEK, themed, parts);
    expect(ABC, WEEK, "calls a -90h plan_id=p plan_step=a", "coherence=NULL coherence_basis=NULL");
}

#[test]
fn t_is_the_instant_that_is_asked_for() {
    let (records, tables) = (story("calls a -60h plan_id=p plan_step=a"), reference(RUN));
    let recall = |at| answer(&records, &tables, at, WEEK, Audience::Full).and_then(|row| row.plan_recall);
    let hour = super::HOUR;
    assert_eq!((recall(T - 53 * hour), recall(T - 52 * hour), recall(T)), (None, Some(1.0), Some(0.5)));
    assert_eq!((recall(T + 116 * hour), recall(T + 164 * hour)), (Some(0.0), None));
}
