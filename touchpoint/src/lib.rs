//! The vocabulary of Touchload: what a record is, which words it may use, and how it lies in Arrow columns.
//!
//! A leaf crate: no I/O, no async, no other crate of the workspace. Whatever crosses from one crate to another is
//! defined here, so that every crate speaks of the same thing by the same name.
//!
//! | module | one noun |
//! |---|---|
//! | [`words`] | closed enums: kind, channel, status, function, purpose, … |
//! | [`topics`] | the Kafka topic of each kind |
//! | [`time`] | instants in microseconds, window lengths, the clock |
//! | [`record`] | columns of a decoded batch, and their builder |
//! | [`log`] | columns of `touchpoint_log` |
//! | [`dead_letter`] | why a record was not accepted, and its row |
//! | [`position`] | where a record stands: topic, partition, offset |
//! | [`metric`] | the columns of a metric row, in order, with their meaning |
//! | [`policy`] | weights, half-life, gaps: what is convention and not science |
//! | [`reference`] | effective-dated facts about HCPs and accounts |
//! | [`alert`] | the words of an alert's life, and the columns of `alerts` |
//! | [`keyed`] | a keyed hash: pseudonyms and signatures |

pub mod alert;
pub mod dead_letter;
pub mod keyed;
pub mod log;
pub mod metric;
pub mod policy;
pub mod position;
pub mod record;
pub mod reference;
pub mod time;
pub mod topics;
pub mod words;

pub use chrono_tz::Tz;
pub use dead_letter::{RejectReason, SkipReason};
pub use keyed::SecretKey;
pub use metric::Audience;
pub use policy::Policy;
pub use position::{NextOffsets, Position, TopicPartition};
pub use reference::Reference;
pub use time::{Clock, Micros, WindowLength};
pub use topics::Topics;
pub use words::{BusinessFunction, Channel, Intake, Kind, Mode, Op, Origin, Precision, Purpose, Status, Word};
