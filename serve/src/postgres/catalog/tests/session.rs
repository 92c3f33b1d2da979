//! A small session of a reader named ada: a table with comments, a view over it, a table function.

use crate::access::{Reader, Role};
use crate::postgres::{Fault, SqlState, Understood, catalog, understand};
use datafusion::arrow::array::{
    BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListBuilder, RecordBatch, StringArray,
    StringBuilder, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::catalog::{TableFunctionImpl, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::datasource::{MemTable, ViewTable};
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use datafusion::prelude::{SessionContext, col};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// See the module.
pub(in crate::postgres) fn session() -> SessionContext {
    let context = SessionContext::new();
    context.runtime_env().deregister_object_store(ObjectStoreUrl::local_filesystem().as_ref()).expect("files");
    context.register_table("touchpoints", Arc::new(touchpoints())).expect("table");
    let plan = LogicalPlanBuilder::scan(
        "touchpoints",
        datafusion::datasource::provider_as_source(Arc::new(touchpoints())),
        None,
    );
    let plan = plan.and_then(|plan| plan.project([col("hcp_id"), col("n")])?.build()).expect("view");
    context.register_table("hcp_now", Arc::new(ViewTable::new(plan, None))).expect("view");
    context.register_udtf("hcp_metrics_at", Arc::new(At));
    let reader = Reader { name: "ada".into(), role: Role::Commercial, territories: None, owner_id: None };
    catalog::install(&context, &reader).expect("installs");
    context
}

fn touchpoints() -> MemTable {
    let said = |field: Field, text: &str| field.with_metadata(HashMap::from([("comment".into(), text.into())]));
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let fields = vec![
        Field::new("hcp_id", DataType::Utf8, false),
        Field::new("occurred_at", utc, true),
        said(Field::new("n", DataType::Int64, true), "How many."),
        Field::new("load", DataType::Float64, true),
        Field::new("flag", DataType::Boolean, true),
        Field::new("tags", DataType::new_list(DataType::Utf8, true), true),
        Field::new("day", DataType::Date32, true),
        Field::new("cost", DataType::Decimal128(10, 2), true),
    ];
    let schema = Arc::new(Schema::new_with_metadata(fields, HashMap::from([("comment".into(), "Touches.".into())])));
    let mut tags = ListBuilder::new(StringBuilder::new());
    tags.append_value([Some("a"), Some("b")]);
    tags.append_null();
    let noon = 1_782_864_000_000_000;
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![
            Arc::new(StringArray::from(vec!["h1", "h2"])),
            Arc::new(TimestampMicrosecondArray::from(vec![noon, noon + 1_000_000]).with_timezone("UTC")),
            Arc::new(Int64Array::from(vec![Some(3), Some(4)])),
            Arc::new(Float64Array::from(vec![1.5, 2.5])),
            Arc::new(BooleanArray::from(vec![Some(true), None])),
            Arc::new(tags.finish()),
            Arc::new(Date32Array::from(vec![20_635, 20_635])),
            Arc::new(Decimal128Array::from(vec![150, 250]).with_precision_and_scale(10, 2).expect("digits")),
        ],
    );
    MemTable::try_new(schema, vec![vec![batch.expect("rows")]]).expect("table")
}

/// One row: the instant that was asked for, as it was written.
#[derive(Debug)]
struct At;

impl TableFunctionImpl for At {
    fn call(&self, arguments: &[Expr]) -> Result<Arc<dyn TableProvider>> {
        let instant = match arguments.first() {
            Some(Expr::Literal(value, _)) if !value.is_null() => value.cast_to(&DataType::Utf8)?,
            Some(Expr::Cast(cast)) => match cast.expr.as_ref() {
                Expr::Literal(value, _) => value.cast_to(&DataType::Utf8)?,
                _ => return datafusion::common::plan_err!("hcp_metrics_at needs an instant"),
            },
            _ => return datafusion::common::plan_err!("hcp_metrics_at needs an instant"),
        };
        let audience = match arguments.get(1) {
            None => "none".to_owned(),
            Some(Expr::Literal(ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)), _)) => text.clone(),
            Some(_) => return datafusion::common::plan_err!("hcp_metrics_at needs an audience"),
        };
        let batch = RecordBatch::try_from_iter([
            ("at", instant.to_array()?),
            ("audience", Arc::new(StringArray::from(vec![audience])) as _),
        ])?;
        Ok(Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?))
    }
}

/// The rows of one statement, its parameters NULL, values with `|` between them.
pub(in crate::postgres) async fn answered(context: &SessionContext, sql: &str) -> Result<Vec<String>, Fault> {
    let Some(Understood::Query(query)) = understand(sql)?.into_iter().next() else {
        return Err(Fault::new(SqlState::SyntaxError, "no query"));
    };
    let described = query.describe(context, &[]).await?;
    let nulls = described.parameters.iter().map(ScalarValue::try_from).collect::<Result<Vec<_>>>();
    let plan = query.bind(context, &nulls.map_err(|error| Fault::of(&error, sql))?).await?;
    rows(context, plan).await.map_err(|error| Fault::of(&error, sql))
}

/// The rows of a plan.
pub(in crate::postgres) async fn rows(
    context: &SessionContext,
    plan: datafusion::logical_expr::LogicalPlan,
) -> Result<Vec<String>> {
    let batches = context.execute_logical_plan(plan).await?.collect().await?;
    let options = FormatOptions::default().with_null("∅");
    let mut rows = Vec::new();
    for batch in &batches {
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            rows.push(columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|"));
        }
    }
    Ok(rows)
}

/// One a line.
pub(in crate::postgres) fn names_of(names: BTreeSet<String>) -> String {
    names.into_iter().map(|name| name + "\n").collect()
}
