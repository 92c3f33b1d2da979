//! Seeded workloads, and the naive reference metrics written apart from the kernel.
//!
//! A [`World`] is a pharma company with its HCPs, all of it decided by a [`WorldConfig`]. A [`Workload`] turns it into
//! records as they would arrive in Kafka: the history of a span, live traffic, or load. No clock is read: instants are
//! arguments, and equal arguments give equal bytes.
//!
//! | module | one noun |
//! |---|---|
//! | [`config`] | every assumption with its default, the scenarios, spans |
//! | [`world`] | HCPs, accounts, owners, plans, congresses |
//! | [`workload`] | the way from a world to its records |
//! | [`history`] | a span in order of arrival |
//! | [`live`] | traffic around the present instant at a rate |
//! | [`firehose`] | load, as fast as one core writes |
//! | [`produced`] | one message: kind, key, payload, arrival, expected rejection |
//! | [`ndjson`] | files for `import` |
//! | [`reference_files`] | the ten tables of reference data, as rows and as files |
//! | [`reference`] | the naive metrics |

pub mod config;
pub mod firehose;
pub mod history;
pub mod live;
pub mod ndjson;
pub mod produced;
pub mod reference;
pub mod reference_files;
pub mod workload;
pub mod world;

mod calendar;
mod day;
mod draft;
mod id;
mod interaction;
mod poison;
mod scribe;
mod seed;
mod write;

pub use config::{ConfigError, PoisonConfig, Scenario, Span, WorldConfig};
pub use firehose::{Firehose, FirehoseConfig};
pub use history::History;
pub use id::{Owner, Role};
pub use live::{Live, LiveConfig};
pub use ndjson::write_ndjson;
pub use produced::Produced;
pub use reference_files::ReferenceFiles;
pub use workload::Workload;
pub use world::World;
