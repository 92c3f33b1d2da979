//! The targets at T, as an input of `HcpWindowExec` beside the log: one column `hcp_id` in the log's encoding.
//!
//! Partitioned by the same key as the log's rows, a target reaches the one partition that would see its records, so that
//! it has its rows once, whether or not there is a record of it.

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, Result};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_plan::ExecutionPlan;
use std::sync::Arc;
use touchpoint::{Micros, Reference};

/// HCPs per batch.
const SLICE: usize = 8192;

/// The targets at `as_of`, less what `filters` on `hcp_id` drop; `None` when nobody is one.
///
/// # Errors
/// The encoding of `hcp_id` in the log is none of text.
pub(super) fn targets(
    reference: &Reference,
    as_of: Micros,
    encoding: &DataType,
    (session, filters): (&dyn Session, &[Expr]),
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let ids = reference.targets().filter(|hcp_id| reference.is_target(hcp_id, as_of));
    let ids = wanted(StringArray::from_iter_values(ids), session, filters)?;
    if ids.num_rows() == 0 {
        return Ok(None);
    }
    let schema = Arc::new(Schema::new(vec![Field::new("hcp_id", encoding.clone(), false)]));
    let mut batches = Vec::new();
    for from in (0..ids.num_rows()).step_by(SLICE) {
        let slice = ids.slice(from, SLICE.min(ids.num_rows() - from));
        batches.push(RecordBatch::try_new(schema.clone(), vec![cast(slice.column(0), encoding)?])?);
    }
    let plan: Arc<dyn ExecutionPlan> = MemorySourceConfig::try_new_exec(&[batches], schema, None)?;
    Ok(Some(plan))
}

/// The ids that the filters keep. They are inexact: a filter that cannot be put to ids alone is left to whoever reads
/// the rows.
fn wanted(ids: StringArray, session: &dyn Session, filters: &[Expr]) -> Result<RecordBatch> {
    let schema = Arc::new(Schema::new(vec![Field::new("hcp_id", DataType::Utf8, false)]));
    let all = RecordBatch::try_new(schema.clone(), vec![Arc::new(ids) as ArrayRef])?;
    let Some(filter) = conjunction(filters.to_vec()) else { return Ok(all) };
    let kept = session
        .create_physical_expr(filter, &DFSchema::try_from(schema)?)
        .and_then(|predicate| predicate.evaluate(&all)?.into_array(all.num_rows()));
    match kept {
        Ok(kept) if kept.data_type() == &DataType::Boolean => Ok(filter_record_batch(&all, kept.as_boolean())?),
        _ => Ok(all),
    }
}
