//! The closed words of the standing set's labels.

/// What became of a record; every record that was read ends as exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Into `touchpoint_log`.
    Accepted,
    /// Into `dead_letters`.
    Rejected,
    /// Below the table's transaction, or a repeated import.
    Skipped,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Accepted, Self::Rejected, Self::Skipped];

    /// The text in label `outcome`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Skipped => "skipped",
        }
    }
}

/// A table that the pipeline commits to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Accepted records and offsets.
    TouchpointLog,
    /// Records that were not accepted.
    DeadLetters,
    /// Stored metric rows.
    HcpMetrics,
    /// Alert transitions.
    Alerts,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 4] = [Self::TouchpointLog, Self::DeadLetters, Self::HcpMetrics, Self::Alerts];

    /// The text in label `table`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TouchpointLog => "touchpoint_log",
            Self::DeadLetters => "dead_letters",
            Self::HcpMetrics => "hcp_metrics",
            Self::Alerts => "alerts",
        }
    }
}

/// What the consumer group did to this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rebalance {
    /// Gave partitions.
    Assigned,
    /// Took partitions back, with time to flush.
    Revoked,
    /// Took partitions away without asking.
    Lost,
}

impl Rebalance {
    /// Every event.
    pub const ALL: [Self; 3] = [Self::Assigned, Self::Revoked, Self::Lost];

    /// The text in label `event`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Revoked => "revoked",
            Self::Lost => "lost",
        }
    }
}

/// How one run of a gauge file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GaugeRun {
    /// Its family is on the page.
    Answered,
    /// Its family was withdrawn.
    Failed,
}
