//! What counts against a budget and what a budget stops: by channel, status, purpose, solicited basis, bypass.

use super::{Code, HCP, NOW, Proposal, Verdict, World, codes, mail, proposed, request, visit};
use touchpoint::policy::{Basis, Budget, Condition, MinimumGap, NameSet, Per, Rule, Scope, Selector, WordSet};
use touchpoint::record::RecordRow;
use touchpoint::time::{DAY, HOUR};
use touchpoint::{BusinessFunction, Channel, Kind, Op, Origin, Policy, Precision, Purpose, Status, Word};

fn policy(budget: Budget) -> Policy {
    Policy { version: "test".into(), budgets: vec![budget], ..Policy::default() }
}

fn one_in_28_days() -> Budget {
    Budget::new("one", Some(1), 28 * DAY)
}

/// Whether a record of yesterday uses up a budget of one touch.
fn uses_up(row: RecordRow<'static>) -> bool {
    let answer = World::under(policy(one_in_28_days())).with([row]).ask(&proposed(Channel::Phone));
    assert_eq!(answer.verdict == Verdict::Deny, codes(&answer).contains(&Code::BudgetFull));
    answer.verdict == Verdict::Deny
}

#[test]
fn statuses_that_make_a_touch_count_and_no_other() {
    let channel = |kind| match kind {
        Kind::Calls => Channel::FaceToFace,
        Kind::Emails => Channel::Email,
        Kind::Congress => Channel::Congress,
        Kind::Requests => Channel::MedicalRequest,
    };
    for kind in Kind::ALL {
        for status in kind.statuses() {
            let row =
                RecordRow { kind: *kind, channel: Some(channel(*kind)), status: Some(*status), ..visit(NOW - DAY) };
            assert_eq!(uses_up(row), status.is_touch(*kind), "{kind} {status}");
        }
    }
}

#[test]
fn every_channel_counts_in_a_budget_of_all_and_its_own_in_one_of_a_channel() {
    let channels = [Channel::FaceToFace, Channel::Phone, Channel::Video, Channel::Chat];
    for made in channels {
        assert!(uses_up(RecordRow { channel: Some(made), ..visit(NOW - DAY) }), "{made}");
        for proposed_channel in channels {
            let scope = Scope { channels: WordSet::of(&[Channel::Phone]), ..Scope::default() };
            let world = World::under(policy(Budget { scope, ..one_in_28_days() }));
            let answer =
                world.with([RecordRow { channel: Some(made), ..visit(NOW - DAY) }]).ask(&proposed(proposed_channel));
            let stopped = made == Channel::Phone && proposed_channel == Channel::Phone;
            assert_eq!(answer.verdict == Verdict::Deny, stopped, "{made} made, {proposed_channel} proposed");
            let bears = proposed_channel == Channel::Phone;
            assert_eq!(answer.binding_budget.is_some(), bears, "a budget of telephone calls bears on them alone");
        }
    }
}

#[test]
fn an_e_mail_of_unknown_origin_is_a_reps() {
    let scope = |origin| Scope { origins: WordSet::of(&[origin]), ..Scope::default() };
    for (origin, stopped) in [(Origin::Rep, true), (Origin::Hq, false)] {
        let world = World::under(policy(Budget { scope: scope(origin), ..one_in_28_days() }));
        let answer = world.with([mail(NOW - DAY)]).ask(&proposed(Channel::Email));
        assert_eq!(answer.verdict == Verdict::Deny, stopped, "{origin}");
    }
}

#[test]
fn purposes_of_records() {
    for (purpose, counts) in
        [(Purpose::Promotional, true), (Purpose::Scientific, true), (Purpose::Service, false), (Purpose::Safety, false)]
    {
        assert_eq!(uses_up(RecordRow { purpose: Some(purpose), ..visit(NOW - DAY) }), counts, "{purpose}");
    }
}

#[test]
fn solicited_bases_of_records() {
    let medical = RecordRow {
        business_function: Some(BusinessFunction::Medical),
        purpose: Some(Purpose::Scientific),
        request_id: Some("r"),
        ..visit(NOW - DAY)
    };
    let asks = |at| request(at, "r");
    let withdrawn = RecordRow { status: Some(Status::Withdrawn), ..asks(NOW - 2 * DAY) };
    let table = [
        ("declared", vec![RecordRow { solicited: true, ..visit(NOW - DAY) }], false),
        ("answers a request", vec![asks(NOW - 2 * DAY), medical], false),
        ("answers no request", vec![medical], true),
        ("before the request", vec![medical, asks(NOW - HOUR)], true),
        ("a withdrawn request", vec![withdrawn, medical], true),
        ("another's request", vec![RecordRow { hcp_id: "x", ..asks(NOW - 2 * DAY) }, medical], true),
        (
            "sales with a request id",
            vec![asks(NOW - 2 * DAY), RecordRow { request_id: Some("r"), ..visit(NOW - DAY) }],
            true,
        ),
    ];
    for (name, rows, counts) in table {
        let answer = World::under(policy(one_in_28_days())).with(rows).ask(&proposed(Channel::Phone));
        assert_eq!(answer.verdict == Verdict::Deny, counts, "{name}: {answer:?}");
    }
}

#[test]
fn deletes_and_older_versions_do_not_count() {
    let first = RecordRow { event_id: "e", ..visit(NOW - DAY) };
    let deleted = RecordRow { op: Op::Delete, status: None, occurred_at: None, precision: None, ..first };
    let cancelled = RecordRow { version: 1, status: Some(Status::Cancelled), ..first };
    for last in [deleted, cancelled] {
        let answer = World::under(policy(one_in_28_days())).with([first, last]).ask(&proposed(Channel::Phone));
        assert_eq!((answer.verdict, answer.headroom), (Verdict::Allow, Some(1)), "{answer:?}");
    }
}

#[test]
fn what_is_proposed_is_stopped_unless_it_is_beyond_policy_or_bypasses() {
    let declared = Rule::AnyOf(vec![Condition { bases: WordSet::of(&[Basis::Declared]), ..Condition::default() }]);
    let launch = Scope { products: NameSet::of(["launch"]), ..Scope::default() };
    let launch = Rule::AnyOf(vec![Condition { scope: launch, ..Condition::default() }]);
    let of = |change: fn(&mut Proposal)| {
        let mut proposal = proposed(Channel::FaceToFace);
        change(&mut proposal);
        proposal
    };
    let answer = of(|p| (p.business_function, p.request_id) = (Some(BusinessFunction::Medical), Some("r".into())));
    let unknown = of(|p| (p.business_function, p.request_id) = (Some(BusinessFunction::Medical), Some("x".into())));
    let solicited = of(|p| p.solicited = true);
    let table = [
        ("plain", of(|_| ()), &Rule::Never, Some(Code::BudgetFull)),
        ("declared", solicited.clone(), &Rule::Never, Some(Code::BudgetFull)),
        ("declared may pass", solicited, &declared, None),
        ("plain among declared", of(|_| ()), &declared, Some(Code::BudgetFull)),
        ("launch may pass", of(|p| p.product = Some("launch".into())), &launch, Some(Code::BudgetBypassed)),
        ("another product", of(|p| p.product = Some("old".into())), &launch, Some(Code::BudgetFull)),
        ("service", of(|p| p.purpose = Some(Purpose::Service)), &Rule::Never, Some(Code::ServiceOrSafety)),
        ("safety", of(|p| p.purpose = Some(Purpose::Safety)), &Rule::Never, Some(Code::ServiceOrSafety)),
        ("answer", answer, &Rule::Never, Some(Code::AnswersRequest)),
        ("answer to nothing", unknown, &Rule::Never, Some(Code::BudgetFull)),
    ];
    for (name, proposal, bypass, code) in table {
        let world = World::under(policy(Budget { bypass: bypass.clone(), ..one_in_28_days() }));
        let answer = world.with([request(NOW - 3 * DAY, "r"), visit(NOW - 10 * DAY)]).ask(&proposal);
        let denied = code == Some(Code::BudgetFull);
        assert_eq!(answer.verdict == Verdict::Deny, denied, "{name}: {answer:?}");
        assert!(code.is_none_or(|code| codes(&answer).contains(&code)), "{name}: {answer:?}");
        assert_eq!(answer.next_free_at, Some(if denied { NOW + 18 * DAY } else { NOW }), "{name}");
    }
}

#[test]
fn each_owner_and_each_product_has_its_own_cap() {
    let rows = [
        RecordRow { owner_id: Some("a"), product: Some("p"), ..visit(NOW - 20 * DAY) },
        RecordRow { owner_id: Some("b"), ..visit(NOW - 10 * DAY) },
    ];
    let ask = |per, owner: Option<&str>, product: Option<&str>| {
        let proposal = Proposal {
            owner_id: owner.map(str::to_owned),
            product: product.map(str::to_owned),
            ..proposed(Channel::FaceToFace)
        };
        World::under(policy(Budget { per, ..one_in_28_days() })).with(rows).ask(&proposal).headroom
    };
    assert_eq!(ask(Per::Owner, Some("a"), None), Some(0));
    assert_eq!(ask(Per::Owner, Some("never seen"), None), Some(1));
    assert_eq!(ask(Per::Owner, None, None), Some(1), "the unknown owner is one of its own");
    assert_eq!(ask(Per::Product, None, Some("p")), Some(0));
    assert_eq!(ask(Per::Product, None, Some("q")), Some(1));
    assert_eq!(ask(Per::Product, None, None), Some(0), "the visit about no product");
    assert_eq!(ask(Per::Hcp, Some("never seen"), None), Some(-1));
}

#[test]
fn every_reason_is_told_and_the_highest_use_binds() {
    let budgets = vec![
        Budget::new("wide", Some(2), 28 * DAY),
        Budget::new("tight", Some(1), 7 * DAY),
        Budget::new("no-limit", None, 7 * DAY),
        Budget {
            selector: Selector { segments: NameSet::of(["A"]), ..Selector::default() },
            ..Budget::new("of-others", Some(1), 7 * DAY)
        },
    ];
    let gap = |name: &str, hours| MinimumGap {
        name: name.into(),
        selector: Selector::default(),
        scope: Scope::default(),
        gap: hours * HOUR,
    };
    let minimum_gaps = vec![gap("two-days", 48), gap("an-hour", 1)];
    let policy = Policy { version: "many".into(), budgets, minimum_gaps, ..Policy::default() };
    let world = World::under(policy).with([visit(NOW - DAY), visit(NOW - 2 * DAY)]);
    let answer = world.ask(&proposed(Channel::FaceToFace));
    let told: Vec<_> = answer.reasons.iter().map(|r| (r.code, r.rule.as_deref(), r.used, r.cap)).collect();
    assert_eq!(
        told[..3],
        [
            (Code::OverBudget, Some("tight"), Some(2), Some(1)),
            (Code::BudgetFull, Some("wide"), Some(2), Some(2)),
            (Code::MinimumGap, Some("two-days"), None, None),
        ],
        "{answer:?}"
    );
    assert_eq!((answer.binding_budget.as_deref(), answer.headroom), (Some("tight"), Some(-1)));
    assert_eq!(answer.next_free_at, Some(NOW - 2 * DAY + 28 * DAY), "the first of two leaves the wide one last");
    assert_eq!(answer.policy_version, "many");
}

#[test]
fn near_the_cap_is_a_warning_and_a_touch_that_does_not_use_it_is_not_warned() {
    let world = World::under(policy(Budget::new("four", Some(4), 28 * DAY)));
    let world = world.with((1..=3).map(|days| visit(NOW - days * 5 * DAY)));
    let answer = world.ask(&proposed(Channel::FaceToFace));
    assert_eq!((answer.verdict, codes(&answer)), (Verdict::Warn, vec![Code::NearBudget]));
    assert_eq!(answer.headroom, Some(1));
    let declared = Proposal { solicited: true, ..proposed(Channel::FaceToFace) };
    assert_eq!(world.ask(&declared).verdict, Verdict::Allow);
}

#[test]
fn a_day_without_an_hour_takes_no_part_in_a_short_gap() {
    let gap = |hours| MinimumGap {
        name: "gap".into(),
        selector: Selector::default(),
        scope: Scope::default(),
        gap: hours * HOUR,
    };
    let day = RecordRow { precision: Some(Precision::Date), ..visit(NOW - HOUR) };
    for (hours, stopped) in [(23, false), (24, true)] {
        let policy = Policy { minimum_gaps: vec![gap(hours)], ..Policy::default() };
        let answer = World::under(policy).with([day]).ask(&proposed(Channel::FaceToFace));
        assert_eq!(answer.verdict == Verdict::Deny, stopped, "{hours} h: {answer:?}");
    }
    assert_eq!(HCP, day.hcp_id);
}
