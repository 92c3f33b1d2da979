//! Whether the API is open, and to whom: it fails closed.
//!
//! | tokens file | listens on | `/v1` answers |
//! |---|---|---|
//! | yes | anything | holders of tokens |
//! | no | loopback | every caller, as a commercial one |
//! | no | another address | nobody |
//!
//! Without a folder for the audit log, which tables in an object store do not give, it answers nobody either.

use anyhow::Context;
use processors::{Askers, SharedShards};
use serve::metrics::checks::CheckMetrics;
use serve::{Access, Api, AuditLog, Door, Health, LivePage, OpenAlerts, SharedAccess, Token};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use touchpoint::{Clock, Topics};

/// Name of the audit folder beside the tables.
pub(crate) const AUDIT: &str = "audit";

const NO_TOKENS: &str = "it listens beyond this machine and there is no tokens file; set [http] tokens (docs/API.md)";
const NO_AUDIT: &str = "the tables lie in an object store and there is no folder for the audit log; set [http] audit";

/// What the API answers from.
pub(super) struct Parts<'a> {
    pub(super) shards: (&'a SharedShards, &'a Askers),
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) health: &'a Arc<Health>,
    pub(super) metrics: &'a CheckMetrics,
    pub(super) alerts: Option<&'a OpenAlerts>,
    pub(super) topics: &'a Topics,
}

/// The door of an API that listens on `address`.
///
/// # Errors
/// The system has no room for the thread of the audit log.
pub(super) fn open(
    tokens: Option<Vec<Token>>,
    address: SocketAddr,
    audit: Option<PathBuf>,
    parts: Parts<'_>,
) -> anyhow::Result<Door> {
    let access = match tokens {
        Some(tokens) => Access::Tokens(tokens),
        None if address.ip().is_loopback() => Access::Loopback,
        None => return Ok(closed(NO_TOKENS)),
    };
    let Some(audit) = audit else { return Ok(closed(NO_AUDIT)) };
    Ok(Door::Open(Arc::new(Api {
        shards: parts.shards.0.clone(),
        askers: parts.shards.1.clone(),
        clock: parts.clock.clone(),
        health: parts.health.clone(),
        access: SharedAccess::new(access),
        audit: AuditLog::start(audit).context("starting the thread of the audit log")?,
        metrics: parts.metrics.clone(),
        alerts: parts.alerts.cloned(),
        live_page: LivePage::new(parts.topics.clone()),
        scan: Default::default(),
    })))
}

fn closed(why: &'static str) -> Door {
    tracing::warn!(why, "the API below /v1 is off");
    Door::Closed(why)
}

#[cfg(test)]
mod tests {
    use super::{Parts, open};
    use processors::{Askers, Shards, SharedShards};
    use serve::metrics::checks::CheckMetrics;
    use serve::{Access, Door, Health, Token};
    use std::path::PathBuf;
    use std::sync::{Arc, RwLock};
    use std::time::Duration;
    use touchpoint::time::FixedClock;
    use touchpoint::{Clock, Policy, Reference, Topics};

    fn opened(listens: &str, tokens: Option<Vec<Token>>, audit: Option<PathBuf>) -> Door {
        let clock: Arc<dyn Clock> = Arc::new(FixedClock(0));
        let shards: SharedShards =
            Arc::new(RwLock::new(Shards::new(Arc::new(Policy::default()), Arc::new(Reference::default()))));
        let health = Arc::new(Health::new(clock.clone(), Duration::from_secs(1)));
        let metrics = CheckMetrics::register(&prometheus::Registry::new()).unwrap();
        let parts = Parts {
            shards: (&shards, &Askers::default()),
            clock: &clock,
            health: &health,
            metrics: &metrics,
            alerts: None,
            topics: &Topics::default(),
        };
        open(tokens, listens.parse().unwrap(), audit, parts).unwrap()
    }

    #[test]
    fn it_opens_to_this_machine_or_to_holders_of_tokens() {
        let folder = || Some(std::env::temp_dir().join("never-written"));
        let access = |door: Door| if let Door::Open(api) = door { Some((*api.access.now()).clone()) } else { None };
        for here in ["127.0.0.1:8080", "[::1]:8080"] {
            assert_eq!(access(opened(here, None, folder())), Some(Access::Loopback), "{here}");
        }
        assert_eq!(access(opened("0.0.0.0:8080", Some(Vec::new()), folder())), Some(Access::Tokens(Vec::new())));
        for beyond in ["0.0.0.0:8080", "[::]:8080", "10.0.0.1:8080"] {
            assert_eq!(access(opened(beyond, None, folder())), None, "{beyond}");
        }
        assert_eq!(access(opened("127.0.0.1:8080", Some(Vec::new()), None)), None, "no place for the audit log");
    }
}
