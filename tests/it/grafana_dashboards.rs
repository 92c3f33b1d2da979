//! The dashboards of `dashboards/grafana` without a server: made by their generator, typed as Grafana types them, about metrics
//! that exist, and with links that lead somewhere. What their queries answer is asked in `grafana_panels`.

use crate::grafana_board::{Asked, Board, file, list, selectors, text};
use crate::test_setup;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

/// Documented metrics that no dashboard and no rule shows, and why.
const NOT_SHOWN: &[(&str, &str)] = &[
    ("touchload_requests_past_sla", "medical requests: the dashboards are for the commercial audience"),
    ("touchload_requests_within_sla", "medical requests: the dashboards are for the commercial audience"),
];

#[test]
fn dashboards_are_what_the_generator_makes() {
    let Some(python) = test_setup::provide("python.sh") else { return };
    let generate = |arguments: &[&str]| {
        let program = file("dashboards/grafana/generate");
        let output = Command::new(&python).arg(program).args(arguments).output().expect("python starts");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(generate(&["--check"]), (true, String::new()));
    let folder = tempfile::tempdir().expect("a folder");
    let elsewhere = folder.path().to_str().expect("UTF-8");
    let (same, said) = generate(&["--check", "--out", elsewhere]);
    assert!(!same && said.contains("touchload-overview.json"), "an empty folder is not what it makes: {said}");
    assert_eq!(generate(&["--out", elsewhere]), (true, String::new()));
    for board in Board::all() {
        let made = fs::read(folder.path().join(board.path.file_name().expect("a name"))).expect("a dashboard");
        assert!(made == fs::read(&board.path).expect("a dashboard"), "{}", board.path.display());
    }
}

#[test]
fn dashboards_have_the_types_of_grafana() {
    let Some(modules) = test_setup::provide("node.sh") else { return };
    let check = |files: &[&std::path::Path]| {
        let mut command = Command::new("node");
        command.arg(file("tests/node/check_types.mjs")).arg(&modules).args(files);
        let output = command.output().expect("node starts");
        (output.status.success(), [output.stdout, output.stderr].concat())
    };
    let boards = Board::all();
    let files: Vec<_> = boards.iter().map(|board| board.path.as_path()).collect();
    let (typed, said) = check(&files);
    assert!(typed, "{}", String::from_utf8_lossy(&said));
    assert_eq!(String::from_utf8_lossy(&said).trim(), "5");
    let folder = tempfile::tempdir().expect("a folder");
    let slip = folder.path().join("slip.json");
    let written = fs::read_to_string(&boards[0].path).expect("a dashboard").replacen(
        "\"colorMode\": \"value\"",
        "\"colorMode\": \"values\"",
        1,
    );
    fs::write(&slip, written).expect("the folder can be written");
    let (typed, said) = check(&[&slip]);
    let said = String::from_utf8_lossy(&said);
    assert!(!typed && said.contains("Type '\"values\"' is not assignable"), "a slip is not found: {said}");
}

/// Metrics of docs/OPERATING.md and series that rules record.
fn known() -> (BTreeSet<String>, BTreeSet<String>) {
    let manual = fs::read_to_string(file("docs/OPERATING.md")).expect("docs/OPERATING.md");
    let documented = manual.split('`').skip(1).step_by(2).filter(|word| word.starts_with("touchload_"));
    let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let rules = fs::read_to_string(file("dashboards/prometheus/recording.yaml")).expect("rules");
    let recorded = rules.lines().filter_map(|line| line.trim().strip_prefix("- record: ").map(str::to_owned));
    (documented.filter(is_name).map(str::to_owned).collect(), recorded.collect())
}

/// The family of a series.
fn family<'a>(series: &'a str, documented: &BTreeSet<String>) -> &'a str {
    let bare = ["_bucket", "_sum", "_count"].iter().find_map(|end| series.strip_suffix(end));
    bare.filter(|bare| documented.contains(*bare)).unwrap_or(series)
}

#[test]
fn dashboards_and_documents_name_the_same_metrics() {
    let (documented, recorded) = known();
    assert!(documented.len() > 60 && recorded.len() > 5, "{} and {}", documented.len(), recorded.len());
    let mut shown = BTreeSet::new();
    let mut unknown = BTreeSet::new();
    for board in Board::all() {
        for query in board.queries() {
            let (Asked::Promql(expr) | Asked::LabelValues(expr, _)) = &query.asked else { continue };
            for (series, _) in selectors(expr).into_iter().filter(|(series, _)| *series != "ALERTS") {
                let family = family(series, &documented);
                if !documented.contains(family) && !recorded.contains(family) {
                    unknown.insert(format!("{}: {series}", query.place));
                }
                shown.insert(family.to_owned());
            }
        }
    }
    assert!(unknown.is_empty(), "docs/OPERATING.md and recording.yaml know none of {unknown:#?}");
    for name in ["recording.yaml", "pipeline.yaml", "business.yaml"] {
        let rules = fs::read_to_string(file("dashboards/prometheus").join(name)).expect("rules");
        shown.extend(selectors(&rules).into_iter().map(|(series, _)| family(series, &documented).to_owned()));
    }
    let silent: BTreeSet<_> = documented.iter().filter(|name| !shown.contains(*name)).map(String::as_str).collect();
    let excepted: BTreeSet<_> = NOT_SHOWN.iter().map(|(name, _)| *name).collect();
    assert_eq!(silent, excepted, "metrics that no dashboard and no rule shows, beside those of NOT_SHOWN");
}

/// Every address in a JSON value.
fn addresses<'a>(json: &'a Value, found: &mut Vec<&'a str>) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(url) if name == "url" && !url.is_empty() => found.push(url),
                    _ => addresses(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| addresses(value, found)),
        _ => {}
    }
}

#[test]
fn links_lead_to_dashboards_variables_and_views_that_exist() {
    let boards = Board::all();
    let page = fs::read_to_string(file("serve/src/live_page/app.js")).expect("the live page");
    let views = page.split_once("const VIEWS = {").and_then(|(_, rest)| rest.split_once('}')).expect("its views").0;
    let views: BTreeSet<&str> = views.split(',').map(str::trim).collect();
    let (mut to_boards, mut to_views) = (BTreeSet::new(), BTreeSet::new());
    for board in &boards {
        let mut found = Vec::new();
        board.panels().into_iter().for_each(|panel| addresses(panel, &mut found));
        addresses(board.field("links"), &mut found);
        for url in found {
            if let Some(rest) = url.strip_prefix("/d/") {
                let (uid, query) = rest.split_once('?').expect("a link carries what was clicked on");
                let target = boards.iter().find(|other| other.uid() == uid).unwrap_or_else(|| panic!("{url}"));
                for name in query.split('&').filter_map(|part| part.strip_prefix("var-")?.split('=').next()) {
                    assert!(target.variable(name).is_some(), "{uid} has no variable {name}: {url}");
                }
                to_boards.insert(uid.to_owned());
            } else if let Some(view) = url.strip_prefix("${page:raw}/") {
                assert!(board.variable("page").is_some(), "{} does not know where the page is", board.title());
                let view = view.trim_start_matches("#/").split(['/', '?']).next().unwrap_or_default();
                assert!(view.is_empty() || views.contains(view), "the live page has no view {view}");
                to_views.insert(view.to_owned());
            } else {
                assert!(url.starts_with("/alerting/"), "{}: {url}", board.title());
            }
        }
    }
    let expected = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(to_boards, expected(&["touchload-accounts", "touchload-hcp"]));
    assert_eq!(to_views, expected(&["", "account", "hcp", "overview"]));
}

#[test]
fn panels_say_what_they_show() {
    for board in Board::all() {
        assert!(board.field("description").as_str().is_some_and(|text| !text.is_empty()), "{}", board.title());
        assert_eq!(board.path.file_stem().and_then(|stem| stem.to_str()), Some(board.uid()));
        let (mut titles, mut ids) = (BTreeSet::new(), BTreeSet::new());
        for panel in board.panels() {
            let title = text(panel, "title");
            assert!(
                titles.insert(title) && ids.insert(panel["id"].as_i64()),
                "{}: {title} is there twice",
                board.title()
            );
            assert!(text(panel, "description").len() > 20 || panel["type"] == "text", "{title} has no description");
            // A line of a constant is a published number: it says whose and of when.
            for target in
                list(&panel["targets"]).iter().filter(|of| of["expr"].as_str().is_some_and(|e| e.starts_with("vector")))
            {
                let legend = text(target, "legendFormat");
                let year = legend.rsplit([' ', ')']).find_map(|word| word.trim_matches(',').parse::<u16>().ok());
                assert!(
                    legend.contains('(') && year.is_some_and(|year| (2000..2100).contains(&year)),
                    "{title}: {legend}"
                );
            }
        }
    }
}

#[test]
fn every_state_of_a_budget_is_a_word_and_a_shape() {
    let texts: String =
        Board::all().iter().map(|board| fs::read_to_string(&board.path).expect("a dashboard")).collect();
    for word in ["▲ over", "◆ full", "● near", "○ clear", "– no budget"] {
        assert!(texts.contains(word), "{word} is on no dashboard");
    }
    for zone in ["over", "full", "near", "clear"] {
        assert!(!texts.contains(&format!("\"text\": \"{zone}\"")), "{zone} is shown by colour alone");
    }
}

#[test]
fn provisioning_names_what_dashboards_ask() {
    let sources =
        fs::read_to_string(file("dashboards/grafana/provisioning/datasources/touchload.yaml")).expect("data sources");
    let uids: BTreeMap<&str, &str> = sources
        .split("\n  - name: ")
        .skip(1)
        .filter_map(|source| {
            let of = |key: &str| source.lines().find_map(|line| line.trim().strip_prefix(key));
            Some((of("uid: ")?, of("type: ")?))
        })
        .collect();
    let expected = [
        ("touchload-alertmanager", "alertmanager"),
        ("touchload-prometheus", "prometheus"),
        ("touchload-sql", "postgres"),
    ];
    assert_eq!(uids, BTreeMap::from(expected));
    for board in Board::all() {
        if let Some(variable) = board.variable("datasource") {
            assert_eq!(variable["current"]["value"], "touchload-prometheus", "{}", board.title());
        }
    }
    let provider =
        fs::read_to_string(file("dashboards/grafana/provisioning/dashboards/touchload.yaml")).expect("a provider");
    assert!(provider.contains("path: /var/lib/grafana/dashboards\n"), "{provider}");
}
