//! `account_metrics_at(timestamp [, audience])` and `account_now`: every account by window, from the live records of an
//! audience.
//!
//! Live records of the last 400 days are gathered by HCP, then the HCPs are added one after another. All of it is held in
//! memory while it lasts, reserved from the query's pool.

use super::arguments::Arguments;
use super::history_table::AsOf;
use super::touch_metrics::{ARGUMENTS, ASKED, arguments};
use crate::account::columns::COLUMNS;
use crate::account::{AccountBook, Asked};
use crate::rows::MetricBuilder;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Column, DataFusionError, Result, ScalarValue};
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableType, cast as cast_to, lit};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::StreamExt;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use touchpoint::metric::{MetricColumn, metric_field};
use touchpoint::record::RecordRow;
use touchpoint::time::RETENTION;
use touchpoint::{Audience, Clock, Policy, Reference};

/// What accounts are computed from.
#[derive(Debug, Clone)]
pub struct Touchpoints {
    /// The rows of `touchpoints` as audience commercial knows them.
    pub commercial: LogicalPlan,
    /// Those that audience full knows; `None` in a session that may not see them.
    pub full: Option<LogicalPlan>,
    /// Policy.
    pub policy: Arc<Policy>,
    /// Reference data.
    pub reference: Arc<Reference>,
}

impl Touchpoints {
    /// The audience of callers who name none, and the most that they may ask for.
    pub fn widest(&self) -> Audience {
        if self.full.is_some() { Audience::Full } else { Audience::Commercial }
    }

    fn of(&self, audience: Audience) -> &LogicalPlan {
        match (audience, &self.full) {
            (Audience::Full, Some(full)) => full,
            _ => &self.commercial,
        }
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub struct AccountTable {
    touchpoints: Touchpoints,
    as_of: AsOf,
    audience: Audience,
}

impl AccountTable {
    /// Accounts as of an instant, as an audience sees them.
    pub fn new(touchpoints: Touchpoints, as_of: AsOf, audience: Audience) -> Self {
        Self { touchpoints, as_of, audience }
    }
}

/// The columns of both.
pub fn account_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> =
        LazyLock::new(|| Arc::new(Schema::new(COLUMNS.iter().map(metric_field).collect::<Vec<Field>>())));
    SCHEMA.clone()
}

/// What is read of `touchpoints`: the columns of the metric functions and two more.
fn wanted() -> Vec<(&'static str, DataType)> {
    let columns = ARGUMENTS.iter().map(|(name, _)| *name).zip(arguments::types()).take(ARGUMENTS.len() - ASKED);
    columns.chain([("account_id", DataType::Utf8), ("duration_s", DataType::Int32)]).collect()
}

#[async_trait]
impl TableProvider for AccountTable {
    fn schema(&self) -> SchemaRef {
        account_schema()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let as_of = self.as_of.instant();
        let instant = |at| lit(ScalarValue::TimestampMicrosecond(Some(at), Some("UTC".into())));
        let occurred_at = || Expr::Column(Column::from_name("occurred_at"));
        let known = occurred_at().gt(instant(as_of - RETENTION)).and(occurred_at().lt_eq(instant(as_of)));
        let column = |(name, wanted)| cast_to(Expr::Column(Column::from_name(name)), wanted).alias(name);
        let records = LogicalPlanBuilder::from(self.touchpoints.of(self.audience).clone())
            .filter(known)?
            .project(wanted().into_iter().map(column))?
            .build()?;
        let columns: Vec<&'static MetricColumn> = match projection {
            Some(kept) => kept.iter().filter_map(|place| COLUMNS.get(*place)).collect(),
            None => COLUMNS.iter().collect(),
        };
        let part = Part {
            records: session.create_physical_plan(&records).await?,
            schema: Arc::new(Schema::new(columns.iter().map(|column| metric_field(column)).collect::<Vec<_>>())),
            columns,
            table: Self { as_of: AsOf::Instant(as_of), ..self.clone() },
            as_of,
        };
        let schema = part.schema.clone();
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(part)], None, [], false, limit)?))
    }
}

/// The table in a plan.
#[derive(Debug, Clone)]
struct Part {
    records: Arc<dyn ExecutionPlan>,
    columns: Vec<&'static MetricColumn>,
    schema: SchemaRef,
    table: AccountTable,
    as_of: touchpoint::Micros,
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let part = self.clone();
        let rows = futures::stream::once(async move { part.rows(context).await });
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), rows))
    }
}

impl Part {
    async fn rows(self, context: Arc<TaskContext>) -> Result<RecordBatch> {
        let reservation = MemoryConsumer::new("accounts").register(context.memory_pool());
        let mut input = execute_stream(self.records.clone(), context)?;
        let (mut batches, mut bytes) = (Vec::new(), 0);
        while let Some(batch) = input.next().await {
            let batch = exact(&batch?)?;
            // The list of an HCP's records doubles what is held of them, one HCP at a time; their places take 16 bytes.
            bytes += batch.get_array_memory_size() + batch.num_rows() * 16;
            reservation.try_resize(bytes)?;
            batches.push(batch);
        }
        let (policy, reference) = (&self.table.touchpoints.policy, &self.table.touchpoints.reference);
        let mut book = AccountBook::new(Asked { as_of: self.as_of, audience: self.table.audience, policy, reference });
        let places = by_hcp(&batches);
        for (hcp_id, places) in &places {
            let records = places.iter().map(|(batch, row)| record(&batches, *batch, *row));
            let records: Vec<RecordRow<'_>> = records.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
            book.add(hcp_id, &records).map_err(|e| DataFusionError::External(Box::new(e)))?;
        }
        for hcp_id in reference.hcp_ids().into_iter().filter(|hcp_id| !places.contains_key(hcp_id)) {
            book.add(hcp_id, &[]).map_err(|e| DataFusionError::External(Box::new(e)))?;
        }
        self.built(&book)
    }

    fn built(&self, book: &AccountBook<'_>) -> Result<RecordBatch> {
        let mut builders: Vec<MetricBuilder> = self.columns.iter().copied().map(MetricBuilder::new).collect();
        let mut count = 0;
        for row in book.rows() {
            for (column, builder) in self.columns.iter().zip(&mut builders) {
                builder.push_value(row.value(column.name));
            }
            count += 1;
        }
        let columns: Vec<ArrayRef> = builders.into_iter().map(MetricBuilder::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }
}

/// A scan may give views or dictionaries.
fn exact(batch: &RecordBatch) -> Result<RecordBatch> {
    let fields = wanted().into_iter().map(|(name, data_type)| Field::new(name, data_type, true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| cast(column, field.data_type()));
    Ok(RecordBatch::try_new(schema.clone(), columns.collect::<Result<_, _>>()?)?)
}

/// Batch and row of each HCP's records, HCPs in order.
fn by_hcp(batches: &[RecordBatch]) -> BTreeMap<&str, Vec<(usize, usize)>> {
    let mut places: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    for (number, batch) in batches.iter().enumerate() {
        let Some(ids) = batch.column_by_name("hcp_id").and_then(|ids| ids.as_string_opt::<i32>()) else { continue };
        for (row, hcp_id) in ids.iter().enumerate() {
            places.entry(hcp_id.unwrap_or_default()).or_default().push((number, row));
        }
    }
    places
}

fn record(batches: &[RecordBatch], batch: usize, row: usize) -> Result<Option<RecordRow<'_>>> {
    let Some(batch) = batches.get(batch) else { return Ok(None) };
    let durations = batch.column_by_name("duration_s").and_then(|column| column.as_primitive_opt::<Int32Type>());
    let accounts = batch.column_by_name("account_id").and_then(|column| column.as_string_opt::<i32>());
    let record = arguments::Rows(batch).record(row)?;
    Ok(record.map(|record| RecordRow {
        account_id: accounts.filter(|accounts| accounts.is_valid(row)).map(|accounts| accounts.value(row)),
        duration_s: durations.filter(|durations| durations.is_valid(row)).map(|durations| durations.value(row)),
        ..record
    }))
}

const USAGE: &str = "account_metrics_at takes an instant and, if wanted, an audience: \
     account_metrics_at('2026-03-01T00:00:00Z') or account_metrics_at(now(), 'commercial')";

/// The table function.
pub struct AccountMetricsAt {
    touchpoints: Touchpoints,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for AccountMetricsAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountMetricsAt").finish_non_exhaustive()
    }
}

impl AccountMetricsAt {
    /// Over live records; `clock` says what `now()` is.
    pub fn new(touchpoints: Touchpoints, clock: Arc<dyn Clock>) -> Self {
        Self { touchpoints, clock }
    }
}

impl TableFunctionImpl for AccountMetricsAt {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let arguments = Arguments { usage: USAGE, widest: self.touchpoints.widest() };
        let (as_of, audience) = arguments.as_of(args.exprs(), &self.clock)?;
        Ok(Arc::new(AccountTable::new(self.touchpoints.clone(), as_of, audience)))
    }
}
