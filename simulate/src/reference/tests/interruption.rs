//! Hand-computed examples for the columns of metrics.md §3.

use super::{HCP, HOUR, T, ask, berlin, check, expect, full, row_of_hcp, story};
use crate::reference::{Question, Record, ReferenceRow, metrics};
use touchpoint::reference::Tables;
use touchpoint::{Audience, Micros, Policy, Reference, WindowLength};

const MONTH: WindowLength = WindowLength::FourWeeks;
const WEEK: WindowLength = WindowLength::Week;

fn under(policy: &Policy, reference: &Reference, records: &[Record]) -> ReferenceRow {
    let question = Question { hcp_id: HCP, at: T, window: MONTH, audience: Audience::Full, policy, reference };
    metrics(records, &question).expect("a row")
}

fn with_gap(gap: Micros, text: &str) -> ReferenceRow {
    under(&Policy { gap, ..Policy::default() }, &berlin(), &story(text))
}

#[test]
fn every_status_counts_as_the_table_says() {
    expect(
        MONTH,
        "
        calls    c1  -1h status=planned
        calls    c2  -2h status=cancelled
        calls    c3  -3h status=no_access
        calls    c4  -4h status=completed
        emails   e1  -5h status=scheduled
        emails   e2  -6h status=sent
        emails   e3  -7h status=failed
        emails   e4  -8h status=delivered
        emails   e5  -9h status=dropped
        emails   e6 -10h status=bounced
        emails   e7 -11h status=opened
        emails   e8 -12h status=clicked
        emails   e9 -13h status=marked_spam
        emails   e0 -14h status=unsubscribed
        congress g1 -15h status=nominated
        congress g2 -16h status=cancelled
        congress g3 -17h status=invited
        congress g4 -18h status=declined
        congress g5 -19h status=accepted
        congress g6 -20h status=no_show
        congress g7 -21h status=attended
        requests r1 -22h status=received
        requests r2 -23h status=answered
        requests r3 -24h status=closed
        requests r4 -25h status=withdrawn
        ",
        "touches=12 unsolicited=12 calls=1 emails=6 invitations=5 requests=3 attempts=1 declared=0 unsolicited_share=1",
    );
}

#[test]
fn a_window_is_open_at_its_start_and_closed_at_t() {
    let records = story(
        "
        calls a    0h
        calls b  -24h
        calls c  -23.9999h
        calls d -168h
        calls e -672h
        calls f -671h
        calls g    1h
        ",
    );
    check(&full(&records, WindowLength::Day), "touches=2");
    check(&full(&records, WEEK), "touches=3");
    check(&full(&records, MONTH), "touches=5");
    check(&full(&records, WindowLength::Quarter), "touches=6");
    check(&ask(&records, T + HOUR, WEEK, Audience::Full).expect("a row"), "touches=4");
}

#[test]
fn a_row_exists_while_a_live_record_of_any_status_is_younger_than_400_days() {
    let row_at = |records: &[Record], at| ask(records, at, MONTH, Audience::Full);
    let old = story("requests r -9599h status=withdrawn");
    check(&row_at(&old, T).expect("a row"), "touches=0 requests=0 interruption_load=0 unsolicited_share=NULL");
    assert_eq!(row_at(&old, T + HOUR), None);
    let planned = story("calls c 10h status=planned");
    assert_eq!(row_at(&planned, T), None);
    assert!(row_at(&planned, T + 10 * HOUR).is_some());
    assert_eq!(row_at(&story("calls c -1h\n calls c -1h op=delete"), T), None);
    assert_eq!(ask(&story("requests r -1h"), T, MONTH, Audience::Commercial), None);
    assert_eq!(row_at(&[], T), None);
}

#[test]
fn a_touch_is_solicited_by_request_exemption_or_declaration() {
    expect(
        MONTH,
        "
        requests r1 -50h
        requests r2 -50h status=withdrawn
        requests r3 -50h
        requests r3 -50h op=delete
        requests r4 -50h source=crm
        calls    c1 -40h business_function=medical request_id=r1 solicited=true
        calls    c2 -60h business_function=medical request_id=r1
        calls    c3 -50h business_function=medical request_id=r1
        calls    c4 -40h business_function=sales request_id=r1
        calls    c5 -40h business_function=medical request_id=other
        calls    c6 -40h business_function=medical request_id=r2
        calls    c7 -40h business_function=medical request_id=r3
        calls    c8 -40h business_function=medical request_id=r4
        calls    c9 -40h purpose=safety
        calls    d1 -40h business_function=access
        calls    d2 -40h purpose=service solicited=true
        calls    d3 -40h solicited=true
        calls    d4 -40h solicited=true business_function=medical request_id=r2
        ",
        "touches=13 unsolicited=5 requests=2 declared=2 unsolicited_share=5/13",
    );
    let of_a_request = |age: &str| format!("requests r {age}\n calls c -1h business_function=medical request_id=r");
    expect(MONTH, &of_a_request("-9599h"), "touches=1 unsolicited=0");
    expect(MONTH, &of_a_request("-9600h"), "touches=1 unsolicited=1");
}

#[test]
fn load_weighs_halves_and_ends_after_400_days() {
    let records = story(
        "
        calls    c1  -168h channel=face_to_face
        calls    c2     0h channel=phone
        calls    c3  -168h channel=video
        calls    c4  -168h channel=chat
        emails   e1  -168h origin=rep
        emails   e2  -336h origin=hq
        congress g1  -168h
        calls    s1     0h solicited=true
        calls    f1     1h
        calls    o1 -9600h
        ",
    );
    for window in WindowLength::ALL {
        check(&full(&records, window), "interruption_load=2.45 visits_per_week=1.698210592371866");
    }
    let shorter = Policy { half_life: 24 * HOUR, ..Policy::default() };
    let row = under(&shorter, &berlin(), &story("calls a -24h\n calls b -48h"));
    check(&row, "interruption_load=0.75 visits_per_week=3.6390226979397124");
}

#[test]
fn close_pairs_collide_follow_up_or_neither() {
    expect(
        MONTH,
        "
        calls c0 -200h owner_id=a
        calls c1 -180h owner_id=b
        calls c2 -160h owner_id=b
        calls c3 -112h owner_id=a
        calls c4 -100h
        calls c5  -90h
        calls c6  -80h business_function=marketing
        calls c7  -70h owner_id=a plan_id=p
        calls c8  -60h owner_id=b plan_id=p
        calls c9  -50h owner_id=a plan_id=q
        ",
        "unsolicited=10 collisions=5 follow_ups=1 collision_rate=5/9 chance_collision_rate=0.3970231536779254",
    );
    let between = "calls a -9h owner_id=a\n calls s -8h owner_id=b solicited=true\n calls b -7h owner_id=a";
    expect(MONTH, between, "collisions=0 follow_ups=1 collision_rate=0 chance_collision_rate=0");
    expect(MONTH, "calls a -9h", "collision_rate=NULL chance_collision_rate=NULL collisions=0 follow_ups=0");
    expect(MONTH, "calls a -9h\n calls b -9h owner_id=x", "collision_rate=1 chance_collision_rate=0.1331221002498184");
}

#[test]
fn ties_in_time_go_by_source_event_id_and_kind() {
    let by_id = "calls b -9h owner_id=a\n calls a -9h owner_id=b\n calls c -9h owner_id=b";
    expect(MONTH, by_id, "collisions=2 follow_ups=0");
    let by_source =
        "calls b -9h owner_id=b source=s\n calls a -9h owner_id=a source=s\n calls c -9h owner_id=b source=r";
    expect(MONTH, by_source, "collisions=2 follow_ups=0");
    let kinds = "
        emails   e -9h source=s owner_id=a business_function=sales
        calls    e -9h source=s owner_id=b
        congress e -9h source=s owner_id=b business_function=sales
        ";
    expect(MONTH, kinds, "collisions=1 follow_ups=1");
}

#[test]
fn dates_take_no_part_in_gaps_below_a_day() {
    let text = "calls a -27h owner_id=a\n calls b -26h occurred_at=2026-03-30 owner_id=b\n calls c -25h owner_id=c";
    check(&with_gap(12 * HOUR, text), "unsolicited=3 collisions=1 collision_rate=1/2");
    check(&with_gap(24 * HOUR, text), "unsolicited=3 collisions=2 collision_rate=1");
    check(&with_gap(HOUR, text), "collisions=0 peak_24h=3");
    check(&with_gap(48 * HOUR, text), "collisions=2 peak_24h=3");
}

#[test]
fn burstiness_needs_three_gaps_not_all_zero() {
    let gaps = |hours: &[i32]| hours.iter().enumerate().map(|(i, h)| format!("calls c{i} {h}h\n")).collect::<String>();
    expect(MONTH, &gaps(&[-10, -9, -7]), "burstiness=NULL");
    expect(MONTH, &gaps(&[-10, -9, -7, -4]), "burstiness=-0.42264973081037427");
    expect(MONTH, &gaps(&[-20, -19, -18, -14, -4]), "burstiness=0.1651751881831193");
    expect(MONTH, &gaps(&[-96, -72, -48, -24]), "burstiness=-1");
    expect(MONTH, &gaps(&[-9, -9, -9, -4]), "burstiness=1");
    expect(MONTH, &gaps(&[-9, -9, -9, -9]), "burstiness=NULL");
    expect(MONTH, &(gaps(&[-10, -9, -7, -4]) + "calls s -5h solicited=true"), "burstiness=-0.42264973081037427");
}

#[test]
fn the_peak_spans_less_than_a_day() {
    let text = "calls a -60h\n calls b -50h\n calls c -37h\n calls d -36h\n calls e -27h\n calls f -26h";
    expect(MONTH, text, "peak_24h=4");
    expect(MONTH, &(text.to_owned() + "\n calls s -40h solicited=true"), "peak_24h=4");
    expect(WindowLength::Day, text, "peak_24h=0 touches=0");
}

#[test]
fn access_is_of_face_to_face_sales_calls() {
    expect(
        MONTH,
        "
        calls a -1h
        calls b -2h solicited=true
        calls c -3h status=no_access
        calls d -4h status=no_access channel=phone
        calls e -5h business_function=medical
        calls f -6h channel=video
        calls g -7h status=planned
        calls h -700h status=no_access
        ",
        "access_rate=2/3 attempts=2",
    );
    expect(MONTH, "calls a -1h channel=phone", "access_rate=NULL");
    expect(MONTH, "calls a -1h status=no_access", "access_rate=0 touches=0 attempts=1");
}

#[test]
fn untimely_is_outside_local_working_hours() {
    let text = "
        calls a  -6h
        calls b  -6.001h
        calls c -19h
        calls d -19.001h
        calls e -48h
        calls f -97h
        calls s -48h solicited=true
        calls t -48h occurred_at=2026-03-29
        ";
    expect(WEEK, text, "untimely=3 unsolicited=7");
    let nowhere = Reference::default();
    check(&under(&Policy::default(), &nowhere, &story(text)), "untimely=NULL");
    check(&under(&Policy::default(), &nowhere, &story("emails e -1h status=failed")), "untimely=NULL");
}

#[test]
fn untimely_judges_each_touch_in_the_zone_valid_at_its_instant() {
    let tokyo = row_of_hcp(Some(chrono_tz::Asia::Tokyo), T - 10 * HOUR, T - 5 * HOUR);
    let reference = Reference::try_new(Tables::of(vec![tokyo], Vec::new())).expect("one row");
    let under = |text| under(&Policy::default(), &reference, &story(text));
    check(&under("calls a -6h\n calls b -9h"), "untimely=0");
    check(&under("calls a -5.5h\n calls b -8h"), "untimely=0");
    check(&under("calls a -6h\n calls b -11h"), "untimely=NULL");
    check(&under("calls a -1h solicited=true"), "untimely=NULL");
    let rows = vec![
        row_of_hcp(Some(chrono_tz::Europe::Berlin), 0, T - 5 * HOUR),
        row_of_hcp(Some(chrono_tz::Asia::Tokyo), T - 5 * HOUR, Micros::MAX),
    ];
    let berlin_then_tokyo = Reference::try_new(Tables::of(rows, Vec::new())).expect("two rows");
    let records = story("calls a -5h\n calls b -5.1h\n calls c -1h");
    let question = Question {
        hcp_id: HCP,
        at: T,
        window: MONTH,
        audience: Audience::Full,
        policy: &Policy::default(),
        reference: &berlin_then_tokyo,
    };
    assert_eq!(metrics(&records, &question).and_then(|row| row.untimely), Some(1));
    assert!(records.iter().all(|r| r.hcp_id == HCP));
}
