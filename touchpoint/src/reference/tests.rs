//! What rows may not say of each other, and what the look-ups make of those that may.

use super::{
    AccountRow, AffiliationRow, Changes, ConsentRow, ConsentRuleRow, Fault, HcpRow, PanelRow, PersonRow, PlanRow,
    PlanStepRow, PreferenceRow, Reference, Regime, Tables, Validity,
};
use crate::metric::Audience;
use crate::policy::ExecutionModel;
use crate::time::{DAY, EARLIEST, HOUR, LATEST, Micros};
use crate::words::{BusinessFunction, Channel};

fn span(from: Micros, to: Micros) -> Validity {
    Validity { from: from * DAY, to: to * DAY }
}

fn hcp(id: &str, validity: Validity) -> HcpRow {
    HcpRow { hcp_id: id.into(), validity, ..HcpRow::default() }
}

fn account(id: &str, parent: Option<&str>, validity: Validity) -> AccountRow {
    let parent_account_id = parent.map(Into::into);
    AccountRow { account_id: id.into(), parent_account_id, validity, ..AccountRow::default() }
}

fn primary(account: &str, validity: Validity) -> AffiliationRow {
    AffiliationRow { hcp_id: "h1".into(), account_id: account.into(), is_primary: true, validity }
}

fn panel(hcp: &str, is_target: bool, validity: Validity) -> PanelRow {
    let (owner_id, hcp_id) = ("rep-1".into(), hcp.into());
    PanelRow { owner_id, hcp_id, is_target, min_touches: None, max_touches: None, validity }
}

fn step(name: &str, position: u32) -> PlanStepRow {
    PlanStepRow { plan_id: "p1".into(), step: name.into(), position, ..PlanStepRow::default() }
}

fn preference(channel: Channel, share: f64, validity: Validity) -> PreferenceRow {
    PreferenceRow { hcp_id: "h1".into(), channel, share, validity }
}

fn loaded(tables: Tables) -> Reference {
    Reference::try_new(tables).expect("rows without faults")
}

/// Table and rows of every overlap.
fn overlaps(tables: Tables) -> Vec<(&'static str, usize, usize)> {
    let faults = Reference::try_new(tables).expect_err("there are faults");
    let pair = |fault| match fault {
        Fault::Overlap { table, first, second, .. } => Some((table, first, second)),
        Fault::Cycle { .. } => None,
    };
    faults.into_iter().filter_map(pair).collect()
}

#[test]
fn rows_of_a_key_meet_without_overlap() {
    let meeting = vec![hcp("h1", span(10, 20)), hcp("h1", span(0, 10)), hcp("h2", span(5, 15))];
    let reference = loaded(Tables { hcps: Some(meeting), ..Tables::default() });
    assert_eq!(reference.hcp_count(), 2);
    assert_eq!(reference.hcp("h1", 10 * DAY - 1).unwrap().validity, span(0, 10));
    assert_eq!(reference.hcp("h1", 10 * DAY).unwrap().validity, span(10, 20));
    assert!(reference.hcp("h1", 20 * DAY).is_none() && reference.hcp("h3", 0).is_none());
}

#[test]
fn an_overlap_is_found_though_a_row_lies_between() {
    // The second row lies within the first, and so does the third, which does not touch the second.
    let rows =
        vec![hcp("h1", span(0, 100)), hcp("h1", span(30, 40)), hcp("h1", span(10, 20)), hcp("h1", span(100, 101))];
    assert_eq!(overlaps(Tables { hcps: Some(rows), ..Tables::default() }), [("hcps", 0, 2), ("hcps", 0, 1)]);
    let same = vec![hcp("h1", span(0, 1)), hcp("h1", span(0, 1))];
    let faults = Reference::try_new(Tables { hcps: Some(same), ..Tables::default() }).unwrap_err();
    let text = faults[0].to_string();
    assert!(text.contains("hcps") && text.contains("1970-01-01T00:00:00+00:00"), "{text}");
    assert!(!text.contains("h1"), "content is not quoted: {text}");
}

#[test]
fn every_table_has_its_key() {
    let always = Validity::ALWAYS;
    let plan = |hcp: Option<&str>, from: Micros| PlanRow {
        plan_id: "p1".into(),
        hcp_id: hcp.map(Into::into),
        validity: Validity { from, ..always },
        ..PlanRow::default()
    };
    let rule = |country: Option<&str>, channel| {
        let country = country.map(Into::into);
        ConsentRuleRow { country, channel, regime: Regime::OptIn, validity: always }
    };
    let person = PersonRow { owner_id: "rep-1".into(), ..PersonRow::default() };
    let tables = Tables {
        accounts: Some(vec![account("a1", None, always), account("a1", None, always)]),
        affiliations: Some(vec![
            AffiliationRow { is_primary: false, ..primary("a1", always) },
            AffiliationRow { is_primary: false, ..primary("a2", always) },
            AffiliationRow { is_primary: false, ..primary("a2", always) },
        ]),
        people: Some(vec![person.clone(), person]),
        panels: Some(vec![panel("h1", true, always), panel("h2", true, always), panel("h1", false, always)]),
        // Runs that start apart may lie over each other; a row that enrols nobody is one too.
        plans: Some(vec![plan(Some("h1"), 0), plan(Some("h1"), 1), plan(None, 0), plan(Some("h1"), 0)]),
        plan_steps: Some(vec![step("s1", 1), step("s2", 2), step("s1", 3), step("s4", 2), step("s1", 1)]),
        consent_rules: Some(vec![
            rule(None, None),
            rule(Some("DE"), None),
            rule(None, Some(Channel::Email)),
            rule(Some("DE"), Some(Channel::Email)),
            rule(None, None),
        ]),
        preferences: Some(vec![
            preference(Channel::Email, 1.0, always),
            preference(Channel::Phone, 1.0, always),
            preference(Channel::Email, 0.0, always),
        ]),
        ..Tables::default()
    };
    let expected = [
        ("accounts", 0, 1),
        ("affiliations", 1, 2),
        ("people", 0, 1),
        ("panels", 0, 2),
        ("plans", 0, 3),
        // By step, then by position; the pair of equal rows is told once.
        ("plan_steps", 0, 2),
        ("plan_steps", 0, 4),
        ("plan_steps", 1, 3),
        ("consent_rules", 0, 4),
        ("preferences", 0, 2),
    ];
    assert_eq!(overlaps(tables), expected);
}

#[test]
fn consents_are_captures_and_never_overlap() {
    let row =
        ConsentRow { hcp_id: "h1".into(), channel: None, opts_in: true, captured_at: 0, validity: Validity::ALWAYS };
    loaded(Tables { consents: Some(vec![row.clone(), row]), ..Tables::default() });
}

#[test]
fn one_primary_affiliation_at_a_time() {
    let rows = vec![primary("a1", span(0, 10)), primary("a2", span(9, 20)), primary("a3", span(20, 30))];
    assert_eq!(overlaps(Tables { affiliations: Some(rows), ..Tables::default() }), [("affiliations", 0, 1)]);
    let twice = vec![primary("a1", span(0, 10)), primary("a1", span(5, 20))];
    let told = overlaps(Tables { affiliations: Some(twice), ..Tables::default() });
    assert_eq!(told, [("affiliations", 0, 1)], "once, though both keys overlap");
}

#[test]
fn no_account_is_its_own_ancestor() {
    let cycles = |rows: Vec<AccountRow>| {
        let found = Reference::try_new(Tables { accounts: Some(rows), ..Tables::default() });
        let row = |fault| if let Fault::Cycle { row, at } = fault { (row, at) } else { panic!("{fault}") };
        found.err().unwrap_or_default().into_iter().map(row).collect::<Vec<_>>()
    };
    let always = Validity::ALWAYS;
    let epoch = "1970-01-01T00:00:00+00:00".to_owned();
    assert_eq!(cycles(vec![account("a", Some("a"), always)]), [(0, epoch.clone())]);
    let two = vec![account("a", Some("b"), always), account("b", Some("a"), span(2, 3))];
    assert_eq!(cycles(two), [(1, "1970-01-03T00:00:00+00:00".to_owned())], "where it begins to hold");
    let apart = vec![account("a", Some("b"), span(0, 2)), account("b", Some("a"), span(2, 3))];
    assert!(cycles(apart).is_empty(), "never at one instant");
    // Who leads into a cycle is not on it; a parent without a row ends the chain.
    let chain = vec![
        account("x", Some("a"), always),
        account("a", Some("b"), always),
        account("b", Some("c"), always),
        account("c", Some("a"), always),
        account("y", Some("elsewhere"), always),
    ];
    assert_eq!(cycles(chain), [(1, epoch.clone()), (2, epoch.clone()), (3, epoch)]);
    let line = (0..2_000).map(|n| account(&n.to_string(), (n > 0).then(|| (n - 1).to_string()).as_deref(), always));
    assert!(cycles(line.collect()).is_empty(), "a long line is none");
}

#[test]
fn the_account_is_that_of_the_primary_affiliation() {
    let mut row = hcp("h1", span(0, 40));
    row.account_id = Some("a0".into());
    let second = AffiliationRow { is_primary: false, ..primary("a9", Validity::ALWAYS) };
    let mut model = account("a1", None, span(0, 15));
    model.declared_model = Some(ExecutionModel::Navigation);
    let reference = loaded(Tables {
        hcps: Some(vec![row]),
        accounts: Some(vec![model]),
        affiliations: Some(vec![second, primary("a1", span(10, 20)), primary("a2", span(20, 30))]),
        ..Tables::default()
    });
    let accounts = [5, 10, 19, 20, 30, 40].map(|day| reference.account_of("h1", day * DAY));
    assert_eq!(accounts, [Some("a0"), Some("a1"), Some("a1"), Some("a2"), Some("a0"), None]);
    assert_eq!(reference.execution_model("h1", 14 * DAY), Some(ExecutionModel::Navigation));
    assert_eq!(reference.execution_model("h1", 16 * DAY), None, "the account's row has ended");
    assert_eq!(reference.execution_model("h1", 25 * DAY), None, "the account has no row");
}

#[test]
fn a_target_is_one_while_a_row_says_so() {
    let rows =
        vec![panel("h1", true, span(10, 20)), panel("h2", false, Validity::ALWAYS), panel("h3", true, span(0, 1))];
    let reference = loaded(Tables { panels: Some(rows), ..Tables::default() });
    let mut targets: Vec<_> = reference.targets().collect();
    targets.sort_unstable();
    assert_eq!(targets, ["h1", "h3"]);
    assert_eq!([9, 10, 19, 20].map(|day| reference.is_target("h1", day * DAY)), [false, true, true, false]);
    assert!(!reference.is_target("h2", 0) && !reference.is_target("h9", 0));
}

#[test]
fn the_latest_capture_decides() {
    let row = |channel, opts_in, captured: Micros, validity| ConsentRow {
        hcp_id: "h1".into(),
        channel,
        opts_in,
        captured_at: captured * DAY,
        validity,
    };
    let email = Some(Channel::Email);
    let reference = loaded(Tables {
        consents: Some(vec![
            row(email, true, 10, span(10, 30)),
            row(None, false, 20, Validity::ALWAYS),
            row(email, true, 25, span(25, 40)),
            row(email, true, 50, Validity::ALWAYS),
            row(email, false, 50, Validity::ALWAYS),
        ]),
        ..Tables::default()
    });
    let permissions = reference.permissions().unwrap();
    let allows = |channel, day: Micros| permissions.captured("h1", channel, day * DAY).map(|c| (c.at / DAY, c.allows));
    assert_eq!(allows(Channel::Email, 9), None, "nothing was captured yet");
    assert_eq!(allows(Channel::Email, 10), Some((10, true)));
    assert_eq!(allows(Channel::Phone, 10), None);
    assert_eq!(allows(Channel::Email, 20), Some((20, false)), "a refusal of every channel");
    assert_eq!(allows(Channel::Phone, 45), Some((20, false)));
    assert_eq!(allows(Channel::Email, 39), Some((25, true)));
    assert_eq!(allows(Channel::Email, 40), Some((25, false)), "expired");
    assert_eq!(allows(Channel::Email, 50), Some((50, false)), "of one instant the refusal");
    assert_eq!(permissions.captured("h2", Channel::Email, 50 * DAY), None);
    assert!(loaded(Tables::default()).permissions().is_none());
}

#[test]
fn the_most_specific_rule_holds() {
    use Regime::{OptIn, OptOut};
    let rule = |country: Option<&str>, channel, regime, validity| {
        let country = country.map(Into::into);
        ConsentRuleRow { country, channel, regime, validity }
    };
    let always = Validity::ALWAYS;
    let reference = loaded(Tables {
        consent_rules: Some(vec![
            rule(None, None, OptOut, always),
            rule(None, Some(Channel::Phone), OptIn, always),
            rule(Some("US"), None, OptOut, always),
            rule(Some("US"), Some(Channel::Email), OptIn, span(0, 10)),
        ]),
        ..Tables::default()
    });
    let allows =
        |country, channel, day: Micros| reference.permissions().unwrap().allows_unasked(country, channel, day * DAY);
    assert!(!allows(Some("US"), Channel::Email, 9) && allows(Some("US"), Channel::Email, 10));
    assert!(allows(Some("US"), Channel::Phone, 0), "the country goes before the channel");
    assert!(!allows(Some("DE"), Channel::Phone, 0) && allows(None, Channel::Email, 0));
    let none = loaded(Tables { consent_rules: Some(Vec::new()), ..Tables::default() });
    let unasked = |channel| none.permissions().unwrap().allows_unasked(None, channel, 0);
    assert!(!unasked(Channel::Email) && unasked(Channel::Phone), "without a rule e-mail alone has to be agreed to");
}

#[test]
fn steps_are_found_and_follow_each_other() {
    let medical = PlanStepRow { function: Some(BusinessFunction::Medical), ..step("s2", 2) };
    let repeated = PlanStepRow { after: vec!["s3".into(), "s4".into()], ..step("s4", 4) };
    let later = PlanStepRow { validity: Validity { from: DAY, to: LATEST + 1 }, ..step("s5", 7) };
    let steps = vec![repeated, step("s1", 1), medical, step("s3", 3), later];
    let reference = loaded(Tables { plan_steps: Some(steps), ..Tables::default() });
    let steps = reference.steps().unwrap();
    let found = |name, audience| steps.find("p1", name, 0, audience);
    assert!(found("s2", Audience::Full).is_some() && found("s2", Audience::Commercial).is_none());
    assert!(found("s5", Audience::Full).is_none() && steps.find("p1", "s5", DAY, Audience::Full).is_some());
    assert!(steps.find("p2", "s1", 0, Audience::Full).is_none());
    let allows = |before, name, audience| steps.allows(before, found(name, audience).unwrap(), 0, audience);
    assert!(allows("s2", "s3", Audience::Full) && !allows("s1", "s3", Audience::Full));
    assert!(allows("s1", "s3", Audience::Commercial), "the step between is not known");
    assert!(
        allows("s4", "s4", Audience::Full) && allows("s3", "s4", Audience::Full) && !allows("s1", "s4", Audience::Full)
    );
    assert!(!allows("s1", "s1", Audience::Full), "nothing comes before the first");
    assert!(loaded(Tables::default()).steps().is_none());
}

#[test]
fn enrolments_are_those_of_the_hcp_and_of_its_account() {
    let row = |plan: &str, hcp: Option<&str>, account: Option<&str>| PlanRow {
        plan_id: plan.into(),
        hcp_id: hcp.map(Into::into),
        account_id: account.map(Into::into),
        ..PlanRow::default()
    };
    let reference = loaded(Tables {
        affiliations: Some(vec![primary("a1", span(0, 10)), primary("a2", span(10, 20))]),
        plans: Some(vec![
            row("own", Some("h1"), None),
            row("first", None, Some("a1")),
            row("second", None, Some("a2")),
            row("nobody", None, None),
        ]),
        ..Tables::default()
    });
    let plans =
        |hcp, day: Micros| -> Vec<_> { reference.enrolments(hcp, day * DAY).map(|row| row.plan_id.as_str()).collect() };
    assert_eq!(plans("h1", 5), ["own", "first"]);
    assert_eq!(plans("h1", 10), ["own", "second"]);
    assert_eq!(plans("h1", 20), ["own"]);
    assert!(plans("h2", 5).is_empty());
}

#[test]
fn preferences_are_those_that_hold() {
    let rows = vec![
        preference(Channel::Email, 0.5, span(0, 10)),
        preference(Channel::Phone, 0.5, Validity::ALWAYS),
        preference(Channel::Email, 0.1, span(10, 20)),
    ];
    let reference = loaded(Tables { preferences: Some(rows), ..Tables::default() });
    let shares = |day: Micros| reference.preferences("h1", day * DAY).map(|row| row.share).collect::<Vec<_>>();
    assert_eq!((shares(5), shares(15), shares(25)), (vec![0.5, 0.5], vec![0.5, 0.1], vec![0.5]));
    assert_eq!(reference.preferences("h2", 0).count(), 0);
}

#[test]
fn the_next_change_is_the_first_of_what_bears_on_the_hcp() {
    let reference = loaded(Tables {
        hcps: Some(vec![hcp("h1", span(0, 50)), hcp("h2", Validity::ALWAYS)]),
        accounts: Some(vec![account("a1", None, span(0, 20)), account("a2", None, span(0, 60))]),
        affiliations: Some(vec![primary("a1", span(0, 30)), primary("a2", span(30, 70))]),
        panels: Some(vec![panel("h1", true, span(0, 10))]),
        preferences: Some(vec![preference(Channel::Email, 1.0, span(0, 40))]),
        ..Tables::default()
    });
    let mut changes = Vec::new();
    let mut at = EARLIEST;
    while let Some(next) = reference.next_change("h1", at) {
        changes.push(next / DAY);
        at = next;
    }
    assert_eq!(changes, [10, 20, 30, 40, 50, 60, 70], "panel, account, move, preference, row, account, affiliation");
    assert_eq!(reference.next_change("h2", 0), None, "what holds for ever never changes");
    assert_eq!(reference.next_change("h3", 0), None);
}

#[test]
fn noon_is_that_of_the_zone() {
    let mut row = hcp("h1", Validity::ALWAYS);
    row.time_zone = Some(chrono_tz::Europe::Berlin);
    let reference = loaded(Tables { hcps: Some(vec![row]), ..Tables::default() });
    let date = chrono::NaiveDate::from_ymd_opt(2026, 1, 15).unwrap();
    assert_eq!(reference.noon("h2", date) - reference.noon("h1", date), HOUR);
}

#[test]
fn the_version_is_of_the_rows_and_of_nothing_else() {
    let row = |id: &str, territory: Option<&str>| HcpRow {
        territory: territory.map(Into::into),
        time_zone: Some(chrono_tz::Europe::Berlin),
        ..hcp(id, Validity::ALWAYS)
    };
    let version = |hcps: Vec<HcpRow>| loaded(Tables { hcps: Some(hcps), ..Tables::default() }).version().to_owned();
    let both = version(vec![row("h1", None), row("h2", Some("north"))]);
    assert_eq!(both, "953d26e4a405a436", "the same on every machine and in every release");
    assert_eq!(version(vec![row("h2", Some("north")), row("h1", None)]), both, "in whatever order");
    for other in [
        vec![row("h1", Some("north")), row("h2", None)],
        vec![row("h1", None), row("h2", Some("north")), row("h3", None)],
        vec![row("h1", None)],
        vec![row("h1", Some("")), row("h2", Some("north"))],
        vec![],
    ] {
        assert_ne!(version(other.clone()), both, "{other:?}");
    }
    assert_eq!(Reference::default().version(), "none");
    assert_eq!(loaded(Tables::default()).version(), "none");
    let empty = loaded(Tables { preferences: Some(Vec::new()), ..Tables::default() });
    assert_eq!(empty.version(), "6a2fafd0f390987f", "a table without rows was given all the same");
    let share = |share| {
        let rows = vec![preference(Channel::Email, share, Validity::ALWAYS)];
        loaded(Tables { preferences: Some(rows), ..Tables::default() }).version().to_owned()
    };
    assert_eq!(share(0.0), share(-0.0));
    assert_ne!(share(0.25), share(0.5));
}

#[test]
fn a_change_bears_on_the_hcps_that_it_speaks_of() {
    let always = Validity::ALWAYS;
    let tables = || Tables {
        hcps: Some(vec![HcpRow { account_id: Some("a2".into()), ..hcp("h2", always) }, hcp("h3", always)]),
        accounts: Some(vec![account("a1", None, always), account("a2", None, always)]),
        affiliations: Some(vec![primary("a1", always)]),
        people: Some(Vec::new()),
        panels: Some(vec![panel("h1", true, always)]),
        plans: Some(Vec::new()),
        plan_steps: Some(vec![step("s1", 1)]),
        consents: Some(Vec::new()),
        consent_rules: None,
        preferences: Some(Vec::new()),
    };
    let changed = |change: fn(&mut Tables)| {
        let (old, mut new) = (loaded(tables()), tables());
        change(&mut new);
        let new = loaded(new);
        let both = [Changes::between(&old, &new), Changes::between(&new, &old)];
        let on =
            |changes: &Changes<'_>| ["h1", "h2", "h3"].into_iter().filter(|id| changes.bear_on(id)).collect::<String>();
        assert_eq!(on(&both[0]), on(&both[1]), "the other way round too");
        on(&both[0])
    };
    assert_eq!(changed(|_| ()), "");
    assert_eq!(changed(|t| t.hcps.as_mut().unwrap()[1].segment = Some("A".into())), "h3");
    assert_eq!(changed(|t| t.accounts.as_mut().unwrap()[0].declared_model = Some(ExecutionModel::Coverage)), "h1");
    assert_eq!(changed(|t| t.accounts.as_mut().unwrap().truncate(1)), "h2");
    assert_eq!(changed(|t| t.affiliations.as_mut().unwrap().clear()), "h1");
    assert_eq!(changed(|t| t.panels.as_mut().unwrap()[0].is_target = false), "h1");
    let enrol = |t: &mut Tables| {
        t.plans = Some(vec![PlanRow { plan_id: "p1".into(), account_id: Some("a2".into()), ..PlanRow::default() }]);
    };
    assert_eq!(changed(enrol), "h2");
    assert_eq!(changed(|t| t.preferences = Some(vec![preference(Channel::Email, 1.0, Validity::ALWAYS)])), "h1");
    assert_eq!(changed(|t| t.people = None), "", "nothing is computed from colleagues");
    assert_eq!(changed(|t| t.plan_steps.as_mut().unwrap()[0].position = 2), "h1h2h3");
    assert_eq!(changed(|t| t.preferences = None), "h1h2h3");
    assert_eq!(changed(|t| t.consents = None), "h1h2h3");
    assert_eq!(changed(|t| t.consent_rules = Some(Vec::new())), "", "the regimes without rules");
}
