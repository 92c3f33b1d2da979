//! Where `touchpoint_log` stands, as a table: of every partition the next offset that the newest commits hold, and the version
//! whose commit holds it.
//!
//! | column | |
//! |---|---|
//! | `topic`, `partition` | whose, as in the log |
//! | `next_offset` | the first offset that was not read yet |
//! | `version` | the Delta version of the log that says so |
//!
//! Every commit of a pipeline holds all its offsets, so a few commits tell them all; a partition that the newest
//! 32 do not name has no row. The commits are read when the table is, never before.

use crate::provider::PinnedTable;
use crate::txns;
use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use deltalake::DeltaTable;
use std::collections::BTreeMap;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub struct Positions {
    schema: SchemaRef,
    /// `None`: of a table without commits.
    log: Option<DeltaTable>,
}

impl Positions {
    /// Those of the version that `log` is pinned to; none if it is no stored table.
    pub fn of(log: &Arc<dyn TableProvider>) -> Self {
        let pinned = log.downcast_ref::<PinnedTable>();
        Self { schema: schema(), log: pinned.map(|pinned| pinned.delta().clone()) }
    }

    async fn rows(&self) -> Result<RecordBatch, DataFusionError> {
        let mut found: BTreeMap<(String, i32), (i64, i64)> = BTreeMap::new();
        if let Some(log) = &self.log {
            let newest = txns::newest(log).await.map_err(|error| DataFusionError::External(Box::new(error)))?;
            for (app_id, next, version) in newest {
                if let Some(partition) = partition(&app_id) {
                    // Newest first: what is there already is newer.
                    found.entry(partition).or_insert((next, i64::try_from(version).unwrap_or(i64::MAX)));
                }
            }
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(found.keys().map(|(topic, _)| Some(topic.as_str())).collect::<StringArray>()),
            Arc::new(found.keys().map(|(_, partition)| *partition).collect::<Int32Array>()),
            Arc::new(found.values().map(|(next, _)| *next).collect::<Int64Array>()),
            Arc::new(found.values().map(|(_, version)| *version).collect::<Int64Array>()),
        ];
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("topic", DataType::Utf8, true),
        Field::new("partition", DataType::Int32, true),
        Field::new("next_offset", DataType::Int64, true),
        Field::new("version", DataType::Int64, true),
    ]))
}

/// The topic and the partition of an app id, as rows of the log name them ([`crate::owner`]).
fn partition(app_id: &str) -> Option<(String, i32)> {
    let mut parts = app_id.rsplit('/');
    let (number, topic) = (parts.next()?.parse().ok()?, parts.next()?);
    let is_import = parts.next()? == "import" && parts.next().is_none();
    Some((if is_import { format!("import:{topic}") } else { topic.to_owned() }, number))
}

#[async_trait]
impl TableProvider for Positions {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let rows = MemTable::try_new(self.schema.clone(), vec![vec![self.rows().await?]])?;
        rows.scan(session, projection, filters, limit).await
    }
}

#[cfg(test)]
mod tests {
    use super::{Positions, TableProvider, partition};
    use crate::commit::Cycle;
    use crate::sample::{calls, log_rows, open, owner};
    use crate::table::Table;
    use arrow::array::AsArray;
    use arrow::datatypes::{Int32Type, Int64Type};
    use std::sync::Arc;
    use touchpoint::{NextOffsets, TopicPartition};

    #[test]
    fn app_ids_name_what_rows_of_the_log_name() {
        for at in [TopicPartition::new("engagement.calls", 3), TopicPartition::new("import:ab12", 0)] {
            assert_eq!(partition(&owner().app_id(&at)), Some((at.topic.clone(), at.partition)));
        }
        assert_eq!(partition("a/pipeline/cluster/t.x/7"), Some(("t.x".to_owned(), 7)));
        assert_eq!((partition("7"), partition("a/b/c")), (None, None));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn offsets_are_those_of_the_version_that_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir).await;
        let both = [calls(0), calls(1)];
        store.acquire(&owner(), &both).await.unwrap();
        let next = |first: i64, second: i64| NextOffsets::from([(calls(0), first), (calls(1), second)]);
        let cycle = Cycle { log: vec![log_rows(&calls(0), 0..5)], next: next(6, 2), ..Cycle::default() };
        store.commit(&owner(), cycle).await.unwrap();
        let before = store.provider(Table::TouchpointLog).await.unwrap();
        let cycle = Cycle { log: vec![log_rows(&calls(0), 6..8)], next: next(8, 2), ..Cycle::default() };
        store.commit(&owner(), cycle).await.unwrap();
        let after = store.provider(Table::TouchpointLog).await.unwrap();
        for (pinned, expected) in [(before, [6, 2]), (after, [8, 2])] {
            let log: Arc<dyn TableProvider> = pinned.clone();
            let rows = Positions::of(&log).rows().await.unwrap();
            assert_eq!(rows.column(1).as_primitive::<Int32Type>().values().to_vec(), [0, 1]);
            assert_eq!(rows.column(2).as_primitive::<Int64Type>().values().to_vec(), expected);
            let version = i64::try_from(pinned.version()).unwrap();
            assert_eq!(rows.column(3).as_primitive::<Int64Type>().value(0), version);
        }
    }
}
