//! `touch_metrics(…)`: every metric column of a set of touchpoints, as one struct.
//!
//! Arguments, in order, are the columns of view `touchpoints` named in [`ARGUMENTS`] and then `as_of` (T), `width` (an
//! interval of days, hours or less) and `audience` (`'full'` or `'commercial'`); or `as_of`, `width` and, if wanted,
//! `audience` alone: then the columns are those of the rows ([`super::metric_functions`]). Rows are live versions already. The
//! function sorts them itself and drops those outside `(as_of − width, as_of]`, since `RANGE … PRECEDING` frames are
//! closed below. Load, steps that were done before the window and consent that was withdrawn before it are known as far as
//! the rows given reach back, at most 400 d. Over a frame T is the greatest `as_of` of its rows. NULL when no row counts
//! for the audience, unless the HCP is a target at T.
//!
//! The audience chooses among the rows given and cannot bring back what they lack: `touchpoints` holds the version that is
//! live for everybody. An interaction whose live version is medical, but which has an earlier one that is not, is left
//! out here; `hcp_metrics_at(…, 'commercial')` resolves versions for the audience and counts the earlier one.
//!
//! One struct instead of a function per column: many aggregates over one group would keep as many copies of its rows.

mod accumulator;
pub(super) mod arguments;

pub use arguments::ARGUMENTS;

use accumulator::TouchMetricsAccumulator;
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, Signature, Volatility};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use touchpoint::metric::{METRICS, metric_field};
use touchpoint::{Policy, Reference};

/// How many of [`ARGUMENTS`] say what is asked, at their end; those before are columns of rows.
pub(super) const ASKED: usize = 3;

/// The aggregate function, with the policy and reference data in force.
pub fn touch_metrics(policy: Arc<Policy>, reference: Arc<Reference>) -> AggregateUDF {
    AggregateUDF::new_from_impl(TouchMetrics {
        signature: Signature::user_defined(Volatility::Immutable),
        documentation: super::function_docs::touch_metrics().documentation(),
        policy,
        reference,
    })
}

#[derive(Debug)]
struct TouchMetrics {
    signature: Signature,
    documentation: Documentation,
    policy: Arc<Policy>,
    reference: Arc<Reference>,
}

/// Two functions are the same when they compute with the same policy and reference data.
impl PartialEq for TouchMetrics {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.policy, &other.policy) && Arc::ptr_eq(&self.reference, &other.reference)
    }
}

impl Eq for TouchMetrics {}

impl Hash for TouchMetrics {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.policy.version.hash(state);
    }
}

/// The struct that the function returns: the metrics, all nullable.
pub(crate) fn metric_fields() -> Fields {
    METRICS.iter().map(|m| Arc::new(metric_field(m).with_nullable(true)) as FieldRef).collect()
}

/// The types that a call of `function` is brought to: all arguments, or the last two or three.
///
/// # Errors
/// It is given another number of them.
pub(super) fn coerced(function: &str, given: &[DataType]) -> Result<Vec<DataType>> {
    let mut wanted = arguments::types();
    let columns = wanted.len() - ASKED;
    if given.len() == wanted.len() {
        return Ok(wanted);
    }
    if (ASKED - 1..=ASKED).contains(&given.len()) {
        return Ok(wanted.drain(columns..).take(given.len()).collect());
    }
    let names: Vec<&str> = ARGUMENTS.iter().map(|(name, _)| *name).collect();
    let (all, given) = (wanted.len(), given.len());
    plan_err!(
        "{function} takes {all} arguments, {given} were given: {function}({}), or {function}(as_of, width [, audience]) \
         over rows that have the other columns",
        names.join(", ")
    )
}

impl AggregateUDFImpl for TouchMetrics {
    fn name(&self) -> &'static str {
        "touch_metrics"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerced("touch_metrics", given)
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(metric_fields()))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        if args.exprs.len() != ARGUMENTS.len() {
            return plan_err!("{} lacks the columns of its rows: this session cannot fill them in", args.name);
        }
        Ok(Box::new(TouchMetricsAccumulator::new(self.policy.clone(), self.reference.clone())))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let field = |(i, data_type): (usize, DataType)| {
            let list = DataType::List(Arc::new(Field::new_list_field(data_type, true)));
            Arc::new(Field::new(format!("{}[{i}]", args.name), list, true)) as FieldRef
        };
        Ok(arguments::types().into_iter().enumerate().map(field).collect())
    }
}
