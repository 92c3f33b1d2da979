//! Metric values as Arrow rows, only the wanted columns.
//!
//! A row comes from [`Values`]: the window values, the load, the budgets and the policy.

use crate::kernel::budgets::BudgetColumns;
use crate::kernel::load::visits_per_week;
use crate::kernel::{Overall, WindowValues};
use arrow::array::{ArrayRef, Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use std::sync::Arc;
use touchpoint::metric::MetricColumn;
use touchpoint::time::Micros;
use touchpoint::{Policy, Tz, Word};

/// Everything a metric column can be computed from.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// Values of one window.
    pub window: &'a WindowValues,
    /// Load at T, and budgets.
    pub overall: Overall,
    /// T.
    pub as_of: Micros,
    /// The policy of the evaluation.
    pub policy: &'a Policy,
    /// The HCP's time zone at T, if known: quiet hours are local.
    pub zone: Option<Tz>,
}

/// One value of a metric column.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A count.
    Count(i64),
    /// A real number.
    Real(f64),
    /// Text.
    Text(String),
    /// An instant.
    Instant(Micros),
    /// NULL.
    Null,
}

/// The value of column `name`.
pub fn value(name: &str, values: Values<'_>) -> Value {
    let w = values.window;
    let count = |n: u32| Value::Count(i64::from(n));
    let real = |r: crate::kernel::MaybeReal| r.get().map_or(Value::Null, Value::Real);
    match name {
        "touches" => count(w.touches),
        "unsolicited" => count(w.unsolicited),
        "calls" => count(w.calls),
        "emails" => count(w.emails),
        "invitations" => count(w.invitations),
        "requests" => count(w.requests),
        "attempts" => count(w.attempts),
        "declared" => count(w.declared),
        "interruption_load" => Value::Real(values.overall.load),
        "visits_per_week" => Value::Real(visits_per_week(values.overall.load, values.policy.half_life)),
        "collisions" => count(w.collisions),
        "follow_ups" => count(w.follow_ups),
        "collision_rate" => real(w.collision_rate),
        "chance_collision_rate" => real(w.chance_collision_rate),
        "burstiness" => real(w.burstiness),
        "peak_24h" => count(w.peak_24h),
        "unsolicited_share" => real(w.unsolicited_share),
        "access_rate" => real(w.access_rate),
        "untimely" => w.untimely.map_or(Value::Null, count),
        "theme_coverage" => real(w.theme_coverage),
        "support" => count(w.support),
        "theme_continuity" => real(w.theme_continuity),
        "cross_channel_agreement" => real(w.cross_channel_agreement),
        "cross_function_agreement" => real(w.cross_function_agreement),
        "sequential_continuity" => real(w.sequential_continuity),
        "voices" => real(w.voices),
        "function_voices" => real(w.function_voices),
        "sequence_coherence" => real(w.sequence_coherence),
        "plan_precision" => real(w.plan_precision),
        "plan_recall" => real(w.plan_recall),
        "plan_fit" => real(w.plan_fit),
        "responsiveness" => real(w.responsiveness),
        "talked_past" => count(w.talked_past),
        "consent_conflicts" => w.consent_conflicts.map_or(Value::Null, count),
        "channel_fit" => real(w.channel_fit),
        "coherence" => real(w.coherence),
        "coherence_basis" => w.parts.basis().map_or(Value::Null, Value::Text),
        "fragmentation" => w.fragmentation().map_or(Value::Null, Value::Real),
        "next_free_at" => {
            let free = values.overall.standing.next_free_at(values.as_of, values.policy, values.zone);
            free.map_or(Value::Null, Value::Instant)
        }
        _ => values.overall.standing.columns(values.policy).map_or(Value::Null, |budget| budget_value(name, budget)),
    }
}

fn budget_value(name: &str, budget: BudgetColumns<'_>) -> Value {
    match name {
        "budget_use" => Value::Real(budget.budget_use),
        "binding_budget" => Value::Text(budget.binding_budget.to_owned()),
        "headroom" => Value::Count(budget.headroom),
        "zone" => Value::Text(budget.zone.as_str().to_owned()),
        _ => Value::Null,
    }
}

/// Collects the values of one metric column.
#[derive(Debug)]
pub struct MetricBuilder {
    column: &'static MetricColumn,
    storage: Storage,
}

#[derive(Debug)]
enum Storage {
    Count(Int64Builder),
    Real(Float64Builder),
    Text(StringBuilder),
    Instant(TimestampMicrosecondBuilder),
}

impl MetricBuilder {
    /// An empty column.
    pub fn new(column: &'static MetricColumn) -> Self {
        use touchpoint::metric::MetricType;
        let storage = match column.metric_type {
            MetricType::Count => Storage::Count(Int64Builder::new()),
            MetricType::Real => Storage::Real(Float64Builder::new()),
            MetricType::Text => Storage::Text(StringBuilder::new()),
            MetricType::Instant => Storage::Instant(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
        };
        Self { column, storage }
    }

    /// Adds the value of one row.
    pub fn push(&mut self, values: Values<'_>) {
        self.push_value(value(self.column.name, values));
    }

    /// Adds one value; one of another type than the column's is NULL.
    pub fn push_value(&mut self, value: Value) {
        match (&mut self.storage, value) {
            (Storage::Count(b), Value::Count(n)) => b.append_value(n),
            (Storage::Count(b), _) => b.append_null(),
            (Storage::Real(b), Value::Real(r)) => b.append_value(r),
            (Storage::Real(b), _) => b.append_null(),
            (Storage::Text(b), Value::Text(t)) => b.append_value(t),
            (Storage::Text(b), _) => b.append_null(),
            (Storage::Instant(b), Value::Instant(at)) => b.append_value(at),
            (Storage::Instant(b), _) => b.append_null(),
        }
    }

    /// The column.
    pub fn finish(mut self) -> ArrayRef {
        match &mut self.storage {
            Storage::Count(b) => Arc::new(b.finish()),
            Storage::Real(b) => Arc::new(b.finish()),
            Storage::Text(b) => Arc::new(b.finish()),
            Storage::Instant(b) => Arc::new(b.finish()),
        }
    }
}

/// A column of instants that are all the same.
pub fn constant_instant(at: Micros, rows: usize) -> ArrayRef {
    let mut builder = TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC");
    builder.append_value_n(at, rows);
    Arc::new(builder.finish())
}
