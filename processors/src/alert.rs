//! Which alerts begin, go on and end: a state machine over what the rules say. No query runs here and no clock is read.
//!
//! ```text
//!  condition holds          … for the rule's pending time          somebody accepts it
//! ─────────────► pending ─────────────► firing ─────────────► acknowledged
//!                   └──────────────────────┴──────────── condition ends ──────► resolved
//! ```
//!
//! A turn hands in, for each rule, the subjects it looked at and at which instants, and what it found. One subject has at
//! most one open alert of a rule. Two borders (fires, ends) keep a value between them from flickering.
//!
//! - **Since when** is event time: the first examined instant from which the condition held on. The id is a keyed hash of
//!   rule, subject and that instant, so whoever finds the same alert again gives it the same id.
//! - **Retrospective**: records that came late say that the condition held at an earlier instant only. It is told once,
//!   as over, and never for a span that an alert is known of.
//! - **Corrected**: as is known now, the condition did not hold when the alert began.
//! - **Storm**: more openings of one rule in a span than a limit. What exceeds it is counted, in one alert about the rule.
//!
//! The state is the last transition of every alert: [`Machine::export`] and [`Machine::restore`] speak in them.
//!
//! | module | one noun |
//! |---|---|
//! | [`rule`] | what the machine knows of a rule |
//! | [`finding`] | what a rule said of a subject at an instant |
//! | [`transition`] | an alert, and what became of it |
//! | [`rows`] | transitions as rows of table `alerts`, and back |
//! | [`machine`] | all rules together |
//! | `book` | the alerts of one rule |
//! | `episode` | spans over which a condition held |
//! | `storm` | what exceeds the limit |

mod book;
mod episode;
pub mod finding;
pub mod machine;
pub mod rows;
pub mod rule;
mod storm;
pub mod transition;

#[cfg(test)]
mod tests;

pub use finding::{Answer, Coverage, Examined, Facts, Finding};
pub use machine::{AckError, Acknowledgement, Machine, Occasion, Turn};
pub use rule::AlertRule;
pub use storm::StormLimit;
pub use transition::{Alert, AlertId, Subject, TouchRef, Transition};
