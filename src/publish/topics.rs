//! Makes the topics that are missing, for a cluster that does not make them by itself.

use crate::publish::{CONNECT_DEADLINE, PublishError, PublisherConfig, producer};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::{Client, ClientContext, DefaultClientContext};
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use std::time::{Duration, Instant};

/// Lets the cluster choose how often a topic is replicated.
const BROKER_DEFAULT: i32 = -1;
/// Pause between two questions whether a new partition is ready.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// Creates those of the four topics that do not exist, with this many partitions; existing ones stay as they are. Gives
/// the names of the new ones.
///
/// # Errors
/// The cluster does not answer, or refuses a topic.
pub async fn create_missing(config: &PublisherConfig, partitions: u32) -> Result<Vec<String>, PublishError> {
    let names: Vec<&str> = config.topics.iter().map(|(_, name)| name).collect();
    create(config, &names, |name| new_topic(name, partitions)).await
}

/// As [`create_missing`], for topics that keep of every key the last message.
///
/// # Errors
/// As [`create_missing`].
pub async fn create_compacted(
    config: &PublisherConfig,
    names: &[&str],
    partitions: u32,
) -> Result<Vec<String>, PublishError> {
    create(config, names, |name| new_topic(name, partitions).set("cleanup.policy", "compact")).await
}

fn new_topic(name: &str, partitions: u32) -> NewTopic<'_> {
    NewTopic::new(name, i32::try_from(partitions).unwrap_or(i32::MAX), TopicReplication::Fixed(BROKER_DEFAULT))
}

async fn create<'n>(
    config: &PublisherConfig,
    names: &[&'n str],
    make: impl Fn(&'n str) -> NewTopic<'n>,
) -> Result<Vec<String>, PublishError> {
    let client: ClientConfig = producer::client_config(config);
    let admin: AdminClient<DefaultClientContext> = client.create().map_err(PublishError::Config)?;
    let unreachable = |cause| PublishError::Unreachable { servers: config.bootstrap_servers.clone(), cause };
    let known = admin.inner().fetch_metadata(None, CONNECT_DEADLINE).map_err(unreachable)?;
    let exists = |name: &str| known.topics().iter().any(|t| t.name() == name);
    let topics: Vec<_> = names.iter().copied().filter(|name| !exists(name)).map(make).collect();
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let options = AdminOptions::new().operation_timeout(Some(CONNECT_DEADLINE));
    let (mut created, mut others) = (Vec::new(), Vec::new());
    for outcome in admin.create_topics(&topics, &options).await.map_err(unreachable)? {
        match outcome {
            Ok(name) => created.push(name),
            // Somebody else was faster, which is as good.
            Err((name, RDKafkaErrorCode::TopicAlreadyExists)) => others.push(name),
            Err((topic, code)) => return Err(PublishError::Topic { topic, cause: code.to_string() }),
        }
    }
    for name in created.iter().chain(&others) {
        until_ready(admin.inner(), name, CONNECT_DEADLINE).await.map_err(unreachable)?;
    }
    Ok(created)
}

/// Waits until every partition of a topic that was just made takes records.
///
/// A broker names the leader of a new partition some moments before the leader knows of it. A first batch that comes in between
/// is refused and sent again; a second one that is on its way meanwhile may be taken, since the broker knows of no sequence
/// yet, and the client then believes that the first was taken too: it is lost, idempotence or not (KAFKA-15591,
/// confluentinc/confluent-kafka-go#921). Whoever can tell where a partition ends is its leader.
///
/// # Errors
/// The last answer, when the time is over.
pub(crate) async fn until_ready<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    within: Duration,
) -> Result<(), KafkaError> {
    let begun = Instant::now();
    loop {
        let answer = ends(client, topic, within);
        if answer.is_ok() || begun.elapsed() > within {
            return answer;
        }
        tokio::time::sleep(ASK_AGAIN_AFTER).await;
    }
}

/// Asks every partition of the topic where it ends.
fn ends<C: ClientContext>(client: &Client<C>, topic: &str, within: Duration) -> Result<(), KafkaError> {
    let metadata = client.fetch_metadata(Some(topic), within)?;
    let partitions = metadata.topics().iter().flat_map(|found| found.partitions());
    let mut known = 0;
    for partition in partitions {
        client.fetch_watermarks(topic, partition.id(), within)?;
        known += 1;
    }
    if known == 0 { Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition)) } else { Ok(()) }
}
