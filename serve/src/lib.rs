//! Every door a client uses: the metrics page, health, gauges and alert rules that are SQL files, the API that answers before
//! a touch, and the delivery of alerts.
//!
//! Nothing here decides a number: the pipeline reports what it did through typed methods, gauge files ask the live
//! state, and this crate shows both. No HCP, owner or other personal id can become a label; the wall clock is handed
//! in.
//!
//! | module | one noun |
//! |---|---|
//! | [`metrics`] | the standing set: what the pipeline did and how it is |
//! | [`gauge`] | metric families defined by SQL files over the live state |
//! | [`alert_rule`] | alert rules defined by SQL files |
//! | [`alert_watch`] | the rules run over what a turn changed, and what follows |
//! | [`open_alerts`] | the alerts that are open now, and the way to accept one |
//! | [`deliver`] | alerts to Alertmanager and webhooks |
//! | [`page`] | the text that Prometheus scrapes: both together |
//! | [`health`] | whether the loop turns and whether it is ready |
//! | [`http`] | the server: `/metrics`, `/healthz`, `/readyz`, `/v1`, `/` |
//! | [`api`] | what `/v1` answers from |
//! | [`live_page`] | what open pages ask for again and again, computed once for all of them |
//! | [`access`] | who may ask: tokens and roles |
//! | [`audit`] | who asked what |
//! | [`postgres`] | the SQL server that Postgres clients speak to |

pub mod access;
pub mod alert_rule;
pub mod alert_watch;
pub mod api;
pub mod audit;
pub mod deliver;
pub mod gauge;
pub mod health;
pub mod http;
mod lineage;
pub mod live_page;
pub mod metrics;
pub mod open_alerts;
pub mod page;
pub mod postgres;

pub use access::{Access, Reader, Role, SharedAccess, Token};
pub use api::{Api, Door};
pub use audit::AuditLog;
pub use gauge::{GaugeFile, GaugeLimits, GaugeSet};
pub use health::{Assignment, Commit, Health, Restore};
pub use http::{HttpError, HttpLimits, HttpState};
pub use live_page::LivePage;
pub use metrics::PipelineMetrics;
pub use open_alerts::OpenAlerts;
pub use page::MetricsPage;
