//! Which cluster this is: its id is part of the name under which a table remembers offsets.
//!
//! A cluster that cannot be reached has no id to give, which is an error and never "unknown": two names for one cluster
//! would mean reading everything twice.

use crate::kafka::config::KafkaConfig;
use crate::kafka::error::IngestError;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::time::Duration;

/// The id of a cluster that answers but reports none.
pub const UNKNOWN_CLUSTER: &str = "unknown";

/// The id of the cluster, [`UNKNOWN_CLUSTER`] when its brokers report none. Blocks for at most about `timeout`.
///
/// # Errors
/// [`IngestError::Client`] when no broker answered in time; a retry helps once one does.
pub fn cluster_id(config: &KafkaConfig, timeout: Duration) -> Result<String, IngestError> {
    let failed = |error: rdkafka::error::KafkaError| IngestError::Client {
        during: "asking the cluster for its id",
        cause: crate::kafka::error::cause(&error),
    };
    let client: BaseConsumer = config.observer().create().map_err(failed)?;
    // The id comes with metadata: only after a successful fetch does its absence mean that there is none.
    client.fetch_metadata(Some(config.topics.calls.as_str()), timeout).map_err(failed)?;
    let id = client.client().fetch_cluster_id(Duration::from_millis(100));
    Ok(id.filter(|id| !id.is_empty()).unwrap_or_else(|| UNKNOWN_CLUSTER.to_owned()))
}
