//! Whole files: what they give, every problem of a bad one at once, and the templates in plain words, golden.
//! `UPDATE_GOLDEN=1` writes the files anew; look at the difference before keeping it.

use super::template::{TEMPLATES, named};
use super::{PolicyError, explain, in_force, load, parse, reload};
use crate::config::Problem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use touchpoint::policy::{
    Basis, Budget, Condition, Day, ExecutionModel, HcpFacts, NameSet, Per, QuietSpan, Rule, Scope, Threshold,
    TouchFacts, WordSet,
};
use touchpoint::time::{DAY, HOUR};
use touchpoint::{BusinessFunction, Channel, Kind, Origin, Policy, Purpose};

fn accepted(text: &str) -> Policy {
    parse("p.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

fn problems(text: &str) -> Vec<Problem> {
    match parse("p.toml", text) {
        Err(PolicyError::Problems { problems, .. }) => problems,
        other => panic!("{other:?}"),
    }
}

fn told(policy: &Policy) -> String {
    let mut out = Vec::new();
    explain(policy, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn golden(name: &str, text: &str) {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/policy/golden")).join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(text, golden, "{name}");
}

#[test]
fn a_version_is_enough_and_the_rest_is_the_default() {
    assert_eq!(accepted("version = \"v1\""), Policy { version: "v1".to_owned(), ..Policy::default() });
}

#[test]
fn every_key_can_be_set() {
    let policy = accepted(EVERY_KEY);
    assert_eq!((policy.version.as_str(), policy.half_life, policy.gap), ("v.2_a-B", 10 * DAY, 24 * HOUR));
    assert_eq!((policy.request_sla, policy.zones.near), (96 * HOUR, 0.8));
    let w = policy.weights;
    assert_eq!(
        [w.face_to_face, w.phone, w.video, w.congress, w.chat, w.email_rep, w.email_hq],
        [2., 1.5, 1.25, 0.75, 0.5, 0.25, 0.]
    );
    let c = policy.coherence;
    assert_eq!([c.agreement, c.coordination, c.sequence, c.plan, c.min_theme_coverage], [2., 3., 4., 0., 0.5]);
    let hours: Vec<_> = policy.working_hours.days.iter().map(|d| d.map(|s| (s.from_hour, s.to_hour))).collect();
    assert_eq!(hours, [Some((7, 18)), None, Some((8, 19)), Some((8, 19)), Some((9, 13)), Some((0, 24)), None]);
    let quiet = policy.quiet_hours.unwrap();
    let days = WordSet::of(&[Day::Saturday]);
    assert_eq!(
        quiet.spans(),
        [QuietSpan { days: WordSet::ANY, from: 1_170, to: 480 }, QuietSpan { days, from: 0, to: 1_440 }]
    );
    let [first, second] = policy.budgets.as_slice() else { panic!("{:?}", policy.budgets) };
    assert_eq!(*second, Budget::new("open", None, HOUR));
    assert_eq!((first.name.as_str(), first.cap, first.window, first.per), ("b-1", Some(0), 400 * DAY, Per::Product));
    let known = HcpFacts {
        segment: Some("A"),
        specialty: Some("s 1"),
        country: Some("DE"),
        territory: Some("t"),
        account: Some("a"),
        execution_model: Some(ExecutionModel::Navigation),
    };
    assert!(first.selector.matches(&known) && !first.selector.matches(&HcpFacts { segment: Some("C"), ..known }));
    let scope = Scope {
        kinds: WordSet::of(&[Kind::Emails]),
        channels: WordSet::of(&[Channel::Email]),
        origins: WordSet::of(&[Origin::Hq, Origin::Rep]),
        functions: WordSet::of(&[BusinessFunction::Marketing, BusinessFunction::Sales]),
        products: NameSet::of(["p", "q"]),
        purposes: WordSet::of(&[Purpose::Promotional, Purpose::Scientific]),
    };
    assert_eq!(first.scope, scope);
    let counts = Scope { products: NameSet::of(["p"]), ..Scope::default() };
    assert_eq!(first.counts, Rule::AnyOf(vec![Condition { scope: counts, bases: WordSet::ANY }]));
    let bypass = Scope { origins: WordSet::of(&[Origin::Rep]), ..Scope::default() };
    let bases = WordSet::of(&[Basis::Unsolicited, Basis::Declared]);
    assert_eq!(first.bypass, Rule::AnyOf(vec![Condition { scope: bypass, bases }]));
    let [gap] = policy.minimum_gaps.as_slice() else { panic!("{:?}", policy.minimum_gaps) };
    assert_eq!((gap.name.as_str(), gap.gap, gap.scope.kinds), ("g", 48 * HOUR, WordSet::of(&[Kind::Calls])));
    assert!(!gap.selector.is_any());
    let of = policy.alerts;
    let two = Threshold { above: 2.0, clear: 1.0 };
    assert_eq!((of.forecast, of.collisions), (7 * DAY, Threshold { above: 3.0, clear: 1.0 }));
    assert_eq!([of.budget_use, of.fragmentation, of.busy, of.account_load], [two; 4]);
    assert!(!told(&accepted(EVERY_KEY)).contains("(default)"), "a default that cannot be changed");
}

const EVERY_KEY: &str = r#"
    version = "v.2_a-B"
    [load]
    half_life = "10d"
    weights = { face_to_face = 2, phone = 1.5, video = 1.25, congress = 0.75, chat = 0.5, email_rep = 0.25, email_hq = 0 }
    [collisions]
    gap = "24h"
    [requests]
    sla = "96h"
    [working_hours]
    mon = "07:00-18:00"
    tue = "off"
    fri = "09:00-13:00"
    sat = "00:00-24:00"
    [zones]
    near = 0.8
    [coherence]
    agreement = 2
    coordination = 3
    sequence = 4
    plan = 0
    min_theme_coverage = 0.5
    [[quiet_hours]]
    hours = "19:30-08:00"
    [[quiet_hours]]
    days = ["sat"]
    hours = "00:00-24:00"
    [[budgets]]
    name = "b-1"
    cap = 0
    window = "400d"
    per = "product"
    counts = [{ products = ["p"] }]
    bypass = [{ origins = ["rep"], bases = ["unsolicited", "declared"] }]
    [budgets.selector]
    segments = ["A", "B"]
    specialties = ["s 1"]
    countries = ["DE"]
    territories = ["t"]
    accounts = ["a"]
    execution_models = ["navigation"]
    [budgets.scope]
    kinds = ["emails"]
    channels = ["email"]
    origins = ["rep", "hq"]
    functions = ["sales", "marketing"]
    products = ["q", "p"]
    purposes = ["promotional", "scientific"]
    [[budgets]]
    name = "open"
    window = "1h"
    [[minimum_gaps]]
    name = "g"
    gap = "48h"
    selector = { countries = ["DE"] }
    scope = { kinds = ["calls"] }
    [alerts]
    forecast = "7d"
    budget_use = { above = 2, clear = 1 }
    collisions = { above = 3, clear = 1 }
    fragmentation = { above = 2, clear = 1 }
    busy = { above = 2, clear = 1 }
    account_load = { above = 2, clear = 1 }
"#;

#[test]
fn every_problem_of_a_file_is_told_at_once_in_its_order_with_its_line_and_path() {
    let text = "\
[zone]
near = 0.8
[[budgets]]
nmae = \"rep\"
cap = 10_001
window = \"30 days\"
scope = { channels = [\"e-mail\", \"fax\"], kinds = [] }
[[budgets]]
name = \"Rep\"
window = \"401d\"
per = \"account\"
selector = \"all\"
[working_hours]
mon = \"08:30-19:00\"
monday = \"off\"
";
    let found: Vec<_> = problems(text).iter().map(|p| (p.line, p.path.clone(), p.what.clone())).collect();
    let expected = [
        (1, "zone", "did you mean zones?"),
        (1, "version", "is required"),
        (3, "budgets[1].name", "is required"),
        (4, "budgets[1].nmae", "did you mean name?"),
        (5, "budgets[1].cap", "a whole number from 0 (forbids) to 10000; leave it out for no limit, found 10001"),
        (6, "budgets[1].window", "a duration from 1h to 400d in quotes"),
        (7, "budgets[1].scope.channels", "\"e-mail\" is unknown; did you mean \"email\"?"),
        (7, "budgets[1].scope.channels", "\"fax\" is unknown; expected \"face_to_face\""),
        (7, "budgets[1].scope.kinds", "is empty; leave it out to mean any"),
        (9, "budgets[2].name", "a-z, 0-9 and -"),
        (10, "budgets[2].window", "found \"401d\""),
        (11, "budgets[2].per", "one of \"hcp\", \"owner\", \"product\""),
        (12, "budgets[2].selector", "expected a table, found \"all\""),
        (14, "working_hours.mon", "whole hours in quotes"),
        (15, "working_hours.monday", "known are mon, tue"),
    ];
    for (line, path, part) in expected {
        let is_it = |(l, p, w): &(Option<usize>, String, String)| *l == Some(line) && p == path && w.contains(part);
        assert!(found.iter().any(is_it), "{line} {path} {part} is missing in {found:#?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    assert!(found.is_sorted_by_key(|(line, ..)| *line));
    let error = parse("p.toml", text).unwrap_err().to_string();
    assert!(error.starts_with("the policy p.toml has 15 problems:\n  - line 1: "), "{error}");
}

#[test]
fn values_out_of_shape_are_refused() {
    for (line, part) in [
        ("version = \"a b\"", "a text in quotes that changes with the file"),
        ("version = 1", "found 1"),
        ("version = \"default-1\"", "names the built-in policy"),
        ("load.half_life = \"0h\"", "from 1h to 400d"),
        ("load.half_life = 7", "a duration"),
        ("load.weights.fax = 1", "remove it"),
        ("load.weights.phone = -1", "from 0 to 100"),
        ("load.weights.phone = nan", "from 0 to 100"),
        ("load = 7", "expected a table"),
        ("collisions.gap = \"31d\"", "from 1h to 30d"),
        ("requests.sla = \"1m\"", "from 1h to 90d"),
        ("zones.near = 1", "from 0.01 to 0.99"),
        ("coherence = { agreement = 0, coordination = 0, sequence = 0, plan = 0 }", "weigh one above 0"),
        ("coherence.min_theme_coverage = 1.1", "from 0 to 1"),
        ("alerts.busy = { above = 1, clear = 2 }", "clear at most above"),
        ("alerts.busy = { above = 1 }", "clear at most above"),
        ("alerts.busy = { above = 2, clear = 1, for = 1 }", "clear at most above"),
        ("alerts.forecast = \"91d\"", "from 1h to 90d"),
        ("quiet_hours = []", "at least one"),
        ("quiet_hours = { hours = \"19:00-08:00\" }", "write [[quiet_hours]]"),
        ("quiet_hours = [{ days = [\"sunday\"], hours = \"19:00-08:00\" }]", "expected \"mon\""),
        ("quiet_hours = [{ hours = \"19-8\" }]", "times in quotes"),
        ("quiet_hours = [{ hours = \"08:00-08:00\" }]", "times in quotes"),
        ("quiet_hours = [{ hours = \"00:00-24:00\" }]", "no minute of the week"),
        ("quiet_hours = [{ hours = \"07:00-20:00\" }]", "cover all working hours"),
        ("budgets = []", "at least one"),
        ("budgets = [1]", "expected tables"),
        ("minimum_gaps = [{ name = \"g\" }]", "is required"),
        ("budgets = [{ name = \"b\", window = \"7d\", cap = -1 }]", "from 0 (forbids)"),
        ("budgets = [{ name = \"b\", window = \"7d\", cap = \"5\" }]", "from 0 (forbids)"),
        ("budgets = [{ name = \"b\", window = \"7d\", counts = [] }]", "at least one"),
        ("budgets = [{ name = \"b\", window = \"7d\", counts = \"all\" }]", "expected tables"),
        ("budgets = [{ name = \"b\", window = \"7d\", selector = { segments = [\" A\"] } }]", "is no name"),
        ("budgets = [{ name = \"b\", window = \"7d\", selector = { segments = [\"A\", \"A\"] } }]", "twice"),
        ("budgets = [{ name = \"b\", window = \"7d\", selector = { segments = \"A\" } }]", "a list of texts"),
        ("budgets = [{ name = \"b\", window = \"7d\", selector = { segments = [1] } }]", "expected texts, found 1"),
        ("budgets = [{ name = \"b\", window = \"7d\", bases = [\"declared\"] }]", "is not a known key"),
    ] {
        let needed = if line.starts_with("version") { "" } else { "version = \"v\"\n" };
        let found = problems(&format!("{needed}{line}\n"));
        assert!(found.len() == 1 && found[0].what.contains(part), "{line}: {found:?}");
    }
}

/// A policy of these budgets; one cap of 5 in 7 days unless they say otherwise.
fn of_budgets(budgets: &[&str]) -> String {
    let budget = |(index, text): (usize, &&str)| {
        let window = if text.contains("window") { "" } else { "window = \"7d\"\n" };
        let name = if text.contains("name =") { String::new() } else { format!("name = \"b{}\"\n", index + 1) };
        format!("[[budgets]]\n{name}{window}{text}\n")
    };
    format!("version = \"v\"\n{}", budgets.iter().enumerate().map(budget).collect::<String>())
}

#[test]
fn conditions_that_no_touch_can_fit_are_refused() {
    for (budget, path, part) in [
        ("scope = { kinds = [\"calls\"], channels = [\"email\"] }", "scope", "no touch can fit all"),
        ("scope = { kinds = [\"calls\"], origins = [\"rep\"] }", "scope", "no touch can fit all"),
        ("scope = { kinds = [\"calls\", \"emails\"], channels = [\"email\"] }", "scope.kinds", "\"calls\" fits none"),
        (
            "scope = { kinds = [\"calls\"], channels = [\"phone\", \"congress\"] }",
            "scope.channels",
            "\"congress\" fits none",
        ),
        ("scope = { kinds = [\"emails\", \"calls\"], origins = [\"hq\"] }", "scope.kinds", "\"calls\" fits none"),
        ("scope.kinds = [\"requests\"]", "scope.kinds", "are no touches"),
        ("scope.channels = [\"medical_request\"]", "scope.channels", "are no touches"),
        ("scope.purposes = [\"safety\"]", "scope.purposes", "never counts"),
        ("scope.purposes = [\"promotional\", \"service\"]", "scope.purposes", "\"service\" never counts"),
        ("counts = [{ bases = [\"declared\"] }]", "counts[1].bases", "unsolicited touches and no others"),
        ("bypass = [{ bases = [\"request\"] }]", "bypass[1].bases", "always bypasses"),
        ("bypass = [{ purposes = [\"safety\"] }]", "bypass[1].purposes", "never held back"),
        (
            "scope.kinds = [\"calls\"]\nbypass = [{ kinds = [\"emails\"] }]",
            "bypass[1]",
            "fits no touch of the budget's scope",
        ),
        (
            "scope.products = [\"p\"]\ncounts = [{ products = [\"q\"] }]",
            "counts[1]",
            "fits no touch of the budget's scope",
        ),
        ("bypass = [{ bases = [\"unsolicited\"] }]", "bypass", "lets every touch pass"),
        (
            "bypass = [{ kinds = [\"calls\", \"emails\"] }, { kinds = [\"congress\"] }]",
            "bypass",
            "lets every touch pass",
        ),
    ] {
        let found = problems(&of_budgets(&[budget]));
        assert!(
            found.len() == 1 && found[0].path == format!("budgets[1].{path}") && found[0].what.contains(part),
            "{budget}: {found:?}"
        );
    }
    // Near misses that are fine.
    for budget in [
        "scope = { kinds = [\"calls\", \"emails\"], channels = [\"phone\", \"email\"] }",
        "scope.products = [\"p\"]\nbypass = [{ products = [\"p\"], functions = [\"access\"] }]",
        "bypass = [{ kinds = [\"calls\", \"emails\"] }]",
        "bypass = [{ products = [\"p\"] }]",
        "counts = [{ kinds = [\"calls\"] }]\nbypass = [{ bases = [\"declared\"] }]",
    ] {
        accepted(&of_budgets(&[budget]));
    }
    let gap = "version = \"v\"\n[[minimum_gaps]]\nname = \"g\"\ngap = \"24h\"\nscope = { kinds = [\"calls\"], origins = [\"hq\"] }";
    assert_eq!(problems(gap)[0].path, "minimum_gaps[1].scope");
}

#[test]
fn names_are_unique_among_budgets_and_gaps() {
    let found = problems(&of_budgets(&["name = \"b\"\ncap = 5", "name = \"b\"\ncap = 3\nper = \"owner\""]));
    assert!(found[0].path == "budgets[2].name" && found[0].what.contains("budgets[1]"), "{found:?}");
    let gap = format!("{}[[minimum_gaps]]\nname = \"b1\"\ngap = \"24h\"\n", of_budgets(&["cap = 1"]));
    let found = problems(&gap);
    assert!(found.len() == 1 && found[0].path == "minimum_gaps[1].name", "{found:?}");
}

#[test]
fn a_budget_that_another_one_always_precedes_is_refused() {
    for (first, second, refused) in [
        // Two of the same: the first stays.
        ("cap = 5", "cap = 5", 2),
        ("cap = 5", "cap = 4", 1),
        ("cap = 4", "cap = 5", 2),
        // A longer window holds at least as many.
        ("cap = 4\nwindow = \"28d\"", "cap = 4\nwindow = \"7d\"", 2),
        // All owners together are at least as many as one.
        ("cap = 3", "cap = 3\nper = \"owner\"", 2),
        ("cap = 3\nper = \"product\"", "cap = 2", 1),
        // Everything is at least as much as something; everybody is also somebody.
        ("cap = 5", "cap = 5\nscope.kinds = [\"emails\"]", 2),
        ("cap = 5\nselector.segments = [\"A\", \"B\"]", "cap = 5\nselector.segments = [\"B\"]", 2),
        ("cap = 0", "cap = 5\nscope.functions = [\"sales\"]", 2),
        // The same set of touches said in two ways.
        ("cap = 5\nscope.kinds = [\"emails\"]", "cap = 5\nscope.channels = [\"email\"]", 2),
        ("cap = 5\ncounts = [{ products = [\"p\"] }]", "cap = 6\nscope.products = [\"p\"]", 2),
    ] {
        let found = problems(&of_budgets(&[first, second]));
        assert!(found.len() == 1 && found[0].path == format!("budgets[{refused}]"), "{first} | {second}: {found:?}");
        assert!(found[0].what.contains("can never bind"), "{found:?}");
    }
    for (first, second) in [
        ("cap = 5\nwindow = \"28d\"", "cap = 4\nwindow = \"7d\""),
        ("cap = 3\nper = \"owner\"", "cap = 5"),
        ("cap = 3\nper = \"owner\"", "cap = 3\nper = \"product\""),
        ("cap = 5\nscope.kinds = [\"emails\"]", "cap = 6"),
        (
            "cap = 5\nselector.segments = [\"A\"]",
            "cap = 5\nselector.segments = [\"A\", \"B\"]\nscope.kinds = [\"calls\"]",
        ),
        // The stricter one lets through what the other holds back.
        ("cap = 3\nbypass = [{ bases = [\"declared\"] }]", "cap = 4"),
        ("cap = 3\nbypass = [{ kinds = [\"calls\"] }]", "cap = 4\nscope.kinds = [\"calls\"]"),
        // The stricter one does not count what the other counts.
        ("cap = 3\ncounts = [{ kinds = [\"calls\"] }]", "cap = 4"),
        // No cap is no limit, and holds before nothing.
        ("window = \"28d\"", "cap = 5"),
    ] {
        accepted(&of_budgets(&[first, second]));
    }
    let gaps = "version = \"v\"\n[[minimum_gaps]]\nname = \"g\"\ngap = \"48h\"\n[[minimum_gaps]]\nname = \"h\"\ngap = \"24h\"\n";
    assert_eq!(problems(&format!("{gaps}scope = {{ kinds = [\"calls\"] }}"))[0].path, "minimum_gaps[2]");
    accepted(&format!("{}scope = {{ kinds = [\"calls\"] }}", gaps.replace("48h", "12h")));
}

#[test]
fn many_budgets_are_checked_in_time_and_too_many_are_refused() {
    // Each owner's cap for a product of its own, and a few common ones: nothing holds before anything else.
    let budget = |n: usize| format!("cap = {}\nscope.products = [\"p{n}\", \"q{n}\"]\nper = \"owner\"", 1 + n % 7);
    let texts: Vec<String> = (0..500).map(budget).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(accepted(&of_budgets(&texts)).budgets.len(), 500);
    let found = problems(&of_budgets(&[&texts[..], &["cap = 1"]].concat()));
    assert!(found.len() == 1 && found[0].path == "budgets[501]", "{found:?}");
}

#[test]
fn a_broken_line_does_not_hide_what_is_wrong_elsewhere_and_invents_nothing() {
    let found = problems("version = v1\n[zones]\nnear = 2\n[[budgets]]\nname = \"b\"\n");
    let lines: Vec<_> = found.iter().map(|p| (p.line, p.path.as_str())).collect();
    assert_eq!(lines, [(Some(1), ""), (Some(3), "zones.near")], "{found:?}");
    assert!(found[0].what.starts_with("is not TOML: "), "{found:?}");
}

#[test]
fn a_changed_text_needs_a_version_that_was_not_in_force() {
    let taken = ["version = \"v1\"", "version = \"v2\"\nzones.near = 0.8"].map(|text| Arc::new(accepted(text)));
    let refused = |text: &str| reload("p.toml", text, &taken).unwrap_err().to_string();
    for text in ["version = \"v2\"\nzones.near = 0.7", "version = \"v1\"\nzones.near = 0.8"] {
        let error = refused(text);
        assert!(error.contains("version: was in force as") && error.contains("with another meaning"), "{error}");
    }
    assert!(refused("version = 1").contains("line 1: version"));
    let (a, b) = ("cap = 5\nname = \"a\"", "cap = 4\nper = \"owner\"\nname = \"b\"");
    let ordered = Arc::new(accepted(&of_budgets(&[a, b])));
    assert!(reload("p.toml", &of_budgets(&[b, a]), &[ordered]).is_ok(), "the order of budgets is no meaning");
    for text in ["version = \"v3\"", "version = \"v1\"", "# the same\nversion = \"v2\"\n[zones]\nnear = 0.80"] {
        assert_eq!(reload("p.toml", text, &taken).unwrap(), accepted(text));
    }
}

#[test]
fn a_file_is_read_and_one_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.toml");
    std::fs::write(&file, "version = \"v2\"").unwrap();
    assert_eq!(in_force(Some(&file)).unwrap().version, "v2");
    assert_eq!(*in_force(None).unwrap(), Policy::default());
    let error = load(Path::new("/nowhere/p.toml")).unwrap_err().to_string();
    assert!(error.starts_with("cannot read the policy /nowhere/p.toml: "), "{error}");
}

#[test]
fn the_examples_of_the_documentation_are_policies_and_the_second_is_the_default() {
    let text = include_str!("../../docs/POLICY.md");
    let examples: Vec<_> = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [limits, everything] = examples[..] else { panic!("there are {} examples", examples.len()) };
    let policy = accepted(limits);
    assert_eq!((policy.budgets.len(), policy.minimum_gaps.len(), policy.quiet_hours.is_some()), (2, 1, true));
    assert_eq!(accepted(everything), Policy { version: "as-by-default".to_owned(), ..Policy::default() });
    // Every key of every section is there: what can be set is documented.
    for key in EVERY_KEY.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| word.len() > 3) {
        let is_key = EVERY_KEY.contains(&format!("{key} = ")) || EVERY_KEY.contains(&format!("[{key}]"));
        assert!(!is_key || text.contains(key), "{key} is not documented");
    }
}

#[test]
fn every_template_is_a_policy_and_its_words_are_golden() {
    let mut versions = Vec::new();
    for template in TEMPLATES {
        let policy = accepted(template.text);
        assert!(!policy.budgets.is_empty() && policy.version.starts_with(template.name), "{}", template.name);
        assert!(template.text.starts_with("# ") && template.title().ends_with('.'), "{}", template.name);
        assert_eq!(named(template.name), Some(template));
        golden(template.name, &told(&policy));
        versions.push(policy.version);
    }
    versions.dedup();
    assert_eq!(versions.len(), 7);
    assert_eq!(named("none"), None);
}

#[test]
fn every_key_in_plain_words_is_golden() {
    golden("every-key", &told(&accepted(EVERY_KEY)));
    golden("nothing", &told(&accepted("version = \"nothing\"")));
}

#[test]
fn the_quiet_hours_of_the_templates_end_in_the_morning_of_a_working_day() {
    for name in ["uk-abpi", "coverage", "navigation", "orchestration"] {
        let quiet = accepted(named(name).unwrap().text).quiet_hours.unwrap();
        // Nights of every day: Sunday's ends on Monday morning.
        assert_eq!(quiet.spans()[0], QuietSpan { days: WordSet::ANY, from: 1_140, to: 480 }, "{name}");
    }
}

#[test]
fn the_templates_limit_what_their_names_say() {
    let of = |name: &str| accepted(named(name).unwrap().text);
    let mail = TouchFacts {
        kind: Kind::Emails,
        channel: Channel::Email,
        origin: Some(Origin::Rep),
        function: BusinessFunction::Sales,
        purpose: Purpose::Promotional,
        product: None,
        basis: Basis::Unsolicited,
    };
    let hq = TouchFacts { origin: Some(Origin::Hq), function: BusinessFunction::Marketing, ..mail };
    let visit = TouchFacts { kind: Kind::Calls, channel: Channel::FaceToFace, origin: None, ..mail };
    let rep = &of("rep-email").budgets[0];
    assert_eq!((rep.cap, rep.window), (Some(5), 30 * DAY));
    assert!(rep.counts(&mail) && !rep.counts(&hq) && !rep.counts(&visit));
    let weekly = &of("hq-email").budgets[0];
    assert_eq!((weekly.cap, weekly.window), (Some(1), 7 * DAY));
    assert!(weekly.counts(&hq) && !weekly.counts(&mail));
    assert!(!weekly.counts(&TouchFacts { purpose: Purpose::Service, ..hq }), "a transactional mail");
    let cross = of("cross-channel");
    assert_eq!(
        (cross.budgets[0].cap, cross.budgets[0].window, cross.minimum_gaps[0].gap),
        (Some(4), 28 * DAY, 48 * HOUR)
    );
    assert!([mail, hq, visit].iter().all(|touch| cross.budgets[0].counts(touch)));
    let abpi = &of("uk-abpi").budgets[0];
    assert_eq!((abpi.cap, abpi.window, abpi.per), (Some(3), 365 * DAY, Per::Owner));
    let requested = TouchFacts { basis: Basis::Declared, ..visit };
    assert!(abpi.counts(&visit) && !abpi.counts(&requested) && abpi.is_bypassed_by(&requested) && !abpi.counts(&mail));
    assert!(abpi.selector.matches(&HcpFacts { country: Some("GB"), ..HcpFacts::default() }));
    assert!(!abpi.selector.matches(&HcpFacts::default()));
}
