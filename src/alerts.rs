//! Alerts of a running pipeline: found, made durable, told, in this order.
//!
//! ```text
//! turn ──► rules and state machine ──► Kafka topic (acks = all) ──► Alertmanager replicas
//!                 ▲                       │        ├──────────────► webhooks, each by its own offsets
//!                 └─ start: last state ◄──┘        └── cycle ─────► table alerts ──► the daily digest
//! ```
//!
//! The topic is compacted, its key the alert's id: what it holds of an id is the alert's last transition, and so the state
//! that a start goes on from. A process that dies before a transition stands there finds it again, as the same alert; one
//! that dies after it tells it again. So receivers get everything at least once, and nothing twice that has another id.
//!
//! Alerts of audience full have a topic of their own, so that who may read the one need not be let read the other.
//!
//! The pipeline waits for the topic: where it cannot be written, nothing is told and the pipeline stops, saying so.
//!
//! | module | one noun |
//! |---|---|
//! | [`desk`] | a turn of alerts, from the rules to the receivers |
//! | [`topic`] | the log of transitions in Kafka |
//! | [`names`] | which id a pseudonym is of |
//! | [`courier`] | one webhook's way through the topics |
//! | [`forget`] | the end of an erased HCP in the topics |
//! | [`unwritten`] | what waits for the table |
//! | [`stored`] | what the table holds, as far as a start has to know |
//! | [`daily`] | the round of digests, once a day |

mod courier;
mod daily;
mod desk;
mod forget;
mod names;
mod stored;
mod topic;
mod unwritten;

pub use courier::Courier;
pub use daily::{DailyDigest, DigestError, DigestSettings, DigestSource};
pub use desk::{AlertDesk, AlertError};
pub use forget::{Forgetting, ForgottenAlerts};
pub use stored::Stored;
pub(crate) use topic::client_config;
pub use topic::{AlertLog, AlertLogError, AlertTopics};
pub use unwritten::{AlertRows, WrittenUntil};

use serve::deliver::{Ids, Webhook};
use touchpoint::SecretKey;

/// What alerts are made durable in, and who is told.
#[derive(Debug, Clone)]
pub struct AlertSettings {
    /// Makes ids and pseudonyms; the same for every process of a pipeline, and for ever.
    pub key: SecretKey,
    /// Where transitions go.
    pub topics: AlertTopics,
    /// What receivers get to see of ids.
    pub ids: Ids,
    /// Addresses of the Alertmanager replicas; they get commercial alerts.
    pub alertmanagers: Vec<String>,
    /// Webhooks.
    pub webhooks: Vec<Webhook>,
    /// Who gets the daily digest, and when.
    pub digest: Option<DigestSettings>,
}
