//! Metric aggregates as a reader may call them.
//!
//! An aggregate computes from whatever rows it is given, and looks up reference data by the `hcp_id` in them. Three things
//! follow for a reader who does not see everything:
//!
//! - an HCP out of its territories is refused, known or not: else made-up rows would tell of plans, consents and targets;
//! - audience `full` is not open to commercial roles, whose rows lack what it would count;
//! - columns that tell owners apart are NULL where some owners are: two voices that both read as unknown would count as
//!   one. `hcp_metrics_at` has these columns for every reader.

use super::sight::Sight;
use arrow::array::{Array, ArrayRef, AsArray, StructArray, new_null_array};
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, Signature};
use processors::sql::touch_metrics::ARGUMENTS;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use touchpoint::policy::Per;
use touchpoint::{Audience, Policy};

/// Columns whose definition tells owners apart.
const BY_OWNER: [&str; 8] = [
    "collisions",
    "follow_ups",
    "collision_rate",
    "chance_collision_rate",
    "voices",
    "coherence",
    "coherence_basis",
    "fragmentation",
];

/// Columns of budgets, which may be counted per owner.
const BY_BUDGET: [&str; 5] = ["budget_use", "binding_budget", "headroom", "next_free_at", "zone"];

/// What a guard holds to.
#[derive(Debug)]
pub(super) struct Guard {
    sight: Arc<Sight>,
    audience: Audience,
    masked: Vec<&'static str>,
}

impl Guard {
    /// The guard of a reader of an audience under a policy.
    pub(super) fn new(sight: Arc<Sight>, audience: Audience, policy: &Policy) -> Self {
        let mut masked = Vec::new();
        if !sight.sees_every_owner() {
            masked.extend(BY_OWNER);
            if policy.budgets.iter().any(|budget| budget.per == Per::Owner) {
                masked.extend(BY_BUDGET);
            }
        }
        Self { sight, audience, masked }
    }

    /// # Errors
    /// A row names an HCP out of sight, or an audience that is not the reader's.
    fn admit(&self, arguments: &[ArrayRef]) -> Result<()> {
        let text = |name: &str| {
            let place = ARGUMENTS.iter().position(|(argument, _)| *argument == name)?;
            arguments.get(place)?.as_string_opt::<i32>()
        };
        let (Some(hcps), Some(audiences)) = (text("hcp_id"), text("audience")) else {
            return exec_err!("the arguments of a metric function are not those that it takes");
        };
        if self.sight.is_scoped() && hcps.iter().flatten().any(|hcp_id| !self.sight.sees_hcp(hcp_id)) {
            return exec_err!("a row names an HCP that is not in the territories of this user");
        }
        let is_wider = |name: &str| Audience::parse(name).is_some_and(|audience| audience < self.audience);
        if audiences.iter().flatten().any(is_wider) {
            return exec_err!("audience 'full' is not open to this role; use 'commercial'");
        }
        Ok(())
    }

    fn masked(&self, value: ScalarValue) -> Result<ScalarValue> {
        let ScalarValue::Struct(metrics) = &value else { return Ok(value) };
        if self.masked.is_empty() {
            return Ok(value);
        }
        let column = |(field, column): (&FieldRef, &ArrayRef)| match self.masked.contains(&field.name().as_str()) {
            true => new_null_array(field.data_type(), column.len()),
            false => column.clone(),
        };
        let columns = metrics.fields().iter().zip(metrics.columns()).map(column).collect();
        let masked = StructArray::try_new(metrics.fields().clone(), columns, metrics.nulls().cloned())?;
        Ok(ScalarValue::Struct(Arc::new(masked)))
    }
}

/// `inner`, whose arguments are those of `touch_metrics` and whose value is its struct, under a guard.
pub(super) fn guarded(inner: AggregateUDF, guard: Arc<Guard>) -> AggregateUDF {
    AggregateUDF::new_from_impl(Guarded { inner, guard })
}

#[derive(Debug)]
struct Guarded {
    inner: AggregateUDF,
    guard: Arc<Guard>,
}

impl PartialEq for Guarded {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner && Arc::ptr_eq(&self.guard, &other.guard)
    }
}

impl Eq for Guarded {}

impl Hash for Guarded {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl AggregateUDFImpl for Guarded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(given)
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arguments)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.inner.documentation()
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Watched { inner: self.inner.accumulator(args)?, guard: self.guard.clone() }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.inner.state_fields(args)
    }
}

#[derive(Debug)]
struct Watched {
    inner: Box<dyn Accumulator>,
    guard: Arc<Guard>,
}

impl Accumulator for Watched {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.guard.admit(values)?;
        self.inner.update_batch(values)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.retract_batch(values)
    }

    fn supports_retract_batch(&self) -> bool {
        self.inner.supports_retract_batch()
    }

    fn evaluate(&mut self) -> Result<ScalarValue, DataFusionError> {
        let value = self.inner.evaluate()?;
        self.guard.masked(value)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.inner.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.inner.state()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.inner.merge_batch(states)
    }
}
