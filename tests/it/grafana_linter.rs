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

#[derive(Default)]
struct Found(BTreeSet<Violation>);

impl Found {
    fn hold(&mut self, rule: &'static str, (board, panel): (&Board, Option<&Value>), holds: bool) {
        if !holds {
            self.0.insert((rule, board.title().to_owned(), panel.map(|panel| text(panel, "title").to_owned())));
        }
    }
}

fn of_dashboard(board: &Board, found: &mut Found) {
    let place = (board, None);
    let sources: Vec<&Value> = board.variables().iter().filter(|variable| variable["type"] == "datasource").collect();
    let named = |of: &&Value| of["name"] == "datasource" && of["label"] == "Data source";
    found.hold("template-datasource-rule", place, sources.len() == 1 && sources.iter().all(named));
    if sources.iter().any(|of| of["query"] == "prometheus") {
        for (name, label, rule) in
            [("job", "Job", "template-job-rule"), ("instance", "Instance", "template-instance-rule")]
        {
            let whole = |variable: &Value| {
                variable["label"] == label
                    && variable["multi"] == true
                    && variable["allValue"] == ".+"
                    && variable["datasource"]["uid"] == "${datasource}"
            };
            found.hold(rule, place, board.variable(name).is_some_and(whole));
        }
    }
    let asked_again = |variable: &Value| variable["type"] != "query" || variable["refresh"] == 2;
    found.hold("template-on-time-change-reload", place, board.variables().iter().all(asked_again));
    found.hold("uneditable-dashboard", place, board.field("editable") == false);
}

fn of_panel(board: &Board, panel: &Value, found: &mut Found) {
    let place = (board, Some(panel));
    let shows_data = panel["type"] != "text";
    let described = ["title", "description"].iter().all(|key| panel[key].as_str().is_some_and(|text| !text.is_empty()));
    found.hold("panel-title-description-rule", place, described);
    found.hold("panel-no-targets-rule", place, !shows_data || !list(&panel["targets"]).is_empty());
    let chosen = |target: &Value| target["datasource"]["uid"] == "${datasource}";
    found.hold("panel-datasource-rule", place, list(&panel["targets"]).iter().all(chosen));
    let known = |unit: &Value| unit.as_str().is_some_and(|unit| UNITS.contains(&unit));
    let overrides = list(&panel["fieldConfig"]["overrides"]).iter().flat_map(|of| list(&of["properties"]));
    let in_overrides = overrides.filter(|property| property["id"] == "unit").all(|property| known(&property["value"]));
    found.hold(
        "panel-units-rule",
        place,
        !shows_data || (known(&panel["fieldConfig"]["defaults"]["unit"]) && in_overrides),
    );
}

fn of_target(board: &Board, query: &Query<'_>, found: &mut Found) {
    let (Asked::Promql(expr), Some(panel)) = (&query.asked, query.panel) else { return };
    let place = (board, Some(panel));
    let matched = |matcher: &str| selectors(expr).iter().all(|(_, matchers)| matchers.contains(matcher));
    found.hold("target-job-rule", place, matched("job=~\"$job\""));
    found.hold("target-instance-rule", place, matched("instance=~\"$instance\""));
    let calls = |name: &str| expr.split(name).skip(1).map(str::to_owned).collect::<Vec<_>>();
    let by_interval =
        |call: &String| call.split_once('[').is_some_and(|(_, span)| span.starts_with("$__rate_interval]"));
    found.hold(
        "target-rate-interval-rule",
        place,
        [calls("rate("), calls("increase(")].concat().iter().all(by_interval),
    );
    let counters = selectors(expr).into_iter().filter(|(series, _)| series.ends_with("_total"));
    let is_call = |at: usize| ["rate(", "increase("].iter().any(|call| expr[..at].ends_with(call));
    let in_a_rate = |series: &str| expr.match_indices(series).all(|(at, _)| is_call(at));
    found.hold("target-counter-agg-rule", place, counters.into_iter().all(|(series, _)| in_a_rate(series)));
}

fn violations(boards: &[Board]) -> BTreeSet<Violation> {
    let mut found = Found::default();
    for board in boards {
        of_dashboard(board, &mut found);
        board.panels().into_iter().for_each(|panel| of_panel(board, panel, &mut found));
        board.queries().iter().for_each(|query| of_target(board, query, &mut found));
    }
    found.0
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
