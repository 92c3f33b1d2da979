//! The closed set of stored tables: name, columns, partitioning, and the properties they are created with.
//!
//! Statistics in the Delta log (`delta.dataSkippingStatsColumns`) name instants, positions and closed words only. A
//! personal value never stands there, because commits and checkpoints outlive the erasure of the rows.

use arrow::datatypes::SchemaRef;
use touchpoint::alert::alerts_schema;
use touchpoint::dead_letter::dead_letter_schema;
use touchpoint::log::{EVENT_MONTH, PERSONAL_COLUMNS, log_schema};
use touchpoint::metric::hcp_metrics_schema;

/// A table of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// One row per rejected record.
    DeadLetters,
    /// One row per accepted record; its transactions are the checkpoint of the pipeline.
    TouchpointLog,
    /// Metric rows per HCP and window at midnights, with revisions.
    HcpMetrics,
    /// One row per transition of an alert.
    Alerts,
}

/// Columns that hold, or may hold, something of a person or of a record's content beside [`PERSONAL_COLUMNS`].
const CONTENT_COLUMNS: &[&str] = &["key", "payload", "payload_sha256", "detail", "field", "touches"];

impl Table {
    /// Every table, in the order in which a cycle commits them.
    pub const ALL: [Self; 4] = [Self::DeadLetters, Self::TouchpointLog, Self::HcpMetrics, Self::Alerts];

    /// The name in SQL, and of the folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::DeadLetters => "dead_letters",
            Self::TouchpointLog => "touchpoint_log",
            Self::HcpMetrics => "hcp_metrics",
            Self::Alerts => "alerts",
        }
    }

    /// The table named `name`.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Its columns.
    pub fn schema(self) -> SchemaRef {
        match self {
            Self::DeadLetters => dead_letter_schema(),
            Self::TouchpointLog => log_schema(),
            Self::HcpMetrics => hcp_metrics_schema(),
            Self::Alerts => alerts_schema(),
        }
    }

    /// The columns it is partitioned by.
    pub fn partition_columns(self) -> &'static [&'static str] {
        match self {
            Self::TouchpointLog => &[EVENT_MONTH],
            Self::DeadLetters | Self::HcpMetrics | Self::Alerts => &[],
        }
    }

    /// The columns that have statistics in the Delta log; none of them personal.
    pub fn statistics_columns(self) -> &'static [&'static str] {
        match self {
            Self::DeadLetters => {
                &["reason", "kind", "kafka_topic", "kafka_partition", "kafka_offset", "kafka_timestamp", "rejected_at"]
            }
            Self::TouchpointLog => {
                &["kind", "occurred_at", "ingested_at", "kafka_topic", "kafka_partition", "kafka_offset"]
            }
            Self::HcpMetrics => &["window", "as_of", "revision", "computed_at"],
            Self::Alerts => &["rule", "severity", "audience", "subject_kind", "state", "origin", "since", "at"],
        }
    }

    /// Whether a column must never have statistics in the Delta log.
    pub fn is_personal(column: &str) -> bool {
        PERSONAL_COLUMNS.contains(&column) || CONTENT_COLUMNS.contains(&column)
    }

    /// The table properties at creation.
    ///
    /// The log is kept for one hour: every row says itself when it was ingested, so old versions answer nothing that
    /// the rows do not, while each commit lists the log folder and a folder of a month of commits would slow them all.
    pub(crate) fn properties(self) -> [(String, Option<String>); 3] {
        let property = |name: &str, value: String| (name.to_owned(), Some(value));
        [
            property("delta.dataSkippingStatsColumns", self.statistics_columns().join(",")),
            property("delta.logRetentionDuration", "interval 1 hours".to_owned()),
            property("delta.deletedFileRetentionDuration", "interval 7 days".to_owned()),
        ]
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn statistics_name_existing_columns_and_no_personal_one() {
        for table in Table::ALL {
            for column in table.statistics_columns() {
                assert!(table.schema().field_with_name(column).is_ok(), "{table} has no column {column}");
                assert!(!Table::is_personal(column), "{table} would keep statistics of {column}");
            }
            assert_eq!(Table::find(table.name()), Some(table));
        }
    }
}
