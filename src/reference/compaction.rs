//! Whether the topics of reference data keep what they are given: a topic that is not compacted loses rows with time.

use crate::alerts::client_config;
use ingest::kafka::KafkaConfig;
use ingest::reference_topics::ReferenceTopics;
use rdkafka::admin::{AdminClient, AdminOptions, ConfigResourceResult, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaError;
use std::time::Duration;

const SETTING: &str = "cleanup.policy";
const KEPT: &str = "compact";
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Warns of every topic whose rows go by themselves. Blocks its thread, which must not be one of the runtime's.
pub(super) fn look(kafka: &KafkaConfig, topics: &ReferenceTopics) {
    match policies(kafka, topics) {
        Ok(policies) => {
            for (topic, policy) in policies.iter().filter(|(_, policy)| policy.as_deref() != Some(KEPT)) {
                let policy = policy.as_deref().unwrap_or("unknown");
                tracing::warn!(
                    topic,
                    policy,
                    "the topic of reference data is not compacted: its rows go when its retention ends, and are then \
                     withdrawn without a word; set cleanup.policy=compact"
                );
            }
        }
        // It takes a right that reading does not.
        Err(error) => tracing::info!(%error, "nobody may tell whether the topics of reference data are compacted"),
    }
}

/// Of each topic its setting.
fn policies(kafka: &KafkaConfig, topics: &ReferenceTopics) -> Result<Vec<(String, Option<String>)>, KafkaError> {
    let admin: AdminClient<DefaultClientContext> = client_config(kafka).create()?;
    let asked: Vec<_> = topics.values().map(|topic| ResourceSpecifier::Topic(topic)).collect();
    let options = AdminOptions::new().request_timeout(Some(ANSWER_WITHIN));
    let answers = futures::executor::block_on(admin.describe_configs(&asked, &options))?;
    let policy = |(topic, answer): (&String, ConfigResourceResult)| {
        let resource = answer.map_err(KafkaError::AdminOp)?;
        Ok((topic.clone(), resource.get(SETTING).and_then(|entry| entry.value.clone())))
    };
    topics.values().zip(answers).map(policy).collect()
}
