//! Statements answer as they do in DataFusion, where a row of constants is a table.

use crate::sql::sessions::session_builder;
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::util::pretty::pretty_format_batches;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::physical_plan::displayable;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::sync::Arc;

const DAY: i64 = 86_400_000_000;

/// 400 touches of 40 HCPs in 50 days, every seventh of nobody.
fn touches() -> RecordBatch {
    let ids = (0..400).map(|n| (n % 7 != 0).then(|| format!("hcp {}", n * 31 % 40)));
    let at =
        TimestampMicrosecondArray::from_iter_values((0..400).map(|n| n * 104_729 % 50 * DAY + n)).with_timezone("UTC");
    let columns: [(&str, ArrayRef); 3] = [
        ("hcp_id", Arc::new(ids.collect::<StringArray>())),
        ("at", Arc::new(at)),
        ("day", Arc::new(Int64Array::from_iter((0..400).map(|n| (n % 11 != 0).then_some(n * 104_729 % 50))))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

/// HCPs 30 to 59.
fn hcps() -> RecordBatch {
    let columns: [(&str, ArrayRef); 2] = [
        ("hcp_id", Arc::new(StringArray::from_iter_values((30..60).map(|n| format!("hcp {n}"))))),
        ("since", Arc::new(Int64Array::from_iter_values((30..60).map(|n| n - 10)))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn context(builder: SessionStateBuilder) -> SessionContext {
    let context = SessionContext::new_with_state(builder.build());
    context.register_batch("touches", touches()).unwrap();
    context.register_batch("hcps", hcps()).unwrap();
    context
}

fn ours() -> SessionContext {
    context(session_builder(SessionConfig::new().with_target_partitions(2), Arc::new(RuntimeEnv::default())))
}

async fn plan(sql: &str) -> String {
    let plan = ours().sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    displayable(plan.as_ref()).indent(false).to_string()
}

/// Rows in no order.
async fn answer(context: &SessionContext, sql: &str) -> Vec<String> {
    let frame = context.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let batches = frame.collect().await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let text = pretty_format_batches(&batches).unwrap().to_string();
    let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
    rows.sort();
    rows
}

const PARAMS: &str = "WITH p AS (SELECT 20 AS day, TIMESTAMPTZ '1970-01-21T00:00:00Z' AS at, INTERVAL '7 days' AS width, CAST(NULL AS BIGINT) AS none),";

const STATEMENTS: &[&str] = &[
    "q AS (SELECT * FROM p CROSS JOIN touches t WHERE t.at > p.at - p.width AND t.at <= p.at)
     SELECT hcp_id, count(*), min(at), max(width) FROM (SELECT hcp_id, t.at, width FROM q AS t (a, b, width, none, hcp_id, at, d)) GROUP BY hcp_id",
    "q AS (SELECT p.at + p.width AS until FROM p)
     SELECT count(*), max(q.until) FROM touches t, q WHERE t.at < q.until",
    // A join whose key is a constant, on either side, and one that is NULL.
    "q AS (SELECT 1 AS one) SELECT t.*, p.* FROM touches t JOIN p ON t.day = p.day",
    "q AS (SELECT 1 AS one) SELECT t.*, p.* FROM p JOIN touches t ON t.day = p.day AND t.hcp_id > 'hcp 2'",
    "q AS (SELECT 1 AS one) SELECT count(*) FROM touches t JOIN p ON t.day = p.none",
    // Conditions of outer joins, and what they add NULLs to.
    "q AS (SELECT 1 AS one) SELECT t.hcp_id, h.since, p.day FROM p CROSS JOIN touches t
     LEFT JOIN hcps h ON h.hcp_id = t.hcp_id AND h.since >= p.day",
    "q AS (SELECT t.*, p.day AS border FROM p CROSS JOIN touches t)
     SELECT h.hcp_id, q.border, q.day FROM hcps h LEFT JOIN q ON q.hcp_id = h.hcp_id AND q.day < q.border WHERE q.border IS NULL OR q.border > 3",
    "q AS (SELECT t.*, p.day AS border FROM p CROSS JOIN touches t)
     SELECT h.hcp_id, q.border, q.day FROM q RIGHT JOIN hcps h ON q.hcp_id = h.hcp_id AND h.since > q.border WHERE q.border + 1 > 3 OR h.since < 30",
    "q AS (SELECT t.*, p.day AS border FROM p CROSS JOIN touches t)
     SELECT h.hcp_id, q.border, count(*) FROM q FULL JOIN hcps h ON q.hcp_id = h.hcp_id AND q.day > q.border GROUP BY 1, 2",
    "q AS (SELECT 1 AS one) SELECT h.hcp_id, p.day FROM hcps h LEFT JOIN p ON h.since = p.day",
    "q AS (SELECT 1 AS one) SELECT h.hcp_id, p.day FROM p RIGHT JOIN hcps h ON h.since > p.day",
    // Constants in groups, aggregates, windows, orders and limits.
    "q AS (SELECT 1 AS one) SELECT p.day, count(*), sum(p.day), max(p.at) FROM p CROSS JOIN touches t GROUP BY p.day",
    "q AS (SELECT 1 AS one) SELECT p.day, p.none, count(*) FROM p CROSS JOIN touches t WHERE t.day > 99 GROUP BY p.day, p.none",
    "q AS (SELECT 1 AS one) SELECT p.day + 1, count(*) FROM p CROSS JOIN touches t WHERE t.day > 99 GROUP BY p.day + 1",
    "q AS (SELECT 1 AS one) SELECT t.day % p.day, t.hcp_id, count(*) FROM p CROSS JOIN touches t GROUP BY ROLLUP (t.day % p.day, t.hcp_id)",
    "q AS (SELECT 1 AS one) SELECT CASE WHEN t.at > p.at - p.width THEN 'late' ELSE 'early' END AS half, count(*)
     FROM p CROSS JOIN touches t GROUP BY CASE WHEN t.at > p.at - p.width THEN 'late' ELSE 'early' END",
    "q AS (SELECT 1 AS one) SELECT t.day, p.day, row_number() OVER (PARTITION BY p.day ORDER BY p.at, t.at) FROM touches t, p ORDER BY p.day, t.at LIMIT 9",
    "q AS (SELECT 1 AS one) SELECT DISTINCT p.day, t.hcp_id FROM touches t, p WHERE t.day % p.day = 3",
    // Constants from constants, and rows beside rows.
    "q AS (SELECT p.day * 2 AS twice, r.n FROM p CROSS JOIN (SELECT 5 AS n) r)
     SELECT q.twice, q.n, count(*) FROM q, touches t WHERE t.day BETWEEN q.n AND q.twice GROUP BY 1, 2",
    "q AS (SELECT day FROM p UNION ALL SELECT 30) SELECT q.day, count(t.day) FROM q, touches t WHERE t.day > q.day GROUP BY q.day",
    "q AS (SELECT day FROM p WHERE day > 30) SELECT count(*) FROM q CROSS JOIN touches",
    "q AS (SELECT day FROM p LIMIT 0) SELECT count(*) FROM q CROSS JOIN touches",
    "q AS (SELECT max(day) AS day FROM p) SELECT count(*) FROM q CROSS JOIN touches t WHERE t.day > q.day",
    // Inside of subqueries, and named from there.
    "q AS (SELECT 1 AS one) SELECT count(*) FROM p CROSS JOIN touches t WHERE EXISTS
     (SELECT 1 FROM hcps h WHERE h.hcp_id = t.hcp_id AND h.since > p.day)",
    "q AS (SELECT 1 AS one) SELECT count(*) FROM touches t WHERE t.hcp_id IN
     (SELECT h.hcp_id FROM hcps h CROSS JOIN p WHERE h.since > p.day)",
    "q AS (SELECT 1 AS one) SELECT t.hcp_id FROM touches t WHERE t.day > (SELECT day + 25 FROM p)",
];

#[tokio::test]
async fn answers_are_those_of_a_row_that_is_joined() {
    let (ours, plain) = (ours(), context(SessionStateBuilder::new_with_default_features()));
    for statement in STATEMENTS {
        let sql = format!("{PARAMS} {statement}");
        assert_eq!(answer(&ours, &sql).await, answer(&plain, &sql).await, "{statement}");
    }
}

#[tokio::test]
async fn nothing_is_paired_with_a_row_of_constants() {
    for statement in &STATEMENTS[..6] {
        let plan = plan(&format!("{PARAMS} {statement}")).await;
        assert!(!plan.contains("NestedLoopJoin") && !plan.contains("CrossJoin"), "{statement}: {plan}");
    }
}

#[tokio::test]
async fn a_filter_holds_the_instant_itself() {
    let sql = "WITH p AS (SELECT TIMESTAMPTZ '1970-01-21T00:00:00Z' AS at, INTERVAL '7 days' AS width)
        SELECT count(*) FROM p CROSS JOIN touches t LEFT JOIN hcps h ON h.hcp_id = t.hcp_id WHERE t.at > p.at - p.width";
    let plan = plan(sql).await;
    let filter = format!("FilterExec: at@1 > {}", 13 * DAY);
    assert!(plan.contains(&filter), "{plan}");
}

#[tokio::test]
async fn what_differs_from_row_to_row_is_no_constant() {
    let sql = "WITH p AS (SELECT random() AS r) SELECT count(DISTINCT r) FROM p CROSS JOIN touches";
    assert!(answer(&ours(), sql).await.iter().any(|row| row.trim_matches(['|', ' ']) == "1"));
}
