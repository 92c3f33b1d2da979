//! Makes the topics that are missing, for a cluster that does not make them by itself.

use crate::publish::{CONNECT_DEADLINE, PublishError, PublisherConfig, producer};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::types::RDKafkaErrorCode;

/// Lets the cluster choose how often a topic is replicated.
const BROKER_DEFAULT: i32 = -1;

/// Creates those of the four topics that do not exist, with this many partitions; existing ones stay as they are. Gives
/// the names of the new ones.
///
/// # Errors
/// The cluster does not answer, or refuses a topic.
pub async fn create_missing(config: &PublisherConfig, partitions: u32) -> Result<Vec<String>, PublishError> {
    let client: ClientConfig = producer::client_config(config);
    let admin: AdminClient<DefaultClientContext> = client.create().map_err(PublishError::Config)?;
    let unreachable = |cause| PublishError::Unreachable { servers: config.bootstrap_servers.clone(), cause };
    let known = admin.inner().fetch_metadata(None, CONNECT_DEADLINE).map_err(unreachable)?;
    let exists = |name: &str| known.topics().iter().any(|t| t.name() == name);
    let names: Vec<_> = config.topics.iter().map(|(_, name)| name).filter(|name| !exists(name)).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let count = i32::try_from(partitions).unwrap_or(i32::MAX);
    let topics: Vec<_> =
        names.iter().map(|n| NewTopic::new(n, count, TopicReplication::Fixed(BROKER_DEFAULT))).collect();
    let options = AdminOptions::new().operation_timeout(Some(CONNECT_DEADLINE));
    let mut created = Vec::new();
    for outcome in admin.create_topics(&topics, &options).await.map_err(unreachable)? {
        match outcome {
            Ok(name) => created.push(name),
            // Somebody else was faster, which is as good.
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(PublishError::Topic { topic, cause: code.to_string() }),
        }
    }
    Ok(created)
}
