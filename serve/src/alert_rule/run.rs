//! One run of a rule over the tables as they are: rows into findings.

use super::file::RuleFile;
use super::plan::PlannedRule;
use super::refusal::RuleFailure;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, TimestampMicrosecondType};
use datafusion::common::DataFusionError;
use datafusion::physical_plan::execute_stream;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use processors::alert::{Facts, Finding};
use std::collections::HashSet;
use std::sync::Arc;
use touchpoint::Micros;
use touchpoint::policy::Verdict;

/// Runs the rule.
///
/// A plan keeps what an earlier run collected for its joins, so its states are reset first.
pub(super) async fn run(
    file: &RuleFile,
    planned: &PlannedRule,
    context: &SessionContext,
) -> Result<Vec<Finding>, RuleFailure> {
    let failed = |error: DataFusionError| RuleFailure::running(file.name(), &error);
    let plan = reset_plan_states(planned.plan.clone()).map_err(failed)?;
    let mut rows = execute_stream(plan, context.task_ctx()).map_err(failed)?;
    let mut findings = Vec::new();
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(failed)?;
        let typed = Typed::of(planned, &batch).map_err(failed)?;
        findings.extend((0..batch.num_rows()).filter_map(|row| typed.finding(file, row)));
    }
    let mut seen = HashSet::with_capacity(findings.len());
    if findings.iter().all(|finding| seen.insert((&finding.subject, finding.as_of))) {
        drop(seen);
        return Ok(findings);
    }
    Err(RuleFailure::RepeatedSubject { rule: file.name().to_owned() })
}

/// The columns of a batch in the types they are read in.
struct Typed<'a> {
    subject: ArrayRef,
    as_of: ArrayRef,
    fires: ArrayRef,
    value: Option<ArrayRef>,
    binding: Option<ArrayRef>,
    hold_until: Option<ArrayRef>,
    named: Vec<(&'a str, Named)>,
}

/// A column of the summary.
enum Named {
    Real(ArrayRef),
    /// Everything else, as text.
    Text(ArrayRef),
}

impl<'a> Typed<'a> {
    fn of(planned: &'a PlannedRule, batch: &RecordBatch) -> Result<Self, DataFusionError> {
        let columns = &planned.columns;
        let text = |at: usize| cast(batch.column(at), &DataType::Utf8);
        let instant = |at: usize| cast(batch.column(at), &touchpoint::record::instant_type());
        let real = |at: usize| cast(batch.column(at), &DataType::Float64);
        let named = |(name, at): &'a (String, usize)| -> Result<(&'a str, Named), DataFusionError> {
            let is_real = batch.column(*at).data_type().is_floating();
            let column = if is_real { Named::Real(real(*at)?) } else { Named::Text(text(*at)?) };
            Ok((name.as_str(), column))
        };
        Ok(Self {
            subject: text(columns.subject)?,
            as_of: instant(columns.as_of)?,
            fires: batch.column(columns.fires).clone(),
            value: columns.value.map(real).transpose()?,
            binding: columns.binding.map(text).transpose()?,
            hold_until: columns.hold_until.map(instant).transpose()?,
            named: columns.named.iter().map(named).collect::<Result<_, DataFusionError>>()?,
        })
    }

    /// What a row says; nothing when it has no subject, no instant or does not know whether it fires.
    fn finding(&self, file: &RuleFile, row: usize) -> Option<Finding> {
        let fires = valid(&self.fires, row)?.as_boolean_opt()?.value(row);
        let subject = Arc::from(valid(&self.subject, row)?.as_string_opt::<i32>()?.value(row));
        let as_of = instant(&self.as_of, row)?;
        let value = self.value.as_ref().and_then(|column| real(column, row)).filter(|value| !value.is_nan());
        let binding = self.binding.as_ref().and_then(|column| {
            let text = valid(column, row)?.as_string_opt::<i32>()?;
            Some(Arc::from(text.value(row)))
        });
        let hold_until = self.hold_until.as_ref().and_then(|column| instant(column, row));
        let summary = file.summary().render(|column| self.text(column, row)).into();
        let verdict = if fires { Verdict::Fires } else { Verdict::Stays };
        Some(Finding { subject, as_of, verdict, facts: Facts { value, binding, hold_until, summary } })
    }

    fn text(&self, column: &str, row: usize) -> String {
        let column = self.named.iter().find(|(name, _)| *name == column).map(|(_, column)| column);
        let text = column.and_then(|column| match column {
            Named::Real(column) => real(column, row).map(shortened),
            Named::Text(column) => Some(valid(column, row)?.as_string_opt::<i32>()?.value(row).to_owned()),
        });
        text.unwrap_or_else(|| "unknown".to_owned())
    }
}

fn valid(column: &ArrayRef, row: usize) -> Option<&ArrayRef> {
    column.is_valid(row).then_some(column)
}

fn instant(column: &ArrayRef, row: usize) -> Option<Micros> {
    Some(valid(column, row)?.as_primitive_opt::<TimestampMicrosecondType>()?.value(row))
}

fn real(column: &ArrayRef, row: usize) -> Option<f64> {
    Some(valid(column, row)?.as_primitive_opt::<Float64Type>()?.value(row))
}

/// A number as people read it: two decimals, none where they say nothing.
fn shortened(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "infinite" } else { "negative infinite" }.to_owned();
    }
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn numbers_have_the_decimals_that_say_something() {
        for (number, text) in [(1.0, "1"), (1.25, "1.25"), (0.5, "0.5"), (100.0, "100"), (f64::INFINITY, "infinite")] {
            assert_eq!(shortened(number), text);
        }
    }
}
