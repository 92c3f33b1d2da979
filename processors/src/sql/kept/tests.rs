//! What is kept is what would have been computed, once for each execution.

use crate::sql::reading::plan_reading;
use crate::sql::sessions::session_builder;
use crate::sql::yielding::{Leash, yielding};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::util::pretty::pretty_format_batches;
use datafusion::common::DataFusionError;
use datafusion::datasource::MemTable;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::displayable;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::sync::Arc;

const HCPS: i64 = 500;
const TOUCHES: i64 = 20_000;

/// Rows that take more memory than a statement of a megabyte may keep.
fn touches() -> RecordBatch {
    let ids = (0..TOUCHES).map(|n| format!("an HCP with a rather long name {}", n * 7_919 % HCPS));
    let owners = (0..TOUCHES).map(|n| format!("owner {}", n * 31 % 17));
    let days: Vec<i64> = (0..TOUCHES).map(|n| n * 104_729 % 90).collect();
    let columns: [(&str, ArrayRef); 3] = [
        ("hcp_id", Arc::new(StringArray::from_iter_values(ids))),
        ("owner", Arc::new(StringArray::from_iter_values(owners))),
        ("day", Arc::new(Int64Array::from(days))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn session(threads: usize, memory: usize) -> SessionContext {
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(memory, 1.0).build_arc().unwrap();
    let config = SessionConfig::new().with_target_partitions(threads).with_batch_size(1_024);
    let context = SessionContext::new_with_state(session_builder(config, runtime).build());
    let (batch, half) = (touches(), TOUCHES as usize / 2);
    let parts = vec![vec![batch.slice(0, half)], vec![batch.slice(half, half)]];
    context.register_table("touches", Arc::new(MemTable::try_new(batch.schema(), parts).unwrap())).unwrap();
    context
}

async fn plan_of(context: &SessionContext, sql: &str) -> String {
    let plan = plan_reading(context, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let plan = context.execute_logical_plan(plan).await.unwrap().create_physical_plan().await.unwrap();
    displayable(plan.as_ref()).indent(false).to_string()
}

/// As statements of clients are run.
async fn kept(context: &SessionContext, sql: &str) -> Result<String, DataFusionError> {
    let plan = plan_reading(context, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let frame = context.execute_logical_plan(plan).await?;
    let (leash, tasks) = (Leash::default(), Arc::new(frame.task_ctx()));
    let plan = yielding(frame.create_physical_plan().await?, &leash.held())?;
    Ok(pretty_format_batches(&datafusion::physical_plan::collect(plan, tasks).await?)?.to_string())
}

async fn computed_apart(context: &SessionContext, sql: &str) -> String {
    pretty_format_batches(&context.sql(sql).await.unwrap().collect().await.unwrap()).unwrap().to_string()
}

const KEPT: &[&str] = &[
    "WITH w AS (SELECT hcp_id, count(*) AS n FROM touches GROUP BY hcp_id)
     SELECT count(*), sum(a.n * b.n) FROM w a JOIN w b ON b.n = a.n",
    "WITH w AS (SELECT a.hcp_id, a.owner, b.day FROM touches a JOIN touches b ON b.hcp_id = a.hcp_id AND b.day = a.day),
     v AS (SELECT owner, count(*) AS n FROM w GROUP BY owner)
     SELECT v.owner, v.n, (SELECT count(*) FROM w) AS all_of_them FROM v ORDER BY v.owner",
    // One names the other, and both are named twice.
    "WITH w AS (SELECT hcp_id, owner, count(*) AS n FROM touches GROUP BY hcp_id, owner),
     v AS (SELECT owner, max(n) AS most, count(*) AS hcps FROM w GROUP BY owner)
     SELECT a.owner, a.most, b.hcps, count(w.n) FROM v a JOIN v b ON b.owner = a.owner JOIN w ON w.owner = a.owner
     GROUP BY a.owner, a.most, b.hcps ORDER BY a.owner",
    "WITH w AS (SELECT hcp_id, owner, day, lag(day) OVER (PARTITION BY hcp_id ORDER BY day, owner) AS before FROM touches)
     SELECT 'gaps' AS what, sum(day - before) AS n FROM w UNION ALL SELECT 'owners', count(DISTINCT owner) FROM w
     ORDER BY what",
    // A reader that stops early, and one whose rows nobody asks for.
    "WITH w AS (SELECT DISTINCT hcp_id, owner FROM touches)
     SELECT count(*) FROM (SELECT * FROM w LIMIT 3) a CROSS JOIN w b WHERE b.owner < 'owner 2'",
    "WITH w AS (SELECT hcp_id, min(day) AS day FROM touches GROUP BY hcp_id)
     SELECT count(*) FROM w a WHERE a.day IN (SELECT day FROM w WHERE day > 3) AND EXISTS (SELECT 1 FROM w WHERE day > 99)",
    // Constants that plans are made around, named as often.
    "WITH params AS (SELECT 45 AS at), w AS (SELECT t.hcp_id, count(*) AS n FROM params p CROSS JOIN touches t
        WHERE t.day < p.at GROUP BY t.hcp_id)
     SELECT max(a.n), min(b.n), max(p.at) FROM params p CROSS JOIN w a JOIN w b ON b.hcp_id = a.hcp_id",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_is_what_would_have_been_computed() {
    for (threads, memory) in [(1, 64 << 20), (3, 64 << 20)] {
        let context = session(threads, memory);
        for sql in KEPT {
            let plan = plan_of(&context, sql).await;
            assert!(plan.contains("KeptExec: w"), "{sql}\n{plan}");
            assert!(!plan.contains("KeptExec: params"), "{plan}");
            assert_eq!(kept(&context, sql).await.unwrap(), computed_apart(&context, sql).await, "{sql}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_no_room_goes_to_the_disk() {
    // A join that keeps one row: whatever takes memory is what is kept.
    let sql = "WITH w AS (SELECT t.hcp_id, t.owner, t.day + v.n AS day FROM touches t CROSS JOIN (VALUES (1)) AS v (n))
               SELECT a.n, b.days FROM (SELECT count(*) AS n FROM w) a CROSS JOIN (SELECT sum(day) AS days FROM w) b";
    let (small, large) = (session(2, 4 << 20), session(2, 64 << 20));
    assert_eq!(kept(&small, sql).await.unwrap(), computed_apart(&large, sql).await);
    let explained = kept(&small, &format!("EXPLAIN ANALYZE {sql}")).await.unwrap();
    let spills = |metric: &str| metric.strip_prefix("spill_count=").is_some_and(|rest| !rest.starts_with('0'));
    let kept_rows = explained.lines().filter(|line| line.contains("KeptExec"));
    let spilled = kept_rows.flat_map(|line| line.split([' ', '['])).any(spills);
    assert!(spilled, "{explained}");
}

#[tokio::test]
async fn it_is_computed_once_for_each_execution() {
    let context = session(2, 64 << 20);
    let sql = "WITH w AS (SELECT hcp_id, max(random()) AS x FROM touches GROUP BY hcp_id)
               SELECT count(*) AS n, sum(a.x) AS x FROM w a JOIN w b ON b.hcp_id = a.hcp_id AND b.x = a.x";
    let plan = plan_reading(&context, sql).await.unwrap();
    let run = || async {
        let rows = context.execute_logical_plan(plan.clone()).await.unwrap().collect().await.unwrap();
        pretty_format_batches(&rows).unwrap().to_string()
    };
    let (first, second) = (run().await, run().await);
    assert!(first.contains(&format!("| {HCPS} ")), "{first}");
    assert_ne!(first, second, "another execution has other numbers");
}

#[tokio::test]
async fn what_is_not_worth_it_or_depends_on_others_is_not_kept() {
    let context = session(2, 64 << 20);
    for sql in [
        "WITH w AS (SELECT hcp_id, count(*) AS n FROM touches GROUP BY hcp_id) SELECT sum(n) FROM w",
        "WITH w AS (SELECT hcp_id, day FROM touches) SELECT count(*) FROM w a JOIN w b ON b.day = a.day",
        "WITH w AS (SELECT *, count(*) OVER (PARTITION BY owner) AS n FROM touches)
         SELECT count(*) FROM w a JOIN w b ON b.day = a.day",
        "WITH w AS (SELECT 1 AS n) SELECT * FROM w a CROSS JOIN w b",
        "WITH RECURSIVE w AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM w WHERE n < 3) SELECT * FROM w a CROSS JOIN w b",
    ] {
        assert!(!plan_of(&context, sql).await.contains("KeptExec"), "{sql}");
    }
    // Who is named by an id everywhere is looked for, not found among all.
    let named = "WITH w AS (SELECT hcp_id, count(*) AS n FROM touches GROUP BY hcp_id)
                 SELECT a.n + b.n FROM w a JOIN w b ON b.hcp_id = a.hcp_id WHERE a.hcp_id = 'an HCP with a rather long name 7'";
    assert!(!plan_of(&context, named).await.contains("KeptExec"));
    assert_eq!(kept(&context, named).await.unwrap(), computed_apart(&context, named).await);
    let parameter = "WITH w AS (SELECT hcp_id, count(*) AS n FROM touches WHERE day < $1 GROUP BY hcp_id)
                     SELECT count(*) FROM w a JOIN w b ON b.n = a.n";
    let plan = plan_reading(&context, parameter).await.unwrap();
    let frame = context.execute_logical_plan(plan).await.unwrap();
    let rows = frame.with_param_values(vec![datafusion::scalar::ScalarValue::Int64(Some(9))]).unwrap().collect().await;
    let written = parameter.replace("$1", "9");
    assert_eq!(pretty_format_batches(&rows.unwrap()).unwrap().to_string(), computed_apart(&context, &written).await);
}

#[tokio::test]
async fn what_cannot_be_computed_is_told() {
    let context = session(2, 64 << 20);
    let sql = "WITH w AS (SELECT owner, sum(1 / (day - 5)) AS n FROM touches GROUP BY owner)
               SELECT count(*) FROM w a JOIN w b ON b.n = a.n";
    let error = kept(&context, sql).await.unwrap_err().to_string();
    assert!(error.contains("Divide by zero"), "{error}");
}
