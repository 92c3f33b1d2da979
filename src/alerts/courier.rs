//! One webhook's way through the topics: a consumer group of its own, whose offset moves on when the receiver said yes.
//!
//! A dead receiver holds up nobody but itself: the topics keep what it has not taken. Several processes share the
//! partitions of its group.

use super::topic::{AlertLogError, AlertTopics, client_config};
use ingest::kafka::KafkaConfig;
use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use serve::deliver::webhook::{Ended, Parcel};
use serve::deliver::{Client, Document, Webhook};
use serve::metrics::alerts::{AlertMetrics, Delivery};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use touchpoint::{Audience, Clock};

/// How long a look for messages takes at most, and so a stop.
const LOOK: Duration = Duration::from_millis(200);
/// A receiver may be down for so long before its partitions are offered to another process.
const DEAD_FOR: &str = "86400000";

/// See the module.
pub struct Courier {
    webhook: Webhook,
    consumer: BaseConsumer,
    client: Client,
    metrics: AlertMetrics,
    clock: Arc<dyn Clock>,
}

impl Courier {
    /// A courier at the place where the last one of this webhook stopped.
    ///
    /// # Errors
    /// The topics cannot be subscribed to.
    pub fn new(
        webhook: Webhook,
        (kafka, topics): (&KafkaConfig, &AlertTopics),
        (client, clock, metrics): (Client, Arc<dyn Clock>, AlertMetrics),
    ) -> Result<Self, AlertLogError> {
        let mut config = client_config(kafka);
        config
            .set("group.id", format!("{}.alerts.{}", kafka.group_id, webhook.name))
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false")
            .set("max.poll.interval.ms", DEAD_FOR)
            .set("queued.max.messages.kbytes", "1024");
        let consumer: BaseConsumer = config.create().map_err(AlertLogError::Client)?;
        let read: &[&str] = match webhook.audience {
            Audience::Commercial => &[&topics.commercial],
            Audience::Full => &[&topics.commercial, &topics.medical],
        };
        let failed = |source| AlertLogError::Topic { topic: read.join(", "), doing: "read", source };
        consumer.subscribe(read).map_err(failed)?;
        metrics.receiver(&webhook.name);
        Ok(Self { webhook, consumer, client, metrics, clock })
    }

    /// Delivers until it is time to stop. Blocks its thread, which must not be one of the runtime's.
    pub fn run(self, runtime: &Handle, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            match self.consumer.poll(LOOK) {
                None => {}
                Some(Ok(message)) => self.take(&message, runtime, stop),
                // Connection trouble is retried by the client.
                Some(Err(error)) => tracing::warn!(%error, receiver = self.webhook.name, "reading alerts"),
            }
        }
    }

    fn take(&self, message: &BorrowedMessage<'_>, runtime: &Handle, stop: &CancellationToken) {
        let parcel = message.payload().and_then(|value| self.parcel(value));
        if let Some(parcel) = parcel {
            let delivering = self.webhook.deliver(&parcel, &self.client, (&self.clock, &self.metrics), stop);
            if runtime.block_on(delivering) == Ended::Stopped {
                return;
            }
            self.metrics.waiting(&self.webhook.name, 0, None);
        }
        fail::fail_point!("alerts::before_offset");
        if let Err(error) = self.settle(message) {
            // It comes again, which receivers bear.
            tracing::warn!(%error, receiver = self.webhook.name, "an offset of alerts was not stored");
        }
    }

    fn settle(&self, message: &BorrowedMessage<'_>) -> Result<(), KafkaError> {
        self.consumer.commit_message(message, CommitMode::Sync)
    }

    /// What is delivered of a message: nothing of what is not to be told, nor of reports, which the daily digest has.
    fn parcel(&self, value: &[u8]) -> Option<Parcel> {
        let read = Document::parse(value).and_then(|document| document.transition("".into()));
        match read {
            Ok(transition) if transition.is_to_be_told() && transition.is_for_pagers() => {
                let (state, at) = (transition.state, transition.at);
                let delivery = format!("{}:{state}:{at}", transition.alert.id);
                Some(Parcel { delivery, body: value.to_vec(), at })
            }
            Ok(_) => None,
            Err(error) => {
                self.metrics.posted(&self.webhook.name, Delivery::Unreadable);
                tracing::warn!(%error, receiver = self.webhook.name, "a message of the alerts topics is left out");
                None
            }
        }
    }
}
