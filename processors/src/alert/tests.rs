//! Lives of alerts, as tables: what a rule said at each turn, and what had to follow.

use super::{
    Acknowledgement, AlertRule, Answer, Coverage, Examined, Facts, Finding, Machine, Occasion, StormLimit, Transition,
    Turn,
};
use touchpoint::alert::{AckReason, AlertAct, AlertOrigin, AlertState, Resolution, Severity, SubjectKind};
use touchpoint::policy::Verdict::{self, Ends, Fires, Stays};
use touchpoint::time::{DAY, HOUR};
use touchpoint::{Audience, Micros, SecretKey, Word};

fn rule(name: &str, pending: Micros) -> AlertRule {
    AlertRule {
        name: name.into(),
        severity: Severity::Warning,
        audience: Audience::Commercial,
        subject: SubjectKind::Hcp,
        pending,
        act: AlertAct::Hold,
    }
}

fn key() -> SecretKey {
    SecretKey::new(&[7; 32]).expect("long enough")
}

fn machine(pending: Micros) -> Machine {
    Machine::new([rule("over", pending)], key(), StormLimit::default())
}

/// What the rule said of one subject: instants, rising, the last one T.
type Look<'a> = (&'a str, &'a [(Micros, Verdict)]);

fn findings(looks: &[Look<'_>]) -> (Vec<Examined>, Vec<Finding>) {
    let examined = looks.iter().map(|(subject, said)| Examined {
        subject: (*subject).into(),
        instants: said.iter().map(|(at, _)| *at).collect(),
        changed_from: said.first().map(|(at, _)| *at),
    });
    let found = looks.iter().flat_map(|(subject, said)| {
        said.iter().filter(|(_, verdict)| *verdict != Ends).map(|(as_of, verdict)| Finding {
            subject: (*subject).into(),
            as_of: *as_of,
            verdict: *verdict,
            facts: Facts { value: Some(*as_of as f64), ..Facts::default() },
        })
    });
    (examined.collect(), found.collect())
}

fn turn_of(machine: &mut Machine, now: Micros, occasion: Occasion, looks: &[Look<'_>]) -> Vec<Transition> {
    let (examined, found) = findings(looks);
    let coverage = match occasion {
        Occasion::Start => Coverage::Every(&examined),
        Occasion::Stream | Occasion::PolicyChange => Coverage::Some(&examined),
    };
    let turn = Turn { now, occasion, policy_version: "p1".into() };
    machine.turn(&turn, &[Answer { rule: 0, coverage, findings: &found }])
}

/// `state subject since origin`, and for what is over the reason.
fn told(transitions: &[Transition]) -> Vec<String> {
    let line = |t: &Transition| {
        let resolution = t.resolution.map(|r| format!(" {r}")).unwrap_or_default();
        format!("{} {} {} {}{resolution}", t.state, t.alert.subject.id, t.alert.since, t.alert.origin)
    };
    transitions.iter().map(line).collect()
}

/// Turns one after the other: T, why, what was said, what follows.
type Step<'a> = (Micros, Occasion, &'a [Look<'a>], &'a [&'a str]);

fn live_through(machine: &mut Machine, steps: &[Step<'_>]) {
    for (now, occasion, looks, expected) in steps {
        assert_eq!(told(&turn_of(machine, *now, *occasion, looks)), *expected, "turn at {now}");
    }
}

use Occasion::{PolicyChange, Start, Stream};

#[test]
fn an_alert_fires_stays_between_the_borders_and_ends_once() {
    live_through(
        &mut machine(0),
        &[
            (10, Stream, &[("a", &[(10, Stays)])], &[]),
            (20, Stream, &[("a", &[(18, Fires), (20, Fires)])], &["firing a 18 live"]),
            // The same again, a duplicate: nothing.
            (21, Stream, &[("a", &[(18, Fires), (21, Fires)])], &[]),
            (30, Stream, &[("a", &[(30, Stays)])], &[]),
            (40, Stream, &[("b", &[(40, Ends)])], &[]),
            (50, Stream, &[("a", &[(50, Ends)])], &["resolved a 18 live cleared"]),
            (60, Stream, &[("a", &[(60, Stays)])], &[]),
            (70, Stream, &[("a", &[(70, Fires)])], &["firing a 70 live"]),
        ],
    );
}

#[test]
fn it_fires_only_after_its_pending_time_and_ends_in_silence_before() {
    let mut machine = machine(100);
    live_through(
        &mut machine,
        &[
            (
                1_000,
                Stream,
                &[("a", &[(1_000, Fires)]), ("b", &[(1_000, Fires)])],
                &["pending a 1000 live", "pending b 1000 live"],
            ),
            (1_050, Stream, &[("a", &[(1_050, Ends)])], &["resolved a 1000 live cleared"]),
        ],
    );
    let everybody = machine.due(1_060, |_| true);
    assert_eq!(everybody.len(), 1, "the first look is at all");
    assert!(machine.due(1_070, |_| true).is_empty(), "nothing is due yet");
    assert_eq!(machine.due(1_100, |_| false).into_iter().next().as_deref(), Some("b"), "its pending time is over");
    let fired = turn_of(&mut machine, 1_100, Stream, &[("b", &[(1_100, Stays)])]);
    assert_eq!(told(&fired), ["firing b 1000 live"]);
    assert!(fired[0].is_to_be_told() && fired[0].from == Some(AlertState::Pending));
    let later = 1_100 + 60_000_000;
    assert!(machine.due(later, |_| false).is_empty(), "what does not age is looked at when it changes");
    assert_eq!(machine.due(2 * later, |_| true).len(), 1, "what ages is looked at again");
    // What held long enough before it was known fires at once.
    assert_eq!(
        told(&turn_of(&mut machine, 2_000, Stream, &[("c", &[(1_500, Fires), (2_000, Fires)])])),
        ["firing c 1500 live"]
    );
    let silent = turn_of(&mut machine, 3_000, Stream, &[("d", &[(3_000, Fires)])]);
    let ended = turn_of(&mut machine, 3_001, Stream, &[("d", &[(3_001, Ends)])]);
    assert!(!silent[0].is_to_be_told() && !ended[0].is_to_be_told());
}

#[test]
fn what_held_only_earlier_is_retrospective_told_once_and_never_to_pagers() {
    let mut machine = machine(0);
    let late: &[Look<'_>] = &[("a", &[(5, Fires), (8, Ends), (100, Ends)])];
    let out = turn_of(&mut machine, 100, Stream, late);
    assert_eq!(told(&out), ["firing a 5 retrospective", "resolved a 5 retrospective cleared"]);
    assert!(out.iter().all(|t| !t.is_for_pagers() && t.is_to_be_told()));
    assert!(turn_of(&mut machine, 101, Stream, late).is_empty(), "another late record finds the same span");
    live_through(
        &mut machine,
        &[
            // A span that an alert was about is no news when a late record comes.
            (200, Stream, &[("b", &[(200, Fires)])], &["firing b 200 live"]),
            (300, Stream, &[("b", &[(300, Ends)])], &["resolved b 200 live cleared"]),
            (400, Stream, &[("b", &[(190, Fires), (250, Fires), (290, Ends), (400, Ends)])], &[]),
            // It holds now, and held before: both.
            (
                500,
                Stream,
                &[("c", &[(410, Fires), (420, Ends), (490, Fires), (500, Fires)])],
                &["firing c 490 live", "firing c 410 retrospective", "resolved c 410 retrospective cleared"],
            ),
        ],
    );
}

#[test]
fn a_correction_resolves_what_it_disproves() {
    live_through(
        &mut machine(0),
        &[
            (10, Stream, &[("a", &[(9, Fires), (10, Fires)])], &["firing a 9 live"]),
            (20, Stream, &[("a", &[(9, Ends), (20, Ends)])], &["resolved a 9 live corrected"]),
            // What was corrected may turn out to have been true after all: the same alert.
            (30, Stream, &[("a", &[(9, Fires), (30, Fires)])], &["firing a 9 live"]),
            (40, Stream, &[("a", &[(9, Fires), (40, Ends)])], &["resolved a 9 live cleared"]),
            // Between the borders now, and it would never have fired.
            (50, Stream, &[("b", &[(50, Fires)])], &["firing b 50 live"]),
            (60, Stream, &[("b", &[(50, Stays), (60, Stays)])], &["resolved b 50 live corrected"]),
        ],
    );
}

#[test]
fn what_a_policy_begins_or_ends_says_so() {
    let mut machine = machine(0);
    let begun = turn_of(&mut machine, 10, PolicyChange, &[("a", &[(4, Fires), (10, Fires)])]);
    assert_eq!(told(&begun), ["firing a 4 policy_change"]);
    assert!(!begun[0].is_for_pagers());
    live_through(
        &mut machine,
        &[
            (20, Stream, &[("b", &[(20, Fires)])], &["firing b 20 live"]),
            // Under another policy the past is another one: nothing of it is told.
            (
                30,
                PolicyChange,
                &[("b", &[(30, Ends)]), ("c", &[(5, Fires), (6, Ends), (30, Ends)])],
                &["resolved b 20 live policy_change"],
            ),
        ],
    );
}

#[test]
fn a_storm_is_one_alert_until_it_is_over() {
    let limit = StormLimit { openings: 2, span: 100 };
    let mut machine = Machine::new([rule("over", 0)], key(), limit);
    let firing = |at| [(at, Fires)];
    let at_10 = firing(10);
    let looks: Vec<Look<'_>> = ["a", "b", "c", "d", "e"].iter().map(|s| (*s, &at_10[..])).collect();
    let out = turn_of(&mut machine, 10, Stream, &looks);
    assert_eq!(told(&out), ["firing a 10 live", "firing b 10 live", "firing over 10 live"]);
    let storm = &out[2].alert;
    assert_eq!((storm.subject.kind, storm.facts.value), (SubjectKind::Rule, Some(3.0)));
    assert!(storm.facts.summary.starts_with("3 more alerts of rule over"), "{}", storm.facts.summary);
    live_through(
        &mut machine,
        &[
            (20, Stream, &[("c", &[(20, Fires)]), ("f", &[(20, Fires)])], &[]),
            (150, Stream, &[("g", &[(150, Fires)])], &["firing g 150 live", "firing over 10 live"]),
            (160, Stream, &[("c", &[(160, Ends)]), ("d", &[(160, Ends)]), ("e", &[(160, Ends)])], &[]),
            (170, Stream, &[("f", &[(170, Ends)])], &["resolved over 10 live cleared"]),
            (300, Stream, &[("c", &[(300, Fires)])], &["firing c 300 live"]),
        ],
    );
}

#[test]
fn a_storm_of_a_reload_reaches_no_pager_until_something_live_joins_it() {
    let mut machine = Machine::new([rule("over", 0)], key(), StormLimit { openings: 0, span: 100 });
    let out = turn_of(&mut machine, 10, PolicyChange, &[("a", &[(10, Fires)])]);
    assert_eq!(told(&out), ["firing over 10 policy_change"]);
    let out = turn_of(&mut machine, 11, Stream, &[("b", &[(11, Fires)])]);
    assert_eq!(told(&out), ["firing over 10 live"]);
    assert_eq!(out[0].alert.facts.value, Some(2.0));
}

#[test]
fn a_restart_goes_on_where_the_last_transition_stands() {
    let mut before = machine(0);
    let opened = turn_of(
        &mut before,
        10,
        Stream,
        &[("a", &[(9, Fires), (10, Fires)]), ("b", &[(10, Fires)]), ("c", &[(10, Fires)])],
    );
    turn_of(&mut before, 20, Stream, &[("c", &[(20, Ends)])]);
    before.acknowledge(&opened[0].alert.id, Acknowledgement { reason: AckReason::Handled, at: 25 }).expect("open");
    let mut after = machine(0);
    after.restore(before.export());
    live_through(
        &mut after,
        &[
            // b is not known any more; c's span had its alert; d began while nobody looked.
            (
                30,
                Start,
                &[("a", &[(9, Fires), (30, Stays)]), ("c", &[(30, Ends)]), ("d", &[(28, Fires), (30, Fires)])],
                &["firing d 28 live", "resolved b 10 live vanished"],
            ),
            (40, Stream, &[("c", &[(10, Fires), (20, Ends), (40, Ends)])], &[]),
        ],
    );
    let resolved = turn_of(&mut after, 50, Stream, &[("a", &[(50, Ends)])]);
    assert_eq!(resolved[0].ack_reason, Some(AckReason::Handled));
    assert_eq!(resolved[0].from, Some(AlertState::Acknowledged));
    assert_eq!(resolved[0].alert.id, opened[0].alert.id);
}

#[test]
fn a_storm_is_taken_up_again_after_a_restart() {
    let limit = StormLimit { openings: 1, span: 100 };
    let mut before = Machine::new([rule("over", 0)], key(), limit);
    turn_of(&mut before, 10, Stream, &[("a", &[(10, Fires)]), ("b", &[(10, Fires)]), ("c", &[(10, Fires)])]);
    let mut after = Machine::new([rule("over", 0)], key(), limit);
    after.restore(before.export());
    live_through(
        &mut after,
        &[
            (20, Start, &[("a", &[(20, Fires)]), ("b", &[(20, Fires)]), ("c", &[(20, Fires)])], &[]),
            (200, Stream, &[("b", &[(200, Ends)]), ("c", &[(200, Ends)])], &["resolved over 10 live cleared"]),
        ],
    );
}

#[test]
fn an_alert_whose_rule_is_gone_is_resolved() {
    let mut before = machine(0);
    turn_of(&mut before, 10, Stream, &[("a", &[(10, Fires)])]);
    let mut after = Machine::new([rule("another", 0)], key(), StormLimit::default());
    after.restore(before.export());
    let out = turn_of(&mut after, 20, Start, &[("a", &[(20, Fires)])]);
    assert_eq!(told(&out), ["resolved a 10 live rule_removed", "firing a 20 live"]);
}

#[test]
fn acknowledging_keeps_the_alert_open_and_needs_an_open_one() {
    let mut machine = machine(0);
    let accepted = Acknowledgement { reason: AckReason::AgreedWithHcp, at: 15 };
    let opened = turn_of(&mut machine, 10, Stream, &[("a", &[(10, Fires)])]);
    let id = opened[0].alert.id.clone();
    let transition = machine.acknowledge(&id, accepted).expect("open");
    assert_eq!((transition.state, transition.from), (AlertState::Acknowledged, Some(AlertState::Firing)));
    assert!(turn_of(&mut machine, 20, Stream, &[("a", &[(20, Fires)])]).is_empty(), "one open alert each");
    assert_eq!(machine.census().into_iter().collect::<Vec<_>>(), [((0, AlertState::Acknowledged), 1)]);
    turn_of(&mut machine, 30, Stream, &[("a", &[(30, Ends)])]);
    assert!(machine.acknowledge(&id, accepted).is_err());
}

#[test]
fn ids_depend_on_rule_subject_beginning_and_key_alone() {
    let id = |machine: &mut Machine, now, looks: &[Look<'_>]| turn_of(machine, now, Stream, looks)[0].alert.id.clone();
    let first = id(&mut machine(0), 10, &[("a", &[(9, Fires), (10, Fires)])]);
    assert_eq!(first, id(&mut machine(0), 99, &[("a", &[(9, Fires), (50, Stays), (99, Fires)])]), "found later");
    assert_eq!(first.as_str().len(), 32);
    let others = [
        id(&mut machine(0), 10, &[("a", &[(10, Fires)])]),
        id(&mut machine(0), 10, &[("b", &[(9, Fires), (10, Fires)])]),
        id(&mut Machine::new([rule("r", 0)], key(), StormLimit::default()), 10, &[("a", &[(9, Fires), (10, Fires)])]),
    ];
    assert!(others.iter().all(|other| *other != first));
}

#[test]
fn spans_are_remembered_as_long_as_late_records_reach_back() {
    let mut machine = machine(0);
    turn_of(&mut machine, DAY, Stream, &[("a", &[(DAY, Fires)])]);
    turn_of(&mut machine, DAY + HOUR, Stream, &[("a", &[(DAY + HOUR, Ends)])]);
    assert_eq!(machine.export().len(), 1);
    turn_of(&mut machine, 42 * DAY, Stream, &[]);
    assert!(machine.export().is_empty());
}

#[test]
fn words_of_a_life_are_closed() {
    assert_eq!(AlertOrigin::ALL.len() + Resolution::ALL.len() + AckReason::ALL.len(), 12);
    assert!(AlertOrigin::Live < AlertOrigin::Retrospective, "storms take the gravest origin first");
}
