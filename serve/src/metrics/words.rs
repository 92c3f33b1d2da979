//! The closed words of the standing set's labels.

use touchpoint::Kind;

/// The topic each kind is read from, as it stands in label `topic`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    /// Topic of calls.
    pub calls: String,
    /// Topic of e-mails.
    pub emails: String,
    /// Topic of congress invitations.
    pub congress: String,
    /// Topic of medical requests.
    pub requests: String,
}

impl Topics {
    /// The topic of `kind`.
    pub fn of(&self, kind: Kind) -> &str {
        match kind {
            Kind::Calls => &self.calls,
            Kind::Emails => &self.emails,
            Kind::Congress => &self.congress,
            Kind::Requests => &self.requests,
        }
    }
}

impl Default for Topics {
    fn default() -> Self {
        Self {
            calls: Kind::Calls.default_topic().to_owned(),
            emails: Kind::Emails.default_topic().to_owned(),
            congress: Kind::Congress.default_topic().to_owned(),
            requests: Kind::Requests.default_topic().to_owned(),
        }
    }
}

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
