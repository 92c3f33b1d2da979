//! How each metric column is read off the values of a row: looked up by name once per column, not once per cell.

use super::Values;
use crate::kernel::budgets::BudgetColumns;
use crate::kernel::load::visits_per_week;
use std::borrow::Cow;
use touchpoint::Word;
use touchpoint::time::Micros;

/// A column's values; `None` is NULL.
#[derive(Debug, Clone, Copy)]
pub(super) enum Read {
    /// Counts.
    Count(fn(&Values<'_>) -> Option<i64>),
    /// Real numbers.
    Real(fn(&Values<'_>) -> Option<f64>),
    /// Texts.
    Text(for<'v> fn(&'v Values<'_>) -> Option<Cow<'v, str>>),
    /// Instants.
    Instant(fn(&Values<'_>) -> Option<Micros>),
    /// No column has the name.
    Nothing,
}

impl Read {
    /// Of the column `name`.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "touches" => Self::Count(|v| Some(v.window.touches.into())),
            "unsolicited" => Self::Count(|v| Some(v.window.unsolicited.into())),
            "calls" => Self::Count(|v| Some(v.window.calls.into())),
            "emails" => Self::Count(|v| Some(v.window.emails.into())),
            "invitations" => Self::Count(|v| Some(v.window.invitations.into())),
            "requests" => Self::Count(|v| Some(v.window.requests.into())),
            "attempts" => Self::Count(|v| Some(v.window.attempts.into())),
            "declared" => Self::Count(|v| Some(v.window.declared.into())),
            "interruption_load" => Self::Real(|v| Some(v.overall.load)),
            "visits_per_week" => Self::Real(|v| Some(visits_per_week(v.overall.load, v.policy.half_life))),
            "collisions" => Self::Count(|v| Some(v.window.collisions.into())),
            "follow_ups" => Self::Count(|v| Some(v.window.follow_ups.into())),
            "collision_rate" => Self::Real(|v| v.window.collision_rate.get()),
            "chance_collision_rate" => Self::Real(|v| v.window.chance_collision_rate.get()),
            "burstiness" => Self::Real(|v| v.window.burstiness.get()),
            "peak_24h" => Self::Count(|v| Some(v.window.peak_24h.into())),
            "unsolicited_share" => Self::Real(|v| v.window.unsolicited_share.get()),
            "access_rate" => Self::Real(|v| v.window.access_rate.get()),
            "untimely" => Self::Count(|v| v.window.untimely.map(i64::from)),
            "theme_coverage" => Self::Real(|v| v.window.theme_coverage.get()),
            "support" => Self::Count(|v| Some(v.window.support.into())),
            "theme_continuity" => Self::Real(|v| v.window.theme_continuity.get()),
            "cross_channel_agreement" => Self::Real(|v| v.window.cross_channel_agreement.get()),
            "cross_function_agreement" => Self::Real(|v| v.window.cross_function_agreement.get()),
            "sequential_continuity" => Self::Real(|v| v.window.sequential_continuity.get()),
            "voices" => Self::Real(|v| v.window.voices.get()),
            "function_voices" => Self::Real(|v| v.window.function_voices.get()),
            "sequence_coherence" => Self::Real(|v| v.window.sequence_coherence.get()),
            "plan_precision" => Self::Real(|v| v.window.plan_precision.get()),
            "plan_recall" => Self::Real(|v| v.window.plan_recall.get()),
            "plan_fit" => Self::Real(|v| v.window.plan_fit.get()),
            "responsiveness" => Self::Real(|v| v.window.responsiveness.get()),
            "talked_past" => Self::Count(|v| Some(v.window.talked_past.into())),
            "consent_conflicts" => Self::Count(|v| v.window.consent_conflicts.map(i64::from)),
            "channel_fit" => Self::Real(|v| v.window.channel_fit.get()),
            "coherence" => Self::Real(|v| v.window.coherence.get()),
            "coherence_basis" => Self::Text(|v| v.window.parts.basis().map(Cow::Owned)),
            "fragmentation" => Self::Real(|v| v.window.fragmentation()),
            "next_free_at" => Self::Instant(|v| v.overall.standing.next_free_at(v.as_of, v.policy, v.zone)),
            "budget_use" => Self::Real(|v| budget(v).map(|budget| budget.budget_use)),
            "binding_budget" => Self::Text(|v| budget(v).map(|budget| budget.binding_budget.into())),
            "headroom" => Self::Count(|v| budget(v).map(|budget| budget.headroom)),
            "zone" => Self::Text(|v| budget(v).map(|budget| budget.zone.as_str().into())),
            _ => Self::Nothing,
        }
    }
}

fn budget<'v>(values: &'v Values<'_>) -> Option<BudgetColumns<'v>> {
    values.overall.standing.columns(values.policy)
}

#[cfg(test)]
mod tests {
    use super::Read;
    use touchpoint::metric::{METRICS, MetricType};

    #[test]
    fn every_column_is_read_as_what_it_is() {
        for column in METRICS {
            let is_right = matches!(
                (column.metric_type, Read::of(column.name)),
                (MetricType::Count, Read::Count(_))
                    | (MetricType::Real, Read::Real(_))
                    | (MetricType::Text, Read::Text(_))
                    | (MetricType::Instant, Read::Instant(_))
            );
            assert!(is_right, "{}", column.name);
        }
    }
}
