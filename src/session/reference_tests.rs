//! Reference data as tables of a session.

use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::SessionContext;
use processors::sql::reference_tables::reference_tables;
use std::sync::Arc;
use touchpoint::Reference;
use touchpoint::reference::{PanelRow, PlanStepRow, Tables, Validity};
use touchpoint::time::{DAY, HOUR};

async fn text(context: &SessionContext, sql: &str) -> String {
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    pretty_format_batches(&batches).unwrap().to_string()
}

#[tokio::test]
async fn rows_are_effective_dated_and_a_missing_table_is_empty() {
    let step = |step: &str, position, after: &[&str], min_gap| PlanStepRow {
        plan_id: "p".into(),
        step: step.into(),
        position,
        after: after.iter().map(|s| (*s).to_owned()).collect(),
        min_gap,
        ..PlanStepRow::default()
    };
    let panel = |hcp_id: &str, validity| PanelRow {
        owner_id: "rep".into(),
        hcp_id: hcp_id.into(),
        is_target: true,
        min_touches: Some(2),
        max_touches: None,
        validity,
    };
    let tables = Tables {
        panels: Some(vec![
            panel("h2", Validity { from: DAY, ..Validity::ALWAYS }),
            panel("h1", Validity::ALWAYS),
            panel("h2", Validity { to: DAY, ..Validity::ALWAYS }),
        ]),
        plan_steps: Some(vec![step("b", 2, &["a", "b"], Some(36 * HOUR)), step("a", 1, &[], None)]),
        ..Tables::default()
    };
    let context = SessionContext::new();
    for (name, table) in reference_tables(&Arc::new(Reference::try_new(tables).unwrap())).unwrap() {
        context.register_table(name, table).unwrap();
    }
    let valid =
        "SELECT hcp_id, owner_id, valid_from, valid_to FROM panels_history ORDER BY hcp_id, valid_from NULLS FIRST";
    let rows = text(&context, valid).await;
    for row in ["| h1     | rep      |                      |", "| h2     | rep      | 1970-01-02T00:00:00Z |"] {
        assert!(rows.contains(row), "{rows}");
    }
    let steps = text(&context, "SELECT step, after, min_gap_h FROM plan_steps_history ORDER BY \"position\"").await;
    assert!(
        steps.contains("| b    | a;b   | 36.0      |") && steps.contains("| a    |       |           |"),
        "{steps}"
    );
    let targets = "SELECT count(*) AS n FROM panels_history WHERE min_touches = 2 AND is_target AND hcp_id = 'h2'";
    assert!(text(&context, targets).await.contains("| 2 |"));
    for (name, _) in reference_tables(&Arc::default()).unwrap() {
        let counted = text(&context, &format!("SELECT count(*) AS n FROM {name} WHERE valid_to > now()")).await;
        assert!(counted.contains("| 0 |"), "{name}: {counted}");
    }
}
