//! The `touchload` binary's library: command line, configuration, terminal output, and the wiring of the crates.
//!
//! | module | one noun |
//! |---|---|
//! | [`broker`] | the embedded in-memory Kafka broker of `demo` and of the fault tests |
//! | [`cli`] | what was typed |
//! | [`config`] | the configuration file of `run` |
//! | [`format`] | query results as table, CSV or JSON |
//! | [`progress`] | bars and spinners on a terminal |
//! | [`prompt`] | SQL statements, from a script or typed |
//! | [`publish`] | records to Kafka at a rate |
//! | [`summary`] | what a command did, at its end |
//! | [`view`] | the terminal view of `demo` |

pub mod broker;
pub mod cli;
pub mod config;
pub mod format;
pub mod progress;
pub mod prompt;
pub mod publish;
pub mod summary;
pub mod view;
