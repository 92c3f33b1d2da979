//! Every door a client uses: the metrics page, health, gauges that are SQL files, and the API that answers before a touch.
//!
//! Nothing here decides a number: the pipeline reports what it did through typed methods, gauge files ask the live
//! state, and this crate shows both. No HCP, owner or other personal id can become a label; the wall clock is handed
//! in.
//!
//! | module | one noun |
//! |---|---|
//! | [`metrics`] | the standing set: what the pipeline did and how it is |
//! | [`gauge`] | metric families defined by SQL files over the live state |
//! | [`page`] | the text that Prometheus scrapes: both together |
//! | [`health`] | whether the loop turns and whether it is ready |
//! | [`http`] | the server: `/metrics`, `/healthz`, `/readyz`, `/v1`, `/` |
//! | [`api`] | what `/v1` answers from |
//! | [`access`] | who may ask: tokens and roles |
//! | [`audit`] | who asked what |

pub mod access;
pub mod api;
pub mod audit;
pub mod gauge;
pub mod health;
pub mod http;
pub mod metrics;
pub mod page;

pub use access::{Access, Role, Token};
pub use api::{Api, Door};
pub use audit::AuditLog;
pub use gauge::{GaugeFile, GaugeLimits, GaugeSet};
pub use health::{Assignment, Commit, Health, Restore};
pub use http::{HttpError, HttpState};
pub use metrics::PipelineMetrics;
pub use page::MetricsPage;
