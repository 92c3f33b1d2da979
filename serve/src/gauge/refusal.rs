//! Why a gauge file is refused at load, and why a run of one failed.
//!
//! A refusal quotes the file (names, SQL errors): its author reads it. A failure quotes nothing that came from a table:
//! it goes to the log.

use datafusion::common::DataFusionError;
use std::time::Duration;

/// Why a file is refused. Each is the author's fault; only a changed file (or table) helps.
#[derive(Debug, thiserror::Error)]
pub enum GaugeRefusal {
    /// The file's name cannot be a metric name.
    #[error("gauge {file}.sql: the file name makes no gauge: {reason}")]
    BadName {
        /// File.
        file: String,
        /// What to do.
        reason: &'static str,
    },
    /// Two files make one family.
    #[error("gauge {file}.sql: another gauge file has this name")]
    RepeatedName {
        /// File.
        file: String,
    },
    /// No comment at the top.
    #[error("gauge {file}.sql: the first line must be a comment (-- ...): it becomes the HELP text")]
    NoHelp {
        /// File.
        file: String,
    },
    /// Not one statement, not a query, or not plannable over the tables there are.
    #[error("gauge {file}.sql: expected one read-only query over the gauge tables: {source}")]
    NotOneQuery {
        /// File.
        file: String,
        /// What the planner says.
        source: Box<DataFusionError>,
    },
    /// No column `value`.
    #[error("gauge {file}.sql: expected a column named value; the query gives {found}")]
    NoValue {
        /// File.
        file: String,
        /// The columns it gives.
        found: String,
    },
    /// `value` is no number.
    #[error("gauge {file}.sql: column value must be a number, not {found}")]
    ValueType {
        /// File.
        file: String,
        /// Its type.
        found: String,
    },
    /// A label that is not text, boolean or integer.
    #[error(
        "gauge {file}.sql: label {label} must be text, boolean or integer, not {found}; cast it or put it into bands"
    )]
    LabelType {
        /// File.
        file: String,
        /// Label.
        label: String,
        /// Its type.
        found: String,
    },
    /// A label name that Prometheus, its linter or a scrape keeps for itself.
    #[error("gauge {file}.sql: label {label} is no usable name: lower snake case, and not job, instance or quantile")]
    LabelName {
        /// File.
        file: String,
        /// Label.
        label: String,
    },
    /// Too many labels.
    #[error("gauge {file}.sql: {found} labels, at most {limit} are allowed; sum over the rest")]
    TooManyLabels {
        /// File.
        file: String,
        /// Number found.
        found: usize,
        /// Number allowed.
        limit: usize,
    },
    /// A label that is or derives from a personal column.
    #[error(
        "gauge {file}.sql: label {label} derives from {column}; what identifies persons or records can never be a label"
    )]
    PersonalLabel {
        /// File.
        file: String,
        /// Label.
        label: String,
        /// The personal column.
        column: String,
    },
    /// A value that derives from a personal column other than by counting.
    #[error("gauge {file}.sql: column value derives from {column}, which identifies persons or records; only count it")]
    PersonalValue {
        /// File.
        file: String,
        /// The personal column.
        column: String,
    },
}

/// Every file that was refused.
#[derive(Debug)]
pub struct GaugeRefusals(pub Vec<GaugeRefusal>);

impl std::fmt::Display for GaugeRefusals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, refusal) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { "\n" };
            write!(f, "{separator}{refusal}")?;
        }
        Ok(())
    }
}

impl std::error::Error for GaugeRefusals {}

/// Why a run of a loaded file failed.
#[derive(Debug, thiserror::Error)]
pub enum GaugeFailure {
    /// The tables changed under the file, so that it would be refused now.
    #[error(transparent)]
    Refused(#[from] GaugeRefusal),
    /// The query failed while running. Its message may quote table content and is not repeated.
    #[error("gauge {file}.sql: the query failed while running ({class}); run it in the sql prompt to see why")]
    Running {
        /// File.
        file: String,
        /// Class of the error.
        class: &'static str,
    },
    /// The query took too long; the next refresh tries again.
    #[error("gauge {file}.sql: no answer within {limit:?}")]
    TimedOut {
        /// File.
        file: String,
        /// Time allowed.
        limit: Duration,
    },
    /// The query gives too many series; fewer labels or an `other` bucket help.
    #[error("gauge {file}.sql: more than {limit} series; use fewer labels or pool the small ones")]
    TooManySeries {
        /// File.
        file: String,
        /// Series allowed.
        limit: usize,
    },
    /// Two rows have equal labels; grouping by all labels helps.
    #[error("gauge {file}.sql: two rows have the same labels; group by every label")]
    RepeatedLabels {
        /// File.
        file: String,
    },
    /// A bucket edge is no number.
    #[error("gauge {file}.sql: label le must hold numbers or +Inf")]
    BadEdge {
        /// File.
        file: String,
    },
}

impl GaugeFailure {
    /// A failure of the engine, without its message.
    pub(super) fn running(file: &str, error: &DataFusionError) -> Self {
        Self::Running { file: file.to_owned(), class: error_class(error) }
    }
}

/// What kind of failure it is. The message of an error may quote what a table holds; its class does not.
pub(crate) fn error_class(error: &DataFusionError) -> &'static str {
    match error.find_root() {
        DataFusionError::ArrowError(..) => "computation",
        DataFusionError::ResourcesExhausted(_) => "out of memory",
        DataFusionError::ObjectStore(_) | DataFusionError::IoError(_) => "storage",
        DataFusionError::Execution(_) | DataFusionError::ExecutionJoin(_) => "execution",
        DataFusionError::Plan(_) | DataFusionError::SchemaError(..) | DataFusionError::NotImplemented(_) => "planning",
        _ => "engine",
    }
}
