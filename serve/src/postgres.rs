//! The SQL server that Postgres clients speak to.
//!
//! | module | one noun |
//! |---|---|
//! | [`catalog`] | what clients see when they look at catalogues |
//! | [`fault`] | what a client is told when a statement does not run |
//! | [`sessions`] | where the session of a connection comes from |
//! | [`statement`] | what a statement means |

pub mod catalog;
pub mod fault;
pub mod sessions;
pub mod statement;

pub use fault::{Fault, SqlState};
pub use sessions::Sessions;
pub use statement::{Settings, Understood, understand};
