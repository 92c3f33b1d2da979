//! The Kafka source: one thread that reads the four topics as a member of a consumer group.
//!
//! The thread owns the consumer and does everything with it: polling, grouping messages into one batch per partition
//! number, back-pressure, and the two handshakes of a rebalance ([`SourceEvent`] has their order). It hands batches to
//! the pipeline through a bounded channel and never waits for that channel without serving the group.
//!
//! Invariants. A message is in a delivered batch, in a batch being filled, or will be read again from the offset that
//! the table holds: never nowhere. A batch is never delivered after the `Revoked` or `Lost` of its partitions. Offsets
//! of a partition only rise between its `Assigned` and its `Revoked`. A start offset that the broker does not have
//! ends the source with `OffsetGap`; it is never replaced by another.
//!
//! Instants in events and batches come from the injected clock. Intervals (batch age, deadlines, turn times) are taken
//! from the monotonic clock of the machine; they decide when something is handed on, never what is in it.

mod filling;
mod group;
mod outbox;
mod phase;
mod reading;
mod turning;

use crate::decode::Decoder;
use crate::kafka::config::KafkaConfig;
use crate::kafka::error::{IngestError, cause};
use crate::kafka::event::SourceEvent;
use crate::kafka::stats::{Counters, SourceStats, held};
use crossbeam_channel::{Receiver, bounded};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use touchpoint::{Clock, NextOffsets};
use turning::Source;

/// What the handle and the thread share.
#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    committed: Mutex<NextOffsets>,
    counters: Arc<Counters>,
}

/// Starts the source.
#[derive(Debug, Clone, Copy)]
pub struct KafkaSource;

impl KafkaSource {
    /// Starts the thread. It joins the group as soon as the four topics exist. The receiver disconnects when the source
    /// has ended; dropping the receiver or the handle ends the source.
    ///
    /// # Errors
    /// [`IngestError::Config`] with every problem, [`IngestError::Client`] or [`IngestError::Thread`].
    pub fn spawn(
        config: KafkaConfig,
        decoder: Arc<Decoder>,
        clock: Arc<dyn Clock>,
    ) -> Result<(SourceHandle, Receiver<SourceEvent>), IngestError> {
        let problems = config.validate();
        if !problems.is_empty() {
            return Err(IngestError::Config(problems));
        }
        let shared = Arc::new(Shared::default());
        let (events, receiver) = bounded(config.channel_batches());
        tracing::info!(config = ?config, "kafka: starting");
        let source = Source::new(config, decoder, clock, (Arc::clone(&shared), events))?;
        let thread = std::thread::Builder::new().name("kafka-source".to_owned()).spawn(move || source.run());
        let thread = thread.map_err(|error| IngestError::Thread(error.to_string()))?;
        Ok((SourceHandle { shared, thread: Some(thread) }, receiver))
    }
}

/// Steers a running source. Dropping it stops the source without waiting for it.
#[derive(Debug)]
pub struct SourceHandle {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl SourceHandle {
    /// Tells the group how far the table has come, for lag tools only: nothing is ever read back. Returns at once; what
    /// was told before and not sent yet is replaced partition by partition.
    pub fn committed(&self, next: NextOffsets) {
        held(&self.shared.committed).extend(next);
    }

    /// Asks the source to end: deliver what it has read, do the `Revoked` handshake, leave the group. Returns at once.
    /// Keep receiving until the channel disconnects.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::SeqCst);
    }

    /// How the source is doing.
    pub fn stats(&self) -> SourceStats {
        self.shared.counters.snapshot()
    }

    /// Waits for the end of the thread; call [`SourceHandle::stop`] first, or wait for a failure.
    ///
    /// # Errors
    /// [`IngestError::Thread`] when the thread panicked: a bug.
    pub fn join(mut self) -> Result<(), IngestError> {
        let ended = self.thread.take().map_or(Ok(()), JoinHandle::join);
        ended.map_err(|_| IngestError::Thread("the source panicked".to_owned()))
    }
}

impl Drop for SourceHandle {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A client error that ends the source.
fn client_error(during: &'static str) -> impl Fn(rdkafka::error::KafkaError) -> IngestError {
    move |error| IngestError::Client { during, cause: cause(&error) }
}
