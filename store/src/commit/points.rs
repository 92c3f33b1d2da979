//! The named points at which a fault test stops a commit, in the order in which they are passed; they exist with the
//! feature `failpoints` only. A name that no code has is never reached, and the tests that use it then fail.

/// In the commits of a cycle and of an import: nothing is committed at the first, everything at the last.
pub const LANDING: [&str; 6] = [
    "commit::before_dead_letters",
    "commit::after_dead_letters",
    "commit::before_log",
    "commit::after_log",
    "commit::before_metrics",
    "commit::after_metrics",
];

/// Around the commit of table `alerts`, after [`LANDING`]; passed by cycles that have transitions.
pub const ALERTS: [&str; 2] = ["commit::before_alerts", "commit::after_alerts"];

/// In a cycle alone, before [`LANDING`]: its files are written, and no commit names them.
pub const WRITTEN: &str = "commit::parquet_written";

/// In each attempt at the commit of one table: it may die there, or `return` as if the storage had not answered.
pub const ATTEMPT: [&str; 2] = ["commit::request_lost", "commit::reply_lost"];
