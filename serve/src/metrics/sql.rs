//! Statements of SQL clients: how they end and how long they take, and who is not let in. Labels are closed words; no user,
//! no text.

use crate::metrics::family::{Family, FamilyType};
use crate::metrics::seconds;
use crate::postgres::SqlState;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, Histogram, IntCounter, IntCounterVec, Registry, Result};
use std::sync::{Arc, OnceLock};
use touchpoint::Micros;

const QUERIES: Family = Family {
    name: "touchload_sql_queries_total",
    family_type: FamilyType::Counter,
    labels: &["outcome"],
    help: "Statements of SQL clients that ended, by outcome: ok, error, refused, canceled, limit, gone.",
};
const DURATION: Family = Family {
    name: "touchload_sql_query_duration_seconds",
    family_type: FamilyType::Histogram,
    labels: &[],
    help: "Time from a statement to its end, its rows sent and its audit line written.",
};
const ACTIVE: Family = Family {
    name: "touchload_sql_active_queries",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "Statements of SQL clients that are being planned, run, or waited for.",
};
const CONNECTIONS: Family = Family {
    name: "touchload_sql_connections",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "SQL clients that are logged in.",
};
const MEMORY: Family = Family {
    name: "touchload_sql_memory_reserved_bytes",
    family_type: FamilyType::Gauge,
    labels: &[],
    help: "Bytes of memory that the statements of SQL clients hold.",
};
const REJECTED: Family = Family {
    name: "touchload_sql_rejected_total",
    family_type: FamilyType::Counter,
    labels: &["reason"],
    help: "Connections of SQL clients that were not let in: password, connections, plaintext, time, protocol, server.",
};
const AUDIT_FAILURES: Family = Family {
    name: "touchload_sql_audit_failures_total",
    family_type: FamilyType::Counter,
    labels: &[],
    help: "Statements whose rows were withheld because their audit lines could not be written.",
};

/// The families of this file.
pub(super) const FAMILIES: &[Family] = &[QUERIES, DURATION, ACTIVE, CONNECTIONS, MEMORY, REJECTED, AUDIT_FAILURES];

const DURATION_BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

/// How a statement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlOutcome {
    /// With all its rows.
    Ok,
    /// With a fault of the statement or of the server.
    Error,
    /// It was not let in: it would change something, or is not for this reader.
    Refused,
    /// By a client or a time-out.
    Canceled,
    /// It needed more than it may use.
    Limit,
    /// Its client was gone.
    Gone,
}

impl SqlOutcome {
    /// Every outcome.
    pub const ALL: [Self; 6] = [Self::Ok, Self::Error, Self::Refused, Self::Canceled, Self::Limit, Self::Gone];

    /// The text in label `outcome` and in audit lines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Refused => "refused",
            Self::Canceled => "canceled",
            Self::Limit => "limit",
            Self::Gone => "gone",
        }
    }

    /// That of a statement which ended with this state, or with none.
    pub fn of(state: Option<SqlState>) -> Self {
        match state {
            None => Self::Ok,
            Some(SqlState::ReadOnlySqlTransaction | SqlState::InsufficientPrivilege) => Self::Refused,
            Some(SqlState::QueryCanceled) => Self::Canceled,
            Some(SqlState::ConnectionFailure) => Self::Gone,
            Some(SqlState::OutOfMemory | SqlState::ProgramLimitExceeded | SqlState::ConfigurationLimitExceeded) => {
                Self::Limit
            }
            Some(_) => Self::Error,
        }
    }
}

/// Why a connection was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlRejection {
    /// A wrong password, or a user that is not there.
    Password,
    /// There are as many connections as there may be.
    Connections,
    /// In plain where only encrypted ones are taken, or TLS failed.
    Plaintext,
    /// It took too long to say who it is.
    Time,
    /// It does not speak the protocol.
    Protocol,
    /// The server could not open a session.
    Server,
}

impl SqlRejection {
    /// Every reason.
    pub const ALL: [Self; 6] =
        [Self::Password, Self::Connections, Self::Plaintext, Self::Time, Self::Protocol, Self::Server];

    /// The text in label `reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Connections => "connections",
            Self::Plaintext => "plaintext",
            Self::Time => "time",
            Self::Protocol => "protocol",
            Self::Server => "server",
        }
    }
}

/// Who tells how much memory statements hold, once there is somebody.
type Reserved = Arc<OnceLock<Box<dyn Fn() -> usize + Send + Sync>>>;

/// A gauge that is set as it is read.
struct MemoryGauge {
    gauge: Gauge,
    reserved: Reserved,
}

impl Collector for MemoryGauge {
    fn desc(&self) -> Vec<&Desc> {
        self.gauge.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.gauge.set(self.reserved.get().map_or(0, |reserved| reserved()) as f64);
        self.gauge.collect()
    }
}

/// Numbers of the SQL server.
#[derive(Clone)]
pub struct SqlMetrics {
    queries: IntCounterVec,
    duration: Histogram,
    active: Gauge,
    connections: Gauge,
    reserved: Reserved,
    rejected: IntCounterVec,
    audit_failures: IntCounter,
}

impl SqlMetrics {
    /// Registers the families on `registry`.
    ///
    /// # Errors
    /// A family of that name is on the registry already.
    pub fn register(registry: &Registry) -> Result<Self> {
        let reserved = Reserved::default();
        registry.register(Box::new(MemoryGauge { gauge: MEMORY.lone_gauge()?, reserved: reserved.clone() }))?;
        let metrics = Self {
            reserved,
            queries: QUERIES.counter_vec(registry)?,
            duration: DURATION.histogram(registry, DURATION_BUCKETS)?,
            active: ACTIVE.gauge(registry)?,
            connections: CONNECTIONS.gauge(registry)?,
            rejected: REJECTED.counter_vec(registry)?,
            audit_failures: AUDIT_FAILURES.counter(registry)?,
        };
        for outcome in SqlOutcome::ALL {
            metrics.queries.with_label_values(&[outcome.as_str()]).inc_by(0);
        }
        for reason in SqlRejection::ALL {
            metrics.rejected.with_label_values(&[reason.as_str()]).inc_by(0);
        }
        Ok(metrics)
    }

    /// A statement ended after so long.
    pub fn ended(&self, outcome: SqlOutcome, took: Micros) {
        self.queries.with_label_values(&[outcome.as_str()]).inc();
        self.duration.observe(seconds(took.max(0)));
    }

    /// A statement runs until this is dropped.
    pub fn active(&self) -> SqlActive {
        self.active.inc();
        SqlActive(self.active.clone())
    }

    /// So many clients are logged in.
    pub fn connections(&self, count: usize) {
        self.connections.set(count as f64);
    }

    /// From now on `reserved` tells how many bytes of memory statements hold; only the first who is named is asked.
    pub fn memory(&self, reserved: impl Fn() -> usize + Send + Sync + 'static) {
        self.reserved.get_or_init(|| Box::new(reserved));
    }

    /// A connection was not let in.
    pub fn rejected(&self, reason: SqlRejection) {
        self.rejected.with_label_values(&[reason.as_str()]).inc();
    }

    /// An audit line could not be written.
    pub fn audit_failed(&self) {
        self.audit_failures.inc();
    }
}

impl std::fmt::Debug for SqlMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlMetrics").finish_non_exhaustive()
    }
}

/// A statement that runs.
#[derive(Debug)]
pub struct SqlActive(Gauge);

impl Drop for SqlActive {
    fn drop(&mut self) {
        self.0.dec();
    }
}
