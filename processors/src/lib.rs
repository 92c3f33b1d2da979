//! The metric kernel, the window state around it, and the DataFusion tables and functions that serve both.
//!
//! No wall clock and no sockets: instants are arguments, so that stream, import and SQL over history give the same
//! numbers for the same records and the same instant.
//!
//! | module | what it holds |
//! |---|---|
//! | [`kernel`] | the numbers of one HCP, from its list of records |
//! | [`state`] | the lists of all HCPs, ageing, cached values, day rows |
//! | [`shards`] | the shards of a process behind one lock |
//! | [`account`] | the numbers of accounts, from the live records of their HCPs |
//! | [`alert`] | which alerts begin, go on and end |
//! | [`watermark`] | how far event time has come |
//! | [`rows`] | metric values as Arrow rows |
//! | [`arrivals`] | how complete recent days are |
//! | [`check`] | may this HCP be touched now: the verdict on a proposed touch, with every reason |
//! | [`forecast`] | what planned touches would come to, and which one to move |
//! | [`overview`] | how the HCPs of a filter stand at an instant, as counts |
//! | [`profile`] | what is known of one HCP now: metrics, budgets, timeline |
//! | [`what_if`] | what another policy would have held, and what load and coherence would be |
//! | [`sql`] | `hcp_now`, `hcp_now_windows`, `hcp_metrics_at`, `account_metrics_at`, `forecast`, `touch_metrics` and the functions over it |

pub mod account;
pub mod alert;
pub mod arrivals;
#[cfg(test)]
mod chance;
pub mod check;
pub mod forecast;
pub mod kernel;
pub mod overview;
pub mod profile;
pub mod rows;
#[cfg(test)]
mod sample;
pub mod shards;
pub mod sql;
pub mod state;
pub mod watermark;
pub mod what_if;

pub use shards::{Ownership, Placement, Shards, SharedShards};
pub use state::{Applied, Applying, Askers, Question, Shard, Writing};
pub use watermark::Watermark;
