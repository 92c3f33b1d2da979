//! Window state: what is retained of every HCP, and what ageing will change next.
//!
//! A [`Shard`] is a plain struct with one owner. `apply` takes a decoded batch and gives its log rows; `advance` tells it
//! the time; `evaluate` brings the cached headline values of changed HCPs up to date, each HCP once. An HCP is a compact
//! list of entries in window order, so that results are exact for any trailing window, late inserts and retractions cost
//! a short move of memory, and nothing depends on window lengths. The state can always be had again from the log.
//!
//! | module | one noun |
//! |---|---|
//! | [`arena`] | ids that are unique per record, packed per HCP |
//! | [`interner`] | text that repeats, as small numbers |
//! | [`position`] | which of two equal versions came later |
//! | [`dictionary`] | the two above, and a record as an entry |
//! | [`list`] | the retained records of one HCP |
//! | [`hcp`] | one HCP: which version counts for whom |
//! | [`wheel`] | when each HCP next changes by itself |
//! | [`waiting`] | who waits to be evaluated, and who comes first |
//! | [`live`] | cached headline values in copy-on-write chunks |
//! | [`shard`] | all HCPs of a partition number or of a whole process |
//! | [`parts`] | the same in several parts, for as many threads |
//! | [`applying`] | a batch on its way into it, slice by slice |
//! | [`askers`] | who waits to read while the pipeline writes |
//! | [`targets`] | HCPs that are known before anything is heard of them |
//! | [`days`] | the day rows of `hcp_metrics` and their revisions |
//! | [`sums`] | counts over all HCPs that gauges read |
//! | [`witnesses`] | the touches of an HCP one by one |
//! | [`retraction`] | what to append so that a feed has never been read |

pub mod applying;
pub mod arena;
pub mod askers;
pub mod days;
pub mod dictionary;
pub mod hcp;
pub mod interner;
pub mod list;
pub mod live;
pub mod parts;
pub mod position;
pub mod retraction;
pub mod shard;
pub mod sums;
pub mod targets;
pub mod waiting;
pub mod wheel;
pub mod witnesses;

pub use applying::Applying;
pub use askers::{Askers, Question, Writing};
pub use live::{Cell, Headline, Headlines, LiveSnapshot};
pub use shard::{Applied, Shard};
