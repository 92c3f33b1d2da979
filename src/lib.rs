//! The `touchload` binary's library: command line, configuration, terminal output, and the wiring of the crates.
//!
//! | module | one noun |
//! |---|---|
//! | [`alerts`] | alerts of a running pipeline: found, made durable, told |
//! | [`broker`] | the embedded in-memory Kafka broker of `demo` and of the fault tests |
//! | [`clock`] | the only real clock |
//! | [`cli`] | what was typed |
//! | [`command`] | what each command does |
//! | [`config`] | the configuration file of `run` |
//! | `erased` | who was erased, for whoever decodes records |
//! | [`format`] | query results as table, CSV or JSON |
//! | [`pipeline`] | the main job: source events in, state and tables out |
//! | [`policy`] | the policy file: read strictly, told in plain words |
//! | [`progress`] | bars and spinners on a terminal |
//! | [`prompt`] | SQL statements, from a script or typed |
//! | [`publish`] | records to Kafka at a rate |
//! | [`reference`] | where reference data come from |
//! | [`service`] | a running pipeline with HTTP, gauges and maintenance |
//! | [`session`] | tables, views and functions of SQL |
//! | [`summary`] | what a command did, at its end |
//! | [`threads`] | threads of one kind of work, and who has a core first |
//! | [`tokens`] | the tokens file: who may ask the API |
//! | [`users`] | the users file: who may ask in SQL |
//! | [`view`] | the terminal view of `demo` |
//! | [`what_if`] | stored history replayed under another policy |

pub mod alerts;
pub mod broker;
pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
mod erased;
pub mod format;
pub mod pipeline;
pub mod policy;
pub mod progress;
pub mod prompt;
pub mod publish;
pub mod reference;
pub mod service;
pub mod session;
pub mod summary;
pub mod threads;
pub mod tokens;
pub mod users;
pub mod view;
pub mod what_if;
