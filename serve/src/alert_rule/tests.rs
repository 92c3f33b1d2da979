//! Rule files against the tables they are planned over: what is refused, and that the shipped ones are not.

use super::{Folder, RuleFile, RuleProblem, RuleSet, shipped};
use datafusion::prelude::SessionContext;
use processors::shards::Shards;
use processors::sql::live_table::Windows;
use processors::sql::{ChangedTables, LiveTable};
use std::sync::{Arc, RwLock};
use touchpoint::{Audience, Policy, Reference};

fn context(audience: Audience) -> SessionContext {
    let context = SessionContext::new();
    ChangedTables::default().register(&context).expect("new");
    let shards = Shards::new(Arc::new(Policy::default()), Arc::new(Reference::default()));
    let live = LiveTable::table(Arc::new(RwLock::new(shards)), audience, Windows::Headline);
    context.register_table("hcp_now", Arc::new(live)).expect("new");
    context
}

fn text(header: &str, sql: &str) -> String {
    format!("-- A rule.\n-- name: tried\n{header}\n{sql}")
}

const HEADER: &str = "-- severity: info\n-- subject: hcp\n-- act: hold\n-- summary: {value} found";
const SOUND: &str = "SELECT hcp_id, as_of, true AS fires, touches AS value FROM changed WHERE touches > 3";

async fn problems(header: &str, sql: &str) -> Vec<RuleProblem> {
    let file = match RuleFile::try_new(Folder::Alerts, "tried", &text(header, sql)) {
        Ok(file) => file,
        Err(refusals) => return refusals.into_iter().map(|refusal| refusal.problem).collect(),
    };
    let loaded = RuleSet::load(&[file], Audience::Commercial, context(Audience::Commercial), &Policy::default()).await;
    loaded.err().map(|refused| refused.0.into_iter().map(|refusal| refusal.problem).collect()).unwrap_or_default()
}

#[tokio::test]
async fn the_shipped_rules_are_sound_and_each_is_of_the_audience_of_its_folder() {
    let files = shipped().expect("sound");
    for (audience, count) in [(Audience::Commercial, 7), (Audience::Full, 2)] {
        let set = RuleSet::load(&files, audience, context(audience), &Policy::default()).await;
        let set = set.unwrap_or_else(|refused| panic!("{refused}"));
        assert_eq!(set.files().len(), count);
        for rule in 0..count {
            let found = set.run(rule).await.unwrap_or_else(|failure| panic!("{failure}"));
            assert!(found.is_empty(), "nobody changed");
        }
    }
}

#[tokio::test]
async fn alerts_are_looked_at_again_where_time_alone_may_end_them() {
    let ages = async |audience, files: &[RuleFile]| {
        let set = RuleSet::load(files, audience, context(audience), &Policy::default()).await;
        let set = set.unwrap_or_else(|refused| panic!("{refused}"));
        let ages = (0..set.files().len()).filter(|rule| set.ages(*rule));
        ages.map(|rule| set.files()[rule].name().to_owned()).collect::<Vec<_>>()
    };
    let shipped = shipped().expect("sound");
    let of_commercial = ages(Audience::Commercial, &shipped).await;
    // By windows of another length, by the load, by a forecast, by the HCPs of an account.
    let expected = ["account_over_touched", "collision_burst", "fragmentation_of_a_busy_hcp", "going_over"];
    assert_eq!(of_commercial, expected);
    assert_eq!(ages(Audience::Full, &shipped).await, ["sales_touch_on_request"]);
    let tried = |sql: &str| RuleFile::try_new(Folder::Alerts, "tried", &text(HEADER, sql)).expect("a sound file");
    assert!(ages(Audience::Commercial, &[tried(SOUND)]).await.is_empty());
    for moves in [
        "SELECT hcp_id, as_of, true AS fires, interruption_load AS value FROM changed WHERE touches > 3",
        "SELECT hcp_id, as_of, true AS fires, touches AS value FROM changed WHERE next_free_at > as_of",
        "SELECT hcp_id, as_of, true AS fires, extract(hour FROM as_of) AS value FROM changed WHERE touches > 3",
        "SELECT hcp_id, as_of, true AS fires, touches AS value FROM changed WHERE random() > 0.5",
    ] {
        assert_eq!(ages(Audience::Commercial, &[tried(moves)]).await, ["tried"], "{moves}");
    }
}

#[test]
fn every_file_of_the_folder_is_shipped() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../sql/alerts");
    let count = |folder: &std::path::Path| {
        let entries = std::fs::read_dir(folder).expect("a folder");
        entries.filter(|e| e.as_ref().expect("an entry").path().extension().is_some_and(|e| e == "sql")).count()
    };
    assert_eq!(count(&root) + count(&root.join("medical")), super::shipped::FILES.len());
}

#[tokio::test]
async fn a_query_that_breaks_the_contract_is_refused() {
    type Check = fn(&RuleProblem) -> bool;
    let cases: &[(&str, Check)] = &[
        ("SELECT 1", |p| matches!(p, RuleProblem::MissingColumn { column: "hcp_id", .. })),
        ("SELECT hcp_id, as_of, 1 AS fires, touches AS value FROM changed", |p| {
            matches!(p, RuleProblem::ColumnType { .. })
        }),
        ("SELECT hcp_id, as_of, true AS fires FROM changed", |p| matches!(p, RuleProblem::UnknownPlace { .. })),
        ("SELECT hcp_id, as_of, true AS fires, touches AS value, calls FROM changed", |p| {
            matches!(p, RuleProblem::UnusedColumn { .. })
        }),
        ("SELECT hcp_id, as_of, true AS fires, length(hcp_id) AS value FROM changed", |p| {
            matches!(p, RuleProblem::PersonalColumn { .. })
        }),
        ("SELECT hcp_id, as_of, true AS fires, 1 AS value, hcp_id AS binding FROM changed", |p| {
            matches!(p, RuleProblem::PersonalColumn { .. })
        }),
        ("SELECT hcp_id, as_of, true AS fires, touches AS value FROM hcp_now", |p| {
            matches!(p, RuleProblem::WrongTable { .. })
        }),
        ("SELECT hcp_id, as_of, touches > $no_border AS fires, touches AS value FROM changed", |p| {
            matches!(p, RuleProblem::NotOneQuery(_))
        }),
        ("DROP TABLE changed", |p| matches!(p, RuleProblem::NotOneQuery(_))),
        ("SELECT hcp_id FROM nowhere", |p| matches!(p, RuleProblem::NotOneQuery(_))),
    ];
    assert!(problems(HEADER, SOUND).await.is_empty());
    for (sql, is_expected) in cases {
        let found = problems(HEADER, sql).await;
        assert!(found.iter().any(is_expected), "{sql}: {found:?}");
    }
}

#[tokio::test]
async fn every_problem_of_a_header_is_told_at_once() {
    let found =
        problems("-- severity: loud\n-- pending: soon\n-- colour: red\n-- act: hold\n-- act: accept", SOUND).await;
    let has = |check: fn(&RuleProblem) -> bool| found.iter().any(check);
    assert!(has(|p| matches!(p, RuleProblem::BadWord { key: "severity", .. })), "{found:?}");
    assert!(has(|p| matches!(p, RuleProblem::BadWord { key: "pending", .. })), "{found:?}");
    assert!(has(|p| matches!(p, RuleProblem::UnknownLine { .. })), "{found:?}");
    assert!(has(|p| matches!(p, RuleProblem::RepeatedKey { .. })), "{found:?}");
    assert!(has(|p| matches!(p, RuleProblem::MissingKey { key: "subject" })), "{found:?}");
    assert!(has(|p| matches!(p, RuleProblem::MissingKey { key: "summary" })), "{found:?}");
    let other_name = RuleFile::try_new(Folder::Alerts, "other", &text(HEADER, SOUND)).expect_err("another name");
    assert!(matches!(other_name[0].problem, RuleProblem::NameDiffers { .. }));
    assert!(other_name[0].to_string().starts_with("alert rule other.sql: "), "{}", other_name[0]);
}

#[tokio::test]
async fn spans_and_touches_are_read() {
    for (line, is_sound) in [
        ("-- pending: 30m", true),
        ("-- pending: 31d", false),
        ("-- pending: 1 h", false),
        ("-- touches: unsolicited 7d", true),
        ("-- touches: forecast", true),
        ("-- touches: unsolicited", false),
        ("-- touches: some 7d", false),
        ("-- touches: all 401d", false),
        // It names what the binding budget counts, so it must say which one binds.
        ("-- touches: budget", false),
    ] {
        assert_eq!(problems(&format!("{HEADER}\n{line}"), SOUND).await.is_empty(), is_sound, "{line}");
    }
}
