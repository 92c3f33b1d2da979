//! The embedded Kafka broker of `demo` and of the fault tests: librdkafka's mock cluster, in memory, on a thread of its
//! own.
//!
//! What it can hold: 5 MiB and 100,000 message sets per partition; older sets are dropped without a word. A consumer
//! that lies further behind than that finds its position gone. So whoever publishes bounds the backlog by
//! [`SAFE_BACKLOG`] (see [`crate::publish::Backlog`]), which fits even if every unread record lay in one partition.
//! With [`DEMO_PARTITIONS`] partitions the four topics take at most 160 MiB; those of alerts, of one partition each, 10 MiB
//! more. They are not compacted: transitions beyond that are gone.
//!
//! What it cannot: topics at run time, lookup by time, retention, isolation of transactions, throughput worth
//! measuring. Its state dies with it. A consumer group waits 3 s before its first assignment.
//!
//! The native cluster may only be touched by the thread that made it, hence orders over a channel.

#[cfg(test)]
mod tests;

use rdkafka::error::KafkaError;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use touchpoint::Kind;
use touchpoint::words::Word;

/// Partitions per topic in `demo`: enough that hashing spreads HCPs, few enough for any machine.
pub const DEMO_PARTITIONS: i32 = 8;

/// Records that may be published and not yet consumed, over all topics, so that none is dropped: all of them together
/// fit into one partition at up to 1 KiB each, with its framing and a few oversized ones.
pub const SAFE_BACKLOG: u64 = 4_000;

/// The topics of alerts: the commercial one and the medical one.
pub const ALERT_TOPICS: [&str; 2] = ["touchload.alerts", "touchload.alerts.medical"];

/// One broker: every partition has it as its leader, so no fault needs an election.
const BROKERS: i32 = 1;
const ALL_BROKERS: i32 = -1;

/// A fault to inject, or its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Connections break and none is accepted.
    Down,
    /// Connections are accepted again.
    Up,
    /// Every answer takes this much longer.
    RoundTrip(Duration),
}

/// A broker that did not start or did not obey.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// A topic needs at least one partition; the caller's to mend.
    #[error("a topic needs at least 1 partition, not {0}")]
    Partitions(i32),
    /// The mock cluster refused; the machine's fault (ports, memory), a retry may help.
    #[error("the embedded broker failed: {0}")]
    Cluster(#[from] KafkaError),
    /// No thread for it; the machine's fault, a retry may help.
    #[error("no thread for the embedded broker: {0}")]
    Thread(#[from] std::io::Error),
    /// Its thread is gone: a fault of the program.
    #[error("the embedded broker has ended")]
    Ended,
}

enum Order {
    Inject(Fault, SyncSender<Result<(), KafkaError>>),
    Stop,
}

/// A running broker with the four default topics and those of alerts. Dropping it stops it.
#[derive(Debug)]
pub struct EmbeddedBroker {
    bootstrap: String,
    orders: SyncSender<Order>,
    thread: Option<JoinHandle<()>>,
}

impl EmbeddedBroker {
    /// Starts a broker on free local ports and makes the four topics with this many partitions each, and [`ALERT_TOPICS`].
    ///
    /// # Errors
    /// Fewer than one partition; or the cluster, a topic or the thread could not be made.
    pub fn start(partitions: i32) -> Result<Self, BrokerError> {
        if partitions < 1 {
            // The cluster would take its own default instead.
            return Err(BrokerError::Partitions(partitions));
        }
        let (orders, received) = sync_channel(1);
        let (ready, started) = sync_channel(1);
        let thread = std::thread::Builder::new().name("embedded-broker".to_owned()).spawn(move || {
            match cluster(partitions) {
                Ok(cluster) => {
                    // If nobody waits for the address any more, nobody will send orders either.
                    if ready.send(Ok(cluster.bootstrap_servers())).is_ok() {
                        serve(&cluster, &received);
                    }
                }
                // As above: an address nobody waits for needs no excuse.
                Err(error) => drop(ready.send(Err(error))),
            }
        })?;
        let bootstrap = started.recv().map_err(|_| BrokerError::Ended)??;
        Ok(Self { bootstrap, orders, thread: Some(thread) })
    }

    /// `host:port` for clients.
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap
    }

    /// Injects a fault, or ends one; in force when this returns.
    ///
    /// # Errors
    /// The cluster refused, or has ended.
    pub fn inject(&self, fault: Fault) -> Result<(), BrokerError> {
        let (reply, done) = sync_channel(1);
        self.orders.send(Order::Inject(fault, reply)).map_err(|_| BrokerError::Ended)?;
        Ok(done.recv().map_err(|_| BrokerError::Ended)??)
    }
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        let stopping = self.orders.send(Order::Stop).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| stopping)
            && thread.join().is_err()
        {
            tracing::warn!("the embedded broker's thread panicked");
        }
    }
}

type Cluster = MockCluster<'static, DefaultProducerContext>;

fn cluster(partitions: i32) -> Result<Cluster, KafkaError> {
    let cluster = MockCluster::new(BROKERS)?;
    for kind in Kind::ALL {
        cluster.create_topic(kind.default_topic(), partitions, BROKERS)?;
    }
    for topic in ALERT_TOPICS {
        cluster.create_topic(topic, 1, BROKERS)?;
    }
    Ok(cluster)
}

fn serve(cluster: &Cluster, orders: &Receiver<Order>) {
    while let Ok(Order::Inject(fault, reply)) = orders.recv() {
        let outcome = match fault {
            Fault::Down => cluster.broker_down(ALL_BROKERS),
            Fault::Up => cluster.broker_up(ALL_BROKERS),
            Fault::RoundTrip(delay) => cluster.broker_round_trip_time(ALL_BROKERS, delay),
        };
        if reply.send(outcome).is_err() {
            break;
        }
    }
}
