//! Budgets by hand: use, the binding one, room, and every reason to wait.

use super::tables::reference;
use super::{HCP, HOUR, T, berlin, check, line, story};
use crate::reference::{Question, Record, ReferenceRow, metrics};
use touchpoint::policy::{
    Basis, Budget, Condition, ExecutionModel, MinimumGap, NameSet, Per, QuietHours, QuietSpan, Rule, Scope, Selector,
    WordSet,
};
use touchpoint::reference::{HcpRow, Tables};
use touchpoint::{Audience, BusinessFunction, Channel, Origin, Policy, Reference, WindowLength};

const DAY: i64 = 24 * HOUR;

fn row(records: &[Record], policy: &Policy, window: WindowLength) -> ReferenceRow {
    let reference = berlin();
    let question = Question { hcp_id: HCP, at: T, window, audience: Audience::Full, policy, reference: &reference };
    metrics(records, &question).expect("a row")
}

/// Checks every window row of `text` under `policy`; `{n}` in the expectation is T + n hours.
fn expect(policy: &Policy, text: &str, expectation: &str) {
    let mut expectation = expectation.to_owned();
    while let Some((before, rest)) = expectation.split_once('{') {
        let (hours, after) = rest.split_once('}').expect("a closing brace");
        let at = T + hours.parse::<i64>().expect("hours") * HOUR;
        expectation = format!("{before}{at}{after}");
    }
    for window in WindowLength::ALL {
        check(&row(&story(text), policy, window), &expectation);
    }
}

fn with(budgets: impl IntoIterator<Item = Budget>) -> Policy {
    Policy { budgets: budgets.into_iter().collect(), ..Policy::default() }
}

const NONE: &str = "budget_use=NULL binding_budget=NULL headroom=NULL next_free_at=NULL zone=NULL";

const FOUR: &str = "calls a -1h owner_id=x product=p
    calls b -30h owner_id=y
    emails c -60h owner_id=x product=p
    emails d -200h origin=hq product=q";

#[test]
fn without_a_cap_there_is_no_budget() {
    expect(&Policy::default(), FOUR, NONE);
    expect(&with([Budget::new("open", None, DAY)]), FOUR, NONE);
}

#[test]
fn the_fullest_budget_binds_and_of_equal_ones_the_first() {
    let [day, week, month] =
        [("day", 2, 1), ("week", 4, 7), ("month", 4, 28)].map(|(n, cap, d)| Budget::new(n, Some(cap), d * DAY));
    let near = "budget_use=3/4 binding_budget=week headroom=1 next_free_at={0} zone=near";
    expect(&with([day.clone(), week.clone()]), FOUR, near);
    let clear = "budget_use=1/2 binding_budget=day headroom=1 next_free_at={0} zone=clear";
    expect(&with([day.clone()]), FOUR, clear);
    let full = "budget_use=1 binding_budget=month headroom=0 next_free_at={472} zone=full";
    expect(&with([day.clone(), week.clone(), month.clone()]), FOUR, full);
    let twin = Budget { name: "twin".into(), ..month.clone() };
    expect(&with([twin, month]), FOUR, "binding_budget=twin");
}

#[test]
fn an_over_full_budget_waits_for_every_touch_too_many() {
    // Of four with a cap of two, three have to go: the third oldest is 30 h old.
    let over = "budget_use=2 binding_budget=month headroom=-2 next_free_at={642} zone=over";
    expect(&with([Budget::new("month", Some(2), 28 * DAY)]), FOUR, over);
    // The use is the week's, the wait the month's.
    let both = [Budget::new("week", Some(1), 7 * DAY), Budget::new("month", Some(3), 28 * DAY)];
    expect(&with(both), FOUR, "budget_use=3 binding_budget=week headroom=-2 next_free_at={612} zone=over");
}

#[test]
fn a_window_holds_its_end_and_not_its_beginning() {
    let day = with([Budget::new("day", Some(1), DAY)]);
    expect(&day, "calls a 0h", "budget_use=1 next_free_at={24}");
    expect(&day, "calls a -24h", "budget_use=0 headroom=1 next_free_at={0} zone=clear");
}

#[test]
fn a_cap_of_0_forbids() {
    let forbids = |scope| with([Budget::new("b", Some(9), DAY), Budget { scope, ..Budget::new("none", Some(0), DAY) }]);
    let over = "budget_use=inf binding_budget=none headroom=-1 next_free_at=NULL zone=over";
    expect(&forbids(Scope::default()), FOUR, over);
    let chats = Scope { channels: WordSet::of(&[Channel::Chat]), ..Scope::default() };
    expect(&forbids(chats), FOUR, "budget_use=1/9 binding_budget=b headroom=8 next_free_at=NULL zone=clear");
}

#[test]
fn a_budget_counts_its_scope_and_each_owner_or_product_apart() {
    let month = |scope, per| with([Budget { scope, per, ..Budget::new("m", Some(2), 28 * DAY) }]);
    let all = Scope::default;
    // Owners: x twice, y once, unknown once; products: p twice, q once, unknown once.
    expect(&month(all(), Per::Owner), FOUR, "budget_use=1 headroom=0 next_free_at={612}");
    expect(&month(all(), Per::Product), FOUR, "budget_use=1 headroom=0 next_free_at={612}");
    let products = Scope { products: NameSet::of(["q", "z"]), ..all() };
    expect(&month(products, Per::Hcp), FOUR, "budget_use=1/2 next_free_at={0}");
    let [hq, rep] = [Origin::Hq, Origin::Rep].map(|o| Scope { origins: WordSet::of(&[o]), ..all() });
    expect(&month(hq, Per::Hcp), FOUR, "budget_use=1/2");
    expect(&month(rep.clone(), Per::Hcp), FOUR, "budget_use=1/2");
    // Unknown is a group of its own; both groups of two have to get room.
    let unknown = "calls a -1h\n calls b -2h\n calls c -3h owner_id=x\n calls d -4h owner_id=x";
    expect(&month(all(), Per::Owner), unknown, "budget_use=1 next_free_at={670}");
    expect(&month(rep, Per::Owner), unknown, "budget_use=0 headroom=2 next_free_at={0} zone=clear");
}

#[test]
fn only_interruptions_count_and_of_them_those_that_count() {
    let solicited = "calls a -1h solicited=true
        calls b -2h purpose=service
        requests r -9h
        calls c -3h business_function=medical request_id=r
        calls d -4h business_function=access purpose=promotional
        calls e -5h status=no_access";
    let month = Budget::new("m", Some(4), 28 * DAY);
    expect(&with([month.clone()]), solicited, "budget_use=1/4 headroom=3");
    let only = |scope, bases: &[Basis]| Rule::AnyOf(vec![Condition { scope, bases: WordSet::of(bases) }]);
    let sales = Scope { functions: WordSet::of(&[BusinessFunction::Sales]), ..Scope::default() };
    let counts = |counts| with([Budget { counts, ..month.clone() }]);
    expect(&counts(only(sales, &[])), solicited, "budget_use=0");
    expect(&counts(only(Scope::default(), &[Basis::Declared])), solicited, "budget_use=0");
    expect(&counts(only(Scope::default(), &[Basis::Unsolicited])), solicited, "budget_use=1/4");
    expect(&counts(Rule::Never), solicited, "budget_use=0");
}

#[test]
fn a_gap_waits_from_its_last_touch_and_needs_no_budget() {
    let gap = |hours| {
        let gap =
            MinimumGap { name: "g".into(), selector: Selector::default(), scope: Scope::default(), gap: hours * HOUR };
        Policy { minimum_gaps: vec![gap], ..Policy::default() }
    };
    let touches = "calls a -5h\n calls b -20h";
    expect(&gap(12), touches, "budget_use=NULL zone=NULL next_free_at={7}");
    expect(&gap(5), touches, "next_free_at={0}");
    // A date is noon in Berlin, 2 h ago; it takes no part in a gap below 24 h.
    let today = "calls a 0h occurred_at=2026-03-31\n calls b -20h";
    expect(&gap(23), today, "next_free_at={3}");
    expect(&gap(24), today, "next_free_at={22}");
}

#[test]
fn quiet_hours_move_whatever_time_it_would_be() {
    // Berlin is two hours ahead: 13:00 to 16:00 there is T - 1 h to T + 2 h.
    let span = QuietSpan { days: WordSet::ANY, from: 13 * 60, to: 16 * 60 };
    let quiet_hours = QuietHours::try_new(vec![span]).ok();
    let quiet = |cap| Policy { quiet_hours: quiet_hours.clone(), ..with([Budget::new("d", Some(cap), DAY)]) };
    expect(&quiet(2), "calls a -1h", "next_free_at={2} zone=clear");
    expect(&quiet(1), "calls a -1h", "next_free_at={26} zone=full");
    expect(&quiet(1), "calls a -3h", "next_free_at={21}");
    expect(&Policy { budgets: Vec::new(), ..quiet(1) }, "calls a -3h", NONE);
}

#[test]
fn a_selector_sees_the_row_that_is_valid_at_t() {
    let row_of = |segment: &str, valid_from, valid_to| HcpRow {
        segment: Some(segment.to_owned()),
        ..super::row_of_hcp(None, valid_from, valid_to)
    };
    let rows = vec![row_of("A", 0, T), row_of("B", T, i64::MAX)];
    let reference = Reference::try_new(Tables::of(rows, Vec::new())).expect("no overlap");
    let selector = Selector { segments: NameSet::of(["B"]), ..Selector::default() };
    let policy = with([Budget { selector, ..Budget::new("b", Some(1), DAY) }]);
    let records = [line(0, "calls a -2h")];
    let use_at = |at| {
        let window = WindowLength::HEADLINE;
        let question =
            Question { hcp_id: HCP, at, window, audience: Audience::Full, policy: &policy, reference: &reference };
        metrics(&records, &question).expect("a row").budget_use
    };
    assert_eq!((use_at(T - 1), use_at(T)), (None, Some(1.0)));
}

#[test]
fn a_selector_sees_the_account_of_the_primary_affiliation_and_its_model() {
    let of_x = Selector { accounts: NameSet::of(["x"]), ..Selector::default() };
    let orchestrated =
        Selector { execution_models: WordSet::of(&[ExecutionModel::Orchestration]), ..Selector::default() };
    let use_of = |selector: &Selector, tables: &str| {
        let policy = with([Budget { selector: selector.clone(), ..Budget::new("b", Some(1), DAY) }]);
        let (window, reference) = (WindowLength::HEADLINE, reference(tables));
        let question =
            Question { hcp_id: HCP, at: T, window, audience: Audience::Full, policy: &policy, reference: &reference };
        metrics(&story("calls a -2h"), &question).expect("a row").budget_use
    };
    let accounts = "accounts x model=orchestration from=0h\n accounts y model=coverage\n accounts z\n";
    for (facts, in_x, in_orchestration) in [
        ("", None, None),
        ("hcps account=x", Some(1.0), Some(1.0)),
        ("hcps account=y\n affiliations x primary", Some(1.0), Some(1.0)),
        ("hcps account=x\n affiliations y primary", None, None),
        ("hcps account=y\n affiliations x other", None, None),
        ("hcps account=x\n affiliations y primary to=0h", Some(1.0), Some(1.0)),
        ("hcps account=z", None, None),
        ("hcps account=nowhere", None, None),
    ] {
        let tables = format!("{accounts}{facts}");
        assert_eq!((use_of(&of_x, &tables), use_of(&orchestrated, &tables)), (in_x, in_orchestration), "{facts}");
    }
    let late = accounts.replace("from=0h", "from=1h") + "hcps account=x";
    assert_eq!((use_of(&of_x, &late), use_of(&orchestrated, &late)), (Some(1.0), None));
}
