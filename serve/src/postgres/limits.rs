//! What one client may use of the server.

use super::places::MaxConnections;
use std::time::Duration;

/// See the module. What a statement may use of memory and disk is a matter of the sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many connections there may be.
    pub connections: MaxConnections,
    /// How long a client may take to log in.
    pub login: Duration,
    /// How long a known client may be silent.
    pub idle: Duration,
    /// How long a statement may run, sending its rows included; clients may set less for themselves.
    pub statement: Duration,
    /// Most rows of a statement.
    pub rows: u64,
    /// Most bytes of a statement's rows on the wire.
    pub bytes: u64,
    /// Longest message of a known client, and so the longest statement.
    pub message: usize,
    /// Statements that run at the same time; who comes later waits, and its time-out runs.
    pub statements: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: MaxConnections { total: 64, per_user: 16 },
            login: Duration::from_secs(10),
            idle: Duration::from_secs(30 * 60),
            statement: Duration::from_secs(60),
            rows: 5_000_000,
            bytes: 2 << 30,
            message: 1 << 20,
            statements: 16,
        }
    }
}
