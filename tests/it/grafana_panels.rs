//! Every query of every dashboard against the real thing: a demo with alerts, scraped by a real Prometheus that runs our rules,
//! and asked by SQL as Grafana asks it. Expressions of rules are run too.
//!
//! An expression must be one, each series that it names must be there, and it must have numbers, unless [`QUIET`] says why not.
//! A statement must be answered alike by both protocols, with columns of the kinds that its panel shows, and with rows, unless
//! [`EMPTY`] says why not. What a few people do depends on the day and the hour, so statements that have no rows about a small
//! company are asked about a larger one.

use crate::alertmanager::AlertmanagerProcess;
use crate::embedded::{Demo, metric};
use crate::grafana_board::{Asked, Board, Choices, Query, file, list, selectors, text};
use crate::grafana_macros::Panel;
use crate::postgres_client::{Answer, Column, Login, PostgresClient};
use crate::prometheus_server::PrometheusServer;
use crate::run_process::until;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use touchpoint::time::DAY;

/// Panels, series and annotations that have nothing to show in a healthy demo of a minute, and why.
const QUIET: &[(&str, &str)] = &[
    ("Alerts of the pipeline A", "nothing is wrong with a demo, so there may be no series of alerts"),
    ("Rules of Prometheus that hold now A", "nothing is wrong with a demo"),
    ("Rules that held A", "nothing is wrong with a demo"),
    ("Territories beside the others E", "a demo of 60 HCPs has one territory"),
    ("Messages of reference topics a minute A", "a demo has its reference data from no topic"),
    ("How long gauges take B", "no gauge fails"),
    ("SQL clients that were not let in, a minute A", "everybody is let in"),
    ("Policy changes", "the policy stays as it is"),
];

/// Statements without rows in a demo, and why.
const EMPTY: &[(&str, &str)] = &[
    ("Untouched targets at accounts that are touched A", "whether one of 60 HCPs is left alone depends on the day"),
    ("Planned for the next 14 days A", "what lies ahead of one HCP depends on the day"),
];

/// The HCP whom a reader of the explorer has chosen: of those with planned touches ahead, whoever is touched most. The busiest of
/// all may have nothing planned on the day of the test.
const BUSIEST_WITH_PLANS: &str = "SELECT h.hcp_id FROM hcp_now h \
    JOIN (SELECT DISTINCT hcp_id FROM forecast(now(), 14, 'commercial')) f ON f.hcp_id = h.hcp_id \
    ORDER BY h.touches DESC, h.hcp_id LIMIT 1";

/// What holds in a demo and Prometheus after it has been scraped for a while.
struct Scene {
    _alertmanager: AlertmanagerProcess,
    demo: Demo,
    prometheus: PrometheusServer,
}

/// A small company, whose history does not grow while statements over it are asked one after another.
const SMALL: [&str; 8] = ["--hcps", "60", "--rate", "5", "--poison", "0.2", "--seed", "12"];
/// One in which more happens on any day.
const LARGER: [&str; 8] = ["--hcps", "240", "--rate", "10", "--poison", "0.2", "--seed", "13"];

impl Scene {
    /// `None` when a program is missing and the test is to be skipped.
    fn set(company: &[&str]) -> Option<Self> {
        let alertmanager = AlertmanagerProcess::start()?;
        let policy = file("src/policy/templates/cross-channel.toml");
        let policy = policy.to_str().expect("UTF-8");
        let options = ["--policy", policy, "--alertmanager", &alertmanager.url()];
        let mut demo = Demo::as_typed(&[company, &options].concat());
        let prometheus = PrometheusServer::start(demo.address())?;
        demo.wait_for("/readyz", |_| true);
        demo.wait_for("/metrics", |page| {
            metric(page, "touchload_rejects_total") > 10.0 && metric(page, "touchload_hcps") > 0.0
        });
        // Somebody is over, that is an alert, and it was delivered.
        demo.wait_for("/metrics", |page| metric(page, "touchload_alert_deliveries_total") > 0.0);
        let scene = Self { _alertmanager: alertmanager, demo, prometheus };
        scene.ask_before_a_touch();
        Some(scene)
    }

    /// Somebody asks whether an HCP may be touched, so that there is a verdict to show.
    fn ask_before_a_touch(&self) {
        let url = format!("http://{}", self.demo.address());
        let asked = Command::new(env!("CARGO_BIN_EXE_touchload"))
            .args(["-q", "check", "--hcp", "hcp-000001", "--channel", "phone", "--url", &url])
            .stdin(Stdio::null())
            .output()
            .expect("touchload starts");
        // 0 allows, 3 denies; anything else is no verdict.
        assert!(matches!(asked.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&asked.stderr));
    }

    fn sql(&self) -> SocketAddr {
        self.demo.sql()
    }

    /// Scraped so often that every rate and every moved comparison has something to compare.
    fn wait_scraped(&self) {
        until("twenty scrapes, with a check and a statement in them", || {
            let scrapes = self.prometheus.query(
                "count_over_time(touchload_sql_queries_total{outcome=\"ok\"}[5m]) >= 20 and \
                 rate(touchload_sql_queries_total{outcome=\"ok\"}[5m]) > 0",
            );
            let known = self.prometheus.query("job_basis:touchload_coherence:p50");
            (!scrapes.ok()?.is_empty() && !known.ok()?.is_empty()).then_some(())
        });
    }
}

/// A Prometheus of a minute has no last week: comparisons with the past look seconds back.
fn hurried(expr: &str) -> String {
    ["1w", "4w", "1d", "1h", "5m"]
        .iter()
        .fold(expr.to_owned(), |expr, span| expr.replace(&format!("offset {span}"), "offset 5s"))
}

/// The numbers of a series that are numbers.
fn is_number(series: &Value) -> bool {
    series["value"][1].as_str().is_some_and(|value| value.parse::<f64>().is_ok_and(|number| !number.is_nan()))
}

fn excused(exceptions: &[(&str, &str)], name: &str) -> bool {
    exceptions.iter().any(|(of, _)| *of == name)
}

/// Whether an expression has something to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Today {
    Numbers,
    /// Its series are there, and nothing is wrong.
    Calm,
    /// Nothing of the kind happens: not even its series need be there.
    Quiet,
}

/// What is wrong with an expression.
fn judge_promql(scene: &Scene, expr: &str, today: Today, legend: Option<&str>) -> Result<(), String> {
    let found = scene.prometheus.query(&hurried(expr)).map_err(|error| format!("{error}: {expr}"))?;
    for (series, matchers) in selectors(expr) {
        // What a matcher picks may be nobody today; that the series is there with its labels is what a slip would break.
        let labels: Vec<&str> = matchers.split(", ").filter_map(|matcher| matcher.split(['=', '!']).next()).collect();
        let labels: Vec<&str> = labels.into_iter().filter(|label| !label.is_empty()).collect();
        let having: String = labels.iter().map(|label| format!("{label}!=\"\",")).collect();
        let there = scene.prometheus.query(&format!("{series}{{{having}}}"))?;
        if there.is_empty() && today != Today::Quiet {
            return Err(format!("there is no {series} with labels {labels:?}"));
        }
    }
    if today == Today::Numbers && !found.iter().any(is_number) {
        return Err(format!("no data: {expr}"));
    }
    for label in legend.unwrap_or_default().split("{{").skip(1).filter_map(|part| part.split("}}").next()) {
        if found.iter().any(|series| series["metric"][label].is_null()) {
            return Err(format!("the legend names {label}, which a series lacks: {expr}"));
        }
    }
    Ok(())
}

#[test]
fn every_query_of_every_dashboard_is_answered() {
    let Some(scene) = Scene::set(&SMALL) else { return };
    let boards = Board::all();
    // Statements come first: they are among what is scraped.
    let (mut asked, statements) = ask_statements(&boards, &scene, |_| true);
    let (without_rows, mut faults): (Vec<Fault>, Vec<Fault>) =
        statements.into_iter().partition(|fault| fault.wrong == Wrong::NoRows);
    if !without_rows.is_empty() {
        let places: BTreeSet<&str> = without_rows.iter().map(|fault| fault.place.as_str()).collect();
        let larger = Scene::set(&LARGER).expect("programs that were there");
        faults.extend(ask_statements(&boards, &larger, |query| places.contains(query.place.as_str())).1);
    }
    let mut faults: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.place, fault.said)).collect();
    let mut client = connect(scene.sql());
    client.one("SELECT 1").expect("a statement for the scrapes of now");
    scene.wait_scraped();
    for board in &boards {
        let choices = choices(board, &scene, &mut client);
        for query in board.queries() {
            let outcome = match &query.asked {
                Asked::Sql(_) => continue,
                Asked::LabelValues(selector, label) => choices
                    .in_promql(selector)
                    .and_then(|selector| scene.prometheus.label_values(&selector, label))
                    .and_then(
                        |values| if values.is_empty() { Err("nothing to choose from".to_owned()) } else { Ok(()) },
                    ),
                Asked::Promql(expr) => choices.in_promql(expr).and_then(|expr| {
                    let today = if excused(QUIET, &query.name) { Today::Quiet } else { Today::Numbers };
                    judge_promql(&scene, &expr, today, query.target["legendFormat"].as_str())
                }),
            };
            asked += 1;
            faults.extend(outcome.err().map(|fault| format!("{}: {fault}", query.place)));
        }
    }
    for (name, expr, today) in rules() {
        faults.extend(judge_promql(&scene, &expr, today, None).err().map(|fault| format!("rule {name}: {fault}")));
    }
    assert!(asked > 130, "only {asked} queries were found");
    let said = scene.prometheus.said();
    assert!(faults.is_empty(), "{} of {asked}:\n{}\n{said}", faults.len(), faults.join("\n"));
}

/// A statement that is not answered as its panel needs it.
struct Fault {
    place: String,
    wrong: Wrong,
    said: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// The answer is right, and empty.
    NoRows,
    /// The statement or its answer.
    Answer,
}

/// Asks the statements that are `wanted`; how many there were, and what is wrong with them.
fn ask_statements(boards: &[Board], scene: &Scene, wanted: impl Fn(&Query<'_>) -> bool) -> (usize, Vec<Fault>) {
    let mut client = connect(scene.sql());
    let (mut asked, mut faults) = (0, Vec::new());
    for board in boards {
        let choices = choices(board, scene, &mut client);
        for query in board.queries().iter().filter(|query| matches!(query.asked, Asked::Sql(_)) && wanted(query)) {
            asked += 1;
            if let Err((wrong, said)) = judge_sql(&mut client, query, &choices) {
                faults.push(Fault { place: query.place.clone(), wrong, said });
            }
        }
    }
    (asked, faults)
}

/// Every rule with its expression. An alert is quiet while nothing is wrong, but its series are there.
fn rules() -> Vec<(String, String, Today)> {
    let mut found = Vec::new();
    for name in ["recording.yaml", "pipeline.yaml", "business.yaml"] {
        let text = fs::read_to_string(file("dashboards/prometheus").join(name)).expect("rules");
        for rule in text.split("\n      - ").skip(1) {
            let (kind, rest) = rule.split_once(": ").expect("a name");
            let name = rest.lines().next().expect("a name").to_owned();
            let lines: Vec<&str> = rest.lines().skip_while(|line| !line.trim().starts_with("expr:")).collect();
            let first = lines[0].trim().trim_start_matches("expr:").trim();
            let block = lines[1..].iter().take_while(|line| line.starts_with("          "));
            let expr: String =
                if first.starts_with('|') { block.map(|line| format!("{line}\n")).collect() } else { first.to_owned() };
            found.push((name, expr, if kind == "alert" { Today::Calm } else { Today::Numbers }));
        }
    }
    assert!(found.len() > 20, "only {} rules were found", found.len());
    found
}

fn connect(address: SocketAddr) -> PostgresClient {
    let login = Login { address, user: "grafana".to_owned(), password: String::new() };
    PostgresClient::connect(&login).unwrap_or_else(|refused| panic!("{refused}"))
}

/// What a reader of a dashboard has chosen: everything that the variables offer, and of texts the busiest there is.
fn choices(board: &Board, scene: &Scene, client: &mut PostgresClient) -> Choices {
    let mut choices = Choices::default();
    for variable in board.variables() {
        let name = text(variable, "name").to_owned();
        let values = match (text(variable, "type"), name.as_str()) {
            ("query", _) if variable["allValue"].is_string() => vec![text(variable, "allValue").to_owned()],
            ("query", _) => offered(variable, scene, client, &choices),
            (_, "hcp") => busiest(client, BUSIEST_WITH_PLANS),
            (_, "account") => busiest(
                client,
                "SELECT account_id FROM account_now WHERE account_id <> 'unassigned' ORDER BY touches DESC, account_id LIMIT 1",
            ),
            _ => vec![variable["current"]["value"].as_str().unwrap_or_default().to_owned()],
        };
        choices.0.insert(name, values);
    }
    choices
}

fn offered(variable: &Value, scene: &Scene, client: &mut PostgresClient, choices: &Choices) -> Vec<String> {
    let Some(statement) = variable["query"].as_str() else {
        let query = text(&variable["query"], "query");
        let (selector, label) =
            query.trim_start_matches("label_values(").trim_end_matches(')').rsplit_once(", ").expect("a label");
        let selector = choices.in_promql(selector).unwrap_or_else(|error| panic!("{error}"));
        return until("values to choose from", || {
            scene.prometheus.label_values(&selector, label).ok().filter(|found| !found.is_empty())
        });
    };
    busiest(client, statement)
}

fn busiest(client: &mut PostgresClient, statement: &str) -> Vec<String> {
    let answer = client.one(statement).unwrap_or_else(|refused| panic!("{statement}: {refused}"));
    answer.rows.into_iter().flatten().flatten().collect()
}

/// What is wrong with a statement or its answer.
fn judge_sql(client: &mut PostgresClient, query: &Query<'_>, choices: &Choices) -> Result<(), (Wrong, String)> {
    let answer = answered_alike(client, query, choices).map_err(|said| (Wrong::Answer, said))?;
    if answer.rows.is_empty() && !excused(EMPTY, &query.name) {
        return Err((Wrong::NoRows, "no rows".to_owned()));
    }
    judge_answer(query, &answer).map_err(|said| (Wrong::Answer, said))
}

/// The answer by both protocols.
fn answered_alike(client: &mut PostgresClient, query: &Query<'_>, choices: &Choices) -> Result<Answer, String> {
    let Asked::Sql(written) = &query.asked else { return Err("no statement".to_owned()) };
    let now = client.one("SELECT CAST(to_unixtime(now()) AS BIGINT)").map_err(|refused| refused.to_string())?;
    let now: i64 = now.rows[0][0].as_deref().and_then(|text| text.parse().ok()).ok_or("what time is it?")?;
    let to = now * 1_000_000;
    let panel = Panel { from: to - 90 * DAY, to, interval_seconds: 3_600 };
    let sent = choices.in_sql(written).and_then(|sql| panel.expand(&sql))?;
    if sent.contains('$') {
        return Err(format!("a variable is left in {sent}"));
    }
    let simple = client.one(&sent).map_err(|refused| format!("{refused}: {sent}"))?;
    let extended = client.extended(&sent, &[]).map_err(|refused| format!("extended: {refused}"))?;
    if simple.columns != extended.columns {
        return Err(format!("columns {:?} or {:?}", simple.columns, extended.columns));
    }
    Ok(simple)
}

fn judge_answer(query: &Query<'_>, answer: &Answer) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for column in &answer.columns {
        if !names.insert(column.name.as_str()) || kind(column).is_none() {
            return Err(format!("{column:?} is there twice, or of a type that Grafana shows as nothing"));
        }
        if column.name.starts_with("owner") {
            return Err("owners are ranked nowhere".to_owned());
        }
    }
    match query.target["format"].as_str() {
        Some("time_series") => judge_series(answer),
        _ => query.panel.map_or(Ok(()), |panel| judge_columns(panel, answer)),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Time,
    Number,
    Word,
}

/// What Grafana makes of a column, by its type.
fn kind(column: &Column) -> Option<Kind> {
    match column.type_oid {
        1082 | 1114 | 1184 => Some(Kind::Time),
        20 | 21 | 23 | 700 | 701 | 1700 => Some(Kind::Number),
        16 | 25 | 1043 => Some(Kind::Word),
        _ => None,
    }
}

/// A time series begins with its time, has numbers, and comes in the order of time.
fn judge_series(answer: &Answer) -> Result<(), String> {
    let kinds: Vec<Option<Kind>> = answer.columns.iter().map(kind).collect();
    let first = answer.columns.first().map(|column| column.name.as_str());
    if first != Some("time")
        || !matches!(kinds[0], Some(Kind::Time | Kind::Number))
        || !kinds[1..].contains(&Some(Kind::Number))
    {
        return Err(format!("no time series: {:?}", answer.columns));
    }
    let times: Vec<&Option<String>> = answer.rows.iter().map(|row| &row[0]).collect();
    if times.iter().any(|time| time.is_none()) || (kinds[0] == Some(Kind::Time) && !times.is_sorted()) {
        return Err("the times are not in order".to_owned());
    }
    Ok(())
}

/// What a panel says of a column holds: it is there, instants are instants, and what has a unit is a number.
fn judge_columns(panel: &Value, answer: &Answer) -> Result<(), String> {
    if panel["type"] == "status-history" && answer.columns.first().is_none_or(|column| column.name != "time") {
        return Err("lanes begin with their time".to_owned());
    }
    for shown in list(&panel["fieldConfig"]["overrides"]) {
        let name = text(&shown["matcher"], "options");
        let Some(column) = answer.columns.iter().find(|column| column.name == name) else {
            return Err(format!("there is no column {name} to show"));
        };
        for property in list(&shown["properties"]).iter().filter(|property| property["id"] == "unit") {
            let expected = match property["value"].as_str() {
                Some("dateTimeAsLocal") => Kind::Time,
                Some("string" | "bool_yes_no") => Kind::Word,
                _ => Kind::Number,
            };
            if kind(column) != Some(expected) {
                return Err(format!("{name} is shown as {expected:?} and is {:?}", kind(column)));
            }
        }
    }
    Ok(())
}

#[test]
fn exceptions_name_panels_that_exist() {
    let boards = Board::all();
    let names: BTreeSet<String> = boards.iter().flat_map(Board::queries).map(|query| query.name).collect();
    for (name, reason) in QUIET.iter().chain(EMPTY) {
        assert!(names.contains(*name) && reason.len() > 10, "{name}: {reason}");
    }
}
