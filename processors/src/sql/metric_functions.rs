//! A function per metric column over `touch_metrics`: `collisions(as_of, width [, audience])` and so on.
//!
//! Every one takes what `touch_metrics` takes and gives one field of its struct. However many of them a statement asks of
//! the same rows, one list of these is kept and evaluated once: a rule of the session's analyzer ([`sharing`]) replaces
//! them by fields of a common `touch_metrics`. The same rule fills in the columns of the rows where a call leaves them
//! out.

mod columns;
pub mod sharing;

pub use sharing::ShareMetrics;

use super::function_docs;
use super::touch_metrics::coerced;
use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_datafusion_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, Signature, Volatility};
use datafusion::prelude::SessionContext;
use std::sync::Arc;
use touchpoint::Audience;
use touchpoint::metric::{METRICS, MetricColumn, metric_field};

/// Makes `shared`, which is `touch_metrics` or guards it, and the functions over it known to a session, once. `widest` is
/// the audience of calls that name none.
pub fn register(context: &SessionContext, shared: AggregateUDF, widest: Audience) {
    for function in functions(shared) {
        context.register_udaf(function);
    }
    context.add_analyzer_rule(Arc::new(ShareMetrics { widest }));
}

/// `shared`, which is `touch_metrics` or guards it, and a function per metric over it. The session's analyzer needs
/// [`ShareMetrics`], once, however often functions are replaced.
pub fn functions(shared: AggregateUDF) -> Vec<AggregateUDF> {
    let of = Arc::new(shared.clone());
    let each = METRICS.iter().map(|metric| AggregateUDF::new_from_impl(MetricFunction::new(metric, of.clone())));
    each.chain([shared]).collect()
}

/// One field of `touch_metrics`.
#[derive(Debug)]
struct MetricFunction {
    metric: &'static MetricColumn,
    shared: Arc<AggregateUDF>,
    signature: Signature,
    documentation: Documentation,
}

impl MetricFunction {
    fn new(metric: &'static MetricColumn, shared: Arc<AggregateUDF>) -> Self {
        let signature = Signature::user_defined(Volatility::Immutable);
        Self { metric, shared, signature, documentation: function_docs::of_metric(metric).documentation() }
    }
}

impl PartialEq for MetricFunction {
    fn eq(&self, other: &Self) -> bool {
        self.metric.name == other.metric.name && self.shared == other.shared
    }
}

impl Eq for MetricFunction {}

impl std::hash::Hash for MetricFunction {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.metric.name.hash(state);
    }
}

impl AggregateUDFImpl for MetricFunction {
    fn name(&self) -> &str {
        self.metric.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerced(self.metric.name, given)
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(metric_field(self.metric).data_type().clone())
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(FieldAccumulator { name: self.metric.name, shared: self.shared.accumulator(args)? }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.shared.state_fields(args)
    }
}

/// The list and the struct of `touch_metrics`, for a session without the rule.
#[derive(Debug)]
struct FieldAccumulator {
    name: &'static str,
    shared: Box<dyn Accumulator>,
}

impl Accumulator for FieldAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.shared.update_batch(values)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.shared.retract_batch(values)
    }

    fn supports_retract_batch(&self) -> bool {
        self.shared.supports_retract_batch()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.shared.merge_batch(states)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.shared.state()
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.shared.size()
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let metrics = self.shared.evaluate()?.to_array()?;
        let missing = || internal_datafusion_err!("touch_metrics has no field {}", self.name);
        let field = metrics.as_struct().column_by_name(self.name).ok_or_else(missing)?;
        ScalarValue::try_from_array(field, 0)
    }
}
