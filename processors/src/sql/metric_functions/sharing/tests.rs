//! Metric functions over a few touchpoints: how many lists a plan keeps, and that fields equal those of the struct.

use crate::sql::metric_functions::register;
use crate::sql::touch_metrics::{ARGUMENTS, arguments, touch_metrics};
use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::SessionContext;
use std::sync::Arc;
use touchpoint::time::DAY;
use touchpoint::{Audience, Policy, Reference};

/// `touchpoints`: of each of two HCPs visits at day 10, 11 and 12 by as many owners.
fn session() -> SessionContext {
    let column = |(name, data_type): (&str, DataType)| -> ArrayRef {
        let word = |text: &'static str| Arc::new(StringArray::from(vec![text; 6])) as ArrayRef;
        match name {
            "hcp_id" => Arc::new(StringArray::from(vec!["a", "a", "a", "b", "b", "b"])),
            "event_id" => Arc::new(StringArray::from(vec!["1", "2", "3", "4", "5", "6"])),
            "owner_id" => Arc::new(StringArray::from(vec!["x", "y", "z", "x", "x", "x"])),
            "occurred_at" => Arc::new(
                TimestampMicrosecondArray::from_iter_values([10, 11, 12, 10, 11, 30].map(|day| day * DAY))
                    .with_timezone("UTC"),
            ),
            "kind" => word("calls"),
            "source" => word("engagement.calls"),
            "status" => word("completed"),
            "channel" => word("face_to_face"),
            "business_function" => word("sales"),
            "purpose" => word("promotional"),
            "precision" => word("instant"),
            _ => new_null_array(&data_type, 6),
        }
    };
    let columns: Vec<(&str, DataType)> =
        ARGUMENTS.iter().take(20).map(|(name, _)| *name).zip(arguments::types()).collect();
    let fields: Vec<Field> = columns.iter().map(|(name, of)| Field::new(*name, of.clone(), true)).collect();
    let arrays = columns.into_iter().map(column).collect();
    let context = SessionContext::new();
    let shared = touch_metrics(Arc::new(Policy::default()), Arc::new(Reference::default()));
    register(&context, shared, Audience::Full);
    context
        .register_batch("touchpoints", RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap())
        .unwrap();
    context
}

async fn rows(context: &SessionContext, sql: &str) -> String {
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    pretty_format_batches(&batches).unwrap().to_string()
}

async fn lists(context: &SessionContext, sql: &str) -> usize {
    let plan = context.sql(sql).await.unwrap().into_optimized_plan().unwrap().display_indent().to_string();
    let computed = plan.lines().filter(|line| {
        let line = line.trim_start();
        line.starts_with("Aggregate:") || line.starts_with("WindowAggr:")
    });
    // An aggregate stands there twice where it has a name: as it is computed, and as it is called.
    computed.map(|line| line.matches("touch_metrics(").count() - line.matches(" AS touch_metrics(").count()).sum()
}

const AT: &str = "TIMESTAMP '1970-01-14T00:00:00Z', INTERVAL '28 days'";

#[tokio::test]
async fn functions_over_one_group_share_one_list_and_keep_their_names() {
    let context = session();
    let sql = format!(
        "SELECT hcp_id, collisions({AT}) AS c, voices({AT}) v, touches({AT}) + 1, touches({AT}) t \
         FROM touchpoints GROUP BY hcp_id HAVING unsolicited({AT}) > 1 ORDER BY hcp_id"
    );
    assert_eq!(lists(&context, &sql).await, 1);
    let batches = context.sql(&sql).await.unwrap().collect().await.unwrap();
    let text = pretty_format_batches(&batches).unwrap().to_string();
    let first: Vec<i64> = batches[0].column(1).as_primitive::<Int64Type>().values().to_vec();
    assert_eq!(first, [2, 0], "three owners a day apart collide twice, one owner never\n{text}");
    assert_eq!(batches[0].column(4).as_primitive::<Int64Type>().values().to_vec(), [3, 2]);
    assert_eq!(batches[0].schema().field(1).name(), "c");
}

#[tokio::test]
async fn frames_share_a_list_each_and_groupings_keep_theirs() {
    let context = session();
    let over =
        "OVER (PARTITION BY hcp_id ORDER BY occurred_at RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW)";
    let width = "occurred_at, INTERVAL '1 day'";
    let sql =
        format!("SELECT hcp_id, occurred_at, touches({width}) {over} t, voices({width}) {over} v FROM touchpoints");
    assert_eq!(lists(&context, &sql).await, 1);
    let text = rows(&context, &format!("SELECT max(t), min(t), count(v) FROM ({sql})")).await;
    assert!(text.contains("| 1      | 1      | 6"), "what is a whole day before is out\n{text}");

    let sets = format!(
        "SELECT hcp_id, kind, touches({AT}) t, grouping(hcp_id) g FROM touchpoints \
                        GROUP BY GROUPING SETS ((hcp_id), (kind)) ORDER BY g, hcp_id"
    );
    let text = rows(&context, &sets).await;
    assert!(text.contains("| a      |       | 3 | 0 |"), "{text}");
    let two = format!("SELECT touches({AT}), touches({AT}) FILTER (WHERE owner_id = 'x') FROM touchpoints");
    assert_eq!(lists(&context, &two).await, 2);
}

#[tokio::test]
async fn without_the_rule_a_function_keeps_a_list_of_its_own_and_gives_the_same() {
    let with = session();
    let state = with.state();
    let bare = SessionContext::new();
    for name in ["touches", "touch_metrics"] {
        bare.register_udaf(state.aggregate_functions()[name].as_ref().clone());
    }
    let table = with.table_provider("touchpoints").await.unwrap();
    bare.register_table("touchpoints", table).unwrap();
    let names: Vec<String> = ARGUMENTS.iter().take(20).map(|(name, _)| format!("\"{name}\"")).collect();
    let sql = format!("SELECT touches({}, {AT}, 'full') t FROM touchpoints WHERE hcp_id = 'a'", names.join(", "));
    assert_eq!(rows(&bare, &sql).await, rows(&with, &sql).await);
    let short = format!("SELECT touches({AT}) FROM touchpoints");
    let error = bare.sql(&short).await.unwrap().collect().await.unwrap_err().to_string();
    assert!(error.contains("lacks the columns"), "{error}");
}

#[tokio::test]
async fn rows_without_the_columns_are_told_of_them() {
    let context = session();
    let narrow = format!("SELECT touches({AT}) FROM (SELECT * EXCEPT (theme, owner_id) FROM touchpoints)");
    let error = context.sql(&narrow).await.unwrap().collect().await.unwrap_err().to_string();
    assert!(error.contains("these have no owner_id, theme"), "{error}");
    let twice = format!("SELECT touches({AT}) FROM touchpoints a JOIN touchpoints b ON a.event_id = b.event_id");
    let error = context.sql(&twice).await.unwrap().collect().await.unwrap_err().to_string();
    assert!(error.contains("several tables"), "{error}");
}
