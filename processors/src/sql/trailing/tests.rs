//! Counts are those of DataFusion, and stand where they are meant to.

use crate::chance::Chance;
use crate::sql::sessions::session_builder;
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::util::pretty::pretty_format_batches;
use datafusion::datasource::MemTable;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::physical_plan::displayable;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::sync::Arc;

const HOUR: i64 = 3_600_000_000;

/// Few keys and many, ties, borders met exactly, and nulls: in times of every third seed, in the others never.
fn batches(seed: u64) -> Vec<RecordBatch> {
    let mut chance = Chance(seed * 2 + 1);
    let mut below = |n: u64| chance.below(n) as i64;
    let keys = [2, 30, 300][(seed % 3) as usize];
    let batches = (0..5).map(|_| {
        let rows = 1 + below(120);
        let key: Vec<Option<String>> =
            (0..rows).map(|_| below(keys)).map(|key| (key > 0).then(|| format!("hcp-{key}"))).collect();
        let owner: Vec<i64> = (0..rows).map(|_| below(3)).collect();
        let time: Vec<Option<i64>> =
            (0..rows).map(|_| (seed % 3 > 0 || below(7) > 0).then(|| below(200) * HOUR / 2)).collect();
        let x: Vec<Option<i64>> = (0..rows).map(|_| Some(below(4)).filter(|x| *x > 0)).collect();
        let zone = TimestampMicrosecondArray::from(time.clone()).with_timezone("UTC");
        let columns: [(&str, ArrayRef); 5] = [
            ("k", Arc::new(StringArray::from(key))),
            ("o", Arc::new(Int64Array::from(owner))),
            ("t", Arc::new(zone)),
            ("local", Arc::new(TimestampMicrosecondArray::from(time))),
            ("x", Arc::new(Int64Array::from(x))),
        ];
        let nullable = columns.map(|(name, column)| (name, column, true));
        RecordBatch::try_from_iter_with_nullable(nullable).unwrap()
    });
    batches.collect()
}

fn context(builder: SessionStateBuilder, seed: u64) -> SessionContext {
    let context = SessionContext::new_with_state(builder.build());
    let batches = batches(seed);
    let parts = batches.chunks(2).map(<[_]>::to_vec).collect();
    let table = MemTable::try_new(batches[0].schema(), parts).unwrap();
    context.register_table("touches", Arc::new(table)).unwrap();
    context
}

fn config(seed: u64) -> SessionConfig {
    let (threads, rows) = [(1, 7), (3, 8_192), (2, 64)][(seed / 3 % 3) as usize];
    SessionConfig::new().with_target_partitions(threads).with_batch_size(rows)
}

async fn rows(context: &SessionContext, sql: &str) -> String {
    let ordered = format!("SELECT * FROM ({sql}) ORDER BY 1, 2, 3, 4, 5, 6");
    let frame = context.sql(&ordered).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    pretty_format_batches(&frame.collect().await.unwrap()).unwrap().to_string()
}

async fn plan(context: &SessionContext, sql: &str) -> String {
    let plan = context.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    displayable(plan.as_ref()).indent(false).to_string()
}

const COUNTED: &[&str] = &[
    "count(*) OVER (PARTITION BY k ORDER BY t RANGE BETWEEN INTERVAL '5 hours' PRECEDING AND CURRENT ROW)",
    "count(*) OVER (PARTITION BY k, o ORDER BY t RANGE BETWEEN INTERVAL '2 days' PRECEDING AND CURRENT ROW)",
    "count(x) OVER (PARTITION BY k ORDER BY t RANGE BETWEEN INTERVAL '90 minutes' PRECEDING AND CURRENT ROW)",
    "count(*) OVER (PARTITION BY k ORDER BY local RANGE BETWEEN INTERVAL '35999999 milliseconds' PRECEDING AND CURRENT ROW)",
    "count(*) OVER (PARTITION BY k ORDER BY t NULLS FIRST RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW)",
    "count(*) OVER (ORDER BY t RANGE BETWEEN INTERVAL '3 hours' PRECEDING AND CURRENT ROW)",
    "count(*) OVER (PARTITION BY k ORDER BY t RANGE BETWEEN CURRENT ROW AND CURRENT ROW)",
    "count(x) OVER (PARTITION BY k ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)",
    "count(x) OVER (PARTITION BY k ORDER BY t)",
];

const LEFT_ALONE: &[&str] = &[
    "count(*) OVER (PARTITION BY k ORDER BY t DESC RANGE BETWEEN INTERVAL '5 hours' PRECEDING AND CURRENT ROW)",
    "count(*) OVER (PARTITION BY k ORDER BY t RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW)",
    "count(*) OVER (PARTITION BY k ORDER BY t RANGE BETWEEN INTERVAL '1 hour' PRECEDING AND INTERVAL '1 hour' FOLLOWING)",
    "count(*) FILTER (WHERE x > 1) OVER (PARTITION BY k ORDER BY t RANGE BETWEEN INTERVAL '5 hours' PRECEDING AND CURRENT ROW)",
    "sum(x) OVER (PARTITION BY k ORDER BY t RANGE BETWEEN INTERVAL '5 hours' PRECEDING AND CURRENT ROW)",
    "count(*) OVER (PARTITION BY k ORDER BY x RANGE BETWEEN 1 PRECEDING AND CURRENT ROW)",
    "count(*) OVER (PARTITION BY o ORDER BY k)",
    "count(*) OVER (PARTITION BY o ORDER BY CAST(x AS DOUBLE) / 2)",
    "count(*) OVER (PARTITION BY o ORDER BY k RANGE BETWEEN CURRENT ROW AND CURRENT ROW)",
    "count(DISTINCT x) OVER (PARTITION BY k ORDER BY t RANGE BETWEEN INTERVAL '5 hours' PRECEDING AND CURRENT ROW)",
    "count(*) OVER (PARTITION BY k ORDER BY t, o, x ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)",
];

async fn compare(texts: &[&str], stands: bool) {
    for seed in 0..36 {
        let ours = context(session_builder(config(seed), Arc::new(RuntimeEnv::default())), seed);
        let plain = SessionStateBuilder::new_with_default_features().with_config(config(seed));
        let plain = context(plain, seed);
        for count in texts {
            let sql = format!("SELECT *, {count} AS n FROM touches");
            let planned = plan(&ours, &sql).await;
            assert_eq!(planned.contains("TrailingCountExec"), stands, "{count}\n{planned}");
            assert_eq!(rows(&ours, &sql).await, rows(&plain, &sql).await, "seed {seed}: {count}");
        }
    }
}

#[tokio::test]
async fn counts_are_those_of_datafusion() {
    compare(COUNTED, true).await;
}

#[tokio::test]
async fn other_windows_are_left_alone() {
    compare(LEFT_ALONE, false).await;
}

#[tokio::test]
async fn several_spans_are_counted_side_by_side() {
    let sql = format!("SELECT *, {}, {}, {}, {} FROM touches", COUNTED[0], COUNTED[1], COUNTED[2], COUNTED[6]);
    for seed in 0..9 {
        let ours = context(session_builder(config(seed), Arc::new(RuntimeEnv::default())), seed);
        let plain = context(SessionStateBuilder::new_with_default_features().with_config(config(seed)), seed);
        assert_eq!(plan(&ours, &sql).await.matches("TrailingCountExec").count(), 2);
        assert_eq!(rows(&ours, &sql).await, rows(&plain, &sql).await, "seed {seed}");
    }
}
