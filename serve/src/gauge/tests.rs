//! Loading and refreshing: what is refused, what withdraws a family, what the page shows.

use super::sample_tables::{HcpSample, context, metrics};
use super::{GaugeFailure, GaugeFile, GaugeLimits, GaugeRefusal, GaugeSet, shipped};
use crate::page::MetricsPage;
use datafusion::prelude::SessionContext;
use prometheus::Registry;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

const HCPS: &[HcpSample] = &[
    HcpSample {
        hcp_id: "H-secret-1",
        territory: "no\"rth",
        basis: Some("coordination+plan"),
        metrics: &[("touches", 2.0), ("unsolicited", 2.0), ("coherence", 0.4), ("chance_collision_rate", 0.1)],
    },
    HcpSample { hcp_id: "H-secret-2", territory: "south", basis: None, metrics: &[("touches", 1.0)] },
];

async fn load(sql: &str) -> Result<GaugeSet, GaugeRefusal> {
    let file = GaugeFile::try_new("tried", format!("-- Tried.\n{sql}"))?;
    let loaded = GaugeSet::load(vec![file], &context(HCPS), GaugeLimits::default(), metrics().1).await;
    loaded.map_err(|mut refusals| refusals.0.remove(0))
}

async fn refresh(sql: &str, limits: GaugeLimits) -> (Vec<GaugeFailure>, String, Registry) {
    let file = GaugeFile::try_new("tried", format!("-- Tried.\n{sql}")).expect("sound");
    let (registry, metrics) = metrics();
    let context = context(HCPS);
    let set = Arc::new(GaugeSet::load(vec![file], &context, limits, metrics).await.expect("loads"));
    let failures = set.refresh(&context).await;
    let page = MetricsPage::new(registry.clone()).with_gauges(set).render().expect("page");
    (failures, page, registry)
}

#[tokio::test]
async fn a_file_that_is_no_gauge_is_refused_by_name() {
    type Check = fn(&GaugeRefusal) -> bool;
    let cases: &[(&str, Check)] = &[
        ("SELECT territory FROM hcp_now", |r| matches!(r, GaugeRefusal::NoValue { .. })),
        ("SELECT territory AS value FROM hcp_now", |r| matches!(r, GaugeRefusal::ValueType { .. })),
        ("SELECT hcp_id AS who, 1 AS value FROM hcp_now", |r| matches!(r, GaugeRefusal::PersonalLabel { .. })),
        ("SELECT *, 1 AS value FROM hcp_now", |r| matches!(r, GaugeRefusal::PersonalLabel { .. })),
        ("SELECT count(hcp_id) AS n, 1 AS value FROM hcp_now", |r| matches!(r, GaugeRefusal::PersonalLabel { .. })),
        ("SELECT territory AS hcp_id, 1 AS value FROM hcp_now", |r| matches!(r, GaugeRefusal::PersonalLabel { .. })),
        ("SELECT length(hcp_id) AS value FROM hcp_now", |r| matches!(r, GaugeRefusal::PersonalValue { .. })),
        ("SELECT interruption_load AS l, 1 AS value FROM hcp_now", |r| matches!(r, GaugeRefusal::LabelType { .. })),
        ("SELECT territory AS job, 1 AS value FROM hcp_now", |r| matches!(r, GaugeRefusal::LabelName { .. })),
        ("SELECT territory AS \"T\", 1 AS value FROM hcp_now", |r| matches!(r, GaugeRefusal::LabelName { .. })),
        ("SELECT 1 AS a, 2 AS b, 3 AS c, 4 AS d, 5 AS e, 1 AS value", |r| {
            matches!(r, GaugeRefusal::TooManyLabels { found: 5, limit: 4, .. })
        }),
        ("SELECT 1 AS value; SELECT 2 AS value", |r| matches!(r, GaugeRefusal::NotOneQuery { .. })),
        ("", |r| matches!(r, GaugeRefusal::NotOneQuery { .. })),
        ("SELECT x AS value FROM nowhere", |r| matches!(r, GaugeRefusal::NotOneQuery { .. })),
        ("CREATE TABLE t AS SELECT 1 AS value", |r| matches!(r, GaugeRefusal::NotOneQuery { .. })),
        ("DROP TABLE hcp_now", |r| matches!(r, GaugeRefusal::NotOneQuery { .. })),
        ("INSERT INTO requests_now VALUES ('a', 'b', 1)", |r| matches!(r, GaugeRefusal::NotOneQuery { .. })),
        ("COPY (SELECT 1 AS value) TO '/tmp/x.csv'", |r| matches!(r, GaugeRefusal::NotOneQuery { .. })),
        ("SET datafusion.execution.batch_size = 1", |r| matches!(r, GaugeRefusal::NotOneQuery { .. })),
        ("EXPLAIN SELECT 1 AS value", |r| matches!(r, GaugeRefusal::NoValue { .. })),
    ];
    for (sql, is_expected) in cases {
        let refusal = load(sql).await.expect_err(sql);
        assert!(is_expected(&refusal), "{sql}: {refusal:?}");
        assert!(refusal.to_string().contains("tried.sql"), "{refusal}");
    }
}

#[test]
fn a_name_or_a_missing_help_is_refused() {
    for name in [
        "Upper",
        "1st",
        "a-b",
        "",
        "touches_total",
        "x_bucket",
        "hcps_gauge",
        "summary_of_hcps",
        "records_total",
        "state_hcps",
    ] {
        let refused = GaugeFile::try_new(name, "-- Help.\nSELECT 1 AS value");
        assert!(matches!(refused, Err(GaugeRefusal::BadName { .. })), "{name}");
    }
    for text in ["SELECT 1 AS value", "", "--\nSELECT 1 AS value"] {
        assert!(matches!(GaugeFile::try_new("x", text), Err(GaugeRefusal::NoHelp { .. })), "{text}");
    }
}

#[tokio::test]
async fn all_refusals_come_at_once() {
    let file = |name: &str, sql: &str| GaugeFile::try_new(name, format!("-- Help.\n{sql}")).expect("sound");
    let files = vec![file("a", "SELECT 1"), file("b", "SELECT 1 AS value"), file("b", "SELECT 1 AS value")];
    let refused = GaugeSet::load(files, &context(HCPS), GaugeLimits::default(), metrics().1).await;
    let text = refused.expect_err("two are unsound").to_string();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("a.sql") && text.contains("b.sql: another"), "{text}");
}

#[tokio::test]
async fn a_failed_run_withdraws_the_family_and_counts() {
    let strict = GaugeLimits { series: 1, ..GaugeLimits::default() };
    let usual = GaugeLimits::default();
    let cases = [
        ("SELECT territory, 1 AS value FROM hcp_now", strict, "more than 1 series"),
        ("SELECT segment, 1 AS value FROM hcp_now", usual, "same labels"),
        ("SELECT territory AS le, 1 AS value FROM hcp_now", usual, "le must hold numbers"),
        ("SELECT CAST(territory AS BIGINT) AS value FROM hcp_now", usual, "failed while running"),
    ];
    for (sql, limits, reason) in cases {
        let (failures, page, _) = refresh(sql, limits).await;
        assert!(failures.iter().any(|failure| failure.to_string().contains(reason)), "{sql}: {failures:?}");
        assert!(!failures.iter().any(|failure| failure.to_string().contains("south")), "{failures:?}");
        assert!(!page.contains("touchload_tried"), "{page}");
        assert!(page.contains("touchload_live_query_failures_total{gauge=\"tried\"} 1\n"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_has_its_time() {
    let endless = "SELECT sum(value % 7) AS value FROM generate_series(1, 1000000000000)";
    let limits = GaugeLimits { query_time: std::time::Duration::from_millis(20), ..GaugeLimits::default() };
    let (failures, ..) = refresh(endless, limits).await;
    assert!(matches!(failures.as_slice(), [GaugeFailure::TimedOut { .. }]), "{failures:?}");
}

#[tokio::test]
async fn null_and_nan_values_are_left_out_and_labels_become_text() {
    let sql = "SELECT a, b, c, value FROM (VALUES ('x', 7, true, 1.5), ('y', 8, false, NULL), \
               ('z', 9, true, CAST('NaN' AS DOUBLE)), (NULL, 1, false, 2.0)) AS t (a, b, c, value)";
    let (failures, page, _) = refresh(sql, GaugeLimits::default()).await;
    assert!(failures.is_empty(), "{failures:?}");
    let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("touchload_tried")).collect();
    let expected = ["touchload_tried{a=\"x\",b=\"7\",c=\"true\"} 1.5", "touchload_tried{a=\"\",b=\"1\",c=\"false\"} 2"];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn each_refresh_reads_the_tables_it_is_given() {
    let file = GaugeFile::try_new("hcps_seen", "-- HCPs.\nSELECT count(*) AS value FROM hcp_now").expect("sound");
    let set = GaugeSet::load(vec![file], &context(HCPS), GaugeLimits::default(), metrics().1).await.expect("loads");
    let shown = async |context: &SessionContext| {
        set.refresh(context).await;
        let mut page = String::new();
        set.render(&mut page);
        page.lines().last().unwrap_or_default().to_owned()
    };
    assert_eq!(shown(&context(HCPS)).await, "touchload_hcps_seen 2");
    assert_eq!(shown(&context(&[])).await, "touchload_hcps_seen 0");
    assert_eq!(shown(&SessionContext::new()).await, "", "a table that is gone withdraws the family");
}

#[tokio::test]
async fn the_whole_page_passes_promtool_and_names_nobody() {
    let (registry, metrics) = metrics();
    crate::metrics::tests::touch_everything(&metrics);
    let context = context(HCPS);
    let files = shipped().expect("sound");
    let set = GaugeSet::load(files, &context, GaugeLimits::default(), metrics).await.expect("loads");
    assert!(set.refresh(&context).await.is_empty());
    let page = MetricsPage::new(registry).with_gauges(Arc::new(set)).render().expect("page");
    assert!(!page.contains("H-secret"), "{page}");
    assert!(page.contains("touchload_hcps_by_load_band{territory=\"no\\\"rth\""), "{page}");
    check_with_promtool(&page);
}

/// Where the script that fetches it says that it is; `None` on a machine that cannot have it.
fn promtool() -> Option<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/setup/promtool.sh");
    let said = Command::new(script).output().expect("bash runs");
    if said.status.success() {
        return String::from_utf8_lossy(&said.stdout).lines().last().map(str::to_owned);
    }
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    let reason = String::from_utf8_lossy(&said.stderr);
    assert!(!in_ci, "promtool is needed: {reason}");
    #[expect(clippy::print_stderr, reason = "a skipped check must be seen")]
    {
        eprintln!("SKIPPED: promtool is missing: {reason}");
    }
    None
}

fn check_with_promtool(page: &str) {
    let Some(promtool) = promtool() else { return };
    let mut promtool = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool starts");
    let mut stdin = promtool.stdin.take().expect("piped");
    stdin.write_all(page.as_bytes()).expect("promtool reads");
    drop(stdin);
    let output = promtool.wait_with_output().expect("promtool ends");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.trim().is_empty(), "{said}\n{page}");
}
