//! The rules of grafana/dashboard-linter, over the dashboards of `dashboards/grafana`.
//!
//! Written from the linter's documentation; it is a program of its own that no package registry of the tests has. Exceptions are those
//! of `.lint` beside the dashboards, in the linter's format, each with its reason; one that is not needed fails. That queries are
//! PromQL is seen by a real Prometheus in `grafana_panels`.

use crate::grafana_board::{Asked, Board, Query, file, list, selectors, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;

/// Units of Grafana that the dashboards use.
const UNITS: [&str; 11] =
    ["none", "string", "short", "percentunit", "bytes", "Bps", "dateTimeAsLocal", "s", "cps", "cpm", "bool_yes_no"];

/// A rule, the dashboard and, for rules about panels, the panel.
type Violation = (&'static str, String, Option<String>);

/// Where a rule is looked at.
type Place<'a> = (&'a Board, Option<&'a Value>);

/// The rules of `held` that do not hold.
fn broken(found: &mut BTreeSet<Violation>, (board, panel): Place<'_>, held: &[(&'static str, bool)]) {
    for (rule, _) in held.iter().filter(|(_, holds)| !holds) {
        found.insert((rule, board.title().to_owned(), panel.map(|panel| text(panel, "title").to_owned())));
    }
}

fn of_dashboard(board: &Board, found: &mut BTreeSet<Violation>) {
    let sources: Vec<&Value> = board.variables().iter().filter(|variable| variable["type"] == "datasource").collect();
    let named = |of: &&Value| of["name"] == "datasource" && of["label"] == "Data source";
    let asked_again = |variable: &Value| variable["type"] != "query" || variable["refresh"] == 2;
    let of_prometheus = sources.iter().any(|of| of["query"] == "prometheus");
    let offers = |name: &str, label: &str| {
        let whole = |variable: &Value| {
            variable["label"] == label
                && variable["multi"] == true
                && variable["allValue"] == ".+"
                && variable["datasource"]["uid"] == "${datasource}"
        };
        !of_prometheus || board.variable(name).is_some_and(whole)
    };
    let held = [
        ("template-datasource-rule", sources.len() == 1 && sources.iter().all(named)),
        ("template-job-rule", offers("job", "Job")),
        ("template-instance-rule", offers("instance", "Instance")),
        ("template-on-time-change-reload", board.variables().iter().all(asked_again)),
        ("uneditable-dashboard", board.field("editable") == false),
    ];
    broken(found, (board, None), &held);
}

fn of_panel(board: &Board, panel: &Value, found: &mut BTreeSet<Violation>) {
    let targets = list(&panel["targets"]);
    let shows_data = panel["type"] != "text";
    let is_said = |key: &str| panel[key].as_str().is_some_and(|text| !text.is_empty());
    let is_chosen = |target: &Value| target["datasource"]["uid"] == "${datasource}";
    let known = |unit: &Value| unit.as_str().is_some_and(|unit| UNITS.contains(&unit));
    let fields = &panel["fieldConfig"];
    let mut overrides = list(&fields["overrides"]).iter().flat_map(|of| list(&of["properties"]));
    let in_overrides = overrides.all(|property| property["id"] != "unit" || known(&property["value"]));
    let held = [
        ("panel-title-description-rule", is_said("title") && is_said("description")),
        ("panel-no-targets-rule", !shows_data || !targets.is_empty()),
        ("panel-datasource-rule", targets.iter().all(is_chosen)),
        ("panel-units-rule", !shows_data || (known(&fields["defaults"]["unit"]) && in_overrides)),
    ];
    broken(found, (board, Some(panel)), &held);
}

fn of_target(board: &Board, query: &Query<'_>, found: &mut BTreeSet<Violation>) {
    let (Asked::Promql(expr), Some(panel)) = (&query.asked, query.panel) else { return };
    let matched = |matcher: &str| selectors(expr).iter().all(|(_, matchers)| matchers.contains(matcher));
    let by_interval = |call: &str| {
        let mut calls = expr.split(call).skip(1);
        calls.all(|rest| rest.split_once('[').is_some_and(|(_, span)| span.starts_with("$__rate_interval]")))
    };
    let is_call = |at: usize| ["rate(", "increase("].iter().any(|call| expr[..at].ends_with(call));
    let in_a_rate = |series: &str| expr.match_indices(series).all(|(at, _)| is_call(at));
    let held = [
        ("target-job-rule", matched("job=~\"$job\"")),
        ("target-instance-rule", matched("instance=~\"$instance\"")),
        ("target-rate-interval-rule", by_interval("rate(") && by_interval("increase(")),
        (
            "target-counter-agg-rule",
            selectors(expr).iter().all(|(series, _)| !series.ends_with("_total") || in_a_rate(series)),
        ),
    ];
    broken(found, (board, Some(panel)), &held);
}

fn violations(boards: &[Board]) -> BTreeSet<Violation> {
    let mut found = BTreeSet::new();
    for board in boards {
        of_dashboard(board, &mut found);
        board.panels().into_iter().for_each(|panel| of_panel(board, panel, &mut found));
        board.queries().iter().for_each(|query| of_target(board, query, &mut found));
    }
    found
}

#[test]
fn dashboards_hold_the_rules_of_the_linter_but_where_a_reason_stands() {
    let lint: Value =
        serde_json::from_str(&fs::read_to_string(file("dashboards/grafana/dashboards/.lint")).expect(".lint"))
            .expect("JSON");
    let mut excepted: BTreeSet<(String, String, Option<String>)> = BTreeSet::new();
    for (rule, exception) in lint["exclusions"].as_object().expect("exclusions") {
        assert!(text(exception, "reason").len() > 40, "{rule} has no reason");
        assert!(!list(&exception["entries"]).is_empty(), "{rule} would be left out everywhere");
        for entry in list(&exception["entries"]) {
            let panel = entry["panel"].as_str().map(str::to_owned);
            assert!(
                excepted.insert((rule.clone(), text(entry, "dashboard").to_owned(), panel)),
                "{rule}: {entry} twice"
            );
        }
    }
    let found: BTreeSet<_> =
        violations(&Board::all()).into_iter().map(|(rule, board, panel)| (rule.to_owned(), board, panel)).collect();
    let unexcused: Vec<_> = found.difference(&excepted).collect();
    assert!(unexcused.is_empty(), "against a rule of the linter, and not in .lint: {unexcused:#?}");
    let surplus: Vec<_> = excepted.difference(&found).collect();
    assert!(surplus.is_empty(), ".lint excuses what holds: {surplus:#?}");
}

#[test]
fn slips_are_found() {
    let panel = json!({
        "id": 1, "type": "timeseries", "title": "a", "description": "",
        "fieldConfig": { "defaults": { "unit": "parsecs" }, "overrides": [] },
        "targets": [{ "refId": "A", "datasource": { "uid": "${datasource}" }, "expr": "sum(touchload_a_total{job=\"x\"}) + rate(touchload_b_total[5m])" }],
    });
    let board = Board::of(json!({
        "title": "slips", "uid": "slips", "editable": true, "panels": [panel], "annotations": { "list": [] },
        "templating": { "list": [{ "type": "datasource", "name": "prom", "query": "prometheus" }, { "type": "query", "name": "x", "refresh": 1, "query": "SELECT 1" }] },
    }));
    let rules: Vec<&str> = violations(&[board]).into_iter().map(|(rule, ..)| rule).collect();
    let expected = [
        "panel-title-description-rule",
        "panel-units-rule",
        "target-counter-agg-rule",
        "target-instance-rule",
        "target-job-rule",
        "target-rate-interval-rule",
        "template-datasource-rule",
        "template-instance-rule",
        "template-job-rule",
        "template-on-time-change-reload",
        "uneditable-dashboard",
    ];
    assert_eq!(rules, expected);
}
