//! What counts, what bypasses, whom a budget protects: the tables behind every budget.

use super::{
    AlertThresholds, Basis, Budget, Condition, ExecutionModel, HcpFacts, Meeting, MinimumGap, NameSet, Per, Policy,
    Rule, Scope, Selector, TouchFacts, WordSet,
};
use crate::reference::{HcpRow, Reference, Tables, Validity};
use crate::time::{DAY, HOUR};
use crate::words::{BusinessFunction, Channel, Kind, Origin, Purpose, Word};

fn visit() -> TouchFacts<'static> {
    TouchFacts {
        kind: Kind::Calls,
        channel: Channel::FaceToFace,
        origin: None,
        meeting: Some(Meeting::OneToOne),
        function: BusinessFunction::Sales,
        purpose: Purpose::Promotional,
        product: Some("alpha"),
        basis: Basis::Unsolicited,
    }
}

fn mail(origin: Option<Origin>) -> TouchFacts<'static> {
    TouchFacts { kind: Kind::Emails, channel: Channel::Email, origin, meeting: None, ..visit() }
}

/// Every touch that a record can make, each word with each.
fn every_touch() -> Vec<TouchFacts<'static>> {
    let mut touches = Vec::new();
    for basis in Basis::ALL {
        for purpose in Purpose::ALL {
            for function in BusinessFunction::ALL {
                let of = |touch| TouchFacts { basis: *basis, purpose: *purpose, function: *function, ..touch };
                let congress =
                    TouchFacts { kind: Kind::Congress, channel: Channel::Congress, meeting: None, ..visit() };
                let group = TouchFacts { meeting: Some(Meeting::Group), ..visit() };
                touches.extend([of(visit()), of(group), of(mail(Some(Origin::Hq))), of(mail(None)), of(congress)]);
            }
        }
    }
    touches
}

#[test]
fn the_default_has_no_budgets_and_the_numbers_of_metrics_md() {
    let policy = Policy::default();
    assert!(policy.budgets.is_empty() && policy.minimum_gaps.is_empty() && policy.quiet_hours.is_none());
    assert_eq!((policy.half_life, policy.gap, policy.request_sla), (7 * DAY, 48 * HOUR, 72 * HOUR));
    assert_eq!(policy.zones.near, 0.75);
    let AlertThresholds { budget_use, collisions, fragmentation, busy, account_load, .. } = policy.alerts;
    for threshold in [budget_use, collisions, fragmentation, busy, account_load] {
        assert!(threshold.clear <= threshold.above);
    }
}

#[test]
fn medical_answers_service_and_safety_never_count_and_always_pass() {
    // The worst that a file can say: nothing allowed, everything counts, nothing bypasses.
    let forbids = Budget::new("none", Some(0), DAY);
    let gap = MinimumGap { name: "gap".into(), selector: Selector::default(), scope: Scope::default(), gap: DAY };
    for touch in every_touch() {
        let answer = touch.basis == Basis::Request;
        let service = touch.basis == Basis::Exempt || matches!(touch.purpose, Purpose::Service | Purpose::Safety);
        if answer || service {
            assert!(!forbids.counts(&touch) && forbids.is_bypassed_by(&touch) && !gap.counts(&touch), "{touch:?}");
        } else {
            assert!(!forbids.is_bypassed_by(&touch), "{touch:?}");
            assert_eq!(forbids.counts(&touch), touch.basis == Basis::Unsolicited, "{touch:?}");
            assert_eq!(gap.counts(&touch), touch.basis == Basis::Unsolicited, "{touch:?}");
        }
    }
}

#[test]
fn a_declared_touch_does_not_count_and_passes_only_where_the_policy_says_so() {
    let declared = TouchFacts { basis: Basis::Declared, ..visit() };
    let mut budget = Budget::new("b", Some(1), DAY);
    assert!(!budget.counts(&declared) && !budget.is_bypassed_by(&declared));
    let condition = Condition { bases: WordSet::of(&[Basis::Declared]), ..Condition::default() };
    budget.bypass = Rule::AnyOf(vec![condition]);
    assert!(!budget.counts(&declared) && budget.is_bypassed_by(&declared) && !budget.is_bypassed_by(&visit()));
}

#[test]
fn counting_and_bypassing_are_two_answers() {
    let of = |functions: &[BusinessFunction]| {
        let scope = Scope { functions: WordSet::of(functions), ..Scope::default() };
        Rule::AnyOf(vec![Condition { scope, ..Condition::default() }])
    };
    let (sales, access) = (BusinessFunction::Sales, BusinessFunction::Access);
    let budget = Budget { counts: of(&[sales]), bypass: of(&[sales, access]), ..Budget::new("b", Some(1), DAY) };
    let by = |function| TouchFacts { function, ..visit() };
    let answers = |function| (budget.counts(&by(function)), budget.is_bypassed_by(&by(function)));
    assert_eq!(answers(sales), (true, true));
    assert_eq!(answers(access), (false, true));
    assert_eq!(answers(BusinessFunction::Marketing), (false, false));
    let never = Budget { counts: Rule::Never, bypass: Rule::Always, ..budget };
    assert_eq!((never.counts(&by(sales)), never.is_bypassed_by(&by(BusinessFunction::Marketing))), (false, true));
}

#[test]
fn the_conditions_of_a_scope_hold_together_and_their_words_are_alternatives() {
    assert!(every_touch().iter().all(|touch| Scope::default().matches(touch)));
    let scope = Scope {
        channels: WordSet::of(&[Channel::FaceToFace, Channel::Phone]),
        functions: WordSet::of(&[BusinessFunction::Sales]),
        products: NameSet::of(["alpha", "beta"]),
        ..Scope::default()
    };
    assert!(scope.matches(&visit()));
    assert!(scope.matches(&TouchFacts { channel: Channel::Phone, product: Some("beta"), ..visit() }));
    for other in [
        TouchFacts { channel: Channel::Video, ..visit() },
        TouchFacts { function: BusinessFunction::Medical, ..visit() },
        TouchFacts { product: Some("gamma"), ..visit() },
        TouchFacts { product: None, ..visit() },
    ] {
        assert!(!scope.matches(&other), "{other:?}");
        assert!(!Budget { scope: scope.clone(), ..Budget::new("b", Some(1), DAY) }.counts(&other));
    }
    assert!(scope.matches_words(&TouchFacts { product: None, ..visit() }));
    let purposes = Scope { purposes: WordSet::of(&[Purpose::Scientific]), ..Scope::default() };
    assert!(!purposes.matches(&visit()) && purposes.matches(&TouchFacts { purpose: Purpose::Scientific, ..visit() }));
}

#[test]
fn an_origin_is_a_fact_of_e_mails_and_an_unknown_one_is_a_reps() {
    let of = |origin| Scope { origins: WordSet::of(&[origin]), ..Scope::default() };
    let (rep, hq) = (of(Origin::Rep), of(Origin::Hq));
    assert!(rep.matches(&mail(Some(Origin::Rep))) && rep.matches(&mail(None)) && !rep.matches(&mail(Some(Origin::Hq))));
    assert!(hq.matches(&mail(Some(Origin::Hq))) && !hq.matches(&mail(None)));
    assert!(!rep.matches(&visit()) && !hq.matches(&visit()));
    assert!(!rep.matches(&TouchFacts { origin: Some(Origin::Rep), ..visit() }), "a call has none, whatever it says");
}

#[test]
fn a_selector_takes_what_is_known_and_an_empty_one_takes_all() {
    let row = HcpRow {
        hcp_id: "h".into(),
        specialty: Some("cardiology".into()),
        segment: Some("A".into()),
        territory: None,
        country: Some("GB".into()),
        time_zone: None,
        account_id: Some("a1".into()),
        validity: Validity::ALWAYS,
    };
    let reference = Reference::try_new(Tables::of(vec![row], Vec::new())).expect("one row");
    let (known, unknown) = (HcpFacts::of(&reference, "h", 0), HcpFacts::of(&reference, "nobody", 0));
    assert!(Selector::default().matches(&known) && Selector::default().matches(&unknown));
    let one = |build: fn(&mut Selector)| {
        let mut selector = Selector::default();
        build(&mut selector);
        selector
    };
    for selector in [
        one(|s| s.segments = NameSet::of(["A", "B"])),
        one(|s| s.specialties = NameSet::of(["cardiology"])),
        one(|s| s.countries = NameSet::of(["GB", "IE"])),
        one(|s| s.accounts = NameSet::of(["a1"])),
    ] {
        assert!(selector.matches(&known) && !selector.matches(&unknown) && !selector.is_any(), "{selector:?}");
    }
    for selector in [
        one(|s| s.segments = NameSet::of(["B"])),
        one(|s| s.territories = NameSet::of(["north"])),
        one(|s| s.execution_models = WordSet::of(&[ExecutionModel::Coverage])),
        one(|s| (s.segments, s.countries) = (NameSet::of(["A"]), NameSet::of(["DE"]))),
    ] {
        assert!(!selector.matches(&known), "{selector:?}");
    }
    let orchestrated = HcpFacts { execution_model: Some(ExecutionModel::Orchestration), ..known };
    assert!(one(|s| s.execution_models = WordSet::of(&[ExecutionModel::Orchestration])).matches(&orchestrated));
}

#[test]
fn a_cap_of_0_forbids_and_an_absent_one_does_not_limit() {
    let (forbids, open, four) =
        (Budget::new("f", Some(0), DAY), Budget::new("o", None, DAY), Budget::new("c", Some(4), DAY));
    assert_eq!((forbids.use_of(0), forbids.use_of(1)), (Some(0.0), Some(f64::INFINITY)));
    assert!(forbids.is_used_up(0));
    assert_eq!((open.use_of(0), open.use_of(9_999)), (None, None));
    assert!(!open.is_used_up(u32::MAX));
    assert_eq!((four.use_of(0), four.use_of(4), four.use_of(5)), (Some(0.0), Some(1.0), Some(1.25)));
    assert!(!four.is_used_up(3) && four.is_used_up(4));
    assert_eq!(four.per, Per::Hcp);
}

#[test]
fn whatever_a_narrower_scope_holds_the_wider_one_that_covers_it_holds_too() {
    let words = |kinds: &[Kind], origins: &[Origin], functions: &[BusinessFunction]| Scope {
        kinds: WordSet::of(kinds),
        origins: WordSet::of(origins),
        functions: WordSet::of(functions),
        ..Scope::default()
    };
    let scopes = [
        Scope::default(),
        words(&[Kind::Calls], &[], &[]),
        words(&[Kind::Calls, Kind::Emails], &[], &[BusinessFunction::Sales]),
        words(&[Kind::Emails], &[Origin::Rep], &[]),
        words(&[Kind::Emails], &[Origin::Rep, Origin::Hq], &[BusinessFunction::Sales, BusinessFunction::Medical]),
        Scope { products: NameSet::of(["alpha"]), ..Scope::default() },
    ];
    let mut covered = 0;
    for wide in &scopes {
        for narrow in &scopes {
            if wide.covers(narrow) {
                covered += 1;
                assert!(every_touch().iter().all(|touch| wide.matches(touch) || !narrow.matches(touch)));
            }
        }
    }
    assert_eq!(covered, scopes.len() * 2 - 1, "each covers itself, the widest covers all");
}
