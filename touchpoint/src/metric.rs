//! The columns of a metric row: name, type and meaning, in the one order that Rust, SQL, Delta and docs share.
//!
//! The definitions are metrics.md §3 (interruption), §4 (coherence) and §5 (budgets). A row is HCP × window × instant ×
//! audience. Thin support gives NULL, never 0 or 1.

use crate::record::instant_type;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::sync::{Arc, LazyLock};

/// Whose view a number is (metrics.md §1). Commercial values are computed as if records of the medical-requests topic and
/// of function medical did not exist; never full minus something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Audience {
    /// Every record.
    Full,
    /// Without medical records.
    Commercial,
}

impl Audience {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Full, Self::Commercial];

    /// The text in SQL and in column `audience`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Commercial => "commercial",
        }
    }

    /// The audience named `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.as_str() == text)
    }
}

/// The Arrow type of a metric column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricType {
    /// `Int64`, a count, never NULL unless its section says so.
    Count,
    /// `Float64`.
    Real,
    /// `Utf8`.
    Text,
    /// Instant, UTC.
    Instant,
}

/// One metric column.
#[derive(Debug, Clone, Copy)]
pub struct MetricColumn {
    /// Name in SQL, in tables and in docs.
    pub name: &'static str,
    /// Storage.
    pub metric_type: MetricType,
    /// Whether it can be NULL.
    pub nullable: bool,
    /// One line: meaning, unit, NULL rule.
    pub meaning: &'static str,
}

const fn count(name: &'static str, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type: MetricType::Count, nullable: false, meaning }
}
const fn maybe_count(name: &'static str, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type: MetricType::Count, nullable: true, meaning }
}
const fn real(name: &'static str, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type: MetricType::Real, nullable: true, meaning }
}
const fn sure_real(name: &'static str, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type: MetricType::Real, nullable: false, meaning }
}
const fn text(name: &'static str, meaning: &'static str) -> MetricColumn {
    MetricColumn { name, metric_type: MetricType::Text, nullable: true, meaning }
}

/// All metric columns, in order.
pub const METRICS: &[MetricColumn] = &[
    count("touches", "touches in the window"),
    count("unsolicited", "touches nobody asked for: interruptions"),
    count("calls", "touches by call"),
    count("emails", "touches by e-mail"),
    count("invitations", "touches by congress invitation"),
    count("requests", "inbound medical requests that were not withdrawn"),
    count("attempts", "calls without access; never touches"),
    count("declared", "touches solicited by declaration alone"),
    sure_real(
        "interruption_load",
        "decayed sum of weighted unsolicited touches of the last 400 d; same in every window row",
    ),
    sure_real("visits_per_week", "the steady weekly number of face-to-face visits that would weigh the same"),
    count(
        "collisions",
        "consecutive unsolicited pairs closer than the gap, from different owners or functions, of no common plan",
    ),
    count("follow_ups", "consecutive unsolicited pairs closer than the gap, of one known owner and one function"),
    real("collision_rate", "collisions / (unsolicited - 1); NULL below 2 unsolicited"),
    real("chance_collision_rate", "what the same voices would collide at random times; NULL below 2 unsolicited"),
    real("burstiness", "Kim-Jo burstiness of the gaps, -1 regular; NULL below 3 gaps or when all gaps are 0"),
    count("peak_24h", "most unsolicited touches within less than 24 h"),
    real("unsolicited_share", "unsolicited / touches; NULL without touches"),
    real("access_rate", "completed / (completed + no_access) face-to-face sales calls; NULL without such calls"),
    maybe_count("untimely", "unsolicited touches outside local working hours; NULL when the time zone is unknown"),
    real("theme_coverage", "share of touches with a known theme; NULL without touches"),
    count("support", "touches with a known theme"),
    real("theme_continuity", "chance that two of them share a theme (Bice-Boxerman); NULL below 2"),
    real(
        "cross_channel_agreement",
        "chance that two of them from different channels share a theme; NULL with one channel",
    ),
    real("cross_function_agreement", "the same across business functions; NULL with one function"),
    real("sequential_continuity", "consecutive touches of equal theme / (support - 1) (SECON); NULL below 2"),
    real("voices", "effective number of known owners; NULL without one"),
    real("function_voices", "effective number of functions; NULL without touches"),
    real(
        "sequence_coherence",
        "pairs whose step and gap the plan allows / consecutive mapped touches of one plan; NULL without a pair",
    ),
    real("plan_precision", "touches mapped to a step / touches; NULL without touches or plans"),
    real("plan_recall", "due steps done in their span / due steps; NULL when none is due"),
    real("plan_fit", "harmonic mean of precision and recall; NULL when either is"),
    real("responsiveness", "requests answered within the SLA / requests due in the window; NULL when none is due"),
    count("talked_past", "unsolicited promotional touches on the product of an open request"),
    maybe_count("consent_conflicts", "touches on a channel without valid consent; NULL without a consent source"),
    real("channel_fit", "1 - half the distance of actual from preferred channel shares; NULL without a preference"),
    real("coherence", "weighted mean of the parts in coherence_basis; NULL below 2 parts"),
    text("coherence_basis", "the parts used, as agreement+coordination; NULL with coherence"),
    real("fragmentation", "1 - coherence; NULL with it"),
    real("budget_use", "highest used / cap over matching budgets; NULL without a budget"),
    text("binding_budget", "the budget of highest use; NULL without a budget"),
    maybe_count("headroom", "its cap - used; NULL without a budget"),
    MetricColumn {
        name: "next_free_at",
        metric_type: MetricType::Instant,
        nullable: true,
        meaning: "when the next touch fits every budget; NULL without a budget or when forbidden",
    },
    text("zone", "clear, near, full or over; NULL without a budget"),
];

/// Place of a metric in [`METRICS`], `None` for an unknown name.
pub fn metric_index(name: &str) -> Option<usize> {
    METRICS.iter().position(|m| m.name == name)
}

/// The Arrow field of a metric.
pub fn metric_field(metric: &MetricColumn) -> Field {
    let data_type = match metric.metric_type {
        MetricType::Count => DataType::Int64,
        MetricType::Real => DataType::Float64,
        MetricType::Text => DataType::Utf8,
        MetricType::Instant => instant_type(),
    };
    Field::new(metric.name, data_type, metric.nullable)
}

/// Columns of `hcp_now_windows` and `hcp_metrics_at`: `hcp_id`, `window`, `as_of`, `audience`, the metrics,
/// `policy_version`.
pub fn metric_row_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let mut fields = vec![
            Field::new("hcp_id", DataType::Utf8, false),
            Field::new("window", DataType::Utf8, false),
            Field::new("as_of", instant_type(), false),
            Field::new("audience", DataType::Utf8, false),
        ];
        fields.extend(METRICS.iter().map(metric_field));
        fields.push(Field::new("policy_version", DataType::Utf8, false));
        Arc::new(Schema::new(fields))
    });
    SCHEMA.clone()
}

/// Columns of the stored table `hcp_metrics` (audience full): as [`metric_row_schema`] without `audience`, with
/// `revision` (0 first, then one more each time a late record changes the row) and `computed_at`.
pub fn hcp_metrics_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let rows = metric_row_schema();
        let mut fields: Vec<_> = rows.fields().iter().filter(|f| f.name() != "audience").cloned().collect();
        fields.push(Arc::new(Field::new("revision", DataType::Int64, false)));
        fields.push(Arc::new(Field::new("computed_at", instant_type(), false)));
        Arc::new(Schema::new(fields))
    });
    SCHEMA.clone()
}
