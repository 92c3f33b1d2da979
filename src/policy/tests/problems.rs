//! Every problem of a bad file at once, each with its line, its path and what was expected.

use super::{parse, problems};

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

#[test]
fn a_broken_line_does_not_hide_what_is_wrong_elsewhere_and_invents_nothing() {
    let found = problems("version = v1\n[zones]\nnear = 2\n[[budgets]]\nname = \"b\"\n");
    let lines: Vec<_> = found.iter().map(|p| (p.line, p.path.as_str())).collect();
    assert_eq!(lines, [(Some(1), ""), (Some(3), "zones.near")], "{found:?}");
    assert!(found[0].what.starts_with("is not TOML: "), "{found:?}");
}

#[test]
fn a_country_is_a_code_that_reference_data_have() {
    let budget = |code: &str| {
        format!(
            "version = \"1\"\n[[budgets]]\nname = \"b\"\ncap = 1\nwindow = \"7d\"\nselector = {{ countries = [\"{code}\"] }}\n"
        )
    };
    assert!(parse("policy.toml", &budget("gb")).is_ok());
    let found: Vec<_> = problems(&budget("UK")).iter().map(|p| p.what.clone()).collect();
    assert!(found.len() == 1 && found[0].contains("no ISO 3166 country"), "{found:?}");
}
