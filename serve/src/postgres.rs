//! The SQL server that Postgres clients speak to.
//!
//! | module | one noun |
//! |---|---|
//! | [`fault`] | what a client is told when a statement does not run |
//! | [`sessions`] | where the session of a connection comes from |

pub mod fault;
pub mod sessions;

pub use fault::{Fault, SqlState};
pub use sessions::Sessions;
