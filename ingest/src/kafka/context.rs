//! What librdkafka calls while it is polled: rebalances, errors, statistics, log lines, commit results.
//!
//! A rebalance is only *recorded* here. The loop takes it up after the poll has returned and answers it with `assign`
//! or `unassign` when the pipeline has done its part; until then the client stays a member of the group and is polled
//! as usual. Nothing here waits for a channel, so poll and pipeline cannot wait for each other. Only while the client
//! is being closed is a rebalance answered on the spot, since nobody takes it up any more.

use crate::kafka::stats::{Counters, add, held};
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use touchpoint::TopicPartition;

/// What the group decided.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rebalance {
    /// These partitions are ours from now on.
    Assign(Vec<TopicPartition>),
    /// These partitions are to be given back.
    Revoke,
    /// The partitions are no longer ours.
    Lose,
}

/// First and end offset of a partition as the broker last told them; the end counts committed records only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) low: i64,
    pub(crate) end: i64,
}

/// The callbacks of one consumer.
pub(crate) struct SourceContext {
    counters: Arc<Counters>,
    decisions: Mutex<VecDeque<Rebalance>>,
    extents: Mutex<Option<BTreeMap<TopicPartition, Extent>>>,
    closing: AtomicBool,
}

impl SourceContext {
    pub(crate) fn new(counters: Arc<Counters>) -> Self {
        let (decisions, extents) = (Mutex::default(), Mutex::default());
        Self { counters, decisions, extents, closing: AtomicBool::new(false) }
    }

    /// The oldest decision of the group that was not taken up yet.
    pub(crate) fn next_decision(&self) -> Option<Rebalance> {
        held(&self.decisions).pop_front()
    }

    /// Statistics that came since the last call.
    pub(crate) fn take_extents(&self) -> Option<BTreeMap<TopicPartition, Extent>> {
        held(&self.extents).take()
    }

    /// From now on rebalances are answered on the spot.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }
}

impl ClientContext for SourceContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
                tracing::error!(facility, "librdkafka: {text}");
            }
            RDKafkaLogLevel::Warning => tracing::warn!(facility, "librdkafka: {text}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => tracing::info!(facility, "librdkafka: {text}"),
            RDKafkaLogLevel::Debug => tracing::debug!(facility, "librdkafka: {text}"),
        }
    }

    fn stats(&self, statistics: Statistics) {
        let mut extents = BTreeMap::new();
        for (topic, numbers) in statistics.topics {
            for (partition, numbers) in numbers.partitions {
                // Aborted or still open transactions end the readable part before the high watermark.
                let end = if numbers.ls_offset >= 0 { numbers.ls_offset } else { numbers.hi_offset };
                if partition >= 0 && end >= 0 {
                    let extent = Extent { low: numbers.lo_offset.max(0), end };
                    extents.insert(TopicPartition::new(topic.as_str(), partition), extent);
                }
            }
        }
        *held(&self.extents) = Some(extents);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        add(&self.counters.transient_errors, 1);
        tracing::warn!(code = ?error.rdkafka_error_code(), "kafka: {reason}");
    }
}

impl ConsumerContext for SourceContext {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, decision: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        if self.closing.load(Ordering::SeqCst) {
            if let Err(error) = consumer.unassign() {
                tracing::warn!("kafka: leaving the group: {error}");
            }
            return;
        }
        add(&self.counters.rebalances, 1);
        let decision = match decision {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Rebalance::Assign(
                partitions.elements().iter().map(|p| TopicPartition::new(p.topic(), p.partition())).collect(),
            ),
            _ if consumer.assignment_lost() => Rebalance::Lose,
            _ => Rebalance::Revoke,
        };
        held(&self.decisions).push_back(decision);
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            add(&self.counters.commit_errors, 1);
            tracing::debug!("kafka: offsets for lag tools were not taken: {error}");
        }
    }
}
